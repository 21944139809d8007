//! A project in a folder of its own, and the real `dr` in it, as a user runs it.
#![allow(dead_code)] // Each test file uses a part of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use dr_tests_support::{dr, repository};
use serde_json::Value;
use tempfile::TempDir;

/// A copy of this repository's programs and modules, with state of its own.
pub(crate) struct Project {
    folder: TempDir,
    dr: PathBuf,
    environment: BTreeMap<&'static str, String>,
}

/// What a command said.
pub(crate) struct Said {
    /// The exit status; `None` when a signal ended it.
    pub(crate) status: Option<i32>,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Said {
    /// The result of a command that should have succeeded.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.status, Some(0), "{}{}", self.out, self.err);
        serde_json::from_str(&self.out).unwrap()
    }
}

impl Project {
    /// A fresh copy. Besides `environment`, commands get an empty one.
    pub(crate) fn new(environment: BTreeMap<&'static str, String>) -> Project {
        let folder = tempfile::tempdir().unwrap();
        for part in ["programs", "stdlib"] {
            copy(&repository().join(part), &folder.path().join(part));
        }
        std::fs::copy(repository().join("dr.toml"), folder.path().join("dr.toml")).unwrap();
        Project { folder, dr: dr().unwrap(), environment }
    }

    /// The state folder.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Changes a file of the copy.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} does not say `{from}`");
        std::fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Writes a file of the copy.
    pub(crate) fn write(&self, file: &str, text: &str) {
        std::fs::write(self.folder.path().join(file), text).unwrap();
    }

    /// Removes a file of the copy.
    pub(crate) fn remove(&self, file: &str) {
        std::fs::remove_file(self.folder.path().join(file)).unwrap();
    }

    /// Adds to a file of the copy.
    pub(crate) fn append(&self, file: &str, text: &str) {
        let path = self.folder.path().join(file);
        let before = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, before + text).unwrap();
    }

    /// Starts `dr`.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        Command::new(&self.dr)
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .envs(&self.environment)
            .env("HOME", self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs `dr` to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        let output = self.start(arguments).wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { status: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        // A link is copied as what it leads to: functions link to what they share.
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

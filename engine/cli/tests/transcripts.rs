//! Golden transcripts: every file of `tests/transcripts` is a session at the command line, run again and compared.
//!
//! A line that starts with `$` is run by `sh` in a fresh copy of `tests/transcripts/project`; what follows it is what
//! the command said, on both streams, and `[exit N]` when its status was not 0. Nothing of the surroundings gets in:
//! the environment says who and when and nothing else, the folder is temporary, nothing is a terminal. Measured times are replaced, and lines
//! about resources that were worked on at the same time are sorted. A session whose first line is
//! `# locked: PROGRAM/SUFFIX` runs while somebody else holds that stack.
//!
//! `SNAPSHOTS=overwrite cargo test -p dr-cli --test transcripts` writes the files anew.

#![allow(clippy::unwrap_used)] // A test that cannot prepare itself has failed.

use std::path::{Path, PathBuf};
use std::process::Command;

use dr_run::{KeySource, Stack, Store};
use regex_lite::Regex;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/transcripts")
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What a command says, made the same for every run.
fn steady(text: &str, root: &Path) -> String {
    let text = text.replace(&root.display().to_string(), "[ROOT]");
    let text = Regex::new(r"\b\d+\.\d+s\b").unwrap().replace_all(&text, "[TIME]").into_owned();
    let text = Regex::new(r#""(elapsed_ms|cloud_ms)": \d+"#).unwrap().replace_all(&text, "\"$1\": [TIME]").into_owned();
    let text = Regex::new(r"process \d+").unwrap().replace_all(&text, "process [PID]").into_owned();
    let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let is_progress = |line: &str| {
        ["in [TIME]", "failed after [TIME]", "skipped: what"].iter().any(|said| line.contains(said))
            && line.starts_with("  ")
    };
    for group in lines.chunk_by_mut(|a, b| is_progress(a) && is_progress(b)) {
        group.sort_unstable();
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn run(command: &str, root: &Path) -> String {
    let bin = Path::new(env!("CARGO_BIN_EXE_dr")).parent().unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .current_dir(root)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .env("HOME", root)
        .env("USER", "anna")
        .env("HOSTNAME", "laptop")
        .env("DR_NOW", "2026-12-01T12:00:00Z")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let mut said = steady(&String::from_utf8_lossy(&output.stdout), root);
    match output.status.code() {
        Some(0) => {}
        Some(code) => said.push_str(&format!("[exit {code}]\n")),
        None => said.push_str("[killed]\n"),
    }
    said
}

fn session(script: &str) -> String {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().canonicalize().unwrap().join("project");
    copy(&folder().join("project"), &root);
    let _held = script
        .strip_prefix("# locked: ")
        .and_then(|rest| rest.lines().next())
        .and_then(|stack| stack.split_once('/'))
        .map(|(program, suffix)| Stack::new(program, suffix))
        .map(|stack| Store::open(&root.join("state"), &stack, &KeySource::StateDirectory).unwrap());
    let mut out = String::new();
    // What stands before the first command introduces the session.
    for line in script.lines().take_while(|l| !l.starts_with("$ ")) {
        out.push_str(&format!("{line}\n"));
    }
    let mut first = true;
    let mut lines = script.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(command) = line.strip_prefix("$ ") else {
            // A comment directly above a command belongs to it.
            if !first && line.starts_with("# ") && lines.peek().is_some_and(|l| l.starts_with("$ ")) {
                out.push_str(&format!("\n{line}"));
            }
            continue;
        };
        if !first {
            out.push('\n');
        }
        first = false;
        out.push_str(&format!("$ {command}\n{}", run(command, &root)));
    }
    out
}

#[test]
fn transcripts_are_what_happens() {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "txt"));
    files.sort();
    assert!(!files.is_empty());
    let assert = snapbox::Assert::new().action_env("SNAPSHOTS");
    let mut wrong = Vec::new();
    std::thread::scope(|scope| {
        let runs: Vec<_> = files
            .iter()
            .map(|file| (file, scope.spawn(move || session(&std::fs::read_to_string(file).unwrap()))))
            .collect();
        for (file, run) in runs {
            let actual = run.join().unwrap();
            if let Err(difference) =
                assert.try_eq(Some(&file.display()), actual.into(), snapbox::Data::read_from(file, None).raw())
            {
                wrong.push(difference.to_string());
            }
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_program_in_the_readme_is_right() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    let program = readme.split("```rhai\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("orders.rhai"), program).unwrap();
    for env in ["pr-7", "live"] {
        let said = run(&format!("dr check orders.rhai --env {env}"), temp.path());
        assert!(said.starts_with("✓ orders"), "{said}");
    }
}

#[cfg(not(feature = "aws"))]
#[test]
fn a_build_without_aws_says_so() {
    let said = run("dr plan orders --cloud aws", &folder().join("project"));
    assert!(said.starts_with("error: this `dr` was built without AWS\n  hint: "), "{said}");
    assert!(said.ends_with("[exit 1]\n"), "{said}");
}

//! Typical mistakes: every file of `tests/mistakes` is one that people make, with two more of its sort, and the exact
//! message that `dr` answers with.
//!
//! ```text
//! # What somebody does             a mistake; it begins in a folder of its own
//! --- queues.rhai                  a file there, up to the next line that begins so or with `$ `
//! sqs::queue("orders", ..);
//! $ dr plan queues.rhai            a command, and below it what it says on both streams
//! ```
//!
//! The test also checks that each message names a place and says how to mend the mistake.
//! `SNAPSHOTS=overwrite cargo test -p dr-cli --test mistakes` writes the messages anew.
#![allow(clippy::unwrap_used)] // A test that cannot prepare itself has failed.

use std::path::{Path, PathBuf};
use std::process::Command;

/// How many mistakes stand in a file: the one that it is called after, and two neighbours.
const IN_A_FILE: usize = 3;

/// What a command says on both streams, with its status.
fn run(command: &str, root: &Path) -> String {
    let bin = Path::new(env!("CARGO_BIN_EXE_dr")).parent().unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .current_dir(root)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", bin.display()))
        .env("HOME", root)
        .env("DR_NOW", "2026-12-01T12:00:00Z")
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).replace(&root.display().to_string(), "[ROOT]");
    let mut said: String = said.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    match output.status.code() {
        Some(0) => {}
        Some(code) => said.push_str(&format!("[exit {code}]\n")),
        None => said.push_str("[killed]\n"),
    }
    said
}

/// One mistake, made again. Gives its text as it should be, and what its last message lacks.
fn make(mistake: &str) -> (String, Vec<String>) {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().canonicalize().unwrap();
    let (mut text, mut said, mut command) = (String::new(), String::new(), "");
    let mut file: Option<(&str, String)> = None;
    let mut is_answer = false;
    let write = |file: Option<(&str, String)>| {
        if let Some((name, content)) = file {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
    };
    for line in mistake.lines() {
        if let Some(name) = line.strip_prefix("--- ") {
            write(file.replace((name, String::new())));
            is_answer = false;
        } else if let Some(wanted) = line.strip_prefix("$ ") {
            write(file.take());
            (command, is_answer) = (wanted, true);
            said = run(wanted, &root);
            text.push_str(&format!("$ {wanted}\n{said}"));
            continue;
        } else if is_answer {
            continue;
        } else if let Some((_, content)) = &mut file {
            content.push_str(&format!("{line}\n"));
        }
        text.push_str(&format!("{line}\n"));
    }
    let has = |marks: &[&str]| marks.iter().any(|mark| said.contains(mark));
    // A word of the command line is its own place: in quotes, or as the name of what is not there.
    let words: Vec<&str> = command.split_whitespace().collect();
    let is_quoted = |word: &&str| ["`", "'"].iter().any(|mark| said.contains(&format!("{mark}{word}{mark}")));
    let is_named = |word: &&str| said.contains(&format!(" {word} "));
    let is_placed = has(&["--> ", "note: at ", "that dr.toml declares"])
        || words.iter().any(is_quoted)
        || words.iter().skip(2).any(is_named);
    let asked = [
        ("no place", is_placed),
        ("no way out", has(&["= help: ", "  hint: ", "  tip: ", "write it as", "[possible values: "])),
        ("no finding", has(&["error", "warning", "note["])),
    ];
    let lacks = asked.iter().filter(|(_, holds)| !holds).map(|(what, _)| format!("`{command}` has {what}:\n{said}"));
    (text, lacks.collect())
}

#[test]
fn mistakes_are_answered_with_place_and_way_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/mistakes");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 25, "only {} files are found", files.len());
    let assert = snapbox::Assert::new().action_env("SNAPSHOTS");
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let starts = text.match_indices("\n# ").map(|(at, _)| at + 1);
        let starts: Vec<usize> = std::iter::once(0).chain(starts).chain([text.len()]).collect();
        let mistakes: Vec<&str> = starts.windows(2).map(|at| text[at[0]..at[1]].trim_end()).collect();
        let made: Vec<(String, Vec<String>)> = std::thread::scope(|scope| {
            let threads: Vec<_> = mistakes.iter().map(|mistake| scope.spawn(|| make(mistake))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let name = file.display();
        if mistakes.len() < IN_A_FILE {
            wrong.push(format!("{name}: {} mistakes, not {IN_A_FILE}", mistakes.len()));
        }
        wrong.extend(made.iter().flat_map(|(_, lacks)| lacks).map(|lack| format!("{name}: {lack}")));
        let whole = made.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join("\n");
        let expected = snapbox::Data::read_from(&file, None).raw();
        wrong.extend(assert.try_eq(Some(&name), whole.into(), expected).err().map(|difference| difference.to_string()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

//! This project's own programs: they are right, and pass their own tests.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

fn dr(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(args)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .env_clear()
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "dr {args:?}:\n{text}");
    text
}

#[test]
fn programs_are_right() {
    assert!(dr(&["check"]).contains("transactions"));
}

#[test]
fn programs_pass_their_tests() {
    assert!(dr(&["test"]).contains("tests passed"));
}

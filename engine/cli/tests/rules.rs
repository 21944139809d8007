//! The checks of destroyability, each with a script that violates it and one that does not (`tests/rules`).
//!
//! `D07.rhai` marks the lines where findings are expected: `//~ D07 error`. There must be these findings and no others;
//! an error refuses the plan, and nothing is written. `D07_not.rhai` says the same thing as it may be said, and nothing
//! is found. Every check of the engine's list has both; one that no script can violate has only the second.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use dr_core::diagnostic::Severity;
use dr_core::rules::CHECKS;
use serde_json::Value;

/// Checks of what there is no kind or argument for: violating them is a mistake in the script, before there is a plan.
const UNSPEAKABLE: &[&str] = &["D18", "D21"];

type Finding = (u64, String, String);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/rules")
}

/// What a script expects: line, check, severity.
fn expected(text: &str) -> BTreeSet<Finding> {
    let marked = text.lines().zip(1..).filter_map(|(line, number)| Some((number, line.split_once("//~ ")?.1)));
    marked
        .flat_map(|(number, said)| said.split(", ").map(move |one| (number, one)))
        .map(|(number, one)| {
            let (id, severity) = one.trim().split_once(' ').unwrap();
            (number, id.to_owned(), severity.to_owned())
        })
        .collect()
}

/// What planning a script finds, at its places, and with which status it ends.
fn found(script: &Path) -> (BTreeSet<Finding>, Option<i32>) {
    let temp = tempfile::tempdir().unwrap();
    let state = temp.path().join("state");
    let output = Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(["plan", "--env", "pr-7", "--json", "--sandbox-speed", "instant", "--state-dir"])
        .arg(&state)
        .arg(script)
        .env_clear()
        .env("HOME", temp.path())
        .current_dir(temp.path())
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}: {}", script.display(), String::from_utf8_lossy(&output.stderr)));
    // A mistake that the script host finds already is an error of the command.
    let list =
        said["diagnostics"].as_array().or(said["error"]["diagnostics"].as_array()).unwrap_or_else(|| panic!("{said}"));
    let mut all = BTreeSet::new();
    for diagnostic in list {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for label in diagnostic["labels"].as_array().unwrap() {
            let line = label["span"]["line"].as_u64().unwrap();
            all.insert((line, text(&diagnostic["code"]), text(&diagnostic["severity"])));
        }
    }
    assert!(!state.exists(), "{}: a plan wrote state", script.display());
    (all, output.status.code())
}

#[test]
fn every_check_is_violated_somewhere_and_kept_elsewhere() {
    let mut seen = BTreeSet::new();
    for check in CHECKS {
        let kept = folder().join(format!("{}_not.rhai", check.id));
        let (found_there, status) = found(&kept);
        let about: Vec<_> =
            found_there.iter().filter(|(_, id, severity)| id == check.id || severity == "error").collect();
        assert!(about.is_empty() && status == Some(0), "{}: {about:?}, {status:?}", kept.display());
        seen.insert(kept);
        let Some(severity) = check.severity else { continue };

        let violated = folder().join(format!("{}.rhai", check.id));
        let wanted =
            expected(&std::fs::read_to_string(&violated).unwrap_or_else(|e| panic!("{}: {e}", violated.display())));
        let (found_there, status) = found(&violated);
        assert_eq!(found_there, wanted, "{}", violated.display());
        let word = serde_json::to_value(severity).unwrap();
        assert!(wanted.iter().any(|(_, id, is)| id == check.id && *is == word), "{} is not violated", check.id);
        let ends = match severity {
            Severity::Error if UNSPEAKABLE.contains(&check.id) => 1,
            Severity::Error => 3,
            Severity::Warning | Severity::Info => 0,
        };
        assert_eq!(status, Some(ends), "{}", violated.display());
        seen.insert(violated);
    }
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        assert!(seen.contains(&path), "{} is of no check", path.display());
    }
}

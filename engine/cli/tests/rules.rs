//! The checks, each with a script that violates it and one that does not (`tests/rules`).
//!
//! `D07.rhai` marks the lines where findings are expected: `//~ D07 error`, with a count where there are several. There must be these findings and no others;
//! an error refuses the plan, and nothing is written. `D07_not.rhai` says the same thing as it may be said, and nothing
//! is found. Every check of the engine's list has both, and may have more of either (`D20_ephemeral.rhai`); one that no script
//! can violate has only the second sort. The first line may name the environment: `//! environment: stage`.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use dr_core::checks::{self, LooksBy};
use serde_json::Value;

/// Checks of what there is no kind or argument for, or of what an argument may be at all: violating them is a mistake in
/// the script, before there is a plan.
const UNSPEAKABLE: &[&str] = &["C02", "C35", "D18", "D21"];

/// The checks that only an account can answer; what the services say is played back in the tests of `engine/aws`.
const ANSWERED_BY_AWS: &[&str] = &["O01", "O02", "O03"];

/// How many findings there are at each line, by check and severity.
type Found = BTreeMap<(u64, String, String), u64>;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/rules")
}

/// What a script expects: `D07 error`, or `D07 error x3` where a line has several findings of a check.
fn expected(text: &str) -> Found {
    let mut all = Found::new();
    for (line, number) in text.lines().zip(1..) {
        let said = line.split_once("//~ ").map_or("", |(_, said)| said);
        for one in said.split(',').map(str::trim).filter(|one| !one.is_empty()) {
            let mut words = one.split(' ');
            let (id, severity) = (words.next().unwrap(), words.next().unwrap());
            let count = words.next().map_or(1, |times| times.strip_prefix('x').unwrap().parse().unwrap());
            all.insert((number, id.to_owned(), severity.to_owned()), count);
        }
    }
    all
}

/// What planning a script finds, at its places, and with which status it ends.
fn found(script: &Path) -> (Found, Option<i32>) {
    let text = std::fs::read_to_string(script).unwrap();
    let environment = text.lines().next().and_then(|line| line.strip_prefix("//! environment: ")).unwrap_or("pr-7");
    let temp = tempfile::tempdir().unwrap();
    let state = temp.path().join("state");
    let output = Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(["plan", "--env", environment, "--json", "--sandbox-speed", "instant", "--state-dir"])
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
    let mut all = Found::new();
    for diagnostic in list {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for label in diagnostic["labels"].as_array().unwrap() {
            let line = label["span"]["line"].as_u64().unwrap();
            *all.entry((line, text(&diagnostic["code"]), text(&diagnostic["severity"]))).or_default() += 1;
        }
    }
    assert!(!state.exists(), "{}: a plan wrote state", script.display());
    (all, output.status.code())
}

/// Whether a script is one that a check must find nothing in.
fn is_kept(script: &str) -> bool {
    script.ends_with("_not.rhai")
}

#[test]
fn every_check_is_violated_somewhere_and_kept_elsewhere() {
    let mut seen = BTreeSet::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(stem) = name.strip_suffix(".rhai") else { continue };
        let id = stem.split('_').next().unwrap();
        let check = checks::all().find(|c| c.id == id).unwrap_or_else(|| panic!("{name} is of no check"));
        let (found_there, status) = found(&path);
        seen.insert((check.id, is_kept(&name)));
        if is_kept(&name) {
            let about: Vec<_> = found_there.keys().filter(|(_, id, is)| id == check.id || is == "error").collect();
            assert!(about.is_empty() && status == Some(0), "{name}: {about:?}, {status:?}");
            continue;
        }
        let wanted = expected(&std::fs::read_to_string(&path).unwrap());
        assert_eq!(found_there, wanted, "{name}");
        assert!(wanted.keys().any(|(_, id, _)| id == check.id), "{name} violates something else");
        let refused = wanted.keys().any(|(_, _, is)| is == "error");
        let ends = match refused {
            true if UNSPEAKABLE.contains(&check.id) => 1,
            true => 3,
            false => 0,
        };
        assert_eq!(status, Some(ends), "{name}");
    }
    for check in checks::all().filter(|check| !ANSWERED_BY_AWS.contains(&check.id)) {
        assert!(seen.contains(&(check.id, true)), "nothing keeps {}", check.id);
        assert!(check.severity.is_none() || seen.contains(&(check.id, false)), "nothing violates {}", check.id);
    }
}

#[test]
fn every_check_says_what_a_person_wants_to_know() {
    let registry = dr_kinds::registry();
    let mut seen = BTreeSet::new();
    for check in checks::all() {
        for said in [check.name, check.asks, check.why, check.mend] {
            assert!(!said.is_empty(), "{}: {check:?}", check.id);
        }
        assert!(seen.insert(check.id) && seen.insert(check.name), "{} is there twice", check.id);
        let is_own = !matches!(check.look, LooksBy::Elsewhere);
        assert!(!is_own || !check.source.is_empty(), "{}: {check:?}", check.id);
        for path in check.looks_at {
            let parts: Vec<&str> = path.splitn(3, '.').collect();
            let kind = registry.get(&parts[..2].join(".")).unwrap_or_else(|| panic!("{}: no kind {path}", check.id));
            assert!(parts.get(2).is_none_or(|arg| kind.arg(arg.split('.').next().unwrap()).is_some()), "{path}");
        }
    }
}

//! A rehearsal: what is applied, changed and destroyed in a sandbox of its own, what it tells, and that it keeps nothing.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn dr(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(words)
        .args(["--color", "never"])
        .env_clear()
        .env("HOME", folder)
        .env("TMPDIR", folder)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn program(folder: &Path, text: &str) {
    std::fs::write(folder.join("p.rhai"), text).unwrap();
}

#[test]
fn what_goes_well_is_told_with_its_virtual_time_and_keeps_nothing() {
    let temp = tempfile::tempdir().unwrap();
    program(
        temp.path(),
        r#"
        let p = program(#{ delay: param("Seconds", 0) });
        kms::key("k", #{ region: "us-east-1" });
        sqs::queue("q", #{ region: "us-east-1", delay_seconds: p.delay });
        "#,
    );
    let words = ["rehearse", "p.rhai", "--env", "pr-7", "--then", "delay=5", "--json"];
    let output = dr(temp.path(), &words);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &told["ok"]), (Some(0), &Value::Bool(true)), "{told}");
    let acts: Vec<(&str, u64)> = { told["acts"].as_array().unwrap().iter() }
        .map(|act| (act["act"].as_str().unwrap(), act["done"].as_u64().unwrap()))
        .collect();
    assert_eq!(acts, [("apply", 2), ("change", 1), ("destroy", 2)], "{told}");
    for act in told["acts"].as_array().unwrap() {
        let [took, planned] = ["elapsed_ms", "estimate_ms"].map(|key| act[key].as_u64().unwrap());
        assert!(took.abs_diff(planned) <= planned / 10, "{act}");
    }
    let text = String::from_utf8(dr(temp.path(), &["rehearse", "p.rhai", "--env", "pr-7"]).stdout).unwrap();
    assert!(
        text.contains("Nothing is left in the sandbox") && text.contains("1 key pending deletion for 7 days"),
        "{text}"
    );
    let files: Vec<_> = std::fs::read_dir(temp.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(files, ["p.rhai"], "nothing is kept");
}

#[test]
fn what_blocks_is_told_and_ends_with_three() {
    let temp = tempfile::tempdir().unwrap();
    program(temp.path(), r#"sqs::queue("q", #{ region: "us-east-1", protect: true });"#);
    let output = dr(temp.path(), &["rehearse", "p.rhai", "--env", "pr-7"]);
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("D15") && told.contains("refused"), "{told}");
}

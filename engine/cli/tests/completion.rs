//! What a shell completes: names of programs, environments, resources and kinds, as they are at that moment.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

/// What `dr` answers to bash about the last word of a line.
fn completed(folder: &Path, line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let output = Command::new(env!("CARGO_BIN_EXE_dr"))
        .arg("--")
        .args(&words)
        .env_clear()
        .env("HOME", folder)
        .env("DR_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_IFS", "\n")
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{line}: {output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(|name| name.trim_end().to_owned()).collect()
}

fn dr(folder: &Path, line: &str) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(line.split_whitespace())
        .env_clear()
        .env("HOME", folder)
        .current_dir(folder)
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn names_are_completed_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::create_dir(here.join("programs")).unwrap();
    let text = "component(\"main\", #{ region: \"us-east-1\" }, || { sqs::queue(\"orders\", #{}); sqs::queue(\"other\", #{}); });";
    std::fs::write(here.join("programs/pay.rhai"), text).unwrap();
    std::fs::write(here.join("programs/pay_test.rhai"), "").unwrap();
    std::fs::write(here.join("programs/trade.rhai"), text).unwrap();
    std::fs::write(here.join("dr.toml"), "[environments.prod]\n[environments.\"pr-*\"]\n").unwrap();
    let nothing = completed(here, "dr state show --env pr-7 main/");
    assert!(nothing.is_empty(), "{nothing:?}");
    assert!(dr(here, "apply pay --env pr-7 --yes").0);
    for (line, wanted) in [
        ("dr plan p", &["pay"][..]),
        ("dr apply t", &["trade"]),
        ("dr plan --env p", &["pr-7", "prod"]),
        ("dr destroy --env=pro", &["--env=prod"]),
        ("dr state show --env pr-7 main/", &["main/sqs.queue:orders", "main/sqs.queue:other"]),
        ("dr state show --env pr-7 main/sqs.queue:or", &["main/sqs.queue:orders"]),
        ("dr state show --env prod main/", &[]),
        ("dr state rm --env pr-7 main/sqs.queue:orders main/sqs.queue:ot", &["main/sqs.queue:other"]),
        ("dr plan pay --env pr-7 --target main/sqs.queue:or", &["main/sqs.queue:orders"]),
        ("dr kinds sqs.queue_", &["sqs.queue_policy"]),
        ("dr compl", &["completions"]),
    ] {
        assert_eq!(completed(here, line), wanted, "{line}");
    }
    // A state that cannot be read has no names, and says nothing.
    std::fs::write(here.join("state/pr-7/pay/log"), "rubbish").unwrap();
    std::fs::write(here.join("state/pr-7/pay/db/db"), "rubbish").unwrap();
    assert!(completed(here, "dr state show --env pr-7 main/").is_empty());
    std::fs::write(here.join("dr.toml"), "not toml").unwrap();
    assert!(completed(here, "dr plan p").is_empty());
}

#[test]
fn every_shell_gets_a_script_that_asks() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let (is_well, script) = dr(folder.path(), &format!("completions {shell}"));
        assert!(is_well && script.contains("DR_COMPLETE"), "{shell}: {script}");
    }
}

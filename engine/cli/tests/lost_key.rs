//! A key that is gone costs the secrets only: what needs none works, what needs one is named, and what can be renewed is.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The programs of the project.
const PROGRAMS: [&str; 5] = ["payment_alb", "payment_http", "payment_rest", "trading", "transactions"];

const PROGRAM: &str = r#"
component("main", #{ region: "us-east-1" }, || {
    let key = random::password("key", #{ length: 20 });
    ssm::parameter("drawn", #{ type: "SecureString", value: key.result });
    ssm::parameter("said", #{ type: "SecureString", value: "correct horse battery staple",
        allow: #{ C24: "it is only a test" } });
    sqs::queue("work", #{});
    output("key", key.result);
});
"#;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Runs `dr` on a state of its own.
fn dr(here: &Path, state: &Path, line: &str, key: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(line.split_whitespace())
        .args(["--env", "pr-1", "--color", "never", "--state-dir"])
        .arg(state)
        .env_clear()
        .env("HOME", state)
        .envs(key.iter().copied())
        .current_dir(here)
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn well(output: &Output) -> String {
    assert!(output.status.success(), "{}{}", out(output), err(output));
    out(output)
}

#[test]
fn every_program_can_be_planned_looked_at_and_destroyed_without_its_key() {
    for program in PROGRAMS {
        let state = tempfile::tempdir().unwrap();
        let dr = |line: &str| dr(&project(), state.path(), line, &[]);
        well(&dr(&format!("apply {program} --yes")));
        let recorded = well(&dr("state list")).lines().count();
        std::fs::remove_file(state.path().join("secrets.key")).unwrap();
        let plan = dr(&format!("plan {program}"));
        let text = well(&plan);
        assert!(text.contains("No changes") || text.contains("to change"), "{program}: {text}");
        assert!(!text.contains("to create") && !text.contains("to replace"), "{program}: {text}");
        assert!(err(&plan).contains("cannot use the key file"), "{program}: {}", err(&plan));
        well(&dr("output"));
        assert_eq!(well(&dr("state list")).lines().count(), recorded, "{program}");
        assert!(dr("drift").status.success(), "{program}");
        let gone = dr("destroy --yes --allow-data-loss");
        assert!(well(&gone).contains("\nNothing is left"), "{program}: {}{}", out(&gone), err(&gone));
        assert!(!state.path().join("secrets.key").exists(), "{program}: a key that opens nothing was made");
    }
}

#[test]
fn what_a_lost_key_sealed_is_named_given_up_and_renewed() {
    for damage in ["gone", "another"] {
        let state = tempfile::tempdir().unwrap();
        std::fs::write(state.path().join("p.rhai"), PROGRAM).unwrap();
        let dr = |line: &str| dr(state.path(), state.path(), line, &[]);
        well(&dr("apply p.rhai --yes"));
        let key = state.path().join("secrets.key");
        match damage {
            "gone" => std::fs::remove_file(&key).unwrap(),
            _ => std::fs::write(&key, "ab".repeat(32)).unwrap(),
        }
        let named =
            ["`value` of `main/ssm.parameter:drawn`", "`result` of `main/random.password:key`", "the output `key`"];
        for line in ["plan p.rhai", "state list", "output"] {
            let told = dr(line);
            well(&told);
            assert!(named.iter().all(|one| err(&told).contains(one)), "{damage} {line}: {}", err(&told));
        }
        // Nothing is written that would have to be sealed.
        for line in ["apply p.rhai --yes", "refresh --yes", "state mv main other --yes"] {
            let refused = dr(line);
            assert_eq!(refused.status.code(), Some(1), "{damage} {line}: {}{}", out(&refused), err(&refused));
        }
        let given_up = dr("state rekey --lost --yes");
        well(&given_up);
        assert!(named.iter().all(|one| err(&given_up).contains(one)), "{damage}: {}", err(&given_up));
        assert!(well(&dr("state verify")).contains("nothing is damaged"));
        let plan = dr("plan p.rhai");
        let text = well(&plan);
        assert!(text.contains("random.password:key  its secret is lost with the key of the state"), "{damage}: {text}");
        assert!(text.contains("ssm.parameter:drawn  follows main/random.password:key"), "{damage}: {text}");
        assert!(text.contains("ssm.parameter:said   value  → (sensitive)"), "{damage}: {text}");
        assert!(!err(&plan).contains("cannot be read"), "{damage}: {}", err(&plan));
        well(&dr("apply p.rhai --yes"));
        assert!(well(&dr("plan p.rhai")).contains("No changes"), "{damage}");
        assert!(well(&dr("destroy --yes --allow-data-loss")).ends_with("Nothing is left\n"));
    }
}

#[test]
fn another_key_opens_everything_and_the_old_one_nothing() {
    let state = tempfile::tempdir().unwrap();
    std::fs::write(state.path().join("p.rhai"), PROGRAM).unwrap();
    let old = [("DR_PASSPHRASE", "old")];
    let run = |line: &str, key: &[(&str, &str)]| dr(state.path(), state.path(), line, key);
    well(&run("apply p.rhai --yes", &old));
    let refused = run("state rekey --yes", &old);
    assert!(refused.status.code() == Some(1) && err(&refused).contains("there is no new key"), "{}", err(&refused));
    well(&run("state rekey --yes", &[("DR_PASSPHRASE", "old"), ("DR_NEW_PASSPHRASE", "new")]));
    let new = [("DR_PASSPHRASE", "new")];
    assert!(well(&run("plan p.rhai", &new)).contains("No changes"));
    let wrong = run("plan p.rhai", &old);
    assert!(wrong.status.code() == Some(1) && err(&wrong).contains("sealed with another key"), "{}", err(&wrong));
    // A key file is made where there is none.
    let done = run("state rekey --new-key-file team.key --yes", &new);
    well(&done);
    assert!(err(&done).contains("Give `--key-file team.key` from now on"), "{}", err(&done));
    let file = [("DR_KEY_FILE", "team.key")];
    assert!(well(&run("plan p.rhai", &file)).contains("No changes"));
    assert!(well(&run("state verify", &file)).contains("nothing is damaged"));
    assert!(run("plan p.rhai", &new).status.code() == Some(1));
    well(&run("destroy --yes --allow-data-loss", &file));
}

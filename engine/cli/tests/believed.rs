//! What `dr` does not believe: a state that was changed by hand, a name that nothing has, a program that is given twice.
#![cfg(unix)]
#![allow(clippy::unwrap_used)] // A test that cannot go on says so.

use std::path::Path;
use std::process::Command;

use serde_json::{Value as Json, json};
use tempfile::TempDir;

const PROGRAM: &str = r#"
component("primary", #{ region: "us-east-1" }, || {
    sqs::queue("orders", #{});
    let key = random::password("pw", #{ length: 20 });
    ssm::parameter("key", #{ type: "SecureString", value: key.result });
});
"#;

/// Runs `dr` with the words of a line in a folder. Returns its status, and what it said on both channels.
fn dr(dir: &Path, line: &str) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dr"));
    command.args(line.split_whitespace()).current_dir(dir).env_clear().env("HOME", dir).env("PATH", "/usr/bin:/bin");
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout) + &text(&output.stderr))
}

/// That `dr` says this, and ends so.
fn says(dir: &Path, line: &str, status: i32, words: &[&str]) {
    let (found, said) = dr(dir, line);
    assert_eq!(found, status, "{line}: {said}");
    for word in words {
        assert!(said.contains(word), "{line}: {word}: {said}");
    }
}

/// A project with a program that is applied in `pr-7`.
fn applied() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("programs")).unwrap();
    std::fs::write(dir.path().join("programs/tower.rhai"), PROGRAM).unwrap();
    says(dir.path(), "apply tower --env pr-7 --yes", 0, &[]);
    dir
}

#[test]
fn a_state_that_was_changed_by_hand_is_not_taken_in() {
    let dir = applied();
    let at = dir.path();
    let (_, text) = dr(at, "state export --env pr-7");
    std::fs::remove_dir_all(at.join("state/pr-7")).unwrap();
    let whole: Json = serde_json::from_str(&text).unwrap();
    let refused = |why: &str, change: &dyn Fn(&mut Json)| {
        let mut changed = whole.clone();
        change(&mut changed);
        std::fs::write(at.join("changed.json"), changed.to_string()).unwrap();
        says(at, "state import changed.json --env pr-7 --yes", 1, &["is not taken in", why, "hint: "]);
        says(at, "state verify --env pr-7", 1, &["The environment pr-7 is empty"]);
    };
    let (key, queue) = ("primary/ssm.parameter:key", "primary/sqs.queue:orders");
    refused("its position is larger", &|state| state["meta"]["head"]["position"] = u64::MAX.into());
    refused("was never sealed", &|state| state["records"][key]["args"]["value"] = json!({"$sealed": "AAAA"}));
    refused("is damaged or was moved there", &|state| {
        state["records"][key]["args"]["value"] = json!({"$sealed": "A".repeat(80)});
    });
    refused("the secret `value` of `primary/ssm.parameter:key` is not sealed", &|state| {
        state["records"][key]["args"]["value"] = "correct-horse".into();
    });
    refused("there is no region `mars`", &|state| state["records"][queue]["region"] = "mars".into());
    refused("which this version of dr does not know", &|state| {
        let mut record = state["records"][queue].clone();
        (record["address"], record["kind"], record["id"]) = ("sqs.strange:s".into(), "sqs.strange".into(), "s".into());
        state["records"]["sqs.strange:s"] = record;
    });
    refused("need each other in a circle", &|state| {
        let need = |of: &str| json!([{"address": of, "blocks_delete": true}]);
        state["records"][queue]["needs"] = need(key);
        state["records"][key]["needs"] = need(queue);
    });
    refused("`cloud` says", &|state| state["cloud"]["account"] = "123456789012".into());
    std::fs::write(at.join("changed.json"), b"{\"\xff").unwrap();
    says(at, "state import changed.json --env pr-7 --yes", 1, &["byte 3 is not UTF-8"]);
    std::fs::write(at.join("changed.json"), &text).unwrap();
    says(at, "state import changed.json --env pr-7 --program other --yes", 1, &["leave `--program other` out"]);
    says(at, "state import changed.json --env pr-7 --yes", 0, &["has 3 resources now"]);
    says(at, "state import changed.json --env pr-7 --yes", 1, &["`dr state export --program tower --env pr-7`"]);
    says(at, "plan tower --env pr-7", 0, &["all 3 resources are as declared"]);
}

#[test]
fn a_repair_that_mends_nothing_does_not_end_well() {
    let dir = applied();
    let at = dir.path();
    says(at, "state repair --env pr-7 --yes", 0, &["There is nothing to repair"]);
    std::fs::remove_file(at.join("state/secrets.key")).unwrap();
    says(at, "state repair --env pr-7 --yes", 1, &["cannot use the key file", "No repair mends"]);
    let (status, said) = dr(at, "state repair --env pr-7 --yes --json");
    let said: Json = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (status, &said[0]["stack"], said[0]["left"].as_array().map(Vec::len)),
        (1, &json!("tower/pr-7"), Some(1))
    );
    // What can be mended is mended, and what is left is told.
    std::fs::write(at.join("state/pr-7/tower/log"), "rubbish").unwrap();
    says(at, "state repair --env pr-7 --yes", 1, &["`tower/pr-7` is put right", "cannot use the key file"]);
    says(at, "state repair nope --env pr-7", 1, &["The program nope has no state"]);
    says(at, "state repair --env pr-9", 1, &["There is no environment pr-9"]);
}

#[test]
fn a_name_that_nothing_has_is_a_mistake() {
    let dir = applied();
    let at = dir.path();
    for line in [
        "destroy towre --env pr-7 --yes",
        "destroy towre --env pr-7 --yes --from-tags",
        "destroy towre --env pr-9 --yes",
    ] {
        says(at, line, 1, &["there is no program `towre`", "did you mean `tower`?", "carries its tags"]);
    }
    says(at, "drift --env pr-7 --accept primary/sqs.queue:ordres", 1, &["is not in the environment", "orders`?"]);
    says(
        at,
        "drift --env pr-7 --accept primary/sqs.queue:orders",
        1,
        &["nothing of `primary/sqs.queue:orders` has drifted"],
    );
    says(at, "state mv primary ../x --env pr-7 --yes", 1, &["`../x`"]);
    says(at, "state mv primary . --env pr-7 --yes", 1, &["`.`"]);
    // The tags alone suffice, and so does the state, or the script.
    std::fs::remove_file(at.join("programs/tower.rhai")).unwrap();
    std::fs::rename(at.join("state/pr-7"), at.join("lost")).unwrap();
    says(at, "destroy tower --env pr-7 --yes", 1, &["2 resources of tower", "--from-tags"]);
    std::fs::rename(at.join("lost"), at.join("state/pr-7")).unwrap();
    says(at, "destroy tower --env pr-7 --yes --allow-data-loss", 0, &["Nothing is left"]);
    says(at, "destroy tower --env pr-7 --yes", 0, &["Nothing is left"]);
    std::fs::write(at.join("programs/other.rhai"), PROGRAM).unwrap();
    says(at, "destroy other --env pr-7 --yes", 0, &["Nothing is left"]);
}

#[test]
fn a_program_that_is_given_twice_is_the_same_or_refused() {
    let dir = applied();
    let at = dir.path();
    for line in ["rebuild tower", "rebuild programs/tower.rhai", "verify tower", "repair tower"] {
        says(at, &format!("state {line} --program tower --env pr-7"), 0, &[]);
        says(at, &format!("state {line} --program zz --env pr-7"), 1, &["two programs are given", "--program zz"]);
    }
    says(at, "state init --program tower", 1, &["leave `--program` out"]);
}

#[test]
fn a_hint_can_be_typed_as_it_stands() {
    let dir = applied();
    let at = dir.path();
    std::fs::remove_dir_all(at.join("state/pr-7")).unwrap();
    let hint = "`dr state rm primary/random.password:pw --program tower --env pr-7`";
    says(at, "apply tower --env pr-7 --yes", 0, &[hint]);
    says(at, "state rm primary/random.password:pw --program tower --env pr-7 --yes", 0, &["1 record forgotten"]);
}

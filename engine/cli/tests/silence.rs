//! A region that falls silent while a plan is applied: after each number of changes, with what the command line says.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// In each region a queue with a dead-letter queue; in the west also one that needs one of the east, and the other way
/// round.
const PROGRAM: &str = r#"
let p = program(#{ timeout: param("Timeout.", 30) });
let queues = |region, here| {
    let dead = sqs::queue(`${here}_dead`, #{ region: region, visibility_timeout_seconds: p.timeout });
    sqs::queue(here, #{ region: region, visibility_timeout_seconds: p.timeout,
        redrive_policy: #{ dead_letter_target_arn: dead.arn, max_receive_count: 3 } })
};
let east = queues.call("us-east-1", "east");
let west = queues.call("us-west-2", "west");
let told = |name, region, of| ssm::parameter(name, #{ region: region, type: "String", value: of.url });
told.call("of_east", "us-west-2", east);
told.call("of_west", "us-east-1", west);
"#;
/// The one that falls silent.
const FALLS: &str = "us-west-2";
/// What is elsewhere and needs nothing there.
const ELSEWHERE: [&str; 2] = ["sqs.queue:east", "sqs.queue:east_dead"];
/// What needs something there, directly or not: with it, everything that has to wait.
const WAITS: [&str; 4] = ["sqs.queue:west", "sqs.queue:west_dead", "ssm.parameter:of_east", "ssm.parameter:of_west"];

fn dr(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(words)
        .args(["--env", "pr-1", "--state-dir", "state", "--color", "never", "--sandbox-speed", "instant"])
        .env_clear()
        .env("HOME", folder)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(output)))
}

/// The addresses in a list of a result.
fn addresses<'v>(result: &'v Value, list: &str) -> BTreeSet<&'v str> {
    result[list].as_array().unwrap().iter().map(|one| one["address"].as_str().unwrap()).collect()
}

/// Runs a command while the region falls silent, after one change there, two and so on, until the command comes to its
/// end; `prepare` makes what there is before, in a folder of its own each time, and `settle` looks at what came of it.
fn silences(words: &[&str], prepare: &[&[&str]], settle: impl Fn(&Path, &str)) {
    for changes in 1.. {
        let (folder, when) = (tempfile::tempdir().unwrap(), format!("{words:?} after {changes} changes"));
        let folder = folder.path();
        std::fs::write(folder.join("p.rhai"), PROGRAM).unwrap();
        for words in prepare {
            assert!(dr(folder, words).status.success());
        }
        let down = format!("{FALLS}@{changes}");
        let output = dr(folder, &[words, &["--json", "--sandbox-down", &down]].concat());
        let result = json(&output);
        let (done, deferred) = (addresses(&result, "done"), addresses(&result, "deferred"));
        for elsewhere in ELSEWHERE {
            assert!(done.contains(elsewhere), "{when}: {}", said(&output));
        }
        assert!(addresses(&result, "failed").is_empty(), "{when}: {}", said(&output));
        if output.status.code() == Some(0) {
            assert!(deferred.is_empty() && changes > 1, "{when}");
            return settle(folder, &when);
        }
        assert_eq!((output.status.code(), &result["status"]), (Some(5), &"deferred".into()), "{when}");
        assert!(!deferred.is_empty() && deferred.iter().all(|one| WAITS.contains(one)), "{when}: {deferred:?}");
        assert!(result["deferred"].as_array().unwrap().iter().all(|one| one["place"] == FALLS), "{when}");
        assert!(done.is_disjoint(&deferred), "{when}");
        // While it is silent, the next command ends in the same way; that takes seconds, so it is tried once.
        if changes == 1 {
            let again = dr(folder, &[words, &["--json", "--sandbox-down", FALLS]].concat());
            assert_eq!(again.status.code(), Some(5), "{when}: {}", said(&again));
        }
        // When it answers again, everything is made up for.
        let rest = dr(folder, words);
        assert_eq!(rest.status.code(), Some(0), "{when}: {}", said(&rest));
        settle(folder, &when);
    }
}

const APPLY: [&str; 3] = ["apply", "p.rhai", "--yes"];
const CHANGE: [&str; 5] = ["apply", "p.rhai", "--yes", "--set", "timeout=50"];
const DESTROY: [&str; 4] = ["destroy", "p", "--yes", "--allow-data-loss"];

/// Nothing is left to do, and nothing is there twice.
fn everything_is_there(folder: &Path, when: &str, set: &[&str]) {
    let plan = json(&dr(folder, &[&["plan", "p.rhai", "--json"], set].concat()));
    assert_eq!((&plan["empty"], &plan["counts"]["unchanged"]), (&true.into(), &6.into()), "{when}: {plan}");
    let destroyed = dr(folder, &DESTROY);
    assert_eq!(destroyed.status.code(), Some(0), "{when}: {}", said(&destroyed));
}

#[test]
fn what_is_made_there_is_made_up_for() {
    silences(&APPLY, &[], |folder, when| everything_is_there(folder, when, &[]));
}

#[test]
fn what_is_changed_there_is_made_up_for() {
    silences(&CHANGE, &[&APPLY], |folder, when| everything_is_there(folder, when, &["--set", "timeout=50"]));
}

#[test]
fn what_is_deleted_there_is_made_up_for() {
    silences(&DESTROY, &[&APPLY], |folder, when| {
        let left = json(&dr(folder, &["state", "list", "--json"]));
        assert!(left.to_string().find("sqs.queue").is_none(), "{when}: {left}");
    });
}

#[test]
fn people_read_what_waits_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("p.rhai"), PROGRAM).unwrap();
    let output = dr(folder, &["apply", "p.rhai", "--yes", "--sandbox-down", "us-west-2@1"]);
    let told = said(&output);
    assert_eq!(output.status.code(), Some(5), "{told}");
    for address in WAITS {
        assert!(told.contains(&format!("{address}  deferred: us-west-2 does not answer")), "{address}: {told}");
    }
    let last = "4 deferred: run `dr apply p.rhai --env pr-1 --state-dir state --sandbox-speed instant` again when us-west-2 can be reached";
    assert!(told.contains(last), "{told}");
    // A number that is none, and a region that is none.
    for (down, message) in [
        ("us-west-2@some", "`--sandbox-down`: `some` is not a number of changes"),
        ("us-west-2@", "`--sandbox-down`: `` is not a number of changes"),
        ("us-west-9@1", "`--sandbox-down`: there is no region `us-west-9`"),
    ] {
        let refused = dr(folder, &["plan", "p.rhai", "--sandbox-down", down]);
        assert_eq!(refused.status.code(), Some(1));
        assert!(said(&refused).contains(message), "{}", said(&refused));
    }
}

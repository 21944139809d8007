//! What is computed of the five programs' recovery, and whether it keeps what they promise.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

/// The plan of a program that has a domain, with further parameters, in an environment of its own.
fn plan(program: &str, set: &[&str]) -> (Value, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let temp = tempfile::tempdir().unwrap();
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dr"));
        command.args(["plan", program, "--env", "pr-7", "--sandbox-speed", "instant"]).args(more);
        command.args(set.iter().flat_map(|set| ["--set", set])).arg("--state-dir").arg(temp.path().join("state"));
        command.env_clear().env("HOME", temp.path()).current_dir(&root);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    (serde_json::from_str(&run(&["--json"])).unwrap(), run(&["--recovery"]))
}

fn figure(typical: impl Into<Option<u32>>, most: impl Into<Option<u32>>) -> Value {
    json!({"typical": typical.into(), "most": most.into()})
}

const DOMAIN: &str = "base_domain=pay.example-of-yours.net";

/// The figures of a store, by the end of its address.
fn store(plan: &Value, address: &str) -> (Value, Value) {
    let stores = plan["recovery"]["stores"].as_array().unwrap();
    let found = stores.iter().find(|store| store["address"].as_str().unwrap().ends_with(address));
    let found = found.unwrap_or_else(|| panic!("no {address}: {stores:#?}"));
    (found["time"].clone(), found["loss"].clone())
}

/// The messages of the promises that do not hold.
fn broken(plan: &Value) -> Vec<&str> {
    let found = plan["diagnostics"].as_array().unwrap().iter().filter(|d| d["code"] == "C36");
    found.map(|d| d["message"].as_str().unwrap()).collect()
}

#[test]
fn payments_behind_load_balancers_follow_in_three_minutes_and_their_bucket_without_a_bound() {
    let (plan, text) = plan("payment_alb", &[DOMAIN]);
    // Three failures of 30 seconds, perhaps one more interval, and a minute that the alias is kept.
    assert_eq!(plan["recovery"]["traffic"]["time"], figure(150, 180));
    // Ten minutes to notice, five to decide; five to promote, at most fifteen. An alarm goes off at five seconds.
    assert_eq!(store(&plan, "rds.global_cluster:payment-global"), (figure(1200, 1800), figure(1, 5)));
    assert_eq!(store(&plan, "s3.bucket:payment-txn-logs"), (figure(0, 0), figure(60, None)));
    assert_eq!((&plan["recovery"]["time"], &plan["recovery"]["loss"]), (&figure(1200, 1800), &figure(60, None)));
    assert_eq!(broken(&plan), ["nothing bounds what may be missing in the other region; the promise is 5 s"]);
    assert!(
        text.contains("recovery: us-west-2 takes over within 30 min (primary/rds.global_cluster:payment-global)"),
        "{text}"
    );
    assert!(text.contains("let S3 promise it"), "{text}");
    let (plan, _) = self::plan("payment_alb", &[DOMAIN, "health_interval=10"]);
    assert_eq!(plan["recovery"]["traffic"]["time"], figure(90, 100));
}

#[test]
fn payments_over_http_keep_their_promise_to_the_second() {
    let (plan, _) = plan("payment_http", &[DOMAIN]);
    assert_eq!(plan["recovery"]["traffic"]["time"], figure(150, 180));
    assert_eq!(store(&plan, "rds.global_cluster:payment-global"), (figure(1200, 1800), figure(1, 5)));
    assert_eq!(store(&plan, "dynamodb.table:payment-sessions"), (figure(0, 0), figure(1, 60)));
    assert_eq!(store(&plan, "s3.bucket:payment-documents"), (figure(0, 0), figure(60, 900)));
    assert!(broken(&plan).is_empty());
    let (plan, _) = self::plan("payment_http", &[DOMAIN, "rto_seconds=1799", "rpo_seconds=899"]);
    assert_eq!(
        broken(&plan),
        [
            "it takes up to 30 min until everything works in the other region; the promise is 29 min 59 s",
            "up to 15 min of what was written last may be missing in the other region; the promise is 14 min 59 s",
        ]
    );
}

#[test]
fn payments_over_rest_move_in_two_minutes_when_they_are_asked_for_every_ten_seconds() {
    let (plan, _) = plan("payment_rest", &[DOMAIN]);
    assert_eq!(plan["recovery"]["traffic"]["time"], figure(150, 180));
    assert_eq!(plan["recovery"]["loss"], figure(1, 1));
    assert_eq!(broken(&plan), ["it takes up to 3 min until requests reach the other region; the promise is 2 min"]);
    let (plan, _) = self::plan("payment_rest", &[DOMAIN, "fast_health_checks=true"]);
    assert_eq!(plan["recovery"]["traffic"]["time"], figure(90, 100));
    assert!(broken(&plan).is_empty());
}

#[test]
fn trading_takes_as_long_as_its_machine_and_whoever_starts_it() {
    let (plan, text) = plan("trading", &[DOMAIN]);
    // Fifteen minutes until an operator starts it; then five to promote, one to wait, two for the records, one to ask; at
    // most fifteen.
    assert_eq!(store(&plan, "rds.global_cluster:trading-global-db"), (figure(900 + 540, 900 + 900), figure(1, 1)));
    assert_eq!(store(&plan, "dynamodb.table:trading-sessions"), (figure(0, 0), figure(1, 1)));
    assert_eq!(store(&plan, "s3.bucket:trading-audit-logs"), (figure(0, 0), figure(60, 900)));
    assert!(text.contains("failover-orchestration"), "{text}");
}

#[test]
fn transactions_need_what_works_in_the_other_region() {
    let (plan, text) = plan("transactions", &[]);
    assert_eq!(plan["recovery"]["traffic"], Value::Null, "nothing is said of requests without a name");
    assert_eq!(store(&plan, "dynamodb.table:transactions"), (figure(0, 0), figure(1, 1)));
    assert_eq!(store(&plan, "s3.bucket:transaction-documents"), (figure(None, None), figure(None, None)));
    assert_eq!(broken(&plan).len(), 2, "{:?}", broken(&plan));
    assert!(text.contains("no function does the work in us-west-2"), "{text}");
    let (plan, _) = self::plan("transactions", &["secondary_compute=true"]);
    assert_eq!(plan["recovery"]["lacks"], Value::Null);
    assert_eq!(broken(&plan).len(), 2, "the bucket is in one region: {:?}", broken(&plan));
    let (plan, text) = self::plan("transactions", &["secondary_compute=true", "replication=true"]);
    assert_eq!(store(&plan, "s3.bucket:transaction-documents"), (figure(0, 0), figure(60, 900)));
    assert_eq!(plan["recovery"]["time"], figure(0, 0));
    assert_eq!(
        broken(&plan),
        ["up to 15 min of what was written last may be missing in the other region; the promise is 1 min"]
    );
    assert!(text.contains("recovery: us-west-2 takes over at once"), "{text}");
}

#[test]
fn what_the_sides_have_otherwise_is_told() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let parity = |program: &str, words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dr"));
        command.args(["parity", program, "--env", "pr-7", "--json"]).args(words).env_clear().current_dir(&root);
        let output = command.output().unwrap();
        (output.status.code(), serde_json::from_slice::<Value>(&output.stdout).unwrap())
    };
    // Of the five programs, only those differ whose functions of the secondary region read from the readers' address.
    for (program, arguments) in [
        ("payment_alb", &["environment.DB_CLUSTER_ENDPOINT"][..]),
        ("payment_http", &["environment.DB_ENDPOINT"]),
        ("payment_rest", &[]),
        ("trading", &[]),
        ("transactions", &[]),
    ] {
        let (status, found) = parity(program, &["--set", DOMAIN]);
        let told: Vec<&str> =
            found["differences"].as_array().unwrap().iter().map(|d| d["argument"].as_str().unwrap()).collect();
        assert_eq!(told, arguments, "{program}");
        assert_eq!(status, Some(if arguments.is_empty() { 0 } else { 2 }), "{program}");
    }
    let (_, found) = parity("transactions", &["--set", "secondary_compute=true"]);
    // What each side says of the other is alike: copies are awaited there from here, and here from there.
    let told = found["differences"].as_array().unwrap().iter().map(|d| d["argument"].as_str().unwrap());
    assert!(!told.clone().any(|argument| argument.contains("ReceivingRegion")), "{:?}", told.collect::<Vec<_>>());
    // Roles belong to no region, so the second one is called otherwise.
    let only: Vec<&str> = found["only_secondary"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect();
    assert!(only.len() == 3 && only.iter().all(|address| address.starts_with("secondary/iam.role")), "{only:?}");
    assert_eq!((&found["primary"], &found["secondary"]), (&json!("us-east-1"), &json!("us-west-2")));
    // A script that gives the secondary region less.
    let temp = tempfile::tempdir().unwrap();
    let script = temp.path().join("p.rhai");
    let text = r#"
        for side in [["primary", "us-east-1", 30, 7], ["secondary", "us-west-2", 60, 7]] {
            component(side[0], #{ region: side[1] }, || {
                sqs::queue(`orders-${side[1]}`, #{ visibility_timeout_seconds: side[2], tags: #{ Side: side[0] } });
                logs::log_group(`from-10.${side[2]}.0.0-16`, #{ retention_in_days: side[3] });
            });
        }
        component("primary", #{ region: "us-east-1" }, || sns::topic("alone", #{}));"#;
    std::fs::write(&script, text).unwrap();
    let (status, found) = parity(script.to_str().unwrap(), &[]);
    assert_eq!(status, Some(2));
    let different = json!([{
        "primary": "primary/sqs.queue:orders-us-east-1", "secondary": "secondary/sqs.queue:orders-us-west-2",
        "argument": "visibility_timeout_seconds", "here": "30", "there": "60",
    }]);
    assert_eq!((&found["differences"], &found["twins"]), (&different, &json!(2)));
    assert_eq!(found["only_primary"], json!(["primary/sns.topic:alone"]));
}

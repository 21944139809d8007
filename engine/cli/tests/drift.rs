//! What somebody else has changed: told property by property, with what it means; accepted where that is wanted.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use dr_core::value::{Map, Value};
use dr_run::{KeySource, Stack, Store};
use dr_sandbox::{Sandbox, SandboxOptions, Speed};

const PROGRAM: &str = r#"
component("main", #{ region: "us-east-1" }, || {
    sqs::queue("work", #{ visibility_timeout_seconds: 30 });
    sqs::queue("old", #{});
    s3::bucket("data", #{});
    logs::log_group("g", #{ retention_in_days: 30 });
    random::password("key", #{ length: 20 });
});
let zone = route53::zone("z", #{ name: `${env.suffix}.shop.dev` });
route53::record("api", #{ zone_id: zone.id, name: `api.${env.suffix}.shop.dev`, type: "A", ttl: 60, records: ["192.0.2.1"],
    set_identifier: "east", failover: "PRIMARY", allow: #{ C12: "the test has one side only" } });
"#;

/// Runs `dr` in a folder.
fn dr(folder: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(line.split_whitespace())
        .args(["--env", "pr-1", "--state-dir", "state", "--color", "never"])
        .env_clear()
        .env("HOME", folder)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn said(output: &Output) -> String {
    format!("{}{}", out(output), String::from_utf8_lossy(&output.stderr))
}

fn applied() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("p.rhai"), PROGRAM).unwrap();
    let made = dr(folder.path(), "apply p.rhai --yes");
    assert!(made.status.success(), "{}", said(&made));
    folder
}

/// Somebody changes an argument of the resource whose id holds a text.
fn change(folder: &Path, kind: &'static str, id: &str, name: &str, value: Value) {
    with(folder, kind, id, |sandbox, id| sandbox.tamper_set(kind, id, name, value).unwrap());
}

fn with(folder: &Path, kind: &str, id: &str, act: impl FnOnce(&Sandbox, &str)) {
    let options = SandboxOptions { speed: Speed::Instant, ..SandboxOptions::default() };
    let sandbox = Sandbox::open(&folder.join("state/.sandbox"), Arc::new(dr_kinds::registry()), options).unwrap();
    let found = sandbox.list().unwrap().into_iter().find(|one| one.kind == kind && one.id.contains(id)).unwrap();
    act(&sandbox, &found.id);
}

fn tamper(folder: &Path) {
    change(folder, "sqs.queue", "work", "visibility_timeout_seconds", Value::Int(50));
    change(folder, "logs.log_group", "g", "retention_in_days", Value::Int(1));
    let open = Map::from(["block_public_acls", "block_public_policy"].map(|name| (name.into(), Value::Bool(false))));
    change(folder, "s3.bucket", "data", "public_access_block", Value::Map(open));
    change(folder, "route53.record", "api", "failover", Value::str("SECONDARY"));
    with(folder, "sqs.queue", "old", |sandbox, id| sandbox.tamper_delete("sqs.queue", id).unwrap());
}

#[test]
fn drift_is_told_with_what_it_means_and_nothing_is_touched() {
    let folder = applied();
    let folder = folder.path();
    let none = dr(folder, "drift");
    assert_eq!(
        (none.status.code(), out(&none).contains("No drift: all 6 resources are as applied")),
        (Some(0), true),
        "{}",
        said(&none)
    );
    change(folder, "route53.record", "api", "failover", Value::str("SECONDARY"));
    let switched = dr(folder, "drift");
    assert_eq!(switched.status.code(), Some(0), "{}", said(&switched));
    assert!(
        out(&switched).contains("failover  \"PRIMARY\" → \"SECONDARY\"  switched by a failover"),
        "{}",
        said(&switched)
    );
    tamper(folder);
    let before = std::fs::read(folder.join("state/pr-1/p/log")).unwrap();
    // Somebody works on it, and is not disturbed.
    let held = Store::open(&folder.join("state"), &Stack::new("p", "pr-1"), &KeySource::StateDirectory).unwrap();
    let drift = dr(folder, "drift");
    drop(held);
    let told = out(&drift);
    assert_eq!(drift.status.code(), Some(2), "{}", said(&drift));
    for line in [
        "~ main/sqs.queue:work\n      visibility_timeout_seconds  30 → 50  benign",
        "- main/sqs.queue:old  was deleted  dangerous",
        "public_access_block.block_public_policy  true → false  dangerous",
        "retention_in_days  30 → 1  dangerous",
        "Drift: 5 of 6 resources: 3 dangerous, 1 benign, 1 switched by a failover",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert!(std::fs::read(folder.join("state/pr-1/p/log")).unwrap() == before, "a look has written");
    let comment = out(&dr(folder, "drift --format markdown"));
    assert!(comment.starts_with("<!-- dr drift p/pr-1 -->\n### `p/pr-1`: Drift: 5 of 6"), "{comment}");
    assert!(comment.contains("```diff\n") && comment.contains("\n-   main/sqs.queue:old  was deleted"), "{comment}");
    let shape: serde_json::Value = serde_json::from_str(&out(&dr(folder, "drift p --json"))).unwrap();
    let of = |address: &str| {
        shape["drifted"].as_array().unwrap().iter().find(|one| one["address"] == address).unwrap().clone()
    };
    assert_eq!(
        (&of("main/sqs.queue:old")["gone"], &of("main/sqs.queue:old")["level"]),
        (&true.into(), &"dangerous".into())
    );
    let size = &of("main/sqs.queue:work")["properties"]["visibility_timeout_seconds"];
    assert_eq!((&size["recorded"], &size["found"], &size["level"]), (&30.into(), &50.into(), &"benign".into()));
    // A region that is left out is said, and what is there is not looked at.
    let elsewhere = dr(folder, "drift --region us-west-2");
    assert!(elsewhere.status.success() && said(&elsewhere).contains("us-east-1 is left out"), "{}", said(&elsewhere));
    let silent = dr(folder, "drift --sandbox-down us-east-1 --region us-east-1");
    assert_eq!(silent.status.code(), Some(5), "{}", said(&silent));
}

#[test]
fn what_is_accepted_is_recorded_and_the_plan_says_what_the_program_would_change() {
    let folder = applied();
    let folder = folder.path();
    tamper(folder);
    let refused = dr(folder, "drift --accept main/sqs.queue:none");
    assert!(
        refused.status.code() == Some(1) && said(&refused).contains("`main/sqs.queue:none` is not in the environment")
    );
    let unasked = dr(folder, "drift --accept main/sqs.queue:work");
    assert!(unasked.status.code() == Some(1) && said(&unasked).contains("--yes"), "{}", said(&unasked));
    let accepted =
        dr(folder, "drift --accept main/sqs.queue --accept main/sqs.queue:work --accept main/sqs.queue:old --yes");
    assert_eq!(accepted.status.code(), Some(1), "a kind is no component: {}", said(&accepted));
    let accepted = dr(folder, "drift --accept main/sqs.queue:work --accept main/sqs.queue:old --yes --json");
    assert!(accepted.status.success(), "{}", said(&accepted));
    let shape: serde_json::Value = serde_json::from_str(&out(&accepted)).unwrap();
    assert_eq!(shape["accepted"].as_array().unwrap().len(), 2);
    assert!(!out(&dr(folder, "state list")).contains("sqs.queue:old"));
    let left = out(&dr(folder, "drift"));
    assert!(left.contains("Drift: 3 of 5 resources: 2 dangerous, 1 switched"), "{left}");
    // What is recorded is no drift of the plan any more, and the program still says something else.
    let plan = out(&dr(folder, "plan p.rhai"));
    assert!(plan.contains("visibility_timeout_seconds  50 → 30\n"), "{plan}");
    assert!(plan.contains("retention_in_days  1 → 30  changed outside dr"), "{plan}");
    // All of it; what a failover has switched stays as it is recorded.
    let refreshed = dr(folder, "refresh --yes");
    assert!(
        refreshed.status.success() && said(&refreshed).contains("2 resources written to the state"),
        "{}",
        said(&refreshed)
    );
    let left = dr(folder, "drift");
    assert!(left.status.success() && out(&left).contains("Drift: 1 of 5 resources: 1 switched"), "{}", said(&left));
    assert!(dr(folder, "refresh").status.success(), "there is nothing to ask");
    let record = out(&dr(folder, "state show route53.record:api"));
    assert!(record.contains("PRIMARY") && !record.contains("SECONDARY"), "{record}");
    assert!(dr(folder, "state verify").status.success());
    let applied = dr(folder, "apply p.rhai --yes");
    assert!(applied.status.success(), "{}", said(&applied));
    let gone = dr(folder, "destroy --yes --allow-data-loss");
    assert!(out(&gone).ends_with("Nothing is left\n"), "{}", said(&gone));
}

#[test]
fn what_is_reverted_is_as_the_program_says_and_the_rest_is_left() {
    let folder = applied();
    let folder = folder.path();
    let live = out(&dr(folder, "state show main/sqs.queue:work --live"));
    assert!(live.ends_with("Live\n  as recorded\n"), "{live}");
    tamper(folder);
    let live = dr(folder, "state show main/sqs.queue:work --live");
    let told = out(&live);
    assert!(told.starts_with("main/sqs.queue:work\n  id ") && told.contains(" 30\n"), "{told}");
    assert!(told.ends_with("      visibility_timeout_seconds  30 → 50  benign\n"), "{told}");
    assert!(live.status.success() && !told.contains("main/s3.bucket:data"), "{told}");
    let shape: serde_json::Value =
        serde_json::from_str(&out(&dr(folder, "state show main/sqs.queue:old --live --json"))).unwrap();
    assert_eq!((&shape["address"], &shape["drift"]["gone"]), (&"main/sqs.queue:old".into(), &true.into()));
    let reverted = dr(folder, "drift p.rhai --revert main/sqs.queue:work --revert main/sqs.queue:old --yes");
    let told = said(&reverted);
    assert!(reverted.status.success() && told.contains("1 created, 1 changed in"), "{told}");
    assert!(told.contains("this plan is partial: 2 changes are left out"), "{told}");
    let left = out(&dr(folder, "drift"));
    assert!(left.contains("Drift: 3 of 6 resources: 2 dangerous, 1 switched") && !left.contains("sqs.queue"), "{left}");
    let unknown = dr(folder, "drift p.rhai --revert main/sqs.queue:wrk --yes");
    assert!(unknown.status.code() == Some(1) && said(&unknown).contains("did you mean `main/sqs.queue:work`?"));
}

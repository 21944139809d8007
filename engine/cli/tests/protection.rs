//! What somebody has put in the way of a deletion by hand, protection or a policy that denies it: told and taken off where
//! the environment is ephemeral, refused elsewhere unless `--lift-protection` is given. Every argument that protects, and
//! every policy, is tried.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use dr_core::value::Value;
use dr_sandbox::{Sandbox, SandboxOptions, Speed};

const PROGRAM: &str = r#"
let east = #{ region: "us-east-1" };
let table = dynamodb::table("t", east + #{ hash_key: "id", attributes: [#{ name: "id", type: "S" }],
    billing_mode: "PAY_PER_REQUEST", stream_enabled: true, stream_view_type: "NEW_AND_OLD_IMAGES" });
logs::log_group("g", east + #{ retention_in_days: 7 });
rds::global_cluster("w", #{ engine: "aurora-postgresql", engine_version: "15.15" });
"#;

/// Runs `dr` in a folder.
fn dr(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(words)
        .args(["--state-dir", "state", "--color", "never", "--sandbox-speed", "instant"])
        .env_clear()
        .env("HOME", folder)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Switches protection on for everything that can be protected; gives the number.
fn protect(folder: &Path) -> usize {
    let registry = Arc::new(dr_kinds::registry());
    let options = SandboxOptions { speed: Speed::Instant, ..SandboxOptions::default() };
    let sandbox = Sandbox::open(&folder.join("state/.sandbox"), registry.clone(), options).unwrap();
    let mut number = 0;
    for found in sandbox.list().unwrap() {
        for field in registry.get(found.kind).unwrap().args.iter().filter(|field| field.protects) {
            sandbox.tamper_set(found.kind, &found.id, field.name, Value::Bool(true)).unwrap();
            number += 1;
        }
    }
    number
}

#[test]
fn what_somebody_has_protected_goes_where_that_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("p.rhai"), PROGRAM).unwrap();
    for environment in ["pr-1", "stage"] {
        let env = ["--env", environment];
        let made = dr(folder, &[&["apply", "p.rhai", "--yes"][..], &env].concat());
        assert!(made.status.success(), "{}", said(&made));
        assert_eq!(protect(folder), 3);
        // Who does not look finds out when the service refuses.
        let blind = dr(folder, &[&["destroy", "p", "--yes", "--allow-data-loss", "--no-refresh"][..], &env].concat());
        assert_eq!(blind.status.code(), Some(1), "{}", said(&blind));
        assert!(said(&blind).contains("is protected from being deleted"), "{}", said(&blind));

        let destroyed = dr(folder, &[&["destroy", "p", "--yes", "--allow-data-loss"][..], &env].concat());
        let told = said(&destroyed);
        assert_eq!(told.matches("somebody has protected").count(), 3, "{told}");
        if environment == "stage" {
            assert_eq!(destroyed.status.code(), Some(3), "{told}");
            assert!(told.contains("--lift-protection"), "{told}");
            let lifted =
                dr(folder, &[&["destroy", "p", "--yes", "--allow-data-loss", "--lift-protection"][..], &env].concat());
            assert!(lifted.status.success(), "{}", said(&lifted));
        } else {
            assert!(destroyed.status.success(), "{told}");
            assert!(told.contains("is switched off first"), "{told}");
        }
        let left = dr(folder, &[&["state", "list"][..], &env].concat());
        assert!(!said(&left).contains("dynamodb.table"), "{}", said(&left));
    }
}

const POLICIES: &str = r#"
let east = #{ region: "us-east-1" };
fn open(action) {
    #{ Version: "2012-10-17", Statement: [#{ Effect: "Allow", Principal: #{ AWS: "arn:aws:iam::123456789012:root" },
        Action: action, Resource: "*" }] }
}
sqs::queue("own", east + #{ policy: open("sqs:*") });
let queue = sqs::queue("q", east);
sqs::queue_policy("q", east + #{ queue_url: queue.url, policy: open("sqs:*") });
sns::topic("own", east + #{ policy: open("sns:*") });
let topic = sns::topic("t", east);
sns::topic_policy("t", east + #{ topic_arn: topic.arn, policy: open("sns:*") });
let bucket = s3::bucket("b", east);
s3::bucket_policy("b", east + #{ bucket: bucket.bucket, policy: open("s3:GetObject") });
secretsmanager::secret("s", east + #{ policy: open("secretsmanager:*"), recovery_window_in_days: 0 });
kms::key("k", east + #{ policy: open("kms:*"), deletion_window_in_days: 7 });
"#;

/// Has somebody deny everybody an action on everything that has a policy, and leave the rest of it as it was; gives the
/// number.
fn deny(folder: &Path, action: fn(&str) -> String) -> usize {
    let registry = Arc::new(dr_kinds::registry());
    let options = SandboxOptions { speed: Speed::Instant, ..SandboxOptions::default() };
    let sandbox = Sandbox::open(&folder.join("state/.sandbox"), registry.clone(), options).unwrap();
    let mut number = 0;
    for found in sandbox.list().unwrap() {
        let Some(Value::Map(policy)) = found.args.get("policy").map(Value::revealed) else { continue };
        let Some(service) = found.kind.split_once('.').map(|(service, _)| service) else { continue };
        let Some(Value::List(mut statements)) = policy.get("Statement").cloned() else { continue };
        let denial =
            format!(r#"{{"Effect": "Deny", "Principal": "*", "Action": "{}", "Resource": "*"}}"#, action(service));
        statements.push(Value::from_json(&denial).unwrap());
        let mut policy = policy;
        policy.insert("Statement".into(), Value::List(statements));
        sandbox.tamper_set(found.kind, &found.id, "policy", Value::Map(policy)).unwrap();
        number += 1;
    }
    number
}

#[test]
fn a_policy_that_denies_the_deletion_is_taken_off_first() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("p.rhai"), POLICIES).unwrap();
    let delete = |service: &str| match service {
        "kms" => "kms:ScheduleKeyDeletion".to_owned(),
        "s3" => "s3:DeleteBucket".to_owned(),
        service => format!("{service}:Delete*"),
    };
    for environment in ["pr-1", "stage"] {
        let env = ["--env", environment];
        let made = dr(folder, &[&["apply", "p.rhai", "--yes"][..], &env].concat());
        assert!(made.status.success(), "{}", said(&made));
        assert_eq!(deny(folder, delete), 7);
        let destroy = ["destroy", "p", "--yes", "--allow-data-loss"];
        let blind = dr(folder, &[&destroy[..], &["--no-refresh"], &env].concat());
        assert_eq!(blind.status.code(), Some(1), "{}", said(&blind));

        let destroyed = dr(folder, &[&destroy[..], &env].concat());
        let told = said(&destroyed);
        if environment == "stage" {
            assert_eq!(destroyed.status.code(), Some(3), "{told}");
            assert!(told.contains("--lift-protection") && told.contains("somebody has locked"), "{told}");
            let lifted = dr(folder, &[&destroy[..], &["--lift-protection"], &env].concat());
            assert!(lifted.status.success(), "{}", said(&lifted));
        } else {
            assert!(destroyed.status.success(), "{told}");
        }
        let left = dr(folder, &[&["state", "list"][..], &env].concat());
        assert!(!said(&left).contains("sqs.queue"), "{}", said(&left));
    }
}

#[test]
fn a_policy_that_nobody_can_change_is_named_before_anything_is_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::write(folder.join("p.rhai"), POLICIES).unwrap();
    let made = dr(folder, &["apply", "p.rhai", "--yes", "--env", "pr-1"]);
    assert!(made.status.success(), "{}", said(&made));
    assert_eq!(deny(folder, |service| format!("{service}:*")), 7);
    let refused = dr(folder, &["destroy", "p", "--yes", "--lift-protection", "--env", "pr-1"]);
    let told = said(&refused);
    assert_eq!(refused.status.code(), Some(3), "{told}");
    assert_eq!(told.matches("only the root user of the account can change that policy").count(), 7, "{told}");
    let all = dr(folder, &["state", "list", "--env", "pr-1"]);
    assert!(said(&all).contains("sqs.queue:own"), "{}", said(&all));
}

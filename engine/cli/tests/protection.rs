//! Protection from deletion that somebody switched on by hand: told and switched off where the environment is ephemeral,
//! refused elsewhere unless `--lift-protection` is given. Every argument that protects is tried.
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

//! What has moved is found in the cloud under its new address.
#![allow(missing_docs, clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use dr_core::cloud::{Cloud as _, Sought};
use dr_sandbox::{Sandbox, SandboxOptions};

fn apply(folder: &Path, program: &str) {
    std::fs::write(folder.join("p.rhai"), program).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_dr"))
        .args(["apply", "p.rhai", "--env", "pr-1", "--yes", "--state-dir", "state", "--sandbox-speed", "instant"])
        .env_clear()
        .env("HOME", folder)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The addresses that the identity tags in the sandbox bear, sorted.
async fn tagged(folder: &Path) -> Vec<String> {
    let dir = folder.join("state/.sandbox");
    let sandbox = Sandbox::open(&dir, Arc::new(dr_kinds::registry()), SandboxOptions::default()).unwrap();
    let found = sandbox.sweep(Sought { environment: "pr-1", program: Some("p") }, "us-east-1").await.unwrap();
    let mut addresses: Vec<String> = found.into_iter().map(|one| one.address.unwrap().to_string()).collect();
    addresses.sort();
    addresses
}

#[tokio::test]
async fn a_sweep_finds_what_has_moved_under_its_new_address() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    apply(folder, r#"sqs::queue("a", #{ region: "us-east-1" }); sqs::queue("c", #{ region: "us-east-1" });"#);
    assert_eq!(tagged(folder).await, ["sqs.queue:a", "sqs.queue:c"]);
    // One only moves, and one is changed too.
    apply(
        folder,
        r#"sqs::queue("b", #{ region: "us-east-1", name: `a-${env.suffix}`, moved_from: ["sqs.queue:a"] });
           sqs::queue("d", #{ region: "us-east-1", name: `c-${env.suffix}`, moved_from: ["sqs.queue:c"],
                              visibility_timeout_seconds: 50 });"#,
    );
    assert_eq!(tagged(folder).await, ["sqs.queue:b", "sqs.queue:d"]);
}

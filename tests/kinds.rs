//! Every kind, through its whole life (`harness/life.rs`), by its example in `tests/kinds`: against the sandbox always,
//! against the emulators with the feature `emulators`. The calls that this takes are kept in `docs/calls.md`.
//!
//! `SNAPSHOTS=overwrite` writes the page anew.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

#[path = "harness/calls.rs"]
mod calls;
#[cfg(feature = "emulators")]
#[path = "harness/emulated.rs"]
mod emulated;
#[path = "harness/example.rs"]
mod example;
#[path = "harness/life.rs"]
mod life;
#[path = "harness/room.rs"]
mod room;

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_sandbox::{Sandbox, SandboxOptions, Speed};
#[cfg(feature = "emulators")]
use dr_tests_support::{Mode, TestCloud};

#[cfg(feature = "emulators")]
use crate::emulated::{Noted, Noting};
use crate::example::Example;
use crate::room::{Failure, Room};

/// What the page says that a kind asks of AWS, its kind declares: permissions are made of that.
#[test]
fn every_call_on_the_page_is_declared() {
    let page = std::fs::read_to_string(dr_tests_support::repository().join("docs/calls.md")).unwrap();
    let rows = page.split_once("## In AWS").unwrap().1.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut seen = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        let [kind, operation, calls] = cells[..] else { panic!("{row}") };
        let (kind, operation) = (kind.trim_matches('`'), operation.trim_matches('`'));
        for call in calls.split(", ").filter_map(|call| call.split(" × ").next()?.split_once(':')) {
            if ["tag", "sts"].contains(&call.0) || kind == "kind" {
                continue;
            }
            let declared = dr_kinds::calls::calls_of(kind).unwrap_or_else(|| panic!("{kind} declares no calls"));
            let known = declared.calls().find(|(name, _)| *name == call.1);
            let Some((_, ends)) = known.filter(|_| declared.service == call.0) else { panic!("{kind}: {call:?}") };
            assert!(ends || !["read", "delete", "deleted"].contains(&operation), "{kind} deletes by {}", call.1);
            seen += 1;
        }
    }
    assert!(seen > 500, "{seen}");
}

/// Leads one example through its life in a sandbox of its own; the calls that were about its own kind.
async fn in_the_sandbox(example: &Example) -> Result<BTreeMap<String, u64>, Failure> {
    let dir = tempfile::tempdir()?;
    let options = SandboxOptions { speed: Speed::Instant, ..SandboxOptions::default() };
    let sandbox = Arc::new(Sandbox::in_memory(Arc::new(dr_kinds::registry()), options)?);
    let room = Room::open(dir.path(), sandbox.clone(), example.program(), &example.name(), None).await?;
    life::lead(&room, example, &[]).await?;
    let left = sandbox.list()?;
    if !left.is_empty() {
        return Err(format!("left in the account: {left:?}").into());
    }
    let own = |(call, count): (String, u64)| {
        let (kind, op) = call.split_once(' ')?;
        (kind == example.kind).then(|| (op.to_owned(), count))
    };
    Ok(sandbox.calls().into_iter().filter_map(own).collect())
}

#[tokio::test]
async fn every_kind_lives_in_the_sandbox() {
    let mut failures = Vec::new();
    let mut calls = BTreeMap::new();
    for example in Example::all().unwrap() {
        match in_the_sandbox(&example).await {
            Ok(counted) => drop(calls.insert(example.kind, counted)),
            Err(error) => failures.push(format!("{}: {error}", example.kind)),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    calls::compare("In the sandbox", &calls::of_the_engine(&calls));
}

/// How long a life may take; most take seconds.
#[cfg(feature = "emulators")]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(180);

/// Leads one example through its life in an environment of its own; the calls that were about its own kind.
#[cfg(feature = "emulators")]
async fn in_the_emulators(example: &Example, cloud: &TestCloud) -> Result<Noted, Failure> {
    let dir = tempfile::tempdir()?;
    let aws = Arc::new(Noting::connect(&cloud.wire().endpoint(), dir.path()).await?);
    // One call at a time, so that it is known which of the engine's calls made which of AWS's.
    let room = Room::open(dir.path(), aws.clone(), example.program(), &example.name(), Some(1)).await?;
    let cannot = emulated::cannot(&example.kind);
    let life = life::lead(&room, example, &cannot);
    let result = tokio::time::timeout(PATIENCE, life).await.unwrap_or_else(|_| Err("it takes too long".into()));
    result?;
    Ok(aws.noted().into_iter().filter(|((kind, _), _)| *kind == example.kind).collect())
}

#[cfg(feature = "emulators")]
#[test]
fn every_kind_lives_in_the_emulators() {
    // Without optimisation the calls of a life lie on the stack with all that they hold, and the two megabytes of a test's
    // thread are not enough. `dr` itself has the eight of a process.
    const STACK: usize = 8 << 20;
    let life = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(all_in_the_emulators());
    };
    std::thread::Builder::new().stack_size(STACK).spawn(life).unwrap().join().unwrap();
}

#[cfg(feature = "emulators")]
async fn all_in_the_emulators() {
    #[allow(clippy::disallowed_methods)] // A test has no command line of its own.
    let only = std::env::var("DR_TEST_KIND").ok();
    let mut failures = Vec::new();
    let mut calls = Noted::new();
    for mode in [Mode::Stock, Mode::Patched] {
        let cloud = TestCloud::start(mode).unwrap();
        let mut checked = 0;
        for example in Example::all().unwrap().iter().filter(|e| emulated::mode(&e.kind) == mode) {
            if only.as_ref().is_some_and(|only| !example.kind.contains(only)) {
                continue;
            }
            let started = std::time::Instant::now();
            let result = in_the_emulators(example, &cloud).await;
            println!("{} ({mode:?}): {:.1} s", example.kind, started.elapsed().as_secs_f64());
            match result {
                Ok(mut noted) => calls.append(&mut noted),
                Err(error) => {
                    failures.push(format!("{} ({mode:?}): {error}", example.kind));
                    cloud.reset().unwrap();
                }
            }
            let found = cloud.violations().unwrap();
            checked += found.checked;
            if !found.lines.is_empty() {
                let says = "requests that AWS's own models of its services do not allow";
                failures.push(format!("{} ({mode:?}): {says}:\n  {}", example.kind, found.lines.join("\n  ")));
            }
        }
        let made: u64 = cloud.wire().counts().values().sum();
        if checked < made {
            failures.push(format!("({mode:?}): {made} requests were made, of which {checked} were looked at"));
        }
        // Names carry the environment, which is called like the kind.
        let left = cloud.boto("empty.py", &serde_json::json!({ "regions": ["us-east-1", "us-west-2"] })).unwrap();
        if left["ok"] != true {
            failures.push(format!("left in the account ({mode:?}): {}", left["findings"]));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    if only.is_none() {
        calls::compare("In AWS", &calls::of_aws(&calls));
    }
}

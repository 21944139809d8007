//! Every kind, through its whole life (`harness/life.rs`), by its example in `tests/kinds`: against the sandbox always,
//! against the emulators with the feature `emulators`. The calls that this takes are kept in `docs/calls.md`.
//!
//! `SNAPSHOTS=overwrite` writes the page anew.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

#[path = "harness/calls.rs"]
mod calls;
#[path = "harness/example.rs"]
mod example;
#[path = "harness/life.rs"]
mod life;
#[path = "harness/room.rs"]
mod room;

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_sandbox::{Options, Sandbox, Speed};

use crate::example::Example;
use crate::room::{Failure, Room};

/// Leads one example through its life in a sandbox of its own; the calls that were about its own kind.
async fn in_the_sandbox(example: &Example) -> Result<BTreeMap<String, u64>, Failure> {
    let dir = tempfile::tempdir()?;
    let options = Options { speed: Speed::Instant, ..Options::default() };
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

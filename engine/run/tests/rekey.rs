//! Secrets are sealed anew with another key, in a folder and a table alike; a kill on the way leaves one key or the other.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::sync::Arc;

use common::memory::{Machine, MemoryLog};
use common::ruin::{make, said};
use common::{copy_dir, registry, reopen_in, states};
use dr_core::value::{Map, Value};
use dr_run::{KeySource, Stack, StateChange, States, StoreError};

fn stack() -> Stack {
    Stack::new("p", "e")
}

fn with(states: &States, keys: KeySource) -> States {
    States { keys, ..states.clone() }
}

#[tokio::test]
async fn the_new_key_opens_what_the_old_one_sealed() {
    let (dir, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    make(dir.path(), killed.path()).await;
    let on_disk = states(dir.path());
    let log: Arc<MemoryLog> = Arc::default();
    let shared = Machine::new(&log, "anna@one", dir.path()).states;
    let state = on_disk.export(&stack()).unwrap().unwrap();
    shared.import(&stack(), &state, state.cloud.as_ref().unwrap()).unwrap();
    for states in [on_disk, shared] {
        let before = said(&reopen_in(&states).await);
        let new = KeySource::Passphrase("new".into());
        let done = states.rekey(&stack(), &new, &registry()).unwrap().unwrap();
        assert!(done.sealed > 8 && done.lost.is_empty(), "{done:?}");
        assert!(matches!(states.look(&stack()), Err(StoreError::Seal(_))), "the old key opens nothing");
        let store = reopen_in(&with(&states, new)).await;
        let mut after = said(&store);
        assert_eq!(after.0.position, before.0.position + 1, "plans that the old key sealed are stale");
        after.0.position -= 1;
        assert_eq!(after, before);
        // It goes on from there.
        store.commit(StateChange::Outputs(Map::new())).await.unwrap();
    }
}

#[tokio::test]
async fn without_the_key_everything_else_is_there_and_what_is_missing_is_named() {
    let (dir, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = make(dir.path(), killed.path()).await;
    std::fs::remove_file(dir.path().join("secrets.key")).unwrap();
    let without = with(&states(dir.path()), KeySource::Lost);
    let store = without.look(&stack()).unwrap().unwrap();
    let (snapshot, open) = said(&store);
    assert_eq!((snapshot.records.len(), open.len()), (expected.0.records.len(), expected.1.len()));
    for (address, record) in &snapshot.records {
        let before = &expected.0.records[address];
        assert!(!record.args.contains_key("password") && !record.outputs.contains_key("token"), "{address}");
        assert_eq!((&record.id, record.outputs.get("arn")), (&before.id, before.outputs.get("arn")));
    }
    let lost: Vec<String> = store.lost_secrets().iter().map(ToString::to_string).collect();
    assert!(lost.contains(&"`password` of `x.quick:f`".to_owned()), "{lost:?}");
    assert!(lost.contains(&"`token` of `x.quick:a`".to_owned()), "{lost:?}");
    // What is deleted needs no secret. Whatever is written holds none.
    let store = reopen_in(&without).await;
    let record = store.snapshot().unwrap().records.values().next().unwrap().clone();
    store.commit(StateChange::Remove { op: "x".into(), record, deposed: false }).await.unwrap();
    let outputs = Map::from([("s".into(), Value::str("hush-hush").secret())]);
    store.commit(StateChange::Outputs(outputs)).await.unwrap();
    drop(store);
    assert!(!common::all_bytes(&dir.path().join("e/p")).windows(9).any(|bytes| bytes == b"hush-hush"));
    // Given up, the state has a key again.
    let done = without.rekey(&stack(), &KeySource::StateDirectory, &registry()).unwrap().unwrap();
    assert!(!done.lost.is_empty());
    let store = reopen_in(&states(dir.path())).await;
    assert_eq!((store.lost_secrets(), store.findings().len()), (vec![], 0));
}

#[tokio::test]
async fn a_kill_on_the_way_leaves_the_old_key_or_the_new_one() {
    let (dir, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    make(dir.path(), killed.path()).await;
    let expected = said(&reopen_in(&states(dir.path())).await).0.records;
    // As a kill leaves it: the database is as it was, and the log as far as it was written.
    drop(killed);
    let killed = tempfile::tempdir().unwrap();
    copy_dir(dir.path(), killed.path());
    let before = std::fs::read(dir.path().join("e/p/log")).unwrap();
    let new = KeySource::Passphrase("new".into());
    states(dir.path()).rekey(&stack(), &new, &registry()).unwrap().unwrap();
    let after = std::fs::read(dir.path().join("e/p/log")).unwrap();
    // The log is written before the database, and closed after it: every length it may have had when the kill came.
    let begins = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let (mut old_key, mut new_key) = (0, 0);
    for length in (begins..after.len() - 17).step_by(97).chain([after.len() - 17]) {
        let cut = tempfile::tempdir().unwrap();
        copy_dir(killed.path(), cut.path());
        std::fs::write(cut.path().join("e/p/log"), &after[..length]).unwrap();
        let there = states(cut.path());
        let records = match there.open(&stack()) {
            Ok(store) => {
                old_key += 1;
                store.snapshot().unwrap().records
            }
            Err(StoreError::Seal(_)) => {
                new_key += 1;
                reopen_in(&with(&there, new.clone())).await.snapshot().unwrap().records
            }
            Err(other) => panic!("{length}: {other}"),
        };
        assert_eq!(records, expected, "{length}");
    }
    assert!(old_key > 5 && new_key > 0, "{old_key} {new_key}");
}

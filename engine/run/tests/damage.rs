//! Whatever happens to one file of a state: either everything that was there is still there, or an error names the file
//! and the way out. Nobody panics, nobody waits for ever, and nothing is missing without a word.
//!
//! The state is that of a real run which was stopped on its way: several groups, records with secrets, something set
//! aside, operations of all three sorts open. It is damaged in two forms, as it was closed and as a kill leaves it; each
//! damaged state is looked at first, then opened, then looked at again.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::path::Path;

use common::copy_dir;
use common::ruin::{Damage, Said, damages, files, make, said};
use dr_core::value::{Map, Value};
use dr_run::{KeySource, Stack, StateChange, Store, StoreError};

fn chain(error: &dyn std::error::Error) -> String {
    let source = error.source().map(|s| format!(": {}", chain(s))).unwrap_or_default();
    format!("{error}{source}")
}

/// Where the groups of a log end: each begins with its length, and a checksum.
fn group_ends(log: &[u8]) -> Vec<usize> {
    let mut at = log.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let mut ends = Vec::new();
    while at < log.len() {
        at += 8 + u32::from_le_bytes(log[at..at + 4].try_into().unwrap()) as usize;
        ends.push(at);
    }
    ends
}

/// An error names a file of the state, says what to do, and nothing of the database's insides.
fn check_error(error: &StoreError, dir: &Path, when: &str) {
    let text = chain(error);
    assert!(text.contains(&dir.display().to_string()), "{when}: {text}");
    assert!(error.help().is_some(), "{when}: {text}");
    for word in ["sled", "lsn", "pagecache", "panicked", "Corruption", "ReportableBug"] {
        assert!(!text.contains(word), "{when}: {text}");
    }
}

async fn matrix(form: &Path, expected: &Said, seed: u64) -> (usize, usize) {
    let (mut whole, mut refused) = (0, 0);
    let mut seed = seed;
    let mut all = Vec::new();
    files(&form.join("e/p"), Path::new(""), &mut all);
    let keys = KeySource::StateDirectory;
    for file in &all {
        for damage in damages(&std::fs::read(form.join("e/p").join(file)).unwrap(), &mut seed, 64) {
            let when = format!("{damage:?} of {}", file.display());
            let dir = tempfile::tempdir().unwrap();
            copy_dir(form, dir.path());
            damage.happen(&dir.path().join("e/p").join(file));
            match Store::look(dir.path(), &Stack::new("p", "e"), &keys) {
                Ok(store) => assert_eq!(store.as_ref().map(said).as_ref(), Some(expected), "looked, {when}"),
                Err(error) => check_error(&error, dir.path(), &when),
            }
            match Store::open(dir.path(), &Stack::new("p", "e"), &keys) {
                Ok(store) => {
                    assert_eq!(said(&store), *expected, "{when}");
                    // It goes on from there.
                    store.commit(StateChange::Outputs(Map::new())).await.unwrap();
                    drop(store);
                    let store = Store::look(dir.path(), &Stack::new("p", "e"), &keys).unwrap().unwrap();
                    assert_eq!(store.snapshot().unwrap().position, expected.0.position + 1, "{when}");
                    assert_eq!(store.open_operations().unwrap(), expected.1, "{when}");
                    whole += 1;
                }
                Err(error) => {
                    check_error(&error, dir.path(), &when);
                    println!("{when}: {}", chain(&error));
                    refused += 1;
                }
            }
        }
    }
    println!("{} files, {whole} whole, {refused} refused", all.len());
    (whole, refused)
}

#[tokio::test]
async fn any_damage_to_any_file_of_a_closed_state_is_mended_or_told() {
    let (closed, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = make(closed.path(), killed.path()).await;
    let (whole, refused) = matrix(closed.path(), &expected, 0x5eed).await;
    assert!(whole > 250 && refused <= 1, "{whole} {refused}");
}

#[tokio::test]
async fn any_damage_to_any_file_that_a_kill_leaves_is_mended_or_told() {
    let (closed, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = make(closed.path(), killed.path()).await;
    // The copy was taken of a process that lives on; the one that it stands for is gone.
    std::fs::write(killed.path().join("e/p/holder"), "{\"pid\":4194304,\"start\":1}").unwrap();
    let (whole, refused) = matrix(killed.path(), &expected, 0xdead).await;
    assert!(whole > 250 && refused <= 1, "{whole} {refused}");
}

#[tokio::test]
async fn a_folder_of_which_anything_is_missing_is_mended_or_told() {
    let (closed, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = make(closed.path(), killed.path()).await;
    let keys = KeySource::StateDirectory;
    for (what, by) in [("db", ""), ("db", "a file"), ("db", "older"), ("log", "older")] {
        let when = format!("{what} replaced by {by:?}");
        let dir = tempfile::tempdir().unwrap();
        copy_dir(closed.path(), dir.path());
        let path = dir.path().join("e/p").join(what);
        if by != "older" || what == "db" {
            std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path)).unwrap();
        }
        match (what, by) {
            (_, "a file") => std::fs::write(&path, "x").unwrap(),
            ("db", "older") => {
                // The database of a state that has only begun.
                let young = tempfile::tempdir().unwrap();
                drop(common::open(young.path()));
                copy_dir(&young.path().join("e/p/db"), &path);
            }
            ("log", "older") => {
                // Cut off where another group ends: a log that nobody closed, but whole.
                let bytes = std::fs::read(&path).unwrap();
                let ends = group_ends(&bytes);
                assert!(ends.len() > 10, "{ends:?}");
                std::fs::write(&path, &bytes[..ends[ends.len() / 2]]).unwrap();
            }
            _ => {}
        }
        let store = Store::look(dir.path(), &Stack::new("p", "e"), &keys).unwrap().unwrap();
        assert_eq!(said(&store), expected, "{when}");
        let mut told = store.mended().len();
        drop(store);
        let store = common::reopen(dir.path()).await;
        told += store.mended().len();
        assert_eq!(said(&store), expected, "{when}");
        assert_eq!(told, 1, "{when}");
        drop(store);
        assert!(common::reopen(dir.path()).await.mended().is_empty(), "{when}: it is mended once");
    }
}

#[tokio::test]
async fn an_index_that_is_half_written_or_unusable_is_moved_away() {
    let (closed, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = make(closed.path(), killed.path()).await;
    let snap = |name: &str| name.starts_with("snap.");
    let names = |dir: &Path| -> Vec<String> {
        let all = std::fs::read_dir(dir).into_iter().flatten();
        all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    };
    for form in [&closed, &killed] {
        let own = names(&form.path().join("e/p/db")).into_iter().find(|name| snap(name));
        let newer = "snap.00000000FFFFFFFF";
        let half = format!("{newer}.generating");
        let cut = own.as_ref().map(|own| format!("{own}.generating"));
        for (name, length, told) in
            [(&*half, 0, false), (&*half, 100, false), (&*half, 258, false), (newer, 0, true), (newer, 300, true)]
                .into_iter()
                .chain(cut.as_deref().map(|cut| (cut, 100, false)))
        {
            let when = format!("{name} of {length} bytes");
            let dir = tempfile::tempdir().unwrap();
            copy_dir(form.path(), dir.path());
            std::fs::remove_file(dir.path().join("e/p/holder")).ok();
            std::fs::write(dir.path().join("e/p/db").join(name), b"\x17\x2a".repeat(length / 2)).unwrap();
            let store = Store::open(dir.path(), &Stack::new("p", "e"), &KeySource::StateDirectory).unwrap();
            assert_eq!(said(&store), expected, "{when}");
            assert_eq!(store.mended().len(), usize::from(told), "{when}: {:?}", store.mended());
            drop(store);
            let moved = names(&dir.path().join("e/p/damaged"));
            assert!(moved.iter().any(|moved| moved.starts_with(name)), "{when}: {moved:?}");
            assert!(!names(&dir.path().join("e/p/db")).contains(&name.to_owned()), "{when}");
        }
    }
}

#[tokio::test]
async fn what_is_too_large_for_the_database_to_keep_with_the_rest_is_no_exception() {
    let made = tempfile::tempdir().unwrap();
    let store = common::open(made.path());
    let large = Value::from("0123456789abcdef".repeat(100_000));
    let change = StateChange::Outputs(Map::from([("large".into(), large.clone())]));
    store.commit(change).await.unwrap();
    drop(store);
    let mut all = Vec::new();
    files(&made.path().join("e/p"), Path::new(""), &mut all);
    all.retain(|file| file.starts_with("db/blobs"));
    assert!(!all.is_empty(), "nothing was too large");
    for file in &all {
        for damage in [Damage::Gone, Damage::Empty, Damage::Cut(9), Damage::Flip(4, 1), Damage::Flip(999_999, 7)] {
            let dir = tempfile::tempdir().unwrap();
            copy_dir(made.path(), dir.path());
            damage.happen(&dir.path().join("e/p").join(file));
            let store = Store::open(dir.path(), &Stack::new("p", "e"), &KeySource::StateDirectory).unwrap();
            let outputs = store.snapshot().unwrap().outputs;
            assert!(outputs["large"] == large, "{damage:?} of {}", file.display());
            assert_eq!(store.mended().len(), 1, "{damage:?} of {}", file.display());
        }
    }
}

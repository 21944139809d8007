//! States of the layout that earlier versions wrote, one per environment: whoever looks reads them where they are,
//! whoever writes takes them over, and a kill between two steps changes nothing about either.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::path::Path;

use common::{Fake, plan, run, step};
use dr_core::plan::Action;
use dr_core::record::Snapshot;
use dr_run::{KeySource, Mended, Stack, Store, StoreError};
use tempfile::TempDir;

fn stack(program: &str) -> Stack {
    Stack::new(program, "e")
}

fn open(dir: &Path, program: &str) -> Result<Store, StoreError> {
    Store::open(dir, &stack(program), &KeySource::StateDirectory)
}

fn look(dir: &Path, program: &str) -> Option<Snapshot> {
    let store = Store::look(dir, &stack(program), &KeySource::StateDirectory).unwrap();
    store.map(|store| store.snapshot().unwrap())
}

/// A state of the program `p` in the environment `e`, laid out as earlier versions did: in the folder `at`.
async fn former(at: &str) -> (TempDir, Snapshot) {
    let dir = tempfile::tempdir().unwrap();
    let store = common::open(dir.path());
    let create = step(Action::Create, "x.quick:a", &[], &[]);
    assert!(run(&store, &Fake::default(), &plan("1", &Snapshot::default(), vec![create])).await.is_complete());
    let snapshot = store.snapshot().unwrap();
    drop(store);
    drop(common::reopen(dir.path()).await);
    unlay(dir.path(), at);
    (dir, snapshot)
}

/// Moves the state of `p` in `e` to where earlier versions had it.
fn unlay(dir: &Path, at: &str) {
    std::fs::rename(dir.join("e/p"), dir.join("kept")).unwrap();
    std::fs::remove_dir(dir.join("e")).unwrap();
    std::fs::rename(dir.join("kept"), dir.join(at)).unwrap();
}

/// What a look says about both programs, and which there are.
fn looks(dir: &Path) -> (Option<Snapshot>, Option<Snapshot>, Vec<String>, Vec<String>) {
    let programs = dr_run::programs(dir, "e").unwrap().iter().map(|program| program.to_string()).collect();
    (look(dir, "p"), look(dir, "q"), dr_run::environments(dir).unwrap(), programs)
}

#[tokio::test(start_paused = true)]
async fn whoever_looks_reads_it_where_it_is_and_whoever_writes_takes_it_over_once() {
    // Where a kill can have left it: before the first step, after it, after the second.
    for (at, folder) in [("e", false), (".e", false), (".e", true)] {
        for opener in ["p", "q"] {
            let (dir, snapshot) = former(at).await;
            if folder {
                std::fs::create_dir(dir.path().join("e")).unwrap();
            }
            let expected = (Some(snapshot), None, vec!["e".to_owned()], vec!["p".to_owned()]);
            assert_eq!(looks(dir.path()), expected, "{at} {folder}");
            assert!(dir.path().join(at).join("log").is_file(), "looking moved it");
            let survey = |program: &str| common::states(dir.path()).survey(&stack(program)).unwrap();
            assert_eq!(survey("p").map(|(snapshot, _)| snapshot.records.len()), Some(1));
            assert!(survey("q").is_none() && !dr_run::exists(dir.path(), &stack("q")).unwrap());

            let store = open(dir.path(), opener).unwrap();
            let told = |store: &Store| store.mended().iter().any(|m| matches!(m, Mended::Layout { .. }));
            assert!(told(&store), "{at} {folder} {opener}");
            assert_eq!(store.in_use(), None);
            drop(store);
            assert_eq!(look(dir.path(), "p"), expected.0, "{at} {folder} {opener}");
            assert!(dir.path().join("e/p/log").is_file() && !dir.path().join("e/log").exists());
            assert!(!dir.path().join(".e").exists());
            assert!(!told(&open(dir.path(), opener).unwrap()), "it is told once");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_that_belongs_to_no_program_yet_becomes_the_openers() {
    let dir = tempfile::tempdir().unwrap();
    drop(common::open(dir.path()));
    unlay(dir.path(), "e");
    assert!(dr_run::programs(dir.path(), "e").unwrap().is_empty());
    assert!(dr_run::exists(dir.path(), &stack("q")).unwrap());
    drop(open(dir.path(), "q").unwrap());
    assert_eq!(dr_run::programs(dir.path(), "e").unwrap(), ["q".into()]);
}

#[tokio::test(start_paused = true)]
async fn a_program_may_be_called_like_a_file_of_a_state() {
    for name in ["db", "log", "lock", "holder", "damaged"] {
        let (dir, snapshot) = former("e").await;
        drop(open(dir.path(), name).unwrap());
        let again = open(dir.path(), name).unwrap();
        assert_eq!(again.mended(), [], "{name}");
        drop(again);
        let mut both = [name, "p"];
        both.sort_unstable();
        assert_eq!(dr_run::programs(dir.path(), "e").unwrap(), both.map(Into::into), "{name}");
        assert_eq!(look(dir.path(), "p"), Some(snapshot), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn states_of_both_layouts_in_one_environment_are_refused() {
    let (dir, _) = former("e").await;
    let (other, _) = former("e").await;
    drop(open(dir.path(), "q").unwrap());
    common::copy_dir(&other.path().join("e"), &dir.path().join("e"));
    for error in [open(dir.path(), "q").unwrap_err(), dr_run::programs(dir.path(), "e").unwrap_err()] {
        assert!(matches!(&error, StoreError::TwoLayouts { .. }) && error.help().is_some(), "{error}");
    }
    assert!(dir.path().join("e/p/log").is_file() && dir.path().join("e/log").is_file(), "nothing was moved");
}

#[tokio::test(start_paused = true)]
async fn one_that_an_earlier_version_works_on_is_left_to_it() {
    let (dir, _) = former("e").await;
    let lock = std::fs::File::open(dir.path().join("e/lock")).unwrap();
    lock.lock().unwrap();
    assert!(matches!(open(dir.path(), "p"), Err(StoreError::Locked { .. })));
    assert!(dir.path().join("e/log").is_file());
    drop(lock);
    assert!(open(dir.path(), "p").is_ok());
}

#[tokio::test(start_paused = true)]
async fn of_many_that_take_it_over_at_once_everybody_gets_a_stack() {
    for _ in 0..5 {
        let (dir, snapshot) = former("e").await;
        std::thread::scope(|threads| {
            let all: Vec<_> = (0..6).map(|i| (i, dir.path())).collect();
            let opened = all.into_iter().map(|(i, dir)| threads.spawn(move || open(dir, &format!("q{i}")).map(drop)));
            opened.collect::<Vec<_>>().into_iter().for_each(|one| one.join().unwrap().unwrap());
        });
        assert_eq!(look(dir.path(), "p"), Some(snapshot));
        assert_eq!(dr_run::programs(dir.path(), "e").unwrap().len(), 7);
    }
}

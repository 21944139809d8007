//! Whatever happens to the files of a state: a look names what is damaged and changes nothing; a repair puts right what can
//! be, keeps what can be read, and names what is lost.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use common::memory::{Machine, MemoryLog};
use common::ruin::{Damage, Said, damages, files, make, said};
use common::{all_bytes, copy_dir, states};
use dr_core::integrity;
use dr_core::value::{Map, Value};
use dr_run::{Repaired, Stack, StateChange, States, StoreError};

fn stack() -> Stack {
    Stack::new("p", "e")
}

/// Both forms of a state: closed, and as a kill leaves it.
async fn forms() -> ([tempfile::TempDir; 2], Said) {
    let (closed, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let expected = make(closed.path(), killed.path()).await;
    std::fs::write(killed.path().join("e/p/holder"), "{\"pid\":4194304,\"start\":1}").unwrap();
    ([closed, killed], expected)
}

/// The bytes of log and database.
fn both_halves(folder: &Path) -> (Option<Vec<u8>>, Vec<u8>) {
    let database = folder.join("db");
    (std::fs::read(folder.join("log")).ok(), if database.is_dir() { all_bytes(&database) } else { Vec::new() })
}

/// What is said of a state after a repair that found nothing it could not mend.
async fn repaired(states: &States, when: &str) -> (Repaired, Said) {
    let repaired = states.repair(&stack()).unwrap().unwrap();
    assert_eq!(repaired.left, [], "{when}");
    let again = states.verify(&stack()).unwrap().unwrap();
    assert_eq!((again.damage, again.lost), (vec![], vec![]), "{when}");
    let store = common::reopen_in(states).await;
    assert_eq!((store.mended(), store.findings()), (&[][..], &[][..]), "{when}");
    let now = said(&store);
    // It goes on from there.
    store.commit(StateChange::Outputs(Map::new())).await.unwrap();
    (repaired, now)
}

#[tokio::test]
async fn a_damaged_file_is_named_and_put_right() {
    let (forms, expected) = forms().await;
    let mut seed = 0x5eed;
    let (mut mended, mut harmless) = (0, 0);
    for form in &forms {
        let mut all = Vec::new();
        files(&form.path().join("e/p"), Path::new(""), &mut all);
        for file in &all {
            for damage in damages(&std::fs::read(form.path().join("e/p").join(file)).unwrap(), &mut seed, 4) {
                let when = format!("{damage:?} of {}", file.display());
                let dir = tempfile::tempdir().unwrap();
                copy_dir(form.path(), dir.path());
                damage.happen(&dir.path().join("e/p").join(file));
                let states = states(dir.path());
                let before = both_halves(&dir.path().join("e/p"));
                let found = match states.verify(&stack()) {
                    Ok(found) => found.unwrap(),
                    // Who has the lock cannot be told.
                    Err(StoreError::File { path, .. }) => {
                        assert!(path.ends_with(file), "{when}");
                        continue;
                    }
                    Err(other) => panic!("{when}: {other}"),
                };
                assert!(both_halves(&dir.path().join("e/p")) == before, "{when}: a look has changed something");
                assert!(found.damage.iter().all(|damage| damage.is_mended), "{when}: {found:?}");
                let top = file.iter().next().unwrap().to_string_lossy().into_owned();
                let is_named = |place: &str| place.ends_with(&top);
                match found.damage.is_empty() {
                    true => harmless += 1,
                    false => assert!(found.damage.iter().any(|d| is_named(&d.place)), "{when}: {found:?}"),
                }
                let (repair, now) = repaired(&states, &when).await;
                assert_eq!(repair.before, found, "{when}");
                if repair.before.lost.is_empty() {
                    assert_eq!(now, expected, "{when}");
                }
                mended += 1;
            }
        }
    }
    println!("{mended} mended, {harmless} of them harmless");
    assert!(mended > 60 && harmless < mended / 2, "{mended} {harmless}");
}

#[tokio::test]
async fn where_both_halves_are_damaged_what_can_be_read_stays_and_the_rest_is_named() {
    let (forms, expected) = forms().await;
    let mut kept = 0;
    for form in &forms {
        let length = std::fs::metadata(form.path().join("e/p/log")).unwrap().len() as usize;
        for (part, gone) in [(9, 0), (9, 5), (50, 3), (90, 1), (99, 2)] {
            for (at, database) in [("log", "Empty"), ("log", "Foreign")] {
                let when = format!("{at} flipped at {part} %, db {database}, bit {gone}");
                let dir = tempfile::tempdir().unwrap();
                copy_dir(form.path(), dir.path());
                let folder = dir.path().join("e/p");
                Damage::Flip(length * part / 100, gone).happen(&folder.join("log"));
                match database {
                    "Empty" => Damage::Empty.happen(&folder.join("db/db")),
                    _ => Damage::Foreign.happen(&folder.join("db/db")),
                }
                let states = states(dir.path());
                assert!(matches!(states.open(&stack()), Err(StoreError::Damaged { .. })), "{when}");
                let found = states.verify(&stack()).unwrap().unwrap();
                for half in ["log", "db"] {
                    assert!(found.damage.iter().any(|d| d.place.ends_with(half)), "{when}: {found:?}");
                }
                let (repair, now) = repaired(&states, &when).await;
                assert!(repair.aside.is_some_and(|aside| Path::new(&aside).join("log.1").exists()), "{when}");
                check_kept(&now, &expected, &repair.lost.iter().map(|a| a.to_string()).collect(), &when);
                kept += usize::from(now.0.records.len() == expected.0.records.len());
            }
        }
    }
    assert!(kept > 10, "one damaged group costs what only it says: {kept}");
}

/// What is there was there; and what is not is named.
fn check_kept(now: &Said, expected: &Said, lost: &BTreeSet<String>, when: &str) {
    assert_eq!(integrity::check(&now.0, &Default::default()), [], "{when}");
    for (address, record) in &expected.0.records {
        match now.0.records.get(address) {
            Some(now) => assert_eq!(now.address, record.address, "{when}"),
            None => assert!(lost.contains(address.as_str()), "{when}: {address} is lost without a word: {lost:?}"),
        }
    }
}

#[tokio::test]
async fn a_state_of_which_nothing_is_left_is_empty_and_says_what_was_there() {
    let (forms, _) = forms().await;
    let dir = tempfile::tempdir().unwrap();
    copy_dir(forms[0].path(), dir.path());
    let folder = dir.path().join("e/p");
    Damage::Gone.happen(&folder.join("log"));
    Damage::Flip(0, 3).happen(&folder.join("db/db"));
    let bytes = std::fs::read(folder.join("db/db")).unwrap();
    std::fs::write(folder.join("db/db"), &bytes[..bytes.len() / 2]).unwrap();
    let (repair, now) = repaired(&states(dir.path()), "nothing is left").await;
    assert!(now.0.records.is_empty() || repair.lost.is_empty());
}

#[tokio::test]
async fn a_state_of_which_both_halves_are_empty_is_damaged_and_points_to_the_tags() {
    let (forms, _) = forms().await;
    for form in &forms {
        let dir = tempfile::tempdir().unwrap();
        copy_dir(form.path(), dir.path());
        Damage::Empty.happen(&dir.path().join("e/p/log"));
        Damage::Empty.happen(&dir.path().join("e/p/db/db"));
        let states = states(dir.path());
        let found = states.verify(&stack()).unwrap().unwrap();
        let points = |damage: &dr_run::StateDamage| damage.is_mended && damage.mend.contains("dr state rebuild");
        assert!(found.resources == 0 && found.damage.iter().any(points), "{found:?}");
        let (_, now) = repaired(&states, "both are empty").await;
        assert!(now.0.records.is_empty());
    }
}

#[tokio::test]
async fn another_key_is_named_and_is_nothing_to_repair() {
    let (forms, expected) = forms().await;
    for damage in [Damage::Gone, Damage::Empty, Damage::Flip(3, 1), Damage::Foreign] {
        let when = format!("{damage:?}");
        let dir = tempfile::tempdir().unwrap();
        copy_dir(forms[0].path(), dir.path());
        damage.happen(&dir.path().join("secrets.key"));
        let states = states(dir.path());
        let found = states.verify(&stack()).unwrap().unwrap();
        assert_eq!(found.damage.len(), 1, "{when}: {found:?}");
        assert!(found.damage[0].place.ends_with("secrets.key") && !found.damage[0].is_mended, "{when}: {found:?}");
        let left = states.repair(&stack()).unwrap().unwrap().left;
        assert_eq!(left, found.damage, "{when}");
        std::fs::copy(forms[0].path().join("secrets.key"), dir.path().join("secrets.key")).unwrap();
        assert_eq!(said(&common::reopen(dir.path()).await), expected, "{when}");
    }
}

#[tokio::test]
async fn somebody_who_works_on_a_state_is_left_in_peace() {
    let dir = tempfile::tempdir().unwrap();
    let log: Arc<MemoryLog> = Arc::default();
    for states in [states(dir.path()), Machine::new(&log, "anna@one", dir.path()).states] {
        assert!(states.verify(&stack()).unwrap().is_none() && states.repair(&stack()).unwrap().is_none());
        let store = states.open(&stack()).unwrap();
        assert!(matches!(states.repair(&stack()), Err(StoreError::Locked { .. })));
        drop(store);
    }
}

fn outputs(number: i64) -> StateChange {
    StateChange::Outputs(Map::from([("x".into(), Value::from(number)), ("s".into(), Value::str("hush").secret())]))
}

#[tokio::test]
async fn a_damaged_entry_of_a_shared_state_is_named_and_passed_over() {
    for (what, lost) in [("flip", false), ("gone", false), ("flip", true), ("snapshot", false)] {
        let dir = tempfile::tempdir().unwrap();
        let log: Arc<MemoryLog> = Arc::default();
        let states = Machine::new(&log, "anna@one", dir.path()).states;
        for number in 0..4 {
            let store = states.open(&stack()).unwrap();
            store.commit(outputs(number)).await.unwrap();
        }
        {
            let mut stacks = log.stacks.lock().unwrap();
            let inside = stacks.get_mut("p/e").unwrap();
            let groups: Vec<u64> = inside.entries.iter().filter(|(_, b)| b[8] == 2).map(|(at, _)| *at).collect();
            let at = if lost { groups[groups.len() - 1] } else { groups[groups.len() - 2] };
            match what {
                "flip" => inside.entries.get_mut(&at).unwrap()[40] ^= 4,
                "gone" => drop(inside.entries.remove(&at)),
                _ => {
                    let bytes = b"not a snapshot at all".to_vec();
                    inside.snapshot = Some(dr_core::state_log::LogSnapshot { position: at, bytes });
                }
            }
        }
        assert!(matches!(states.open(&stack()), Err(StoreError::SharedDamage { .. })), "{what}");
        let found = states.verify(&stack()).unwrap().unwrap();
        assert!(found.damage.iter().all(|d| d.is_mended && d.place.contains("the memory")), "{what}: {found:?}");
        assert!(found.damage.iter().any(|d| d.what.contains("position")), "{what}: {found:?}");
        let (_, now) = repaired(&states, what).await;
        let expected = if lost { 2 } else { 3 };
        assert_eq!(now.0.outputs["x"], Value::from(expected), "{what}");
        assert_eq!(now.0.outputs["s"], Value::str("hush").secret(), "{what}");
    }
}

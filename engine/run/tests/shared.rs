//! A state that several machines share: one of them writes, the others read; whoever was taken over is stopped.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::memory::{Machine, MemoryLog};
use common::process::{Process, graph};
use common::{Fake, address};
use dr_core::graph::Graph;
use dr_core::value::{Map, Value};
use dr_run::{ApplyError, Cancel, Silent, Stack, StateChange, States, Store, StoreError};

fn stack() -> Stack {
    Stack::new("p", "e")
}

fn outputs(number: i64) -> StateChange {
    StateChange::Outputs(Map::from([("x".into(), Value::from(number)), ("s".into(), Value::str("hush-hush").secret())]))
}

fn number(store: &Store) -> Value {
    store.snapshot().unwrap().outputs["x"].clone()
}

/// Two machines that share a service, and, as a team does, the key.
fn two(log: &Arc<MemoryLog>, folder: &Path) -> [Machine; 2] {
    [Machine::new(log, "anna@one", folder), Machine::new(log, "ben@two", folder)]
}

#[tokio::test]
async fn what_one_writes_the_other_reads_and_secrets_are_not_to_be_seen() {
    let (log, dir) = (Arc::default(), tempfile::tempdir().unwrap());
    let [anna, ben] = two(&log, dir.path());
    assert!(ben.states.look(&stack()).unwrap().is_none() && !ben.states.exists(&stack()).unwrap());
    let store = anna.states.open(&stack()).unwrap();
    store.commit(outputs(1)).await.unwrap();
    store.commit(outputs(2)).await.unwrap();
    let seen = ben.states.look(&stack()).unwrap().unwrap();
    assert_eq!((number(&seen), seen.in_use()), (Value::from(2), Some("anna@one")));
    assert!(matches!(seen.commit(outputs(3)).await, Err(StoreError::OnlyLooked)));
    assert_eq!(ben.states.environments().unwrap(), ["e"]);
    assert_eq!(ben.states.programs("e").unwrap(), ["p".into()]);
    assert!(ben.states.programs("f").unwrap().is_empty());
    let (snapshot, worker) = ben.states.survey(&stack()).unwrap().unwrap();
    assert_eq!((snapshot.position, worker.as_deref()), (2, Some("anna@one")));
    drop((store, seen));
    let seen = ben.states.look(&stack()).unwrap().unwrap();
    assert_eq!((number(&seen), seen.in_use()), (Value::from(2), None));
    assert_eq!(seen.snapshot().unwrap().outputs["s"], Value::str("hush-hush").secret());
    for entry in log.stacks.lock().unwrap()["p/e"].entries.values() {
        assert!(!entry.windows(9).any(|bytes| bytes == b"hush-hush"));
    }
    // Whoever has another key is told so, and leaves no lease behind.
    let elsewhere = tempfile::tempdir().unwrap();
    let carl = Machine::new(&log, "carl@three", elsewhere.path());
    assert!(matches!(carl.states.look(&stack()), Err(StoreError::Seal(_))));
    assert!(matches!(carl.states.open(&stack()), Err(StoreError::Seal(_))));
    drop(ben.states.open(&stack()).unwrap());
}

#[tokio::test]
async fn one_at_a_time_and_the_other_is_told_who() {
    let (log, dir) = (Arc::default(), tempfile::tempdir().unwrap());
    let [anna, ben] = two(&log, dir.path());
    let store = anna.states.open(&stack()).unwrap();
    for _ in 0..3 {
        let error = ben.states.open(&stack()).unwrap_err();
        assert_eq!(error.to_string(), "`p/e` is in use by anna@one; wait until it has finished");
    }
    // Another stack is another matter.
    drop(ben.states.open(&Stack::new("q", "e")).unwrap());
    store.commit(outputs(1)).await.unwrap();
    drop(store);
    let store = ben.states.open(&stack()).unwrap();
    assert_eq!(number(&store), Value::from(1));
}

#[tokio::test]
async fn the_lease_of_the_dead_passes_and_of_two_that_wait_one_gets_it() {
    let (log, dir) = (Arc::default(), tempfile::tempdir().unwrap());
    let [anna, ben] = two(&log, dir.path());
    let store = anna.states.open(&stack()).unwrap();
    store.commit(outputs(1)).await.unwrap();
    // As it is when her process is killed now.
    let log = log.copy();
    let heirs: Vec<_> = (0..4).map(|i| Machine::new(&log, &format!("heir {i}"), dir.path())).collect();
    let opened: Vec<_> = std::thread::scope(|threads| {
        let all: Vec<_> = heirs.iter().map(|heir| threads.spawn(|| heir.states.open(&stack()))).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (heir, others): (Vec<_>, Vec<_>) = opened.into_iter().partition(Result::is_ok);
    assert_eq!(heir.len(), 1);
    assert!(
        others
            .iter()
            .all(|other| matches!(other, Err(StoreError::Locked { holder, .. }) if holder.starts_with("heir")))
    );
    assert_eq!(number(heir[0].as_ref().unwrap()), Value::from(1));
    let told = heirs.iter().flat_map(|heir| heir.told.lock().unwrap().clone()).next().unwrap();
    assert!(told.starts_with("anna@one has not given back `p/e`; looking for a sign of life, for "), "{told}");
    // On the service where she lives, nothing has changed.
    assert!(matches!(ben.states.open(&stack()), Err(StoreError::Locked { .. })));
    store.commit(outputs(2)).await.unwrap();
}

#[tokio::test]
async fn whoever_was_stopped_and_wakes_up_writes_nothing_more() {
    let (log, dir) = (Arc::<MemoryLog>::default(), tempfile::tempdir().unwrap());
    let [anna, ben] = two(&log, dir.path());
    let store = anna.states.open(&stack()).unwrap();
    store.commit(outputs(1)).await.unwrap();
    anna.cut.store(true, Ordering::SeqCst);
    let heir = ben.states.open(&stack()).unwrap();
    heir.commit(outputs(2)).await.unwrap();
    let entries = log.stacks.lock().unwrap()["p/e"].entries.len();
    anna.cut.store(false, Ordering::SeqCst);
    for _ in 0..2 {
        let error = store.commit(outputs(3)).await.unwrap_err();
        assert!(matches!(&error, StoreError::TakenOver { by, .. } if by == "ben@two"), "{error}");
        assert!(error.help().is_some());
    }
    drop(store);
    assert_eq!(log.stacks.lock().unwrap()["p/e"].entries.len(), entries);
    // What she held is not hers to give back.
    assert!(matches!(anna.states.open(&stack()), Err(StoreError::Locked { .. })));
    heir.commit(outputs(4)).await.unwrap();
    drop(heir);
    // Who is told of it after the heir has finished is told who that was.
    let store = anna.states.open(&stack()).unwrap();
    anna.cut.store(true, Ordering::SeqCst);
    drop(ben.states.open(&stack()).unwrap());
    anna.cut.store(false, Ordering::SeqCst);
    let error = store.commit(outputs(5)).await.unwrap_err();
    assert!(matches!(&error, StoreError::TakenOver { by, .. } if by == "ben@two"), "{error}");
    drop(store);
    assert_eq!(number(&anna.states.look(&stack()).unwrap().unwrap()), Value::from(4));
}

#[tokio::test]
async fn a_lease_can_be_taken_by_force() {
    // Again and again: whoever has it gives signs of life meanwhile.
    for _ in 0..20 {
        take_by_force().await;
    }
}

async fn take_by_force() {
    let (log, dir) = (Arc::default(), tempfile::tempdir().unwrap());
    let [anna, ben] = two(&log, dir.path());
    let store = anna.states.open(&stack()).unwrap();
    assert_eq!(ben.states.lease_holder(&stack()).unwrap().as_deref(), Some("anna@one"));
    ben.states.unlock(&stack()).unwrap();
    assert_eq!(ben.states.lease_holder(&stack()).unwrap(), None);
    assert!(matches!(store.commit(outputs(1)).await, Err(StoreError::TakenOver { .. })));
    drop(store);
    drop(ben.states.open(&stack()).unwrap());
}

fn chain() -> Graph {
    graph(&[
        ("x.quick:a", &[("name", Value::str("a"))], None),
        ("x.quick:b", &[], Some("x.quick:a")),
        ("y.slow:c", &[], Some("x.quick:b")),
        ("x.quick:d", &[("size", Value::Int(1))], Some("y.slow:c")),
        ("x.quick:e", &[("size", Value::Int(1))], Some("x.quick:d")),
    ])
}

/// Wherever a run is stopped for longer than the lease, it makes no call after somebody has taken over.
#[tokio::test(start_paused = true)]
async fn an_engine_that_was_taken_over_touches_nothing() {
    let mut stopped = 0;
    for at in (1..30).step_by(4) {
        let (log, dir) = (Arc::<MemoryLog>::default(), tempfile::tempdir().unwrap());
        let [anna, ben] = two(&log, dir.path());
        let cloud = Fake { timed: true, ..Fake::default() };
        let process = Process::start_in(&anna, dir.path(), &cloud).await;
        // Her way to the state is cut at some event of the cloud; then the lease passes.
        let (events, calls) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(Vec::new())));
        let (cut, seen, heard) = (anna.cut.clone(), events.clone(), calls.clone());
        *cloud.hook.lock().unwrap() = Some(Box::new(move |what, _| {
            heard.lock().unwrap().push(what.to_owned());
            if seen.fetch_add(1, Ordering::SeqCst) + 1 == at {
                cut.store(true, Ordering::SeqCst);
            }
        }));
        let heir = std::thread::spawn({
            let (cut, way) = (anna.cut.clone(), anna.cut.clone());
            let calls = calls.clone();
            move || {
                let end = std::time::Instant::now() + Duration::from_secs(20);
                while !cut.load(Ordering::SeqCst) && std::time::Instant::now() < end {
                    std::thread::park_timeout(Duration::from_millis(1));
                }
                let heir = loop {
                    match ben.states.open(&stack()) {
                        Ok(heir) => break heir,
                        Err(StoreError::Locked { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                };
                let before = calls.lock().unwrap().len();
                way.store(false, Ordering::SeqCst);
                (heir, before)
            }
        });
        let (plan, snapshot) = process.plan(Some(&chain())).await;
        let local = dr_local::LocalCloud::new(Arc::new(dr_local::DiskWorld::new(dir.path())), dir.path(), "p", "e");
        let router = dr_run::Router::new(&local, &cloud);
        let room = common::Room::new();
        let result = dr_run::apply(&room.engine(&process.store, &router, &Silent), &plan, snapshot).await;
        if !anna.cut.load(Ordering::SeqCst) && result.is_ok() {
            // It was through before.
            let _ = heir.join().unwrap();
            continue;
        }
        stopped += 1;
        assert!(
            matches!(&result, Err(ApplyError::Store(StoreError::TakenOver { by, .. })) if by == "ben@two"),
            "event {at}: {:?}",
            result.map(|report| report.failed)
        );
        let (heir, before) = heir.join().unwrap();
        assert_eq!(calls.lock().unwrap()[before..], [""; 0], "event {at}: the cloud was touched");
        drop(process);
        *cloud.hook.lock().unwrap() = None;
        // And whoever took over knows all that was done.
        drop(heir);
        let again = Process::start_in(&anna, dir.path(), &cloud).await;
        let (resumption, report) = again.run(Some(&chain()), &Silent, &Cancel::new()).await;
        assert!(resumption.failed.is_empty() && report.is_complete(), "event {at}: {:?}", report.failed);
        assert_eq!(cloud.ids().len(), 5, "event {at}: something was made twice");
    }
    assert!(stopped > 3, "{stopped}");
}

/// A service that throttles and loses replies changes nothing about what comes of a life.
#[tokio::test(start_paused = true)]
async fn lost_replies_lose_nothing_and_write_nothing_twice() {
    for seed in 0..5 {
        let (log, dir) = (Arc::new(MemoryLog::lying(seed)), tempfile::tempdir().unwrap());
        let cloud = Fake { timed: true, ..Fake::default() };
        let (mut second, first) = (chain(), chain());
        second.nodes.remove(&address("x.quick:e"));
        for graph in [Some(&first), Some(&second), None] {
            let machine = Machine::new(&log, "anna@one", dir.path());
            let process = Process::start_in(&machine, dir.path(), &cloud).await;
            let (resumption, report) = process.run(graph, &Silent, &Cancel::new()).await;
            assert!(resumption.resumed.is_empty() && report.is_complete(), "{seed}: {:?}", report.failed);
            let count = graph.map_or(0, |graph| graph.nodes.len());
            assert_eq!((process.store.snapshot().unwrap().records.len(), cloud.ids().len()), (count, count), "{seed}");
            drop(process);
            let seen = machine.states.look(&stack()).unwrap().unwrap();
            assert_eq!(seen.snapshot().unwrap().records.len(), count, "{seed}");
        }
        let stacks = log.stacks.lock().unwrap();
        let positions: Vec<u64> = stacks["p/e"].entries.keys().copied().collect();
        assert_eq!(positions, (1..=positions.len() as u64).collect::<Vec<_>>(), "{seed}");
    }
}

#[tokio::test]
async fn a_long_log_becomes_a_snapshot_and_says_the_same() {
    let (log, dir) = (Arc::<MemoryLog>::default(), tempfile::tempdir().unwrap());
    let [anna, ben] = two(&log, dir.path());
    let store = anna.states.open(&stack()).unwrap();
    for number in 0..300 {
        store.commit(outputs(number)).await.unwrap();
    }
    drop(store);
    let before = anna.states.look(&stack()).unwrap().unwrap().snapshot().unwrap();
    drop(ben.states.open(&stack()).unwrap());
    let (snapshot, retired) = {
        let stacks = log.stacks.lock().unwrap();
        (stacks["p/e"].snapshot.clone().unwrap(), stacks["p/e"].retired.clone())
    };
    assert_eq!(retired, [(1, snapshot.position)]);
    assert!(snapshot.position > 256);
    // The old entries have expired.
    log.stacks.lock().unwrap().get_mut("p/e").unwrap().entries.retain(|position, _| *position > snapshot.position);
    assert_eq!(anna.states.look(&stack()).unwrap().unwrap().snapshot().unwrap(), before);
    let store = anna.states.open(&stack()).unwrap();
    store.commit(outputs(7)).await.unwrap();
    assert_eq!(number(&ben.states.look(&stack()).unwrap().unwrap()), Value::from(7));
}

#[tokio::test]
async fn a_state_moves_to_the_team_and_back() {
    let (log, dir) = (Arc::<MemoryLog>::default(), tempfile::tempdir().unwrap());
    let [anna, ben] = two(&log, dir.path());
    let disk = States { shared: None, ..anna.states.clone() };
    let store = disk.open(&stack()).unwrap();
    store.commit(outputs(1)).await.unwrap();
    assert!(matches!(disk.move_to(&anna.states, &stack()), Err(StoreError::Locked { .. })), "somebody works on it");
    drop(store);
    let before = disk.look(&stack()).unwrap().unwrap().snapshot().unwrap();
    disk.move_to(&anna.states, &stack()).unwrap();
    assert!(!disk.exists(&stack()).unwrap() && disk.programs("e").unwrap().is_empty());
    let there = |states: &States| states.look(&stack()).unwrap().unwrap().snapshot().unwrap();
    assert_eq!(there(&ben.states), before);
    let error = disk.move_to(&anna.states, &stack()).unwrap_err();
    assert_eq!(error.to_string(), format!("`p/e` has no state in `{}`", dir.path().display()));
    // What is there already is not written over.
    drop(disk.open(&stack()).unwrap());
    let error = anna.states.move_to(&disk, &stack()).unwrap_err();
    assert!(matches!(error, StoreError::Occupied { .. }), "{error}");
    assert!(error.help().is_some());
    std::fs::remove_dir_all(dir.path().join("e/p")).unwrap();
    let store = ben.states.open(&stack()).unwrap();
    store.commit(outputs(2)).await.unwrap();
    assert!(matches!(anna.states.move_to(&disk, &stack()), Err(StoreError::Locked { .. })), "somebody works on it");
    drop(store);
    anna.states.move_to(&disk, &stack()).unwrap();
    assert_eq!(number(&disk.open(&stack()).unwrap()), Value::from(2));
    assert!(!ben.states.exists(&stack()).unwrap() && ben.states.look(&stack()).unwrap().is_none());
    // Whoever begins again begins with nothing, behind all that was.
    let store = ben.states.open(&stack()).unwrap();
    assert!(store.snapshot().unwrap().outputs.is_empty());
    store.commit(outputs(3)).await.unwrap();
    assert_eq!(number(&ben.states.look(&stack()).unwrap().unwrap()), Value::from(3));
}

#[tokio::test]
async fn a_replica_goes_on_without_what_did_not_arrive() {
    let (east, dir) = (Arc::<MemoryLog>::default(), tempfile::tempdir().unwrap());
    let [anna, _] = two(&east, dir.path());
    let store = anna.states.open(&stack()).unwrap();
    store.commit(outputs(1)).await.unwrap();
    let west = east.copy();
    store.commit(outputs(2)).await.unwrap();
    store.commit(outputs(3)).await.unwrap();
    // The east is lost, and what it wrote last did not arrive. Nobody waits for its lease.
    let [_, ben] = two(&west, dir.path());
    assert_eq!(ben.states.fail_over().unwrap(), ["p/e"]);
    let store = ben.states.open(&stack()).unwrap();
    assert_eq!(number(&store), Value::from(1));
    store.commit(outputs(4)).await.unwrap();
    // The east is back, and what it wrote arrives where nothing else is.
    for (position, bytes) in &east.stacks.lock().unwrap()["p/e"].entries {
        west.stacks.lock().unwrap().get_mut("p/e").unwrap().entries.entry(*position).or_insert(bytes.clone());
    }
    store.commit(outputs(5)).await.unwrap();
    drop(store);
    assert_eq!(number(&ben.states.open(&stack()).unwrap()), Value::from(5));
}

#[tokio::test]
async fn damage_is_named_and_nobody_is_locked_out_by_it() {
    let (log, dir) = (Arc::<MemoryLog>::default(), tempfile::tempdir().unwrap());
    let [anna, _] = two(&log, dir.path());
    let store = anna.states.open(&stack()).unwrap();
    store.commit(outputs(1)).await.unwrap();
    store.commit(outputs(2)).await.unwrap();
    drop(store);
    let entries = log.stacks.lock().unwrap()["p/e"].entries.clone();
    type Damage = fn(&mut BTreeMap<u64, Vec<u8>>);
    let damages: [(Damage, &str); 3] = [
        (|entries| drop(entries.remove(&2)), "position 2 is missing"),
        (|entries| entries.get_mut(&3).unwrap()[20] ^= 1, "what is at position 3 is not what was written there"),
        (|entries| drop(entries.insert(5, entries[&4].clone())), "what is at position 5 is not what was written there"),
    ];
    for (damage, why) in damages {
        let mut damaged = entries.clone();
        damage(&mut damaged);
        log.stacks.lock().unwrap().get_mut("p/e").unwrap().entries = damaged;
        for error in [anna.states.look(&stack()).unwrap_err(), anna.states.open(&stack()).unwrap_err()] {
            assert_eq!(error.to_string(), format!("the state of `p/e` in the memory is damaged: {why}"));
            assert!(error.help().is_some());
        }
    }
    log.stacks.lock().unwrap().get_mut("p/e").unwrap().entries = entries;
    assert_eq!(number(&anna.states.open(&stack()).unwrap()), Value::from(2));
}

#[test]
fn twenty_environments_at_once() {
    let (log, dir) = (Arc::<MemoryLog>::default(), tempfile::tempdir().unwrap());
    // The team has its key.
    let [anna, _] = two(&log, dir.path());
    drop(anna.states.open(&Stack::new("p", "e0")).unwrap());
    std::thread::scope(|threads| {
        for i in 0..20 {
            let machine = Machine::new(&log, &format!("job {i}"), dir.path());
            threads.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let store = machine.states.open(&Stack::new("p", format!("e{i}"))).unwrap();
                    for number in 0..20 {
                        store.commit(outputs(number)).await.unwrap();
                    }
                });
            });
        }
    });
    assert_eq!(anna.states.environments().unwrap().len(), 20);
    for i in 0..20 {
        let seen = anna.states.look(&Stack::new("p", format!("e{i}"))).unwrap().unwrap();
        assert_eq!(number(&seen), Value::from(19));
    }
}

//! What has moved: its identity tags follow, now or as soon as they can be written.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use common::process::{Process, graph};
use common::{Fake, address};
use dr_core::cloud::ErrorClass;
use dr_core::graph::Graph;
use dr_core::plan::{Action, Move, Reason};
use dr_core::value::Value;
use dr_run::{Cancel, Report, Silent, StateChange};

/// One resource, which had the other address before.
fn moved(kind: &str, name: &str, from: Option<&str>, size: i64) -> Graph {
    let at = format!("{kind}:{name}");
    let mut graph = graph(&[(&at, &[("size", Value::Int(size))], None)]);
    let moves = &mut graph.nodes.get_mut(&address(&at)).unwrap().options.moved_from;
    moves.extend(from.map(|from| address(&format!("{kind}:{from}"))));
    graph
}

async fn run(process: &Process<'_>, graph: &Graph) -> Report {
    process.run(Some(graph), &Silent, &Cancel::new()).await.1
}

/// The address that the only resource bears in its tags, after somebody wrote them anew.
fn tagged(cloud: &Fake) -> Option<String> {
    let inside = cloud.inside.lock().unwrap();
    inside.owners.values().next().and_then(|owner| owner.address.as_ref().map(|address| address.to_string()))
}

/// The address that the only record says its tags bear, when that is a former one.
fn tagged_as(process: &Process<'_>) -> Option<String> {
    let snapshot = process.store.snapshot().unwrap();
    let record = snapshot.records.values().next().unwrap();
    record.tagged_as.as_ref().map(|address| address.to_string())
}

async fn is_done(process: &Process<'_>, graph: &Graph) {
    assert_eq!(tagged_as(process), None);
    assert!(process.plan(Some(graph)).await.0.is_empty());
    assert_eq!((process.cloud.count("create"), process.cloud.count("delete")), (1, 0));
}

async fn made<'a>(dir: &'a tempfile::TempDir, cloud: &'a Fake, kind: &str) -> Process<'a> {
    let process = Process::start(dir.path(), cloud).await;
    assert!(run(&process, &moved(kind, "a", None, 1)).await.is_complete());
    process
}

#[tokio::test(start_paused = true)]
async fn the_tags_of_what_moves_bear_its_new_address() {
    for (kind, size, calls) in [
        ("x.tagged", 1, &["claim x.tagged:b"][..]),
        ("x.tagged", 2, &["claim x.tagged:b", "update x.tagged:b"]),
        // What cannot be tagged is found by other means.
        ("x.quick", 1, &[]),
        ("x.quick", 2, &["update x.quick:b"]),
    ] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let process = made(&dir, &cloud, kind).await;
        let before = cloud.log().len();
        let program = moved(kind, "b", Some("a"), size);
        assert!(run(&process, &program).await.is_complete());
        let log = cloud.log();
        let changing = log[before..].iter().filter(|call| call.starts_with("claim") || call.starts_with("update"));
        assert_eq!(changing.collect::<Vec<_>>(), calls);
        assert_eq!(tagged(&cloud).as_deref(), (kind == "x.tagged").then_some("x.tagged:b"));
        is_done(&process, &program).await;
    }
}

#[tokio::test(start_paused = true)]
async fn tags_that_could_not_be_written_are_written_by_the_next_apply() {
    for (size, action) in [(1, Action::Record), (2, Action::Update)] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let process = made(&dir, &cloud, "x.tagged").await;
        cloud.fail("claim", "x.tagged:b", ErrorClass::Denied, 1);
        let program = moved("x.tagged", "b", Some("a"), size);
        assert_eq!(run(&process, &program).await.failed.len(), 1);
        assert_eq!((tagged_as(&process).as_deref(), tagged(&cloud)), (Some("x.tagged:a"), None));
        // The move is on disk: only the record says that something is still to be done, also to a program that has
        // forgotten the former address.
        for program in [program, moved("x.tagged", "b", None, size)] {
            let (plan, _) = process.plan(Some(&program)).await;
            let [step] = &plan.steps[..] else { panic!("{:?}", plan.steps) };
            assert_eq!((step.action, plan.moves.len()), (action, 0));
            assert!(step.reasons.contains(&Reason::Moved { from: address("x.tagged:a") }));
        }
        let program = moved("x.tagged", "b", None, size);
        assert!(run(&process, &program).await.is_complete());
        assert_eq!(tagged(&cloud).as_deref(), Some("x.tagged:b"));
        is_done(&process, &program).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_moves_on_and_back_bears_the_right_address_in_the_end() {
    // On to a third address, and back to the first one.
    for (to, claims) in [("c", 2), ("a", 1)] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let process = made(&dir, &cloud, "x.tagged").await;
        cloud.fail("claim", "x.tagged:b", ErrorClass::Denied, 1);
        run(&process, &moved("x.tagged", "b", Some("a"), 1)).await;
        let program = moved("x.tagged", to, Some("b"), 1);
        assert!(run(&process, &program).await.is_complete());
        assert_eq!(cloud.count("claim"), claims);
        assert_eq!(tagged(&cloud).as_deref(), (to == "c").then_some("x.tagged:c"));
        is_done(&process, &program).await;
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_dies_or_cannot_reach_the_region_after_a_move_leaves_the_tags_to_the_next_one() {
    for (is_down, is_left_out) in [(false, false), (true, false), (false, true)] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let mut process = made(&dir, &cloud, "x.tagged").await;
        let program = moved("x.tagged", "b", Some("a"), 1);
        if is_down || is_left_out {
            cloud.down.lock().unwrap().extend(is_down.then_some("eu-1"));
            process.only = is_left_out.then(|| ["eu-2".into()].into());
            let report = run(&process, &program).await;
            assert!(report.is_complete() && report.deferred.is_empty(), "{:?}", report.failed);
            cloud.down.lock().unwrap().clear();
            assert!(is_down || cloud.count("claim") == 0, "what is left out is not called");
        } else {
            let moves = vec![Move { from: address("x.tagged:a"), to: address("x.tagged:b") }];
            process.store.commit(StateChange::Move(moves)).await.unwrap();
        }
        // Whoever opens the state anew knows it too.
        drop(process);
        let process = Process::start(dir.path(), &cloud).await;
        assert_eq!((tagged_as(&process).as_deref(), tagged(&cloud)), (Some("x.tagged:a"), None));
        assert!(run(&process, &program).await.is_complete());
        assert_eq!(tagged(&cloud).as_deref(), Some("x.tagged:b"));
        is_done(&process, &program).await;
    }
}

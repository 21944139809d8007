//! Plans that were kept while something was open, and what becomes of them.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use common::process::{Declared, Process, graph};
use common::{Fake, address};
use dr_core::graph::Graph;
use dr_core::value::Value;
use dr_run::{Cancel, Observer, Stale, StepPhase, UnfitPlan, What};

/// Asks to stop as soon as the slow one has an id.
struct Stopper(Cancel);

impl Observer for Stopper {
    fn on(&self, event: &dr_run::Progress<'_>) {
        if event.address.as_str() == "y.slow:s" && matches!(event.what, What::Phase(StepPhase::Settling)) {
            self.0.request();
        }
    }
}

const BIG: &[(&str, Value)] = &[("size", Value::Int(2))];

/// The program that was interrupted: what it began has an id and is not ready.
fn first() -> Graph {
    graph(&[("y.slow:s", &[], None), ("west/x.quick:o", &[], None)])
}

/// What is declared then; the one that is called `t` was `s` before.
fn then(nodes: &[Declared<'_>]) -> Graph {
    let mut graph = graph(nodes);
    if let Some(node) = graph.nodes.get_mut(&address("y.slow:t")) {
        node.options.moved_from.push(address("y.slow:s"));
    }
    graph
}

const OTHER: Declared<'_> = ("west/x.quick:o", BIG, None);
/// What a program can do with what was begun.
const PROGRAMS: &[(&str, &[Declared<'_>])] = &[
    ("it stays as it is", &[("y.slow:s", &[], None), OTHER]),
    ("it is changed", &[("y.slow:s", BIG, None), OTHER]),
    ("it moves", &[("y.slow:t", &[], None), OTHER]),
    ("it moves and is changed", &[("y.slow:t", BIG, None), OTHER]),
    ("it is deleted", &[OTHER]),
    ("it is used", &[("y.slow:s", &[], None), ("west/x.quick:u", &[], Some("y.slow:s")), OTHER]),
    ("it moves and is used", &[("y.slow:t", &[], None), ("west/x.quick:u", &[], Some("y.slow:t")), OTHER]),
];

async fn interrupted<'a>(dir: &'a tempfile::TempDir, cloud: &'a Fake) -> Process<'a> {
    let process = Process::start(dir.path(), cloud).await;
    process.run(Some(&graph(&[("west/x.quick:o", &[], None)])), &dr_run::Silent, &Cancel::new()).await;
    let stopper = Stopper(Cancel::new());
    process.run(Some(&first()), &stopper, &stopper.0).await;
    assert_eq!(process.store.open_operations().unwrap().len(), 1);
    process
}

/// Whether the plan is made while the region answers or not, it does not answer when the plan is applied: nobody can find
/// out what became of what was begun there, and the state stays where the plan was made for.
#[tokio::test(start_paused = true)]
async fn a_plan_that_counts_on_what_was_only_begun_is_stale() {
    for (what, nodes) in PROGRAMS {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake { timed: true, ..Fake::default() });
        let process = interrupted(&dir, &cloud).await;
        let plan = process.keep(Some(&then(nodes))).await;
        cloud.down.lock().unwrap().insert("eu-1");
        let before = (process.store.snapshot().unwrap(), cloud.count("create"), cloud.count("update"));
        let stale = process.run_kept(&plan).await.unwrap_err();
        assert_eq!(stale, UnfitPlan::Stale(Stale::Begun(vec![address("y.slow:s")])), "{what}");
        assert_eq!((process.store.snapshot().unwrap(), cloud.count("create"), cloud.count("update")), before, "{what}");
        // Once it answers, what was begun is known, and that plan is one for a former state.
        cloud.down.lock().unwrap().clear();
        let stale = process.run_kept(&plan).await.unwrap_err();
        assert!(matches!(stale, UnfitPlan::Stale(Stale::Position { .. })), "{what}: {stale}");
    }
}

/// What the region has is left out of such a plan; only a move happens at once.
#[tokio::test(start_paused = true)]
async fn a_plan_that_leaves_alone_what_was_only_begun_is_carried_out() {
    for (what, nodes) in PROGRAMS {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake { timed: true, ..Fake::default() });
        let process = interrupted(&dir, &cloud).await;
        cloud.down.lock().unwrap().insert("eu-1");
        let program = then(nodes);
        let plan = process.keep(Some(&program)).await;
        match (process.run_kept(&plan).await, plan.moves.is_empty()) {
            (Ok(report), true) => assert!(report.failed.is_empty(), "{what}: {:?}", report.failed),
            (Err(stale), false) => {
                assert_eq!(stale, UnfitPlan::Stale(Stale::Begun(vec![address("y.slow:s")])), "{what}");
            }
            (other, _) => panic!("{what}: {other:?}"),
        }
        // In the end everything is as it is declared, and nothing was made twice.
        cloud.down.lock().unwrap().clear();
        process.run(Some(&program), &dr_run::Silent, &Cancel::new()).await;
        assert!(process.plan(Some(&program)).await.0.is_empty(), "{what}");
        let slow = program.nodes.keys().filter(|address| address.kind() == "y.slow").count();
        let there = cloud.inside.lock().unwrap().things.values().filter(|thing| thing.kind == "y.slow").count();
        assert_eq!((there, cloud.count("create y.slow:s") + cloud.count("create y.slow:t")), (slow, 1), "{what}");
    }
}

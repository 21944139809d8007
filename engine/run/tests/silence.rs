//! A region that falls silent while a plan is applied, at any call.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::Fake;
use common::process::{Process, graph};
use dr_core::graph::Graph;
use dr_core::journal::Open;
use dr_core::value::{Str, Value};
use dr_run::{Cancel, Report, Resumption, Silent};
use tokio::time::Instant;

/// What a plan is to come to.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Journey {
    Create,
    Update,
    /// One is made anew before the old one goes, and one after.
    Replace,
    Destroy,
}

/// When a region falls silent.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Moment {
    /// Before a call: it does nothing.
    Before,
    /// During a call: what it does is done, and nobody is told.
    During,
}

/// The region that falls silent.
const FALLS: &str = "eu-1";
/// What lives elsewhere and needs nothing of that region.
const ELSEWHERE: [&str; 2] = ["west/x.quick:g", "west/y.slow:d"];

/// Resources of both regions: in a row, side by side, one after another across the regions.
fn program(size: i64, name: &str, class: &str) -> Graph {
    let size = [("size", Value::Int(size))];
    let first = [size[0].clone(), ("name", Value::str(name))];
    let last = [size[0].clone(), ("name", Value::str("only")), ("class", Value::str(class))];
    graph(&[
        ("y.slow:a", &size, None),
        ("y.slow:c", &size, Some("y.slow:a")),
        ("x.named:first", &first, None),
        ("x.named:last", &last, None),
        ("west/y.slow:d", &size, None),
        ("west/x.quick:e", &size, Some("y.slow:c")),
        ("west/x.quick:g", &size, Some("west/y.slow:d")),
    ])
}

/// How many resources it has.
const SIZE: usize = 7;

impl Journey {
    /// What there is before, if anything, and what there is to be after, if anything.
    fn programs(self) -> (Option<Graph>, Option<Graph>) {
        let old = program(1, "old", "small");
        match self {
            Journey::Create => (None, Some(old)),
            Journey::Update => (Some(old), Some(program(2, "old", "small"))),
            Journey::Replace => (Some(old), Some(program(1, "new", "large"))),
            Journey::Destroy => (Some(old), None),
        }
    }

    /// How many resources were ever made when it has come to its end.
    fn made(self) -> usize {
        if self == Journey::Replace { SIZE + 2 } else { SIZE }
    }
}

async fn run(process: &Process<'_>, graph: Option<&Graph>) -> (Resumption, Report) {
    process.run(graph, &Silent, &Cancel::new()).await
}

/// The ids of what an environment has, sorted.
fn recorded(process: &Process<'_>) -> Vec<Str> {
    let snapshot = process.store.snapshot().unwrap();
    let mut ids: Vec<Str> = snapshot.records.values().chain(&snapshot.deposed).map(|r| r.id.clone()).collect();
    ids.sort();
    ids
}

/// The operations that are open.
fn open(process: &Process<'_>) -> BTreeMap<Str, Open> {
    process.store.open_operations().unwrap()
}

/// Goes a journey on which the region falls silent at its call of this number, counted from 0. Says whether it has so
/// many.
async fn falls_silent(dir: &Path, journey: Journey, moment: Moment, number: usize) -> bool {
    let when = format!("{journey:?}, {moment:?} call {number}");
    let cloud = Fake { timed: true, ..Fake::default() };
    let process = Process::start(dir, &cloud).await;
    let (before, after) = journey.programs();
    if before.is_some() {
        assert!(run(&process, before.as_ref()).await.1.is_complete(), "{when}");
    }
    let goal = after.as_ref();

    let (down, calls) = (cloud.down.clone(), Arc::new(AtomicUsize::new(0)));
    *cloud.hook.lock().unwrap() = Some(Box::new(move |what, _| {
        let point = if moment == Moment::Before { "before " } else { "after " };
        let is_there = what.starts_with(point) && !what.contains("west/");
        if is_there && calls.fetch_add(1, Ordering::Relaxed) == number {
            down.lock().unwrap().insert(FALLS);
        }
    }));
    let begin = Instant::now();
    let (resumption, report) = run(&process, goal).await;
    let fell = !cloud.down.lock().unwrap().is_empty();

    // What could be done is done, and nothing failed.
    assert!(resumption.away.is_empty() && report.failed.is_empty(), "{when}: {:?}", report.failed);
    assert!(report.skipped.is_empty() && report.remaining.is_empty() && report.output_errors.is_empty(), "{when}");
    assert!(report.deferred.values().all(|place| &**place == FALLS), "{when}: {:?}", report.deferred);
    let live = cloud.addresses();
    for address in ELSEWHERE {
        assert_eq!(live.iter().any(|at| at == address), goal.is_some(), "{when}: {address}");
    }
    // Three minutes of trying and one of quiet, for all steps together; creations and deletions take their minutes.
    assert!(begin.elapsed() < Duration::from_secs(8 * 60), "{when}: {:?}", begin.elapsed());
    let begun = open(&process);
    assert!(begun.values().all(|one| one.record().region.as_deref() == Some(FALLS)), "{when}: {begun:?}");
    assert!(fell || report.is_complete(), "{when}");
    assert!(begun.is_empty() || !report.deferred.is_empty(), "{when}: {begun:?}");

    // Still silent: what was begun stays open and is told, and holds up nothing. A deletion may be left to the plan.
    *cloud.hook.lock().unwrap() = None;
    let (resumption, report) = run(&process, goal).await;
    assert!(report.failed.is_empty() && resumption.failed.is_empty(), "{when}: {:?}", report.failed);
    let still = open(&process);
    let is_left = |one: &Open| matches!(one, Open::Delete { .. });
    assert!(begun.iter().all(|(op, one)| still.contains_key(op) || is_left(one)), "{when}: {begun:?}, then {still:?}");
    let told: BTreeSet<_> = resumption.away.iter().map(|left| (&left.address, &*left.place)).collect();
    assert_eq!(told, still.values().map(|one| (&one.record().address, FALLS)).collect(), "{when}");

    // Back: nothing is there twice and nothing is lost.
    cloud.down.lock().unwrap().clear();
    assert!(run(&process, goal).await.1.is_complete(), "{when}");
    assert!(open(&process).is_empty(), "{when}");
    let (plan, _) = process.plan(goal).await;
    assert!(plan.is_empty() && plan.steps.is_empty(), "{when}: {:?}", plan.steps);
    assert_eq!(recorded(&process), cloud.ids(), "{when}");
    assert_eq!(cloud.ids().len(), if goal.is_some() { SIZE } else { 0 }, "{when}");
    assert_eq!(cloud.inside.lock().unwrap().made as usize, journey.made(), "{when}: made twice");
    fell
}

async fn at_any_call(journey: Journey) {
    for moment in [Moment::Before, Moment::During] {
        let mut number = 0;
        while falls_silent(tempfile::tempdir().unwrap().path(), journey, moment, number).await {
            number += 1;
        }
        assert!(number >= 8, "{journey:?} makes only {number} calls");
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_falls_silent_at_any_call_of_a_creation() {
    at_any_call(Journey::Create).await;
}

#[tokio::test(start_paused = true)]
async fn a_region_falls_silent_at_any_call_of_a_change() {
    at_any_call(Journey::Update).await;
}

#[tokio::test(start_paused = true)]
async fn a_region_falls_silent_at_any_call_of_a_replacement() {
    at_any_call(Journey::Replace).await;
}

#[tokio::test(start_paused = true)]
async fn a_region_falls_silent_at_any_call_of_a_destroy() {
    at_any_call(Journey::Destroy).await;
}

//! Time is tokio's: with a paused clock, waits are exact, the disk takes none, and the critical path is what is waited
//! for.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::sync::Mutex;
use std::time::Duration;

use common::{Fake, Room, address, open, plan, run, step};
use dr_core::cloud::{CloudError, ErrorClass};
use dr_core::expr::Expr;
use dr_core::plan::Action;
use dr_core::record::Snapshot;
use dr_run::{Gate, Observer, Progress, SLOTS, What, apply};
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn waiting_for_the_disk_takes_no_virtual_time() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake { timed: true, ..Fake::default() };
    let store = open(dir.path());
    // A chain of five minutes beside much that is short.
    let mut steps = Vec::new();
    for i in 0..5_usize {
        let after: Vec<usize> = i.checked_sub(1).into_iter().collect();
        steps.push(step(Action::Create, &format!("y.slow:s{i}"), &after, &[]));
    }
    for i in 0..200 {
        steps.push(step(Action::Create, &format!("x.quick:q{i}"), &[], &[]));
    }
    let begin = Instant::now();
    // Something else that waits shows whether the clock ran on while the disk was at work.
    let clock = async {
        let mut late = Duration::ZERO;
        for second in 1..=300 {
            tokio::time::sleep_until(begin + Duration::from_secs(second)).await;
            late = late.max(begin.elapsed() - Duration::from_secs(second));
        }
        late
    };
    let planned = plan("1", &Snapshot::default(), steps);
    let (report, late) = tokio::join!(run(&store, &cloud, &planned), clock);
    assert!(report.is_complete());
    let exact = Duration::from_secs(300);
    assert_eq!((report.elapsed, report.cloud_time, report.bound), (exact, exact, exact));
    assert!(late < Duration::from_millis(2), "{late:?}");
    // Changes were grouped: two hundred steps at once, each with three of them.
    let (commits, flushes) = store.commits_and_flushes();
    assert!(commits > 600 && flushes < commits / 10, "{commits} commits, {flushes} flushes");
}

/// Takes note of what takes longer than is usual.
#[derive(Default)]
struct Listener(Mutex<Vec<String>>);

impl Observer for Listener {
    fn on(&self, event: &Progress<'_>) {
        if let What::Overdue { waited, typical, limit } = event.what {
            let [waited, typical, limit] = [waited, typical, limit].map(|time| time.as_secs());
            let line = format!("{:?} {} {waited} of {typical}, at most {limit}", event.action, event.address);
            self.0.lock().unwrap().push(line);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_takes_longer_than_usual_is_told_once() {
    for (delay, told) in [
        (Duration::ZERO, &[][..]),
        (Duration::from_secs(1), &[]),
        (
            Duration::from_secs(10 * 60),
            &["Create x.quick:q 38 of 1, at most 1200", "Create y.slow:s 62 of 60, at most 1200"],
        ),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let cloud = Fake { timed: true, delay, ..Fake::default() };
        let store = open(dir.path());
        let steps = ["x.quick:q", "y.slow:s"].map(|address| step(Action::Create, address, &[], &[])).into();
        let (planned, room, listener) = (plan("1", &Snapshot::default(), steps), Room::new(), Listener::default());
        let engine = room.engine(&store, &cloud, &listener);
        let report = apply(&engine, &planned, store.snapshot().unwrap()).await.unwrap();
        assert!(report.is_complete());
        assert_eq!(*listener.0.lock().unwrap(), told, "{delay:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_holds_neither_slots_nor_places() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake { timed: true, ..Fake::default() };
    let store = open(dir.path());
    // More than there are slots and places at work, all of one service and region.
    let steps = (0..1000).map(|i| step(Action::Create, &format!("y.slow:s{i}"), &[], &[])).collect();
    let report = run(&store, &cloud, &plan("1", &Snapshot::default(), steps)).await;
    assert_eq!(report.elapsed, Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn calls_at_once_are_bounded_by_lane_and_over_all() {
    for (parallel, most) in [(None, SLOTS), (Some(5), 5)] {
        let dir = tempfile::tempdir().unwrap();
        let cloud = Fake { latency: Duration::from_secs(1), ..Fake::default() };
        let (store, room) = (open(dir.path()), Room { gate: Gate::new(parallel), ..Room::new() });
        let steps = (0..100).map(|i| step(Action::Create, &format!("x.quick:q{i}"), &[], &[])).collect();
        let planned = plan("1", &Snapshot::default(), steps);
        let engine = room.engine(&store, &cloud, &dr_run::Silent);
        let report = apply(&engine, &planned, Snapshot::default()).await.unwrap();
        assert!(report.is_complete());
        assert_eq!(cloud.inside.lock().unwrap().most, most);
        let seconds = 500_usize.div_ceil(most) as u64;
        assert!((seconds..=seconds + 5).contains(&report.elapsed.as_secs()), "{:?}", report.elapsed);
    }
}

#[tokio::test(start_paused = true)]
async fn the_most_urgent_goes_first() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake { latency: Duration::from_secs(1), ..Fake::default() };
    let (store, room) = (open(dir.path()), Room { gate: Gate::new(Some(1)), ..Room::new() });
    let mut steps: Vec<_> = (0..20).map(|i| step(Action::Create, &format!("x.quick:q{i}"), &[], &[])).collect();
    steps.push(step(Action::Create, "x.quick:urgent", &[], &[]));
    steps.push(step(
        Action::Create,
        "y.slow:behind",
        &[20],
        &[("peer", Expr::attr(&address("x.quick:urgent"), "arn"))],
    ));
    let planned = plan("1", &Snapshot::default(), steps);
    let engine = room.engine(&store, &cloud, &dr_run::Silent);
    let report = apply(&engine, &planned, Snapshot::default()).await.unwrap();
    assert!(report.is_complete());
    let log = cloud.log();
    let position = |call: &str| log.iter().position(|c| c == call).unwrap();
    assert!(position("read x.quick:urgent") < 20, "{log:?}");
    assert!(position("create y.slow:behind") < 20, "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_throttles_is_called_less_and_recovers() {
    let gate = Gate::new(None);
    let enter = || gate.enter("x", Some("eu-1"), Duration::ZERO);
    let begin = Instant::now();
    enter().await.throttled(Some(Duration::from_secs(3)));
    let mut held = Vec::new();
    held.push(enter().await);
    assert!(begin.elapsed() >= Duration::from_secs(3), "what the service asks for is kept");
    // Fewer slots, and a pause between two starts.
    while let Ok(slot) = tokio::time::timeout(Duration::from_secs(1), enter()).await {
        held.push(slot);
    }
    assert!((SLOTS / 2..SLOTS).contains(&held.len()), "{}", held.len());
    let other = tokio::time::timeout(Duration::ZERO, gate.enter("x", Some("eu-2"), Duration::ZERO)).await;
    assert!(other.is_ok(), "another region is not affected");
    for slot in held {
        slot.went_well();
    }
    for _ in 0..2000 {
        enter().await.went_well();
    }
    let begin = Instant::now();
    let all = futures::future::join_all((0..SLOTS).map(|_| enter())).await;
    assert_eq!((all.len(), begin.elapsed()), (SLOTS, Duration::ZERO));
}

/// Others call so often that every third call is refused, whatever this run does: it goes on at a good pace. A service that
/// takes five calls a second gets about as many.
#[tokio::test(start_paused = true)]
async fn what_others_call_too_often_does_not_bring_a_run_to_a_standstill() {
    let gate = Gate::new(None);
    let begin = Instant::now();
    for number in 0..300 {
        let slot = gate.enter("x", Some("eu-1"), Duration::ZERO).await;
        if number % 3 == 0 { slot.throttled(None) } else { slot.went_well() }
    }
    let rate = 300.0 / begin.elapsed().as_secs_f64();
    assert!(rate > 5.0, "{rate} calls a second");

    let gate = Gate::new(None);
    let begin = Instant::now();
    let (mut taken, mut refused) = (0_u32, 0_u32);
    while taken < 200 {
        let slot = gate.enter("x", Some("eu-1"), Duration::ZERO).await;
        if f64::from(taken) < 5.0 * begin.elapsed().as_secs_f64() + 1.0 {
            taken += 1;
            slot.went_well();
        } else {
            refused += 1;
            slot.throttled(None);
        }
    }
    assert!(begin.elapsed() < Duration::from_secs(50) && refused < taken, "{refused} refused in {:?}", begin.elapsed());
}

#[tokio::test(start_paused = true)]
async fn slots_that_nobody_fetches_are_not_lost() {
    let gate = Gate::new(Some(1));
    let enter = |lane| gate.enter(lane, None, Duration::ZERO);
    let first = enter("x").await;
    // They give up while they wait, one of them at the very moment when the slot comes free.
    let mut waiting: Vec<_> = (0..3).map(|_| Box::pin(enter("x"))).collect();
    for future in &mut waiting {
        assert!(futures::poll!(future).is_pending());
    }
    drop(first);
    drop(waiting);
    assert!(tokio::time::timeout(Duration::from_secs(1), enter("y")).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn throttling_slows_a_run_down_and_does_not_break_it() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake { latency: Duration::from_millis(50), ..Fake::default() };
    let store = open(dir.path());
    let error = CloudError {
        retry_after: Some(Duration::from_secs(2)),
        ..CloudError::new(ErrorClass::Throttled, "x:C", "T", "")
    };
    cloud.inside.lock().unwrap().faults = ["x.quick:q3", "x.quick:q50", "x.quick:q90"]
        .map(|address| common::Fault { call: "create", address, error: error.clone(), effect: false, times: 2 })
        .to_vec();
    let steps = (0..100).map(|i| step(Action::Create, &format!("x.quick:q{i}"), &[], &[])).collect();
    let report = run(&store, &cloud, &plan("1", &Snapshot::default(), steps)).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    assert_eq!(cloud.addresses().len(), 100);
    assert!(
        report.elapsed > Duration::from_secs(4) && report.elapsed < Duration::from_secs(60),
        "{:?}",
        report.elapsed
    );
}

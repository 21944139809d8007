//! A failover comes to its end whatever the instant at which the process dies, makes no change twice, and leaves nothing
//! for the next plan to do: on either side.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::process::{Process, graph};
use common::{Fake, Thing, address, all_bytes, copy_dir};
use dr_core::cloud::{BoxFuture, ErrorClass};
use dr_core::failover::plan::{
    AwaitedCondition, FORMAT, FailoverManner, RecoveryAct, RecoveryPlan, RecoveryStep, SwitchedArgument,
};
use dr_core::failover::state::{FailoverEvent, FailoverOrder, StepProgress};
use dr_core::graph::Graph;
use dr_core::recovery::figure::Figure;
use dr_core::value::{Str, Value};
use dr_run::{Cancel, FailoverReport, FailoverWatch, RefusedChange, Silent, StoreError};

/// A database of two members, and a consumer on either side.
fn declared(size: i64) -> Graph {
    let on = |on: bool| ("on", Value::Bool(on));
    let size = || ("size", Value::Int(size));
    graph(&[
        ("x.quick:group", &[], None),
        ("east/x.quick:db", &[], None),
        ("west/x.quick:db", &[], None),
        ("east/x.quick:consumer", &[on(true), size()], None),
        ("west/x.quick:consumer", &[on(false), size()], None),
    ])
}

/// The steps by which one side takes over.
fn steps_to(to: &str) -> RecoveryPlan {
    let from = if to == "west" { "east" } else { "west" };
    let at = |side: &str, what: &str| address(&format!("{side}/x.quick:{what}"));
    let set = |side: &str, on: bool| {
        let change = SwitchedArgument { address: at(side, "consumer"), argument: "on".into(), value: Value::Bool(on) };
        RecoveryAct::Set { changes: vec![change] }
    };
    let wait = |condition| RecoveryAct::Await { condition, patience_s: 60 };
    let acts = vec![
        wait(AwaitedCondition::Ready { address: at(to, "db") }),
        wait(AwaitedCondition::CaughtUp { address: at(to, "db"), within_ms: 100 }),
        set(from, false),
        RecoveryAct::Switch { group: address("x.quick:group"), member: at(to, "db"), may_lose: false },
        RecoveryAct::Approve { question: "go on?".into() },
        set(to, true),
    ];
    let step = |(number, act): (usize, RecoveryAct)| RecoveryStep {
        name: format!("step {number}"),
        act,
        why: String::new(),
        needs: Vec::new(),
        time: Figure::ZERO,
    };
    RecoveryPlan {
        format: FORMAT,
        from: from.into(),
        to: to.into(),
        manner: FailoverManner::Planned,
        steps: acts.into_iter().enumerate().map(step).collect(),
        losses: Vec::new(),
        notes: Vec::new(),
    }
}

type Shoot = Box<dyn Fn(String) + Send + Sync>;

/// Says yes, and tells somebody when a step begins and ends.
#[derive(Default)]
struct Watch {
    shoot: Option<Shoot>,
    refuses: bool,
}

impl Watch {
    fn tell(&self, what: String) {
        self.shoot.iter().for_each(|shoot| shoot(what.clone()));
    }
}

impl FailoverWatch for Watch {
    fn now(&self) -> u64 {
        7
    }
    fn begins(&self, number: usize, _: &RecoveryStep) {
        self.tell(format!("begins {number}"));
    }
    fn done(&self, number: usize, _: &RecoveryStep, _: Duration, _: bool) {
        self.tell(format!("done {number}"));
    }
    fn approve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, bool> {
        Box::pin(std::future::ready(!self.refuses))
    }
}

/// An environment that was applied: its folder, and its cloud, in which east writes.
async fn applied() -> (tempfile::TempDir, Fake) {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake { timed: true, ..Fake::default() };
    let process = Process::start(dir.path(), &cloud).await;
    assert!(process.run(Some(&declared(1)), &Silent, &Cancel::new()).await.1.is_complete());
    let east = process.store.snapshot().unwrap().records[&address("east/x.quick:db")].id.clone();
    cloud.inside.lock().unwrap().writer = Some(east);
    // What is recorded knows who writes.
    let process = Process { refresh: true, ..process };
    assert!(process.run(Some(&declared(1)), &Silent, &Cancel::new()).await.1.is_complete());
    drop(process);
    (dir, cloud)
}

async fn go(dir: &Path, cloud: &Fake, to: &str, watch: &Watch) -> FailoverReport {
    let process = Process::start(dir, cloud).await;
    process.fail_over(&steps_to(to), watch, &Cancel::new()).await.unwrap()
}

fn is_done(report: &FailoverReport) -> bool {
    report.failed.is_none() && report.run.end.is_some()
}

/// A side is active: it writes and its consumer works, the records say what was declared, and nothing is to be done.
async fn check(dir: &Path, cloud: &Fake, active: &str, size: i64, when: &str) {
    let process = Process { refresh: true, ..Process::start(dir, cloud).await };
    let (plan, snapshot) = process.plan(Some(&declared(size))).await;
    assert!(plan.is_empty() && plan.steps.is_empty(), "{when}: {:?}", plan.steps);
    assert!(process.store.open_operations().unwrap().is_empty(), "{when}");
    let switched = plan.diagnostics.iter().filter(|d| d.code.as_deref() == Some("switched")).count();
    assert_eq!(switched, if active == "west" { 2 } else { 0 }, "{when}: {:?}", plan.diagnostics);
    let inside = cloud.inside.lock().unwrap();
    for side in ["east", "west"] {
        let of = |what: &str| &snapshot.records[&address(&format!("{side}/x.quick:{what}"))];
        assert_eq!(inside.writer.as_ref() == Some(&of("db").id), side == active, "{when}: {side}");
        let consumer = of("consumer");
        assert_eq!(consumer.args["on"], Value::Bool(side == "east"), "{when}: {side}");
        assert_eq!(consumer.in_force()["on"], Value::Bool(side == active), "{when}: {side}");
        assert_eq!(inside.things[&consumer.id].args["on"], Value::Bool(side == active), "{when}: {side}");
        assert_eq!(inside.things[&consumer.id].args["size"], Value::Int(size), "{when}: {side}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_side_takes_over_and_gives_back_and_no_plan_has_anything_to_do() {
    let (dir, cloud) = applied().await;
    for to in ["west", "east", "west"] {
        let report = go(dir.path(), &cloud, to, &Watch::default()).await;
        assert!(is_done(&report), "{:?}", report.failed);
        check(dir.path(), &cloud, to, 1, to).await;
        let process = Process::start(dir.path(), &cloud).await;
        let active = process.store.snapshot().unwrap().recovery.active.unwrap();
        assert_eq!((&*active.region, active.since, &*active.by), (to, 7, "anna"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_so_already_is_not_done_again() {
    let (dir, cloud) = applied().await;
    for _ in 0..2 {
        assert!(is_done(&go(dir.path(), &cloud, "west", &Watch::default()).await));
    }
    assert_eq!(cloud.inside.lock().unwrap().switches, 1);
    assert_eq!(cloud.count("update"), 2);
    let report = go(dir.path(), &cloud, "west", &Watch::default()).await;
    let already = report.run.steps.iter().filter(|step| matches!(step, StepProgress::Done { already: true, .. }));
    assert_eq!(already.count(), 5, "all but the question: {:?}", report.run.steps);
}

#[tokio::test(start_paused = true)]
async fn an_environment_that_has_failed_over_is_changed_and_destroyed() {
    let (dir, cloud) = applied().await;
    assert!(is_done(&go(dir.path(), &cloud, "west", &Watch::default()).await));
    let process = Process { refresh: true, ..Process::start(dir.path(), &cloud).await };
    let (_, report) = process.run(Some(&declared(2)), &Silent, &Cancel::new()).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    drop(process);
    check(dir.path(), &cloud, "west", 2, "changed").await;
    let process = Process::start(dir.path(), &cloud).await;
    assert!(process.run(None, &Silent, &Cancel::new()).await.1.is_complete());
    process.store.release().await.unwrap();
    let snapshot = process.store.snapshot().unwrap();
    assert!(snapshot.is_empty() && snapshot.recovery.is_empty() && cloud.ids().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_somebody_switches_back_by_hand_is_as_declared() {
    let (dir, cloud) = applied().await;
    assert!(is_done(&go(dir.path(), &cloud, "west", &Watch::default()).await));
    let process = Process { refresh: true, ..Process::start(dir.path(), &cloud).await };
    let id = process.store.snapshot().unwrap().records[&address("west/x.quick:consumer")].id.clone();
    cloud.inside.lock().unwrap().things.get_mut(&id).unwrap().args.insert("on".into(), Value::Bool(false));
    let (_, report) = process.run(Some(&declared(1)), &Silent, &Cancel::new()).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    let record = process.store.snapshot().unwrap().records[&address("west/x.quick:consumer")].clone();
    assert!(record.switched.is_empty() && record.args["on"] == Value::Bool(false));
    assert_eq!(cloud.inside.lock().unwrap().things[&id].args["on"], Value::Bool(false));
}

#[tokio::test(start_paused = true)]
async fn lost_replies_and_conflicts_are_found_out_about() {
    for (call, at) in [("switch", "west/x.quick:db"), ("update", "east/x.quick:consumer")] {
        let (dir, cloud) = applied().await;
        cloud.lose(call, at, 1);
        cloud.fail(call, at, ErrorClass::Throttled, 1);
        let report = go(dir.path(), &cloud, "west", &Watch::default()).await;
        assert!(is_done(&report), "{:?}", report.failed);
        assert_eq!(cloud.inside.lock().unwrap().switches, 1, "{call}");
        check(dir.path(), &cloud, "west", 1, call).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_fails_stops_the_others_and_is_gone_on_with() {
    let (dir, cloud) = applied().await;
    cloud.fail("switch", "west/x.quick:db", ErrorClass::Denied, 1);
    let report = go(dir.path(), &cloud, "west", &Watch::default()).await;
    let failed = report.failed.clone().unwrap();
    assert_eq!((failed.step, report.run.next(), report.run.end), (3, Some(3), None));
    assert!(failed.error.contains("message"), "{}", failed.error);
    // Nobody says yes.
    let report = go(dir.path(), &cloud, "west", &Watch { refuses: true, ..Watch::default() }).await;
    assert_eq!(report.failed.clone().unwrap().step, 4, "{report:?}");
    assert_eq!(cloud.inside.lock().unwrap().switches, 1);
    assert!(is_done(&go(dir.path(), &cloud, "west", &Watch::default()).await));
    check(dir.path(), &cloud, "west", 1, "in the end").await;
}

#[tokio::test(start_paused = true)]
async fn a_follower_is_waited_for_until_it_has_caught_up_or_time_is_up() {
    for (lags, fails) in [(vec![900, 500, 100], None), (vec![900; 40], Some("is 900 ms behind, after 60 s"))] {
        let (dir, cloud) = applied().await;
        let process = Process::start(dir.path(), &cloud).await;
        let id = process.store.snapshot().unwrap().records[&address("west/x.quick:db")].id.clone();
        drop(process);
        cloud.inside.lock().unwrap().lags.insert(id, VecDeque::from(lags));
        let report = go(dir.path(), &cloud, "west", &Watch::default()).await;
        match fails {
            None => {
                assert!(is_done(&report), "{:?}", report.failed);
                let waited = report.run.steps[1];
                assert!(matches!(waited, StepProgress::Done { took_ms: 10_000.., already: false }), "{waited:?}");
            }
            Some(why) => {
                let failed = report.failed.unwrap();
                assert!(failed.step == 1 && failed.error.ends_with(why), "{failed:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_carried_out_that_was_not_begun() {
    let (dir, cloud) = applied().await;
    let process = Process::start(dir.path(), &cloud).await;
    let room = common::Room::new();
    let engine = room.engine(&process.store, &cloud, &Silent);
    let refused = dr_run::fail_over(&engine, &Watch::default()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Refused { refusal: RefusedChange::Failover(FailoverOrder::NotBegun), .. }));
    let step = FailoverEvent::StepBegan { step: 0 };
    assert!(process.store.commit(dr_run::StateChange::Failover(step)).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn what_is_recorded_is_not_believed() {
    for is_on in [true, false] {
        let (dir, cloud) = applied().await;
        let process = Process::start(dir.path(), &cloud).await;
        let consumers = ["east", "west"].map(|side| {
            let at = address(&format!("{side}/x.quick:consumer"));
            process.store.snapshot().unwrap().records[&at].id.clone()
        });
        drop(process);
        // Somebody else has set both of them.
        for id in &consumers {
            cloud.inside.lock().unwrap().things.get_mut(id).unwrap().args.insert("on".into(), Value::Bool(is_on));
        }
        let report = go(dir.path(), &cloud, "east", &Watch::default()).await;
        assert!(is_done(&report), "{:?}", report.failed);
        let inside = cloud.inside.lock().unwrap();
        let on = consumers.map(|id| inside.things[&id].args["on"].clone());
        assert_eq!(on, [Value::Bool(true), Value::Bool(false)]);
    }
}

/// Disk and cloud at one instant.
struct Image {
    when: String,
    dir: PathBuf,
    things: BTreeMap<Str, Thing>,
    writer: Option<Str>,
    switches: usize,
}

#[tokio::test(start_paused = true)]
async fn a_failover_that_was_killed_at_any_point_goes_on_and_comes_to_its_end() {
    for to in ["west", "east"] {
        let (dir, cloud) = applied().await;
        if to == "east" {
            assert!(is_done(&go(dir.path(), &cloud, "west", &Watch::default()).await));
        }
        let cloud = Arc::new(cloud);
        let album = tempfile::tempdir().unwrap();
        let images: Arc<Mutex<Vec<Image>>> = Arc::default();
        let (from, folder, kept) = (dir.path().to_owned(), album.path().to_owned(), images.clone());
        let shoot = Arc::new(move |when: String, inside: &common::Inside| {
            let mut images = kept.lock().unwrap();
            let dir = folder.join(images.len().to_string());
            loop {
                copy_dir(&from, &dir);
                if all_bytes(&dir) == all_bytes(&from) {
                    break;
                }
            }
            let (things, writer, switches) = (inside.things.clone(), inside.writer.clone(), inside.switches);
            images.push(Image { when, dir, things, writer, switches });
        });
        let hook = shoot.clone();
        *cloud.hook.lock().unwrap() = Some(Box::new(move |what, inside| hook(what.to_owned(), inside)));
        let seen = cloud.clone();
        let watch =
            Watch { shoot: Some(Box::new(move |what| shoot(what, &seen.inside.lock().unwrap()))), ..Watch::default() };
        assert!(is_done(&go(dir.path(), &cloud, to, &watch).await));
        *cloud.hook.lock().unwrap() = None;
        let switches = cloud.inside.lock().unwrap().switches;
        let images = std::mem::take(&mut *images.lock().unwrap());
        assert!(images.len() > 40, "{}", images.len());
        for image in &images {
            let cloud = Fake { timed: true, ..Fake::with(image.things.clone()) };
            {
                let mut inside = cloud.inside.lock().unwrap();
                (inside.writer, inside.switches) = (image.writer.clone(), image.switches);
            }
            let report = go(&image.dir, &cloud, to, &Watch::default()).await;
            assert!(is_done(&report), "{}: {:?}", image.when, report.failed);
            assert_eq!(cloud.inside.lock().unwrap().switches, switches, "{}", image.when);
            check(&image.dir, &cloud, to, 1, &image.when).await;
        }
    }
}

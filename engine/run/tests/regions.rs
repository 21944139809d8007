//! A region that does not answer, and one that is left out on purpose.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::process::{Process, graph};
use common::{Fake, address};
use dr_core::cloud::ErrorClass;
use dr_core::diagnostic::Severity;
use dr_core::graph::Graph;
use dr_core::journal::JournalEvent;
use dr_core::plan::{Action, Goal, Plan};
use dr_core::record::Record;
use dr_core::value::{Str, Value};
use dr_run::{Cancel, Report, Silent, StateChange};
use tokio::time::Instant;

/// Twenty resources in each of two regions, and one that needs one of the other region.
fn both(size: i64) -> Graph {
    let names: Vec<String> = (0..20).flat_map(|i| [format!("x.quick:a{i}"), format!("west/x.quick:b{i}")]).collect();
    let args = [("size", Value::Int(size))];
    let mut all: Vec<_> = names.iter().map(|name| (name.as_str(), &args[..], None)).collect();
    all.push(("west/y.slow:uses", &args[..], Some("x.quick:a0")));
    graph(&all)
}

fn down(cloud: &Fake, regions: &[&'static str]) {
    *cloud.down.lock().unwrap() = regions.iter().copied().collect();
}

async fn run(process: &Process<'_>, graph: Option<&Graph>) -> Report {
    process.run(graph, &Silent, &Cancel::new()).await.1
}

fn words(plan: &Plan) -> BTreeSet<String> {
    plan.steps.iter().map(|s| format!("{:?} {}", s.action, s.address)).collect()
}

fn waits(plan: &Plan) -> Vec<String> {
    plan.deferred.iter().map(|d| d.step.address.to_string()).collect()
}

/// The messages about regions.
fn told(plan: &Plan) -> Vec<String> {
    let about = plan.diagnostics.iter().filter(|d| d.code.as_deref() == Some("region"));
    about.map(|d| format!("{}; {}", d.message, d.help.join("; "))).collect()
}

fn calls_in(cloud: &Fake, from: usize, west: bool) -> Vec<String> {
    cloud
        .log()
        .into_iter()
        .skip(from)
        .filter(|call| call.contains("west/") == west && !call.starts_with("reach"))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_down_is_told_once_within_seconds_and_the_rest_goes_on() {
    let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
    let mut process = Process::start(dir.path(), &cloud).await;
    process.refresh = true;
    assert!(run(&process, Some(&both(1))).await.is_complete());
    for (gone, others) in [("eu-1", 20), ("eu-2", 20)] {
        down(&cloud, &[gone]);
        let begin = Instant::now();
        let (plan, _) = process.plan(Some(&both(2))).await;
        assert!(begin.elapsed() < Duration::from_secs(6), "{:?}", begin.elapsed());
        let there = if gone == "eu-1" { 20 } else { 21 };
        let expected = format!("{gone} does not answer; the {there} resources there are left as they are recorded");
        assert_eq!(told(&plan), [expected]);
        assert_eq!(plan.diagnostics.len(), 1, "{:?}", plan.diagnostics);
        assert_eq!(plan.diagnostics[0].severity, Severity::Warning);
        // What uses one of the region that is down needs only its recorded ARN.
        let more = usize::from(gone == "eu-1");
        assert_eq!((plan.steps.len(), plan.deferred.len()), (others + more, there), "{:?}", words(&plan));
        assert!(plan.steps.iter().all(|s| s.action == Action::Update && s.region.as_deref() != Some(gone)));
        // The same state, the same answers, the same plan.
        assert_eq!(plan, process.plan(Some(&both(2))).await.0);
    }
    down(&cloud, &["eu-1"]);
    assert!(run(&process, Some(&both(2))).await.is_complete());
    let (rest, _) = process.plan(Some(&both(2))).await;
    assert!(!rest.has_changes() && rest.misses() && rest.counts().unchanged == 21);
    down(&cloud, &[]);
    assert!(run(&process, Some(&both(2))).await.is_complete());
    let (last, _) = process.plan(Some(&both(2))).await;
    assert!(last.is_empty() && last.steps.is_empty() && last.diagnostics.is_empty(), "{:?}", words(&last));
}

#[tokio::test(start_paused = true)]
async fn the_first_apply_and_the_destroy_do_what_they_can() {
    for gone in ["eu-1", "eu-2"] {
        for refresh in [true, false] {
            let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
            let mut process = Process::start(dir.path(), &cloud).await;
            process.refresh = refresh;
            down(&cloud, &[gone]);
            let (plan, _) = process.plan(Some(&both(1))).await;
            // Nothing is recorded, so nobody was asked but the region itself.
            assert!(cloud.log().iter().all(|call| call.starts_with("reach")), "{:?}", cloud.log());
            assert_eq!(told(&plan), [format!("{gone} does not answer; ")]);
            assert_eq!((plan.steps.len(), plan.deferred.len()), (20, 21));
            assert!(run(&process, Some(&both(1))).await.is_complete());
            down(&cloud, &[]);
            assert!(run(&process, Some(&both(1))).await.is_complete());
            assert_eq!(cloud.ids().len(), 41);
            down(&cloud, &[gone]);
            assert!(run(&process, None).await.is_complete());
            assert_eq!(cloud.ids().len(), if gone == "eu-1" { 20 } else { 21 });
            assert!(process.store.open_operations().unwrap().is_empty());
            down(&cloud, &[]);
            assert!(run(&process, None).await.is_complete());
            assert!(cloud.ids().is_empty() && process.store.snapshot().unwrap().is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_call_that_fails_is_no_region_that_is_down() {
    let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
    let mut process = Process::start(dir.path(), &cloud).await;
    process.refresh = true;
    let one = |size| graph(&[("x.quick:a", &[("size", Value::Int(size))], None)]);
    assert!(run(&process, Some(&one(1))).await.is_complete());
    // For a while, and then it answers.
    cloud.fail("read", "x.quick:a", ErrorClass::Transient, 3);
    assert!(process.plan(Some(&one(1))).await.0.diagnostics.is_empty());
    // For ever, although the region gives a sign of life.
    cloud.fail("read", "x.quick:a", ErrorClass::Transient, usize::MAX);
    let (plan, _) = process.plan(Some(&one(1))).await;
    assert_eq!(told(&plan), [""; 0]);
    assert!(plan.diagnostics[0].message.contains("cannot read `x.quick:a`"), "{:?}", plan.diagnostics);
}

#[tokio::test(start_paused = true)]
async fn what_is_left_out_is_neither_looked_at_nor_changed() {
    let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
    let mut process = Process::start(dir.path(), &cloud).await;
    process.refresh = true;
    process.only = Some(BTreeSet::from(["eu-2".into()]));
    let (plan, _) = process.plan(Some(&both(1))).await;
    // The one that needs something of the other region was asked for and has to wait.
    assert_eq!((plan.steps.len(), plan.deferred.len(), plan.misses()), (20, 21, true));
    assert_eq!(told(&plan), [""; 0]);
    assert!(run(&process, Some(&both(1))).await.is_complete());
    assert_eq!(calls_in(&cloud, 0, false), [""; 0]);
    process.only = None;
    assert!(run(&process, Some(&both(1))).await.is_complete());
    process.only = Some(BTreeSet::from(["eu-2".into()]));
    let before = cloud.log().len();
    let (plan, _) = process.plan(Some(&both(2))).await;
    assert_eq!((plan.steps.len(), plan.deferred.len(), plan.misses()), (21, 20, false));
    assert_eq!(told(&plan), ["eu-1 is left out; the 20 resources there are left as they are recorded"]);
    assert!(run(&process, Some(&both(2))).await.is_complete());
    assert_eq!(calls_in(&cloud, before, false), [""; 0]);
    assert!(process.plan(Some(&both(2))).await.0.is_empty());
    // Everything of one region can go.
    assert!(run(&process, None).await.is_complete());
    assert_eq!((cloud.ids().len(), calls_in(&cloud, before, false).len()), (20, 0));
}

#[tokio::test(start_paused = true)]
async fn operations_in_a_region_that_is_left_out_stay_open() {
    let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
    let mut process = Process::start(dir.path(), &cloud).await;
    let two = graph(&[("x.quick:a", &[], None), ("west/x.quick:b", &[], None)]);
    for at in ["x.quick:a", "west/x.quick:b"] {
        cloud.fail("settle", at, ErrorClass::Transient, usize::MAX);
    }
    let report = run(&process, Some(&two)).await;
    assert_eq!(report.failed.len(), 2);
    cloud.mend();
    process.only = Some(BTreeSet::from(["eu-2".into()]));
    let resumption = process.resume(Goal::Apply).await;
    assert_eq!(resumption.resumed.len(), 1);
    assert_eq!(resumption.away.iter().map(|open| open.address.as_str()).collect::<Vec<_>>(), ["x.quick:a"]);
    process.only = None;
    assert!(run(&process, Some(&two)).await.is_complete());
    assert_eq!(cloud.count("create"), 2);
}

#[tokio::test(start_paused = true)]
async fn the_last_answer_of_a_look_up_stands_in_also_after_a_destroy() {
    let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
    let process = Process::start(dir.path(), &cloud).await;
    let asks = |name: &str| {
        graph(&[
            ("x.look:l", &[("name", Value::str(name))], None),
            ("west/x.quick:user", &[], Some("x.look:l")),
            ("west/x.quick:other", &[], None),
        ])
    };
    // Never answered: who needs it waits, and is told why.
    down(&cloud, &["eu-1"]);
    let (plan, _) = process.plan(Some(&asks("one"))).await;
    assert_eq!(words(&plan), BTreeSet::from(["Create west/x.quick:other".to_owned()]));
    assert_eq!(told(&plan), ["eu-1 does not answer; `x.look:l` was never answered, and what needs that waits"]);
    assert_eq!(plan.counts().deferred, 2);
    assert!(run(&process, Some(&asks("one"))).await.is_complete());
    down(&cloud, &[]);
    assert!(run(&process, Some(&asks("one"))).await.is_complete());
    down(&cloud, &["eu-1"]);
    let expected = ["eu-1 does not answer; the last answer of `x.look:l` stands in"];
    let (plan, _) = process.plan(Some(&asks("one"))).await;
    assert!(plan.is_empty() && plan.steps.is_empty() && plan.deferred.is_empty(), "{:?}", words(&plan));
    assert_eq!(told(&plan), expected);
    assert_eq!(plan.answers["x.look:l"].attribute("arn"), Some(Value::str("found:one")));
    // It was not asked this.
    let (plan, _) = process.plan(Some(&asks("two"))).await;
    // What has it is left as it is recorded.
    assert_eq!((plan.has_changes(), waits(&plan)), (false, vec!["x.look:l".to_owned()]));
    assert!(run(&process, None).await.is_complete());
    let left = process.store.snapshot().unwrap();
    assert!(left.is_empty() && left.program.is_none() && !left.answers.is_empty());
    drop(process);
    let mut process = Process::start(dir.path(), &cloud).await;
    let (plan, _) = process.plan(Some(&asks("one"))).await;
    assert_eq!(
        (plan.steps.len(), plan.deferred.len(), told(&plan).as_slice()),
        (2, 0, &expected.map(str::to_owned)[..])
    );
    assert!(run(&process, Some(&asks("one"))).await.is_complete());
    // On purpose: the last answer, or else a question.
    down(&cloud, &[]);
    process.only = Some(BTreeSet::from(["eu-2".into()]));
    let before = cloud.count("look_up");
    let (plan, _) = process.plan(Some(&asks("one"))).await;
    assert_eq!(told(&plan), ["eu-1 is left out; the last answer of `x.look:l` stands in"]);
    assert!(plan.is_empty() && cloud.count("look_up") == before);
    let (plan, _) = process.plan(Some(&asks("two"))).await;
    assert_eq!((words(&plan).len(), cloud.count("look_up"), told(&plan).len()), (1, before + 1, 0));
}

#[tokio::test(start_paused = true)]
async fn answers_known_only_while_applying_are_recorded_too_and_the_newest_counts() {
    let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
    let process = Process::start(dir.path(), &cloud).await;
    let mut asks = graph(&[("x.quick:a", &[], None), ("x.look:l", &[], None)]);
    let arn = dr_core::expr::Expr::attr(&address("x.quick:a"), "arn");
    asks.nodes.get_mut(&address("x.look:l")).unwrap().args.insert("name".into(), arn);
    let (plan, _) = process.plan(Some(&asks)).await;
    assert!(plan.steps.iter().any(|s| s.action == Action::Read));
    assert!(run(&process, Some(&asks)).await.is_complete());
    let answers = process.store.snapshot().unwrap().answers;
    let args = dr_core::value::Map::from([("name".into(), Value::str("arn:id-1"))]);
    let of = |answers: &dr_core::answer::Answers| answers.get("x.look", Some(&"eu-1".into()), &args).cloned();
    assert_eq!(of(&answers).unwrap()["arn"], Value::str("found:arn:id-1"));
    // An apply that learns nothing writes nothing.
    let position = process.store.snapshot().unwrap().position;
    let (commits, _) = process.store.commits_and_flushes();
    assert!(run(&process, Some(&asks)).await.is_complete());
    assert_eq!(
        (process.store.snapshot().unwrap().position, process.store.commits_and_flushes().0),
        (position, commits)
    );
}

/// Something, and what may not be left without it, in the other region.
fn held() -> Graph {
    let mut held = graph(&[("x.quick:group", &[], None), ("west/x.named:user", &[("name", Value::str("u"))], None)]);
    let holds = dr_core::expr::Expr::attr(&address("x.quick:group"), "arn");
    held.nodes.get_mut(&address("west/x.named:user")).unwrap().args.insert("holds".into(), holds);
    held
}

#[tokio::test(start_paused = true)]
async fn what_may_be_used_by_something_begun_there_is_not_deleted() {
    for (call, denied) in [("settle", false), ("create", false), ("create", true)] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let mut process = Process::start(dir.path(), &cloud).await;
        process.refresh = true;
        match call {
            "create" => {
                cloud.lose(call, "west/x.named:user", 1);
                cloud.fail("find", "west/x.named:user", ErrorClass::Denied, usize::MAX);
            }
            _ => cloud.fail(call, "west/x.named:user", ErrorClass::Transient, usize::MAX),
        }
        assert!(!run(&process, Some(&held())).await.failed.is_empty());
        assert_eq!(process.store.open_operations().unwrap().len(), 1);
        cloud.mend();
        // Nobody can be asked what became of the user: its region is down, or refuses the question.
        match denied {
            true => cloud.fail("find", "west/x.named:user", ErrorClass::Denied, usize::MAX),
            false => down(&cloud, &["eu-2"]),
        }
        let begin = Instant::now();
        let report = run(&process, None).await;
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
        assert_eq!(cloud.count("delete"), 0, "{call}");
        if denied {
            let error = &report.failed[0].error;
            assert!(error.contains("began something with `west/x.named:user`, which may use it"), "{error}");
        } else {
            // What has an id is recorded, so the plan itself knows.
            let waits = if call == "create" { &["eu-2"][..] } else { &[] };
            let places: Vec<&str> = report.deferred.values().map(|place| &**place).collect();
            assert_eq!((&places[..], report.failed.as_slice()), (waits, &[][..]), "{call}");
            // What only changes may change.
            assert!(run(&process, Some(&sized(held(), 2))).await.failed.is_empty());
            assert_eq!(cloud.count("update"), 1);
        }
        down(&cloud, &[]);
        cloud.mend();
        assert!(run(&process, None).await.is_complete());
        assert!(cloud.ids().is_empty() && process.store.snapshot().unwrap().is_empty());
    }
}

/// The group with another size.
fn sized(mut graph: Graph, size: i64) -> Graph {
    let size = dr_core::expr::Expr::Known(Value::Int(size));
    graph.nodes.get_mut(&address("x.quick:group")).unwrap().args.insert("size".into(), size);
    graph
}

#[tokio::test(start_paused = true)]
async fn what_was_begun_in_a_region_that_is_away_moves_along() {
    for deletion in [false, true] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let process = Process::start(dir.path(), &cloud).await;
        let old = graph(&[("west/x.quick:a", &[("size", Value::Int(1))], None), ("x.quick:b", &[], None)]);
        assert!(run(&process, Some(&old)).await.is_complete());
        // An update or a deletion that an earlier run began.
        let record = Record::clone(&process.store.snapshot().unwrap().records[&address("west/x.quick:a")]);
        let (op, record) = (Str::from("interrupted"), Box::new(record));
        let event = match deletion {
            true => JournalEvent::Deleting { op, record, deposed: false },
            false => JournalEvent::Updating { op, record },
        };
        process.store.commit(StateChange::Append { event }).await.unwrap();
        // It gets another address while nobody can look at it, and something elsewhere changes.
        down(&cloud, &["eu-2"]);
        let mut new = graph(&[
            ("west/x.quick:c", &[("size", Value::Int(2))], None),
            ("x.quick:b", &[("size", Value::Int(2))], None),
        ]);
        let moves = &mut new.nodes.get_mut(&address("west/x.quick:c")).unwrap().options.moved_from;
        moves.push(address("west/x.quick:a"));
        let report = run(&process, Some(&new)).await;
        assert_eq!((report.failed.len(), report.done.len()), (0, 1), "{:?}", report.failed);
        let open = process.store.open_operations().unwrap();
        let open: Vec<&str> = open.values().map(|open| open.record().address.as_str()).collect();
        assert_eq!(open, ["west/x.quick:c"]);
        // Whoever opens the state anew sees the same.
        drop(process);
        let process = Process::start(dir.path(), &cloud).await;
        assert_eq!(process.store.open_operations().unwrap().len(), 1);
        down(&cloud, &[]);
        assert!(run(&process, Some(&new)).await.is_complete());
        let snapshot = process.store.snapshot().unwrap();
        assert_eq!(snapshot.records[&address("west/x.quick:c")].args["size"], Value::Int(2));
        assert_eq!((snapshot.records.len(), cloud.count("create")), (2, 2), "nothing is made anew");
        assert!(process.plan(Some(&new)).await.0.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_moves_to_where_something_was_begun_that_nobody_can_look_at() {
    let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
    let process = Process::start(dir.path(), &cloud).await;
    let two = graph(&[("west/x.quick:a", &[], None), ("west/x.quick:b", &[], None)]);
    cloud.lose("create", "west/x.quick:b", 1);
    cloud.fail("find", "west/x.quick:b", ErrorClass::Denied, usize::MAX);
    assert_eq!(run(&process, Some(&two)).await.failed.len(), 1);
    cloud.mend();
    let mut moved = graph(&[("west/x.quick:b", &[], None)]);
    let moves = &mut moved.nodes.get_mut(&address("west/x.quick:b")).unwrap().options.moved_from;
    moves.push(address("west/x.quick:a"));
    down(&cloud, &["eu-2"]);
    process.resume(Goal::Apply).await;
    let (plan, _) = process.propose(Some(&moved)).await;
    let said: Vec<&str> = plan.diagnostics.iter().filter(|d| d.is_error()).map(|d| &*d.message).collect();
    let [said] = &said[..] else { panic!("{said:?}") };
    assert!(said.starts_with("`west/x.quick:a` cannot become `west/x.quick:b` yet"), "{said}");
    // Once it is known, it has the address, and the other one goes.
    down(&cloud, &[]);
    assert!(run(&process, Some(&moved)).await.is_complete());
    let snapshot = process.store.snapshot().unwrap();
    assert_eq!((snapshot.records.len(), cloud.ids().len(), cloud.count("create")), (1, 1, 2));
}

//! What apply does with the steps of a plan, and with clouds that do not play along.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::time::Duration;

use common::{Fake, Fault, Notes, Room, address, identity, open, output, plan, replacing, run, step, with_prior};
use dr_core::cloud::{CloudError, ErrorClass};
use dr_core::diagnostic::Span;
use dr_core::expr::Expr;
use dr_core::graph::ReplaceOrder;
use dr_core::plan::{Action, Goal, Move, Plan, Reason, Step};
use dr_core::record::{Record, Snapshot, Unfinished};
use dr_core::value::Value;
use dr_run::{ApplyError, Report, Stack, Stale, Store, apply};

fn attr(at: &str, name: &str) -> Expr {
    Expr::attr(&address(at), name)
}

fn create(at: &str, after: &[usize], args: &[(&str, Expr)]) -> Step {
    step(Action::Create, at, after, args)
}

/// A store with what these steps make.
async fn made(dir: &tempfile::TempDir, cloud: &Fake, steps: Vec<Step>) -> (Store, Snapshot) {
    let store = open(dir.path());
    let report = run(&store, cloud, &plan("made", &Snapshot::default(), steps)).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    let snapshot = store.snapshot().unwrap();
    (store, snapshot)
}

#[tokio::test(start_paused = true)]
async fn what_was_unknown_is_computed_checked_and_recorded() {
    let dir = tempfile::tempdir().unwrap();
    let (store, cloud) = (open(dir.path()), Fake::default());
    let secret = Expr::Known(Value::str("hunter2").secret());
    let mut planned = plan(
        "1",
        &Snapshot::default(),
        vec![
            create("x.quick:a", &[], &[("password", Expr::str("clear")), ("name", secret)]),
            create(
                "x.quick:b",
                &[0],
                &[("peer", Expr::concat(vec![Expr::str("->"), attr("x.quick:a", "arn")]).unwrap())],
            ),
            step(Action::Read, "x.look:l", &[0], &[("name", attr("x.quick:a", "id"))]),
            create("x.quick:c", &[2], &[("peer", attr("x.look:l", "arn"))]),
            create("x.quick:wrong", &[0], &[("size", attr("x.quick:a", "arn"))]),
        ],
    );
    planned.steps[4].span = Some(Span { source: "p.rhai".into(), line: 7, column: 1, length: 3, former: false });
    output(&mut planned, "b", attr("x.quick:b", "peer"));
    output(&mut planned, "token", attr("x.quick:a", "token"));
    output(&mut planned, "none", attr("x.quick:wrong", "arn"));
    let report = run(&store, &cloud, &planned).await;
    let snapshot = store.snapshot().unwrap();
    let record = |at: &str| &snapshot.records[&address(at)];
    assert_eq!(record("x.quick:b").args["peer"], Value::str("->arn:id-1"));
    assert_eq!(record("x.quick:b").args["zone"], Value::str("zone-b"));
    assert_eq!(record("x.quick:c").args["peer"], Value::str("found:id-1"));
    assert_eq!(record("x.quick:a").args["password"], Value::str("clear").secret());
    assert_eq!(record("x.quick:a").args["name"], Value::str("hunter2").secret());
    assert_eq!(record("x.quick:a").outputs["token"], Value::str("hidden-id-1").secret());
    assert_eq!(record("x.quick:b").needs[0].address, address("x.quick:a"));
    assert_eq!(report.outputs["b"], Value::str("->arn:id-1"));
    assert!(report.outputs["token"].has_secret());
    assert!(!report.outputs.contains_key("none"));
    assert_eq!(snapshot.outputs, report.outputs);
    let [failure] = &report.failed[..] else { panic!("{:?}", report.failed) };
    assert!(failure.error.contains("`size` must be an integer"), "{}", failure.error);
    assert_eq!(failure.span.as_ref().map(|s| s.line), Some(7));
    assert_eq!(report.calls["x.quick create"], 3);
    assert_eq!(report.calls["x.look look_up"], 1);
    // The inner calls of one creation, in order.
    let calls: Vec<String> = cloud.log().into_iter().filter(|c| c.ends_with(":a")).collect();
    assert_eq!(calls, ["create", "settle", "configure", "settle", "read"].map(|c| format!("{c} x.quick:a")));
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_configured_there_is_nothing_to_wait_for() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake::default();
    let (store, snapshot) = made(&dir, &cloud, vec![create("x.named:n", &[], &[])]).await;
    let calls = |calls: &[&str]| calls.iter().map(|c| format!("{c} x.named:n")).collect::<Vec<_>>();
    assert_eq!(cloud.log(), calls(&["create", "settle", "configure", "read"]));
    // Nor where something that was begun is finished.
    let mut begun = snapshot;
    let record = begun.records.get_mut(&address("x.named:n")).unwrap();
    std::sync::Arc::make_mut(record).incomplete = Some(Unfinished::Begun);
    cloud.inside.lock().unwrap().log.clear();
    let step = with_prior(step(Action::Update, "x.named:n", &[], &[]), &begun.records[&address("x.named:n")]);
    assert!(run(&store, &cloud, &plan("2", &begun, vec![step])).await.is_complete());
    assert_eq!(cloud.log(), calls(&["settle", "configure", "read"]));
}

#[tokio::test(start_paused = true)]
async fn a_failure_stops_what_depends_on_it_and_nothing_else() {
    for (call, class) in
        [("create", ErrorClass::Denied), ("configure", ErrorClass::Invalid), ("read", ErrorClass::Denied)]
    {
        let dir = tempfile::tempdir().unwrap();
        let (store, cloud) = (open(dir.path()), Fake::default());
        cloud.fail(call, "x.quick:a", class, usize::MAX);
        let steps = vec![
            create("x.quick:a", &[], &[]),
            create("x.quick:b", &[0], &[]),
            create("x.quick:c", &[1], &[]),
            create("x.quick:d", &[], &[]),
        ];
        let report = run(&store, &cloud, &plan("1", &Snapshot::default(), steps)).await;
        assert_eq!((report.done.as_slice(), report.skipped.as_slice()), (&[3][..], &[1, 2][..]));
        assert_eq!((report.failed[0].step, report.failed[0].class), (Some(0), Some(class)));
        let snapshot = store.snapshot().unwrap();
        // What was made stays known, and is marked as unfinished.
        let kept = snapshot.records.get(&address("x.quick:a"));
        assert_eq!(kept.map(|r| r.incomplete), (call != "create").then_some(Some(Unfinished::Begun)));
        assert_eq!(cloud.addresses().contains(&"x.quick:a".to_owned()), call != "create");
        assert!(store.open_operations().unwrap().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn what_never_becomes_ready_is_kept_as_incomplete() {
    let dir = tempfile::tempdir().unwrap();
    let (store, cloud) = (open(dir.path()), Fake::default());
    cloud.inside.lock().unwrap().broken.push("x.quick:a");
    let report = run(&store, &cloud, &plan("1", &Snapshot::default(), vec![create("x.quick:a", &[], &[])])).await;
    assert!(report.failed[0].error.contains("it is broken"));
    let record = &store.snapshot().unwrap().records[&address("x.quick:a")];
    assert_eq!((record.incomplete, &*record.id), (Some(Unfinished::Failed), "id-1"));
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_is_resolved_by_asking_what_happened() {
    for (times, effect) in [(1, true), (1, false), (3, false)] {
        let dir = tempfile::tempdir().unwrap();
        let (store, cloud) = (open(dir.path()), Fake::default());
        match effect {
            true => cloud.lose("create", "x.quick:a", times),
            false => cloud.fail("create", "x.quick:a", ErrorClass::Transient, times),
        }
        let report = run(&store, &cloud, &plan("1", &Snapshot::default(), vec![create("x.quick:a", &[], &[])])).await;
        assert!(report.is_complete(), "{:?}", report.failed);
        assert_eq!(cloud.addresses(), ["x.quick:a"]);
        let count = |call: &str| cloud.log().iter().filter(|c| c.starts_with(call)).count();
        assert_eq!(count("find"), times);
        assert_eq!(count("create"), if effect { 1 } else { times + 1 });
    }
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_stays_lost_leaves_the_intent_open_and_the_next_run_adopts() {
    let dir = tempfile::tempdir().unwrap();
    let (store, cloud) = (open(dir.path()), Fake::default());
    cloud.lose("create", "x.quick:a", 1);
    cloud.fail("find", "x.quick:a", ErrorClass::Denied, 1);
    let report = run(&store, &cloud, &plan("1", &Snapshot::default(), vec![create("x.quick:a", &[], &[])])).await;
    assert_eq!(report.failed.len(), 1);
    assert_eq!(store.open_operations().unwrap().len(), 1);
    let room = Room::new();
    let resumption =
        dr_run::resume(&room.engine(&store, &cloud, &dr_run::Silent), &identity(), Goal::Apply).await.unwrap();
    assert_eq!(resumption.resumed[0].outcome, dr_run::Outcome::Created);
    assert_eq!(store.snapshot().unwrap().records.len(), 1);
    assert_eq!(cloud.addresses(), ["x.quick:a"]);
}

#[tokio::test(start_paused = true)]
async fn a_name_that_somebody_else_has_is_an_error_with_a_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let (store, cloud) = (open(dir.path()), Fake::default());
    let steps = vec![
        create("x.quick:a", &[], &[("name", Expr::str("n"))]),
        create("x.quick:b", &[0], &[("name", Expr::str("n"))]),
    ];
    let report = run(&store, &cloud, &plan("1", &Snapshot::default(), steps)).await;
    let failure = &report.failed[0];
    assert!(failure.error.contains("did not make it"), "{}", failure.error);
    assert!(failure.help.as_ref().is_some_and(|h| h.contains("import_id")));
    assert!(store.open_operations().unwrap().is_empty());
    assert_eq!(store.snapshot().unwrap().records.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn calls_are_made_again_as_long_as_it_helps() {
    for (call, class, times) in [
        ("create", ErrorClass::Throttled, 8),
        ("create", ErrorClass::NotYetConsistent, 8),
        ("configure", ErrorClass::Transient, 5),
        ("settle", ErrorClass::Throttled, 5),
        ("read", ErrorClass::NotYetConsistent, 5),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (store, cloud, notes, room) = (open(dir.path()), Fake::default(), Notes::default(), Room::new());
        cloud.fail(call, "x.quick:a", class, times);
        let planned = plan("1", &Snapshot::default(), vec![create("x.quick:a", &[], &[])]);
        let engine = room.engine(&store, &cloud, &notes);
        let report = apply(&engine, &planned, Snapshot::default()).await.unwrap();
        assert!(report.is_complete(), "{call} {class:?}: {:?}", report.failed);
        let told = notes.0.lock().unwrap().iter().filter(|n| n.contains("Retrying")).count();
        assert_eq!(told, times);
        assert_eq!(cloud.addresses(), ["x.quick:a"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_delete_waits_for_what_is_in_its_way_and_gives_up_in_the_end() {
    for (times, gone) in [(20, true), (usize::MAX, false)] {
        let dir = tempfile::tempdir().unwrap();
        let cloud = Fake::default();
        let (store, snapshot) = made(&dir, &cloud, vec![create("x.quick:a", &[], &[])]).await;
        cloud.fail("delete", "x.quick:a", ErrorClass::Conflict, times);
        let prior = &snapshot.records[&address("x.quick:a")];
        let planned = plan("2", &snapshot, vec![with_prior(step(Action::Delete, "x.quick:a", &[], &[]), prior)]);
        let report = run(&store, &cloud, &planned).await;
        assert_eq!(report.is_complete(), gone);
        assert_eq!(store.snapshot().unwrap().records.is_empty(), gone);
        assert!(store.open_operations().unwrap().is_empty());
        assert!(gone || report.elapsed >= Duration::from_secs(3600));
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_that_fails_halfway_records_what_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake::default();
    let (store, snapshot) = made(&dir, &cloud, vec![create("x.quick:a", &[], &[("size", Value::Int(1).into())])]).await;
    let prior = &snapshot.records[&address("x.quick:a")];
    let update = with_prior(step(Action::Update, "x.quick:a", &[], &[("size", Value::Int(2).into())]), prior);
    // The change happens; what comes after is refused.
    cloud.fail("settle", "x.quick:a", ErrorClass::Denied, 1);
    let report = run(&store, &cloud, &plan("2", &snapshot, vec![update.clone()])).await;
    assert_eq!(report.failed.len(), 1);
    let now = store.snapshot().unwrap();
    let record = &now.records[&address("x.quick:a")];
    assert_eq!((&record.args["size"], record.incomplete), (&Value::Int(2), None));
    let report = run(&store, &cloud, &plan("3", &now, vec![update])).await;
    assert!(report.is_complete());
}

/// A replacement of `x.quick:a`, which `x.quick:b` refers to.
fn replacement(snapshot: &Snapshot, order: ReplaceOrder) -> Plan {
    let prior = &snapshot.records[&address("x.quick:a")];
    let b = &snapshot.records[&address("x.quick:b")];
    let first = order == ReplaceOrder::CreateFirst;
    let make = create("x.quick:a", if first { &[] } else { &[1] }, &[("name", Expr::str("new"))]);
    let delete = step(Action::Delete, "x.quick:a", if first { &[2] } else { &[] }, &[]);
    let change = step(Action::Update, "x.quick:b", &[0], &[("peer", attr("x.quick:a", "arn"))]);
    let halves = [make, delete].map(|s| replacing(with_prior(s, prior), order));
    plan("2", snapshot, halves.into_iter().chain([with_prior(change, b)]).collect())
}

#[tokio::test(start_paused = true)]
async fn a_replacement_runs_in_both_orders_and_survives_failures() {
    for order in [ReplaceOrder::CreateFirst, ReplaceOrder::DeleteFirst] {
        for fail in [None, Some("create"), Some("delete")] {
            let dir = tempfile::tempdir().unwrap();
            let cloud = Fake::default();
            let both = vec![
                create("x.quick:a", &[], &[("name", Expr::str("old"))]),
                create("x.quick:b", &[0], &[("peer", attr("x.quick:a", "arn"))]),
            ];
            let (store, before) = made(&dir, &cloud, both).await;
            if let Some(call) = fail {
                cloud.fail(call, "x.quick:a", ErrorClass::Denied, usize::MAX);
            }
            let report = run(&store, &cloud, &replacement(&before, order)).await;
            assert_eq!(report.is_complete(), fail.is_none());
            let after = store.snapshot().unwrap();
            let name = after.records.get(&address("x.quick:a")).map(|r| r.args["name"].to_text());
            let deposed = after.deposed.iter().map(|r| r.args["name"].to_text()).collect::<Vec<_>>().join(",");
            let first = order == ReplaceOrder::CreateFirst;
            let (expected, aside) = match fail {
                None => (Some("new"), ""),
                // Nothing was made: the old one is in its place again.
                Some("create") => (first.then_some("old"), ""),
                Some(_) => (Some(if first { "new" } else { "old" }), if first { "old" } else { "" }),
            };
            assert_eq!((name.as_deref(), deposed.as_str()), (expected, aside), "{order:?} {fail:?}");
            let in_cloud = after.records.len() + after.deposed.len();
            assert_eq!(cloud.addresses().len(), in_cloud, "{order:?} {fail:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn some_steps_only_write() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake::default();
    let three = ["x.quick:a", "x.quick:b", "x.quick:c"].map(|a| create(a, &[], &[])).to_vec();
    let (store, before) = made(&dir, &cloud, three).await;
    let prior = |at: &str| before.records[&address(at)].clone();
    let mut imported = prior("x.quick:a");
    std::sync::Arc::make_mut(&mut imported).address = address("x.quick:i");
    let mut implied = with_prior(step(Action::Delete, "x.quick:b", &[], &[]), &prior("x.quick:b"));
    implied.implied_by = Some(address("x.quick:a"));
    let mut renamed = prior("x.quick:c");
    std::sync::Arc::make_mut(&mut renamed).address = address("x.quick:m");
    let mut moved = with_prior(step(Action::Record, "x.quick:m", &[], &[]), &renamed);
    moved.protect = true;
    let steps = vec![
        with_prior(step(Action::Forget, "x.quick:a", &[], &[]), &prior("x.quick:a")),
        implied,
        moved,
        with_prior(step(Action::Import, "x.quick:i", &[], &[]), &imported),
    ];
    let calls = cloud.log().len();
    let moves = vec![Move { from: address("x.quick:c"), to: address("x.quick:m") }];
    let report = run(&store, &cloud, &Plan { moves, ..plan("2", &before, steps) }).await;
    assert!(report.is_complete());
    assert_eq!(cloud.log().len(), calls, "no call is made");
    let after = store.snapshot().unwrap();
    assert_eq!(after.records.keys().map(|a| a.as_str()).collect::<Vec<_>>(), ["x.quick:i", "x.quick:m"]);
    assert!(after.records[&address("x.quick:m")].protect);
    assert_eq!(after.records[&address("x.quick:m")].id, prior("x.quick:c").id);
}

#[tokio::test(start_paused = true)]
async fn that_one_of_a_batch_is_gone_says_nothing_about_the_others() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake::default();
    let two = ["x.quick:a", "x.quick:b"];
    let (store, before) = made(&dir, &cloud, two.map(|a| create(a, &[], &[])).to_vec()).await;
    let delete = |at: &str| {
        let step = with_prior(step(Action::Delete, at, &[], &[]), &before.records[&address(at)]);
        dr_core::plan::Step { batch: Some(0), ..step }
    };
    cloud.fail("batch", "x.quick:a", ErrorClass::Gone, 1);
    let report = run(&store, &cloud, &plan("2", &before, two.map(delete).to_vec())).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    assert_eq!((cloud.count("batch"), cloud.ids().len()), (2, 0), "the call is made again");
    assert!(store.snapshot().unwrap().records.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_taken_over_is_marked_before_it_is_changed_or_recorded() {
    let size = |n| [("size", Expr::Known(Value::Int(n)))];
    for (kind, action, denied, expected) in [
        ("x.tagged", Action::Import, false, &["claim x.tagged:i"][..]),
        ("x.tagged", Action::Import, true, &["claim x.tagged:i"]),
        ("x.tagged", Action::Update, false, &["claim x.tagged:i", "update x.tagged:i"]),
        ("x.tagged", Action::Update, true, &["claim x.tagged:i"]),
        // What cannot be tagged is nobody's.
        ("x.quick", Action::Import, false, &[]),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let cloud = Fake::default();
        let there = format!("{kind}:there");
        let (store, before) = made(&dir, &cloud, vec![create(&there, &[], &size(1))]).await;
        let imported = format!("{kind}:i");
        let record = &before.records[&address(&there)];
        let op = format!("import:{}", record.id).into();
        let found = Record { address: address(&imported), op, ..Record::clone(record) };
        if denied {
            cloud.fail("claim", "x.tagged:i", ErrorClass::Denied, 1);
        }
        let mut take = with_prior(step(action, &imported, &[], &size(2)), &found);
        take.reasons = vec![Reason::Imported];
        let forget = with_prior(step(Action::Forget, &there, &[], &[]), record);
        let calls = cloud.log().len();
        let report = run(&store, &cloud, &plan("2", &before, vec![forget, take])).await;
        let changing = |call: &&String| !call.starts_with("read") && !call.starts_with("settle");
        let log = cloud.log();
        assert_eq!(log[calls..].iter().filter(changing).collect::<Vec<_>>(), expected, "{action:?}");
        assert_eq!(report.is_complete(), !denied);
        assert_eq!(store.snapshot().unwrap().records.contains_key(&address(&imported)), !denied);
        let inside = cloud.inside.lock().unwrap();
        let owner = inside.owners.get(&record.id).and_then(|owner| owner.address.clone());
        assert_eq!(owner.as_deref(), (!denied && !expected.is_empty()).then_some(&*imported));
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_service_says_of_a_call_shows_no_secret_that_it_was_given() {
    let secret = |text: &str| Expr::Known(Value::str(text).secret());
    let quoting = |call, address| Fault {
        call,
        address,
        error: CloudError::new(ErrorClass::Invalid, "x:Call", "Bad", "`hunter2` and `old-one` are not strong enough"),
        effect: false,
        times: 1,
    };
    let shown = "`(sensitive)` and `old-one` are not strong enough";
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake::default();
    let (store, before) = made(&dir, &cloud, vec![create("x.quick:a", &[], &[("password", secret("old-one"))])]).await;
    cloud.inside.lock().unwrap().faults.extend([
        quoting("create", "x.quick:new"),
        quoting("update", "x.quick:a"),
        quoting("look_up", "x.look:l"),
        quoting("create", "x.quick:open"),
    ]);
    let prior = before.records[&address("x.quick:a")].clone();
    let steps = vec![
        create("x.quick:new", &[], &[("peer", secret("hunter2"))]),
        with_prior(step(Action::Update, "x.quick:a", &[], &[("password", secret("hunter2"))]), &prior),
        step(Action::Read, "x.look:l", &[], &[("name", secret("hunter2"))]),
        create("x.quick:open", &[], &[("peer", Expr::str("hunter2"))]),
    ];
    let report = run(&store, &cloud, &plan("2", &before, steps)).await;
    let said = |at: &str| report.failed.iter().find(|f| f.address == address(at)).unwrap().error.clone();
    for at in ["x.quick:new", "x.look:l"] {
        assert!(said(at).ends_with(shown), "{}", said(at));
    }
    // What the resource had so far is as secret as what it was to get.
    assert!(said("x.quick:a").ends_with("`(sensitive)` and `(sensitive)` are not strong enough"));
    // What the program does not call secret is shown.
    assert!(said("x.quick:open").contains("hunter2"));
}

#[tokio::test(start_paused = true)]
async fn what_the_plan_knew_must_come_true() {
    let dir = tempfile::tempdir().unwrap();
    let (store, cloud) = (open(dir.path()), Fake::default());
    let mut make = create("x.quick:a", &[], &[]);
    make.known.insert("arn".into(), Value::str("another"));
    let report =
        run(&store, &cloud, &plan("1", &Snapshot::default(), vec![make, create("x.quick:b", &[0], &[])])).await;
    assert!(report.failed[0].error.contains("although the plan says \"another\""), "{}", report.failed[0].error);
    assert_eq!(report.skipped, [1]);
    assert_eq!(store.snapshot().unwrap().records[&address("x.quick:a")].incomplete, None);
}

#[tokio::test(start_paused = true)]
async fn the_first_request_to_stop_finishes_calls_in_flight_and_the_next_run_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake { timed: true, latency: Duration::from_secs(1), ..Fake::default() };
    let (store, room) = (open(dir.path()), Room::new());
    let planned = plan(
        "1",
        &Snapshot::default(),
        vec![create("y.slow:a", &[], &[]), create("x.quick:b", &[0], &[]), create("x.quick:c", &[], &[])],
    );
    let engine = room.engine(&store, &cloud, &dr_run::Silent);
    let stop = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        room.cancel.request();
    };
    let (report, ()) = tokio::join!(apply(&engine, &planned, Snapshot::default()), stop);
    let report = report.unwrap();
    assert_eq!(report.remaining, [0, 1, 2]);
    assert_eq!(report.elapsed, Duration::from_secs(1), "the calls in flight end, and nothing waits for the minute");
    // Both ids are on disk.
    assert!(
        store
            .open_operations()
            .unwrap()
            .values()
            .all(|o| matches!(o, dr_core::journal::Open::Create { record, .. } if !record.id.is_empty()))
    );
    let again = Room::new();
    let engine = again.engine(&store, &cloud, &dr_run::Silent);
    let resumption = dr_run::resume(&engine, &identity(), Goal::Apply).await.unwrap();
    assert_eq!(resumption.resumed.len(), 2);
    assert_eq!(cloud.addresses(), ["x.quick:c", "y.slow:a"]);
    assert_eq!(store.snapshot().unwrap().records.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_second_request_stops_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake { latency: Duration::from_secs(100), ..Fake::default() };
    let (store, room) = (open(dir.path()), Room::new());
    let planned = plan("1", &Snapshot::default(), vec![create("x.quick:a", &[], &[])]);
    let engine = room.engine(&store, &cloud, &dr_run::Silent);
    let stop = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        room.cancel.request();
        tokio::time::sleep(Duration::from_secs(1)).await;
        room.cancel.request();
    };
    let (report, ()) = tokio::join!(apply(&engine, &planned, Snapshot::default()), stop);
    let report: Report = report.unwrap();
    assert_eq!((report.elapsed, report.remaining), (Duration::from_secs(2), vec![0]));
    assert_eq!(store.open_operations().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn plans_for_another_state_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake::default();
    let (store, snapshot) = made(&dir, &cloud, vec![create("x.quick:a", &[], &[])]).await;
    let fresh = plan("2", &snapshot, Vec::new());
    let room = Room::new();
    let engine = room.engine(&store, &cloud, &dr_run::Silent);
    let other = dr_core::cloud::Identity { account: "2".into(), ..identity() };
    type Spoil<'a> = Box<dyn Fn(&mut Plan) + 'a>;
    let spoils: [(Spoil<'_>, &str); 5] = [
        (Box::new(|p| p.position += 1), "has changed since"),
        (Box::new(|p| p.environment = "f".into()), "for `p/f`, not for `p/e`"),
        (Box::new(|p| p.program = "q".into()), "for `q/e`, not for `p/e`"),
        (Box::new(|p| p.identity = other.clone()), "account 2"),
        (Box::new(|p| p.format += 1), "form"),
    ];
    for (spoil, message) in spoils {
        let mut stale = fresh.clone();
        spoil(&mut stale);
        let error = apply(&engine, &stale, snapshot.clone()).await.unwrap_err();
        assert!(matches!(error, ApplyError::Stale(_)));
        assert!(error.to_string().contains(message), "{error}");
    }
    assert_eq!(dr_run::check_fresh(&fresh, &Stack::new("p", "e"), &identity(), &snapshot), Ok(()));
    assert!(matches!(
        dr_run::check_fresh(&fresh, &Stack::new("p", "e"), &other, &snapshot),
        Err(Stale::Identity { .. })
    ));
    assert!(apply(&engine, &fresh, snapshot).await.unwrap().is_complete());
}

//! What a step does when the cloud does not play along, or turns out not to be as the plan thought.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::time::Duration;

use common::process::{Declared, Process, graph};
use common::{Fake, Notes, Room, Thing, address, open, plan, replacing, run, step, with_prior};
use dr_core::cloud::{CloudError, ErrorClass, TaggedResource};
use dr_core::expr::Expr;
use dr_core::graph::ReplaceOrder;
use dr_core::plan::{Action, Plan, PropertyChange, Reason, Step};
use dr_core::record::{Snapshot, Unfinished};
use dr_core::value::{Str, Value};
use dr_run::{Cancel, Report, Silent, Store, apply};

fn attr(at: &str, name: &str) -> Expr {
    Expr::attr(&address(at), name)
}

fn create(at: &str, after: &[usize], args: &[(&str, Expr)]) -> Step {
    step(Action::Create, at, after, args)
}

fn delete(snapshot: &Snapshot, at: &str, after: &[usize]) -> Step {
    with_prior(step(Action::Delete, at, after, &[]), &snapshot.records[&address(at)])
}

/// A store with what these steps make.
async fn made(dir: &tempfile::TempDir, cloud: &Fake, steps: Vec<Step>) -> (Store, Snapshot) {
    let store = open(dir.path());
    let report = run(&store, cloud, &plan("made", &Snapshot::default(), steps)).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    let snapshot = store.snapshot().unwrap();
    (store, snapshot)
}

/// Applies, and gives what was told besides.
async fn told(store: &Store, cloud: &Fake, plan: &Plan) -> (Report, Vec<String>) {
    let (notes, room) = (Notes::default(), Room::new());
    let report = apply(&room.engine(store, cloud, &notes), plan, store.snapshot().unwrap()).await.unwrap();
    let notes = notes.0.into_inner().unwrap();
    (report, notes.into_iter().filter(|n| ["Held", "Unseen", "Kept"].iter().any(|what| n.contains(what))).collect())
}

/// A group and something that holds it.
fn held() -> Vec<Step> {
    let user = create("x.named:user", &[0], &[("name", Expr::str("u")), ("holds", attr("x.quick:group", "arn"))]);
    vec![create("x.quick:group", &[], &[]), user]
}

#[tokio::test(start_paused = true)]
async fn what_holds_a_deletion_is_said_after_a_minute() {
    // What holds it stays as it is, or is changed by the same plan, or is not in the state: somebody else's, or forgotten.
    for (holder, turned_away) in [("stays", false), ("is changed", true), ("is unknown", true), ("is forgotten", false)]
    {
        let dir = tempfile::tempdir().unwrap();
        let cloud = Fake { timed: true, ..Fake::default() };
        let (store, snapshot) = made(&dir, &cloud, held()).await;
        let mut steps = vec![delete(&snapshot, "x.quick:group", &[])];
        match holder {
            "is changed" => {
                // It comes late, and no order is known between the two.
                steps.push(create("y.slow:first", &[], &[]));
                steps.push(create("y.slow:second", &[1], &[]));
                let user = &snapshot.records[&address("x.named:user")];
                steps.push(with_prior(step(Action::Update, "x.named:user", &[2], &[("name", Expr::str("u"))]), user));
            }
            "is unknown" => {
                // It lets go by itself.
                cloud.inside.lock().unwrap().things.values_mut().for_each(|thing| {
                    thing.args.remove("holds");
                });
                let error = CloudError::new(ErrorClass::Conflict, "x:Delete", "InUse", "something holds it");
                cloud.inside.lock().unwrap().faults.push(common::Fault {
                    call: "delete",
                    address: "x.quick:group",
                    error,
                    effect: false,
                    times: 20,
                });
                let record = &snapshot.records[&address("x.named:user")];
                let mut free = dr_core::record::Record::clone(record);
                free.args.remove("holds");
                free.needs.clear();
                let close = dr_run::StateChange::Close { op: "x".into(), record: std::sync::Arc::new(free) };
                store.commit(close).await.unwrap();
            }
            "is forgotten" => {
                let record = snapshot.records[&address("x.named:user")].clone();
                let tagged = TaggedResource {
                    kind: None,
                    region: None,
                    id: record.id.clone(),
                    address: Some("x.named:user".into()),
                    program: Some("p".into()),
                    op: None,
                };
                cloud.inside.lock().unwrap().swept.push(tagged);
                let remove = dr_run::StateChange::Remove { op: "rm".into(), record, deposed: false };
                store.commit(remove).await.unwrap();
            }
            _ => {}
        }
        let planned = plan("2", &store.snapshot().unwrap(), steps);
        let (report, told) = told(&store, &cloud, &planned).await;
        let now = store.snapshot().unwrap();
        assert_eq!(now.records.contains_key(&address("x.quick:group")), !turned_away, "{holder}");
        assert!(store.open_operations().unwrap().is_empty(), "{holder}");
        if turned_away {
            assert!(report.is_complete(), "{holder}: {:?}", report.failed);
            let [note] = &told[..] else { panic!("{holder}: {told:?}") };
            assert!(note.contains("something holds it"), "{note}");
            assert_eq!(note.contains("x.named:user"), holder == "is changed", "{note}");
        } else {
            let [failure] = &report.failed[..] else { panic!("{:?}", report.failed) };
            let said = match holder {
                "stays" => "`x.named:user` still uses it",
                _ => "of this stack, which its state does not know, stands in the way",
            };
            assert!(failure.error.contains("`x.named:user`") && failure.error.contains(said), "{}", failure.error);
            assert!(failure.error.contains("something holds it"), "{}", failure.error);
            assert!(failure.help.is_some());
            assert!((60..120).contains(&report.elapsed.as_secs()), "{:?}", report.elapsed);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_cannot_be_looked_at_counts_as_what_it_is() {
    for class in [ErrorClass::Denied, ErrorClass::Invalid] {
        let dir = tempfile::tempdir().unwrap();
        let cloud = Fake::default();
        let two = vec![create("x.quick:a", &[], &[]), create("x.quick:b", &[], &[])];
        let (store, snapshot) = made(&dir, &cloud, two).await;
        cloud.fail("deleted", "x.quick:a", class, usize::MAX);
        let steps = vec![delete(&snapshot, "x.quick:a", &[]), delete(&snapshot, "x.quick:b", &[0])];
        let (report, told) = told(&store, &cloud, &plan("2", &snapshot, steps)).await;
        assert!(report.is_complete(), "{class:?}: {:?}", report.failed);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(store.snapshot().unwrap().is_empty() && cloud.ids().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_whose_reply_stays_lost_is_open_and_one_that_is_refused_is_not() {
    for (call, class, stays) in [
        ("delete", ErrorClass::Transient, 1),
        ("deleted", ErrorClass::Transient, 1),
        ("delete", ErrorClass::Denied, 0),
        ("delete", ErrorClass::Conflict, 0),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let cloud = Fake::default();
        let (store, snapshot) = made(&dir, &cloud, vec![create("x.quick:a", &[], &[])]).await;
        cloud.fail(call, "x.quick:a", class, usize::MAX);
        let report = run(&store, &cloud, &plan("2", &snapshot, vec![delete(&snapshot, "x.quick:a", &[])])).await;
        assert_eq!(report.failed.len(), 1);
        assert_eq!(store.open_operations().unwrap().len(), stays, "{call}: {class:?}");
        assert_eq!(store.snapshot().unwrap().records.len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn looking_for_what_was_made_counts_as_trying() {
    let dir = tempfile::tempdir().unwrap();
    let (store, cloud, room) = (open(dir.path()), Fake::default(), Room::new());
    cloud.fail("create", "x.quick:a", ErrorClass::Transient, usize::MAX);
    let silent = dr_run::Silent;
    let engine = dr_run::Engine { patience: Duration::from_secs(30), ..room.engine(&store, &cloud, &silent) };
    let planned = plan("1", &Snapshot::default(), vec![create("x.quick:a", &[], &[])]);
    let report = apply(&engine, &planned, Snapshot::default()).await.unwrap();
    assert_eq!(report.failed[0].class, Some(ErrorClass::Transient));
    assert!((180..270).contains(&report.elapsed.as_secs()), "{:?}", report.elapsed);
    // After each call it was looked for; the next run looks once more.
    assert!(cloud.count("find") >= cloud.count("create"));
    assert_eq!(store.open_operations().unwrap().len(), 1);
}

/// A creation without an answer, whose effect is there or not. What is the only one of its name is asked for again; what
/// could be there twice is looked for first, for a while. Where the service says that it did nothing, nobody waits.
#[tokio::test(start_paused = true)]
async fn a_lost_reply_costs_patience_only_where_a_second_one_could_be_made() {
    let named = &[("name", Expr::str("n"))][..];
    for (at, args, maybe_done, effect, waits) in [
        ("x.named:a", named, true, false, false),
        ("x.named:a", named, true, true, false),
        ("x.quick:a", &[], true, false, true),
        ("x.quick:a", &[], true, true, false),
        ("x.quick:a", &[], false, false, false),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (store, cloud, room) = (open(dir.path()), Fake::default(), Room::new());
        let error = CloudError { maybe_done, ..CloudError::new(ErrorClass::Transient, "x:Create", "Lost", "") };
        let fault = common::Fault { call: "create", address: at, error, effect, times: 1 };
        cloud.inside.lock().unwrap().faults.push(fault);
        let silent = dr_run::Silent;
        let engine = dr_run::Engine { patience: Duration::from_secs(30), ..room.engine(&store, &cloud, &silent) };
        let planned = plan("1", &Snapshot::default(), vec![create(at, &[], args)]);
        let report = apply(&engine, &planned, Snapshot::default()).await.unwrap();
        assert!(report.is_complete() && cloud.ids().len() == 1, "{at} {effect}: {:?}", report.failed);
        let expected = if waits { 10..12 } else { 0..1 };
        assert!(expected.contains(&report.elapsed.as_secs()), "{at} {maybe_done} {effect}: {:?}", report.elapsed);
        assert_eq!(report.retries[&ErrorClass::Transient].count, 1);
    }
}

/// A record that follows a key: `name` is made from something of the key that is not known while planning.
fn record(name: Expr, after: &[usize], more: &[(&str, Expr)]) -> Step {
    let args: Vec<(&str, Expr)> = [("name", name)].into_iter().chain(more.iter().cloned()).collect();
    create("x.named:record", after, &args)
}

/// The key is replaced, and so is the record, whose name turns out to be this. Its other arguments are these.
fn follows(snapshot: &Snapshot, name: Expr, more: &[(&str, Expr)]) -> Plan {
    let (key, old) = (&snapshot.records[&address("x.quick:key")], &snapshot.records[&address("x.named:record")]);
    let half = |s: Step, prior| replacing(with_prior(s, prior), ReplaceOrder::CreateFirst);
    let steps = vec![
        half(create("x.quick:key", &[], &[]), key),
        half(step(Action::Delete, "x.quick:key", &[2], &[]), key),
        half(record(name, &[0], more), old),
        half(step(Action::Delete, "x.named:record", &[2], &[]), old),
    ];
    plan("2", snapshot, steps)
}

#[tokio::test(start_paused = true)]
async fn what_turns_out_to_have_the_same_name_is_kept() {
    let zone = |name: &str| Expr::concat(vec![Expr::str(name), attr("x.quick:key", "zone")]).unwrap();
    let size = |n| ("size", Expr::Known(Value::Int(n)));
    let class = |c| ("class", Expr::str(c));
    // What is different besides, and whether it can be kept.
    type Case<'a> = (&'a str, Expr, Vec<(&'a str, Expr)>, Option<&'a str>);
    let cases: [Case<'_>; 4] = [
        ("nothing", zone("in-"), vec![size(1), class("c")], Some("kept")),
        ("what can be changed", zone("in-"), vec![size(2), class("c")], Some("changed")),
        ("what cannot be changed", zone("in-"), vec![size(1), class("d")], None),
        ("the name after all", zone("of-"), vec![size(1), class("c")], Some("replaced")),
    ];
    for (different, name, more, end) in cases {
        let dir = tempfile::tempdir().unwrap();
        let cloud = Fake::default();
        let before =
            vec![create("x.quick:key", &[], &[]), record(Expr::str("in-zone-b"), &[0], &[size(1), class("c")])];
        let (store, snapshot) = made(&dir, &cloud, before).await;
        cloud.inside.lock().unwrap().log.clear();
        let (report, told) = told(&store, &cloud, &follows(&snapshot, name, &more)).await;
        let after = store.snapshot().unwrap();
        let (old, now) = (&snapshot.records[&address("x.named:record")], &after.records[&address("x.named:record")]);
        let calls = |call: &str| cloud.count(&format!("{call} x.named:record"));
        assert_eq!(report.is_complete(), end.is_some(), "{different}: {:?}", report.failed);
        let expected = match end {
            Some("replaced") => (1, 0, 1, false),
            Some("changed") => (0, 1, 0, true),
            _ => (0, 0, 0, true),
        };
        assert_eq!((calls("create"), calls("update"), calls("delete"), now.id == old.id), expected, "{different}");
        assert_eq!(told.len(), if now.id == old.id && end.is_some() { 2 } else { 0 }, "{different}: {told:?}");
        if end.is_none() {
            let failure = &report.failed[0];
            assert!(failure.error.contains("`class` cannot be changed in place"), "{}", failure.error);
            assert!(failure.help.as_ref().is_some_and(|h| h.contains("plan again")));
        } else {
            assert_eq!(after.deposed, [], "{different}");
            assert_eq!(now.needs.len(), 1, "{different}");
            let args: Vec<(Str, Value)> = now.args.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
            assert!(args.contains(&("size".into(), more[0].1.known().unwrap().clone())), "{different}: {args:?}");
        }
        let mut ids: Vec<Str> = after.records.values().chain(&after.deposed).map(|r| r.id.clone()).collect();
        ids.sort();
        assert_eq!(ids, cloud.ids(), "{different}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_follows_something_that_is_kept_stays_with_it() {
    // What else its name is made of, and whether that is as before.
    for (end, stays) in [("1", true), ("2", false)] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let user = |end: &str, after: &[usize]| {
            let name = Expr::concat(vec![attr("x.named:record", "arn"), Expr::str(end)]).unwrap();
            create("x.quick:user", after, &[("name", name)])
        };
        let before = vec![create("x.quick:key", &[], &[]), record(Expr::str("in-zone-b"), &[0], &[]), user("1", &[1])];
        let (store, snapshot) = made(&dir, &cloud, before).await;
        let old = &snapshot.records[&address("x.quick:user")];
        let half = |s: Step| replacing(with_prior(s, old), ReplaceOrder::CreateFirst);
        let mut make = half(user(end, &[2]));
        let (path, after): (Str, _) = ("name".into(), make.args.get("name").cloned());
        make.reasons =
            vec![Reason::Follows { address: address("x.named:record") }, Reason::Forced { argument: path.clone() }];
        let before = old.args.get("name").cloned();
        make.changes = vec![PropertyChange { path, before, after, forces: true, drift: false }];
        // The old one was to go along with the old record.
        let mut gone = half(step(Action::Delete, "x.quick:user", &[3, 4], &[]));
        gone.implied_by = Some(address("x.named:record"));
        let name = Expr::concat(vec![Expr::str("in-"), attr("x.quick:key", "zone")]).unwrap();
        let mut plan = follows(&snapshot, name, &[]);
        plan.steps[3].after = vec![2, 4];
        plan.steps.extend([make, gone]);
        let (report, _) = told(&store, &cloud, &plan).await;
        assert!(report.is_complete(), "{end}: {:?}", report.failed);
        let after = store.snapshot().unwrap();
        assert_eq!(after.records[&address("x.quick:user")].id == old.id, stays, "{end}");
        assert_eq!(report.kept.contains(&4), stays, "{end}");
        let mut ids: Vec<Str> = after.records.values().chain(&after.deposed).map(|r| r.id.clone()).collect();
        ids.sort();
        assert_eq!(ids, cloud.ids(), "{end}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_used_is_not_kept_under_its_name() {
    let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
    let before = vec![create("x.quick:key", &[], &[]), record(Expr::str("in-zone-b"), &[0], &[])];
    let (store, snapshot) = made(&dir, &cloud, before).await;
    let mut broken = snapshot.clone();
    let record = broken.records.get_mut(&address("x.named:record")).unwrap();
    std::sync::Arc::make_mut(record).incomplete = Some(Unfinished::Failed);
    let name = Expr::concat(vec![Expr::str("in-"), attr("x.quick:key", "zone")]).unwrap();
    let (report, _) = told(&store, &cloud, &follows(&broken, name, &[])).await;
    assert!(report.failed[0].error.contains("cannot be used"), "{:?}", report.failed);
    assert!(report.failed[0].help.as_ref().is_some_and(|h| h.contains("plan again")));
    assert_eq!(cloud.ids().len(), 3, "{:?}", cloud.ids());
}

#[tokio::test(start_paused = true)]
async fn what_another_record_has_is_not_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake::default();
    let (store, snapshot) = made(&dir, &cloud, vec![create("x.quick:a", &[], &[])]).await;
    // A service that writes over what is there gives the id of what is there.
    cloud.inside.lock().unwrap().adopts = true;
    let steps = vec![create("x.quick:b", &[], &[]), delete(&snapshot, "x.quick:a", &[0])];
    let report = run(&store, &cloud, &plan("2", &snapshot, steps)).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    assert_eq!(cloud.count("delete"), 0);
    let now = store.snapshot().unwrap();
    assert_eq!(now.records.keys().map(|a| a.as_str()).collect::<Vec<_>>(), ["x.quick:b"]);
    assert_eq!(cloud.ids(), [now.records[&address("x.quick:b")].id.clone()]);
}

#[tokio::test(start_paused = true)]
async fn what_another_address_keeps_is_not_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake::default();
    let (store, snapshot) = made(&dir, &cloud, vec![create("x.quick:a", &[], &[])]).await;
    cloud.inside.lock().unwrap().adopts = true;
    let report = run(&store, &cloud, &plan("2", &snapshot, vec![create("x.quick:b", &[], &[])])).await;
    assert_eq!(report.failed[0].error, "it is the same x.quick as `x.quick:a`, `id-1`");
    assert!(report.failed[0].help.as_ref().is_some_and(|help| help.contains("different names")));
    let now = store.snapshot().unwrap();
    assert_eq!(now.records, snapshot.records);
    assert!(store.open_operations().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_name_that_the_environment_itself_has_is_told_as_such() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake::default();
    let named = |at: &str, name: &str| create(at, &[], &[("name", Expr::str(name))]);
    let (store, snapshot) = made(&dir, &cloud, vec![named("x.named:a", "one")]).await;
    let report = run(&store, &cloud, &plan("2", &snapshot, vec![named("x.named:b", "one")])).await;
    assert!(report.failed[0].error.contains("its name belongs to `x.named:a`"), "{}", report.failed[0].error);
    // Something else of that name is made, and the first one set aside.
    let snapshot = store.snapshot().unwrap();
    let old = &snapshot.records[&address("x.named:a")];
    let first = |s: Step| replacing(with_prior(s, old), ReplaceOrder::CreateFirst);
    cloud.fail("delete", "x.named:a", ErrorClass::Denied, 1);
    let steps = vec![first(named("x.named:a", "two")), first(step(Action::Delete, "x.named:a", &[0], &[]))];
    run(&store, &cloud, &plan("3", &snapshot, steps)).await;
    let snapshot = store.snapshot().unwrap();
    assert_eq!(snapshot.deposed.len(), 1);
    let report = run(&store, &cloud, &plan("4", &snapshot, vec![named("x.named:b", "one")])).await;
    assert!(report.failed[0].error.contains("a replacement has set aside"), "{}", report.failed[0].error);
    // Somebody else's is somebody else's.
    let thing = Thing { address: "?".into(), ..cloud.inside.lock().unwrap().things["id-1"].clone() };
    let other = Thing { args: [(Str::from("name"), Value::str("three"))].into_iter().collect(), ..thing };
    cloud.inside.lock().unwrap().things.insert("id-x".into(), other);
    let snapshot = store.snapshot().unwrap();
    let report = run(&store, &cloud, &plan("5", &snapshot, vec![named("x.named:b", "three")])).await;
    assert!(report.failed[0].error.contains("`p/e` did not make it"), "{}", report.failed[0].error);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_stops_only_what_changes_it() {
    let declared = |a, b| {
        graph(&[("x.quick:a", &[("size", Value::Int(a))], None), ("x.quick:b", &[("size", Value::Int(b))], None)])
    };
    for class in [ErrorClass::Denied, ErrorClass::Transient] {
        let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
        let mut process = Process::start(dir.path(), &cloud).await;
        process.run(Some(&declared(1, 1)), &dr_run::Silent, &dr_run::Cancel::new()).await;
        process.refresh = true;
        cloud.fail("read", "x.quick:a", class, usize::MAX);
        let cases = [
            (Some(declared(1, 1)), false, "nothing changes"),
            (Some(declared(1, 2)), false, "something else changes"),
            (Some(declared(2, 1)), true, "it would be changed unseen"),
            (Some(graph(&[("x.quick:b", &[], None)])), false, "it goes, and something else stays"),
            (None, false, "everything goes"),
        ];
        for (wanted, refused, what) in cases {
            let (plan, _) = process.propose(wanted.as_ref()).await;
            let [said] = &plan.diagnostics[..] else { panic!("{what}: {:?}", plan.diagnostics) };
            assert!(said.message.contains("cannot read `x.quick:a`"), "{what}: {}", said.message);
            assert_eq!(said.help.iter().any(|h| h.contains("allowed to call `x:Call`")), class == ErrorClass::Denied);
            assert_eq!(said.is_error(), refused, "{what}");
        }
        let (_, report) = process.run(None, &dr_run::Silent, &dr_run::Cancel::new()).await;
        assert!(report.is_complete() && cloud.ids().is_empty(), "{:?}", report.failed);
    }
}

/// The id of something is its name. What somebody has deleted leaves its name to others, whoever is first.
#[tokio::test(start_paused = true)]
async fn what_is_gone_gives_its_name_away() {
    let named = |name: &'static str| [("name", Value::str(name))];
    let (n1, n2, n3) = (named("n1"), named("n2"), named("n3"));
    let cases: [(&[&str], &[Declared<'_>]); 4] = [
        (&["n1"], &[("x.quick:a", &n3, None), ("x.quick:b", &n2, None), ("x.quick:c", &n1, None)]),
        (&["n1"], &[("x.quick:b", &n2, None), ("x.quick:c", &n1, None)]),
        (&["n1", "n2"], &[("x.quick:a", &n2, None), ("x.quick:b", &n1, None)]),
        (&["n1", "n2"], &[("x.quick:c", &n2, None), ("x.quick:d", &n1, None)]),
    ];
    for (gone, nodes) in cases {
        for slow in ["x.quick:a", "x.quick:b", "x.quick:c", "x.quick:d"] {
            let (dir, cloud) = (tempfile::tempdir().unwrap(), Fake::default());
            cloud.inside.lock().unwrap().names_are_ids = true;
            let mut process = Process::start(dir.path(), &cloud).await;
            process.refresh = true;
            let first = graph(&[("x.quick:a", &n1, None), ("x.quick:b", &n2, None)]);
            process.run(Some(&first), &Silent, &Cancel::new()).await;
            cloud.inside.lock().unwrap().things.retain(|id, _| !gone.contains(&&**id));
            // One of them comes last.
            cloud.fail("create", slow, ErrorClass::Throttled, 1);
            let program = graph(nodes);
            let (_, report) = process.run(Some(&program), &Silent, &Cancel::new()).await;
            assert!(report.is_complete(), "{gone:?} {slow}: {:?}", report.failed);
            let snapshot = process.store.snapshot().unwrap();
            let mut ids: Vec<Str> = snapshot.records.values().map(|record| record.id.clone()).collect();
            ids.sort();
            assert_eq!((ids.len(), ids), (nodes.len(), cloud.ids()), "{gone:?} {slow}");
            assert!(process.plan(Some(&program)).await.0.is_empty());
        }
    }
}

//! What a plan wants to know is found out, and nothing else is touched.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use common::{Fake, Room, Thing, address, open, plan, registry, run, step, wanted};
use dr_core::cloud::{ErrorClass, Owner};
use dr_core::diagnostic::Severity;
use dr_core::expr::Expr;
use dr_core::graph::{Graph, Node, Options};
use dr_core::online::Quota;
use dr_core::plan::{Action, Refreshed};
use dr_core::record::Snapshot;
use dr_core::schema::Place;
use dr_core::value::{Map, Str, Value};
use dr_local::{DiskWorld, LocalCloud};
use dr_run::{Interrupted, Prepared, Router, Store, prepare};

/// A graph of these resources; `import:ID` among the arguments is the option.
fn graph(nodes: &[(&str, &[(&str, Expr)])]) -> Graph {
    let mut graph = Graph::default();
    for (text, args) in nodes {
        let address = address(text);
        let kind = registry().get(address.kind()).unwrap();
        let mut options = Options::default();
        let mut given = Map::new();
        for (name, value) in *args {
            match name.strip_prefix("import:") {
                Some(id) => options.import_id = Some(id.into()),
                None => {
                    given.insert(Str::from(*name), value.clone());
                }
            }
        }
        let region = (kind.place == Place::Regional).then(|| "eu-1".into());
        let node = Node { address: address.clone(), kind, region, args: given, options, site: Arc::default() };
        graph.nodes.insert(address, node);
    }
    graph
}

fn attr(at: &str, name: &str) -> Expr {
    Expr::attr(&address(at), name)
}

async fn prepared(dir: &Path, store: &Store, cloud: &Fake, graph: &Graph, refresh: bool) -> Prepared {
    let room = Room::new();
    let local = LocalCloud::new(Arc::new(DiskWorld::new(dir)), dir, "p", "e");
    let router = Router::new(&local, cloud);
    let engine = room.engine(store, &router, &dr_run::Silent);
    let snapshot = store.snapshot().unwrap();
    prepare(&engine, &wanted(graph, &snapshot, refresh)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn look_ups_are_answered_as_far_as_what_they_ask_is_certain() {
    let dir = tempfile::tempdir().unwrap();
    let (store, cloud) = (open(dir.path()), Fake::default());
    let size = |n| Expr::Known(Value::Int(n));
    let steps = ["x.quick:same", "x.quick:changed"].map(|a| step(Action::Create, a, &[], &[("size", size(1))]));
    run(&store, &cloud, &plan("1", &Snapshot::default(), steps.to_vec())).await;
    let graph = graph(&[
        ("x.quick:same", &[("size", size(1))]),
        ("x.quick:changed", &[("size", size(2))]),
        ("x.quick:new", &[("name", Expr::str("n"))]),
        ("x.look:plain", &[("name", Expr::str("a"))]),
        ("x.look:chained", &[("name", attr("x.look:plain", "arn"))]),
        ("x.look:declared", &[("name", attr("x.quick:new", "name"))]),
        ("x.look:recorded", &[("name", attr("x.quick:same", "id"))]),
        ("x.look:changed", &[("name", attr("x.quick:changed", "id"))]),
        ("x.look:unknown", &[("name", attr("x.quick:new", "id"))]),
    ]);
    let calls = cloud.log().len();
    let found = prepared(dir.path(), &store, &cloud, &graph, false).await;
    let known: BTreeSet<&str> = found.known.keys().map(|a| a.name()).collect();
    // The id of what is changed in place stays.
    assert_eq!(known, BTreeSet::from(["plain", "chained", "declared", "recorded", "changed"]));
    assert_eq!(found.known[&address("x.look:chained")]["arn"], Value::str("found:found:a"));
    assert!(found.diagnostics.is_empty());
    assert!(cloud.log()[calls..].iter().all(|c| c.starts_with("look_up")), "nothing else is called");
    assert!(store.open_operations().unwrap().is_empty());
}

/// A resource that is there and that no state knows.
fn there(cloud: &Fake, id: &str, owner: Option<(&str, &str)>) {
    let mut inside = cloud.inside.lock().unwrap();
    let (op, address) = ("by hand".into(), "".into());
    let thing = Thing { op, address, kind: "x.quick", args: Map::new(), configured: true, ready: None, going: None };
    inside.things.insert(id.into(), thing);
    if let Some((environment, program)) = owner {
        let owner = Owner { environment: environment.into(), program: program.into(), address: Some("x/y:z".into()) };
        inside.owners.insert(id.into(), owner);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_to_be_taken_over_is_read_when_nobody_else_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let (store, cloud) = (open(dir.path()), Fake::default());
    run(&store, &cloud, &plan("1", &Snapshot::default(), vec![step(Action::Create, "x.quick:a", &[], &[])])).await;
    let recorded = store.snapshot().unwrap().records[&address("x.quick:a")].id.to_string();
    there(&cloud, "free", None);
    there(&cloud, "own", Some(("e", "p")));
    there(&cloud, "environment", Some(("f", "p")));
    there(&cloud, "program", Some(("e", "q")));
    let none = || Expr::Known(Value::Null);
    for (ids, expected) in [
        (&["free"][..], None),
        (&["own"], None),
        (&["nowhere"], Some("there is no `x.quick` with the id `nowhere`")),
        (&["environment"], Some("belongs to the environment `f` of the program `p`, as `x/y:z`")),
        (&["program"], Some("belongs to the environment `e` of the program `q`")),
        (&["free", "free"], Some("`x.quick:n0` and `x.quick:n1` both take `free` over")),
        (&[recorded.as_str()], Some("is recorded already, as `x.quick:a`")),
    ] {
        let nodes: Vec<_> = ids
            .iter()
            .enumerate()
            .map(|(i, id)| (format!("x.quick:n{i}"), [(format!("import:{id}"), none())]))
            .collect();
        let nodes: Vec<(&str, Vec<(&str, Expr)>)> = nodes
            .iter()
            .map(|(a, args)| (a.as_str(), args.iter().map(|(k, v)| (k.as_str(), v.clone())).collect()))
            .collect();
        let nodes: Vec<(&str, &[(&str, Expr)])> = nodes.iter().map(|(a, args)| (*a, &args[..])).collect();
        let found = prepared(dir.path(), &store, &cloud, &graph(&nodes), false).await;
        match expected {
            None => {
                assert!(found.diagnostics.is_empty(), "{ids:?}: {:?}", found.diagnostics);
                let record = &found.imports[&address("x.quick:n0")];
                assert_eq!((&*record.id, &record.args["zone"]), (ids[0], &Value::str("zone-b")));
                assert!(record.outputs["token"].has_secret());
            }
            Some(message) => {
                let [problem] = &found.diagnostics[..] else { panic!("{ids:?}: {:?}", found.diagnostics) };
                assert!(problem.is_error() && problem.message.contains(message), "{}", problem.message);
                assert!(!problem.help.is_empty());
            }
        }
    }
    // What is recorded under its address is not asked for any more.
    let again = graph(&[("x.quick:a", &[("import:nowhere", none())])]);
    let found = prepared(dir.path(), &store, &cloud, &again, false).await;
    assert!(found.imports.is_empty() && found.diagnostics.is_empty());
    // Nor is what has moved since: it is the same one.
    let mut moved = graph(&[("x.quick:b", &[(format!("import:{recorded}").as_str(), none())])]);
    moved.nodes.get_mut(&address("x.quick:b")).unwrap().options.moved_from = vec![address("x.quick:a")];
    let found = prepared(dir.path(), &store, &cloud, &moved, false).await;
    assert!(found.imports.is_empty() && found.diagnostics.is_empty(), "{:?}", found.diagnostics);
}

#[tokio::test(start_paused = true)]
async fn archives_are_packed_to_know_them_and_made_again_when_lost() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("f")).unwrap();
    std::fs::write(dir.path().join("f/a"), "1").unwrap();
    let store = open(dir.path());
    let local = LocalCloud::new(Arc::new(DiskWorld::new(dir.path())), dir.path(), "p", "e");
    let source = [("source", Expr::str("f"))];
    let declared = graph(&[("archive.zip:a", &source), ("archive.zip:none", &[("source", Expr::str("g"))])]);
    let found = prepared(dir.path(), &store, &Fake::default(), &declared, true).await;
    let known = &found.known[&address("archive.zip:a")];
    assert!(!dir.path().join("packages").exists(), "nothing is written");
    assert!(found.diagnostics[0].message.contains('g'), "{}", found.diagnostics[0].message);
    let mut make = step(Action::Create, "archive.zip:a", &[], &source);
    make.known = known.clone();
    let report = run(&store, &local, &{
        let mut plan = plan("1", &Snapshot::default(), vec![make]);
        plan.identity = dr_core::cloud::Identity { cloud: "local".into(), account: "".into(), endpoint: None };
        plan
    })
    .await;
    assert!(report.is_complete(), "{:?}", report.failed);
    let found = prepared(dir.path(), &store, &Fake::default(), &declared, true).await;
    assert!(found.refreshed.is_empty());
    std::fs::remove_dir_all(dir.path().join("packages")).unwrap();
    let found = prepared(dir.path(), &store, &Fake::default(), &declared, false).await;
    assert_eq!(found.refreshed[&address("archive.zip:a")], Refreshed::Gone);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_told_and_a_request_to_stop_is_heeded() {
    let dir = tempfile::tempdir().unwrap();
    let (store, cloud) = (open(dir.path()), Fake::default());
    let steps = ["x.quick:a", "x.quick:b"].map(|a| step(Action::Create, a, &[], &[]));
    run(&store, &cloud, &plan("1", &Snapshot::default(), steps.to_vec())).await;
    cloud.fail("read", "x.quick:a", ErrorClass::Denied, 1);
    cloud.fail("read", "x.quick:b", ErrorClass::Throttled, 3);
    let found = prepared(dir.path(), &store, &cloud, &Graph::default(), true).await;
    let [unread] = &found.unread[..] else { panic!("{:?}", found.unread) };
    assert_eq!((&unread.address, unread.denied.as_deref()), (&address("x.quick:a"), Some("x:Call")));
    // In the order of the addresses, although the first one's reply comes last.
    cloud.fail("read", "x.quick:a", ErrorClass::Throttled, 1_000);
    cloud.fail("read", "x.quick:b", ErrorClass::Denied, 1);
    let found = prepared(dir.path(), &store, &cloud, &Graph::default(), true).await;
    let named: Vec<&str> = found.unread.iter().map(|u| u.address.as_str()).collect();
    assert_eq!(named, ["x.quick:a", "x.quick:b"]);
    let room = Room::new();
    room.cancel.request();
    let engine = room.engine(&store, &cloud, &dr_run::Silent);
    let snapshot = store.snapshot().unwrap();
    let stopped = prepare(&engine, &wanted(&Graph::default(), &snapshot, true)).await;
    assert_eq!(stopped.err(), Some(Interrupted));
}

#[tokio::test(start_paused = true)]
async fn what_the_cloud_objects_to_refuses_the_plan_at_its_line() {
    let declared = graph(&[("x.quick:a", &[]), ("x.quick:b", &[]), ("x.quick:c", &[])]);
    let mut allowed = declared.clone();
    let excused = allowed.nodes.get_mut(&address("x.quick:b")).unwrap();
    excused.options.allow.insert("O01".into(), "a higher one was granted".into());
    let left = |used| Some(Quota { most: 3, used });
    for (graph, quota, refresh, expected) in [
        (&declared, left(0), true, None),
        (&declared, left(2), true, Some(Severity::Error)),
        (&allowed, left(2), true, Some(Severity::Warning)),
        // Nobody is asked without a refresh.
        (&declared, left(2), false, None),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (store, cloud) = (open(dir.path()), Fake { quota, ..Fake::default() });
        let room = Room::new();
        let engine = room.engine(&store, &cloud, &dr_run::Silent);
        let plan = dr_run::plan(&engine, &wanted(graph, &Snapshot::default(), refresh)).await.unwrap();
        let found: Vec<_> = plan.diagnostics.iter().map(|d| (d.code.as_deref(), d.severity)).collect();
        let expected: Vec<_> = expected.into_iter().map(|severity| (Some("O01"), severity)).collect();
        assert_eq!(found, expected);
        assert_eq!(cloud.count("objections"), usize::from(refresh), "once for all of a kind and region");
    }
}

#[tokio::test(start_paused = true)]
async fn who_cannot_be_asked_is_named_and_refuses_nothing() {
    let declared = graph(&[("x.quick:a", &[])]);
    for (class, times, said) in [
        (ErrorClass::Denied, 1, Some("is not allowed to these credentials")),
        (ErrorClass::Invalid, 1, Some("failed with Code")),
        (ErrorClass::Transient, 1, None),
        // Nobody waits for long: the plan is made without the answer.
        (ErrorClass::Transient, 1_000, Some("failed with Code")),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let quota = Some(Quota { most: 3, used: 0 });
        let (store, cloud) = (open(dir.path()), Fake { quota, ..Fake::default() });
        cloud.fail("objections", "x.quick:a", class, times);
        let room = Room::new();
        let engine = room.engine(&store, &cloud, &dr_run::Silent);
        let start = tokio::time::Instant::now();
        let plan = dr_run::plan(&engine, &wanted(&declared, &Snapshot::default(), true)).await.unwrap();
        assert!(start.elapsed() < std::time::Duration::from_secs(5), "by the clock of the test");
        match said {
            None => assert!(plan.diagnostics.is_empty(), "{:?}", plan.diagnostics),
            Some(said) => {
                let [only] = &plan.diagnostics[..] else { panic!("{:?}", plan.diagnostics) };
                assert!(only.severity == Severity::Info && only.message.contains(said), "{only:?}");
            }
        }
    }
}

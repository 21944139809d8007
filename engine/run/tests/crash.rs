//! Whatever the instant at which the process dies, the next run knows what the last one did: nothing is made twice,
//! nothing is lost, nothing is left behind.
//!
//! Two ways to die. An image of disk and cloud is taken at every event of a run (every journal write, every cloud call
//! before and after its effect) and a new process starts from each. And a run with much going on at once is stopped
//! dead at every event. Both on a state on disk, and on one that machines share.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::memory::{Machine, MemoryLog};
use common::process::{Process, graph};
use common::{Fake, Thing, address, all_bytes, copy_dir};
use dr_core::address::Address;
use dr_core::expr::Expr;
use dr_core::graph::Graph;
use dr_core::value::{Map, Str, Value};
use dr_run::{Cancel, Observer, Report, Resumption, Silent};

fn name(text: &str) -> (&str, Value) {
    ("name", Value::str(text))
}

/// Six resources, one after the other.
fn first() -> Graph {
    graph(&[
        ("random.password:p", &[("length", Value::Int(20))], None),
        ("x.quick:a", &[name("a")], Some("random.password:p")),
        ("x.quick:b", &[], Some("x.quick:a")),
        ("y.slow:c", &[name("c")], Some("x.quick:b")),
        ("x.quick:late", &[name("d"), ("size", Value::Int(1))], Some("y.slow:c")),
        ("x.quick:e", &[("size", Value::Int(1))], Some("x.quick:late")),
    ])
}

/// One made anew after its old self, one before, one changed, one gone, one new.
fn second() -> Graph {
    graph(&[
        ("random.password:p", &[("length", Value::Int(20))], None),
        ("x.quick:a", &[name("a"), ("size", Value::Int(2))], Some("random.password:p")),
        ("x.quick:b", &[name("b2")], Some("x.quick:a")),
        ("y.slow:c", &[name("c")], Some("x.quick:b")),
        ("x.quick:late", &[name("d2"), ("size", Value::Int(1))], Some("y.slow:c")),
        ("x.quick:f", &[], Some("x.quick:late")),
    ])
}

/// The same without the order.
fn wide() -> Graph {
    let mut graph = first();
    for node in graph.nodes.values_mut() {
        node.args.remove("peer");
    }
    for i in 0..4 {
        let mut node = graph.nodes[&address("x.quick:b")].clone();
        node.address = address(&format!("x.quick:w{i}"));
        graph.nodes.insert(node.address.clone(), node);
    }
    graph
}

/// A process, with what must hold after it.
struct Checked<'a>(Process<'a>);

impl<'a> Checked<'a> {
    async fn start(dir: &'a Path, log: Option<&Arc<MemoryLog>>, cloud: &'a Fake) -> Checked<'a> {
        Checked(match log {
            None => Process::start(dir, cloud).await,
            Some(log) => Process::start_in(&Machine::new(log, "somebody", dir), dir, cloud).await,
        })
    }

    async fn run(&self, graph: Option<&Graph>, observer: &dyn Observer, cancel: &Cancel) -> (Resumption, Report) {
        self.0.run(graph, observer, cancel).await
    }

    /// Everything declared is there, once; nothing else is; the cloud and the state agree; nothing is left to do.
    async fn check(&self, graph: Option<&Graph>, when: &str) {
        let Process { store, cloud, .. } = &self.0;
        let snapshot = store.snapshot().unwrap();
        let wanted: Vec<&Address> = graph.iter().flat_map(|g| g.nodes.keys()).collect();
        assert_eq!(snapshot.records.keys().collect::<Vec<_>>(), wanted, "{when}");
        assert!(snapshot.deposed.is_empty(), "{when}");
        assert!(store.open_operations().unwrap().is_empty(), "{when}");
        let ids: BTreeSet<Str> =
            snapshot.records.values().filter(|r| !r.kind.starts_with("random")).map(|r| r.id.clone()).collect();
        assert_eq!(cloud.ids().into_iter().collect::<BTreeSet<_>>(), ids, "{when}");
        {
            let inside = cloud.inside.lock().unwrap();
            for record in snapshot.records.values().filter(|r| !r.kind.starts_with("random")) {
                let thing = &inside.things[&record.id];
                assert_eq!(thing.kind, &*record.kind, "{when}");
                assert!(thing.configured, "{when}");
                assert_eq!(record.incomplete, None, "{when}");
                let given: Map<Value> = record.args.iter().filter(|(k, _)| k.as_ref() != "zone").map(open).collect();
                let has: Map<Value> = thing.args.iter().filter(|(k, _)| k.as_ref() != "zone").map(open).collect();
                assert_eq!(given, has, "{when}");
            }
        }
        assert_eq!(snapshot.program.is_some(), graph.is_some(), "{when}");
        let (plan, _) = self.0.plan(graph).await;
        assert!(plan.is_empty(), "{when}: {:?}", plan.steps);
    }
}

fn open((name, value): (&Str, &Value)) -> (Str, Value) {
    (name.clone(), value.revealed())
}

/// The disk, the shared state and the cloud at one instant.
struct Image {
    when: String,
    dir: PathBuf,
    log: Option<Arc<MemoryLog>>,
    things: BTreeMap<Str, Thing>,
}

/// Takes images: as an observer after journal writes, as the cloud's hook around its effects.
#[derive(Clone)]
struct Camera {
    dir: PathBuf,
    to: PathBuf,
    log: Option<Arc<MemoryLog>>,
    images: Arc<Mutex<Vec<Image>>>,
    cloud: Arc<Fake>,
}

impl Camera {
    fn shoot(&self, when: String, things: BTreeMap<Str, Thing>) {
        let mut images = self.images.lock().unwrap();
        let dir = self.to.join(images.len().to_string());
        // An image of one instant: whatever was written while it was taken is taken again.
        loop {
            copy_dir(&self.dir, &dir);
            if all_bytes(&dir) == all_bytes(&self.dir) {
                break;
            }
        }
        let log = self.log.as_ref().map(|log| log.copy());
        images.push(Image { when, dir, log, things });
    }
}

impl Observer for Camera {
    fn on(&self, event: &dr_run::Progress<'_>) {
        let things = self.cloud.inside.lock().unwrap().things.clone();
        self.shoot(format!("{:?} {}", event.what, event.address), things);
    }
}

/// A way from one graph to another, on which the process dies, and what is wanted by whoever comes next.
struct Way {
    from: Option<Graph>,
    to: Option<Graph>,
    then: Option<Graph>,
    /// What is never made anew, by its address in the end.
    stays: &'static [&'static str],
    /// Whether nothing is made anew of what is there, and not on its way out, when the process dies.
    survives: bool,
}

impl Way {
    fn new(from: Option<Graph>, to: Option<Graph>) -> Way {
        Way { from, then: to.clone(), to, stays: &[], survives: false }
    }
}

/// The ids of what goes by these addresses; `?` for what is not there.
fn ids_of(process: &Checked<'_>, addresses: &[&str]) -> Vec<Str> {
    let snapshot = process.0.store.snapshot().unwrap();
    let id = |a: &&str| snapshot.records.get(&address(a)).map_or_else(|| Str::from("?"), |r| r.id.clone());
    addresses.iter().map(id).collect()
}

/// Takes an image at every event of a way, and starts a process from each; every third one dies once more.
async fn matrix(way: &Way) -> usize {
    matrix_on(way, None).await
}

/// The same on a state on disk and on one that machines share.
async fn matrix_on_both(way: &Way) -> usize {
    matrix(way).await.min(matrix_on(way, Some(Arc::default())).await)
}

async fn matrix_on(way: &Way, log: Option<Arc<MemoryLog>>) -> usize {
    let (dir, album) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let cloud = Arc::new(Fake { timed: true, ..Fake::default() });
    let images = Arc::new(Mutex::new(Vec::new()));
    let stayed = {
        let process = Checked::start(dir.path(), log.as_ref(), &cloud).await;
        if way.from.is_some() {
            let (_, report) = process.run(way.from.as_ref(), &Silent, &Cancel::new()).await;
            assert!(report.is_complete(), "{:?}", report.failed);
        }
        let camera = Camera {
            dir: dir.path().to_owned(),
            to: album.path().to_owned(),
            log: log.clone(),
            images: images.clone(),
            cloud: cloud.clone(),
        };
        let hook = camera.clone();
        *cloud.hook.lock().unwrap() =
            Some(Box::new(move |what, inside| hook.shoot(what.to_owned(), inside.things.clone())));
        if let Some(log) = &log {
            let hook = camera.clone();
            let shoot = move || hook.shoot("an entry".into(), hook.cloud.inside.lock().unwrap().things.clone());
            *log.hook.lock().unwrap() = Some(Box::new(shoot));
        }
        let (_, report) = process.run(way.to.as_ref(), &camera, &Cancel::new()).await;
        assert!(report.is_complete(), "{:?}", report.failed);
        if let Some(log) = &log {
            *log.hook.lock().unwrap() = None;
        }
        *cloud.hook.lock().unwrap() = None;
        process.check(way.to.as_ref(), "at the end").await;
        ids_of(&process, way.stays)
    };
    let images = std::mem::take(&mut *images.lock().unwrap());
    for (number, image) in images.iter().enumerate() {
        let cloud = Fake { timed: true, ..Fake::with(image.things.clone()) };
        let then = way.then.as_ref();
        if number % 3 == 0 {
            let process = Checked::start(&image.dir, image.log.as_ref(), &cloud).await;
            let reaper = Reaper { cancel: Cancel::new(), left: AtomicUsize::new(1 + number % 17) };
            let (resumption, report) = process.run(then, &reaper, &reaper.cancel).await;
            assert!(resumption.failed.is_empty() && report.failed.is_empty(), "{}: {:?}", image.when, report.failed);
        }
        let process = Checked::start(&image.dir, image.log.as_ref(), &cloud).await;
        let (resumption, report) = process.run(then, &Silent, &Cancel::new()).await;
        assert!(resumption.failed.is_empty(), "{}: {:?}", image.when, resumption.failed);
        assert!(report.is_complete(), "{}: {:?}", image.when, report.failed);
        process.check(then, &image.when).await;
        assert_eq!(ids_of(&process, way.stays), stayed, "{}: what was healthy is made anew", image.when);
        if way.survives {
            let healthy: Vec<&Str> = image.things.iter().filter(|(_, t)| t.going.is_none()).map(|(id, _)| id).collect();
            let lost: Vec<_> = healthy.into_iter().filter(|id| !process.0.cloud.ids().contains(id)).collect();
            assert!(lost.is_empty(), "{}: {lost:?}", image.when);
        }
        // And all of it can be destroyed; every second time it is.
        if number % 2 == 1 {
            continue;
        }
        let (_, report) = process.run(None, &Silent, &Cancel::new()).await;
        assert!(report.is_complete(), "{}: {:?}", image.when, report.failed);
        process.check(None, &image.when).await;
    }
    images.len()
}

#[tokio::test(start_paused = true)]
async fn dying_while_creating() {
    assert!(matrix_on_both(&Way::new(None, Some(first()))).await > 80);
}

#[tokio::test(start_paused = true)]
async fn dying_while_changing_and_replacing() {
    assert!(matrix_on_both(&Way::new(Some(first()), Some(second()))).await > 80);
}

#[tokio::test(start_paused = true)]
async fn dying_while_destroying() {
    assert!(matrix_on_both(&Way::new(Some(first()), None)).await > 40);
}

/// One that moves and is changed, and one that refers to it.
fn moving(at: &'static str, size: i64) -> Graph {
    let mut moving = graph(&[(at, &[("size", Value::Int(size))], None), ("x.quick:user", &[], Some(at))]);
    if at != "x.quick:old" {
        moving.nodes.get_mut(&address(at)).unwrap().options.moved_from.push(address("x.quick:old"));
    }
    moving
}

#[tokio::test(start_paused = true)]
async fn dying_while_something_moves_and_is_changed() {
    let stays = &["x.quick:new", "x.quick:user"];
    let way = Way { stays, ..Way::new(Some(moving("x.quick:old", 1)), Some(moving("x.quick:new", 2))) };
    assert!(matrix(&way).await > 10);
}

/// Two that each have a name, and one that has neither.
fn names(a: &'static str, b: &'static str) -> Graph {
    graph(&[("x.named:a", &[name(a)], None), ("x.named:b", &[name(b)], None), ("x.quick:c", &[], None)])
}

#[tokio::test(start_paused = true)]
async fn dying_while_two_exchange_their_names() {
    let way = Way { stays: &["x.quick:c"], ..Way::new(Some(names("one", "two")), Some(names("two", "one"))) };
    assert!(matrix(&way).await > 30);
}

/// A key, and a record whose name comes from something that the service chooses for the key.
fn keyed(key: &'static str, size: i64) -> Graph {
    let mut keyed =
        graph(&[("x.quick:key", &[name(key)], None), ("x.named:record", &[("size", Value::Int(size))], None)]);
    let zone = Expr::concat(vec![Expr::str("in-"), Expr::attr(&address("x.quick:key"), "zone")]).unwrap();
    keyed.nodes.get_mut(&address("x.named:record")).unwrap().args.insert("name".into(), zone);
    keyed
}

#[tokio::test(start_paused = true)]
async fn dying_while_a_successor_turns_out_to_have_the_same_name() {
    for size in [1, 2] {
        let way = Way { stays: &["x.named:record"], ..Way::new(Some(keyed("k1", 1)), Some(keyed("k2", size))) };
        assert!(matrix(&way).await > 30);
    }
}

#[tokio::test(start_paused = true)]
async fn dying_while_destroying_what_is_wanted_again() {
    let way = Way { then: Some(first()), survives: true, ..Way::new(Some(first()), None) };
    assert!(matrix(&way).await > 40);
}

#[tokio::test(start_paused = true)]
async fn dying_while_changing_and_taking_it_back() {
    let way = Way { then: Some(first()), ..Way::new(Some(first()), Some(second())) };
    assert!(matrix(&way).await > 80);
}

/// Stops the run dead at one event.
struct Reaper {
    cancel: Cancel,
    left: AtomicUsize,
}

impl Observer for Reaper {
    fn on(&self, _: &dr_run::Progress<'_>) {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.cancel.request();
            self.cancel.request();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn dying_with_much_going_on_at_once() {
    for (shared, strides) in [(false, &[1, 2, 3, 5, 7, 11, 17, 23, 31][..]), (true, &[1, 5, 17, 31])] {
        let steps = [Some(wide()), Some(second()), None];
        let mut deaths = 0;
        // Dies after so many events, again and again, until it gets through.
        for &stride in strides {
            let dir = tempfile::tempdir().unwrap();
            let log = shared.then(Arc::default);
            let cloud = Fake { timed: true, ..Fake::default() };
            for goal in &steps {
                for attempt in 0.. {
                    let process = Checked::start(dir.path(), log.as_ref(), &cloud).await;
                    let reaper = Reaper { cancel: Cancel::new(), left: AtomicUsize::new(stride + 3 * attempt) };
                    let (resumption, report) = process.run(goal.as_ref(), &reaper, &reaper.cancel).await;
                    assert!(resumption.failed.is_empty() && report.failed.is_empty(), "{:?}", report.failed);
                    if report.is_complete() && !reaper.cancel.is_requested() {
                        process.check(goal.as_ref(), &format!("stride {stride}")).await;
                        break;
                    }
                    deaths += 1;
                }
            }
        }
        assert!(deaths > 6 * strides.len(), "{deaths}");
    }
}

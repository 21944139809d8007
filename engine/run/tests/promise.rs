//! A service that does something else than it was told is found out at once, at the script's line; and what was not
//! known while planning is checked before anything is called.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use common::{Fake, Quiet, Room, address, open, wanted};
use dr_core::cloud::ErrorClass;
use dr_core::diagnostic::{Severity, Span};
use dr_core::expr::Expr;
use dr_core::graph::{Graph, Node, Options, Site};
use dr_core::plan::{Action, Plan};
use dr_core::record::Record;
use dr_core::registry::Registry;
use dr_core::schema::{Allowed, Field, Kind, Lit, NameRule, Presence, Rule, Scope, Type};
use dr_core::value::{Map, Value};
use dr_run::{Report, Store};

const MAY: Field = Field { presence: Presence::Optional, ..Field::new("", "", Type::Str) };
const RULE: &[Field] = &[Field { name: "id", ..MAY }, Field { name: "days", ty: Type::Int, ..MAY }];
const SWITCH: &[Rule] = &[Rule {
    id: "D01",
    severity: Severity::Error,
    allowed: Allowed::Only(Lit::Bool(false)),
    unless: "",
    why: "it could not be deleted",
}];
const OUTPUTS: &[Field] = &[Field::new("arn", "", Type::Str), Field::new("token", "", Type::Str)];
const ARGS: &[Field] = &[
    Field { name: "size", ty: Type::Int, ..MAY },
    Field { name: "class", ..MAY },
    Field { name: "engine", ignore_case: true, ..MAY },
    Field { name: "zones", ty: Type::List(&Type::Str), ..MAY },
    Field { name: "groups", ty: Type::List(&Type::Str), unordered: true, ..MAY },
    Field { name: "rules", ty: Type::List(&Type::Object(RULE)), ..MAY },
    Field { name: "policy", ty: Type::Policy, ..MAY },
    Field { name: "tags", ty: Type::Map(&Type::Str), tags: true, ..MAY },
    Field { name: "protection", ty: Type::Bool, rules: SWITCH, ..MAY },
    Field { name: "zone", presence: Presence::Computed, ..MAY },
];
static THING: Kind = Kind { pace: Duration::from_millis(100), ..Kind::new("x.thing", "", ARGS, OUTPUTS) };
static NAMED: Kind = Kind {
    unique: Some((&["name"], Scope::Region)),
    ..Kind::new(
        "x.named",
        "",
        &[Field {
            name: "name",
            replace: true,
            name_rule: Some(NameRule { max: 60, chars: "a-z0-9:-", prefix: "", lower: true, ending: None }),
            ..MAY
        }],
        OUTPUTS,
    )
};
/// Gives a boolean and a text that are known only once it is there.
static SOURCE: Kind = Kind::new("x.source", "", &[], OUTPUTS);

/// A node whose arguments are each on a line of their own, from 11 on in the order of their names.
fn declare(graph: &mut Graph, kind: &'static Kind, name: &str, args: Map<Expr>, allow: Map<dr_core::value::Str>) {
    let span = |line| Span { source: "p.rhai".into(), line, column: 5, length: 3, former: false };
    let lines = args.keys().zip(11..).map(|(key, line)| (key.to_string(), (span(line), span(line)))).collect();
    let address = address(&format!("{}:{name}", kind.name));
    let site = Arc::new(Site { span: Some(span(10)), keys: lines, trace: Vec::new() });
    let options = Options { allow, ..Options::default() };
    let node = Node { address: address.clone(), kind, region: Some("eu-1".into()), args, options, site };
    graph.nodes.insert(address, node);
}

fn thing(json: &str) -> Graph {
    let Value::Map(args) = Value::from_json(json).unwrap() else { panic!("{json}") };
    let mut graph = Graph::default();
    let args = args.into_iter().map(|(name, value)| (name, Expr::Known(value))).collect();
    declare(&mut graph, &THING, "a", args, Map::new());
    graph
}

struct Bench {
    dir: tempfile::TempDir,
    store: Store,
    room: Room,
}

impl Bench {
    fn new() -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        let registry = Registry::new([&THING, &NAMED, &SOURCE]);
        Bench { store, dir, room: Room { registry, ..Room::new() } }
    }

    async fn plan(&self, cloud: &Fake, graph: &Graph, refresh: bool) -> Plan {
        let engine = self.room.engine(&self.store, cloud, &dr_run::Silent);
        dr_run::plan(&engine, &wanted(graph, &self.store.snapshot().unwrap(), refresh)).await.unwrap()
    }

    async fn apply(&self, cloud: &Fake, plan: &Plan, patience: Duration) -> Report {
        assert!(!plan.is_refused(), "{:?}", plan.diagnostics);
        let engine = self.room.engine(&self.store, cloud, &dr_run::Silent);
        let engine = dr_run::Engine { patience, ..engine };
        dr_run::apply(&engine, plan, self.store.snapshot().unwrap()).await.unwrap()
    }

    fn record(&self) -> Arc<Record> {
        assert!(self.dir.path().exists());
        self.store.snapshot().unwrap().records[&address("x.thing:a")].clone()
    }
}

fn quiet(change: impl Fn(&mut Map<Value>) + Send + Sync + 'static) -> Fake {
    let quiet: Quiet = Box::new(change);
    Fake { quiet: Some(quiet), ..Fake::default() }
}

/// A service that shows this for an argument, whatever it was given.
fn showing(name: &'static str, json: &str) -> Fake {
    let value = Value::from_json(json).unwrap();
    quiet(move |args| {
        args.insert(name.into(), value.clone());
    })
}

const ALL: &str = r#"{"size":1,"class":"Large","engine":"MySQL","zones":["a","b"],"groups":["x","y"],
    "rules":[{"id":"r","days":3}],"tags":{"Team":"pay"},
    "policy":{"Statement":{"Effect":"Allow","Action":["s3:Get","s3:Put"],"Resource":"*"}}}"#;

#[tokio::test(start_paused = true)]
async fn what_a_service_changes_quietly_fails_the_step_at_the_scripts_line() {
    // In the order of their names, the arguments stand on the lines 11 to 18.
    for (name, shown, line, message) in [
        ("size", "2", 16, "`size` is 2, although the plan says 1"),
        ("class", r#""large""#, 11, "`class` is \"large\", although the plan says \"Large\""),
        ("zones", r#"["a","c"]"#, 18, "`zones.1` is \"c\""),
        ("groups", r#"["x"]"#, 13, "`groups` is [\"x\"]"),
        ("rules", r#"[{"id":"r","days":4}]"#, 15, "`rules.0.days` is 4"),
        ("tags", r#"{"Team":"ops"}"#, 17, "`tags.Team` is \"ops\""),
        ("tags", r#"{"Team":"pay","Owner":"me"}"#, 17, "`tags.Owner` is \"me\", although the plan says nothing"),
        ("policy", r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#, 14, "`policy` is "),
    ] {
        let (bench, graph, cloud) = (Bench::new(), thing(ALL), showing(name, shown));
        let plan = bench.plan(&cloud, &graph, true).await;
        let report = bench.apply(&cloud, &plan, Duration::ZERO).await;
        let [failure] = &report.failed[..] else { panic!("{name}: {:?}", report.failed) };
        assert!(failure.error.contains(message), "{}", failure.error);
        assert!(failure.help.as_ref().is_some_and(|help| help.contains(&format!("ignore_changes: [\"{name}\"]"))));
        assert_eq!(failure.span.as_ref().map(|span| span.line), Some(line), "{name}");
        assert!(failure.check.is_none() && report.notices.is_empty());
        // The record says what is there: it is not made anew, and the next plan puts it right.
        let record = bench.record();
        assert_eq!(record.args[name].to_json(), Value::from_json(shown).unwrap().to_json());
        assert!(record.incomplete.is_none());
        for refresh in [false, true] {
            let plan = bench.plan(&cloud, &graph, refresh).await;
            let actions: Vec<Action> = plan.steps.iter().map(|step| step.action).collect();
            assert_eq!(actions, [Action::Update], "{name}");
        }
        // A service that insists is told again, and nothing is forgotten.
        let report = bench.apply(&cloud, &bench.plan(&cloud, &graph, true).await, Duration::ZERO).await;
        assert!(report.failed[0].error.contains(message), "{}", report.failed[0].error);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_service_only_writes_differently_or_chooses_is_no_failure() {
    for (name, shown) in [
        ("engine", r#""mysql""#),
        ("groups", r#"["y","x"]"#),
        ("policy", r#"{"Statement":[{"Effect":"Allow","Action":["s3:Put","s3:Get"],"Resource":["*"]}]}"#),
        ("zone", r#""zone-z""#),
    ] {
        let (bench, graph, cloud) = (Bench::new(), thing(ALL), showing(name, shown));
        let plan = bench.plan(&cloud, &graph, true).await;
        let report = bench.apply(&cloud, &plan, Duration::ZERO).await;
        assert!(report.is_complete() && report.notices.is_empty(), "{name}: {:?}", report.failed);
        assert!(bench.plan(&cloud, &graph, true).await.is_empty(), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_service_sets_although_it_is_left_out_is_a_notice() {
    let (bench, graph, cloud) = (Bench::new(), thing(r#"{"class":"c"}"#), showing("size", "8"));
    let report = bench.apply(&cloud, &bench.plan(&cloud, &graph, true).await, Duration::ZERO).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    let [notice] = &report.notices[..] else { panic!("{:?}", report.notices) };
    assert!(notice.message.contains("has set `size` to 8"), "{}", notice.message);
    assert_eq!((notice.severity, notice.labels[0].span.line), (Severity::Warning, 10));
    assert_eq!(bench.record().args["size"], Value::Int(8));
}

#[tokio::test(start_paused = true)]
async fn a_change_that_takes_a_moment_to_be_seen_is_waited_for() {
    for (stale, patience, fails) in [(3, 10, false), (3, 2, true), (usize::MAX, 10, true)] {
        let reads = AtomicUsize::new(0);
        let cloud = quiet(move |args| {
            if reads.fetch_add(1, Ordering::SeqCst) < stale {
                args.insert("size".into(), Value::Int(0));
            }
        });
        let (bench, graph) = (Bench::new(), thing(r#"{"size":1}"#));
        let plan = bench.plan(&cloud, &graph, false).await;
        let report = bench.apply(&cloud, &plan, Duration::from_secs(patience)).await;
        assert_eq!(report.failed.len(), usize::from(fails), "{stale} {patience}: {:?}", report.failed);
        assert_eq!(bench.record().args["size"], Value::Int(i64::from(!fails)));
    }
}

/// A source whose attribute decides an argument of something else.
fn deciding(kind: &'static Kind, argument: &str, value: Expr, allow: Map<dr_core::value::Str>) -> Graph {
    let mut graph = Graph::default();
    declare(&mut graph, &SOURCE, "s", Map::new(), Map::new());
    declare(&mut graph, kind, "a", Map::from([(argument.into(), value)]), allow);
    graph
}

fn arn() -> Expr {
    Expr::attr(&address("x.source:s"), "arn")
}

#[tokio::test(start_paused = true)]
async fn what_becomes_known_is_refused_before_anything_is_called() {
    let bench = Bench::new();
    let cloud = Fake::default();
    // Its ARN says nothing of the environment.
    let graph = deciding(&NAMED, "name", arn(), Map::new());
    let plan = bench.plan(&cloud, &graph, true).await;
    let told: Vec<_> = plan.diagnostics.iter().map(|d| (d.severity, d.code.as_deref().unwrap_or_default())).collect();
    assert_eq!(told, [(Severity::Info, "D20")]);
    let report = bench.apply(&cloud, &plan, Duration::ZERO).await;
    let [failure] = &report.failed[..] else { panic!("{:?}", report.failed) };
    assert!(failure.error.contains("does not carry the suffix"), "{}", failure.error);
    assert_eq!((failure.check.as_deref(), failure.span.as_ref().map(|s| s.line)), (Some("D20"), Some(11)));
    assert_eq!(cloud.addresses(), ["x.source:s"], "nothing was called for what is refused");
    assert!(bench.store.open_operations().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_allowed_is_made_and_told() {
    let bench = Bench::new();
    let cloud = Fake::default();
    let graph = deciding(&NAMED, "name", arn(), Map::from([("D20".into(), "shared on purpose".into())]));
    let report = bench.apply(&cloud, &bench.plan(&cloud, &graph, true).await, Duration::ZERO).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    let [notice] = &report.notices[..] else { panic!("{:?}", report.notices) };
    assert!(notice.code.as_deref() == Some("D20") && notice.help[0].contains("shared on purpose"), "{notice:?}");
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_told_at_its_line() {
    let bench = Bench::new();
    let cloud = Fake::default();
    let graph = deciding(&THING, "size", arn(), Map::new());
    let report = bench.apply(&cloud, &bench.plan(&cloud, &graph, true).await, Duration::ZERO).await;
    let [failure] = &report.failed[..] else { panic!("{:?}", report.failed) };
    assert!(failure.error.contains("`size` must be an integer"), "{}", failure.error);
    assert_eq!((failure.of_argument, failure.span.as_ref().map(|s| s.line)), (true, Some(11)));
}

#[tokio::test(start_paused = true)]
async fn while_a_change_is_waited_for_what_was_seen_last_counts() {
    let (bench, graph, cloud) = (Bench::new(), thing(ALL), showing("size", "2"));
    let plan = bench.plan(&cloud, &graph, true).await;
    // It is seen once, and after that nobody may look.
    let forbid = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        cloud.fail("read", "x.thing:a", ErrorClass::Denied, usize::MAX);
    };
    let (report, ()) = tokio::join!(bench.apply(&cloud, &plan, Duration::from_secs(10)), forbid);
    let [failure] = &report.failed[..] else { panic!("{:?}", report.failed) };
    assert!(failure.error.contains("`size` is 2, although the plan says 1"), "{}", failure.error);
    assert_eq!(bench.record().args["size"], Value::Int(2));
}

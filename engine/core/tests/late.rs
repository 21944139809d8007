//! What a plan cannot check, because it is not known: that it says so, and that it is checked before the call.
#![allow(missing_docs, clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::cloud::Identity;
use dr_core::diagnostic::{Diagnostic, Severity, Span};
use dr_core::expr::Expr;
use dr_core::graph::{Graph, Options, Site};
use dr_core::plan::{Goal, Input, Plan, Step, check_late, propose};
use dr_core::record::Snapshot;
use dr_core::registry::Registry;
use dr_core::schema::{Allowed, Field, Kind, Lit, NameRule, Presence, Rule, Scope, Type};
use dr_core::value::{Map, Str, Value};
use support::{arn, at};

const fn rule(id: &'static str, severity: Severity, allowed: Allowed) -> Rule {
    Rule { id, severity, allowed, unless: "", why: "it would stay" }
}
const SWITCH: &[Rule] = &[rule("D01", Severity::Error, Allowed::Only(Lit::Bool(false)))];
const DAYS: &[Rule] = &[rule("D04", Severity::Error, Allowed::AtMost(7))];
const LOCKS: &[Field] = &[Field { rules: DAYS, ..Field::new("days", "", Type::Int) }];
const MAY: Field = Field { presence: Presence::Optional, ..Field::new("", "", Type::Bool) };
static DATABASE: Kind = Kind {
    unique: Some((&["name"], Scope::Region)),
    ..Kind::new(
        "t.database",
        "",
        &[
            Field {
                name: "name",
                ty: Type::Str,
                name_rule: Some(NameRule { max: 60, chars: "a-z0-9-", prefix: "", lower: true, ending: None }),
                ..MAY
            },
            Field { name: "protection", rules: SWITCH, ..MAY },
            Field { name: "locks", ty: Type::Map(&Type::List(&Type::Object(LOCKS))), ..MAY },
            Field { name: "gone", rules: &[rule("D08", Severity::Error, Allowed::Absent)], ..MAY },
            Field { name: "noted", rules: &[rule("D10", Severity::Warning, Allowed::Only(Lit::Bool(false)))], ..MAY },
        ],
        &[],
    )
};
static SOURCE: Kind = Kind::new("t.source", "", &[], &[Field::new("arn", "", Type::Any)]);

fn span(line: u32) -> Span {
    Span { source: "p.rhai".into(), line, column: 3, length: 4, former: false }
}

/// A database whose arguments are each on a line of their own: `name` on line 11, and so on.
fn planned(args: &[(&str, Expr)], allow: Map<Str>) -> Plan {
    let mut graph = Graph::default();
    let source = support::node(&SOURCE, "t.source:s", Map::new(), Options::default());
    graph.nodes.insert(source.address.clone(), source);
    let args: Map<Expr> = args.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
    let mut node = support::node(&DATABASE, "t.database:d", args, Options { allow, ..Options::default() });
    let keys = [("name", 11), ("protection", 12), ("locks", 13), ("locks.a.0.days", 14), ("noted", 15)];
    let keys = keys.into_iter().map(|(path, line)| (path.to_owned(), (span(line), span(line)))).collect();
    node.site = Arc::new(Site { span: Some(span(10)), keys, trace: Vec::new() });
    graph.nodes.insert(node.address.clone(), node);
    propose(&Input {
        goal: Goal::Apply,
        graph: &graph,
        snapshot: &Snapshot::default(),
        refreshed: &BTreeMap::new(),
        known: &BTreeMap::new(),
        imports: &BTreeMap::new(),
        away: &Default::default(),
        aim: dr_core::selection::Aim::everything(),
        lift: false,
        registry: &Registry::new([&DATABASE, &SOURCE]),
        environment: "pr-1",
        program: &"p".into(),
        identity: &Identity { cloud: "test".into(), account: "1".into(), endpoint: None },
        team: None,
    })
}

fn step(plan: &Plan) -> Step {
    plan.steps.iter().find(|step| step.address == at("t.database:d")).unwrap().clone()
}

fn name() -> Expr {
    Expr::str("d-pr-1")
}

/// What is found once the source has this for its attribute: check, severity, line.
fn late(plan: &Plan, value: &Value) -> Vec<(String, Severity, u32)> {
    let step = step(plan);
    let known = |e: &Expr| e.reduce(&mut |_| Some(value.clone())).unwrap().into_known().unwrap();
    let args = step.args.iter().map(|(name, e)| (name.clone(), known(e))).collect();
    let found = check_late(plan, &step, &DATABASE, &args, &[]);
    found.iter().map(|d| (d.code.as_deref().unwrap().to_owned(), d.severity, d.labels[0].span.line)).collect()
}

fn told(plan: &Plan) -> Vec<(String, u32)> {
    let infos = plan.diagnostics.iter().filter(|d: &&Diagnostic| d.message.contains("is checked when it is known"));
    infos.map(|d| (d.code.as_deref().unwrap().to_owned(), d.labels[0].span.line)).collect()
}

#[test]
fn what_is_not_known_is_told_by_the_plan_and_checked_at_its_line() {
    let unknown = || arn("t.source:s");
    let days = |e: Expr| {
        let block = Expr::map(Map::from([("days".into(), e)]));
        Expr::map(Map::from([("a".into(), Expr::list(vec![block]))]))
    };
    let whole = Value::from_json(r#"{"x":[{"days":9},{"days":1}]}"#).unwrap();
    for (argument, expr, check, line, bad, good) in [
        ("protection", unknown(), "D01", 12, Value::Bool(true), Value::Bool(false)),
        ("locks", days(unknown()), "D04", 14, Value::Int(8), Value::Int(7)),
        ("locks", unknown(), "D04", 13, whole, Value::from_json("{}").unwrap()),
        ("name", unknown(), "D20", 11, Value::str("orders"), Value::str("orders-pr-1")),
    ] {
        let mut args = vec![("name", name()), (argument, expr)];
        args.dedup_by_key(|(name, _)| *name);
        if argument == "name" {
            args = vec![("name", unknown())];
        }
        let plan = planned(&args, Map::new());
        assert!(!plan.is_refused(), "{:?}", plan.diagnostics);
        assert_eq!(told(&plan), [(check.to_owned(), line)], "{argument}");
        assert_eq!(late(&plan, &bad), [(check.to_owned(), Severity::Error, line)], "{argument}");
        assert_eq!(late(&plan, &good), [], "{argument}");
    }
}

#[test]
fn what_was_known_is_not_checked_twice_and_what_is_allowed_only_warns() {
    let allow = Map::from([("D01".into(), "a rehearsal".into())]);
    let plan = planned(&[("name", name()), ("protection", arn("t.source:s"))], allow);
    assert_eq!(told(&plan), [], "an allowed check refuses nothing");
    assert_eq!(late(&plan, &Value::Bool(true)), [("D01".to_owned(), Severity::Warning, 12)]);
    let plan = planned(&[("name", Expr::str("orders")), ("noted", arn("t.source:s"))], Map::new());
    assert!(plan.is_refused(), "the name is known");
    assert_eq!(told(&plan), [], "what only warns is not announced");
    assert_eq!(late(&plan, &Value::Bool(true)), [("D10".to_owned(), Severity::Warning, 15)]);
    // Whatever it is, it is given.
    let plan = planned(&[("name", name()), ("gone", arn("t.source:s"))], Map::new());
    assert!(plan.is_refused() && told(&plan).is_empty(), "{:?}", plan.diagnostics);
}

#[test]
fn a_stored_step_knows_the_places_of_its_arguments() {
    let plan = planned(&[("name", name()), ("locks", arn("t.source:s"))], Map::new());
    let text = serde_json::to_string(&step(&plan)).unwrap();
    let step: Step = serde_json::from_str(&text).unwrap();
    let line = |path: &[&str]| step.place(&path.iter().map(|p| (*p).into()).collect::<Vec<_>>()).unwrap().line;
    assert_eq!(line(&["name"]), 11);
    assert_eq!(line(&["locks", "a", "0", "days"]), 14);
    assert_eq!(line(&["locks", "b", "0"]), 13, "the innermost key around");
    assert_eq!(line(&["protection"]), 10, "not given: the resource");
    assert_eq!(line(&[]), 10);
}

#[test]
fn attributes_that_others_count_on_are_noted_at_the_step() {
    let path = || Expr::attr(&at("t.store:s"), "path");
    let program = |size: i64, class: &str, mentioned: bool| {
        let store = [("name", Expr::str("s")), ("size", support::int(size)), ("class", Expr::str(class))];
        let note = [("note", if mentioned { path() } else { Expr::str("n") })];
        support::graph(&[("t.store:s", &store), ("t.node:n", &note)])
    };
    let before = support::applied(&program(1, "a", true));
    let known = |plan: &Plan| -> Vec<(String, String)> {
        let made = plan.steps.iter().filter(|s| s.address == at("t.store:s") && !s.args.is_empty());
        made.flat_map(|s| s.known.iter().map(|(k, v)| (k.to_string(), v.to_string()))).collect()
    };
    let noted = [("path".to_owned(), "\"stores/r1/s\"".to_owned())];
    assert_eq!(known(&support::plan(&program(2, "a", true), &before)), noted, "changed in place");
    assert_eq!(known(&support::plan(&program(1, "b", true), &before)), noted, "made anew under its name");
    assert_eq!(known(&support::plan(&program(2, "a", false), &before)), [], "nobody counts on it");
    assert_eq!(known(&support::plan(&program(1, "a", true), &Snapshot::default())), [], "it waits");
}

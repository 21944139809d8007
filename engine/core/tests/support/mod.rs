//! A small world for planner tests: graphs in a few words, and a model that carries a plan out.
#![allow(missing_docs, dead_code, clippy::unwrap_used, clippy::panic)]

mod kinds;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dr_core::address::Address;
use dr_core::cloud::Identity;
use dr_core::expr::{AttrRef, Expr};
use dr_core::graph::{Graph, Node, Options, ReplaceOrder, Site};
use dr_core::plan::{Action, Goal, Input, Plan, Refreshed, propose};
use dr_core::record::{Record, Snapshot};
use dr_core::region::Aways;
use dr_core::registry::Registry;
use dr_core::schedule::{Scheduler, StepEnd, Task};
use dr_core::schema::{Kind, Place, Presence, Scope};
use dr_core::selection::Aim;
use dr_core::value::{Map, Str, Value};
pub use kinds::*;

pub fn at(address: &str) -> Address {
    Address::parse(address).unwrap()
}
pub fn arn(address: &str) -> Expr {
    Expr::attr(&at(address), "arn")
}
pub fn text(s: &str) -> Expr {
    Expr::str(s)
}
pub fn int(i: i64) -> Expr {
    Expr::Known(Value::Int(i))
}

/// A graph from `(address, [(argument, expression)])`.
pub fn graph(nodes: &[(&str, &[(&str, Expr)])]) -> Graph {
    let mut graph = Graph { program: "p".into(), ..Graph::default() };
    for (address, args) in nodes {
        declare(&mut graph, address, args.iter().map(|(k, v)| ((*k).into(), v.clone())).collect(), Options::default());
    }
    graph
}
pub fn declare(graph: &mut Graph, address: &str, mut args: Map<Expr>, options: Options) {
    let address = at(address);
    let kind = registry().get(address.kind()).unwrap();
    for field in kind.args {
        if let Presence::Default(default) = field.presence {
            args.entry(field.name.into()).or_insert_with(|| Expr::Known(default.value()));
        }
    }
    graph.nodes.insert(address.clone(), node(kind, address.as_str(), args, options));
}
pub fn node(kind: &'static Kind, address: &str, args: Map<Expr>, options: Options) -> Node {
    let region = (kind.place == Place::Regional).then(|| "r1".into());
    Node { address: at(address), kind, region, args, options, site: Arc::new(Site::default()) }
}

/// Puts a resource into a region.
pub fn put(graph: &mut Graph, address: &str, region: &str) {
    graph.nodes.get_mut(&at(address)).unwrap().region = Some(region.into());
}

#[derive(Default)]
pub struct Asked {
    pub refreshed: BTreeMap<Address, Refreshed>,
    pub known: BTreeMap<Address, Map<Value>>,
    pub imports: BTreeMap<Address, Arc<Record>>,
    pub away: Aways,
    pub aim: Aim,
    pub lift: bool,
}

pub fn plan_with(goal: Goal, graph: &Graph, snapshot: &Snapshot, asked: &Asked) -> Plan {
    propose(&Input {
        goal,
        graph,
        snapshot,
        refreshed: &asked.refreshed,
        known: &asked.known,
        imports: &asked.imports,
        away: &asked.away,
        aim: &asked.aim,
        lift: asked.lift,
        registry: &registry(),
        environment: "pr-1",
        program: &"p".into(),
        identity: &Identity { cloud: "test".into(), account: "1".into(), endpoint: None },
        team: None,
    })
}
pub fn plan(graph: &Graph, snapshot: &Snapshot) -> Plan {
    plan_with(Goal::Apply, graph, snapshot, &Asked::default())
}

/// The steps in a few words: `create t.store:a`.
pub fn words(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(|s| format!("{:?} {}", s.action, s.address).to_lowercase()).collect()
}

/// Carries a plan out on a model of a cloud that refuses what a real one would: creating a name twice, using what is
/// not there, deleting what is blocked. `pick` chooses among ready steps. Returns the new state.
pub fn carry_out(plan: &Plan, before: &Snapshot, mut pick: impl FnMut(usize) -> usize) -> Snapshot {
    assert!(!plan.is_refused(), "{:?}", plan.diagnostics);
    let registry = registry();
    let tasks: Vec<Task> = plan
        .steps
        .iter()
        .map(|s| Task { after: s.after.clone(), cost: Duration::from_millis(s.typical_ms), ..Task::default() })
        .collect();
    let mut scheduler = Scheduler::new(&tasks).unwrap();
    let mut state = dr_core::plan::carry_out(&plan.moves, before.clone());
    let mut ready = Vec::new();
    loop {
        ready.extend(std::iter::from_fn(|| scheduler.ready()));
        if ready.is_empty() {
            break;
        }
        let i = ready.swap_remove(pick(ready.len()) % ready.len());
        perform(plan, i, &mut state, &registry);
        scheduler.on(StepEnd::Done(i));
    }
    assert!(scheduler.is_finished());
    state.position += 1;
    state.outputs =
        plan.outputs.iter().filter_map(|(k, o)| Some((k.clone(), evaluate(o.after.as_ref()?, &state)))).collect();
    state
}

fn evaluate(expr: &Expr, state: &Snapshot) -> Value {
    let reduced = expr.reduce(&mut |r: &AttrRef| state.records.get(&r.address)?.attribute(&r.attr)).unwrap();
    reduced.known().unwrap_or_else(|| panic!("{expr} uses what is not there")).clone()
}

fn perform(plan: &Plan, i: usize, state: &mut Snapshot, registry: &Registry) {
    let step = &plan.steps[i];
    let kind = registry.get(&step.kind).unwrap();
    match step.action {
        Action::Create | Action::Update => {
            let args: Map<Value> = step.args.iter().map(|(k, e)| (k.clone(), evaluate(e, state))).collect();
            let (op, mut revision) = (plan.op(i), 0);
            let old = state.records.get(&step.address).cloned();
            let mut id: Str = format!("id-{op}").into();
            if let (Action::Update, Some(prior)) = (step.action, &step.prior) {
                id = prior.id.clone();
                revision = prior.outputs.get("revision").and_then(Value::as_int).unwrap_or(0) + 1;
                state.records.remove(&prior.address);
            } else if let Some(old) = old {
                match step.replacement {
                    Some(ReplaceOrder::CreateFirst) => state.deposed.push(old),
                    None => assert_eq!(step.prior, None, "only what is gone is made again without being replaced"),
                    Some(ReplaceOrder::DeleteFirst) => panic!("{} is still there", step.address),
                }
            }
            if let Some((fields, scope)) = kind.unique {
                let name = |a: &Map<Value>| fields.iter().map(|f| a.get(*f).cloned()).collect::<Vec<_>>();
                let live =
                    state.records.values().chain(&state.deposed).filter(|r| r.address != step.address || r.id != id);
                let taken = live
                    .filter(|r| r.kind == step.kind && (scope != Scope::Region || r.region == step.region))
                    .any(|r| name(&r.args) == name(&args) && name(&args).iter().all(Option::is_some));
                assert!(!taken, "the name of {} is taken", step.address);
            }
            let mut outputs = Map::from([("arn".into(), Value::from(format!("arn:{id}")))]);
            if let (Some(_), Some(name)) = (kind.output("path"), args.get("name")) {
                outputs.insert("path".into(), Value::from(format!("stores/r1/{}", name.to_text())));
            }
            if kind.output("revision").is_some() {
                outputs.insert("revision".into(), Value::Int(revision));
            }
            state.records.insert(
                step.address.clone(),
                Arc::new(Record {
                    address: step.address.clone(),
                    kind: step.kind.clone(),
                    region: step.region.clone(),
                    id,
                    args,
                    outputs,
                    needs: step.needs.clone(),
                    given: step.given.clone(),
                    protect: step.protect,
                    incomplete: None,
                    switched: Map::new(),
                    tagged_as: None,
                    op,
                    span: None,
                }),
            );
        }
        Action::Delete => {
            let prior = step.prior.as_ref().unwrap();
            if step.implied_by.is_none() {
                for other in state.records.values().chain(&state.deposed).filter(|r| r.op != prior.op) {
                    let other_kind = registry.get(&other.kind).unwrap();
                    for field in other_kind.args {
                        let along = other_kind.deleted_with == Some(field.name);
                        let Some(reference) = field.refers.filter(|r| r.blocks_delete && !along) else { continue };
                        // A name means what is in the same region, where something is.
                        let near = reference.attr() != "name" || [&other.region, &None].contains(&&prior.region);
                        let is = (near && reference.kind() == &*prior.kind).then(|| prior.attribute(reference.attr()));
                        let refers = match (other.args.get(field.name), is.flatten()) {
                            (Some(Value::List(items)), Some(is)) => items.contains(&is),
                            (value, is) => is.is_some() && value == is.as_ref(),
                        };
                        assert!(!refers, "{} is deleted while {} uses it", prior.address, other.address);
                    }
                }
            } else {
                let parent = kind.deleted_with.and_then(|f| prior.args.get(f)).unwrap();
                let alive = state.records.values().chain(&state.deposed).any(|r| r.outputs.get("arn") == Some(parent));
                assert!(!alive, "{} is dropped before its parent is gone", prior.address);
            }
            state.records.retain(|_, r| r.op != prior.op);
            state.deposed.retain(|r| r.op != prior.op);
        }
        Action::Record => {
            let prior = step.prior.as_ref().unwrap();
            state.records.remove(&prior.address);
            let record = Record {
                address: step.address.clone(),
                needs: step.needs.clone(),
                given: step.given.clone(),
                protect: step.protect,
                ..(**prior).clone()
            };
            state.records.insert(step.address.clone(), Arc::new(record));
        }
        Action::Forget => {
            state.records.remove(&step.address);
        }
        Action::Read | Action::Import => {}
    }
}

pub fn applied(graph: &Graph) -> Snapshot {
    let empty = Snapshot::default();
    carry_out(&plan(graph, &empty), &empty, |_| 0)
}

//! The contract: how everything that a plan leaves there will go, when the environment is destroyed.
//!
//! What is there once the plan is carried out is what was recorded, with the plan's steps on top. Its deletions are put
//! into order by the same rules as those of a destroy, so that both tell the same: in which order, how long it takes, and
//! what is left. For a value that is not known yet stands the name of its attribute, which no other value is equal to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use crate::address::Address;
use crate::checks::{self, Check};
use crate::diagnostic::Severity;
use crate::expr::{AttrRef, Expr};
use crate::plan::hold::Holds;
use crate::plan::moves::carried_out;
use crate::plan::order::{self, Facts, Stuck};
use crate::plan::steps::{millis, removal};
use crate::plan::{Action, Plan, Reason, Step, linger};
use crate::record::{Record, Snapshot};
use crate::registry::Registry;
use crate::schedule::{Task, earliest};
use crate::schema::Presence;
use crate::traces::{Holding, Residue};
use crate::value::{Map, Str, Value, intern};

/// How an environment will go.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Contract {
    /// Every resource, in the order of waves and addresses.
    pub departures: Vec<ContractRow>,
    /// How long it takes if everything takes its typical time.
    pub estimate_ms: u64,
    /// What is left for a while.
    pub leaves: Vec<LeftBehind>,
    /// How many findings of the plan say that something would block or survive it.
    pub blockers: usize,
    /// How many such findings the program allows.
    pub allowed: usize,
    /// Deletions that wait for each other, if any do.
    pub stuck: Vec<Address>,
}

/// How one resource will go.
#[derive(Debug, Clone, PartialEq)]
pub struct ContractRow {
    /// The resource.
    pub address: Address,
    /// Its region.
    pub region: Option<Str>,
    /// Its wave: it goes when everything of earlier waves that it waits for is gone. The first is 1.
    pub wave: usize,
    /// When it can go at the earliest.
    pub start_ms: u64,
    /// How long that takes.
    pub takes_ms: u64,
    /// The resource whose deletion takes it along.
    pub along: Option<Address>,
    /// What it holds on to after that.
    pub holds: Option<Holding>,
}

/// What is left of several resources, for the same time.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftBehind {
    /// What it is.
    pub what: Residue,
    /// For how long.
    pub lasts: Duration,
    /// Whose it is.
    pub of: Vec<Address>,
}

impl Contract {
    /// Whether everything can go.
    pub fn is_kept(&self) -> bool {
        self.blockers == 0 && self.stuck.is_empty()
    }

    /// How long it takes if everything takes its typical time.
    pub fn estimate(&self) -> Duration {
        Duration::from_millis(self.estimate_ms)
    }
}

/// How everything will go that is there once a plan is carried out; of a plan that destroys, how everything goes.
/// `before` is the state that it was made from.
pub fn contract(plan: &Plan, before: &Snapshot, registry: &Registry) -> Contract {
    if plan.destroy {
        let deletions = plan.steps.iter().filter(|step| step.action == Action::Delete).count();
        // What else a destroy does takes no part in the order: everything in it is deleted or forgotten.
        return if deletions == 0 { Contract::default() } else { told(&plan.steps, registry, plan) };
    }
    let mut steps: Vec<Step> = after(plan, before, registry)
        .into_iter()
        .map(|record| removal(registry, record, Action::Delete, vec![Reason::Destroy]))
        .collect();
    steps.sort_by(|a, b| a.address.cmp(&b.address));
    let facts = Facts { registry, holds: &Holds::default(), chosen: &BTreeSet::new() };
    match order::arrange(&mut steps, &facts) {
        Ok(_) => told(&steps, registry, plan),
        Err(stuck) => {
            let numbers = match stuck {
                Stuck::Cycle { steps, .. } => steps,
                Stuck::Held { step, .. } => vec![step],
            };
            let stuck = numbers.iter().filter_map(|&i| Some(steps.get(i)?.address.clone())).collect();
            let (blockers, allowed) = findings(plan);
            Contract { stuck, blockers, allowed, ..Contract::default() }
        }
    }
}

/// The findings that say that something would block or survive a destroy: those that refuse the plan, and those that the
/// program allows. That a name carries no suffix stands in nobody's way but another environment's.
fn findings(plan: &Plan) -> (usize, usize) {
    let check = |id: &Str| checks::find(id).filter(|c| c.is_of_destroyability() && c.id != "D20");
    let found = plan.diagnostics.iter().filter_map(|d| Some((d.severity, d.code.as_ref().and_then(check)?)));
    let refused = found.clone().filter(|(severity, _)| *severity == Severity::Error).count();
    let is_allowed = |check: &Check, severity| severity == Severity::Warning && check.severity == Some(Severity::Error);
    (refused, found.filter(|(severity, check)| is_allowed(check, *severity)).count())
}

/// What arranged deletions come to.
fn told(steps: &[Step], registry: &Registry, plan: &Plan) -> Contract {
    let tasks = linger::tasks(steps, registry);
    // The steps were arranged: none waits for itself.
    let starts = earliest(&tasks).unwrap_or_else(|_| vec![Duration::ZERO; steps.len()]);
    let ends = starts.iter().zip(&tasks).map(|(start, task)| *start + task.cost);
    let (blockers, allowed) = findings(plan);
    let mut contract =
        Contract { estimate_ms: millis(ends.max().unwrap_or_default()), blockers, allowed, ..Contract::default() };
    let waves = waves(steps);
    let mut left: BTreeMap<(&str, Duration), LeftBehind> = BTreeMap::new();
    for (i, step) in steps.iter().enumerate().filter(|(_, step)| step.action == Action::Delete) {
        contract.departures.push(ContractRow {
            address: step.address.clone(),
            region: step.region.clone(),
            wave: waves[i],
            start_ms: millis(starts[i]),
            takes_ms: step.typical_ms,
            along: step.implied_by.clone(),
            holds: linger::held(step, registry),
        });
        let residue = registry.get(&step.kind).and_then(|kind| kind.leaves);
        if let (Some(what), Some(prior)) = (residue, &step.prior)
            && let Some(lasts) = what.of(&prior.args)
        {
            let all = left.entry((what.many, lasts)).or_insert_with(|| LeftBehind { what, lasts, of: Vec::new() });
            all.of.push(step.address.clone());
        }
    }
    contract.departures.sort_by(|a, b| (a.wave, &a.address).cmp(&(b.wave, &b.address)));
    contract.leaves = left.into_values().collect();
    contract
}

/// The wave of each step: one after the latest wave of what it waits for. What goes along with something goes in its wave.
fn waves(steps: &[Step]) -> Vec<usize> {
    let unit = |step: &Step| Task {
        after: step.after.clone(),
        cost: Duration::from_secs(u64::from(step.implied_by.is_none())),
        lags: Vec::new(),
    };
    let units: Vec<_> = steps.iter().map(unit).collect();
    let starts = earliest(&units).unwrap_or_else(|_| vec![Duration::ZERO; steps.len()]);
    let waves = starts.iter().zip(&units).map(|(start, unit)| start.as_secs() + unit.cost.as_secs());
    waves.map(|wave| usize::try_from(wave).unwrap_or(usize::MAX)).collect()
}

/// What is there once a plan is carried out.
pub(super) fn after(plan: &Plan, before: &Snapshot, registry: &Registry) -> Vec<Arc<Record>> {
    let before = &*carried_out(&plan.moves, before);
    let gone: BTreeSet<&Str> = plan
        .steps
        .iter()
        .filter(|step| matches!(step.action, Action::Delete | Action::Forget))
        .filter_map(|step| Some(&step.prior.as_ref()?.op))
        .collect();
    let makes = |step: &&Step| matches!(step.action, Action::Create | Action::Update | Action::Import | Action::Record);
    let made: BTreeMap<&Address, &Step> = plan.steps.iter().filter(makes).map(|step| (&step.address, step)).collect();
    let stays = |record: &&Arc<Record>| !gone.contains(&record.op);
    let kept = before.records.values().filter(stays).filter(|record| !made.contains_key(&record.address));
    let kept = kept.chain(before.deposed.iter().filter(stays)).cloned();
    let foreseen = Foreseen { made: &made, registry };
    kept.chain(made.values().map(|step| Arc::new(foreseen.record(step)))).collect()
}

/// What will be made, as far as a deletion asks for it.
struct Foreseen<'a> {
    made: &'a BTreeMap<&'a Address, &'a Step>,
    registry: &'a Registry,
}

impl Foreseen<'_> {
    /// The record that a step will leave.
    fn record(&self, step: &Step) -> Record {
        let prior = step.prior.as_deref().filter(|_| step.action != Action::Create);
        let kind = self.registry.get(&step.kind);
        let own = |attr: &'static str| Some((intern(attr), self.attribute(step, attr, 0)));
        let mut outputs: Map<Value> = prior.map(|prior| prior.outputs.clone()).unwrap_or_default();
        let mut args: Map<Value> =
            step.args.iter().filter_map(|(name, value)| Some((name.clone(), self.value(value, 0)?))).collect();
        if prior.is_none() {
            outputs.extend(kind.map(|kind| kind.outputs).unwrap_or_default().iter().filter_map(|f| own(f.name)));
        }
        outputs.extend(step.known.clone());
        // What the service chooses stays as it is, or is not known yet.
        for field in kind.map(|kind| kind.args).unwrap_or_default() {
            if field.presence == Presence::Computed && !args.contains_key(field.name) {
                args.extend(match prior {
                    Some(prior) => prior.args.get(field.name).map(|value| (intern(field.name), value.clone())),
                    None => own(field.name),
                });
            }
        }
        Record {
            address: step.address.clone(),
            kind: step.kind.clone(),
            region: step.region.clone(),
            id: prior.map_or_else(|| self.attribute(step, "id", 0).to_text().into(), |prior| prior.id.clone()),
            args,
            outputs,
            needs: step.needs.clone(),
            given: step.given.clone(),
            protect: step.protect,
            incomplete: None,
            switched: Default::default(),
            tagged_as: None,
            op: prior.map_or_else(|| step.address.text(), |prior| prior.op.clone()),
            span: step.span.clone(),
        }
    }

    /// An attribute of what a step makes. One that looks like another one is that one; of what is not known, the name.
    fn attribute(&self, step: &Step, attr: &str, depth: usize) -> Value {
        let prior = step.prior.as_deref().filter(|_| step.action != Action::Create);
        if let Some(known) = step.known.get(attr).cloned().or_else(|| prior?.attribute(attr)) {
            return known;
        }
        if let Some(value) = step.args.get(attr).and_then(|value| self.value(value, depth)) {
            return value;
        }
        let kind = self.registry.get(&step.kind);
        let like = kind.and_then(|kind| if attr == "id" { Some(kind.id) } else { Some(kind.output(attr)?.like) });
        let other = like.and_then(|like| like.strip_prefix('{')?.strip_suffix('}'));
        match other.filter(|other| kind.is_some_and(|kind| kind.attribute(other).is_some()) && depth < DEEPEST) {
            Some(other) => self.attribute(step, other, depth + 1),
            None => Value::from(format!("\u{1f}{}.{attr}", step.address)),
        }
    }

    /// An argument; `None` where something is made from what is not known that only its value tells.
    fn value(&self, value: &Expr, depth: usize) -> Option<Value> {
        if let Some(known) = value.known() {
            return Some(known.clone());
        }
        let mut read = |r: &AttrRef| {
            let step = self.made.get(&r.address).filter(|_| depth < DEEPEST)?;
            Some(self.attribute(step, &r.attr, depth + 1))
        };
        value.reduce(&mut read).ok()?.into_known()
    }
}

/// How often one attribute may be told by another one.
const DEEPEST: usize = 16;

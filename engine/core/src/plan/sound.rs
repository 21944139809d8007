//! Soundness: what holds for every finished plan, whoever made it.
//!
//! The planner keeps these invariants, and a stored plan keeps them until it is applied. A plan that breaks one would do
//! harm or stop half-way, so it is not applied. Each invariant has a number, a sentence, and a function that finds where
//! it is broken.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::Address;
use crate::graph::ReplaceOrder;
use crate::plan::moves::carried_out;
use crate::plan::unique::UniqueKey;
use crate::plan::{Action, Deferred, Plan, Step, identity};
use crate::record::{Record, Snapshot};
use crate::registry::Registry;
use crate::schedule::{Cycle, Scheduler, Task};
use crate::value::Str;

/// Where a plan breaks an invariant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {what}")]
pub struct Unsound {
    /// The invariant's number, e.g. `P07`.
    pub rule: &'static str,
    /// What breaks it.
    pub what: String,
}

/// The invariants: number, and what holds.
pub const RULES: &[(&str, &str)] = &[
    ("P01", "every step that another comes after is there, and no steps wait for each other"),
    ("P02", "the kind of a step is the one that its address names, and is known"),
    ("P03", "what changes, deletes or replaces something says what is there, and that is what is recorded"),
    ("P04", "an address is made, changed or read by one step at most, and a record is deleted by one at most"),
    ("P05", "nothing is deleted while something that stays needs it, unless a successor takes its place"),
    ("P06", "what an argument reads is recorded, answered, or made by a step before"),
    ("P07", "what a resource needs is there once the plan is carried out"),
    ("P08", "a replacement has two halves of one order, and they come in that order; only the second one may wait"),
    ("P09", "what is deleted along with something else comes after that one's deletion"),
    ("P10", "no two resources have the same unique arguments in the end"),
    ("P11", "every move starts at a record of its own and ends where none stays"),
    ("P12", "the members of a batch are of one kind and region, and come after the same steps"),
    ("P13", "what is taken over is not recorded already"),
    ("P14", "the plan's identity is the hash of what it does"),
];

/// Finds where a plan breaks an invariant. `before` is the state that it was made from.
pub fn check(plan: &Plan, before: &Snapshot, registry: &Registry) -> Vec<Unsound> {
    let mut found = Found(Vec::new());
    moves(plan, before, &mut found);
    // Nothing else can be looked at while the steps are no order.
    if !order(plan, &mut found) || !found.0.is_empty() {
        return found.0;
    }
    let before = &*carried_out(&plan.moves, before);
    let view = View::new(plan, before);
    for (i, step) in plan.steps.iter().enumerate() {
        let kind = registry.get(&step.kind);
        if *step.kind != *step.address.kind() || kind.is_none() {
            found.add("P02", format!("`{}` is planned as a `{}`", step.address, step.kind));
        }
        view.prior(step, &mut found);
        view.reads(i, step, &mut found);
        view.needs(step, &mut found);
        view.halves(i, step, &mut found);
        view.implied(i, step, &mut found);
        view.batch(i, step, &mut found);
        if step.action == Action::Import {
            view.imported(step, &mut found);
        }
    }
    view.once(&mut found);
    view.held(&mut found);
    view.unique(registry, &mut found);
    if plan.id != identity::of(plan) {
        found.add("P14", "it was changed after it was made".to_owned());
    }
    found.0
}

struct Found(Vec<Unsound>);

impl Found {
    fn add(&mut self, rule: &'static str, what: String) {
        self.0.push(Unsound { rule, what });
    }
}

fn moves(plan: &Plan, before: &Snapshot, found: &mut Found) {
    let sources: BTreeSet<&Address> = plan.moves.iter().map(|m| &m.from).collect();
    let targets: BTreeSet<&Address> = plan.moves.iter().map(|m| &m.to).collect();
    if sources.len() < plan.moves.len() || targets.len() < plan.moves.len() {
        found.add("P11", "two moves share an address".to_owned());
    }
    for m in &plan.moves {
        if !before.records.contains_key(&m.from) {
            found.add("P11", format!("nothing is recorded under `{}`", m.from));
        }
        if before.records.contains_key(&m.to) && !sources.contains(&m.to) {
            found.add("P11", format!("`{}` would take the place of `{}`", m.from, m.to));
        }
    }
}

fn order(plan: &Plan, found: &mut Found) -> bool {
    let tasks: Vec<Task> = plan.steps.iter().map(|s| Task { after: s.after.clone(), ..Task::default() }).collect();
    match Scheduler::new(&tasks) {
        Ok(_) => true,
        Err(Cycle(steps)) => {
            let names: Vec<String> = steps
                .iter()
                .map(|&i| plan.steps.get(i).map_or_else(|| i.to_string(), |s| s.address.to_string()))
                .collect();
            found.add(
                "P01",
                format!("these steps wait for each other, or for one that is not there: {}", names.join(", ")),
            );
            false
        }
    }
}

/// The plan seen by addresses.
struct View<'p> {
    plan: &'p Plan,
    before: &'p Snapshot,
    /// The steps that make, change or read what goes by an address.
    makes: BTreeMap<&'p Address, Vec<usize>>,
    /// The steps that delete or forget, by the operation of what they delete.
    removes: BTreeMap<&'p Str, Vec<usize>>,
}

impl<'p> View<'p> {
    fn new(plan: &'p Plan, before: &'p Snapshot) -> View<'p> {
        let mut view = View { plan, before, makes: BTreeMap::new(), removes: BTreeMap::new() };
        for (i, step) in plan.steps.iter().enumerate() {
            match (step.action, &step.prior) {
                (Action::Delete | Action::Forget, Some(prior)) => view.removes.entry(&prior.op).or_default().push(i),
                (Action::Delete | Action::Forget, None) => {}
                _ => view.makes.entry(&step.address).or_default().push(i),
            }
        }
        view
    }

    /// Whether a resource goes by this address in the end.
    fn stays(&self, address: &Address) -> bool {
        self.makes.contains_key(address)
            || self.before.records.get(address).is_some_and(|record| !self.removes.contains_key(&record.op))
    }

    fn prior(&self, step: &Step, found: &mut Found) {
        let replaced = step.action == Action::Create && step.replacement.is_some();
        let wants =
            matches!(step.action, Action::Update | Action::Delete | Action::Forget | Action::Record) || replaced;
        let Some(prior) = &step.prior else {
            if wants {
                found.add("P03", format!("the step of `{}` does not say what is there", step.address));
            }
            return;
        };
        let is = |record: &Arc<Record>| record.op == prior.op && record.id == prior.id && record.kind == prior.kind;
        let current = self.before.records.get(&prior.address).is_some_and(is);
        // What is taken over has no record yet.
        let taken = &*prior.op == format!("import:{}", prior.id).as_str();
        if !(current || taken || self.before.deposed.iter().any(is)) {
            found.add(
                "P03",
                format!("`{}` (id `{}`) is not what is recorded of `{}`", prior.id, prior.op, prior.address),
            );
        }
    }

    fn once(&self, found: &mut Found) {
        for (address, steps) in self.makes.iter().filter(|(_, steps)| steps.len() > 1) {
            found.add("P04", format!("`{address}` has {} steps", steps.len()));
        }
        for steps in self.removes.values().filter(|steps| steps.len() > 1) {
            found.add("P04", format!("`{}` is deleted {} times", self.plan.steps[steps[0]].address, steps.len()));
        }
    }

    /// What stays and is not changed holds what it needs.
    fn held(&self, found: &mut Found) {
        for record in self.before.records.values() {
            if self.removes.contains_key(&record.op) || self.makes.contains_key(&record.address) {
                continue;
            }
            for need in record.needs.iter().filter(|n| n.blocks_delete) {
                let goes = self.before.records.get(&need.address).is_some_and(|r| self.removes.contains_key(&r.op));
                if goes && !self.makes.contains_key(&need.address) {
                    found.add("P05", format!("`{}` goes, and `{}` stays and needs it", need.address, record.address));
                }
            }
        }
    }

    fn reads(&self, number: usize, step: &Step, found: &mut Found) {
        for expr in step.args.values() {
            expr.each_ref(&mut |r| {
                let made = self.makes.get(&r.address).into_iter().flatten().copied();
                let before = |other: usize| {
                    step.after.contains(&other) || (step.batch.is_some() && self.plan.steps[other].batch == step.batch)
                };
                let known =
                    self.before.records.contains_key(&r.address) || self.plan.answers.contains_key(r.address.as_str());
                let mut made = made.filter(|&other| other != number).peekable();
                let fits = match made.peek() {
                    Some(_) => made.all(before),
                    None => known,
                };
                if !fits {
                    found.add(
                        "P06",
                        format!("`{}` reads `{}` of `{}`, which is not there by then", step.address, r.attr, r.address),
                    );
                }
            });
        }
    }

    fn needs(&self, step: &Step, found: &mut Found) {
        for need in &step.needs {
            if !self.stays(&need.address) && !self.plan.answers.contains_key(need.address.as_str()) {
                found.add("P07", format!("`{}` needs `{}`, which is not there in the end", step.address, need.address));
            }
        }
    }

    fn halves(&self, number: usize, step: &Step, found: &mut Found) {
        let Some(order) = step.replacement else { return };
        let Some(prior) = &step.prior else { return };
        let others = match step.action {
            Action::Create => self.removes.get(&prior.op),
            Action::Delete => self.makes.get(&step.address),
            _ => return found.add("P08", format!("the step of `{}` is no half of a replacement", step.address)),
        };
        let Some(&at) = others.and_then(|others| others.first()) else {
            let waits = |d: &Deferred| d.step.prior.as_ref().is_some_and(|p| p.op == prior.op);
            let first = step.action == Action::Create && order == ReplaceOrder::CreateFirst;
            if first && self.plan.deferred.iter().any(waits) {
                return;
            }
            return found.add("P08", format!("the replacement of `{}` has one half", step.address));
        };
        let half = &self.plan.steps[at];
        let (create, delete) = if step.action == Action::Create { (number, at) } else { (at, number) };
        let follows = match order {
            ReplaceOrder::CreateFirst => self.plan.steps[delete].after.contains(&create),
            ReplaceOrder::DeleteFirst => self.plan.steps[create].after.contains(&delete),
        };
        // What goes along with another goes when that one does.
        let along = self.plan.steps[delete].implied_by.is_some();
        if half.replacement != Some(order) || !(follows || along) {
            found.add("P08", format!("the halves of the replacement of `{}` are in no order", step.address));
        }
    }

    fn implied(&self, number: usize, step: &Step, found: &mut Found) {
        let Some(parent) = &step.implied_by else { return };
        let deletes = |&&i: &&usize| {
            let other = &self.plan.steps[i];
            i != number && other.action == Action::Delete && other.address == *parent
        };
        if step.action != Action::Delete || step.after.iter().find(deletes).is_none() {
            found.add("P09", format!("`{}` goes along with `{parent}`, whose deletion is not before", step.address));
        }
    }

    fn unique(&self, registry: &Registry, found: &mut Found) {
        let mut seen: BTreeMap<UniqueKey<'_>, &Address> = BTreeMap::new();
        let stays = self
            .before
            .records
            .values()
            .filter(|r| !self.removes.contains_key(&r.op) && !self.makes.contains_key(&r.address));
        let kept = stays.filter_map(|r| Some((UniqueKey::recorded(registry.get(&r.kind)?, r)?, &r.address)));
        let made = self.makes.iter().filter_map(|(address, steps)| {
            let step = self.plan.steps.get(*steps.first()?)?;
            let key = UniqueKey::wanted(registry.get(&step.kind)?, step.region.as_deref(), &step.args)?;
            (step.action != Action::Read).then_some((key, *address))
        });
        for (key, address) in kept.chain(made) {
            if let Some(other) = seen.insert(key, address) {
                found.add("P10", format!("`{other}` and `{address}` would have the same name"));
            }
        }
    }

    fn batch(&self, number: usize, step: &Step, found: &mut Found) {
        let Some(first) = step.batch else { return };
        let fits = self.plan.steps.get(first).is_some_and(|other| {
            other.batch == Some(first)
                && other.kind == step.kind
                && other.region == step.region
                && other.after == step.after
                && first <= number
        });
        if !fits || !matches!(step.action, Action::Create | Action::Update | Action::Delete) {
            found.add("P12", format!("`{}` does not fit into the batch of step {first}", step.address));
        }
    }

    fn imported(&self, step: &Step, found: &mut Found) {
        let Some(prior) = &step.prior else { return };
        let same = |r: &&Arc<Record>| r.kind == prior.kind && r.region == prior.region && r.id == prior.id;
        if let Some(record) = self.before.records.values().chain(&self.before.deposed).find(same) {
            found.add("P13", format!("`{}` is recorded as `{}` already", prior.id, record.address));
        }
    }
}

//! Batches: steps that one call of a service carries out, as a whole or not at all.
//!
//! Records of one name in a zone that change places, change their type or change how they are chosen cannot be changed
//! one after the other: each state in between is refused. Kinds say by which arguments such changes belong together.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::compare::canonical;
use crate::expr::Expr;
use crate::graph::ReplaceOrder;
use crate::plan::{Action, Step};
use crate::registry::Registry;
use crate::schema::Kind;
use crate::value::Value;

/// What the members of a batch share: kind, region, and the values of the kind's batch arguments.
type BatchKey<'s> = (&'s str, Option<&'s str>, Vec<Value>);

/// The batch of each step: the number of its first member. A change that needs no company is in none, and neither are
/// those of the batches whose first members are `apart`.
///
/// What is replaced under its own key goes by the very call that makes its successor: the successor's step stands for
/// both, and the step of the deletion finds that it is gone.
pub(super) fn find(
    steps: &[Step],
    registry: &Registry,
    implied: &BTreeMap<usize, usize>,
    apart: &BTreeSet<usize>,
) -> Vec<Option<usize>> {
    let mut batches = vec![None; steps.len()];
    let in_place: BTreeMap<&Address, ReplaceOrder> =
        steps.iter().filter_map(|step| Some((&step.address, replaced_in_place(step, registry)?))).collect();
    let mut members: BTreeMap<BatchKey<'_>, Vec<usize>> = BTreeMap::new();
    for (i, step) in steps.iter().enumerate().filter(|(i, _)| !implied.contains_key(i)) {
        let Some((kind, fields)) = registry.get(&step.kind).and_then(|k| Some((k, k.batch?))) else { continue };
        let order = in_place.get(&step.address).filter(|_| step.replacement.is_some());
        // One after the other, where the program says so; and a deletion for which its successor's step stands.
        if order.is_some_and(|o| *o == ReplaceOrder::DeleteFirst || step.action == Action::Delete) {
            continue;
        }
        if let Some(key) = key(step, kind, fields) {
            members.entry((kind.name, step.region.as_deref(), key)).or_default().push(i);
        }
    }
    let stands_for_two = |i: &usize| takes_along(&steps[*i], &in_place);
    for members in members.into_values().filter(|m| m.len() > 1 || m.iter().any(stands_for_two)) {
        if !apart.contains(&members[0]) {
            members.iter().for_each(|&i| batches[i] = Some(members[0]));
        }
    }
    batches
}

fn takes_along(step: &Step, in_place: &BTreeMap<&Address, ReplaceOrder>) -> bool {
    step.action == Action::Create && in_place.contains_key(&step.address)
}

/// Whether the call that makes the resource of a step also deletes what it replaces.
pub fn deletes_along(step: &Step, registry: &Registry) -> bool {
    step.batch.is_some() && replaced_in_place(step, registry) == Some(ReplaceOrder::CreateFirst)
}

/// The order of a replacement whose successor has the same key, told by the successor's step.
fn replaced_in_place(step: &Step, registry: &Registry) -> Option<ReplaceOrder> {
    let (order, prior) = (step.replacement?, step.prior.as_ref()?);
    // A call goes to one region.
    let is_there = step.action == Action::Create && step.region == prior.region;
    let kind = registry.get(&step.kind).filter(|_| is_there)?;
    let fields = kind.batch?;
    let was = fields.iter().map(|name| Some(canonical(kind.arg(name)?, prior.args.get(*name).unwrap_or(&Value::Null))));
    (was.collect::<Option<Vec<Value>>>()? == key(step, kind, fields)?).then_some(order)
}

/// The values that a step shares with the others of its batch, when all are known. What is left out is a value too.
fn key(step: &Step, kind: &Kind, fields: &[&str]) -> Option<Vec<Value>> {
    let value = |name: &&str| {
        let field = kind.arg(name)?;
        let value = match step.action {
            Action::Create => step.args.get(*name).map_or(Some(&Value::Null), Expr::known)?,
            Action::Update | Action::Delete => step.prior.as_ref()?.args.get(*name).unwrap_or(&Value::Null),
            _ => return None,
        };
        Some(canonical(field, value))
    };
    fields.iter().map(value).collect()
}

/// Makes the deletions for which a successor's step stands wait for the whole batch: another member may get the key of what
/// they delete, and then they delete nothing.
pub(super) fn follow(steps: &[Step], registry: &Registry, batches: &[Option<usize>], after: &mut [BTreeSet<usize>]) {
    let makes: BTreeMap<&Address, usize> = steps
        .iter()
        .zip(batches)
        .filter(|(step, batch)| batch.is_some() && replaced_in_place(step, registry) == Some(ReplaceOrder::CreateFirst))
        .filter_map(|(step, batch)| Some((&step.address, (*batch)?)))
        .collect();
    if makes.is_empty() {
        return;
    }
    for (i, step) in steps.iter().enumerate().filter(|(_, s)| s.action == Action::Delete && s.replacement.is_some()) {
        let Some(batch) = makes.get(&step.address) else { continue };
        after[i].extend((0..steps.len()).filter(|&member| batches[member] == Some(*batch)));
    }
}

/// Makes the members of each batch wait for the same steps, and not for each other.
pub(super) fn join(batches: &[Option<usize>], after: &mut [BTreeSet<usize>]) {
    let mut all: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (i, batch) in batches.iter().enumerate() {
        if let Some(first) = batch {
            let others = after[i].iter().copied().filter(|&before| batches[before] != *batch);
            all.entry(*first).or_default().extend(others);
        }
    }
    for (i, batch) in batches.iter().enumerate() {
        if let Some(before) = batch.and_then(|first| all.get(&first)) {
            after[i] = before.clone();
        }
    }
}

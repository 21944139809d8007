//! Batches: steps that one call of a service carries out, as a whole or not at all.
//!
//! Records of one name in a zone that change places, change their type or change how they are chosen cannot be changed
//! one after the other: each state in between is refused. Kinds say by which arguments such changes belong together.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::canonical;
use crate::expr::Expr;
use crate::plan::{Action, Step};
use crate::registry::Registry;
use crate::schema::Kind;
use crate::value::Value;

/// The batch of each step: the number of its first member. Batches of one step are none, and neither are those that
/// `apart` names.
pub(super) fn find(
    steps: &[Step],
    registry: &Registry,
    implied: &BTreeMap<usize, usize>,
    apart: &BTreeSet<usize>,
) -> Vec<Option<usize>> {
    let mut members: BTreeMap<(&str, Option<&str>, Vec<Value>), Vec<usize>> = BTreeMap::new();
    for (i, step) in steps.iter().enumerate().filter(|(i, _)| !implied.contains_key(i)) {
        let Some((kind, fields)) = registry.get(&step.kind).and_then(|k| Some((k, k.batch?))) else { continue };
        if let Some(key) = key(step, kind, fields) {
            members.entry((kind.name, step.region.as_deref(), key)).or_default().push(i);
        }
    }
    let mut batches = vec![None; steps.len()];
    for members in members.into_values().filter(|m| m.len() > 1 && !apart.contains(&m[0])) {
        members.iter().for_each(|&i| batches[i] = Some(members[0]));
    }
    batches
}

/// The values that a step shares with the others of its batch, when all are known.
fn key(step: &Step, kind: &Kind, fields: &[&str]) -> Option<Vec<Value>> {
    let value = |name: &&str| {
        let field = kind.arg(name)?;
        let value = match step.action {
            Action::Create => step.args.get(*name).and_then(Expr::known)?,
            Action::Update | Action::Delete => step.prior.as_ref()?.args.get(*name)?,
            _ => return None,
        };
        Some(canonical(field, value))
    };
    fields.iter().map(value).collect()
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

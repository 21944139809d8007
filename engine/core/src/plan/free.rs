//! Freeing names: whoever takes a name waits for whoever gives it up.
//!
//! A name is given up by a deletion, also of something set aside earlier, or by a change; it is taken by a creation or a
//! change.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::unique::UniqueKey;
use crate::plan::{Action, Step};
use crate::registry::Registry;

/// The pairs of a step that takes a name and one that gives it up.
pub(super) fn names(steps: &[Step], registry: &Registry) -> BTreeSet<(usize, usize)> {
    let mut pairs = BTreeSet::new();
    let mut given_up: BTreeMap<UniqueKey<'_>, Vec<usize>> = BTreeMap::new();
    for (i, step) in steps.iter().enumerate() {
        let Some(key) = had(step, registry) else { continue };
        let goes = match step.action {
            Action::Delete => true,
            Action::Update => wanted(step, registry).is_some_and(|new| new != key),
            _ => false,
        };
        if goes {
            given_up.entry(key).or_default().push(i);
        }
    }
    if given_up.is_empty() {
        return pairs;
    }
    for (i, step) in steps.iter().enumerate() {
        let takes = match step.action {
            Action::Create => true,
            Action::Update => had(step, registry) != wanted(step, registry),
            _ => false,
        };
        let Some(key) = takes.then(|| wanted(step, registry)).flatten() else { continue };
        for &giver in given_up.get(&key).into_iter().flatten() {
            // The two halves of a replacement have an order of their own.
            if steps[giver].address != step.address || steps[giver].replacement.is_none() {
                pairs.insert((i, giver));
            }
        }
    }
    pairs
}

fn had<'s>(step: &'s Step, registry: &Registry) -> Option<UniqueKey<'s>> {
    let record = step.prior.as_ref()?;
    UniqueKey::recorded(registry.get(&record.kind)?, record)
}

fn wanted<'s>(step: &'s Step, registry: &Registry) -> Option<UniqueKey<'s>> {
    UniqueKey::wanted(registry.get(&step.kind)?, step.region.as_deref(), &step.args)
}

//! What still stands in the way of a deletion after what held it is gone, and for how long.
//!
//! A function in a network is gone in seconds; its network interfaces hold subnets and security groups for a long time
//! after that. How long is a fact of the kind ([`Holding`]). It counts in every estimate and makes such a deletion urgent.

use std::time::Duration;

use crate::plan::{Action, Step};
use crate::registry::Registry;
use crate::schedule::Task;
use crate::schema::{Field, Kind};
use crate::traces::Holding;
use crate::walk::each_field;

/// What the scheduler must know of arranged steps.
pub fn tasks(steps: &[Step], registry: &Registry) -> Vec<Task> {
    let task = |step: &Step| Task {
        after: step.after.clone(),
        cost: Duration::from_millis(step.typical_ms),
        lags: lags(steps, step, &step.after, registry),
    };
    steps.iter().map(task).collect()
}

/// Of the steps that one comes after, those that still stand in its way when they are done, and for how long.
pub(super) fn lags(steps: &[Step], step: &Step, after: &[usize], registry: &Registry) -> Vec<(usize, Duration)> {
    if step.action != Action::Delete {
        return Vec::new();
    }
    let lag = |&before: &usize| {
        let (first, kind) = (steps.get(before)?, registry.get(&steps.get(before)?.kind)?);
        let holds = may_hold(kind, &step.kind);
        let prior = first.prior.as_ref().filter(|_| holds)?;
        let uses = prior.needs.iter().any(|need| need.blocks_delete && need.address == step.address);
        Some((before, held(first, registry).filter(|_| uses)?.typical))
    };
    after.iter().filter_map(lag).collect()
}

/// What a resource still holds after the step that deletes it.
pub(super) fn held(step: &Step, registry: &Registry) -> Option<Holding> {
    let prior = step.prior.as_ref().filter(|_| step.action == Action::Delete)?;
    registry.get(&step.kind)?.holds.filter(|holding| holding.is_of(&prior.args))
}

/// Whether a deleted resource of a kind may still hold resources of another one.
fn may_hold(kind: &Kind, other: &str) -> bool {
    let refers = |field: &Field| field.refers.is_some_and(|r| r.blocks_delete && r.kind() == other);
    let fields = kind.holds.into_iter().flat_map(|holding| holding.by).filter_map(|name| kind.arg(name));
    let mut found = false;
    for field in fields {
        found |= refers(field);
        each_field(field.ty.block().unwrap_or_default(), &mut |_, inner| found |= refers(inner));
    }
    found
}

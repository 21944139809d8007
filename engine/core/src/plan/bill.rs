//! What an environment will cost once a plan is carried out, and what it costs before.

use std::sync::Arc;

use crate::checks::{Cost, Resource, cost};
use crate::money::Dollars;
use crate::plan::Plan;
use crate::plan::contract::after;
use crate::record::{Record, Snapshot};
use crate::registry::Registry;

/// What a plan does to the costs of an environment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlanCost {
    /// What everything will cost that is there once the plan is carried out.
    pub after: Cost,
    /// What everything costs in a month that is recorded now.
    pub before: Dollars,
}

/// What a plan does to the costs. `before` is the state that it was made from.
pub fn bill(plan: &Plan, before: &Snapshot, registry: &Registry) -> PlanCost {
    PlanCost { after: of(&after(plan, before, registry), registry), before: recorded_cost(before, registry).monthly }
}

/// What everything costs that is recorded.
pub fn recorded_cost(snapshot: &Snapshot, registry: &Registry) -> Cost {
    let recorded: Vec<Arc<Record>> = snapshot.records.values().chain(&snapshot.deposed).cloned().collect();
    of(&recorded, registry)
}

fn of(records: &[Arc<Record>], registry: &Registry) -> Cost {
    let resources = records.iter().filter_map(|record| {
        let kind = registry.get(&record.kind)?;
        Some(Resource::recorded(record, kind))
    });
    cost(resources.collect::<Vec<_>>().iter())
}

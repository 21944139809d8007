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
    let of = |records: &[Arc<Record>]| {
        let resources = records.iter().filter_map(|record| {
            let kind = registry.get(&record.kind)?;
            Some(Resource::recorded(record, kind))
        });
        cost(resources.collect::<Vec<_>>().iter())
    };
    let recorded: Vec<Arc<Record>> = before.records.values().chain(&before.deposed).cloned().collect();
    PlanCost { after: of(&after(plan, before, registry)), before: of(&recorded).monthly }
}

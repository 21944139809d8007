//! Refusals: what a recovery plan needs and is not there.

use std::collections::BTreeSet;

use crate::failover::plan::{FailoverManner, RecoveryPlan};
use crate::value::Str;

/// Why a recovery plan cannot be carried out while these regions do not answer: one sentence for each step that needs one
/// of them. An unplanned failover must not need the region that it leaves, whether that answers or not.
pub fn refusals(plan: &RecoveryPlan, silent: &BTreeSet<Str>) -> Vec<String> {
    let mut found = Vec::new();
    for step in &plan.steps {
        for need in &step.needs {
            let why = if silent.contains(&need.region) {
                "which does not answer"
            } else if plan.manner == FailoverManner::Unplanned && need.region == plan.from {
                "the region that is left"
            } else {
                continue;
            };
            found.push(format!("the step `{}` needs {} in {}, {why}", step.name, need.call, need.region));
            break;
        }
    }
    found
}

/// The regions that must answer for a plan to be carried out.
pub fn needed(plan: &RecoveryPlan) -> BTreeSet<Str> {
    plan.steps.iter().flat_map(|step| &step.needs).map(|need| need.region.clone()).collect()
}

//! Refusals: what a recovery plan needs and is not there.

use std::collections::BTreeSet;

use crate::failover::plan::{AwaitedCondition, ControlPlane, FailoverManner, RecoveryAct, RecoveryPlan, RecoveryStep};
use crate::region::GLOBAL;
use crate::value::Str;

/// Why a recovery plan cannot be carried out while these regions do not answer. Each step that needs one of them gives one
/// sentence.
///
/// A step of an unplanned failover must not need the region that is left, even if that region answers. The steps that change
/// DNS records are no reason: they come last, and wait until Route 53 answers.
pub fn refusals(plan: &RecoveryPlan, silent: &BTreeSet<Str>) -> Vec<String> {
    let mut found = Vec::new();
    for step in &plan.steps {
        if plan.manner == FailoverManner::Unplanned && leads_requests(step) {
            continue;
        }
        // What follows a region that does not answer cannot be known to have caught up.
        let follows = matches!(step.act, RecoveryAct::Await { condition: AwaitedCondition::CaughtUp { .. }, .. });
        if follows && !step.needs.is_empty() && silent.contains(&plan.from) {
            found.push(format!("the step `{}` needs {}, which does not answer", step.name, plan.from));
            continue;
        }
        for need in &step.needs {
            if is_route53(need) && silent.contains(GLOBAL) && plan.manner == FailoverManner::Planned {
                found.push(format!("the step `{}` needs {}, and Route 53 does not answer", step.name, need.call));
                break;
            }
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

/// Whether a step changes failover records.
pub fn leads_requests(step: &RecoveryStep) -> bool {
    matches!(&step.act, RecoveryAct::Set { changes } if changes.iter().all(|change| *change.argument == *"failover"))
}

/// The places that must answer for a plan to be carried out.
pub fn needed(plan: &RecoveryPlan) -> BTreeSet<Str> {
    plan.steps.iter().flat_map(needed_by).collect()
}

/// The places that must answer for a step to be done: regions, and where Route 53 is called.
pub fn needed_by(step: &RecoveryStep) -> BTreeSet<Str> {
    let global = step.needs.iter().any(is_route53).then(|| Str::from(GLOBAL));
    step.needs.iter().map(|need| need.region.clone()).chain(global).collect()
}

/// Whether a call goes to Route 53, which is a place of its own and may be silent while its home region answers.
fn is_route53(need: &ControlPlane) -> bool {
    need.call.starts_with("route53:")
}

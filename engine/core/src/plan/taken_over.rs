//! What does the work after a failover: no plan takes it away as long as the other region is to do that work.
//!
//! A plan goes by what is declared, and declared is the side that stands by then. Without this, another secondary region
//! would delete the database that writes.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::failover::derive::sides;
use crate::plan::input::{Goal, Input};
use crate::plan::{Action, Step};
use crate::record::Record;
use crate::value::{Str, Value};

/// While a failover holds or is open, neither a writer of a global database nor the record that requests follow is deleted
/// or replaced. All of it may be destroyed.
pub(super) fn check(input: &Input<'_>, steps: &[Step]) -> Vec<Diagnostic> {
    let Some((regions, why)) = regions(input) else { return Vec::new() };
    let gone = steps.iter().filter(|step| step.action == Action::Delete);
    let told = gone.filter_map(|step| {
        let does = step.prior.as_ref().and_then(|record| does(record, &regions))?;
        let verb = if step.replacement.is_some() { "replaced" } else { "deleted" };
        let message = format!("`{}` would be {verb}, and {does}: {why}", step.address);
        let first = match input.snapshot.recovery.unfinished() {
            Some(_) => "bring the failover to its end, then fail back",
            None => "fail back first",
        };
        let help = format!("{first} (`dr failback {}`), then apply", input.program);
        Some(Diagnostic::error(message).code("failover").at(step.span.clone(), "declared here").help(help))
    });
    told.collect()
}

/// The regions that may do the work though the primary one is to do it, and why in words.
fn regions(input: &Input<'_>) -> Option<(BTreeSet<Str>, String)> {
    let recovery = &input.snapshot.recovery;
    if input.goal == Goal::Destroy {
        return None;
    }
    if let Some(run) = recovery.unfinished() {
        let why = format!("a failover to {} has not come to its end", run.plan.to);
        return Some(([run.plan.from.clone(), run.plan.to.clone()].into(), why));
    }
    let active = &recovery.active.as_ref()?.region;
    let (primary, _) = sides(input.snapshot, input.registry)?;
    (*active != primary).then(|| ([active.clone()].into(), format!("{active} is active since a failover")))
}

/// What a resource does in one of these regions that nothing else does.
fn does(record: &Record, regions: &BTreeSet<Str>) -> Option<&'static str> {
    let is_there = record.region.as_ref().is_some_and(|region| regions.contains(region));
    let is_given = |name: &str| record.args.get(name).is_some_and(|value| !value.is_null());
    match &*record.kind {
        "rds.global_cluster" => Some("its database has its writer elsewhere than declared"),
        "rds.cluster" if is_there && is_given("global_cluster_identifier") => Some("it takes the writes"),
        "route53.record" if record.in_force().get("failover").and_then(Value::as_str) == Some("PRIMARY") => {
            Some("requests follow it")
        }
        _ => None,
    }
}

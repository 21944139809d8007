//! The way from a program and a state to a plan: prepare, propose, ask the cloud about it, and put together
//! what was found.

use std::cmp::Reverse;

use dr_core::plan::{Input, Plan, propose};

use crate::away::tell;
use crate::engine::Engine;
use crate::look::Interrupted;
use crate::online::objections;
use crate::prepare::{Prepared, Wanted, prepare};
use crate::unknown::Unknown;
use crate::unread::judge;

/// Makes a plan. Nothing is changed or written.
///
/// # Errors
/// When somebody asked to stop. Everything else that goes wrong is among the plan's diagnostics.
pub async fn plan(engine: &Engine<'_>, wanted: &Wanted<'_>) -> Result<Plan, Interrupted> {
    let prepared = prepare(engine, wanted).await?;
    let Prepared { known, refreshed, imports, away, .. } = &prepared;
    let mut plan = propose(&Input { refreshed, known, imports, away, ..wanted.input(engine) });
    plan.diagnostics.extend(tell(engine.registry, wanted, &prepared, &plan));
    plan.diagnostics.extend(judge(&prepared.unread, &plan));
    if wanted.refresh {
        plan.diagnostics.extend(objections(engine, wanted.graph, &plan).await?);
    }
    plan.diagnostics.extend(Unknown::meeting(engine, wanted.graph, &plan));
    plan.diagnostics.extend(prepared.diagnostics);
    plan.diagnostics.sort_by_key(|d| Reverse(d.severity));
    Ok(plan)
}

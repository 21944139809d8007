//! Applying: a plan that is for this state is carried out; any other is refused before anything is touched.

use dr_core::cloud::CloudError;
use dr_core::plan::{Plan, carry_out, tasks};
use dr_core::record::Snapshot;
use dr_core::schedule::{Cycle, Scheduler};
use dr_core::value::Str;

use crate::change::StateChange;
use crate::drive::Run;
use crate::engine::Engine;
use crate::error::StoreError;
use crate::report::Report;
use crate::stale::{Stale, check_fresh};

/// Why a plan cannot be applied, or could not be continued.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The plan is not for this state.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The cloud does not say which one it is.
    #[error("cannot find out which account this is")]
    Identity(#[source] CloudError),
    /// A check refused the plan.
    #[error("the plan has errors and cannot be applied")]
    Refused,
    /// Its steps wait for each other.
    #[error("the plan cannot be carried out")]
    Order(#[from] Cycle),
    /// A step is of a kind that this version does not know.
    #[error("the plan has a step of the kind `{0}`, which this version of dr does not know")]
    UnknownKind(Str),
    /// State cannot be read or written. What was done is in the journal.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Applies a plan to the state it was made for. `snapshot` is that state.
///
/// Returns when everything that can be done is done, or somebody asked to stop.
///
/// # Errors
/// When the plan is not for this state, or state cannot be written. Failures of steps are in the report.
pub async fn apply(engine: &Engine<'_>, plan: &Plan, snapshot: Snapshot) -> Result<Report, ApplyError> {
    if plan.is_refused() {
        return Err(ApplyError::Refused);
    }
    engine.supervise();
    let identity = engine.cloud.identify().await.map_err(ApplyError::Identity)?;
    check_fresh(plan, engine.store.stack(), &identity, &snapshot)?;
    let kinds = plan
        .steps
        .iter()
        .map(|s| engine.registry.get(&s.kind).ok_or_else(|| ApplyError::UnknownKind(s.kind.clone())))
        .collect::<Result<Vec<_>, _>>()?;
    let tasks = tasks(&plan.steps, engine.registry);
    let scheduler = Scheduler::new(&tasks)?;
    drop(tasks);
    engine.store.bind(&plan.identity).await?;
    if !plan.destroy && plan.recovery != snapshot.recovery.computed {
        engine.store.commit(StateChange::Recovery(plan.recovery.clone().map(Box::new))).await?;
    }
    let mut snapshot = renamed(engine, plan, snapshot).await?;
    let run = Run::new(engine, plan, kinds, scheduler, &mut snapshot)?;
    Ok(run.drive(snapshot.outputs).await?)
}

/// The state in which every record has the address that the plan gives it. On disk before the first step.
async fn renamed(engine: &Engine<'_>, plan: &Plan, snapshot: Snapshot) -> Result<Snapshot, StoreError> {
    if plan.moves.is_empty() {
        return Ok(snapshot);
    }
    engine.store.commit(StateChange::Move(plan.moves.clone())).await?;
    Ok(carry_out(&plan.moves, snapshot))
}

//! Staleness: whether a plan was made for the state and the cloud at hand.

use dr_core::cloud::Identity;
use dr_core::plan::{FORMAT, Plan};
use dr_core::record::Snapshot;
use dr_core::value::Str;

/// Why a plan is not for this state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stale {
    /// The state has changed since.
    #[error(
        "the state of `{environment}` has changed since the plan was made (it was at {planned} and is at {now}); plan again"
    )]
    Position {
        /// The environment.
        environment: Str,
        /// The position it was made for.
        planned: u64,
        /// The position now.
        now: u64,
    },
    /// It is for another environment.
    #[error("the plan is for the environment `{planned}`, not for `{now}`")]
    Environment {
        /// The one it was made for.
        planned: Str,
        /// The one at hand.
        now: Str,
    },
    /// The environment belongs to another program.
    #[error("the plan is for the program `{planned}`, and the environment belongs to `{now}`")]
    Program {
        /// The one it was made for.
        planned: Str,
        /// The one at hand.
        now: Str,
    },
    /// It is for another cloud.
    #[error("the plan is for {planned}, not for {now}")]
    Identity {
        /// The one it was made for.
        planned: Box<Identity>,
        /// The one at hand.
        now: Box<Identity>,
    },
    /// Another version of the program made it.
    #[error("the plan has the form {0}, which this version of dr does not know; plan again")]
    Format(u32),
}

/// Checks that a plan was made for this state and cloud.
///
/// # Errors
/// Says what differs.
pub fn check_fresh(plan: &Plan, environment: &str, identity: &Identity, snapshot: &Snapshot) -> Result<(), Stale> {
    if plan.format != FORMAT {
        return Err(Stale::Format(plan.format));
    }
    if &*plan.environment != environment {
        return Err(Stale::Environment { planned: plan.environment.clone(), now: environment.into() });
    }
    if let Some(program) = &snapshot.program
        && *program != plan.program
    {
        return Err(Stale::Program { planned: plan.program.clone(), now: program.clone() });
    }
    for now in [Some(identity), snapshot.identity.as_ref()].into_iter().flatten() {
        if plan.identity != *now {
            return Err(Stale::Identity { planned: Box::new(plan.identity.clone()), now: Box::new(now.clone()) });
        }
    }
    if plan.position != snapshot.position {
        return Err(Stale::Position {
            environment: plan.environment.clone(),
            planned: plan.position,
            now: snapshot.position,
        });
    }
    Ok(())
}

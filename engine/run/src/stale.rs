//! Staleness: whether a plan was made for the state and the cloud at hand.

use dr_core::cloud::Identity;
use dr_core::plan::{FORMAT, Plan};
use dr_core::record::Snapshot;

use crate::stack::Stack;

/// Why a plan is not for this state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stale {
    /// The state has changed since.
    #[error(
        "the state of `{stack}` has changed since the plan was made (it was at {planned} and is at {now}); plan again"
    )]
    Position {
        /// The stack.
        stack: Stack,
        /// The position it was made for.
        planned: u64,
        /// The position now.
        now: u64,
    },
    /// It is for another stack.
    #[error("the plan is for `{planned}`, not for `{now}`")]
    Stack {
        /// The one it was made for.
        planned: Stack,
        /// The one at hand.
        now: Stack,
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
pub fn check_fresh(plan: &Plan, stack: &Stack, identity: &Identity, snapshot: &Snapshot) -> Result<(), Stale> {
    if plan.format != FORMAT {
        return Err(Stale::Format(plan.format));
    }
    let planned = Stack::new(plan.program.clone(), plan.environment.clone());
    if planned != *stack {
        return Err(Stale::Stack { planned, now: stack.clone() });
    }
    for now in [Some(identity), snapshot.identity.as_ref()].into_iter().flatten() {
        if plan.identity != *now {
            return Err(Stale::Identity { planned: Box::new(plan.identity.clone()), now: Box::new(now.clone()) });
        }
    }
    if plan.position != snapshot.position {
        return Err(Stale::Position { stack: planned, planned: plan.position, now: snapshot.position });
    }
    Ok(())
}

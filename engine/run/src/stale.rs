//! Staleness: whether a plan was made for the state and the cloud at hand.
//!
//! A plan is made from what is recorded, and from what is known of operations that are open. Whoever applies it finds out
//! first what became of these. Where nobody can say, they stay open and the state stays as it is; then a plan that counts
//! on them starts from something that is not recorded.

use std::collections::BTreeMap;

use dr_core::address::Address;
use dr_core::cloud::{Cloud, ErrorClass, Identity, Target};
use dr_core::journal::Open;
use dr_core::plan::sound::{self, Unsound};
use dr_core::plan::{FORMAT, Plan, Renaming};
use dr_core::record::{Record, Snapshot};
use dr_core::registry::Registry;
use dr_core::stack_output;
use dr_core::value::{Str, Value};

use crate::resume::as_far_as_known;
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
    /// It counts on what an earlier run began, and nobody could find out what became of that.
    #[error("the plan counts on {}, which an earlier run began to make, and it is not known what became of that", names(.0))]
    Begun(Vec<Address>),
    /// Another stack gives something else than when it was made.
    #[error(
        "the plan counts on what `{program}/{environment}` gave as `{name}`, and it gives something else now; plan again"
    )]
    Answer {
        /// The other stack's program.
        program: Str,
        /// The other stack's environment.
        environment: Str,
        /// The output.
        name: Str,
    },
}

fn names(addresses: &[Address]) -> String {
    addresses.iter().map(|address| format!("`{address}`")).collect::<Vec<_>>().join(", ")
}

/// Why a plan that was kept cannot be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnfitPlan {
    /// It is not for this state.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// It would do harm, or stop half-way.
    #[error("the plan is not sound: {0}")]
    Unsound(Unsound),
}

/// Checks that a plan that was kept can be carried out on the state that it was made for. `open` is what is still open
/// after it was tried to find out what became of it.
///
/// # Errors
/// Says why not.
pub fn check_kept(
    plan: &Plan,
    snapshot: &Snapshot,
    open: &BTreeMap<Str, Open>,
    registry: &Registry,
) -> Result<(), UnfitPlan> {
    let Some(broken) = sound::check(plan, snapshot, registry).into_iter().next() else { return Ok(()) };
    let known = as_far_as_known(snapshot, open.values().cloned());
    if open.is_empty() || !sound::check(plan, &known, registry).is_empty() {
        return Err(UnfitPlan::Unsound(broken));
    }
    let is_unrecorded = |record: &&Record| !snapshot.records.contains_key(&record.address);
    let begun = open.values().map(Open::record).filter(is_unrecorded);
    Err(Stale::Begun(begun.filter(|record| counts_on(plan, record)).map(|record| record.address.clone()).collect())
        .into())
}

/// Checks that other stacks give what they gave when a plan was made. What cannot be read now counts as it was.
///
/// # Errors
/// Names the first output that differs.
pub async fn check_answers(plan: &Plan, cloud: &dyn Cloud) -> Result<(), Stale> {
    for (address, answer) in plan.answers.iter().filter(|(_, answer)| *answer.kind == *stack_output::KIND.name) {
        let Ok(address) = Address::parse(address) else { continue };
        let target = Target { kind: &stack_output::KIND, region: None, address: &address };
        let is_same = match cloud.look_up(target, &answer.args).await {
            Ok(outputs) => outputs == answer.outputs,
            Err(error) => error.class == ErrorClass::Gone,
        };
        if !is_same {
            let text = |name: &str| answer.args.get(name).map(Value::to_text).unwrap_or_default().into();
            let [program, environment, name] =
                [stack_output::PROGRAM, stack_output::ENVIRONMENT, stack_output::NAME].map(text);
            return Err(Stale::Answer { program, environment, name });
        }
    }
    Ok(())
}

/// Whether a plan moves, changes or uses what a record is about.
fn counts_on(plan: &Plan, record: &Record) -> bool {
    let renaming = Renaming::new(&plan.moves);
    let moved = renaming.of(&record.address);
    let address = moved.unwrap_or(&record.address);
    let is_prior = |prior: &Record| prior.op == record.op;
    moved.is_some()
        || plan.steps.iter().any(|step| {
            step.prior.as_deref().is_some_and(is_prior) || step.needs.iter().any(|need| need.address == *address)
        })
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

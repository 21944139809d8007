//! Others: what a plan would delete although its tags say that another stack has made it anew.
//!
//! A record says what was made. Since then it may be gone, and its name be somebody else's. A destroy leaves such a resource;
//! an apply is refused, since what it makes instead counts on the deletion.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::address::Address;
use dr_core::diagnostic::Diagnostic;
use dr_core::plan::{Action, Plan};
use dr_run::{ForeignIf, ForeignResource};

use crate::exit::CommandFailure;
use crate::session::{OpenState, Session};
use crate::work::Work;

/// Makes sure that a plan deletes nothing of others. Returns what a destroy leaves, each with why.
///
/// # Errors
/// When it is interrupted.
pub(crate) async fn leave_to_others(
    session: &Session<'_>,
    work: &Work<'_>,
    held: Option<&OpenState>,
    plan: &mut Plan,
) -> Result<BTreeMap<Address, String>, CommandFailure> {
    if plan.is_refused() || plan.steps.iter().all(|step| step.action != Action::Delete) {
        return Ok(BTreeMap::new());
    }
    let others = work.foreign(held, plan, ForeignIf::ShownOthers).await?;
    let forget =
        |one: &ForeignResource| session.command(&["state", "rm", one.address.as_str(), "--program", &plan.program]);
    let helps: Vec<String> =
        others.iter().map(|one| format!("`{}` lets it be forgotten; the resource stays", forget(one))).collect();
    if plan.destroy {
        let left = spare(plan, &others);
        for (address, line) in &left {
            let note = Diagnostic::warning(line.clone());
            let help = others.iter().position(|one| one.address == *address).and_then(|at| helps.get(at));
            plan.diagnostics.push(match help {
                Some(help) => note.help(help.clone()),
                None => note,
            });
        }
        return Ok(left);
    }
    for (one, help) in others.iter().zip(helps) {
        let message = format!("`{}` (`{}`) cannot be deleted: {}", one.address, one.id, one.why);
        plan.diagnostics.insert(0, Diagnostic::error(message).help(help));
    }
    Ok(BTreeMap::new())
}

/// That something is not destroyed.
pub(crate) fn stay(one: &ForeignResource) -> String {
    format!("`{}` (`{}`) stays: {}", one.address, one.id, one.why)
}

/// Takes resources out of the plan of a destroy. Returns what stays, each with why.
pub(crate) fn spare(plan: &mut Plan, foreign: &[ForeignResource]) -> BTreeMap<Address, String> {
    let spared: BTreeSet<Address> = foreign.iter().map(|one| one.address.clone()).collect();
    let mut left: BTreeMap<Address, String> = foreign.iter().map(|one| (one.address.clone(), stay(one))).collect();
    if !spared.is_empty() {
        for step in plan.spare(&spared) {
            let why = format!("`{}` stays: what stays uses it", step.address);
            left.entry(step.address).or_insert(why);
        }
    }
    left
}

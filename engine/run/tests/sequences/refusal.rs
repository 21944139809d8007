//! Refusals: whether a plan may be refused.
//!
//! Some programs cannot be reached from some states in one apply, and a plan that says so is right. Each reason has a
//! condition without which it cannot be true.

use dr_core::diagnostic::Diagnostic;
use dr_core::plan::Plan;
use dr_core::record::Snapshot;

use crate::cloud::StrictCloud;
use crate::program::{Program, Slot};
use crate::things::Inside;

/// Why a plan is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Refusal {
    /// Changes wait for each other.
    Order,
    /// What is to go is referred to by something that stays.
    Held,
    /// A change would switch back what a failover has switched.
    Switched,
    /// It would delete what is protected.
    Protected,
    /// What is to be taken over is not there any more.
    NothingToImport,
    /// What is to be taken over is not as the program says, and cannot become so.
    TakenAsItIs,
    /// A former address is still in use.
    StillDeclared,
    /// Something was begun at the address that another is to get, and its region is away.
    MovesToUnknown,
    /// Two resources say that they had the same address. One of them had moved already, and is gone since.
    ClaimedTwice,
    /// The successor is to be made first, and its name is taken by the old one.
    OwnName,
    /// Something cannot be read.
    Unreadable,
}

fn reason(diagnostic: &Diagnostic) -> Option<Refusal> {
    let says = |text: &str| diagnostic.message.contains(text);
    Some(match () {
        () if says("wait for each other") => Refusal::Order,
        () if says("keeps referring to it") || says("uses it until then") => Refusal::Held,
        () if says("was switched from") => Refusal::Switched,
        () if says("is protected and would be") => Refusal::Protected,
        () if says("to take over") => Refusal::NothingToImport,
        () if says("instead of being taken over") => Refusal::TakenAsItIs,
        () if says("which is still declared") => Refusal::StillDeclared,
        () if says("an earlier run began to make that") => Refusal::MovesToUnknown,
        () if says("both say that they were") => Refusal::ClaimedTwice,
        () if says("is to be made first, but the old one has its name") => Refusal::OwnName,
        () if says("cannot read") || says("cannot be answered") => Refusal::Unreadable,
        () => return None,
    })
}

/// Whether what a slot takes over is there: a program may look for it in another region by now.
pub fn can_be_taken_over(slot: &Slot, inside: &Inside) -> bool {
    let there = slot.import.as_ref().and_then(|id| inside.things.get(id));
    there.is_some_and(|thing| thing.region.as_deref() == slot.region())
}

/// The reasons of a refused plan.
///
/// # Errors
/// When one of them cannot be true.
pub fn agree(plan: &Plan, program: &Program, state: &Snapshot, cloud: &StrictCloud) -> Result<Vec<Refusal>, String> {
    let mut reasons = Vec::new();
    for diagnostic in plan.diagnostics.iter().filter(|d| d.is_error()) {
        let reason = reason(diagnostic);
        let possible = match reason {
            None => false,
            Some(Refusal::Order) => plan.steps.len() > 1,
            Some(Refusal::Held) => plan.steps.iter().any(|step| step.action == dr_core::plan::Action::Delete),
            Some(Refusal::Switched) => cloud.inside().things.values().any(|thing| thing.args.get("role").is_some()),
            Some(Refusal::Protected) => {
                program.slots.iter().any(|slot| slot.protect) || state.records.values().any(|record| record.protect)
            }
            Some(Refusal::NothingToImport) => {
                let inside = cloud.inside();
                program.declared().any(|(_, slot)| slot.import.is_some() && !can_be_taken_over(slot, &inside))
            }
            Some(Refusal::ClaimedTwice) => {
                let all: Vec<_> = program.declared().flat_map(|(_, slot)| &slot.moved_from).collect();
                all.iter().any(|one| all.iter().filter(|other| other == &one).count() > 1)
            }
            Some(Refusal::TakenAsItIs) => {
                let recorded = |id: &dr_core::value::Str| state.records.values().any(|record| record.id == *id);
                program.declared().any(|(_, slot)| slot.import.as_ref().is_some_and(|id| !recorded(id)))
            }
            Some(Refusal::MovesToUnknown) => !plan.moves.is_empty(),
            Some(Refusal::StillDeclared) => program.declared().any(|(_, slot)| !slot.moved_from.is_empty()),
            Some(Refusal::OwnName) => {
                program.declared().any(|(_, slot)| slot.order == Some(dr_core::graph::ReplaceOrder::CreateFirst))
            }
            // A region that is away stops nothing.
            Some(Refusal::Unreadable) => cloud.inside().fault.is_some(),
        };
        match reason.filter(|_| possible) {
            Some(reason) => reasons.push(reason),
            None => return Err(format!("the plan is refused, and nothing explains it: {}", diagnostic.message)),
        }
    }
    Ok(reasons)
}

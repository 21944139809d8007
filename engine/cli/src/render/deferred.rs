//! What a plan leaves to a later one, as people read it: by the place that it waits for, a row per resource.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::address::Address;
use dr_core::plan::{Action, Deferred, Plan, WaitReason};
use dr_core::region::Away;

use super::plan::mark;
use super::{CHANGED, QUIET, STRONG, paint};

/// The deferred steps. Empty when there are none.
pub(crate) fn list(plan: &Plan) -> String {
    let mut places: BTreeMap<&str, BTreeMap<&Address, &Deferred>> = BTreeMap::new();
    let shown = plan.deferred.iter().filter(|d| d.step.action != Action::Record);
    for deferred in shown {
        let rows = places.entry(&deferred.place).or_default();
        // Of a replacement, its creation says most.
        let row = rows.entry(&deferred.step.address).or_insert(deferred);
        if deferred.step.action == Action::Create {
            *row = deferred;
        }
    }
    let widest = places.values().flat_map(BTreeMap::keys).map(|a| a.as_str().chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for (place, rows) in places {
        out.push_str(&format!("{}\n", paint(STRONG, heading(place, plan))));
        for (address, deferred) in rows {
            let (mark, style) = mark(&deferred.step);
            let name = super::pad(address.as_str(), widest);
            let row = format!("  {} {name}  {}", paint(style, mark), paint(QUIET, note(deferred)));
            out.push_str(&format!("{}\n", row.trim_end()));
        }
    }
    out
}

/// What is still to be done when a command has ended, and how. Empty when nothing that was asked for waits.
pub(crate) fn closing(plan: &Plan, command: &str) -> String {
    let missed: BTreeMap<&Address, &str> =
        plan.deferred.iter().filter(|d| d.is_missed()).map(|d| (&d.step.address, &*d.place)).collect();
    if missed.is_empty() {
        return String::new();
    }
    let places: BTreeSet<&str> = missed.values().copied().collect();
    let places = places.into_iter().collect::<Vec<_>>().join(" and ");
    let number = paint(CHANGED, format!("{} deferred", missed.len()));
    format!("{number}: run `{command}` again when {places} can be reached\n")
}

/// What a place is waited for, in words.
fn heading(place: &str, plan: &Plan) -> String {
    let left_out = WaitReason::Away(Away::LeftOut);
    match plan.deferred.iter().any(|d| *d.place == *place && d.why == left_out) {
        true => format!("deferred: {place} is left out"),
        false => format!("deferred: {place} does not answer"),
    }
}

/// What a step waits for besides its own region.
fn note(deferred: &Deferred) -> String {
    match &deferred.why {
        WaitReason::Step { address } => format!("comes after {address}"),
        WaitReason::Together { address } => format!("goes into one call with {address}"),
        WaitReason::Value { address } => format!("needs a value of {address}"),
        WaitReason::Away(_) | WaitReason::Successor => String::new(),
    }
}

//! What a plan leaves to a later one, as people read it: by the place that it waits for, a row per resource.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::address::Address;
use dr_core::plan::{Action, Deferred, Plan, WaitReason};
use dr_core::region::Away;
use dr_run::Report;

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

/// Something that a command has left to a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Left<'a> {
    pub address: &'a Address,
    pub action: Action,
    /// The place that it waits for.
    pub place: &'a str,
    /// Whether the command was asked for it.
    pub is_missed: bool,
}

/// Everything that a command has left to a later one: what its plan deferred, what was deferred while it ran, and what
/// an earlier one had begun.
pub(crate) fn left<'a>(plan: &'a Plan, report: &'a Report) -> BTreeSet<Left<'a>> {
    let planned = plan.deferred.iter().map(|d| Left {
        address: &d.step.address,
        action: d.step.action,
        place: &d.place,
        is_missed: d.is_missed(),
    });
    let stopped = report.deferred.iter().filter_map(|(step, place)| {
        let step = plan.steps.get(*step)?;
        Some(Left { address: &step.address, action: step.action, place, is_missed: true })
    });
    let begun = report.left_open.iter().map(|open| Left {
        address: &open.address,
        action: open.action,
        place: &open.place,
        is_missed: open.away == Away::Silent,
    });
    planned.chain(stopped).chain(begun).collect()
}

/// What is still to be done when a command has ended, and how. Empty when nothing that was asked for waits.
pub(crate) fn closing(left: &BTreeSet<Left<'_>>, command: &str) -> String {
    let missed: BTreeMap<&Address, &str> =
        left.iter().filter(|one| one.is_missed).map(|one| (one.address, one.place)).collect();
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
    let away = match plan.deferred.iter().any(|d| *d.place == *place && d.why == left_out) {
        true => Away::LeftOut,
        false => Away::Silent,
    };
    if place.is_empty() {
        return "left out: not aimed at, or excluded".into();
    }
    format!("deferred: {place} {}", state(Some(away)))
}

/// How a place is that a command does without, in words.
pub(crate) fn state(away: Option<Away>) -> &'static str {
    match away {
        Some(Away::LeftOut) => "is left out",
        Some(Away::Silent) | None => "does not answer",
    }
}

/// What a step waits for besides its own region.
fn note(deferred: &Deferred) -> String {
    match &deferred.why {
        WaitReason::Step { address } => format!("comes after {address}"),
        WaitReason::Together { address } => format!("goes into one call with {address}"),
        WaitReason::Value { address } => format!("needs a value of {address}"),
        WaitReason::Needed { address } => format!("only {address}, which waits, needs its value"),
        WaitReason::Away(_) | WaitReason::LeftOut | WaitReason::Successor => String::new(),
    }
}

//! Regions that a plan does without: what is said about them, once each.

use dr_core::address::Address;
use dr_core::diagnostic::{Diagnostic, Severity};
use dr_core::plan::{Action, Plan};
use dr_core::region::{Away, GLOBAL, place};
use dr_core::registry::Registry;

use crate::prepare::{Prepared, Wanted};

/// What is said about the places that a plan does without, where that matters to it.
pub(crate) fn tell(registry: &Registry, wanted: &Wanted<'_>, prepared: &Prepared, plan: &Plan) -> Vec<Diagnostic> {
    let about = |name: &str, why: Away| {
        let records = wanted.snapshot.records.values();
        let places = records.filter_map(|r| place(registry.get(&r.kind)?, r.region.as_deref()));
        // What is in no region is looked at all the same, and only changes of it are left out.
        let is_unseen = why == Away::Silent || name != GLOBAL;
        let there = if is_unseen { places.filter(|place| *place == name).count() } else { 0 };
        let of = |look_ups: &[Address]| -> Vec<String> {
            let is_there = |address: &&Address| {
                let node = wanted.graph.nodes.get(*address);
                node.and_then(|node| place(node.kind, node.region.as_deref())) == Some(name)
            };
            look_ups.iter().filter(is_there).map(|address| format!("`{address}`")).collect()
        };
        let (recalled, unanswered) = (of(&prepared.recalled), of(&prepared.unanswered));
        let waits = plan.deferred.iter().any(|d| *d.place == *name && d.step.action != Action::Record);
        let matters = there > 0 || !recalled.is_empty() || !unanswered.is_empty() || (waits && why == Away::Silent);
        let d = match why {
            Away::Silent => Diagnostic::warning(format!("{name} does not answer")),
            Away::LeftOut => {
                Diagnostic { severity: Severity::Info, ..Diagnostic::error(format!("{name} is left out")) }
            }
        };
        let help = [left(there), stands_in(&recalled), missing(&unanswered)].into_iter().flatten();
        matters.then(|| help.fold(d.code("region"), Diagnostic::help))
    };
    prepared.away.iter().filter_map(|(name, why)| about(name, *why)).collect()
}

fn left(there: usize) -> Option<String> {
    match there {
        0 => None,
        1 => Some("the resource there is left as it is recorded".to_owned()),
        _ => Some(format!("the {there} resources there are left as they are recorded")),
    }
}

fn stands_in(look_ups: &[String]) -> Option<String> {
    let (answer, stands) = if look_ups.len() == 1 { ("answer", "stands") } else { ("answers", "stand") };
    (!look_ups.is_empty()).then(|| format!("the last {answer} of {} {stands} in", look_ups.join(", ")))
}

fn missing(look_ups: &[String]) -> Option<String> {
    let was = if look_ups.len() == 1 { "was" } else { "were" };
    (!look_ups.is_empty()).then(|| format!("{} {was} never answered, and what needs that waits", look_ups.join(", ")))
}

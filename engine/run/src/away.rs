//! Regions that a plan does without: what is said about them, once each.

use dr_core::diagnostic::{Diagnostic, Severity};
use dr_core::plan::{Action, Plan};
use dr_core::record::Snapshot;
use dr_core::region::{Away, Aways, GLOBAL, place};
use dr_core::registry::Registry;

/// What is said about the places that a plan does without, where that matters to it.
pub(crate) fn tell(registry: &Registry, snapshot: &Snapshot, away: &Aways, plan: &Plan) -> Vec<Diagnostic> {
    let said = away.iter().filter_map(|(name, why)| {
        let is_there = |record: &&std::sync::Arc<dr_core::record::Record>| {
            registry.get(&record.kind).and_then(|kind| place(kind, record.region.as_deref())) == Some(&**name)
        };
        // What is in no region is looked at, and only changes of it are left out.
        let is_unseen = *why == Away::Silent || **name != *GLOBAL;
        let there = snapshot.records.values().filter(is_there).filter(|_| is_unseen).count();
        let waits = plan.deferred.iter().any(|d| *d.place == **name && d.step.action != Action::Record);
        if there == 0 && (!waits || *why == Away::LeftOut) {
            return None;
        }
        let d = match why {
            Away::Silent => Diagnostic::warning(format!("{name} does not answer")),
            Away::LeftOut => note(format!("{name} is left out")),
        };
        Some(if there > 0 { d.code("region").help(left(there)) } else { d.code("region") })
    });
    said.collect()
}

fn note(message: String) -> Diagnostic {
    Diagnostic { severity: Severity::Info, ..Diagnostic::error(message) }
}

fn left(there: usize) -> String {
    match there {
        1 => "the resource there is left as it is recorded".to_owned(),
        _ => format!("the {there} resources there are left as they are recorded"),
    }
}

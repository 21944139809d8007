//! What an earlier run began and nobody could look at: which steps and moves do not happen until somebody can.
//!
//! Nobody knows whether it is there, nor how. So nothing is done with it, and nothing is deleted that it may use by now:
//! the service would refuse that, or it would be left with nothing to use. Where its place is away, such a step waits for
//! a later plan; otherwise it fails.

use std::collections::BTreeMap;

use dr_core::address::Address;
use dr_core::diagnostic::Diagnostic;
use dr_core::graph::Graph;
use dr_core::plan::{Action, Plan, Step};
use dr_core::region::place;
use dr_core::value::Str;

use crate::engine::{Broken, Engine};
use crate::error::StoreError;

/// What is open when a plan is applied.
#[derive(Debug, Default)]
pub(crate) struct Unknown {
    /// The place of each resource that something was begun with.
    begun: BTreeMap<Address, Option<Str>>,
    /// For what such a resource needs: that resource.
    users: BTreeMap<Address, Address>,
}

impl Unknown {
    /// Everything that is open.
    ///
    /// # Errors
    /// When state cannot be read.
    pub(crate) fn read(engine: &Engine<'_>) -> Result<Unknown, StoreError> {
        let mut unknown = Unknown::default();
        for open in engine.store.open_operations()?.values() {
            let record = open.record();
            let kind = engine.registry.get(&record.kind);
            let place = kind.and_then(|kind| place(kind, record.region.as_deref()));
            for need in record.needs.iter().filter(|need| need.blocks_delete) {
                unknown.users.insert(need.address.clone(), record.address.clone());
            }
            unknown.begun.insert(record.address.clone(), place.map(Str::from));
        }
        Ok(unknown)
    }

    /// What is to become something of which nobody knows whether it is there, since its place is away.
    pub(crate) fn meeting(engine: &Engine<'_>, graph: &Graph, plan: &Plan) -> Vec<Diagnostic> {
        if plan.moves.is_empty() {
            return Vec::new();
        }
        // A state that cannot be read says so itself.
        let Ok(unknown) = Unknown::read(engine) else { return Vec::new() };
        let goes = |address: &Address| plan.moves.iter().any(|m| m.from == *address);
        let met = plan.moves.iter().filter_map(|m| {
            let place = unknown.begun.get(&m.to)?.as_deref().filter(|place| engine.places.away(place).is_some())?;
            let site = graph.nodes.get(&m.to).and_then(|node| node.site.of(&["moved_from".into()], false));
            (!goes(&m.to)).then(|| {
                Diagnostic::error(format!(
                    "`{}` cannot become `{}` yet: an earlier run began to make that, and it is not known what became of it",
                    m.from, m.to
                ))
                .at(site, "")
                .help(format!("apply again when {place} can be asked"))
            })
        });
        met.collect()
    }

    /// Whether a step may run.
    ///
    /// # Errors
    /// When it has to wait, or cannot be done.
    pub(crate) fn check(&self, engine: &Engine<'_>, step: &Step) -> Result<(), Broken> {
        let user = self.users.get(&step.address).filter(|_| step.action == Action::Delete);
        let Some((address, place)) = self.begun.get_key_value(user.unwrap_or(&step.address)) else { return Ok(()) };
        if let Some(place) = place.clone().filter(|place| engine.places.away(place).is_some()) {
            return Err(Broken::Silent { place });
        }
        let what = match user {
            Some(_) => format!("`{address}`, which may use it"),
            None => "it".to_owned(),
        };
        Err(Broken::Wrong {
            message: format!("an earlier run began something with {what}, and it is not known what became of it"),
            help: Some("run again when the service can be asked".into()),
        })
    }
}

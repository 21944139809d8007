//! Looking: calls that change nothing, made for a plan.

use dr_core::address::Address;
use dr_core::cloud::Target;
use dr_core::plan::Action;
use dr_core::schema::Kind;
use dr_core::value::Str;

use crate::engine::{Broken, Engine, Job};

/// Somebody asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped on request; nothing was changed")]
pub struct Interrupted;

/// A resource that is looked at.
pub(crate) fn job<'a>(kind: &'static Kind, region: Option<&'a Str>, address: &'a Address) -> Job<'a> {
    Job {
        target: Target { kind, region: region.map(|r| &**r), address },
        step: None,
        action: Action::Read,
        op: address.text(),
        urgency: Default::default(),
        busy: None,
        in_batch: false,
        secrets: Default::default(),
    }
}

/// The error of a call, or the request to stop.
pub(crate) fn failure(broken: Broken) -> Result<String, Interrupted> {
    match broken {
        Broken::Interrupted => Err(Interrupted),
        other => Ok(other.to_string()),
    }
}

/// Whether the user leaves the region of something out. What is in none is looked at all the same.
pub(crate) fn is_left_out(engine: &Engine<'_>, region: Option<&Str>) -> bool {
    region.is_some_and(|region| engine.places.is_left_out(region))
}

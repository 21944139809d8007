//! What could not be read: whether a plan can do without, and what to say.
//!
//! A resource that cannot be read counts as it is recorded. That is enough for a plan that leaves it alone or deletes it.
//! One that changes it would not know what it changes, and is refused.

use std::collections::BTreeSet;

use dr_core::address::Address;
use dr_core::cloud::{CloudError, ErrorClass};
use dr_core::diagnostic::{Diagnostic, Span};
use dr_core::plan::{Action, Plan};
use dr_core::record::Record;
use dr_core::value::Str;

use crate::engine::Broken;

/// A recorded resource that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Its address.
    pub address: Address,
    /// Its region.
    pub region: Option<Str>,
    /// Where the script declares it.
    pub span: Option<Span>,
    /// Why.
    pub error: String,
    /// The call that the credentials in use may not make, if that is why.
    pub denied: Option<Str>,
}

impl Unread {
    pub(crate) fn new(record: &Record, broken: &Broken) -> Unread {
        let denied = match broken {
            Broken::Call(CloudError { class: ErrorClass::Denied, call, .. }) => Some(call.clone()),
            _ => None,
        };
        let (address, region, span) = (record.address.clone(), record.region.clone(), record.span.clone());
        Unread { address, region, span, error: broken.to_string(), denied }
    }
}

/// What is said about a plan that was made without these having been read.
pub(crate) fn judge(unread: &[Unread], plan: &Plan) -> Vec<Diagnostic> {
    if unread.is_empty() {
        return Vec::new();
    }
    let of = |actions: &[Action]| -> BTreeSet<&Address> {
        plan.steps.iter().filter(|s| actions.contains(&s.action)).map(|s| &s.address).collect()
    };
    let (changed, deleted) = (of(&[Action::Create, Action::Update]), of(&[Action::Delete]));
    let said = |one: &Unread| {
        let moved = plan.moves.iter().find(|m| m.from == one.address);
        let address = moved.map_or(&one.address, |m| &m.to);
        say(one, changed.contains(address), deleted.contains(address))
    };
    unread.iter().map(said).collect()
}

fn say(unread: &Unread, is_changed: bool, is_deleted: bool) -> Diagnostic {
    let message = format!("cannot read `{}`: {}", unread.address, unread.error);
    let (d, way_out) = match (is_changed, is_deleted) {
        (true, _) => (Diagnostic::error(message), "plan with `--no-refresh` to change it by what is recorded"),
        (false, true) => (Diagnostic::warning(message), "it is deleted as it is recorded"),
        (false, false) => (Diagnostic::warning(message), "it is left as it is recorded"),
    };
    let d = d.code("unread").at(unread.span.clone(), "declared here");
    let d = match &unread.denied {
        Some(call) => d.help(format!("the credentials in use must be allowed to call `{call}`")),
        None => d,
    };
    d.help(way_out)
}

//! Keeping: what turns out, while applying, not to need a successor, and what must not be deleted because something else
//! has it.

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::compare::{same, same_key};
use dr_core::plan::{PropertyChange, Reason, Step};
use dr_core::record::{Record, Unfinished};
use dr_core::schema::{Kind, Presence};
use dr_core::value::{Map, Str, Value};

use crate::engine::Broken;

/// Whether what was to be made beside the old one turns out to be called the same. Then both cannot be there.
pub(crate) fn is_called_the_same(kind: &Kind, step: &Step, args: &Map<Value>, old: &Record) -> bool {
    same_key(kind, (args, step.region.as_deref()), (&old.args, old.region.as_deref()))
}

/// Whether nothing remains of what was to force a resource to be made anew: the values that were not known turn out to be
/// those that it has, and what it was to follow is kept.
pub(crate) fn is_as_it_was(
    kind: &Kind,
    step: &Step,
    args: &Map<Value>,
    old: &Record,
    is_kept: impl Fn(&Address) -> bool,
) -> bool {
    let value = |args: &Map<Value>, name: &str| args.get(name).cloned().unwrap_or_default();
    let remains = |change: &PropertyChange| {
        change.forces
            && !kind
                .arg(&change.path)
                .is_some_and(|field| same(field, &value(&old.args, field.name), &value(args, field.name)))
    };
    let follows = |reason: &Reason| matches!(reason, Reason::Follows { address } if !is_kept(address));
    let is_forced = step.reasons.iter().any(|reason| matches!(reason, Reason::Forced { .. }));
    is_forced && step.region == old.region && !step.changes.iter().any(remains) && !step.reasons.iter().any(follows)
}

/// What is done instead of making anew.
pub(crate) enum Keep {
    /// It is changed in place, to these arguments.
    Change(Map<Value>),
    /// Nothing of it differs; only its record is written.
    Write(Arc<Record>),
}

/// What is done about a resource that was to be made anew, when its name turns out to be the one that it has, or nothing
/// forces it any more.
///
/// # Errors
/// When something else of it cannot be changed in place.
pub(crate) fn keep(kind: &Kind, step: &Step, args: Map<Value>, old: &Record) -> Result<Keep, Broken> {
    if old.incomplete == Some(Unfinished::Failed) {
        return Err(Broken::Wrong {
            message: "its name turns out to be the one it has, and what is there cannot be used".into(),
            help: Some("plan again: now that the name is known, the old one is deleted first".into()),
        });
    }
    let mut differing = kind.args.iter().filter(|field| {
        let (wanted, is) = (args.get(field.name), old.args.get(field.name));
        // What the service chose stays.
        let is_chosen = wanted.is_none() && field.presence == Presence::Computed;
        !is_chosen && !same(field, is.unwrap_or(&Value::Null), wanted.unwrap_or(&Value::Null))
    });
    if let Some(forced) = differing.clone().find(|field| field.replace) {
        return Err(Broken::Wrong {
            message: format!(
                "its name turns out to be the one it has, and `{}` cannot be changed in place",
                forced.name
            ),
            help: Some("plan again: now that the name is known, the old one is deleted first".into()),
        });
    }
    // What is not finished yet is finished by a change.
    Ok(match differing.next().is_some() || old.incomplete.is_some() {
        true => Keep::Change(args),
        false => Keep::Write(Arc::new(Record {
            address: step.address.clone(),
            needs: step.needs.clone(),
            given: step.given.clone(),
            protect: step.protect,
            span: step.span.clone(),
            ..old.clone()
        })),
    })
}

/// What a run made or took over, by what it is in the cloud. An id has one record: what another one has is not deleted.
#[derive(Debug, Default)]
pub(crate) struct Owners(BTreeMap<(Str, Option<Str>, Str), Str>);

impl Owners {
    /// Takes note of a record.
    pub(crate) fn add(&mut self, record: &Record) {
        self.0.insert((record.kind.clone(), record.region.clone(), record.id.clone()), record.op.clone());
    }

    /// Whether another record than this is about the same resource.
    pub(crate) fn has_other(&self, record: &Record) -> bool {
        let key = (record.kind.clone(), record.region.clone(), record.id.clone());
        self.0.get(&key).is_some_and(|op| *op != record.op)
    }
}

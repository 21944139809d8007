//! What a creation or change is refused for: references to nothing, names that are taken or blocked.

use std::time::Duration;

use dr_core::checks;
use dr_core::cloud::{CloudError, ErrorClass};
use dr_core::compare::excluded;
use dr_core::value::{Map, Value};

use crate::call::Call;
use crate::inner::{Core, ResourceKey};
use crate::refer::is_foreign;
use crate::state::{Entry, unique_name};

impl Core {
    /// That everything referred to exists. With `stale`, what this handle made is not visible yet.
    pub(crate) fn check_references(
        &self,
        at: ResourceKey<'_>,
        args: &Map<Value>,
        stale: bool,
    ) -> Result<(), CloudError> {
        for found in self.state.references(at.kind, args) {
            match self.state.resolve(&found, at.region) {
                Some(entry) => {
                    if stale && self.dice.as_ref().is_some_and(|dice| dice.made(&entry.data.address)) {
                        let message = format!("`{}`: {} is not visible yet", found.path, entry.describe());
                        return Err(at.call.fails(ErrorClass::NotYetConsistent, "NotYetVisible", message));
                    }
                }
                None if is_foreign(&found.value, &self.options.account) || self.state.is_made(&found) => {}
                None => {
                    let message = format!(
                        "`{}` refers to a {} whose {} is `{}`; there is none",
                        found.path, found.kind, found.attr, found.value
                    );
                    return Err(at.call.fails(ErrorClass::Invalid, "NotFound", message));
                }
            }
        }
        Ok(())
    }

    /// That the name, if the kind has one that must be the only one, is free or its own.
    pub(crate) fn check_free(
        &self,
        at: ResourceKey<'_>,
        args: &Map<Value>,
        own: Option<&Map<Value>>,
    ) -> Result<(), CloudError> {
        let Some(name) = unique_name(at.kind, at.region, args) else { return Ok(()) };
        if own.and_then(|own| unique_name(at.kind, at.region, own)).as_ref() == Some(&name) {
            return Ok(());
        }
        let now = self.now();
        if let Some(entry) = self.state.of_name(&name) {
            return Err(taken(entry, at.call, now));
        }
        if let Some(until) = self.state.blocked_until(&name).filter(|until| *until > now) {
            let wait = Duration::from_micros(until - now);
            let message = format!(
                "a {} of this name was deleted a moment ago; the name is free again in {:.1} s",
                at.kind.name,
                wait.as_secs_f64()
            );
            return Err(at.call.must_wait("NameRecentlyDeleted", message, wait));
        }
        Ok(())
    }

    /// That none of what would go refuses to be deleted.
    pub(crate) fn check_unprotected(&self, at: ResourceKey<'_>, keys: &[u64]) -> Result<(), CloudError> {
        for entry in keys.iter().filter_map(|key| self.state.get(*key)) {
            let is_on = |name: &str| entry.data.args.get(name).and_then(Value::as_bool) == Some(true);
            if let Some(field) = entry.kind.args.iter().find(|field| field.protects && is_on(field.name)) {
                let message =
                    format!("{} is protected from being deleted: its `{}` is true", entry.describe(), field.name);
                return Err(at.call.fails(ErrorClass::Invalid, "DeletionProtected", message));
            }
        }
        Ok(())
    }

    /// That no argument of what would go stands in the way, and that no policy denies it to everybody.
    pub(crate) fn check_parting(&self, at: ResourceKey<'_>, args: &Map<Value>, keys: &[u64]) -> Result<(), CloudError> {
        let Some((&key, entry)) = keys.first().and_then(|key| Some((key, self.state.get(*key)?))) else {
            return Ok(());
        };
        if let Some(trace) = checks::traces(at.kind, args).into_iter().find(|trace| trace.left.is_none()) {
            let message = format!("{}: {} ({})", entry.describe(), trace.why, trace.check);
            return Err(at.call.fails(ErrorClass::Invalid, "DeletionRefused", message));
        }
        let policies = std::iter::once(entry).chain(self.state.policies(key));
        for policy in policies.filter(|policy| !policy.is_deleting()) {
            if let Some(action) = checks::denied(at.kind, policy.kind, &policy.data.args) {
                let message =
                    format!("{}: {} denies `{action}` to everybody (D24)", entry.describe(), policy.describe());
                return Err(at.call.fails(ErrorClass::Denied, "AccessDenied", message));
            }
        }
        Ok(())
    }

    /// That nothing stands there beside which it cannot.
    pub(crate) fn check_neighbours(&self, at: ResourceKey<'_>, args: &Map<Value>) -> Result<(), CloudError> {
        let others = self.state.neighbours(at.kind, args).map(|(_, entry)| entry);
        let others = others.filter(|entry| *entry.data.id != *at.id && !entry.is_deleting());
        for entry in others {
            let Some(exclusion) = excluded(at.kind, args, &entry.data.args) else { continue };
            let said = |args: &Map<Value>| args.get(exclusion.field).map_or("nothing".to_owned(), Value::to_text);
            let message = format!(
                "{} has `{}`: {}, beside which there can be no {}",
                entry.describe(),
                exclusion.field,
                said(&entry.data.args),
                said(args)
            );
            return Err(at.call.fails(ErrorClass::Invalid, "Conflicting", message));
        }
        Ok(())
    }
}

/// That a name or id is taken, for good or until its holder is gone.
pub(crate) fn taken(entry: &Entry, call: Call, now: u64) -> CloudError {
    match entry.data.gone_at {
        Some(gone_at) => {
            let message = format!("{} is being deleted", entry.describe());
            call.must_wait("BeingDeleted", message, Duration::from_micros(gone_at.saturating_sub(now)))
        }
        None => call.fails(ErrorClass::Exists, "AlreadyExists", format!("{} exists already", entry.describe())),
    }
}

//! Several changes by one call: all of them or none.
//!
//! They are judged as the services that offer this do: what goes and what changes is out of the way first, and then each
//! that changes or comes must fit to what is there. All this is tried in memory and taken back; only when everything
//! fits is it written, in one piece.

use std::borrow::Cow;

use dr_core::cloud::{BatchChange, CloudError, ErrorClass, Intent};
use dr_core::schema::Kind;
use dr_core::value::{Map, Str, Value};

use crate::act::Timing;
use crate::call::Call;
use crate::inner::{Core, ResourceKey};
use crate::log::LogLine;
use crate::state::{Data, Entry, Removal};

/// What is to become of a resource of a batch.
pub(crate) enum ItemChange {
    Create { args: Map<Value>, intent: Intent },
    Update { new: Map<Value> },
    Delete,
}

impl From<BatchChange<'_>> for ItemChange {
    fn from(change: BatchChange<'_>) -> ItemChange {
        match change {
            BatchChange::Create { args, intent } => ItemChange::Create { args: args.clone(), intent: intent.clone() },
            BatchChange::Update { new, .. } => ItemChange::Update { new: new.clone() },
            BatchChange::Delete { .. } => ItemChange::Delete,
        }
    }
}

/// What has to be done to take back what was tried.
enum Back {
    /// Put this in again, in place of what has its id.
    Put(&'static Kind, Data),
    /// Take the one of this id out again.
    Take(&'static Kind, Option<Str>, Str),
}

impl Core {
    /// Makes all changes or none. Gives the ids; that of a deletion is empty.
    pub(crate) fn batch(
        &mut self,
        call: Call,
        items: &[(ResourceKey<'_>, &ItemChange)],
        timing: Timing,
    ) -> Result<Vec<Str>, CloudError> {
        if let Some((at, _)) = items.iter().find(|(at, _)| at.kind.batch.is_none()) {
            let message = format!("changes of {} are a call each", at.kind.name);
            return Err(call.fails(ErrorClass::Invalid, "NoBatches", message));
        }
        let mut back = Vec::new();
        let tried = self.try_all(items, timing, &mut back);
        for step in back.into_iter().rev() {
            match step {
                Back::Put(kind, data) => self.state.put(kind, data),
                Back::Take(kind, region, id) => {
                    if let Some((key, _)) = self.state.find(kind, region.as_deref(), &id) {
                        self.state.take(key);
                    }
                }
            }
        }
        let (ids, lines) = tried?;
        if !lines.is_empty() {
            self.commit(lines).map_err(|e| call.broke(&e))?;
        }
        Ok(ids)
    }

    /// Does everything in memory, and notes how it is taken back.
    fn try_all(
        &mut self,
        items: &[(ResourceKey<'_>, &ItemChange)],
        timing: Timing,
        back: &mut Vec<Back>,
    ) -> Result<(Vec<Str>, Vec<LogLine<'static>>), CloudError> {
        let made: Vec<Option<Str>> = { items.iter() }
            .map(|(at, change)| match change {
                ItemChange::Create { intent, .. } => self.made_by(at.kind, intent),
                _ => None,
            })
            .collect();
        let mut lines = Vec::new();
        let mut before = Vec::new();
        for (at, change) in items {
            let out = match change {
                ItemChange::Create { .. } => None,
                ItemChange::Update { .. } => {
                    self.entry(*at)?;
                    self.take_out(*at, back)
                }
                // What this batch has made under the same id already is not what is to go.
                ItemChange::Delete if made.iter().flatten().any(|id| **id == *at.id) => None,
                ItemChange::Delete => {
                    lines.extend(self.leaving(*at)?);
                    self.take_out(*at, back)
                }
            };
            before.push(out);
        }
        let mut ids = Vec::new();
        for (number, (at, change)) in items.iter().enumerate() {
            let data = match (change, &before[number], &made[number]) {
                (ItemChange::Create { .. }, _, Some(id)) => {
                    ids.push(id.clone());
                    continue;
                }
                (ItemChange::Create { args, intent }, _, None) => self.new_data(*at, args, intent, timing)?,
                (ItemChange::Update { new, .. }, Some(entry), _) => {
                    let changed = self.changed_data(*at, entry, new, timing)?;
                    changed.unwrap_or_else(|| entry.data.clone())
                }
                _ => {
                    ids.push("".into());
                    continue;
                }
            };
            ids.push(data.id.clone());
            if matches!(change, ItemChange::Create { .. }) {
                back.push(Back::Take(at.kind, data.region.clone(), data.id.clone()));
            }
            let is_as_before = before[number].as_ref().is_some_and(|entry| entry.data == data);
            self.state.put(at.kind, data.clone());
            if !is_as_before {
                lines.push(LogLine::Put { kind: Cow::Borrowed(at.kind.name), resource: Cow::Owned(data) });
            }
        }
        Ok((ids, lines))
    }

    /// Takes a resource out of memory.
    fn take_out(&mut self, at: ResourceKey<'_>, back: &mut Vec<Back>) -> Option<Entry> {
        let (key, _) = self.state.find(at.kind, at.region, at.id)?;
        let entry = *self.state.take(key)?;
        back.push(Back::Put(entry.kind, entry.data.clone()));
        Some(entry)
    }

    /// The line that says that a resource goes, at once; none when it is gone.
    fn leaving(&self, at: ResourceKey<'_>) -> Result<Option<LogLine<'static>>, CloudError> {
        let Some((key, entry)) = self.state.find(at.kind, at.region, at.id) else { return Ok(None) };
        if let Removal::Blocked(by) = self.state.removal(key) {
            let by = by.first().and_then(|key| self.state.get(*key)).map(Entry::describe).unwrap_or_default();
            let message = format!("{} is used by {by}", entry.describe());
            return Err(at.call.fails(ErrorClass::Conflict, "DependencyViolation", message));
        }
        Ok(Some(LogLine::Delete {
            kind: Cow::Borrowed(at.kind.name),
            region: at.region.map(Str::from),
            id: entry.data.id.clone(),
            gone_at: self.now(),
            blocked_until: 0,
            held_until: 0,
        }))
    }
}

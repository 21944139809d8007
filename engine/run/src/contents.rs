//! Contents: everything that a store holds, in memory, and what a change makes of it.
//!
//! A change is checked before anything of it is written: against the table of the journal, and against the invariants
//! of a state. Then it is taken, and the answer says which rows become what. All of it is a function of the contents and
//! the change: no database, no disk, no key. Each change costs a few looks into maps, however large the state is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::answer::Answers;
use dr_core::cloud::Identity;
use dr_core::failover::state::RecoveryState;
use dr_core::history::History;
use dr_core::integrity::{self, Matter, ResourceOwners, Violation};
use dr_core::journal::{Deposed, Journal, JournalEntry, JournalEvent, Open};
use dr_core::lifetime::Lifetime;
use dr_core::plan::{Move, Renaming};
use dr_core::record::{Record, Snapshot};
use dr_core::value::{Map, Str, Value};
use serde::{Deserialize, Serialize};

use crate::change::{RefusedChange, StateChange};
use crate::lost::LostSecret;
use crate::row_edit::RowEdit;

/// The head of the state.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// Counts what was written about resources and outputs. A stored plan names the position it was made for.
    pub(crate) position: u64,
    /// Counts the groups that were written.
    #[serde(default)]
    pub(crate) group: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) program: Option<Str>,
    /// The environment's suffix. Earlier versions did not write it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) environment: Option<Str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) identity: Option<Identity>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lifetime: Option<Lifetime>,
}

/// Everything that a store holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Contents {
    pub(crate) head: Head,
    outputs: Map<Value>,
    answers: Answers,
    pub(crate) history: History,
    pub(crate) recovery: RecoveryState,
    pub(crate) unreadable: Vec<LostSecret>,
    current: BTreeMap<Address, Arc<Record>>,
    set_aside: BTreeMap<Deposed, Arc<Record>>,
    journal: Journal,
    /// Which record each real resource belongs to.
    owners: ResourceOwners,
    /// Which operation is about what.
    busy: BTreeMap<Matter, Str>,
}

impl Contents {
    /// The contents that these parts make.
    pub(crate) fn new(
        head: Head,
        (outputs, answers, history): (Map<Value>, Answers, History),
        current: Vec<Arc<Record>>,
        set_aside: Vec<Arc<Record>>,
        journal: Journal,
    ) -> Contents {
        let mut owners = ResourceOwners::default();
        for record in current.iter().chain(&set_aside) {
            owners.insert(record);
        }
        let matters =
            journal.open().iter().flat_map(|(op, open)| Matter::of(open).into_iter().map(|m| (m, op.clone())));
        let busy = matters.collect();
        let current = current.into_iter().map(|record| (record.address.clone(), record)).collect();
        let set_aside = set_aside.into_iter().map(|record| (Deposed::of(&record), record)).collect();
        Contents { head, outputs, answers, history, current, set_aside, journal, owners, busy, ..Contents::default() }
    }

    /// What is recorded.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let head = if self.is_empty() { Head::default() } else { self.head.clone() };
        Snapshot {
            program: head.program,
            identity: head.identity,
            position: self.head.position,
            records: self.current.clone(),
            deposed: self.set_aside.values().cloned().collect(),
            outputs: self.outputs.clone(),
            answers: self.answers.clone(),
            lifetime: head.lifetime,
            recovery: if self.is_empty() { RecoveryState::default() } else { self.recovery.clone() },
        }
    }

    /// What was begun and not closed.
    pub(crate) fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Whether nothing is there, nothing was begun and nothing is put out.
    pub(crate) fn is_empty(&self) -> bool {
        self.current.is_empty()
            && self.set_aside.is_empty()
            && self.journal.open().is_empty()
            && self.outputs.is_empty()
    }

    /// The record that a resource with this id belongs to, of the kind and in the region of `like`.
    pub(crate) fn owner(&self, like: &Record, id: &Str) -> Option<&Deposed> {
        self.owners.of_id(like, id)
    }

    /// Takes a change, and says which rows it changes.
    ///
    /// # Errors
    /// When it must not be written. Then nothing has changed.
    pub(crate) fn take(&mut self, change: StateChange) -> Result<Vec<RowEdit>, RefusedChange> {
        let mut edits = Vec::new();
        match change {
            StateChange::Append { event } => self.append(event, &mut edits)?,
            StateChange::Close { op, record } => self.close(&op, record, &mut edits)?,
            StateChange::SetAside { record } => {
                let violation = integrity::check_record(&record, true).into_iter().next();
                let name = Deposed::of(&record);
                if let Some(violation) = violation {
                    return Err(violation.into());
                }
                if self.is_current(&name) || self.set_aside.contains_key(&name) {
                    return Err(Violation::set_aside(&record).into());
                }
                if let Some(owner) = self.owners.of(&record) {
                    return Err(Violation::owned_elsewhere(&record, &record.id, &owner.address).into());
                }
                self.put_set_aside(record, &mut edits);
            }
            StateChange::Move(moves) => self.rename(&moves, &mut edits)?,
            StateChange::Remove { op, record, deposed } => {
                let name = Deposed::of(&record);
                self.journal.check(&op, JournalEntry::Removed)?;
                self.check_matter(&op, &record)?;
                self.check_free(
                    &match deposed {
                        true => Matter::SetAside(name.clone()),
                        false => Matter::Current(name.address.clone()),
                    },
                    &op,
                )?;
                self.end(&op, JournalEntry::Removed, &mut edits)?;
                if deposed {
                    self.take_set_aside(&name, &mut edits);
                } else if self.is_current(&name) {
                    self.take_current(&name.address, &mut edits);
                }
            }
            StateChange::Abandon { op } => {
                let open = self.end(&op, JournalEntry::Abandoned, &mut edits)?;
                if let Some(Open::Create { deposed: Some(name), .. }) = open
                    && !self.current.contains_key(&name.address)
                    && let Some(record) = self.take_set_aside(&name, &mut edits)
                {
                    self.put_current(record, &mut edits);
                }
            }
            StateChange::Outputs(outputs) => {
                self.outputs = outputs.clone();
                edits.push(RowEdit::Outputs((!outputs.is_empty()).then_some(outputs)));
            }
            // No plan is made for another state because of them.
            StateChange::Answers(answers) => {
                self.answers = answers.clone();
                edits.push(RowEdit::Answers(answers));
                return Ok(edits);
            }
            StateChange::Recovery(computed) => {
                let computed = computed.map(|computed| *computed);
                if self.recovery.computed != computed {
                    self.recovery.computed = computed;
                    edits.push(self.recovery_row());
                }
                return Ok(edits);
            }
            // Which side is active changes what a plan would do.
            StateChange::Failover(event) => {
                self.recovery.take(event)?;
                edits.push(self.recovery_row());
            }
            StateChange::Drilled(drill) => {
                // An environment that holds nothing keeps nothing of its recovery.
                if !self.is_empty() {
                    self.recovery.keep_drill(*drill);
                    edits.push(self.recovery_row());
                }
                return Ok(edits);
            }
            StateChange::RunBegan(run) => {
                let (number, gone) = self.history.begin(*run);
                edits.extend(gone.into_iter().map(|number| RowEdit::Run(number, None)));
                edits.push(RowEdit::Run(number, self.history.get(number).cloned()));
                return Ok(edits);
            }
            StateChange::RunEnded(end) => {
                let number = self.history.end(end);
                edits.extend(number.map(|number| RowEdit::Run(number, self.history.get(number).cloned())));
                return Ok(edits);
            }
            StateChange::Bind { program, environment, identity } => {
                self.head.program = Some(program);
                self.head.environment = Some(environment);
                self.head.identity = Some(identity);
                return Ok(edits);
            }
            StateChange::Applied { at, by } => {
                let before = self.head.lifetime.take().filter(|_| !self.is_empty());
                self.head.lifetime = Some(Lifetime::applied(before.as_ref(), at, by));
                return Ok(edits);
            }
            StateChange::Extend { until } => {
                if let Some(lifetime) = &mut self.head.lifetime {
                    lifetime.extended = Some(until);
                }
                return Ok(edits);
            }
            StateChange::Release => {
                if self.is_empty() {
                    self.head.program = None;
                    self.head.environment = None;
                    self.head.identity = None;
                    self.head.lifetime = None;
                    if !self.recovery.is_empty() {
                        self.recovery = RecoveryState::default();
                        edits.push(self.recovery_row());
                    }
                }
                return Ok(edits);
            }
        }
        self.head.position += 1;
        Ok(edits)
    }

    /// The row that keeps what is known of recovery.
    fn recovery_row(&self) -> RowEdit {
        RowEdit::Recovery((!self.recovery.is_empty()).then(|| Box::new(self.recovery.clone())))
    }

    /// Adds a row to the journal.
    fn append(&mut self, event: JournalEvent, edits: &mut Vec<RowEdit>) -> Result<(), RefusedChange> {
        let op = event.op();
        self.journal.check(op, event.entry())?;
        match &event {
            JournalEvent::Creating { record, deposed, .. } => {
                self.check_intent(op, record, false)?;
                if let Some(name) = deposed {
                    if !self.is_current(name) {
                        return Err(Violation::unrecorded(op, name).into());
                    }
                    self.check_free(&Matter::Current(name.address.clone()), op)?;
                }
            }
            JournalEvent::Identified { op, id } => {
                if let Some(open) = self.journal.open().get(op)
                    && id.is_empty()
                {
                    return Err(Violation::without_id(&open.record().address).into());
                }
            }
            JournalEvent::Updating { record, .. } => {
                self.check_intent(op, record, true)?;
                self.check_place(record)?;
            }
            JournalEvent::Deleting { record, deposed, .. } => {
                let name = Deposed::of(record);
                let (there, matter) = match deposed {
                    true => (self.set_aside.contains_key(&name), Matter::SetAside(name.clone())),
                    false => (self.is_current(&name), Matter::Current(name.address.clone())),
                };
                if !there {
                    return Err(Violation::unrecorded(op, &name).into());
                }
                self.check_free(&matter, op)?;
            }
        }
        // From here on nothing is refused.
        self.journal.append(event.clone())?;
        let op = op.clone();
        if let JournalEvent::Creating { deposed: Some(name), .. } = &event
            && let Some(old) = self.take_current(&name.address, edits)
        {
            self.put_set_aside(old, edits);
        }
        if event.entry() != JournalEntry::Identified
            && let Some(open) = self.journal.open().get(&op)
        {
            self.busy.extend(Matter::of(open).into_iter().map(|matter| (matter, op.clone())));
        }
        edits.push(match event.entry() {
            JournalEntry::Identified => RowEdit::Identified(op, Some(Box::new(event))),
            _ => RowEdit::Begun(op, Some(Box::new(event))),
        });
        Ok(())
    }

    /// Closes an operation with a record.
    fn close(&mut self, op: &Str, record: Arc<Record>, edits: &mut Vec<RowEdit>) -> Result<(), RefusedChange> {
        self.journal.check(op, JournalEntry::Recorded)?;
        self.check_matter(op, &record)?;
        self.check_free(&Matter::Current(record.address.clone()), op)?;
        if let Some(violation) = integrity::check_record(&record, true).into_iter().next() {
            return Err(violation.into());
        }
        let is_new = matches!(self.journal.open().get(op), Some(Open::Create { .. }));
        let former = self.owners.of(&record).filter(|owner| **owner != Deposed::of(&record)).cloned();
        let former = former.map(|name| match self.is_current(&name) {
            true => Matter::Current(name.address),
            false => Matter::SetAside(name),
        });
        match &former {
            // What a creation finds at its address is known to be gone.
            _ if !is_new => self.check_place(&record)?,
            Some(former) => self.check_given_up(former, op)?,
            None => {}
        }
        self.end(op, JournalEntry::Recorded, edits)?;
        // Made under the same key as something that is recorded, it is the same resource, and belongs to the last one
        // that asked for it. Whoever deletes the other record then deletes nothing.
        if let Some(former) = former {
            self.give_up(&former, edits)?;
            match &former {
                Matter::Current(address) if *address != record.address => drop(self.take_current(address, edits)),
                Matter::Current(_) => {}
                Matter::SetAside(name) => drop(self.take_set_aside(name, edits)),
            }
        }
        self.put_current(record, edits);
        Ok(())
    }

    /// Gives records other addresses. Where they go may be where others come from. What was begun with them goes on under
    /// the new address.
    fn rename(&mut self, moves: &[Move], edits: &mut Vec<RowEdit>) -> Result<(), RefusedChange> {
        let renaming = Renaming::new(moves);
        let (mut sources, mut taken) = (BTreeSet::new(), BTreeSet::new());
        for Move { from, to } in moves {
            if !self.current.contains_key(from) || !sources.insert(from) {
                return Err(Violation::nothing_to_move(from, to).into());
            }
            let stays = renaming.of(to).is_none();
            if !taken.insert(to) || stays && self.current.contains_key(to) {
                return Err(Violation::occupied(to).into());
            }
            if stays {
                self.check_free(&Matter::Current(to.clone()), "")?;
            }
        }
        let renamed = |record: &Arc<Record>| {
            let mut new = renaming.touches(record).then(|| Record::clone(record))?;
            renaming.rename(&mut new);
            Some((Deposed::of(record), Arc::new(new)))
        };
        let records: Vec<_> = self.current.values().filter_map(renamed).collect();
        let deposed: Vec<_> = self.set_aside.values().filter_map(renamed).collect();
        if let Some(wrong) = records.iter().find_map(|(_, new)| integrity::check_record(new, true).into_iter().next()) {
            return Err(wrong.into());
        }
        // From here on nothing is refused.
        if self.recovery.rename(&|address| renaming.of(address).cloned()) {
            edits.push(self.recovery_row());
        }
        for (name, _) in &records {
            self.take_current(&name.address, edits);
        }
        for (name, _) in &deposed {
            self.take_set_aside(name, edits);
        }
        records.into_iter().for_each(|(_, record)| self.put_current(record, edits));
        deposed.into_iter().for_each(|(_, record)| self.put_set_aside(record, edits));
        self.rename_open(&renaming, edits);
        Ok(())
    }

    /// Writes new addresses into what is open. What was asked of the cloud stays as it was asked.
    fn rename_open(&mut self, renaming: &Renaming<'_>, edits: &mut Vec<RowEdit>) {
        let aside = |open: &Open| match open {
            Open::Create { deposed: Some(name), .. } => renaming.of(&name.address).is_some(),
            _ => false,
        };
        let touched = self.journal.open().iter().filter(|(_, open)| renaming.touches(open.record()) || aside(open));
        let touched: Vec<(Str, Vec<Matter>)> = touched.map(|(op, open)| (op.clone(), Matter::of(open))).collect();
        for matter in touched.iter().flat_map(|(_, matters)| matters) {
            self.busy.remove(matter);
        }
        for (op, _) in touched {
            let row = self.journal.amend(&op, |open| {
                renaming.rename(open.record_mut());
                if let Open::Create { deposed: Some(name), .. } = open
                    && let Some(to) = renaming.of(&name.address)
                {
                    name.address = to.clone();
                }
            });
            let matters = self.journal.open().get(&op).map(Matter::of).unwrap_or_default();
            self.busy.extend(matters.into_iter().map(|matter| (matter, op.clone())));
            edits.extend(row.into_iter().flat_map(|row| whole(&op, row)));
        }
    }

    /// Takes an operation's rows away.
    fn end(&mut self, op: &Str, entry: JournalEntry, edits: &mut Vec<RowEdit>) -> Result<Option<Open>, RefusedChange> {
        let open = self.journal.close(op, entry)?;
        if let Some(open) = &open {
            edits.push(RowEdit::Begun(op.clone(), None));
            if matches!(open, Open::Create { .. }) {
                edits.push(RowEdit::Identified(op.clone(), None));
            }
            for matter in Matter::of(open) {
                self.busy.remove(&matter);
            }
        }
        Ok(open)
    }

    fn check_intent(&self, op: &str, record: &Record, with_id: bool) -> Result<(), RefusedChange> {
        match integrity::check_record(record, with_id).into_iter().next() {
            Some(violation) => Err(violation.into()),
            None => self.check_free(&Matter::Current(record.address.clone()), op),
        }
    }

    /// No other operation is about it.
    fn check_free(&self, matter: &Matter, op: &str) -> Result<(), RefusedChange> {
        match self.busy.get(matter).filter(|other| ***other != *op) {
            Some(other) => Err(Violation::busy(matter.address(), other).into()),
            None => Ok(()),
        }
    }

    /// No other operation is about it, unless that one deletes it, has set it aside or makes it anew. A call that makes
    /// several changes at once may do so for what is made under the same key; and what is made anew without having been
    /// set aside is gone, whatever its record says.
    fn check_given_up(&self, matter: &Matter, op: &str) -> Result<(), RefusedChange> {
        match self.busy.get(matter).and_then(|other| self.journal.open().get(other)) {
            Some(Open::Delete { .. } | Open::Create { .. }) => Ok(()),
            _ => self.check_free(matter, op),
        }
    }

    /// Takes a matter from the operation that gives it up: a deletion ends with that, a creation has nothing set aside.
    /// One that makes it anew goes on.
    fn give_up(&mut self, matter: &Matter, edits: &mut Vec<RowEdit>) -> Result<(), RefusedChange> {
        let Some(other) = self.busy.get(matter).cloned() else { return Ok(()) };
        if matches!(self.journal.open().get(&other), Some(Open::Delete { .. })) {
            self.end(&other, JournalEntry::Removed, edits)?;
        } else if let Matter::SetAside(_) = matter {
            self.busy.remove(matter);
            let row = self.journal.amend(&other, |open| {
                if let Open::Create { deposed, .. } = open {
                    *deposed = None;
                }
            });
            edits.extend(row.into_iter().flat_map(|row| whole(&other, row)));
        }
        Ok(())
    }

    /// An operation that is open ends with what it is about.
    fn check_matter(&self, op: &Str, record: &Record) -> Result<(), RefusedChange> {
        match self.journal.open().get(op).map(Open::record) {
            Some(about) if Deposed::of(about) != Deposed::of(record) => {
                Err(Violation::another(op, record, about).into())
            }
            _ => Ok(()),
        }
    }

    fn is_current(&self, name: &Deposed) -> bool {
        self.current.get(&name.address).is_some_and(|record| record.op == name.op)
    }

    /// The record of what was there before may take this place: neither the place nor the resource is another's.
    fn check_place(&self, record: &Record) -> Result<(), RefusedChange> {
        if self.current.get(&record.address).is_some_and(|r| r.op != record.op) {
            return Err(Violation::occupied(&record.address).into());
        }
        if self.set_aside.contains_key(&Deposed::of(record)) {
            return Err(Violation::set_aside(record).into());
        }
        match self.owners.of(record).filter(|owner| **owner != Deposed::of(record)) {
            Some(owner) => Err(Violation::owned_elsewhere(record, &record.id, &owner.address).into()),
            None => Ok(()),
        }
    }

    // What is there.

    fn put_current(&mut self, record: Arc<Record>, edits: &mut Vec<RowEdit>) {
        if let Some(old) = self.current.get(&record.address).cloned() {
            self.owners.remove(&old);
        }
        self.owners.insert(&record);
        self.current.insert(record.address.clone(), record.clone());
        edits.push(RowEdit::Current(record.address.clone(), Some(record)));
    }

    fn take_current(&mut self, address: &Address, edits: &mut Vec<RowEdit>) -> Option<Arc<Record>> {
        let record = self.current.remove(address)?;
        self.owners.remove(&record);
        edits.push(RowEdit::Current(address.clone(), None));
        Some(record)
    }

    fn put_set_aside(&mut self, record: Arc<Record>, edits: &mut Vec<RowEdit>) {
        let name = Deposed::of(&record);
        self.owners.insert(&record);
        self.set_aside.insert(name.clone(), record.clone());
        edits.push(RowEdit::SetAside(name, Some(record)));
    }

    fn take_set_aside(&mut self, name: &Deposed, edits: &mut Vec<RowEdit>) -> Option<Arc<Record>> {
        let record = self.set_aside.remove(name)?;
        self.owners.remove(&record);
        edits.push(RowEdit::SetAside(name.clone(), None));
        Some(record)
    }
}

/// What is written when one row stands for all rows of an operation from then on.
fn whole(op: &Str, row: JournalEvent) -> Vec<RowEdit> {
    let id = matches!(row, JournalEvent::Creating { .. }).then(|| RowEdit::Identified(op.clone(), None));
    [RowEdit::Begun(op.clone(), Some(Box::new(row)))].into_iter().chain(id).collect()
}

#[cfg(test)]
mod tests;

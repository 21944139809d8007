//! The journal: what was about to happen, written before it does, and what came of it.
//!
//! An operation creates, updates or deletes one resource. What may follow what is one table, [`TRANSITIONS`]; it is
//! asked before something is written, and again when the journal is read. What opens an operation or carries it on is a
//! [`JournalEvent`] and becomes a row; what closes it takes its rows away in the transaction that writes or removes the
//! record. So the journal holds what is open and nothing else, and after a crash [`Journal::replay`] tells, for each
//! open operation, how far it came.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::cloud::Intent;
use crate::record::Record;
use crate::value::Str;

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalEvent {
    /// About to make the call that creates.
    Creating {
        /// Who and under which token.
        intent: Intent,
        /// The record as it will be, with an empty id and without outputs.
        record: Box<Record>,
        /// The record that this creation sets aside, to be deleted once its successor is there. It returns when the
        /// creation comes to nothing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deposed: Option<Deposed>,
    },
    /// The id of what is being created.
    Identified {
        /// The operation.
        op: Str,
        /// Its id.
        id: Str,
    },
    /// About to change in place.
    Updating {
        /// The operation.
        op: Str,
        /// The record as it will be.
        record: Box<Record>,
    },
    /// About to delete.
    Deleting {
        /// The operation.
        op: Str,
        /// The record of what is deleted.
        record: Box<Record>,
        /// Whether it is the replaced one, not the one that goes by the address now.
        deposed: bool,
    },
}

/// Names a record that was set aside: a later one may go by the same address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Deposed {
    /// Its address.
    pub address: Address,
    /// The operation that created it.
    pub op: Str,
}

impl Deposed {
    /// The name of a record that is or will be set aside.
    pub fn of(record: &Record) -> Deposed {
        Deposed { address: record.address.clone(), op: record.op.clone() }
    }
}

impl JournalEvent {
    /// The operation the row belongs to.
    pub fn op(&self) -> &Str {
        match self {
            JournalEvent::Creating { intent, .. } => &intent.op,
            JournalEvent::Identified { op, .. }
            | JournalEvent::Updating { op, .. }
            | JournalEvent::Deleting { op, .. } => op,
        }
    }

    /// What it does to its operation.
    pub fn entry(&self) -> JournalEntry {
        match self {
            JournalEvent::Creating { .. } => JournalEntry::Creating,
            JournalEvent::Identified { .. } => JournalEntry::Identified,
            JournalEvent::Updating { .. } => JournalEntry::Updating,
            JournalEvent::Deleting { .. } => JournalEntry::Deleting,
        }
    }
}

/// How far an operation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OperationState {
    /// It was not begun, or it is over.
    Closed,
    /// The call that creates may have been made.
    Creating,
    /// The resource is there; its id is known.
    Created,
    /// The resource may have been changed.
    Updating,
    /// The resource may be on its way out.
    Deleting,
}

/// What is written about an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum JournalEntry {
    /// It is about to create.
    Creating,
    /// What it creates has an id.
    Identified,
    /// It is about to change in place.
    Updating,
    /// It is about to delete.
    Deleting,
    /// It is over: the record says what is there.
    Recorded,
    /// It is over: the record goes.
    Removed,
    /// It is over: it came to nothing.
    Abandoned,
}

impl OperationState {
    /// All of them.
    pub const ALL: [OperationState; 5] = [
        OperationState::Closed,
        OperationState::Creating,
        OperationState::Created,
        OperationState::Updating,
        OperationState::Deleting,
    ];
}

impl JournalEntry {
    /// All of them.
    pub const ALL: [JournalEntry; 7] = [
        JournalEntry::Creating,
        JournalEntry::Identified,
        JournalEntry::Updating,
        JournalEntry::Deleting,
        JournalEntry::Recorded,
        JournalEntry::Removed,
        JournalEntry::Abandoned,
    ];
}

/// What may follow what: in which state an operation has to be, what may be written then, and its state afterwards.
/// Everything else is an error.
///
/// A record may be written or removed without an operation: what is taken over, moved or forgotten needs no call that
/// changes something. What has an id cannot come to nothing: somebody has to know of it.
pub const TRANSITIONS: &[(OperationState, JournalEntry, OperationState)] = {
    use JournalEntry as Entry;
    use OperationState as State;
    &[
        (State::Closed, Entry::Creating, State::Creating),
        (State::Closed, Entry::Updating, State::Updating),
        (State::Closed, Entry::Deleting, State::Deleting),
        (State::Closed, Entry::Recorded, State::Closed),
        (State::Closed, Entry::Removed, State::Closed),
        (State::Creating, Entry::Identified, State::Created),
        (State::Creating, Entry::Abandoned, State::Closed),
        (State::Created, Entry::Recorded, State::Closed),
        (State::Created, Entry::Removed, State::Closed),
        (State::Updating, Entry::Recorded, State::Closed),
        (State::Updating, Entry::Removed, State::Closed),
        (State::Updating, Entry::Abandoned, State::Closed),
        (State::Deleting, Entry::Recorded, State::Closed),
        (State::Deleting, Entry::Removed, State::Closed),
        (State::Deleting, Entry::Abandoned, State::Closed),
    ]
};

/// The state after an entry; `None` when it must not be written.
pub fn follow(state: OperationState, entry: JournalEntry) -> Option<OperationState> {
    TRANSITIONS.iter().find(|(from, by, _)| (*from, *by) == (state, entry)).map(|(_, _, to)| *to)
}

/// An operation that was begun and not closed.
#[derive(Debug, Clone, PartialEq)]
pub enum Open {
    /// A creation; the call may or may not have been made.
    Create {
        /// Who and under which token.
        intent: Intent,
        /// The record as it will be; its id is empty while unknown.
        record: Record,
        /// The record that it has set aside.
        deposed: Option<Deposed>,
    },
    /// An update; it may have had its effect.
    Update {
        /// The operation.
        op: Str,
        /// The record as it will be.
        record: Record,
    },
    /// A deletion; it may have had its effect.
    Delete {
        /// The operation.
        op: Str,
        /// The record of what is deleted.
        record: Record,
        /// Whether it is the replaced one.
        deposed: bool,
    },
}

impl Open {
    /// How far it has come.
    pub fn state(&self) -> OperationState {
        match self {
            Open::Create { record, .. } if record.id.is_empty() => OperationState::Creating,
            Open::Create { .. } => OperationState::Created,
            Open::Update { .. } => OperationState::Updating,
            Open::Delete { .. } => OperationState::Deleting,
        }
    }

    /// The row that says all of it.
    fn row(&self) -> JournalEvent {
        match self.clone() {
            Open::Create { intent, record, deposed } => {
                JournalEvent::Creating { intent, record: Box::new(record), deposed }
            }
            Open::Update { op, record } => JournalEvent::Updating { op, record: Box::new(record) },
            Open::Delete { op, record, deposed } => JournalEvent::Deleting { op, record: Box::new(record), deposed },
        }
    }

    /// The record as it will be, or the record of what is deleted.
    pub fn record_mut(&mut self) -> &mut Record {
        match self {
            Open::Create { record, .. } | Open::Update { record, .. } | Open::Delete { record, .. } => record,
        }
    }

    /// The record as it will be, or the record of what is deleted.
    pub fn record(&self) -> &Record {
        match self {
            Open::Create { record, .. } | Open::Update { record, .. } | Open::Delete { record, .. } => record,
        }
    }
}

/// What must not be written to a journal, or cannot have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the operation {op} {}, so it cannot be that {}", in_words(*.state), entry_in_words(*.entry))]
pub struct JournalError {
    /// The operation.
    pub op: Str,
    /// How far it has come.
    pub state: OperationState,
    /// What does not follow.
    pub entry: JournalEntry,
}

fn in_words(state: OperationState) -> &'static str {
    match state {
        OperationState::Closed => "is not open",
        OperationState::Creating => "is creating a resource that has no id yet",
        OperationState::Created => "has created a resource",
        OperationState::Updating => "is changing a resource",
        OperationState::Deleting => "is deleting a resource",
    }
}

fn entry_in_words(entry: JournalEntry) -> &'static str {
    match entry {
        JournalEntry::Creating => "it begins to create",
        JournalEntry::Identified => "it is given an id",
        JournalEntry::Updating => "it begins to change",
        JournalEntry::Deleting => "it begins to delete",
        JournalEntry::Recorded => "it ends with a record",
        JournalEntry::Removed => "it ends without a record",
        JournalEntry::Abandoned => "it comes to nothing",
    }
}

/// The open operations of an environment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Journal {
    open: BTreeMap<Str, Open>,
}

impl Journal {
    /// The journal that these rows make. The rows of one operation have to come in the order in which they were written.
    ///
    /// # Errors
    /// When a row cannot follow those before it.
    pub fn replay(events: impl IntoIterator<Item = JournalEvent>) -> Result<Journal, JournalError> {
        let mut journal = Journal::default();
        events.into_iter().try_for_each(|event| journal.append(event))?;
        Ok(journal)
    }

    /// The open operations, by operation id.
    pub fn open(&self) -> &BTreeMap<Str, Open> {
        &self.open
    }

    /// How far an operation has come.
    pub fn state(&self, op: &str) -> OperationState {
        self.open.get(op).map_or(OperationState::Closed, Open::state)
    }

    /// Checks that something may be written about an operation now.
    ///
    /// # Errors
    /// When it does not follow.
    pub fn check(&self, op: &Str, entry: JournalEntry) -> Result<(), JournalError> {
        let state = self.state(op);
        match follow(state, entry) {
            Some(_) => Ok(()),
            None => Err(JournalError { op: op.clone(), state, entry }),
        }
    }

    /// Takes a row.
    ///
    /// # Errors
    /// When it does not follow.
    pub fn append(&mut self, event: JournalEvent) -> Result<(), JournalError> {
        self.check(event.op(), event.entry())?;
        let op = event.op().clone();
        let next = match event {
            JournalEvent::Identified { id, .. } => {
                if let Some(Open::Create { record, .. }) = self.open.get_mut(&op) {
                    record.id = id;
                }
                return Ok(());
            }
            JournalEvent::Creating { intent, record, deposed } => Open::Create { intent, record: *record, deposed },
            JournalEvent::Updating { op, record } => Open::Update { op, record: *record },
            JournalEvent::Deleting { op, record, deposed } => Open::Delete { op, record: *record, deposed },
        };
        self.open.insert(op, next);
        Ok(())
    }

    /// Changes what is known of an open operation. Returns the row that stands for all its rows from then on.
    pub fn amend(&mut self, op: &str, change: impl FnOnce(&mut Open)) -> Option<JournalEvent> {
        let open = self.open.get_mut(op)?;
        change(open);
        Some(open.row())
    }

    /// Closes an operation, if it was open. Returns what it was.
    ///
    /// # Errors
    /// When it cannot end like that.
    pub fn close(&mut self, op: &Str, entry: JournalEntry) -> Result<Option<Open>, JournalError> {
        self.check(op, entry)?;
        Ok(self.open.remove(op))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str) -> Record {
        Record {
            address: Address::parse("sqs.queue:q").unwrap(),
            kind: "sqs.queue".into(),
            region: None,
            id: id.into(),
            args: Default::default(),
            outputs: Default::default(),
            needs: Vec::new(),
            given: Vec::new(),
            protect: false,
            incomplete: None,
            switched: Default::default(),
            tagged_as: None,
            op: "op1".into(),
            span: None,
        }
    }

    fn op() -> Str {
        "op1".into()
    }

    fn event(entry: JournalEntry) -> Option<JournalEvent> {
        let intent = Intent { op: op(), environment: "e".into(), program: "p".into(), address: record("").address };
        Some(match entry {
            JournalEntry::Creating => JournalEvent::Creating {
                intent,
                record: Box::new(record("")),
                deposed: Some(Deposed::of(&record("a"))),
            },
            JournalEntry::Identified => JournalEvent::Identified { op: op(), id: "i-1".into() },
            JournalEntry::Updating => JournalEvent::Updating { op: op(), record: Box::new(record("i-1")) },
            JournalEntry::Deleting => {
                JournalEvent::Deleting { op: op(), record: Box::new(record("i-1")), deposed: false }
            }
            JournalEntry::Recorded | JournalEntry::Removed | JournalEntry::Abandoned => return None,
        })
    }

    /// Writes an entry, whether it is a row or an end.
    fn write(journal: &mut Journal, entry: JournalEntry) -> Result<(), JournalError> {
        match event(entry) {
            Some(event) => journal.append(event),
            None => journal.close(&op(), entry).map(|_| ()),
        }
    }

    /// The shortest way to each state.
    fn journal_in(state: OperationState) -> Journal {
        let way: &[JournalEntry] = match state {
            OperationState::Closed => &[],
            OperationState::Creating => &[JournalEntry::Creating],
            OperationState::Created => &[JournalEntry::Creating, JournalEntry::Identified],
            OperationState::Updating => &[JournalEntry::Updating],
            OperationState::Deleting => &[JournalEntry::Deleting],
        };
        Journal::replay(way.iter().filter_map(|entry| event(*entry))).unwrap()
    }

    #[test]
    fn every_pair_of_state_and_entry_does_what_the_table_says() {
        for state in OperationState::ALL {
            for entry in JournalEntry::ALL {
                let mut journal = journal_in(state);
                assert_eq!(journal.state("op1"), state);
                let before = journal.clone();
                let written = write(&mut journal, entry);
                match follow(state, entry) {
                    Some(after) => {
                        assert_eq!(written, Ok(()), "{state:?} {entry:?}");
                        assert_eq!(journal.state("op1"), after, "{state:?} {entry:?}");
                    }
                    None => {
                        assert_eq!(written, Err(JournalError { op: op(), state, entry }));
                        assert_eq!(journal, before, "what is refused changes nothing");
                    }
                }
            }
        }
    }

    #[test]
    fn the_table_says_each_thing_once_and_every_state_ends() {
        for (i, (state, entry, _)) in TRANSITIONS.iter().enumerate() {
            assert!(TRANSITIONS[..i].iter().all(|t| (t.0, t.1) != (*state, *entry)), "{state:?} {entry:?} twice");
        }
        for state in OperationState::ALL {
            let ends = [JournalEntry::Recorded, JournalEntry::Removed, JournalEntry::Abandoned];
            let ends = ends.map(|entry| follow(state, entry));
            assert!(ends.contains(&Some(OperationState::Closed)), "{state:?} never ends");
        }
        // What is there is not forgotten.
        assert_eq!(follow(OperationState::Created, JournalEntry::Abandoned), None);
    }

    #[test]
    fn replay_tells_how_far_each_operation_came() {
        let mut journal = journal_in(OperationState::Created);
        let Some(Open::Create { record, deposed, .. }) = journal.open().get("op1") else { panic!("not open") };
        assert_eq!((&*record.id, deposed.as_ref().map(|d| d.address.as_str())), ("i-1", Some("sqs.queue:q")));
        assert!(journal.close(&op(), JournalEntry::Recorded).unwrap().is_some());
        assert!(journal.open().is_empty());
    }

    #[test]
    fn contradictions_are_told_in_words() {
        let twice = [JournalEntry::Creating, JournalEntry::Creating].map(|e| event(e).unwrap());
        assert_eq!(
            Journal::replay(twice).unwrap_err().to_string(),
            "the operation op1 is creating a resource that has no id yet, so it cannot be that it begins to create"
        );
    }
}

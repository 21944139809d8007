//! The journal: what was about to happen, written before it does, and what came of it.
//!
//! Each operation passes `Intended → (Identified) → closed`. Closing is not an event: it removes the operation's rows
//! in the transaction that writes or removes the record, so the journal holds what is open and nothing else. After a
//! crash [`replay`] tells, for each open operation, how far it came.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
    /// The record as it will be, or the record of what is deleted.
    pub fn record(&self) -> &Record {
        match self {
            Open::Create { record, .. } | Open::Update { record, .. } | Open::Delete { record, .. } => record,
        }
    }
}

/// A journal that no sequence of operations can have written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The same operation begins twice.
    #[error("operation {0} begins twice in the journal")]
    Twice(Str),
    /// An id for an operation that is not a creation, or that has one.
    #[error("the journal gives an id to operation {0}, which is not waiting for one")]
    StrayId(Str),
}

/// The open operations, by operation id.
///
/// # Errors
/// When the rows contradict each other.
pub fn replay(events: impl IntoIterator<Item = JournalEvent>) -> Result<BTreeMap<Str, Open>, JournalError> {
    let mut open = BTreeMap::new();
    for event in events {
        let op = event.op().clone();
        let next = match event {
            JournalEvent::Identified { op, id } => match open.get_mut(&op) {
                Some(Open::Create { record, .. }) if record.id.is_empty() || record.id == id => {
                    record.id = id;
                    continue;
                }
                _ => return Err(JournalError::StrayId(op)),
            },
            JournalEvent::Creating { intent, record } => Open::Create { intent, record: *record },
            JournalEvent::Updating { op, record } => Open::Update { op, record: *record },
            JournalEvent::Deleting { op, record, deposed } => Open::Delete { op, record: *record, deposed },
        };
        if open.insert(op.clone(), next).is_some() {
            return Err(JournalError::Twice(op));
        }
    }
    Ok(open)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn record() -> Record {
        Record {
            address: Address::parse("sqs.queue:q").unwrap(),
            kind: "sqs.queue".into(),
            region: None,
            id: "".into(),
            args: Default::default(),
            outputs: Default::default(),
            needs: Vec::new(),
            protect: false,
            incomplete: None,
            op: "op1".into(),
            span: None,
        }
    }
    fn creating() -> JournalEvent {
        let record = record();
        let intent =
            Intent { op: "op1".into(), environment: "e".into(), program: "p".into(), address: record.address.clone() };
        JournalEvent::Creating { intent, record: Box::new(record) }
    }

    #[test]
    fn replay_tells_how_far_each_operation_came() {
        let id = JournalEvent::Identified { op: "op1".into(), id: "i-1".into() };
        let open = replay([creating(), id.clone()]).unwrap();
        assert!(matches!(&open["op1"], Open::Create { record, .. } if &*record.id == "i-1"));
        // The same id once more is the same fact: a flush may be repeated.
        assert!(replay([creating(), id.clone(), id]).is_ok());
    }

    #[test]
    fn contradictions_are_errors() {
        assert_eq!(replay([creating(), creating()]), Err(JournalError::Twice("op1".into())));
        let stray = JournalEvent::Identified { op: "op2".into(), id: "i".into() };
        assert_eq!(replay([stray]), Err(JournalError::StrayId("op2".into())));
        let delete = JournalEvent::Deleting { op: "d".into(), record: Box::new(record()), deposed: false };
        let id = JournalEvent::Identified { op: "d".into(), id: "i".into() };
        assert_eq!(replay([delete, id]), Err(JournalError::StrayId("d".into())));
    }
}

//! Changes to state, and why one may not be made.

use std::sync::Arc;

use dr_core::answer::Answers;
use dr_core::cloud::Identity;
use dr_core::failover::drill::PastDrill;
use dr_core::failover::state::{FailoverEvent, FailoverOrder};
use dr_core::history::{PastRun, RunEnd};
use dr_core::integrity::Violation;
use dr_core::journal::{JournalError, JournalEvent};
use dr_core::plan::Move;
use dr_core::record::Record;
use dr_core::recovery::report::Recovery;
use dr_core::value::{Map, Str, Value};

/// A change to state. Each is on disk entirely or not at all.
#[derive(Debug, Clone)]
pub enum StateChange {
    /// Adds a row to the journal, before the call it announces, or as soon as an id is known.
    Append {
        /// The row.
        event: JournalEvent,
    },
    /// Closes an operation with what is now there. Without an operation, records what needed no call.
    Close {
        /// The operation.
        op: Str,
        /// The record.
        record: Arc<Record>,
    },
    /// Records something that a replacement has left, where no operation did.
    SetAside {
        /// The record.
        record: Arc<Record>,
    },
    /// Closes an operation after which the resource is not there, or not managed, any more.
    Remove {
        /// The operation.
        op: Str,
        /// The record that goes.
        record: Arc<Record>,
        /// Whether it is one that was set aside.
        deposed: bool,
    },
    /// Closes an operation that came to nothing. What it had set aside returns.
    Abandon {
        /// The operation.
        op: Str,
    },
    /// Gives records other addresses, all at once. What is open at them, or was set aside, comes along.
    Move(Vec<Move>),
    /// The program's outputs.
    Outputs(Map<Value>),
    /// What look-ups answered last.
    Answers(Answers),
    /// The environment's program and cloud.
    Bind {
        /// The program's name.
        program: Str,
        /// The environment's suffix.
        environment: Str,
        /// The cloud.
        identity: Identity,
    },
    /// What is computed of the recovery from the loss of a region. No plan is made for another state because of it.
    Recovery(Option<Box<Recovery>>),
    /// Something happens to a failover.
    Failover(FailoverEvent),
    /// A drill was made. No plan is made for another state because of it.
    Drilled(Box<PastDrill>),
    /// A run of a plan begins. No plan is made for another state because of it.
    RunBegan(Box<PastRun>),
    /// It ends.
    RunEnded(RunEnd),
    /// An apply begins.
    Applied {
        /// When: seconds since 1970.
        at: u64,
        /// Who makes it, in words.
        by: Str,
    },
    /// The environment stays at least until then: seconds since 1970. Changes nothing where nothing was applied.
    Extend {
        /// Until when.
        until: u64,
    },
    /// Forgets program, cloud, outputs and lifetime if nothing is there any more.
    Release,
}

/// Why a change must not be written. Nothing of it is, and what was there stays.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedChange {
    /// It does not follow from what was written about its operation.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The state would not be sound afterwards.
    #[error(transparent)]
    Violation(Box<Violation>),
    /// It does not follow from how far the failover is.
    #[error(transparent)]
    Failover(#[from] FailoverOrder),
}

impl From<Violation> for RefusedChange {
    fn from(violation: Violation) -> RefusedChange {
        RefusedChange::Violation(Box::new(violation))
    }
}

//! Row edits: what a change makes of one row, before it becomes bytes.

use std::sync::Arc;

use dr_core::address::Address;
use dr_core::answer::Answers;
use dr_core::failover::state::RecoveryState;
use dr_core::history::PastRun;
use dr_core::journal::{Deposed, JournalEvent};
use dr_core::record::Record;
use dr_core::value::{Map, Str, Value};

/// What one row becomes; `None` when it goes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RowEdit {
    /// The row that begins an operation.
    Begun(Str, Option<Box<JournalEvent>>),
    /// The row with the id of what an operation creates.
    Identified(Str, Option<Box<JournalEvent>>),
    /// A current record.
    Current(Address, Option<Arc<Record>>),
    /// A record that was set aside.
    SetAside(Deposed, Option<Arc<Record>>),
    /// The program's outputs.
    Outputs(Option<Map<Value>>),
    /// What look-ups answered last.
    Answers(Answers),
    /// What is kept of recovery.
    Recovery(Option<Box<RecoveryState>>),
    /// A run of a plan, by its number.
    Run(u64, Option<Arc<PastRun>>),
}

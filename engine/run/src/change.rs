//! Changes to state, and what can go wrong with it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::cloud::Identity;
use dr_core::journal::{JournalError, JournalEvent};
use dr_core::record::Record;
use dr_core::value::{Map, Str, Value};

use crate::rows::RowError;
use crate::seal::SealError;

/// Why state could not be opened, read or written.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Another process works on the environment.
    #[error("the environment `{environment}` is in use by {holder}; wait until it has finished")]
    Locked {
        /// The environment.
        environment: String,
        /// Who has it open, as far as known.
        holder: String,
    },
    /// The database holds less than was written to it: it was damaged, or put back without what belongs to it.
    #[error(
        "the state of `{environment}` is damaged: it is at {position} and was at {reached} already, so what was made since would be forgotten; put the whole folder `{folder}` back from a copy, or, to go on with what is left, remove `{file}`"
    )]
    Lost {
        /// The environment.
        environment: String,
        /// The position that the database has.
        position: u64,
        /// The position that it had reached.
        reached: u64,
        /// The environment's folder.
        folder: PathBuf,
        /// The file that says what was reached.
        file: PathBuf,
    },
    /// The suffix cannot be a folder's name.
    #[error(
        "`{0}` cannot be an environment's suffix: use letters, digits, `-`, `_` and `.`, starting with none of the last two"
    )]
    Name(String),
    /// The environment belongs to something else.
    #[error(
        "the environment `{environment}` belongs to {owner}, not to {other}; destroy it there first, or choose another suffix"
    )]
    Bound {
        /// The environment.
        environment: String,
        /// Program and cloud it belongs to.
        owner: String,
        /// Program and cloud that asked for it.
        other: String,
    },
    /// A row cannot be read or written.
    #[error("the state of `{environment}` cannot be read or written")]
    Row {
        /// The environment.
        environment: String,
        /// The row and what is wrong with it.
        source: RowError,
    },
    /// The key is missing or wrong.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The journal contradicts itself.
    #[error("the journal of `{environment}` contradicts itself")]
    Journal {
        /// The environment.
        environment: String,
        /// How.
        source: JournalError,
    },
    /// A file or folder cannot be used.
    #[error("cannot use `{path}`")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// The database failed.
    #[error("the database of `{environment}` failed")]
    Database {
        /// The environment.
        environment: String,
        /// How.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// The runtime ended before the change was on disk.
    #[error("stopped before the change was written")]
    Stopped,
}

/// A change to state. Each is on disk entirely or not at all.
#[derive(Debug, Clone)]
pub enum StateChange {
    /// Adds a row to the journal, before the call it announces, or as soon as an id is known.
    Append {
        /// The row.
        event: JournalEvent,
        /// The record that a creation sets aside, to be deleted later.
        depose: Option<Arc<Record>>,
    },
    /// Closes an operation with what is now there.
    Close {
        /// The operation.
        op: Str,
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
    /// Gives records other addresses. Each of these was written anew, and had the address beside it before.
    Move {
        /// What is there.
        records: Vec<(Address, Arc<Record>)>,
        /// What was set aside.
        deposed: Vec<(Address, Arc<Record>)>,
    },
    /// The program's outputs.
    Outputs(Map<Value>),
    /// The environment's program and cloud.
    Bind {
        /// The program's name.
        program: Str,
        /// The cloud.
        identity: Identity,
    },
    /// Forgets program, cloud and outputs if nothing is there any more.
    Release,
}

//! The log of a shared state: what a service must be able to do so that several machines can keep one state in it.
//!
//! A stack has entries at positions, which count from 1; beside them a snapshot of everything up to a position, and a
//! lease that says who writes. What stands in an entry or a snapshot, who may take the lease, and what a lost reply means
//! is decided in `engine/run`, for every service alike. A service keeps bytes, and promises two things:
//!
//! - [`append`](StateLog::append) and [`swap_lease`](StateLog::swap_lease) change something on a condition, as one step;
//! - whatever is read is at least as new as the last change that was answered.
//!
//! A call may fail after it had its effect ([`CloudError::maybe_done`](crate::cloud::CloudError::maybe_done)). It does not
//! try again by itself.

use std::time::Duration;

use crate::cloud::CloudResult;
use crate::value::Str;

/// All that a stack holds, up to a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSnapshot {
    /// The last entry that is in it.
    pub position: u64,
    /// What it says.
    pub bytes: Vec<u8>,
}

/// Who may write a stack. Each change raises the epoch or the counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseRow {
    /// Raised by whoever takes the lease.
    pub epoch: u64,
    /// Raised by its holder, as a sign of life, and when it is given back.
    pub counter: u64,
    /// Who has it; `None` when nobody has.
    pub holder: Option<LeaseHolder>,
}

/// Somebody who has the lease of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseHolder {
    /// No other holder has, or ever had, the same.
    pub writer: Str,
    /// Who that is, in words.
    pub name: Str,
    /// How long the counter may stand still before others may take the lease.
    pub silence: Duration,
}

/// A place that keeps the logs of stacks. A stack is named `program/environment`.
pub trait StateLog: Send + Sync {
    /// Writes an entry at a position, unless there is one. Tells whether it did.
    fn append<'a>(&'a self, stack: &'a str, position: u64, bytes: &'a [u8]) -> CloudResult<'a, bool>;

    /// The entry at a position.
    fn entry<'a>(&'a self, stack: &'a str, position: u64) -> CloudResult<'a, Option<Vec<u8>>>;

    /// All entries from a position on, sorted by position.
    fn entries<'a>(&'a self, stack: &'a str, from: u64) -> CloudResult<'a, Vec<(u64, Vec<u8>)>>;

    /// The latest snapshot.
    fn snapshot<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Option<LogSnapshot>>;

    /// Writes a snapshot, unless there is one of a later position.
    fn write_snapshot<'a>(&'a self, stack: &'a str, snapshot: &'a LogSnapshot) -> CloudResult<'a, ()>;

    /// Lets the entries from one position to another, both included, expire after some weeks. Until then they can be read.
    fn retire<'a>(&'a self, stack: &'a str, from: u64, to: u64) -> CloudResult<'a, ()>;

    /// The lease of a stack; `None` when nobody ever had it.
    fn lease<'a>(&'a self, stack: &'a str) -> CloudResult<'a, Option<LeaseRow>>;

    /// Writes the lease, if it is still as it was. Tells whether it did. A stack is listed before its first lease is there.
    fn swap_lease<'a>(
        &'a self,
        stack: &'a str,
        was: Option<&'a LeaseRow>,
        becomes: &'a LeaseRow,
    ) -> CloudResult<'a, bool>;

    /// All stacks that ever had a lease, sorted.
    fn stacks(&self) -> CloudResult<'_, Vec<Str>>;
}

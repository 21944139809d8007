//! Book: what an application has asked for and written, and what was so at each moment.

use std::collections::BTreeMap;

use dr_core::address::Address;
use dr_core::value::Str;

/// The requests and writes of a program's application.
#[derive(Debug)]
pub(crate) struct LoadBook {
    pub(super) environment: Str,
    pub(super) program: Str,
    /// Where the application works, as far as no name leads there.
    pub(super) home: Str,
    /// When it asks and writes next, in microseconds since 1970.
    pub(super) next: u64,
    /// What each client keeps of each name.
    pub(super) kept: BTreeMap<(Str, usize), KeptAnswer>,
    pub(super) items: BTreeMap<Address, Vec<StoredItem>>,
    pub(super) beats: Vec<Beat>,
}

/// An answer that a client keeps.
#[derive(Debug, Clone)]
pub(super) struct KeptAnswer {
    pub(super) region: Option<Str>,
    pub(super) until: u64,
}

/// Something that was written to a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoredItem {
    /// When it was written, in microseconds since 1970.
    pub(super) written: u64,
    /// In which region.
    pub(super) region: Str,
    /// Which one it is.
    pub(super) number: u64,
}

/// What was so at a moment.
#[derive(Debug)]
pub(super) struct Beat {
    pub(super) at: u64,
    /// The region that every client of every name was led to, and that does the work; `None` where there is none.
    pub(super) led: Option<Str>,
    /// The regions that take writes, of each store.
    pub(super) open: BTreeMap<Address, Vec<Str>>,
    /// The stores that refused a write.
    pub(super) refused: Vec<Address>,
}

impl LoadBook {
    /// The beats since a moment.
    pub(super) fn since(&self, moment: u64) -> &[Beat] {
        &self.beats[self.beats.partition_point(|beat| beat.at < moment)..]
    }
}

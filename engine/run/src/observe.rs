//! Observing: what a run tells while it runs.
//!
//! Called on the engine's own task, between calls: an observer takes note and returns.

use std::time::Duration;

use dr_core::address::Address;
use dr_core::cloud::CloudError;
use dr_core::plan::Action;

/// What is happening to a resource.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The resource.
    pub address: &'a Address,
    /// The number of the plan's step; `None` while an earlier run is being resumed.
    pub step: Option<usize>,
    /// What is being done.
    pub action: Action,
    /// What happens.
    pub what: What<'a>,
}

/// What happens.
#[derive(Debug, Clone, Copy)]
pub enum What<'a> {
    /// The step starts.
    Started,
    /// It has come this far.
    Phase(StepPhase),
    /// It waits this long before it looks again.
    Waiting(Duration),
    /// It takes longer than is usual until it is ready, or gone. Told once.
    Overdue {
        /// How long it was waited for.
        waited: Duration,
        /// How long it usually takes.
        typical: Duration,
        /// After how long it is given up.
        limit: Duration,
    },
    /// A call failed and is made again.
    Retrying {
        /// Why it failed.
        error: &'a CloudError,
        /// How many calls have failed so far.
        failed: u32,
        /// How long until the next.
        delay: Duration,
    },
    /// Something has been in the way of its deletion for a while.
    Held {
        /// What in the state refers to it. The rest of the plan takes these away.
        by: &'a [Address],
        /// What the service says.
        error: &'a CloudError,
    },
    /// Its deletion was taken, and it cannot be looked at to see its end.
    Unseen(&'a CloudError),
    /// It was to be made anew under another name, and the name turned out to be the one it has: it is kept.
    Kept,
    /// It is done.
    Done,
    /// It failed.
    Failed(&'a str),
    /// It is not tried, because what it depends on failed.
    Skipped,
    /// It waits for a later plan, because this place stopped answering.
    Deferred(&'a str),
    /// It was stopped on request, and goes on with the next run.
    Interrupted,
}

/// How far a step is. The past participles tell that something is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepPhase {
    /// The intent is on disk.
    Intended,
    /// A lost reply, or an earlier run: whether the creation had its effect.
    Finding,
    /// The creation is being called.
    Creating,
    /// The id is on disk.
    Identified,
    /// What creation alone cannot set.
    Configuring,
    /// An in-place change is being called.
    Updating,
    /// A deletion is being called.
    Deleting,
    /// Whether it has arrived where it should be.
    Settling,
    /// Its attributes are read.
    Reading,
    /// The operation is closed and its result on disk.
    Closed,
}

/// Watches a run.
pub trait Observer: Send + Sync {
    /// Takes note. Must be quick.
    fn on(&self, event: &Progress<'_>);
}

/// Watches nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn on(&self, _: &Progress<'_>) {}
}

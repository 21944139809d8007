//! Waiting: until something is ready, or to be seen, and how long at most.

use std::time::Duration;

use dr_core::cloud::{ErrorClass, Live, Settled};
use dr_core::value::{Map, Value};
use tokio::time::Instant;

use crate::engine::{Broken, CallKind, Engine, Job};
use crate::observe::{StepPhase, What};
use crate::retry::Retry;

/// Longest time between two looks at what settles.
const SLOWEST_PACE: Duration = Duration::from_secs(15);
/// How much longer each look waits than the one before.
const SLOWING: f64 = 1.5;
/// However quick a kind is, it gets this long to settle.
const LEAST_DEADLINE: Duration = Duration::from_secs(20 * 60);
/// A kind gets this many times its typical time.
const DEADLINE: u32 = 5;

impl Engine<'_> {
    /// Looks until it is ready: at once, and then at the kind's pace.
    pub(crate) async fn settle(
        &self,
        job: &Job<'_>,
        id: &str,
        args: &Map<Value>,
        typical: Duration,
        retry: &mut Retry,
    ) -> Result<(), Broken> {
        self.phase(job, StepPhase::Settling);
        let mut wait = Wait::new(job, typical);
        loop {
            match self.call(job, retry, CallKind::Settle, || self.cloud.settle(job.target, id, args)).await? {
                Settled::Ready => return Ok(()),
                Settled::Failed(why) => return Err(Broken::wrong(format!("it did not become ready: {why}"))),
                Settled::Wait(hint) => self.wait(job, &mut wait, hint).await?,
            }
        }
    }

    pub(crate) async fn wait(&self, job: &Job<'_>, wait: &mut Wait, hint: Option<Duration>) -> Result<(), Broken> {
        let delay = hint.unwrap_or(wait.pace);
        if hint.is_none() {
            wait.pace = wait.pace.mul_f64(SLOWING).min(SLOWEST_PACE.max(job.target.kind.pace));
        }
        if Instant::now() + delay > wait.deadline {
            return Err(Broken::wrong(format!("it did not finish within {} minutes", wait.limit.as_secs() / 60)));
        }
        self.tell(job, What::Waiting(delay));
        self.pause(job, delay).await
    }

    /// Reads what was just made. That it is not to be seen yet is a matter of time.
    pub(crate) async fn read_back(
        &self,
        job: &Job<'_>,
        id: &str,
        args: &Map<Value>,
        retry: &mut Retry,
    ) -> Result<Live, Broken> {
        self.phase(job, StepPhase::Reading);
        loop {
            if let Some(live) = self.call(job, retry, CallKind::Read, || self.cloud.read(job.target, id, args)).await? {
                return Ok(live);
            }
            let unseen = dr_core::cloud::CloudError::new(
                ErrorClass::NotYetConsistent,
                CallKind::Read.name(),
                "NotFound",
                "it was just made and is not to be found",
            );
            self.back_off(job, retry, unseen).await?;
        }
    }
}

/// How long to wait between two looks, and until when.
pub(crate) struct Wait {
    pace: Duration,
    limit: Duration,
    deadline: Instant,
}

impl Wait {
    pub(crate) fn new(job: &Job<'_>, typical: Duration) -> Wait {
        let limit = typical.saturating_mul(DEADLINE).max(LEAST_DEADLINE);
        let pace = job.target.kind.pace.max(Duration::from_millis(1));
        Wait { pace, limit, deadline: Instant::now() + limit }
    }
}

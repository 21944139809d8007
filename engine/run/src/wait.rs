//! Waiting: until something is ready, or to be seen, and how long at most.

use std::time::Duration;

use dr_core::cloud::{CloudError, CloudResult, ErrorClass, Live, Settled};
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
/// Whatever is usual for a kind, nobody is told before this.
const UNREMARKED: Duration = Duration::from_secs(30);
/// A kind gets this many times its typical time.
const DEADLINE: u32 = 5;

/// A resource that calls are about.
#[derive(Clone, Copy)]
pub(crate) struct Existing<'a> {
    pub(crate) id: &'a str,
    /// What is known of its arguments, without marks of secrecy.
    pub(crate) args: &'a Map<Value>,
    /// Whether it was made a moment ago. Then "not found" may mean that it is not to be seen yet; else it is gone.
    pub(crate) is_new: bool,
}

impl Engine<'_> {
    /// Makes a call that may be repeated without harm, until it succeeds or its budget is spent, or the resource turns
    /// out to be gone.
    pub(crate) async fn call_on<'c, T>(
        &self,
        job: &Job<'_>,
        retry: &mut Retry,
        call: CallKind,
        of: Existing<'_>,
        mut make: impl FnMut() -> CloudResult<'c, T>,
    ) -> Result<T, Broken> {
        let mut looked = of.is_new;
        loop {
            let error = match self.once(job, call, &mut make).await {
                Err(Broken::Call(error)) => error,
                other => {
                    retry.went_well();
                    return other;
                }
            };
            // What is not to be found may also be something that this resource refers to.
            if matches!(error.class, ErrorClass::Gone | ErrorClass::NotYetConsistent)
                && !std::mem::replace(&mut looked, true)
                && self.is_gone(job, of).await?
            {
                return Err(Broken::Gone);
            }
            self.back_off(job, retry, error).await?;
        }
    }

    /// Whether a look says that it is not there. One that fails says nothing.
    pub(crate) async fn is_gone(&self, job: &Job<'_>, of: Existing<'_>) -> Result<bool, Broken> {
        match self.once(job, CallKind::Read, || self.cloud.read(job.target, of.id, of.args)).await {
            Ok(live) => Ok(live.is_none()),
            Err(stop) if stop.ends_work() => Err(stop),
            Err(broken) => Ok(broken.is_absent()),
        }
    }

    /// Looks until it is ready: at once, and then at the kind's pace.
    pub(crate) async fn settle(
        &self,
        job: &Job<'_>,
        of: Existing<'_>,
        typical: Duration,
        retry: &mut Retry,
    ) -> Result<(), Broken> {
        self.phase(job, StepPhase::Settling);
        let mut wait = Wait::new(job, typical);
        loop {
            let look = self.call_on(job, retry, CallKind::Settle, of, || self.cloud.settle(job.target, of.id, of.args));
            match look.await? {
                Settled::Ready => return Ok(()),
                Settled::Failed(mut why) => {
                    job.secrets.redact(&mut why);
                    return Err(Broken::Failed { message: format!("it did not become ready: {why}") });
                }
                Settled::Wait(hint) => self.wait(job, &mut wait, hint).await?,
            }
        }
    }

    pub(crate) async fn wait(&self, job: &Job<'_>, wait: &mut Wait, hint: Option<Duration>) -> Result<(), Broken> {
        let delay = hint.unwrap_or(wait.pace);
        if hint.is_none() {
            wait.pace = wait.pace.mul_f64(SLOWING).min(SLOWEST_PACE.max(job.target.kind.pace));
        }
        let now = Instant::now();
        if now + delay > wait.deadline {
            let message = format!("it did not finish within {} minutes", wait.limit.as_secs() / 60);
            return Err(Broken::Late { message });
        }
        let waited = now.duration_since(wait.begun);
        if waited > wait.typical.max(UNREMARKED) && !std::mem::replace(&mut wait.is_told, true) {
            self.tell(job, What::Overdue { waited, typical: wait.typical, limit: wait.limit });
        }
        self.tell(job, What::Waiting(delay));
        self.pause(job, delay).await
    }

    /// Reads what was just made or changed. That something new is not to be seen yet is a matter of time.
    pub(crate) async fn read_back(&self, job: &Job<'_>, of: Existing<'_>, retry: &mut Retry) -> Result<Live, Broken> {
        self.phase(job, StepPhase::Reading);
        loop {
            let read = self.call(job, retry, CallKind::Read, || self.cloud.read(job.target, of.id, of.args)).await?;
            match read {
                Some(live) => return Ok(live),
                None if !of.is_new => return Err(Broken::Gone),
                None => {}
            }
            let unseen = CloudError::new(
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
    begun: Instant,
    typical: Duration,
    /// Whether somebody was told that it takes longer than usual.
    is_told: bool,
    pace: Duration,
    limit: Duration,
    deadline: Instant,
}

impl Wait {
    pub(crate) fn new(job: &Job<'_>, typical: Duration) -> Wait {
        let limit = typical.saturating_mul(DEADLINE).max(LEAST_DEADLINE);
        let pace = job.target.kind.pace.max(Duration::from_millis(1));
        let begun = Instant::now();
        Wait { begun, typical, is_told: false, pace, limit, deadline: begun + limit }
    }
}

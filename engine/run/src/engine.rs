//! The engine: what every call to a cloud needs, and the one way to make a call.
//!
//! A call waits for a slot of its service and region, is made, and is made again as its [`Retry`] allows. Waiting
//! holds no slot, ends when somebody asks to stop, and is told to the observer.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dr_core::cloud::{Cloud, CloudError, CloudResult, ErrorClass, Target};
use dr_core::diagnostic::Diagnostic;
use dr_core::plan::Action;
use dr_core::region::place;
use dr_core::registry::Registry;
use dr_core::secrecy::Secrets;
use dr_core::value::Str;

use crate::cancel::Cancel;
use crate::error::StoreError;
use crate::gate::Gate;
use crate::observe::{Observer, Progress, StepPhase, What};
use crate::places::{Places, Verdict};
use crate::retry::Retry;
use crate::store::Store;

/// What a run works with.
#[derive(Clone, Copy)]
pub struct Engine<'a> {
    /// The environment's state.
    pub store: &'a Store,
    /// Where resources live; usually a [`Router`](crate::Router).
    pub cloud: &'a dyn Cloud,
    /// The kinds.
    pub registry: &'a Registry,
    /// Call slots.
    pub gate: &'a Gate,
    /// Who watches.
    pub observer: &'a dyn Observer,
    /// How to stop.
    pub cancel: &'a Cancel,
    /// Counts the calls.
    pub calls: &'a Calls,
    /// Which regions answer.
    pub places: &'a Places,
    /// How long the cloud may take to show what was just made. Before this time has passed after a lost reply,
    /// "not found" is not believed.
    pub patience: Duration,
}

/// Which call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)] // The functions of `Cloud` of the same names.
pub enum CallKind {
    Find,
    Create,
    Configure,
    Settle,
    Read,
    Owner,
    Claim,
    Update,
    Delete,
    Deleted,
    LookUp,
    Objections,
    Switch,
    Vitals,
}

impl CallKind {
    /// Whether it changes nothing, so that nobody minds when it is dropped on the way.
    fn only_looks(self) -> bool {
        !matches!(
            self,
            CallKind::Create
                | CallKind::Configure
                | CallKind::Claim
                | CallKind::Update
                | CallKind::Delete
                | CallKind::Switch
        )
    }

    /// Its name, as in [`Cloud`].
    pub fn name(self) -> &'static str {
        match self {
            CallKind::Find => "find",
            CallKind::Create => "create",
            CallKind::Configure => "configure",
            CallKind::Settle => "settle",
            CallKind::Read => "read",
            CallKind::Owner => "owner",
            CallKind::Claim => "claim",
            CallKind::Update => "update",
            CallKind::Delete => "delete",
            CallKind::Deleted => "deleted",
            CallKind::LookUp => "look_up",
            CallKind::Objections => "objections",
            CallKind::Switch => "switch",
            CallKind::Vitals => "vitals",
        }
    }
}

/// How many calls of each sort were made, and how often and why they were made again. Cloning gives another handle to the
/// same.
#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<Mutex<CallCounts>>);

#[derive(Debug, Default)]
struct CallCounts {
    made: BTreeMap<(&'static str, CallKind), u64>,
    again: BTreeMap<ErrorClass, Retries>,
}

/// How often something was made again, and what was waited for that in all. Waits that overlap count each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retries {
    /// How often.
    pub count: u64,
    /// How long.
    pub waited: Duration,
}

impl Calls {
    /// No calls.
    pub fn new() -> Calls {
        Calls::default()
    }

    fn count(&self, kind: &'static str, call: CallKind) {
        *self.counted().made.entry((kind, call)).or_default() += 1;
    }

    fn counted(&self) -> MutexGuard<'_, CallCounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something that failed is made again after this time.
    pub(crate) fn again(&self, class: ErrorClass, waited: Duration) {
        let mut counted = self.counted();
        let retries = counted.again.entry(class).or_default();
        retries.count += 1;
        retries.waited += waited;
    }

    /// What was made again, by the class of the failure.
    pub fn retries(&self) -> BTreeMap<ErrorClass, Retries> {
        self.counted().again.clone()
    }

    /// The numbers, by kind and call: `sqs.queue create`.
    pub fn totals(&self) -> BTreeMap<String, u64> {
        self.counted().made.iter().map(|((kind, call), n)| (format!("{kind} {}", call.name()), *n)).collect()
    }
}

/// Why a piece of work did not come to its end.
#[derive(Debug)]
pub(crate) enum Broken {
    /// A call failed for good.
    Call(CloudError),
    /// It was not ready, or not gone, within the time that it gets.
    Late {
        /// What it was waited for.
        message: String,
    },
    /// The service says that it will never be ready.
    Failed {
        /// What the service says.
        message: String,
    },
    /// It was there, and is not any more.
    Gone,
    /// Something is wrong with one of its arguments.
    Argument {
        /// Keys and indexes from the argument inwards.
        path: Vec<Str>,
        /// What.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// A check refuses what was not known before. Nothing was called.
    Refused(Box<Diagnostic>),
    /// Something else is wrong with the resource.
    Wrong {
        /// What.
        message: String,
        /// What to do about it.
        help: Option<String>,
    },
    /// The region does not answer. What was begun stays open in the journal.
    Silent {
        /// Where.
        place: Str,
    },
    /// Somebody asked to stop. What was begun stays open in the journal.
    Interrupted,
    /// State cannot be written; nothing may go on.
    Store(StoreError),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Broken::Call(error) => error.fmt(f),
            Broken::Late { message }
            | Broken::Failed { message }
            | Broken::Argument { message, .. }
            | Broken::Wrong { message, .. } => f.write_str(message),
            Broken::Refused(finding) => f.write_str(&finding.message),
            Broken::Silent { place } => write!(f, "{place} does not answer"),
            Broken::Gone => f.write_str("it was deleted meanwhile, by somebody else"),
            Broken::Interrupted => f.write_str("it was stopped on request"),
            Broken::Store(error) => error.fmt(f),
        }
    }
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Broken {
        match &error {
            // The state is as it was, and takes other changes.
            StoreError::Refused { .. } => Broken::Wrong { message: error.to_string(), help: error.help() },
            _ => Broken::Store(error),
        }
    }
}

impl Broken {
    pub(crate) fn wrong(message: impl Into<String>) -> Broken {
        Broken::Wrong { message: message.into(), help: None }
    }

    /// Whether it says nothing about the resource: the same may go well the next time.
    pub(crate) fn may_pass(&self) -> bool {
        match self {
            Broken::Call(error) => {
                error.maybe_done
                    || match error.class {
                        ErrorClass::Throttled
                        | ErrorClass::Transient
                        | ErrorClass::NotYetConsistent
                        | ErrorClass::Conflict => true,
                        ErrorClass::Denied | ErrorClass::Invalid | ErrorClass::Gone | ErrorClass::Exists => false,
                    }
            }
            Broken::Late { .. } | Broken::Silent { .. } | Broken::Interrupted => true,
            Broken::Failed { .. }
            | Broken::Gone
            | Broken::Argument { .. }
            | Broken::Refused(_)
            | Broken::Wrong { .. }
            | Broken::Store(_) => false,
        }
    }

    /// Whether nothing more can be done about the resource in this run, and nothing was found out about it. What was begun
    /// stays open.
    pub(crate) fn ends_work(&self) -> bool {
        matches!(self, Broken::Interrupted | Broken::Store(_) | Broken::Silent { .. })
    }

    /// Whether a call says that what it is about is not there.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self, Broken::Gone) || matches!(self, Broken::Call(e) if e.class == ErrorClass::Gone)
    }
}

/// One resource being worked on.
pub(crate) struct Job<'a> {
    pub(crate) target: Target<'a>,
    pub(crate) step: Option<usize>,
    pub(crate) action: Action,
    /// The operation.
    pub(crate) op: Str,
    /// The longest path from here to the end of the run.
    pub(crate) urgency: Duration,
    /// How many jobs of this job's lane are at work. One that waits is not.
    pub(crate) busy: Option<&'a AtomicUsize>,
    /// Whether the call that changes something is made together with those of others: it takes its slot itself.
    pub(crate) in_batch: bool,
    /// The secrets among the arguments, which a service may quote.
    pub(crate) secrets: Secrets,
}

impl<'a> Job<'a> {
    /// The place that its calls go to.
    pub(crate) fn place(&self) -> Option<&'a str> {
        place(self.target.kind, self.target.region)
    }
}

impl Engine<'_> {
    pub(crate) fn tell(&self, job: &Job<'_>, what: What<'_>) {
        self.observer.on(&Progress { address: job.target.address, step: job.step, action: job.action, what });
    }

    pub(crate) fn phase(&self, job: &Job<'_>, phase: StepPhase) {
        self.tell(job, What::Phase(phase));
    }

    /// That nobody found a place not to answer.
    ///
    /// # Errors
    /// When somebody did.
    pub(crate) fn check_answers(&self, place: &str) -> Result<(), Broken> {
        match self.places.is_silent(place) {
            true => Err(silent(place)),
            false => Ok(()),
        }
    }

    /// Makes one call, once it has a slot.
    pub(crate) async fn once<'c, T>(
        &self,
        job: &Job<'_>,
        call: CallKind,
        make: impl FnOnce() -> CloudResult<'c, T>,
    ) -> Result<T, Broken> {
        let kind = job.target.kind;
        let together = job.in_batch && matches!(call, CallKind::Create | CallKind::Update | CallKind::Delete);
        let place = job.place();
        let slot = tokio::select! {
            biased;
            slot = self.gate.enter(kind.service(), job.target.region, job.urgency), if !together => Some(slot),
            () = self.cancel.requested() => return Err(Broken::Interrupted),
            () = std::future::ready(()), if together => None,
        };
        if self.cancel.is_requested() {
            return Err(Broken::Interrupted);
        }
        if let Some(place) = place {
            self.check_answers(place)?;
        }
        self.store.check_ours().await.map_err(Broken::Store)?;
        if let Some(place) = place {
            self.places.asks(place);
        }
        self.calls.count(kind.name, call);
        let result = match place.filter(|place| call.only_looks() && !self.places.is_known(place)) {
            // Many may be under way when the first of them finds out.
            Some(place) => tokio::select! {
                biased;
                result = make() => result,
                () = self.places.fell_silent(place) => return Err(silent(place)),
            },
            None => make().await,
        };
        if let Some(place) = place {
            self.places.ended(place, result.as_ref().err());
        }
        match (slot, &result) {
            (None, _) => {}
            (Some(slot), Err(e)) if e.class == ErrorClass::Throttled => slot.throttled(e.retry_after),
            (Some(slot), _) => slot.went_well(),
        }
        result.map_err(|mut error| {
            // Whatever was sent may come back in a message.
            job.secrets.redact(&mut error.message);
            Broken::Call(error)
        })
    }

    /// Makes a call that may be repeated without harm, until it succeeds or its budget is spent.
    pub(crate) async fn call<'c, T>(
        &self,
        job: &Job<'_>,
        retry: &mut Retry,
        call: CallKind,
        mut make: impl FnMut() -> CloudResult<'c, T>,
    ) -> Result<T, Broken> {
        loop {
            match self.once(job, call, &mut make).await {
                Err(Broken::Call(error)) => self.back_off(job, retry, error).await?,
                other => {
                    retry.went_well();
                    return other;
                }
            }
        }
    }

    /// Waits before a failed call is made again.
    ///
    /// # Errors
    /// The failure itself, when it is not to be made again.
    pub(crate) async fn back_off(&self, job: &Job<'_>, retry: &mut Retry, error: CloudError) -> Result<(), Broken> {
        let delay = self.delay(job.place(), retry, &error).await?;
        self.calls.again(error.class, delay);
        self.tell(job, What::Retrying { error: &error, failed: retry.failed(), delay });
        self.pause(job, delay).await
    }

    /// How long to wait before a failed call is made again.
    ///
    /// # Errors
    /// The failure itself, when it is not to be made again.
    async fn delay(&self, place: Option<&str>, retry: &mut Retry, error: &CloudError) -> Result<Duration, Broken> {
        let lost = place.filter(|_| error.class == ErrorClass::Transient);
        let most = match lost.map(|place| (place, self.places.judge(place))) {
            Some((place, Verdict::Silent)) => return Err(silent(place)),
            Some((place, Verdict::Doubtful)) => self.ask(place).await.map(|()| Duration::MAX)?,
            Some((_, Verdict::Within(most))) => most,
            Some((_, Verdict::There)) | None => Duration::MAX,
        };
        let Some(delay) = retry.after(error) else {
            if let Some(place) = lost.filter(|place| self.places.is_quiet(place)) {
                self.ask(place).await?;
            }
            return Err(Broken::Call(error.clone()));
        };
        Ok(delay.min(most))
    }

    /// Makes a call that is about a place and no resource, until it succeeds or its budget is spent.
    pub(crate) async fn ask_place<'c, T>(
        &self,
        place: &str,
        mut make: impl FnMut() -> CloudResult<'c, T>,
    ) -> Result<T, Broken> {
        let mut retry = Retry::looking(place);
        loop {
            self.check_answers(place)?;
            self.places.asks(place);
            let result = tokio::select! {
                biased;
                () = self.cancel.requested() => return Err(Broken::Interrupted),
                result = make() => result,
            };
            self.places.ended(place, result.as_ref().err());
            match result {
                Ok(answer) => return Ok(answer),
                Err(error) => {
                    let delay = self.delay(Some(place), &mut retry, &error).await?;
                    self.calls.again(error.class, delay);
                    self.rest(Some(place), delay).await?;
                }
            }
        }
    }

    /// Asks a place that may not be there for a sign of life.
    ///
    /// # Errors
    /// When there is none, or somebody asked to stop.
    pub(crate) async fn ask(&self, place: &str) -> Result<(), Broken> {
        tokio::select! {
            biased;
            () = self.cancel.requested() => Err(Broken::Interrupted),
            is_silent = self.places.stays_silent(self.cloud, place) => if is_silent { Err(silent(place)) } else { Ok(()) },
        }
    }

    /// Waits, holding nothing.
    pub(crate) async fn pause(&self, job: &Job<'_>, delay: Duration) -> Result<(), Broken> {
        let _idle = job.busy.map(Idle::new);
        self.rest(job.place(), delay).await
    }

    /// Waits, unless the place falls silent meanwhile.
    pub(crate) async fn rest(&self, place: Option<&str>, delay: Duration) -> Result<(), Broken> {
        let fell_silent = async {
            match place {
                Some(place) => {
                    self.places.fell_silent(place).await;
                    Err(silent(place))
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = self.cancel.requested() => Err(Broken::Interrupted),
            silent = fell_silent => silent,
            () = tokio::time::sleep(delay) => Ok(()),
        }
    }
}

fn silent(place: &str) -> Broken {
    Broken::Silent { place: place.into() }
}

/// While it lives, a job does not count as being at work.
struct Idle<'a>(&'a AtomicUsize);

impl<'a> Idle<'a> {
    fn new(busy: &'a AtomicUsize) -> Idle<'a> {
        busy.fetch_sub(1, Ordering::Relaxed);
        Idle(busy)
    }
}

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

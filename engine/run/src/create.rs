//! Creating: from an intent to an id, and from an id to a record.
//!
//! A creation is intended, called, identified, settled, configured, read and recorded. What is written to the journal
//! between is what [`resume`](crate::resume()) needs to go on from there; both use the same functions.

use std::sync::Arc;
use std::time::Duration;

use dr_core::cloud::{CloudError, ErrorClass, Intent, Live};
use dr_core::compare::same_key;
use dr_core::journal::{Deposed, JournalEvent};
use dr_core::plan::{Action, Plan, Step};
use dr_core::record::{Record, Unfinished};
use dr_core::secrecy::revealed;
use dr_core::value::{Map, Str, Value};
use tokio::time::Instant;

use crate::change::StateChange;
use crate::engine::{Broken, CallKind, Engine, Job};
use crate::observe::{StepPhase, What};
use crate::queue::Receipt;
use crate::retry::Retry;
use crate::stack::Stack;
use crate::step::Finish;
use crate::wait::Existing;

/// How long to wait before looking again for what may have been made, at first
const SOON: Duration = Duration::from_millis(500);
/// and at most.
const SLOWLY: Duration = Duration::from_secs(5);
/// Most things are to be seen in this part of the time that the slowest of them may take.
const SEEN_SOONER: u32 = 3;

impl Engine<'_> {
    /// Creates: `record` is as it will be, without id and outputs; `deposed` is what it replaces, if that stays for now.
    #[allow(clippy::too_many_arguments)] // Each is a part of the step.
    pub(crate) async fn create(
        &self,
        job: &Job<'_>,
        plan: &Plan,
        intent: Intent,
        record: Record,
        deposed: Option<Deposed>,
        known: &Map<Value>,
        retry: &mut Retry,
    ) -> Result<Finish, Broken> {
        let event = JournalEvent::Creating { intent: intent.clone(), record: Box::new(record.clone()), deposed };
        self.store.commit(StateChange::Append { event }).await?;
        self.phase(job, StepPhase::Intended);
        let id = match self.call_create(job, &intent, &record.args, retry).await {
            Ok(id) => id,
            Err((broken, sure)) => {
                // Only what was certainly not made is forgotten. The next run asks for the rest.
                if sure {
                    self.abandon(job).await?;
                }
                return Err(broken);
            }
        };
        if let Some(other) = self.store.owner(&record, &id)?.filter(|other| stays(plan, other, &record)) {
            self.abandon(job).await?;
            return Err(Broken::Wrong {
                message: format!("it is the same {} as `{}`, `{id}`", record.kind, other.address),
                help: Some("one resource has one address: take one of the two out of the program, or give them different names".into()),
            });
        }
        self.identified(job, &intent, Record { id, ..record }, known, retry).await
    }

    /// From an id to a record. The id is on its way to the disk while the cloud is asked on: should it not arrive, it is
    /// found again by the intent.
    pub(crate) async fn identified(
        &self,
        job: &Job<'_>,
        intent: &Intent,
        record: Record,
        known: &Map<Value>,
        retry: &mut Retry,
    ) -> Result<Finish, Broken> {
        let receipt = self.has_id(job, record.id.clone());
        let written = async {
            receipt.durable().await?;
            self.phase(job, StepPhase::Identified);
            Ok::<(), Broken>(())
        };
        let (written, finish) = futures::join!(written, self.finish(job, intent, record, known, retry));
        written?;
        finish
    }

    /// Writes the id of what is being created.
    pub(crate) fn has_id(&self, job: &Job<'_>, id: Str) -> Receipt {
        let event = JournalEvent::Identified { op: job.op.clone(), id };
        self.store.submit(StateChange::Append { event })
    }

    /// Asks for the creation until there is an id. On failure, says whether it is certain that nothing was made.
    async fn call_create(
        &self,
        job: &Job<'_>,
        intent: &Intent,
        args: &Map<Value>,
        retry: &mut Retry,
    ) -> Result<Str, (Broken, bool)> {
        let args = revealed(args);
        // Whether some call may have had its effect without a reply.
        let mut doubt = false;
        loop {
            self.phase(job, StepPhase::Creating);
            let error = match self.once(job, CallKind::Create, || self.cloud.create(job.target, &args, intent)).await {
                Ok(id) => return Ok(id),
                Err(Broken::Call(error)) => error,
                Err(other) => {
                    // Where nothing answers, no call was made.
                    let sure = !doubt && matches!(other, Broken::Silent { .. });
                    return Err((other, sure));
                }
            };
            let lost = error.maybe_done || error.class == ErrorClass::Transient;
            doubt |= lost;
            if error.class == ErrorClass::Exists {
                // Either an earlier call of this very operation made it, or somebody else did.
                let patience = if doubt { self.patience } else { Duration::ZERO };
                return match self.find(job, intent, &args, patience, retry).await {
                    Ok(Some(id)) => Ok(id),
                    Ok(None) => match self.taken(job, &args, &error.message).await {
                        Ok(taken) | Err(taken) => Err((taken, !doubt)),
                    },
                    Err(broken) => Err((broken, false)),
                };
            }
            let again = match self.back_off(job, retry, error.clone()).await {
                Err(broken) if broken.ends_work() => return Err((broken, false)),
                other => other,
            };
            if lost {
                let begin = Instant::now();
                let patience = self.patience_after(job, &error);
                if let Some(id) = self.find(job, intent, &args, patience, retry).await.map_err(|b| (b, false))? {
                    return Ok(id);
                }
                retry.spend(ErrorClass::Transient, begin.elapsed());
            }
            // What was looked for and not found may still appear: the next run looks once more.
            again.map_err(|broken| (broken, !lost))?;
        }
    }

    /// How long to look for what a lost call may have made, before it is asked for again. Where asking again makes no second
    /// one, or the service says that it did nothing, one look is enough.
    fn patience_after(&self, job: &Job<'_>, error: &CloudError) -> Duration {
        if error.maybe_done && !job.target.kind.repeats() { self.patience / SEEN_SOONER } else { Duration::ZERO }
    }

    /// The id of what an intent created. "Not found" counts once the cloud had this long to show it.
    pub(crate) async fn find(
        &self,
        job: &Job<'_>,
        intent: &Intent,
        args: &Map<Value>,
        patience: Duration,
        retry: &mut Retry,
    ) -> Result<Option<Str>, Broken> {
        self.phase(job, StepPhase::Finding);
        let deadline = Instant::now() + patience;
        let mut pace = SOON;
        loop {
            let found = self.call(job, retry, CallKind::Find, || self.cloud.find(job.target, args, intent)).await?;
            let left = deadline.saturating_duration_since(Instant::now());
            if found.is_some() || left.is_zero() {
                return Ok(found);
            }
            let delay = left.min(pace);
            pace = (pace * 2).min(SLOWLY);
            self.tell(job, What::Waiting(delay));
            self.pause(job, delay).await?;
        }
    }

    /// From an id that is on disk to a record: settle, configure, settle, read, close.
    async fn finish(
        &self,
        job: &Job<'_>,
        intent: &Intent,
        record: Record,
        known: &Map<Value>,
        retry: &mut Retry,
    ) -> Result<Finish, Broken> {
        let args = revealed(&record.args).into_owned();
        let new = Existing { id: &record.id, args: &args, is_new: true };
        match self.arrive(job, intent, new, retry).await {
            Ok(live) => self.close(job, record, live, known, retry).await,
            // The operation stays open: the next run goes on with what is there.
            Err(broken) if broken.may_pass() || matches!(broken, Broken::Store(_)) => Err(broken),
            Err(broken) if broken.is_absent() && self.is_gone(job, new).await? => self.missing(job, record).await,
            Err(broken) => {
                let record = Arc::new(Record { incomplete: Some(unfinished(&broken)), ..record });
                self.closed(job, self.write(job, &record)).await?;
                Ok(Finish::Unready(record, broken))
            }
        }
    }

    /// Waits until what was made is ready, sets what creation alone cannot, and reads it.
    pub(crate) async fn arrive(
        &self,
        job: &Job<'_>,
        intent: &Intent,
        of: Existing<'_>,
        retry: &mut Retry,
    ) -> Result<Live, Broken> {
        // What is not there yet cannot be configured, and configuring may set off something to wait for.
        self.settle(job, of, job.target.kind.create, retry).await?;
        if self.configure(job, intent, of, retry).await? {
            self.settle(job, of, job.target.kind.update, retry).await?;
        }
        self.read_back(job, of, retry).await
    }

    /// Sets what creation alone cannot. Tells whether anything may have been set.
    pub(crate) async fn configure(
        &self,
        job: &Job<'_>,
        intent: &Intent,
        of: Existing<'_>,
        retry: &mut Retry,
    ) -> Result<bool, Broken> {
        self.phase(job, StepPhase::Configuring);
        self.call_on(job, retry, CallKind::Configure, of, || self.cloud.configure(job.target, of.id, of.args, intent))
            .await
    }

    /// That a name is somebody's, and whose.
    ///
    /// # Errors
    /// When somebody asks to stop.
    async fn taken(&self, job: &Job<'_>, args: &Map<Value>, message: &str) -> Result<Broken, Broken> {
        let is_same = |r: &Record| {
            *r.kind == *job.target.kind.name
                && same_key(job.target.kind, (args, job.target.region), (&r.args, r.region.as_deref()))
        };
        // A failure is told as it is: who else has the name is only a help.
        let snapshot = self.store.snapshot().unwrap_or_default();
        if snapshot.deposed.iter().any(|r| is_same(r)) {
            return Ok(Broken::Wrong {
                message: format!("its name belongs to what a replacement has set aside: {message}"),
                help: Some("apply again: what was set aside is deleted first".into()),
            });
        }
        if let Some(own) = snapshot.records.values().find(|r| is_same(r)) {
            return Ok(Broken::Wrong {
                message: format!("its name belongs to `{}` of this stack: {message}", own.address),
                help: Some("give one of them another name; if that one goes or is renamed, plan again".into()),
            });
        }
        let Stack { environment, program } = self.store.stack();
        Ok(match self.namesake(job, args).await? {
            Some(whose) if whose == *program => Broken::Wrong {
                message: format!(
                    "it exists already; `{}` made it, and its state does not say so: {message}",
                    self.store.stack()
                ),
                help: Some(format!("`dr state rebuild {program} --env {environment}` takes it into the state")),
            },
            Some(whose) => Broken::Wrong {
                message: format!(
                    "it exists already, and belongs to `{}`: {message}",
                    Stack::new(whose, environment.clone())
                ),
                help: Some(format!(
                    "give `{}` another name: two programs cannot have one resource",
                    job.target.address
                )),
            },
            None => Broken::Wrong {
                message: format!("it exists already, and `{}` did not make it: {message}", self.store.stack()),
                help: Some(format!(
                    "give `{}` another name, delete the other one, or take it over with `import_id`",
                    job.target.address
                )),
            },
        })
    }
}

/// Whether what a resource belongs to stays when this is made: the plan neither replaces nor removes it, and does not
/// know that it is gone.
fn stays(plan: &Plan, other: &Deposed, made: &Record) -> bool {
    let goes = |step: &Step| match step.action {
        Action::Delete | Action::Forget => step.prior.as_ref().is_some_and(|r| r.op == other.op),
        // Whatever was recorded at an address where something is made without replacing anything is gone.
        Action::Create => step.address == other.address && step.replacement.is_none(),
        _ => false,
    };
    other.address != made.address && !plan.steps.iter().any(goes)
}

/// What a failure that is no matter of time leaves behind.
pub(crate) fn unfinished(broken: &Broken) -> Unfinished {
    match broken {
        Broken::Failed { .. } => Unfinished::Failed,
        _ => Unfinished::Begun,
    }
}

//! Creating: from an intent to an id, and from an id to a record.
//!
//! A creation is intended, called, identified, settled, configured, read and recorded. What is written to the journal
//! between is what [`resume`](crate::resume()) needs to go on from there; both use the same functions.

use std::sync::Arc;
use std::time::Duration;

use dr_core::cloud::{ErrorClass, Intent};
use dr_core::journal::JournalEvent;
use dr_core::record::Record;
use dr_core::secrecy::revealed;
use dr_core::value::{Map, Str, Value};
use tokio::time::Instant;

use crate::change::StateChange;
use crate::engine::{Broken, CallKind, Engine, Job};
use crate::observe::{StepPhase, What};
use crate::retry::Retry;
use crate::step::{Finish, complete};

impl Engine<'_> {
    /// Creates: `record` is as it will be, without id and outputs; `depose` is what it replaces, if that stays for now.
    pub(crate) async fn create(
        &self,
        job: &Job<'_>,
        intent: Intent,
        record: Record,
        depose: Option<Arc<Record>>,
        known: &Map<Value>,
        retry: &mut Retry,
    ) -> Result<Finish, Broken> {
        let event = JournalEvent::Creating { intent: intent.clone(), record: Box::new(record.clone()) };
        self.store.commit(StateChange::Append { event, depose }).await?;
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
        let event = JournalEvent::Identified { op: job.op.clone(), id: record.id.clone() };
        let receipt = self.store.submit(StateChange::Append { event, depose: None });
        let written = async {
            receipt.durable().await?;
            self.phase(job, StepPhase::Identified);
            Ok::<(), Broken>(())
        };
        let (written, finish) = futures::join!(written, self.finish(job, intent, record, known, retry));
        written?;
        finish
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
                Err(other) => return Err((other, false)),
            };
            doubt |= error.maybe_done || error.class == ErrorClass::Transient;
            if error.class == ErrorClass::Exists {
                // Either an earlier call of this very operation made it, or somebody else did.
                return match self.find(job, intent, &args, Duration::ZERO, retry).await {
                    Ok(Some(id)) => Ok(id),
                    Ok(None) => Err((not_ours(job, &error.message), !doubt)),
                    Err(broken) => Err((broken, false)),
                };
            }
            if let Err(broken) = self.back_off(job, retry, error).await {
                let sure = !doubt && matches!(broken, Broken::Call(_));
                return Err((broken, sure));
            }
            if doubt {
                if let Some(id) = self.find(job, intent, &args, self.patience, retry).await.map_err(|b| (b, false))? {
                    return Ok(id);
                }
                doubt = false;
            }
        }
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
        loop {
            let found = self.call(job, retry, CallKind::Find, || self.cloud.find(job.target, args, intent)).await?;
            let left = deadline.saturating_duration_since(Instant::now());
            if found.is_some() || left.is_zero() {
                return Ok(found);
            }
            let delay = left.min(Duration::from_secs(5));
            self.tell(job, What::Waiting(delay));
            self.pause(job, delay).await?;
        }
    }

    /// From an id that is on disk to a record: settle, configure, settle, read, close.
    pub(crate) async fn finish(
        &self,
        job: &Job<'_>,
        intent: &Intent,
        record: Record,
        known: &Map<Value>,
        retry: &mut Retry,
    ) -> Result<Finish, Broken> {
        let args = revealed(&record.args).into_owned();
        let arrival = async {
            // What is not there yet cannot be configured, and configuring may set off something to wait for.
            self.settle(job, &record.id, &args, job.target.kind.create, retry).await?;
            self.phase(job, StepPhase::Configuring);
            self.call(job, retry, CallKind::Configure, || self.cloud.configure(job.target, &record.id, &args, intent))
                .await?;
            self.settle(job, &record.id, &args, job.target.kind.update, retry).await?;
            self.read_back(job, &record.id, &args, retry).await
        };
        match arrival.await {
            Ok(live) => self.close(job, complete(job.target.kind, record, live), known, None).await,
            Err(broken @ (Broken::Interrupted | Broken::Store(_))) => Err(broken),
            Err(broken) => {
                let record = Arc::new(Record { incomplete: true, ..record });
                self.closed(job, self.write(job, &record, None)).await?;
                Ok(Finish::Unready(record, broken))
            }
        }
    }
}

fn not_ours(job: &Job<'_>, message: &str) -> Broken {
    Broken::Wrong {
        message: format!("it exists already, and this environment did not make it: {message}"),
        help: Some(format!(
            "give `{}` another name, delete the other one, or take it over with `import_id`",
            job.target.address
        )),
    }
}

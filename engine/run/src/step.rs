//! One resource: the ways from an intent to a record.
//!
//! A creation is intended, called, identified, settled, configured, read and recorded; what is written to the journal
//! between is what [`resume`](crate::resume()) needs to go on from there, and both use the same functions. A function
//! that fails says so; what is known by then is on disk.

use std::sync::Arc;
use std::time::Duration;

use dr_core::cloud::{ErrorClass, Intent, Live, Settled};
use dr_core::compare;
use dr_core::journal::Event;
use dr_core::record::Record;
use dr_core::schema::{Kind, Place, Presence};
use dr_core::secrecy::{mark, revealed};
use dr_core::value::{Map, Str, Value};
use tokio::time::Instant;

use crate::change::Change;
use crate::engine::{Broken, Call, Engine, Job};
use crate::observe::{Phase, What};
use crate::retry::Retry;
use crate::store::Receipt;

/// Longest time between two looks at what settles.
const SLOWEST_PACE: Duration = Duration::from_secs(15);
/// How much longer each look waits than the one before.
const SLOWING: f64 = 1.5;
/// However quick a kind is, it gets this long to settle.
const LEAST_DEADLINE: Duration = Duration::from_secs(20 * 60);
/// A kind gets this many times its typical time.
const DEADLINE: u32 = 5;

/// What became of a resource that was created or changed.
pub(crate) enum Finish {
    /// It is as it should be; the record is on its way to the disk.
    Ready(Arc<Record>, Receipt),
    /// It is there, and not as it should be. What is known is on disk.
    Unready(Arc<Record>, Broken),
}

/// The record after its resource was read: the arguments it was given, what the service chose where it was given
/// none, and the computed attributes.
fn complete(kind: &Kind, mut record: Record, mut live: Live) -> Record {
    for field in kind.args.iter().filter(|f| f.presence == Presence::Computed) {
        if !record.args.contains_key(field.name)
            && let Some(value) = live.args.remove(field.name)
            && !value.is_null()
        {
            record.args.insert(field.name.into(), value);
        }
    }
    set_outputs(kind, &mut record, live.outputs);
    mark(kind.args, &mut record.args);
    record
}

/// The record of a resource after something happened to it that nobody saw the end of: what is known, with what is
/// really there laid over it.
pub(crate) fn observed(kind: &Kind, mut record: Record, live: Live) -> Record {
    for (name, value) in live.args {
        let Some(field) = kind.arg(&name) else { continue };
        let same = record.args.get(&name).is_some_and(|known| compare::same(field, known, &value));
        if !same && !field.write_only && !value.is_null() {
            record.args.insert(name, value);
        }
    }
    set_outputs(kind, &mut record, live.outputs);
    mark(kind.args, &mut record.args);
    record
}

fn set_outputs(kind: &Kind, record: &mut Record, outputs: Map<Value>) {
    if kind.place == Place::Local {
        // The record is the only place where some of them are.
        record.outputs.extend(outputs);
    } else {
        record.outputs = outputs;
    }
    mark(kind.outputs, &mut record.outputs);
}

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
        let event = Event::Creating { intent: intent.clone(), record: Box::new(record.clone()) };
        self.store.commit(Change::Append { event, depose }).await?;
        self.phase(job, Phase::Intended);
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
        let event = Event::Identified { op: job.op.clone(), id: record.id.clone() };
        let receipt = self.store.submit(Change::Append { event, depose: None });
        let written = async {
            receipt.durable().await?;
            self.phase(job, Phase::Identified);
            Ok::<(), Broken>(())
        };
        let (written, finish) = futures::join!(written, self.finish(job, intent, record, known, retry));
        written?;
        finish
    }

    pub(crate) async fn abandon(&self, job: &Job<'_>) -> Result<(), Broken> {
        self.closed(job, self.store.submit(Change::Abandon { op: job.op.clone() })).await
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
            self.phase(job, Phase::Creating);
            let error = match self.once(job, Call::Create, || self.cloud.create(job.target, &args, intent)).await {
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
        self.phase(job, Phase::Finding);
        let deadline = Instant::now() + patience;
        loop {
            let found = self.call(job, retry, Call::Find, || self.cloud.find(job.target, args, intent)).await?;
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
            self.phase(job, Phase::Configuring);
            self.call(job, retry, Call::Configure, || self.cloud.configure(job.target, &record.id, &args, intent))
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

    /// Writes the record and closes the operation. What the plan knew in advance must have come true.
    async fn close(
        &self,
        job: &Job<'_>,
        record: Record,
        known: &Map<Value>,
        before: Option<&Record>,
    ) -> Result<Finish, Broken> {
        let broken = known.iter().find_map(|(name, planned)| {
            let found = record.attribute(name).unwrap_or_default();
            (found.revealed() != planned.revealed()).then(|| Broken::Wrong {
                message: format!("`{name}` is {found}, although the plan says {planned}"),
                help: Some("plan again: what it is made from has changed since".into()),
            })
        });
        let record = Arc::new(Record { incomplete: broken.is_some(), ..record });
        let receipt = self.write(job, &record, before);
        Ok(match broken {
            None => Finish::Ready(record, receipt),
            Some(broken) => {
                self.closed(job, receipt).await?;
                Finish::Unready(record, broken)
            }
        })
    }

    /// Writes a record and closes the operation. `before` is the record at the resource's former address.
    pub(crate) fn write(&self, job: &Job<'_>, record: &Arc<Record>, before: Option<&Record>) -> Receipt {
        let moved_from = before.filter(|b| b.address != record.address).map(|b| b.address.clone());
        self.store.submit(Change::Close { op: job.op.clone(), record: record.clone(), moved_from })
    }

    /// Waits until the operation is closed on disk.
    pub(crate) async fn closed(&self, job: &Job<'_>, receipt: Receipt) -> Result<(), Broken> {
        receipt.durable().await?;
        self.phase(job, Phase::Closed);
        Ok(())
    }

    /// Changes in place: `old` is what is there, `record` what shall be.
    pub(crate) async fn update(
        &self,
        job: &Job<'_>,
        intent: &Intent,
        old: &Record,
        record: Record,
        known: &Map<Value>,
        retry: &mut Retry,
    ) -> Result<Finish, Broken> {
        let event = Event::Updating { op: job.op.clone(), record: Box::new(record.clone()) };
        self.store.commit(Change::Append { event, depose: None }).await?;
        self.phase(job, Phase::Intended);
        let (was, args) = (revealed(&old.args), revealed(&record.args).into_owned());
        let id = record.id.clone();
        let change = async {
            if old.incomplete {
                self.settle(job, &id, &was, job.target.kind.create, retry).await?;
                self.phase(job, Phase::Configuring);
                self.call(job, retry, Call::Configure, || self.cloud.configure(job.target, &id, &args, intent)).await?;
            }
            self.phase(job, Phase::Updating);
            self.call(job, retry, Call::Update, || self.cloud.update(job.target, &id, &was, &args)).await?;
            self.settle(job, &id, &args, job.target.kind.update, retry).await?;
            self.read_back(job, &id, &args, retry).await
        };
        match change.await {
            Ok(live) => {
                let record = complete(job.target.kind, record, live);
                self.close(job, record, known, Some(old)).await
            }
            Err(broken @ (Broken::Interrupted | Broken::Store(_))) => Err(broken),
            Err(broken) => {
                // Part of it may have happened: the record says what is there, so that the next plan sees the rest.
                let read = self.once(job, Call::Read, || self.cloud.read(job.target, &id, &was)).await;
                let record = match read {
                    Ok(Some(live)) => observed(job.target.kind, old.clone(), live),
                    Err(stop @ (Broken::Interrupted | Broken::Store(_))) => return Err(stop),
                    _ => old.clone(),
                };
                let record = Arc::new(record);
                self.closed(job, self.write(job, &record, None)).await?;
                Ok(Finish::Unready(record, broken))
            }
        }
    }

    /// Deletes and waits until it is gone.
    pub(crate) async fn delete(
        &self,
        job: &Job<'_>,
        record: &Arc<Record>,
        deposed: bool,
        retry: &mut Retry,
    ) -> Result<Receipt, Broken> {
        let event = Event::Deleting { op: job.op.clone(), record: Box::new(Record::clone(record)), deposed };
        self.store.commit(Change::Append { event, depose: None }).await?;
        self.phase(job, Phase::Intended);
        self.finish_delete(job, record, deposed, retry).await
    }

    /// From an intent that is on disk to the record's removal.
    pub(crate) async fn finish_delete(
        &self,
        job: &Job<'_>,
        record: &Arc<Record>,
        deposed: bool,
        retry: &mut Retry,
    ) -> Result<Receipt, Broken> {
        let args = revealed(&record.args);
        let departure = async {
            self.phase(job, Phase::Deleting);
            let delete = self.call(job, retry, Call::Delete, || self.cloud.delete(job.target, &record.id, &args)).await;
            if is_gone(&delete) {
                return Ok(());
            }
            delete?;
            self.phase(job, Phase::Settling);
            let mut wait = Wait::new(job, job.target.kind.delete);
            loop {
                let look =
                    self.call(job, retry, Call::Deleted, || self.cloud.deleted(job.target, &record.id, &args)).await;
                if is_gone(&look) {
                    return Ok(());
                }
                match look? {
                    Settled::Ready => return Ok(()),
                    Settled::Failed(why) => return Err(Broken::wrong(format!("the deletion failed: {why}"))),
                    Settled::Wait(hint) => self.wait(job, &mut wait, hint).await?,
                }
            }
        };
        match departure.await {
            Ok(()) => Ok(self.remove(job, record, deposed)),
            Err(broken @ (Broken::Interrupted | Broken::Store(_))) => Err(broken),
            Err(broken) => {
                // It is still there, and so is its record; the next plan says so.
                self.abandon(job).await?;
                Err(broken)
            }
        }
    }

    /// Removes a record and closes the operation.
    pub(crate) fn remove(&self, job: &Job<'_>, record: &Arc<Record>, deposed: bool) -> Receipt {
        self.store.submit(Change::Remove { op: job.op.clone(), record: record.clone(), deposed })
    }

    /// Looks until it is ready: at once, and then at the kind's pace.
    async fn settle(
        &self,
        job: &Job<'_>,
        id: &str,
        args: &Map<Value>,
        typical: Duration,
        retry: &mut Retry,
    ) -> Result<(), Broken> {
        self.phase(job, Phase::Settling);
        let mut wait = Wait::new(job, typical);
        loop {
            match self.call(job, retry, Call::Settle, || self.cloud.settle(job.target, id, args)).await? {
                Settled::Ready => return Ok(()),
                Settled::Failed(why) => return Err(Broken::wrong(format!("it did not become ready: {why}"))),
                Settled::Wait(hint) => self.wait(job, &mut wait, hint).await?,
            }
        }
    }

    async fn wait(&self, job: &Job<'_>, wait: &mut Wait, hint: Option<Duration>) -> Result<(), Broken> {
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
    async fn read_back(&self, job: &Job<'_>, id: &str, args: &Map<Value>, retry: &mut Retry) -> Result<Live, Broken> {
        self.phase(job, Phase::Reading);
        loop {
            if let Some(live) = self.call(job, retry, Call::Read, || self.cloud.read(job.target, id, args)).await? {
                return Ok(live);
            }
            let unseen = dr_core::cloud::CloudError::new(
                ErrorClass::NotYetConsistent,
                Call::Read.name(),
                "NotFound",
                "it was just made and is not to be found",
            );
            self.back_off(job, retry, unseen).await?;
        }
    }
}

/// How long to wait between two looks, and until when.
struct Wait {
    pace: Duration,
    limit: Duration,
    deadline: Instant,
}

impl Wait {
    fn new(job: &Job<'_>, typical: Duration) -> Wait {
        let limit = typical.saturating_mul(DEADLINE).max(LEAST_DEADLINE);
        let pace = job.target.kind.pace.max(Duration::from_millis(1));
        Wait { pace, limit, deadline: Instant::now() + limit }
    }
}

fn is_gone<T>(result: &Result<T, Broken>) -> bool {
    matches!(result, Err(Broken::Call(e)) if e.class == ErrorClass::Gone)
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

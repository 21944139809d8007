//! Resuming: what an earlier run began and did not close, before anything else happens.
//!
//! It is found out how far each operation came, and nothing is waited for: what is not done yet is recorded as it is,
//! and the plan goes on with it, side by side with everything else and in the right order.
//!
//! - A creation without an id is looked for by its token or tags. Not found, it was never made. With an id, it is
//!   finished if it is ready; else it is recorded as unfinished.
//! - An update is not repeated; what is really there is recorded, and the plan sees the rest.
//! - A deletion is not repeated either. What the service is deleting is recorded as such; what is still there and can
//!   be used stays recorded, and the plan decides anew whether it goes.
//!
//! Where everything is to go, nothing is finished first.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dr_core::address::Address;
use dr_core::cloud::{Identity, Intent, Live, Settled, Target};
use dr_core::compare::same;
use dr_core::journal::Open;
use dr_core::plan::{Action, Goal, agrees};
use dr_core::record::{Record, Snapshot, Unfinished};
use dr_core::region::Away;
use dr_core::schema::Field;
use dr_core::secrecy::{Secrets, marked, revealed};
use dr_core::value::{Map, Str, Value};
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::time::Instant;

use crate::create::unfinished;
use crate::engine::{Broken, CallKind, Engine, Job};
use crate::error::StoreError;
use crate::observe::What;
use crate::report::{LeftOpen, StepFailure};
use crate::retry::Retry;
use crate::step::{complete, observed, unsure};
use crate::wait::Existing;

/// How long to wait before looking again for what is not to be seen yet.
const UNSEEN: Duration = Duration::from_secs(5);

/// What became of an operation of an earlier run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// What had been created was found, or known, and is finished now.
    Created,
    /// It had been created and is not finished, for this reason; the plan goes on with it.
    Begun(String),
    /// It had been created, and the service says that it will never be ready; the plan makes it anew.
    Failed(String),
    /// Nothing had been created.
    NeverCreated,
    /// What an update left is recorded now.
    Recorded,
    /// It could not be looked at, for this reason; it is recorded as it was before.
    Unread(String),
    /// It was gone when it was to be looked at; the plan makes it anew.
    Missing,
    /// It is deleted now.
    Deleted,
    /// The service is deleting it.
    Going,
    /// It is still there; the plan decides anew whether it goes.
    StillThere,
}

/// An operation of an earlier run that is closed now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// The resource.
    pub address: Address,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of everything an earlier run had left open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resumption {
    /// What is closed now, in the order in which it ended.
    pub resumed: Vec<Resumed>,
    /// What could not be closed; it stays open, or its resource stays as it is.
    pub failed: Vec<StepFailure>,
    /// What stays open because its region is away, sorted.
    pub away: Vec<LeftOpen>,
    /// What stays open because somebody asked to stop.
    pub remaining: Vec<Address>,
}

/// Finds out what became of what an earlier run left open, and records it. `goal` is what comes next.
///
/// # Errors
/// When state cannot be read or written, or belongs to another cloud.
pub async fn resume(engine: &Engine<'_>, identity: &Identity, goal: Goal) -> Result<Resumption, StoreError> {
    engine.supervise();
    let open = engine.store.open_operations()?;
    let mut result = Resumption::default();
    if open.is_empty() {
        return Ok(result);
    }
    engine.store.check_binding(identity)?;
    // What one call has deleted and made again under the same key belongs to whoever made it: deletions come last.
    let (deletions, first) = open.into_iter().partition(|(_, open)| matches!(open, Open::Delete { .. }));
    for group in [first, deletions] {
        close_all(engine, goal, group, &mut result).await?;
    }
    result.away.sort();
    engine.store.release().await?;
    Ok(result)
}

/// Closes operations, all at once.
async fn close_all(
    engine: &Engine<'_>,
    goal: Goal,
    open: BTreeMap<Str, Open>,
    result: &mut Resumption,
) -> Result<(), StoreError> {
    let (snapshot, still) = (engine.store.snapshot()?, engine.store.open_operations()?);
    let (open, over): (BTreeMap<_, _>, BTreeMap<_, _>) = open.into_iter().partition(|(op, _)| still.contains_key(op));
    let deleted = |open: &Open| Resumed { address: open.record().address.clone(), outcome: Outcome::Deleted };
    result.resumed.extend(over.values().map(deleted));
    let mut running: FuturesUnordered<_> = open
        .into_iter()
        .map(|(op, open)| {
            let (record, action) = match &open {
                Open::Create { record, .. } => (record, Action::Create),
                Open::Update { record, .. } => (record, Action::Update),
                Open::Delete { record, .. } => (record, Action::Delete),
            };
            let record = record.clone();
            let (address, span) =
                (record.address.clone(), record.span.as_ref().map(dr_core::diagnostic::Span::of_earlier_text));
            let (kind, region) = (engine.registry.get(&record.kind), record.region.clone());
            let kind_name = record.kind.clone();
            let snapshot = &snapshot;
            async move {
                let left_out = region.as_deref().filter(|region| engine.places.is_left_out(region));
                let mut retry = Retry::brief(&op);
                let outcome = match kind {
                    _ if left_out.is_some() => Err(Broken::Silent { place: left_out.unwrap_or_default().into() }),
                    None => Err(Broken::wrong(format!("this version of dr does not know the kind `{kind_name}`"))),
                    Some(kind) => {
                        let target = Target { kind, region: region.as_deref(), address: &address };
                        let job = Job {
                            target,
                            step: None,
                            action,
                            op,
                            urgency: kind.create,
                            busy: None,
                            in_batch: false,
                            secrets: Secrets::of([&record.args]),
                        };
                        engine.tell(&job, What::Started);
                        Resume { engine, job: &job, snapshot, goal }.close(open, &mut retry).await
                    }
                };
                (address, action, span, outcome, retry.failed())
            }
        })
        .collect();
    while let Some((address, action, span, outcome, attempts)) = tokio::select! {
        biased;
        () = engine.cancel.at_once() => None,
        next = running.next() => next,
    } {
        match outcome {
            Ok(outcome) => result.resumed.push(Resumed { address, outcome }),
            Err(Broken::Silent { place }) => {
                let away = engine.places.away(&place).unwrap_or(Away::Silent);
                result.away.push(LeftOpen { place, address, action, away });
            }
            Err(broken) => match StepFailure::new((None, &address, action, &span), broken, attempts)? {
                Some(failure) => result.failed.push(failure),
                None => result.remaining.push(address),
            },
        }
    }
    Ok(())
}

/// What is there, as far as open operations say it without asking anybody: what has an id, and what was to be changed,
/// is begun. For plans that are only looked at; what is applied is made from what [`resume`] found.
pub fn as_far_as_known(snapshot: &Snapshot, open: impl IntoIterator<Item = Open>) -> Snapshot {
    let mut known = snapshot.clone();
    for operation in open {
        let record = match operation {
            Open::Create { record, .. } if !record.id.is_empty() => Some(record),
            Open::Update { record, .. } => snapshot.records.get(&record.address).map(|before| Record::clone(before)),
            // Whether anything came of it only the cloud can tell.
            Open::Create { .. } | Open::Delete { .. } => None,
        };
        if let Some(record) = record {
            let begun = Record { incomplete: Some(Unfinished::Begun), ..record };
            known.records.insert(begun.address.clone(), Arc::new(begun));
        }
    }
    known
}

/// One operation.
struct Resume<'a> {
    engine: &'a Engine<'a>,
    job: &'a Job<'a>,
    /// What was recorded before anything was resumed.
    snapshot: &'a Snapshot,
    goal: Goal,
}

impl Resume<'_> {
    async fn close(&self, open: Open, retry: &mut Retry) -> Result<Outcome, Broken> {
        match open {
            Open::Create { intent, record, .. } => self.create(&intent, record, retry).await,
            Open::Update { record, .. } => self.update(record, retry).await,
            Open::Delete { record, deposed, .. } => self.delete(Arc::new(record), deposed, retry).await,
        }
    }

    /// A creation, from whether it was made.
    async fn create(&self, intent: &Intent, mut record: Record, retry: &mut Retry) -> Result<Outcome, Broken> {
        let (engine, job) = (self.engine, self.job);
        if record.id.is_empty() {
            let args = revealed(&record.args);
            let Some(id) = engine.find(job, intent, &args, engine.patience, retry).await? else {
                engine.abandon(job).await?;
                return Ok(Outcome::NeverCreated);
            };
            drop(args);
            record.id = id;
            let receipt = engine.has_id(job, record.id.clone());
            receipt.durable().await?;
        }
        if self.goal == Goal::Destroy {
            return self.begun(record, Unfinished::Begun, "it is to go anyway".into()).await;
        }
        match self.look(intent, &record, retry).await {
            Ok(Seen::Ready(live)) => {
                self.record(complete(job.target.kind, record, live)).await?;
                Ok(Outcome::Created)
            }
            Ok(Seen::NotYet) => self.begun(record, Unfinished::Begun, "it is not ready yet".into()).await,
            Ok(Seen::Missing) => self.missing(&record).await,
            Err(stop) if stop.ends_work() => Err(stop),
            Err(broken) if broken.is_absent() => self.missing(&record).await,
            Err(broken) => {
                let why = unfinished(&broken);
                self.begun(record, why, broken.to_string()).await
            }
        }
    }

    /// How something is that has an id, finished if it is ready. What was made a moment ago may not be to be seen yet.
    async fn look(&self, intent: &Intent, record: &Record, retry: &mut Retry) -> Result<Seen, Broken> {
        let (engine, job) = (self.engine, self.job);
        let args = revealed(&record.args);
        let of = Existing { id: &record.id, args: &args, is_new: true };
        let deadline = Instant::now() + engine.patience;
        let mut configured = false;
        loop {
            let settled = engine.once(job, CallKind::Settle, || engine.cloud.settle(job.target, of.id, of.args)).await;
            match settled {
                // Configuring may set off something to wait for.
                Ok(Settled::Ready) if !configured && engine.configure(job, intent, of, retry).await? => {
                    configured = true;
                }
                Ok(Settled::Ready) => {
                    return engine.read_back(job, of, retry).await.map(Seen::Ready);
                }
                Ok(Settled::Wait(_)) => return Ok(Seen::NotYet),
                Ok(Settled::Failed(mut message)) => {
                    job.secrets.redact(&mut message);
                    return Err(Broken::Failed { message });
                }
                Err(Broken::Call(error)) => {
                    if engine.is_gone(job, of).await? {
                        let left = deadline.saturating_duration_since(Instant::now());
                        if left.is_zero() {
                            return Ok(Seen::Missing);
                        }
                        engine.pause(job, left.min(UNSEEN)).await?;
                    } else {
                        engine.back_off(job, retry, error).await?;
                    }
                }
                Err(broken) => return Err(broken),
            }
        }
    }

    /// Records something as unfinished.
    async fn begun(&self, record: Record, why: Unfinished, reason: String) -> Result<Outcome, Broken> {
        self.record(Record { incomplete: Some(why), ..record }).await?;
        Ok(match why {
            Unfinished::Begun => Outcome::Begun(reason),
            Unfinished::Failed | Unfinished::Lost => Outcome::Failed(reason),
        })
    }

    /// An update: what is there now. `record` is what should have been.
    async fn update(&self, record: Record, retry: &mut Retry) -> Result<Outcome, Broken> {
        let (engine, job) = (self.engine, self.job);
        let known = self.snapshot.records.get(&record.address).filter(|known| known.id == record.id);
        let before = known.map_or(&record, |known| known);
        let args = revealed(&before.args).into_owned();
        let read = engine.call(job, retry, CallKind::Read, || engine.cloud.read(job.target, &record.id, &args)).await;
        let (found, outcome) = match read {
            Ok(Some(live)) => (self.changed(&record, before, marked(job.target.kind, live)), Outcome::Recorded),
            Ok(None) => return self.missing(before).await,
            Err(broken) if broken.is_absent() => return self.missing(before).await,
            Err(stop) if stop.ends_work() => return Err(stop),
            Err(broken) => (before.clone(), Outcome::Unread(broken.to_string())),
        };
        // What was not finished before is not known to be so now.
        let incomplete = before.incomplete;
        self.record(Record { incomplete, ..found }).await?;
        Ok(outcome)
    }

    /// The record of what an update left: as it was to be, if it came to its end, with what it was to depend on.
    fn changed(&self, wanted: &Record, before: &Record, live: Live) -> Record {
        let kind = self.job.target.kind;
        let done = complete(kind, wanted.clone(), live.clone());
        // A refresh does not ask whether a failover has added something: it could be what was to be taken away.
        let is_left = |field: &Field| {
            let [was, is] = [&before.args, &live.args].map(|args| args.get(field.name));
            !wanted.args.contains_key(field.name) && was.is_some() && is.is_some_and(|value| !value.is_null())
        };
        // What a failover sets has arrived when it is so; the rest, as it was declared.
        let is_set = |(name, value): (&Str, &Value)| {
            let found = live.args.get(name).unwrap_or(&Value::Null);
            kind.arg(name).is_some_and(|field| same(field, value, found))
        };
        let declared = Record { switched: Map::new(), ..done.clone() };
        let shown = Live { args: done.as_declared(&live.args), ..live.clone() };
        let has_arrived = done.switched.iter().all(is_set)
            && agrees(kind, &declared, &shown)
            && !kind.args.iter().any(|field| field.switched && is_left(field));
        let mut left = if has_arrived { done } else { observed(kind, before.clone(), live.clone()) };
        unsure(kind, &mut left, before, wanted, Some(&live));
        left
    }

    async fn missing(&self, record: &Record) -> Result<Outcome, Broken> {
        let removed = self.engine.remove(self.job, &Arc::new(record.clone()), false);
        self.engine.closed(self.job, removed).await?;
        Ok(Outcome::Missing)
    }

    /// A deletion. Where nothing says that it was taken, it is not asked for again: the plan decides anew.
    async fn delete(&self, record: Arc<Record>, deposed: bool, retry: &mut Retry) -> Result<Outcome, Broken> {
        let (engine, job) = (self.engine, self.job);
        let seen = match self.goal {
            // It goes in any case, and in the right order.
            _ if deposed => Ok(Departure::Stays),
            Goal::Destroy => Ok(Departure::Unknown),
            Goal::Apply => self.departure(&record, retry).await,
        };
        match seen {
            Ok(Departure::Gone) => {
                engine.closed(job, engine.remove(job, &record, deposed)).await?;
                Ok(Outcome::Deleted)
            }
            Ok(Departure::Stays) => {
                engine.abandon(job).await?;
                Ok(Outcome::StillThere)
            }
            // Until it is deleted once more, nobody knows whether it is there.
            Ok(Departure::Unknown) => {
                self.record(Record { incomplete: Some(Unfinished::Begun), ..Record::clone(&record) }).await?;
                Ok(Outcome::StillThere)
            }
            Ok(Departure::Going) => {
                self.record(Record { incomplete: Some(Unfinished::Failed), ..Record::clone(&record) }).await?;
                Ok(Outcome::Going)
            }
            Err(stop) if stop.ends_work() => Err(stop),
            // The plan finds out before it uses it.
            Err(broken) => {
                self.record(Record { incomplete: Some(Unfinished::Begun), ..Record::clone(&record) }).await?;
                Ok(Outcome::Unread(broken.to_string()))
            }
        }
    }

    /// What a look at something says whose deletion was begun.
    async fn departure(&self, record: &Record, retry: &mut Retry) -> Result<Departure, Broken> {
        let (engine, job) = (self.engine, self.job);
        let args = revealed(&record.args);
        let of = Existing { id: &record.id, args: &args, is_new: false };
        let look =
            engine.call(job, retry, CallKind::Deleted, || engine.cloud.deleted(job.target, of.id, of.args)).await;
        match look {
            Ok(Settled::Ready) => return Ok(Departure::Gone),
            Err(absent) if absent.is_absent() => return Ok(Departure::Gone),
            Ok(Settled::Wait(_) | Settled::Failed(_)) => {}
            Err(broken) => return Err(broken),
        }
        let settled =
            engine.call(job, retry, CallKind::Settle, || engine.cloud.settle(job.target, of.id, of.args)).await;
        match settled {
            Ok(Settled::Ready) if !engine.is_gone(job, of).await? => Ok(Departure::Stays),
            Ok(Settled::Ready | Settled::Failed(_)) => Ok(Departure::Going),
            Ok(Settled::Wait(_)) => Err(Broken::wrong("it is at something")),
            Err(broken) => Err(broken),
        }
    }

    /// Writes a record and closes the operation.
    async fn record(&self, record: Record) -> Result<(), Broken> {
        let receipt = self.engine.write(self.job, &Arc::new(record));
        self.engine.closed(self.job, receipt).await
    }
}

/// How far something is whose deletion was begun.
enum Departure {
    Gone,
    Going,
    Stays,
    /// Nobody looked.
    Unknown,
}

/// How something is that was made.
enum Seen {
    Ready(Live),
    NotYet,
    Missing,
}

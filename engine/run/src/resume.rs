//! Resuming: what an earlier run began and did not close, before anything else happens.
//!
//! A creation without an id is looked for by its token or tags: found, it is adopted and finished; not found, it was
//! never made and is forgotten, and the plan will make it. An update is not repeated; what is really there is
//! recorded, and the plan sees the rest. A deletion is continued to its end. All of them were at work at the same
//! time, so none depends on another.

use std::sync::Arc;

use dr_core::address::Address;
use dr_core::cloud::{Identity, Intent, Target};
use dr_core::journal::Open;
use dr_core::plan::Action;
use dr_core::record::Record;
use dr_core::secrecy::revealed;
use dr_core::value::Map;
use futures::StreamExt as _;
use futures::stream::FuturesUnordered;

use crate::change::StoreError;
use crate::engine::{Broken, CallKind, Engine, Job};
use crate::observe::What;
use crate::report::StepFailure;
use crate::retry::Retry;
use crate::step::{Finish, observed};

/// What became of an operation of an earlier run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// What had been created was found, or known, and is finished now.
    Created,
    /// It had been created, and did not become ready; the plan replaces it.
    Incomplete(String),
    /// Nothing had been created.
    NeverCreated,
    /// What an update left is recorded now.
    Recorded,
    /// It had been gone when its update was to be looked at; the plan makes it anew.
    Missing,
    /// It is deleted now.
    Deleted,
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
    /// What stays open because somebody asked to stop.
    pub remaining: Vec<Address>,
}

/// Closes what an earlier run left open.
///
/// # Errors
/// When state cannot be read or written, or belongs to another cloud.
pub async fn resume(engine: &Engine<'_>, identity: &Identity) -> Result<Resumption, StoreError> {
    let open = engine.store.open_operations()?;
    let mut result = Resumption::default();
    if open.is_empty() {
        return Ok(result);
    }
    let snapshot = engine.store.snapshot()?;
    if let Some(program) = &snapshot.program {
        engine.store.check_binding(program, identity)?;
    }
    let mut running: FuturesUnordered<_> = open
        .into_iter()
        .map(|(op, open)| {
            let (record, action) = match &open {
                Open::Create { record, .. } => (record, Action::Create),
                Open::Update { record, .. } => (record, Action::Update),
                Open::Delete { record, .. } => (record, Action::Delete),
            };
            let (address, span) = (record.address.clone(), record.span.clone());
            let (kind, region) = (engine.registry.get(&record.kind), record.region.clone());
            let kind_name = record.kind.clone();
            let known = snapshot.records.get(&address);
            async move {
                let mut retry = Retry::new(&op);
                let outcome = match kind {
                    None => Err(Broken::wrong(format!("this version of dr does not know the kind `{kind_name}`"))),
                    Some(kind) => {
                        let target = Target { kind, region: region.as_deref(), address: &address };
                        let job = Job { target, step: None, action, op, urgency: kind.create, busy: None };
                        engine.tell(&job, What::Started);
                        close(engine, &job, open, known.map(|k| &**k), &mut retry).await
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
            Err(broken) => match StepFailure::new((None, &address, action, &span), broken, attempts)? {
                Some(failure) => result.failed.push(failure),
                None => result.remaining.push(address),
            },
        }
    }
    drop(running);
    engine.store.release().await?;
    Ok(result)
}

async fn close(
    engine: &Engine<'_>,
    job: &Job<'_>,
    open: Open,
    known: Option<&Record>,
    retry: &mut Retry,
) -> Result<Outcome, Broken> {
    match open {
        Open::Create { intent, record } => create(engine, job, &intent, record, retry).await,
        Open::Update { record, .. } => update(engine, job, known.unwrap_or(&record).clone(), retry).await,
        Open::Delete { record, deposed, .. } => {
            let receipt = engine.finish_delete(job, &Arc::new(record), deposed, retry).await?;
            engine.closed(job, receipt).await?;
            Ok(Outcome::Deleted)
        }
    }
}

async fn create(
    engine: &Engine<'_>,
    job: &Job<'_>,
    intent: &Intent,
    mut record: Record,
    retry: &mut Retry,
) -> Result<Outcome, Broken> {
    let finish = if record.id.is_empty() {
        let args = revealed(&record.args);
        let found = engine.find(job, intent, &args, engine.patience, retry).await?;
        let Some(id) = found else {
            engine.abandon(job).await?;
            return Ok(Outcome::NeverCreated);
        };
        drop(args);
        record.id = id;
        engine.identified(job, intent, record, &Map::new(), retry).await?
    } else {
        engine.finish(job, intent, record, &Map::new(), retry).await?
    };
    Ok(match finish {
        Finish::Ready(_, receipt) => {
            engine.closed(job, receipt).await?;
            Outcome::Created
        }
        Finish::Unready(_, broken) => Outcome::Incomplete(match broken {
            Broken::Call(error) => error.to_string(),
            Broken::Wrong { message, .. } => message,
            Broken::Interrupted => "it was interrupted".to_owned(),
            Broken::Store(error) => error.to_string(),
        }),
    })
}

/// `record` is what was known before the update.
async fn update(engine: &Engine<'_>, job: &Job<'_>, record: Record, retry: &mut Retry) -> Result<Outcome, Broken> {
    let args = revealed(&record.args).into_owned();
    let read = engine.call(job, retry, CallKind::Read, || engine.cloud.read(job.target, &record.id, &args)).await?;
    let Some(live) = read else {
        engine.closed(job, engine.remove(job, &Arc::new(record), false)).await?;
        return Ok(Outcome::Missing);
    };
    let record = Arc::new(observed(job.target.kind, record, live));
    engine.closed(job, engine.write(job, &record, None)).await?;
    Ok(Outcome::Recorded)
}

//! The end of a step: the record of what is there, and the closing of its operation.
//!
//! [`create`](crate::create), [`update`](crate::update) and [`delete`](crate::delete) lead here; so does
//! [`resume`](crate::resume()). A function that fails says so; what is known by then is on disk.

use std::sync::Arc;

use dr_core::cloud::Live;
use dr_core::compare;
use dr_core::record::Record;
use dr_core::schema::{Kind, Place, Presence};
use dr_core::secrecy::mark;
use dr_core::value::{Map, Value};

use crate::change::StateChange;
use crate::engine::{Broken, Engine, Job};
use crate::observe::StepPhase;
use crate::store::Receipt;

/// What became of a resource that was created or changed.
pub(crate) enum Finish {
    /// It is as it should be; the record is on its way to the disk.
    Ready(Arc<Record>, Receipt),
    /// It is there, and not as it should be. What is known is on disk.
    Unready(Arc<Record>, Broken),
    /// It is not there any more, and its record is removed.
    Missing(Broken),
}

/// The record after its resource was read: the arguments it was given, what the service chose where it was given
/// none, and the computed attributes.
pub(crate) fn complete(kind: &Kind, mut record: Record, mut live: Live) -> Record {
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
    pub(crate) async fn abandon(&self, job: &Job<'_>) -> Result<(), Broken> {
        self.closed(job, self.store.submit(StateChange::Abandon { op: job.op.clone() })).await
    }

    /// Writes the record and closes the operation. What the plan knew in advance must have come true.
    pub(crate) async fn close(&self, job: &Job<'_>, record: Record, known: &Map<Value>) -> Result<Finish, Broken> {
        let broken = known.iter().find_map(|(name, planned)| {
            let found = record.attribute(name).unwrap_or_default();
            (found.revealed() != planned.revealed()).then(|| Broken::Wrong {
                message: format!("`{name}` is {found}, although the plan says {planned}"),
                help: Some("plan again: what it is made from has changed since".into()),
            })
        });
        let record = Arc::new(Record { incomplete: None, ..record });
        let receipt = self.write(job, &record);
        Ok(match broken {
            None => Finish::Ready(record, receipt),
            Some(broken) => {
                self.closed(job, receipt).await?;
                Finish::Unready(record, broken)
            }
        })
    }

    /// Writes a record and closes the operation.
    pub(crate) fn write(&self, job: &Job<'_>, record: &Arc<Record>) -> Receipt {
        self.store.submit(StateChange::Close { op: job.op.clone(), record: record.clone() })
    }

    /// Waits until the operation is closed on disk.
    pub(crate) async fn closed(&self, job: &Job<'_>, receipt: Receipt) -> Result<(), Broken> {
        receipt.durable().await?;
        self.phase(job, StepPhase::Closed);
        Ok(())
    }

    /// Removes a record and closes the operation.
    pub(crate) fn remove(&self, job: &Job<'_>, record: &Arc<Record>, deposed: bool) -> Receipt {
        self.store.submit(StateChange::Remove { op: job.op.clone(), record: record.clone(), deposed })
    }

    /// Removes the record of what is not there any more.
    pub(crate) async fn missing(&self, job: &Job<'_>, record: Record) -> Result<Finish, Broken> {
        self.closed(job, self.remove(job, &Arc::new(record), false)).await?;
        Ok(Finish::Missing(Broken::Gone))
    }
}

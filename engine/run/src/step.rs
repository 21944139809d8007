//! The end of a step: the record of what is there, and the closing of its operation.
//!
//! [`create`](crate::create), [`update`](crate::update) and [`delete`](crate::delete) lead here; so does
//! [`resume`](crate::resume()). A function that fails says so; what is known by then is on disk.

use std::sync::Arc;
use std::time::Duration;

use dr_core::cloud::Live;
use dr_core::promise::{self, BrokenPromise};
use dr_core::record::Record;
use dr_core::schema::{Field, Kind, Place, Presence, Type};
use dr_core::secrecy::{mark, revealed};
use dr_core::value::{Map, Value};
use tokio::time::Instant;

use crate::change::StateChange;
use crate::engine::{Broken, CallKind, Engine, Job};
use crate::observe::StepPhase;
use crate::queue::Receipt;
use crate::retry::Retry;

/// How long to wait at least before something is looked at again that is not as it should be.
const UNSEEN: Duration = Duration::from_secs(1);

/// What became of a resource that was created or changed.
pub(crate) enum Finish {
    /// It is as it should be; the record is on its way to the disk. What the service has set by itself is told.
    Ready(Arc<Record>, Receipt, Vec<BrokenPromise>),
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
    let found = record.as_declared(&live.args);
    promise::adopt(kind, &mut record.args, &found);
    set_outputs(kind, &mut record, live.outputs);
    mark(kind.args, &mut record.args);
    record
}

/// Takes back what nobody can know after a change that nobody saw the end of: whether a value has arrived that the
/// service never gives back. A text becomes one that no program says, so that whatever it says next is sent.
pub(crate) fn unsure(kind: &Kind, record: &mut Record, before: &Record, wanted: &Record, live: Option<&Live>) {
    let value = |record: &Record, field: &Field| record.args.get(field.name).map(Value::revealed);
    for field in kind.args.iter().filter(|field| field.write_only || field.sensitive) {
        let given_back = live.is_some_and(|live| live.args.contains_key(field.name));
        if given_back || value(before, field) == value(wanted, field) {
            continue;
        }
        match (field.ty, before.args.get(field.name)) {
            (Type::Str, _) => record.args.insert(field.name.into(), Value::str("")),
            (_, Some(value)) => record.args.insert(field.name.into(), value.clone()),
            (_, None) => record.args.remove(field.name),
        };
    }
    mark(kind.args, &mut record.args);
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

    /// Writes the record and closes the operation. What the plan knew must have come true: what is given to the service
    /// and what others count on.
    pub(crate) async fn close(
        &self,
        job: &Job<'_>,
        record: Record,
        live: Live,
        known: &Map<Value>,
        retry: &mut Retry,
    ) -> Result<Finish, Broken> {
        let kind = job.target.kind;
        let (live, mut broken) = self.seen(job, &record, live, retry).await?;
        let found = (!broken.is_empty()).then(|| record.as_declared(&live.args));
        let mut record = complete(kind, record, live);
        if let Some(found) = found {
            promise::adopt(kind, &mut record.args, &found);
            mark(kind.args, &mut record.args);
        }
        broken.extend(promise::broken_attributes(known, |name| record.attribute(name)));
        let (broken, notices): (Vec<_>, Vec<_>) = broken.into_iter().partition(|promise| promise.given);
        let record = Arc::new(record);
        let receipt = self.write(job, &record);
        let Some(first) = broken.first() else { return Ok(Finish::Ready(record, receipt, notices)) };
        self.closed(job, receipt).await?;
        let all: Vec<String> = broken.iter().map(BrokenPromise::message).collect();
        let broken = Broken::Argument {
            path: first.path.clone(),
            message: format!("it is there, but {}", all.join("; ")),
            help: Some(first.help(kind)),
        };
        Ok(Finish::Unready(record, broken))
    }

    /// What a service shows, and what of it is not as it was given. A change may take a moment to be seen.
    async fn seen(
        &self,
        job: &Job<'_>,
        record: &Record,
        mut live: Live,
        retry: &mut Retry,
    ) -> Result<(Live, Vec<BrokenPromise>), Broken> {
        let deadline = Instant::now() + self.patience;
        loop {
            let broken = promise::broken(job.target.kind, &record.args, &record.as_declared(&live.args));
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || !broken.iter().any(|promise| promise.given) {
                return Ok((live, broken));
            }
            self.pause(job, left.min(job.target.kind.pace.max(UNSEEN))).await?;
            let in_force = record.in_force();
            let args = revealed(&in_force);
            let read = || self.cloud.read(job.target, &record.id, &args);
            match self.call(job, retry, CallKind::Read, read).await {
                Ok(Some(now)) => live = now,
                Err(stop) if stop.ends_work() => return Err(stop),
                // What was seen last counts.
                Ok(None) | Err(_) => return Ok((live, broken)),
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const ARGS: &[Field] = &[
        Field { write_only: true, ..Field::new("given", "", Type::Str) },
        Field { sensitive: true, ..Field::new("secret", "", Type::Str) },
        Field { write_only: true, ..Field::new("number", "", Type::Int) },
        Field::new("plain", "", Type::Str),
    ];
    static KIND: Kind = Kind::new("x.it", "", ARGS, &[]);

    fn record(args: &[(&str, Value)]) -> Record {
        let bare = serde_json::json!({"address": "x.it:it", "kind": "x.it", "id": "1", "op": "o", "args": {}});
        let args = args.iter().map(|(name, value)| ((*name).into(), value.clone())).collect();
        Record { args, ..serde_json::from_value(bare).unwrap() }
    }

    fn all(text: &str, number: i64) -> Vec<(&'static str, Value)> {
        let text = || Value::str(text);
        vec![("given", text()), ("secret", text()), ("number", Value::Int(number)), ("plain", text())]
    }

    /// What is left of a record, as texts, after a change that nobody saw the end of.
    fn left(wanted: &[(&str, Value)], shown: &[&str]) -> Vec<String> {
        let before = record(&all("old", 1));
        let mut now = record(wanted);
        let live =
            Live { args: shown.iter().map(|name| ((*name).into(), Value::str("seen"))).collect(), ..Live::default() };
        unsure(&KIND, &mut now, &before, &record(wanted), Some(&live));
        ["given", "secret", "number", "plain"]
            .iter()
            .map(|name| now.args.get(*name).unwrap().reveal().to_text())
            .collect()
    }

    #[test]
    fn only_a_value_that_may_have_arrived_and_that_nobody_shows_is_taken_back() {
        let new = all("new", 2);
        assert_eq!(left(&new, &[]), ["", "", "1", "new"]);
        // What the service shows is known, and what was not to change needs no look.
        assert_eq!(left(&new, &["given", "number"]), ["new", "", "2", "new"]);
        assert_eq!(left(&new, &["secret"]), ["", "new", "1", "new"]);
        assert_eq!(left(&all("old", 1), &[]), ["old", "old", "1", "old"]);
    }

    #[test]
    fn only_what_lives_in_the_state_alone_keeps_what_no_look_shows() {
        static LOCAL: Kind = Kind { place: Place::Local, ..Kind::new("x.local", "", ARGS, &[]) };
        let outputs =
            |names: &[&str]| -> Map<Value> { names.iter().map(|name| ((*name).into(), Value::str("1"))).collect() };
        for (kind, kept) in [(&KIND, vec!["seen"]), (&LOCAL, vec!["kept", "seen"])] {
            let before = Record { outputs: outputs(&["kept"]), ..record(&[]) };
            let now = complete(kind, before, Live { outputs: outputs(&["seen"]), ..Live::default() });
            assert_eq!(now.outputs.keys().map(|name| &**name).collect::<Vec<_>>(), kept, "{}", kind.name);
        }
    }
}

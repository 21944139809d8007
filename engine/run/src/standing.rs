//! Standing: which region writes, gets requests and answers now, read from the cloud.
//!
//! Who writes, where requests go and which region answers may have changed since it was recorded. So nothing of it is
//! believed from the records.

use std::collections::BTreeSet;
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::cloud::Vitals;
use dr_core::compare::same;
use dr_core::failover::plan::{AwaitedCondition, PossibleLoss, RecoveryAct, RecoveryPlan, SwitchedArgument};
use dr_core::record::{Record, Snapshot};
use dr_core::schema::Kind;
use dr_core::secrecy::revealed;
use dr_core::value::{Map, Str, Value};
use futures::future::join_all;

use crate::engine::{Broken, CallKind, Engine, Job};
use crate::error::StoreError;
use crate::look;
use crate::retry::Retry;

/// The attribute by which a member of a group tells whether it takes the writes.
const WRITES: &str = "is_writer";

/// Those of some regions that do not answer.
pub async fn silent_regions(engine: &Engine<'_>, regions: &BTreeSet<Str>) -> BTreeSet<Str> {
    let ask = |region: &Str| {
        let region = region.clone();
        async move {
            let answer = engine.ask_place(&region, || engine.cloud.reach(&region)).await;
            // A refusal is an answer.
            answer.is_err_and(|broken| broken.may_pass()).then_some(region)
        }
    };
    join_all(regions.iter().map(ask)).await.into_iter().flatten().collect()
}

/// How far behind the region that takes over is now, store by store, where something tells.
pub async fn measure_losses(engine: &Engine<'_>, losses: &mut [PossibleLoss]) -> Result<(), StoreError> {
    let snapshot = engine.store.snapshot()?;
    for loss in losses {
        let Some(record) = loss.follower.as_ref().and_then(|follower| snapshot.records.get(follower)) else { continue };
        let Some(kind) = engine.registry.get(&record.kind) else { continue };
        let job = look::job(kind, record.region.as_ref(), &record.address);
        let args = record.in_force();
        let args = revealed(&args);
        let mut retry = Retry::asking(&job.op);
        let vitals = || engine.cloud.vitals(job.target, &record.id, &args);
        let lag = engine.call(&job, &mut retry, CallKind::Vitals, vitals).await.ok().and_then(|vitals| vitals.lag);
        loss.lag_ms = lag.map(|lag| u64::try_from(lag.as_millis()).unwrap_or(u64::MAX));
    }
    Ok(())
}

/// Whether a resource of a group takes the writes; `None` where nobody tells.
pub async fn writes_now(engine: &Engine<'_>, record: &Record) -> Option<bool> {
    let kind = engine.registry.get(&record.kind)?;
    let job = look::job(kind, record.region.as_ref(), &record.address);
    writes(engine, &job, record, &mut Retry::asking(&job.op)).await.ok()
}

/// How a resource is doing; `None` where nobody tells.
pub async fn vitals_now(engine: &Engine<'_>, record: &Record) -> Option<Vitals> {
    let kind = engine.registry.get(&record.kind)?;
    let job = look::job(kind, record.region.as_ref(), &record.address);
    let args = record.in_force();
    let args = revealed(&args);
    let vitals = || engine.cloud.vitals(job.target, &record.id, &args);
    engine.call(&job, &mut Retry::asking(&job.op), CallKind::Vitals, vitals).await.ok()
}

/// Whether a resource of a group takes the writes, as a job asks.
pub(crate) async fn writes(
    engine: &Engine<'_>,
    job: &Job<'_>,
    record: &Record,
    retry: &mut Retry,
) -> Result<bool, Broken> {
    let args = record.in_force();
    let args = revealed(&args);
    let read = || engine.cloud.read(job.target, &record.id, &args);
    let live = engine.call(job, retry, CallKind::Read, read).await?.ok_or(Broken::Gone)?;
    Ok(live.outputs.get(WRITES).map(Value::reveal) == Some(&Value::Bool(true)))
}

/// The arguments of a resource, read now.
pub(crate) async fn read_now(
    engine: &Engine<'_>,
    job: &Job<'_>,
    record: &Record,
    retry: &mut Retry,
) -> Result<Map<Value>, Broken> {
    let args = record.in_force();
    let args = revealed(&args);
    let read = || engine.cloud.read(job.target, &record.id, &args);
    Ok(engine.call(job, retry, CallKind::Read, read).await?.ok_or(Broken::Gone)?.args)
}

/// A state in which arguments that other parties switch are as they are now, with those resources that could not be
/// read: of them it says what is recorded.
pub async fn switched_now(engine: &Engine<'_>, snapshot: &Snapshot) -> (Snapshot, BTreeSet<Address>) {
    let mut now = snapshot.clone();
    let mut unread = BTreeSet::new();
    for (address, record) in &snapshot.records {
        let Some(kind) = engine.registry.get(&record.kind) else { continue };
        let given = kind.args.iter().filter(|field| field.switched && record.args.contains_key(field.name));
        let names: Vec<&str> = given.map(|field| field.name).collect();
        if names.is_empty() {
            continue;
        }
        let job = look::job(kind, record.region.as_ref(), address);
        match read_now(engine, &job, record, &mut Retry::asking(&job.op)).await {
            Ok(live) => {
                let found: Vec<SwitchedArgument> = names
                    .into_iter()
                    .map(|name| SwitchedArgument {
                        address: address.clone(),
                        argument: name.into(),
                        value: live.get(name).cloned().unwrap_or(Value::Null),
                    })
                    .collect();
                now.records.insert(address.clone(), Arc::new(with_switched(kind, record, found.iter())));
            }
            Err(_) => drop(unread.insert(address.clone())),
        }
    }
    (now, unread)
}

/// Which steps of a plan are as they would make it already. A step that is needs nobody, so its needs are taken away.
///
/// # Errors
/// When the state cannot be read.
pub async fn steps_already(engine: &Engine<'_>, plan: &mut RecoveryPlan) -> Result<Vec<bool>, StoreError> {
    let snapshot = engine.store.snapshot()?;
    let get = |address: &Address| snapshot.records.get(address).map(|record| &**record);
    let mut all = Vec::new();
    for step in &mut plan.steps {
        let already = match &step.act {
            RecoveryAct::Switch { member: address, .. }
            | RecoveryAct::Await { condition: AwaitedCondition::CaughtUp { address, .. }, .. } => match get(address) {
                Some(record) => writes_now(engine, record).await == Some(true),
                None => false,
            },
            RecoveryAct::Set { changes } => {
                let mut already = true;
                for change in changes {
                    already = already && is_set(engine, get(&change.address), change).await;
                }
                already
            }
            RecoveryAct::Await { .. } | RecoveryAct::Approve { .. } => false,
        };
        if already {
            step.needs.clear();
        }
        all.push(already);
    }
    Ok(all)
}

/// Whether an argument is what it is to be set to, as it is read now.
async fn is_set(engine: &Engine<'_>, record: Option<&Record>, change: &SwitchedArgument) -> bool {
    let Some(record) = record else { return false };
    let Some(kind) = engine.registry.get(&record.kind) else { return false };
    let job = look::job(kind, record.region.as_ref(), &record.address);
    let live = read_now(engine, &job, record, &mut Retry::asking(&job.op)).await;
    live.is_ok_and(|live| {
        let is = live.get(&change.argument).map_or(&Value::Null, Value::reveal);
        kind.arg(&change.argument).is_some_and(|field| same(field, is, &change.value))
    })
}

/// A record with arguments that a failover sets. What becomes as it was declared is not switched any more.
pub(crate) fn with_switched<'c>(
    kind: &Kind,
    record: &Record,
    changes: impl Iterator<Item = &'c SwitchedArgument>,
) -> Record {
    let mut wanted = record.clone();
    for SwitchedArgument { argument, value, .. } in changes {
        let declared = record.args.get(argument).map_or(&Value::Null, Value::reveal);
        let is_declared = match kind.arg(argument) {
            Some(field) => same(field, declared, value),
            None => declared == value,
        };
        match is_declared {
            true => drop(wanted.switched.remove(argument)),
            false => drop(wanted.switched.insert(argument.clone(), value.clone())),
        }
    }
    wanted
}

//! Restoring: what discovery found, written into a state.

use dr_core::cloud::{Identity, Intent};
use dr_core::plan::{Plan, PlannedOutput};
use dr_core::schema::Place;
use dr_core::secrecy::revealed;
use dr_core::value::{Map, Str, Value};

use crate::change::StateChange;
use crate::discover::Discovery;
use crate::engine::Engine;
use crate::error::StoreError;
use crate::look::job;
use crate::stack::Stack;
use crate::store::Store;

/// Writes what was found into the state, and makes again what can be computed of it: packages.
///
/// # Errors
/// When the state belongs to another cloud, has changed since, or cannot be written.
pub async fn record(engine: &Engine<'_>, identity: &Identity, found: &Discovery) -> Result<(), StoreError> {
    let store = engine.store;
    store.bind(identity).await?;
    let mut receipts = Vec::new();
    for record in found.records.values() {
        if let Some(kind) = engine.registry.get(&record.kind).filter(|kind| kind.place == Place::Local)
            && !record.outputs.is_empty()
        {
            let Stack { environment, program } = store.stack().clone();
            let intent = Intent { op: record.id.clone(), environment, program, address: record.address.clone() };
            let target = job(kind, record.region.as_ref(), &record.address).target;
            // Where it fails, the next plan sees that it is not whole, and makes it.
            let _ = engine.cloud.create(target, &revealed(&record.args), &intent).await;
        }
        let change = StateChange::Close { op: record.op.clone(), record: record.clone() };
        receipts.push(store.submit(change));
    }
    let aside = found.set_aside.iter().map(|record| StateChange::SetAside { record: record.clone() });
    receipts.extend(aside.map(|change| store.submit(change)));
    for receipt in receipts {
        receipt.durable().await?;
    }
    Ok(())
}

/// Writes the outputs of a program and the answers of its look-ups into the state, as far as a plan knows them.
///
/// # Errors
/// When the state cannot be written.
pub async fn record_outputs(store: &Store, plan: &Plan) -> Result<(), StoreError> {
    let before = store.snapshot()?;
    let known = |(name, output): (&Str, &PlannedOutput)| Some((name.clone(), output.after.as_ref()?.known()?.clone()));
    let outputs: Map<Value> = plan.outputs.iter().filter_map(known).collect();
    if outputs != before.outputs {
        store.commit(StateChange::Outputs(outputs)).await?;
    }
    let mut answers = before.answers;
    let mut learnt = false;
    for answer in plan.answers.values() {
        learnt |= answers.learn(answer.clone());
    }
    if learnt {
        store.commit(StateChange::Answers(answers)).await?;
    }
    Ok(())
}

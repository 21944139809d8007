//! Ownership: whether what a plan deletes is this stack's by its tags, asked before anything is touched.
//!
//! A record says what was made; since then somebody may have deleted it and used its name again, or given it other tags.
//! Whoever cleans up without a person looking on deletes nothing of which the cloud does not say that it is his.

use std::collections::BTreeSet;

use dr_core::address::Address;
use dr_core::cloud::{ErrorClass, Intent, Owner, Sought};
use dr_core::plan::{Action, Plan};
use dr_core::record::Record;
use dr_core::region::place;
use dr_core::schema::{Kind, Place};
use dr_core::secrecy::{Secrets, revealed};
use dr_core::value::Str;
use futures::StreamExt as _;

use crate::candidate::Candidate;
use crate::engine::{Broken, CallKind, Engine, Job};
use crate::look::{Interrupted, failure, job};
use crate::retry::Retry;
use crate::stack::Stack;
use crate::sweep::sweep;

/// How many resources are looked at at once.
const AT_WORK: usize = 64;

/// A recorded resource of which its tags do not say that it is the stack's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignResource {
    /// Its address.
    pub address: Address,
    /// Its id.
    pub id: Str,
    /// Whose it is, or why that is not known, in words.
    pub why: String,
    /// Whether its tags say that it is another stack's.
    pub is_others: bool,
}

/// When a resource counts as foreign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForeignIf {
    /// Its tags do not show that it is the stack's. Each resource is asked about.
    NotShownOwn,
    /// Its tags show that it is another stack's: somebody made it under the same id after this stack's was gone. A sweep
    /// answers for most of them at once.
    ShownOthers,
}

/// Which of the resources that a plan deletes are foreign. What cannot carry tags counts as it is recorded, and so does
/// what is gone.
///
/// # Errors
/// When somebody asked to stop.
pub async fn foreign(
    engine: &Engine<'_>,
    plan: &Plan,
    foreign_if: ForeignIf,
) -> Result<Vec<ForeignResource>, Interrupted> {
    let mut deleted = deleted(engine, plan);
    if foreign_if == ForeignIf::NotShownOwn {
        return look_at(engine, deleted).await;
    }
    let places = deleted.iter().filter_map(|(kind, record)| place(kind, record.region.as_deref()).map(Str::from));
    let places: BTreeSet<Str> = places.collect();
    let Stack { environment, program } = engine.store.stack();
    let own = sweep(engine, Sought { environment, program: Some(program) }, &places).await?.found;
    let own = own.iter().filter_map(|found| Candidate::of(found, engine.registry).ok());
    let own: BTreeSet<(&str, Option<Str>, Str)> = own.map(|one| (one.kind.name, one.region, one.id)).collect();
    deleted.retain(|(kind, record)| !own.contains(&(kind.name, record.region.clone(), record.id.clone())));
    let mut found = look_at(engine, deleted).await?;
    found.retain(|one| one.is_others);
    Ok(found)
}

/// What a plan deletes that can carry tags.
fn deleted<'p>(engine: &Engine<'_>, plan: &'p Plan) -> Vec<(&'static Kind, &'p Record)> {
    let deletions = plan.steps.iter().filter(|step| step.action == Action::Delete);
    let deleted = deletions.filter_map(|step| {
        let kind =
            engine.registry.get(&step.kind).filter(|kind| kind.place != Place::Local && kind.tags().is_some())?;
        Some((kind, &**step.prior.as_ref()?))
    });
    deleted.collect()
}

/// Which of these are not the stack's.
async fn look_at(
    engine: &Engine<'_>,
    records: Vec<(&'static Kind, &Record)>,
) -> Result<Vec<ForeignResource>, Interrupted> {
    let looks = records.into_iter().map(|(kind, record)| look(engine, kind, record));
    let mut found = Vec::new();
    let mut looks = futures::stream::iter(looks).buffer_unordered(AT_WORK);
    while let Some(one) = looks.next().await {
        found.extend(one?);
    }
    found.sort_by(|a, b| a.address.cmp(&b.address));
    Ok(found)
}

/// Why a resource is not the stack's, if it is not.
async fn look(
    engine: &Engine<'_>,
    kind: &'static Kind,
    record: &Record,
) -> Result<Option<ForeignResource>, Interrupted> {
    let (why, is_others) = match owner(engine, kind, record).await {
        // There is nothing to delete, or nobody is asked to.
        Ok(None) | Err(Broken::Silent { .. }) => return Ok(None),
        Err(Broken::Call(error)) if error.class == ErrorClass::Gone => return Ok(None),
        Ok(Some(Some(owner))) => {
            let stack = engine.store.stack();
            if owner.environment == stack.environment && owner.program == stack.program {
                return Ok(None);
            }
            let why =
                format!("it belongs to the environment `{}` of the program `{}`", owner.environment, owner.program);
            (why, true)
        }
        Ok(Some(None)) => ("it bears no tags that say whose it is".to_owned(), false),
        Err(broken) => (format!("nobody can tell whose it is: {}", failure(broken)?), false),
    };
    Ok(Some(ForeignResource { address: record.address.clone(), id: record.id.clone(), why, is_others }))
}

/// Whose a resource is; `None` when it is gone.
async fn owner(engine: &Engine<'_>, kind: &'static Kind, record: &Record) -> Result<Option<Option<Owner>>, Broken> {
    let job = Job { secrets: Secrets::of([&record.args]), ..job(kind, record.region.as_ref(), &record.address) };
    let args = revealed(&record.args);
    let mut retry = Retry::looking(&job.op);
    let read = || engine.cloud.read(job.target, &record.id, &args);
    let Some(live) = engine.call(&job, &mut retry, CallKind::Read, read).await? else { return Ok(None) };
    let ask = || engine.cloud.owner(job.target, &record.id, &live);
    let owner = engine.call(&job, &mut retry, CallKind::Owner, ask).await?;
    if owner.is_some() {
        return Ok(Some(owner));
    }
    // Not every service tells the tags of everything together with those of others. What the operation has made that the
    // record names is found by the service's own means.
    let Stack { environment, program } = engine.store.stack().clone();
    let intent = Intent { op: record.op.clone(), environment, program, address: record.address.clone() };
    if !intent.knows_operation() {
        return Ok(Some(None));
    }
    let find = || engine.cloud.find(job.target, &args, &intent);
    let found = engine.call(&job, &mut retry, CallKind::Find, find).await?;
    let is_ours = found.is_some_and(|id| id == record.id);
    Ok(Some(is_ours.then(|| Owner {
        environment: intent.environment,
        program: intent.program,
        address: Some(intent.address.text()),
    })))
}

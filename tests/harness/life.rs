//! The life that every example leads, whatever its kind and cloud.
//!
//! Planning is pure → create → change in place → somebody else changes it, found and put right → replace → somebody
//! else deletes it, found and put right → destroy from the state alone → nothing is left. After every step the next plan
//! is empty. Before and between, the lost reply: what an operation made is found by that operation and by no other.

use std::collections::BTreeSet;
use std::time::Duration;

use dr_core::address::Address;
use dr_core::cloud::{CloudError, ErrorClass, Intent, Owner, Settled, Sought, Target};
use dr_core::expr::Expr;
use dr_core::graph::Graph;
use dr_core::plan::{Action, Plan, Step};
use dr_core::record::Record;
use dr_core::region::GLOBAL;
use dr_core::schema::{Kind, Place, Presence};
use dr_core::secrecy::revealed;
use dr_core::value::{Map, Str, Value};

use crate::example::Example;
use crate::room::{Failure, Room};

/// A part of the life that some cloud cannot show for some kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// What somebody else made under the same name is refused.
    Foreign,
    /// It can be deleted by itself.
    Deletion,
    /// Its tags say whose it is.
    Owner,
}

/// How often a call that may be repeated is made again by hand, and the pause between: what the engine does by itself.
const AGAIN: u32 = 40;
const PAUSE: Duration = Duration::from_millis(250);

/// Leads an example through its life.
pub(crate) async fn lead(room: &Room, example: &Example, cannot: &[Part]) -> Result<(), Failure> {
    let [first, second, third] = [1, 2, 3].map(|step| room.declare(&[("step", Value::Int(step))]));
    let (first, second, third) = (first?, second?, third?);
    let (updates, replaces, subject) = (example.updates()?, example.replaces()?, example.subject()?);

    let plan = at("planning", room.plan(&first).await)?;
    let again = room.plan(&first).await?;
    ensure(serde_json::to_vec(&plan)? == serde_json::to_vec(&again)?, || "two plans of the same differ".into())?;
    ensure(room.snapshot()?.position == 0, || "planning changed the state".into())?;
    let made: BTreeSet<String> =
        first.nodes.values().filter(|n| !n.kind.lookup).map(|n| said("create", &n.address)).collect();
    expect("the first step", &plan, &made)?;
    at("creating", room.apply(&plan).await)?;
    nothing_to_do(room, &first, "creating").await?;

    if let Some(subject) = &subject {
        at("looking for what was made", reply_lost(room, subject, cannot).await)?;
        at("asking whose it is", taken_over(room, subject, cannot).await)?;
    }
    if !updates.is_empty() {
        at("a change by somebody else", changed_by_another(room, &first, &second, &updates).await)?;
    }

    let plan = at("planning the second step", room.plan(&second).await)?;
    expect("the second step", &plan, &updates.iter().map(|address| said("update", address)).collect())?;
    at("changing", room.apply(&plan).await)?;
    nothing_to_do(room, &second, "changing").await?;

    let plan = at("planning the third step", room.plan(&third).await)?;
    expect("the third step", &plan, &replaces.iter().map(|address| said("replace", address)).collect())?;
    at("replacing", room.apply(&plan).await)?;
    nothing_to_do(room, &third, "replacing").await?;

    if let Some(subject) = subject.as_ref().filter(|_| !cannot.contains(&Part::Deletion)) {
        at("a deletion by somebody else", deleted_by_another(room, &third, subject).await)?;
    }

    let plan = at("planning to destroy", room.plan_destroy().await)?;
    at("destroying", room.apply(&plan).await)?;
    ensure(room.snapshot()?.is_empty(), || "the state is not empty after a destroy".into())?;
    for place in ["us-east-1", "us-west-2", GLOBAL] {
        let sought = Sought { environment: &room.suffix, program: Some(&room.program.name) };
        let left = room.cloud.sweep(sought, place).await?;
        ensure(left.is_empty(), || format!("left in {place} after a destroy: {left:?}"))?;
    }
    Ok(())
}

/// A creation whose reply was lost is found again by its operation, and by that one only; another that wants the same
/// name is told that it is taken. Without tags, nothing tells whose it is.
async fn reply_lost(room: &Room, subject: &Address, cannot: &[Part]) -> Result<(), Failure> {
    let (kind, record) = recorded(room, subject)?;
    if kind.place == Place::Local {
        return Ok(());
    }
    let (target, args) = (target(kind, &record), revealed(&record.args));
    let intent = Intent {
        op: record.op.clone(),
        environment: room.suffix.as_str().into(),
        program: room.program.name.as_str().into(),
        address: subject.clone(),
    };
    let found = room.cloud.find(target, &args, &intent).await?;
    ensure(found.as_ref() == Some(&record.id), || format!("{} was made, {found:?} is found", record.id))?;
    if kind.tags().is_none() || cannot.contains(&Part::Foreign) {
        return Ok(());
    }
    let other = Intent { op: "another".into(), ..intent };
    let found = room.cloud.find(target, &args, &other).await?;
    ensure(found.is_none(), || format!("another's is taken for one's own: {found:?}"))?;
    if kind.unique.is_none() {
        return Ok(());
    }
    match room.cloud.create(target, &args, &other).await {
        Err(error) if error.class == ErrorClass::Exists => Ok(()),
        Err(error) => Err(format!("a name that is taken is not refused as such: {error}").into()),
        Ok(id) => Err(format!("a name that is taken was given away, to {id}").into()),
    }
}

/// The identity tags say whose it is. Whoever takes it over writes theirs: then it is that one's, and tags of the user
/// and everything else of it stay as they are.
async fn taken_over(room: &Room, subject: &Address, cannot: &[Part]) -> Result<(), Failure> {
    let (kind, record) = recorded(room, subject)?;
    if kind.place == Place::Local {
        return Ok(());
    }
    let (target, args) = (target(kind, &record), revealed(&record.args));
    let own = Intent {
        op: record.op.clone(),
        environment: room.suffix.as_str().into(),
        program: room.program.name.as_str().into(),
        address: subject.clone(),
    };
    let other = Intent { environment: "another".into(), ..own.clone() };
    let before = room.cloud.read(target, &record.id, &args).await?.ok_or("it is not there")?;
    for intent in [None, Some(&other), Some(&own)] {
        if let Some(intent) = intent {
            patiently(async || room.cloud.claim(target, &record.id, &before.args, intent).await).await?;
        }
        let live = room.cloud.read(target, &record.id, &args).await?.ok_or("it is not there any more")?;
        ensure(live.args == before.args, || format!("it was {:?} and is {:?}", before.args, live.args))?;
        if cannot.contains(&Part::Owner) {
            continue;
        }
        let Intent { environment, program, address, .. } = intent.unwrap_or(&own);
        let wanted =
            Owner { environment: environment.clone(), program: program.clone(), address: Some(address.text()) };
        let owner = room.cloud.owner(target, &record.id, &live).await?;
        let wanted = kind.tags().map(|_| wanted);
        ensure(owner == wanted, || format!("its owner should be {wanted:?}, and is {owner:?}"))?;
    }
    Ok(())
}

/// Makes what the second step would change behind the engine's back, while the first is what is wanted.
async fn changed_by_another(room: &Room, first: &Graph, second: &Graph, updates: &[Address]) -> Result<(), Failure> {
    let plan = room.plan(second).await?;
    let (mut must, mut may) = (BTreeSet::new(), BTreeSet::new());
    for step in plan.steps.iter().filter(|step| step.action == Action::Update) {
        let (kind, record) = recorded(room, &step.address)?;
        // What goes one way is not put back.
        let one_way = |name: &str| kind.arg(name).is_some_and(|field| field.one_way.is_some());
        if kind.place == Place::Local || step.changes.iter().all(|change| one_way(&change.path)) {
            continue;
        }
        let known = |(name, value): (&Str, &Expr)| Some((name.clone(), value.known()?.revealed()));
        let mut new: Map<Value> = step.args.iter().filter_map(known).collect();
        ensure(new.len() == step.args.len(), || format!("{} changes to something unknown", step.address))?;
        new.retain(|_, value| !value.is_null());
        let (target, old) = (target(kind, &record), revealed(&record.args));
        patiently(async || room.cloud.update(target, &record.id, &old, &new).await).await?;
        settled(async || room.cloud.settle(target, &record.id, &new).await).await?;
        // What a service need not give back may or may not be seen to differ.
        let hidden = |name: &str| kind.arg(name).is_some_and(|field| field.write_only || field.sensitive);
        let is_hidden = step.changes.iter().all(|change| hidden(&change.path));
        let set = if is_hidden { &mut may } else { &mut must };
        set.insert(said("update", &step.address));
        ensure(updates.contains(&step.address), || format!("{} changes too", step.address))?;
    }
    let plan = room.plan(first).await?;
    must.extend(does(&plan).into_iter().filter(|done| may.contains(done)));
    expect("the plan after it", &plan, &must)?;
    room.apply(&plan).await?;
    nothing_to_do(room, first, "putting it right").await
}

/// Deletes the resource behind the engine's back.
async fn deleted_by_another(room: &Room, wanted: &Graph, subject: &Address) -> Result<(), Failure> {
    let (kind, record) = recorded(room, subject)?;
    if kind.place == Place::Local {
        return Ok(());
    }
    let (target, args) = (target(kind, &record), revealed(&record.args));
    patiently(async || room.cloud.delete(target, &record.id, &args).await).await?;
    settled(async || room.cloud.deleted(target, &record.id, &args).await).await?;
    let plan = room.plan(wanted).await?;
    expect("the plan after it", &plan, &BTreeSet::from([said("create", subject)]))?;
    at("making it again", room.apply(&plan).await)?;
    nothing_to_do(room, wanted, "making it again").await
}

fn recorded(room: &Room, address: &Address) -> Result<(&'static Kind, Record), Failure> {
    let kind = room.registry.get(address.kind()).ok_or_else(|| format!("{address} is of no kind"))?;
    let snapshot = room.snapshot()?;
    let record = snapshot.records.get(address).ok_or_else(|| format!("{address} is not recorded"))?;
    Ok((kind, Record::clone(record)))
}

fn target<'a>(kind: &'static Kind, record: &'a Record) -> Target<'a> {
    Target { kind, region: record.region.as_deref(), address: &record.address }
}

/// Makes a call until it is not refused for the moment.
async fn patiently(call: impl AsyncFn() -> Result<(), CloudError>) -> Result<(), Failure> {
    for _ in 0..AGAIN {
        match call().await {
            Err(error) if error.class <= ErrorClass::Conflict => tokio::time::sleep(PAUSE).await,
            other => return Ok(other?),
        }
    }
    Ok(call().await?)
}

/// Looks until it has settled.
async fn settled(look: impl AsyncFn() -> Result<Settled, CloudError>) -> Result<(), Failure> {
    for _ in 0..AGAIN {
        match look().await? {
            Settled::Ready => return Ok(()),
            Settled::Wait(_) => tokio::time::sleep(PAUSE).await,
            Settled::Failed(why) => return Err(why.into()),
        }
    }
    Err("it does not settle".into())
}

/// Plans once more: nothing would be done. That something is written down is no change where it is what the service
/// chose, or another resource set (the policy of a topic that has a `sns.topic_policy`).
async fn nothing_to_do(room: &Room, graph: &Graph, after: &str) -> Result<(), Failure> {
    let plan = at(after, room.plan(graph).await)?;
    let snapshot = room.snapshot()?;
    for (found, step) in plan.steps.iter().filter_map(|step| Some((step.prior.as_ref()?, step))) {
        let Some(recorded) = snapshot.records.get(&found.address) else { continue };
        let chosen = |name: &&str| {
            let kind = room.registry.get(&step.kind);
            kind.and_then(|kind| kind.arg(name)).is_some_and(|field| field.presence == Presence::Computed)
        };
        let names: BTreeSet<&str> = found.args.keys().chain(recorded.args.keys()).map(|name| &**name).collect();
        let differ: Vec<&str> =
            names.into_iter().filter(|name| found.args.get(*name) != recorded.args.get(*name)).collect();
        ensure(
            step.action == Action::Record && differ.iter().all(chosen) && found.outputs == recorded.outputs,
            || {
                let of = |record: &Record| format!("{:?} {:?}", record.args, record.outputs);
                format!("after {after}, {} is recorded as {}, and read as {}", found.address, of(recorded), of(found))
            },
        )?;
    }
    expect(&format!("the plan after {after}"), &plan, &BTreeSet::new())?;
    // An environment without resources keeps nothing, its outputs neither.
    ensure(plan.is_empty() || snapshot.is_empty(), || {
        format!("the plan after {after} changes outputs: {:?}", plan.outputs)
    })
}

fn said(action: &str, address: &Address) -> String {
    format!("{action} {address}")
}

/// What a plan does, resource by resource. The two halves of a replacement are one; to write down what was found, and to
/// ask, is nothing.
fn does(plan: &Plan) -> BTreeSet<String> {
    let steps = plan.steps.iter().filter(|s| !matches!(s.action, Action::Record | Action::Read));
    let steps = steps.filter(|s| !(s.action == Action::Delete && s.replacement.is_some()));
    let action = |step: &Step| match (step.action, step.replacement) {
        (Action::Create, Some(_)) => "replace".to_owned(),
        (action, _) => format!("{action:?}").to_lowercase(),
    };
    steps.map(|step| said(&action(step), &step.address)).collect()
}

fn expect(what: &str, plan: &Plan, wanted: &BTreeSet<String>) -> Result<(), Failure> {
    let does = does(plan);
    ensure(does == *wanted, || {
        let because = |s: &Step| format!("{} because {:?}, {:?}", s.address, s.reasons, s.changes);
        let reasons: Vec<String> = plan.steps.iter().map(because).collect();
        format!("{what} should do {wanted:?}, and does {does:?}: {}", reasons.join("; "))
    })
}

fn ensure(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(otherwise().into()) }
}

/// Says when something failed.
fn at<T>(when: &str, result: Result<T, Failure>) -> Result<T, Failure> {
    result.map_err(|error| format!("{when}: {error}").into())
}

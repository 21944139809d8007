//! A cloud in memory that refuses what a service refuses.
//!
//! What something refers to must be there; what is referred to cannot be deleted; a name belongs to one resource of a
//! kind in its region or account and is free the moment that one is gone; what cannot be changed is not; entries of one
//! name have a class each or are the only one. Everything takes a while to come and to go. Entries have no token and are
//! found by what they are called, as DNS records are. It takes note of what it must never be asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use dr_core::cloud::{
    BatchChange, BatchItem, Cloud, CloudError, CloudResult, ErrorClass, Identity, Intent, Live, Owner, Settled,
    TaggedResource, Target,
};
use dr_core::compare::canonical;
use dr_core::schema::{Field, Kind, OneWay, Presence, Scope};
use dr_core::value::{Map, Str, Value};
use tokio::sync::Notify;

use crate::faults::{Fault, Moment, Verdict};
use crate::program::{ENVIRONMENT, PROGRAM};

/// How often something is looked at before it is ready, or gone.
const LOOKS: u8 = 1;

/// A resource.
#[derive(Debug, Clone, PartialEq)]
pub struct Thing {
    pub kind: &'static Kind,
    pub region: Option<Str>,
    pub args: Map<Value>,
    pub revision: i64,
    /// The operation that made it; none for somebody else's.
    pub op: Option<Str>,
    /// Whether it carries the tags of another environment.
    pub tagged: bool,
    pub configured: bool,
    /// Looks left until it is ready.
    pub coming: u8,
    /// Looks left until it is gone, once it is being deleted.
    pub going: Option<u8>,
    /// It will never be ready.
    pub broken: bool,
}

/// Everything that is there, and what happened to it.
#[derive(Default)]
pub struct Inside {
    pub things: BTreeMap<Str, Thing>,
    made: usize,
    /// The regions that do not answer.
    pub off: BTreeSet<Str>,
    pub fault: Option<Fault>,
    /// How many calls were made since the command began.
    pub calls: usize,
    /// When the process dies.
    pub cut: Option<(usize, Moment)>,
    dead: bool,
    /// The ids that must not be deleted by this command, and why.
    pub guarded: BTreeMap<Str, &'static str>,
    /// What somebody else deleted, or went along with what was.
    pub vanished: BTreeSet<Str>,
    /// What was asked to go.
    pub asked: BTreeSet<Str>,
    /// What it must never be asked and was.
    pub wrongs: Vec<String>,
    /// Every secret that it was given.
    pub secrets: BTreeSet<String>,
    pub log: Vec<String>,
}

/// A cloud in memory.
#[derive(Default)]
pub struct StrictCloud {
    inside: Mutex<Inside>,
    /// Tells when the process dies.
    pub died: Notify,
}

pub fn identity() -> Identity {
    Identity { cloud: "strict".into(), account: "1".into(), endpoint: None }
}

fn refuse(class: ErrorClass, code: &str, message: String) -> CloudError {
    CloudError::new(class, "t:Call", code, message)
}

fn gone(id: &str) -> CloudError {
    refuse(ErrorClass::Gone, "NotFound", format!("there is no {id}"))
}

/// Whether entries are told apart by what they are called and not by a token.
fn by_key(kind: &Kind) -> bool {
    kind.batch.is_some()
}

/// The values of an argument that refer to others.
fn leaves(value: &Value) -> Vec<&Value> {
    match value {
        Value::List(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

impl Thing {
    /// An attribute, as others refer to it.
    fn attribute(&self, id: &str, name: &str) -> Option<Value> {
        match name {
            "arn" => Some(Value::from(format!("arn:{id}"))),
            "id" => Some(Value::str(id)),
            _ => self.args.get(name).cloned(),
        }
    }

    fn outputs(&self, id: &str) -> Map<Value> {
        let text = |name: &str| self.args.get(name).map(Value::to_text).unwrap_or_default();
        let all = self.kind.outputs.iter().map(|field| {
            let value = match field.name {
                "arn" => Value::from(format!("arn:{id}")),
                "path" => Value::from(format!("stores/{}/{}", self.region.as_deref().unwrap_or(""), text("name"))),
                "proof" => Value::from(format!("proof-{}", text("note"))),
                "revision" => Value::Int(self.revision),
                other => Value::str(other),
            };
            (Str::from(field.name), value)
        });
        all.collect()
    }

    /// What makes it the only one of its kind.
    fn key(&self) -> Option<(Vec<Value>, Option<Str>)> {
        key(self.kind, self.region.as_deref(), &self.args)
    }
}

fn key(kind: &Kind, region: Option<&str>, args: &Map<Value>) -> Option<(Vec<Value>, Option<Str>)> {
    let (fields, scope) = kind.unique?;
    let value = |name: &&str| match (kind.arg(name), args.get(*name)) {
        (Some(field), Some(value)) => canonical(field, value),
        _ => Value::Null,
    };
    let values: Vec<Value> = fields.iter().map(value).collect();
    let region = (scope == Scope::Region).then_some(region).flatten();
    values.iter().any(|value| !value.is_null()).then(|| (values, region.map(Str::from)))
}

impl Inside {
    /// The id of what a value refers to.
    fn referred(&self, field: &Field, value: &Value, region: Option<&str>) -> Option<&Str> {
        let reference = field.refers?;
        let near =
            |thing: &Thing| reference.attr() != "name" || thing.region.as_deref() == region || thing.region.is_none();
        let fits = |(id, thing): &(&Str, &Thing)| {
            thing.kind.name == reference.kind()
                && near(thing)
                && thing.attribute(id, reference.attr()).as_ref() == Some(value)
        };
        self.things.iter().find(fits).map(|(id, _)| id)
    }

    /// Refuses arguments that refer to what is not there. What stays as it was is not looked at.
    fn check_references(
        &self,
        kind: &Kind,
        region: Option<&str>,
        new: &Map<Value>,
        old: Option<&Map<Value>>,
    ) -> Result<(), CloudError> {
        for field in kind.args.iter().filter(|field| field.refers.is_some()) {
            let Some(value) = new.get(field.name).filter(|v| old.and_then(|old| old.get(field.name)) != Some(v)) else {
                continue;
            };
            for leaf in leaves(value) {
                let id = self.referred(field, leaf, region);
                if id.and_then(|id| self.things.get(id)).is_none_or(|thing| thing.going.is_some()) {
                    return Err(refuse(
                        ErrorClass::Invalid,
                        "NotFound",
                        format!("{}: there is no {}", field.name, leaf.to_text()),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Refuses a name that something else has, and entries that cannot be there together.
    fn check_name(
        &self,
        kind: &Kind,
        region: Option<&str>,
        args: &Map<Value>,
        own: Option<&str>,
    ) -> Result<(), CloudError> {
        let Some(wanted) = key(kind, region, args) else { return Ok(()) };
        let others = || self.things.iter().filter(|(id, t)| t.kind.name == kind.name && Some(&***id) != own);
        if let Some((id, _)) = others().find(|(_, thing)| thing.key().as_ref() == Some(&wanted)) {
            return Err(refuse(ErrorClass::Exists, "AlreadyExists", format!("{id} is called so")));
        }
        let Some(shared) = kind.batch else { return Ok(()) };
        let value = |args: &Map<Value>, name: &str| kind.arg(name).zip(args.get(name)).map(|(f, v)| canonical(f, v));
        let same = |thing: &Thing| {
            thing.region.as_deref() == region && shared.iter().all(|name| value(&thing.args, name) == value(args, name))
        };
        let clash = |thing: &Thing| args.get("class").is_none() || thing.args.get("class").is_none();
        match others().find(|(_, thing)| same(thing) && clash(thing)) {
            Some((id, _)) => {
                Err(refuse(ErrorClass::Invalid, "Conflicting", format!("{id} is there without a class, or this is")))
            }
            None => Ok(()),
        }
    }

    /// Who refers to this and stands in the way of its deletion.
    pub fn users(&self, id: &Str) -> Vec<Str> {
        let uses = |thing: &Thing| {
            thing.kind.args.iter().any(|field| {
                let blocks =
                    field.refers.is_some_and(|r| r.blocks_delete) && thing.kind.deleted_with != Some(field.name);
                let values = thing.args.get(field.name).map(leaves).unwrap_or_default();
                blocks && values.into_iter().any(|v| self.referred(field, v, thing.region.as_deref()) == Some(id))
            })
        };
        self.things
            .iter()
            .filter(|(other, thing)| *other != id && uses(thing))
            .map(|(other, _)| other.clone())
            .collect()
    }

    /// What goes along with this.
    fn children(&self, id: &Str) -> Vec<Str> {
        let along = |thing: &Thing| {
            let field = thing.kind.deleted_with.and_then(|name| thing.kind.arg(name));
            field
                .zip(thing.kind.deleted_with.and_then(|name| thing.args.get(name)))
                .is_some_and(|(field, value)| self.referred(field, value, thing.region.as_deref()) == Some(id))
        };
        self.things.iter().filter(|(_, thing)| along(thing)).map(|(child, _)| child.clone()).collect()
    }

    fn create(&mut self, at: Target<'_>, args: &Map<Value>, op: Option<&Str>) -> Result<Str, CloudError> {
        if let Some(op) = op
            && self.things.values().any(|thing| thing.op.as_ref() == Some(op))
            && !by_key(at.kind)
        {
            self.wrongs.push(format!("{} is created twice by the operation {op}", at.address));
        }
        self.check_name(at.kind, at.region, args, None)?;
        self.check_references(at.kind, at.region, args, None)?;
        self.made += 1;
        let id: Str = match key(at.kind, at.region, args).filter(|_| by_key(at.kind)) {
            Some((values, region)) => {
                let parts: Vec<String> =
                    region.iter().map(|r| r.to_string()).chain(values.iter().map(Value::to_text)).collect();
                parts.join("/").into()
            }
            None => format!("{}-{}", at.kind.short(), self.made).into(),
        };
        self.vanished.remove(&id);
        let mut args = args.clone();
        for field in at.kind.args.iter().filter(|f| f.presence == Presence::Computed && f.refers.is_none()) {
            args.entry(field.name.into()).or_insert_with(|| Value::from(format!("{}-{id}", field.name)));
        }
        for field in at.kind.args {
            if let Presence::Default(default) = field.presence {
                args.entry(field.name.into()).or_insert_with(|| default.value());
            }
        }
        self.secrets.extend(args.get("secret").and_then(Value::as_str).map(str::to_owned));
        let thing = Thing {
            kind: at.kind,
            region: at.region.map(Str::from),
            args,
            revision: 0,
            op: op.cloned(),
            tagged: false,
            configured: op.is_none(),
            coming: if op.is_some() { LOOKS } else { 0 },
            going: None,
            broken: false,
        };
        self.things.insert(id.clone(), thing);
        Ok(id)
    }

    fn update(&mut self, at: Target<'_>, id: &str, new: &Map<Value>) -> Result<(), CloudError> {
        let old = self.things.get(id).filter(|t| t.going.is_none()).ok_or_else(|| gone(id))?.clone();
        self.check_name(at.kind, at.region, new, Some(id))?;
        self.check_references(at.kind, at.region, new, Some(&old.args))?;
        for field in at.kind.args {
            let (was, is) = (old.args.get(field.name), new.get(field.name));
            let same = was.map(|v| canonical(field, v)) == is.map(|v| canonical(field, v));
            let allowed = match field.one_way {
                _ if same => true,
                Some(OneWay::Stays) => is.is_some(),
                Some(OneWay::Version) => was.map(Value::to_text) <= is.map(Value::to_text),
                Some(OneWay::Order(order)) => {
                    let place = |v: Option<&Value>| v.and_then(|v| order.iter().position(|o| v.as_str() == Some(o)));
                    place(was) <= place(is)
                }
                None => !field.replace || (field.removable && is.is_none()),
            };
            if !allowed {
                return Err(refuse(ErrorClass::Invalid, "Immutable", format!("{} cannot be changed so", field.name)));
            }
        }
        self.secrets.extend(new.get("secret").and_then(Value::as_str).map(str::to_owned));
        if let Some(thing) = self.things.get_mut(id) {
            // What is written but never given back stays unless it is said anew.
            thing.args = new.clone();
            thing.revision += i64::from(thing.args != old.args);
        }
        Ok(())
    }

    /// Takes something away at once, with what goes along with it. It counts as vanished until it is made again.
    pub fn take_away(&mut self, id: &Str) {
        for child in self.children(id) {
            self.guard(&child);
            self.things.remove(&child);
            self.vanished.insert(child);
        }
        self.things.remove(id);
    }

    fn delete(&mut self, id: &Str) -> Result<(), CloudError> {
        self.guard(id);
        let users = self.users(id);
        match self.things.get_mut(id) {
            None => return Err(gone(id)),
            Some(thing) if thing.going.is_some() => return Ok(()),
            Some(_) if !users.is_empty() => {
                return Err(refuse(
                    ErrorClass::Conflict,
                    "InUse",
                    format!("{} still refers to {id}", users.join(", ")),
                ));
            }
            Some(thing) if by_key(thing.kind) => {}
            Some(thing) => {
                self.asked.insert(id.clone());
                thing.going = Some(LOOKS);
                return Ok(());
            }
        }
        self.take_away(id);
        Ok(())
    }

    /// Makes several changes, or none.
    fn batch(&mut self, items: &[BatchItem<'_>]) -> Result<Vec<Str>, CloudError> {
        // What is as it should be already is left alone.
        if let Some(ids) = items.iter().map(|item| self.is_done(item)).collect() {
            return Ok(ids);
        }
        let before = (self.things.clone(), self.vanished.clone());
        // Deletions free names; what is changed afterwards is checked against what is there in the end.
        let (first, then): (Vec<_>, Vec<_>) =
            items.iter().enumerate().partition(|(_, item)| matches!(item.change, BatchChange::Delete { .. }));
        let mut ids = vec![Str::from(""); items.len()];
        for (number, item) in first.into_iter().chain(then) {
            let result = match item.change {
                BatchChange::Create { args, intent } => self.create(item.at, args, Some(&intent.op)),
                BatchChange::Update { id, new, .. } => self.update(item.at, id, new).map(|()| id.into()),
                BatchChange::Delete { id, .. } => self.delete(&id.into()).map(|()| "".into()),
            };
            match result {
                Ok(id) => ids[number] = id,
                Err(error) => {
                    (self.things, self.vanished) = before;
                    return Err(error);
                }
            }
        }
        Ok(ids)
    }

    /// The id of what a change is about, when it was made already.
    fn is_done(&self, item: &BatchItem<'_>) -> Option<Str> {
        let is = |id: &str, args: &Map<Value>| self.things.get(id).is_some_and(|thing| thing.args == *args);
        match item.change {
            BatchChange::Create { args, .. } => {
                let wanted = key(item.at.kind, item.at.region, args);
                let same = |t: &Thing| t.kind.name == item.at.kind.name && t.key() == wanted && t.args == *args;
                self.things.iter().find(|(_, thing)| same(thing)).map(|(id, _)| id.clone())
            }
            BatchChange::Update { id, new, .. } => is(id, new).then(|| id.into()),
            BatchChange::Delete { id, .. } => (!self.things.contains_key(id)).then(|| "".into()),
        }
    }

    /// Takes note when something is deleted that must not be.
    fn guard(&mut self, id: &Str) {
        if let Some(why) = self.guarded.get(id) {
            self.wrongs.push(format!("{id} is deleted although it is {why}"));
        }
    }

    fn deleted(&mut self, id: &Str) -> Settled {
        match self.things.get_mut(id).map(|thing| &mut thing.going) {
            None => return Settled::Ready,
            Some(Some(left)) if *left > 0 => *left -= 1,
            Some(Some(_)) => {
                self.take_away(id);
                return Settled::Ready;
            }
            Some(None) => {}
        }
        Settled::Wait(None)
    }

    /// A while passes.
    pub fn pass_time(&mut self) {
        let going: Vec<Str> = self.things.iter().filter(|(_, t)| t.going.is_some()).map(|(id, _)| id.clone()).collect();
        going.iter().for_each(|id| self.take_away(id));
        self.things.values_mut().for_each(|thing| thing.coming = 0);
    }
}

impl StrictCloud {
    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another command begins.
    pub fn begin(&self) {
        let mut inside = self.inside();
        (inside.calls, inside.dead, inside.cut, inside.fault) = (0, false, None, None);
        inside.guarded.clear();
        inside.log.push("--".into());
        inside.pass_time();
    }

    /// Makes something that belongs to somebody else, or to another environment.
    pub fn found(&self, at: Target<'_>, args: &Map<Value>, tagged: bool) -> Option<Str> {
        let mut inside = self.inside();
        let id = inside.create(at, args, None).ok()?;
        inside.things.get_mut(&id)?.tagged = tagged;
        Some(id)
    }

    /// The process is dead: nothing comes back any more.
    pub fn die(&self) {
        self.inside().dead = true;
        self.died.notify_one();
    }

    fn call<'a, T: Send + 'a>(
        &'a self,
        call: &'static str,
        at: Target<'a>,
        act: impl FnOnce(&mut Inside) -> Result<T, CloudError> + Send + 'a,
    ) -> CloudResult<'a, T> {
        Box::pin(async move {
            let (number, cut) = {
                let mut inside = self.inside();
                inside.calls += 1;
                (inside.calls, inside.cut)
            };
            if cut == Some((number, Moment::Before)) {
                self.die();
            }
            if self.inside().dead {
                std::future::pending::<()>().await;
            }
            let result = {
                let mut inside = self.inside();
                let away = at.region.is_some_and(|region| inside.off.contains(region));
                let verdict = match &mut inside.fault {
                    _ if away => {
                        Verdict::Fail(refuse(ErrorClass::Transient, "NoAnswer", "the region does not answer".into()))
                    }
                    Some(fault) => fault.judge(call),
                    None => Verdict::Go,
                };
                let result = match verdict {
                    Verdict::Go => act(&mut inside),
                    Verdict::Fail(error) => Err(error),
                    Verdict::Lose(error) => act(&mut inside).and(Err(error)),
                    Verdict::Break => {
                        let before: BTreeSet<Str> = inside.things.keys().cloned().collect();
                        let result = act(&mut inside);
                        inside
                            .things
                            .iter_mut()
                            .filter(|(id, _)| !before.contains(*id))
                            .for_each(|(_, t)| t.broken = true);
                        result
                    }
                };
                let outcome = match &result {
                    Ok(_) => String::new(),
                    Err(error) => format!(": {} {}", error.code, error.message),
                };
                inside.log.push(format!("{number} {call} {}{outcome}", at.address));
                result
            };
            if cut == Some((number, Moment::After)) {
                self.die();
                std::future::pending::<()>().await;
            }
            result
        })
    }
}

impl Cloud for StrictCloud {
    fn identify(&self) -> CloudResult<'_, Identity> {
        Box::pin(std::future::ready(Ok(identity())))
    }
    fn find<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Option<Str>> {
        self.call("find", at, move |inside| {
            let (wanted, ours) = (key(at.kind, at.region, args), Some(&intent.op));
            let fits = |thing: &Thing| match by_key(at.kind) {
                true => thing.kind.name == at.kind.name && thing.key() == wanted && thing.args == *args,
                false => thing.op.as_ref() == ours,
            };
            Ok(inside.things.iter().find(|(_, thing)| fits(thing)).map(|(id, _)| id.clone()))
        })
    }
    fn create<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Str> {
        self.call("create", at, move |inside| inside.create(at, args, Some(&intent.op)))
    }
    fn configure<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>, _: &'a Intent) -> CloudResult<'a, bool> {
        self.call("configure", at, move |inside| {
            inside.things.get_mut(id).ok_or_else(|| gone(id))?.configured = true;
            Ok(true)
        })
    }
    fn settle<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Settled> {
        self.call("settle", at, move |inside| {
            let thing = inside.things.get_mut(id).ok_or_else(|| gone(id))?;
            if thing.broken || thing.going.is_some() {
                return Ok(Settled::Failed("it broke, or is being deleted".into()));
            }
            let ready = thing.coming == 0;
            thing.coming = thing.coming.saturating_sub(1);
            Ok(if ready { Settled::Ready } else { Settled::Wait(None) })
        })
    }
    fn read<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Option<Live>> {
        self.call("read", at, move |inside| {
            let fits = |t: &&Thing| t.kind.name == at.kind.name && t.region.as_deref() == at.region;
            Ok(inside.things.get(id).filter(fits).map(|thing| {
                let mut args = thing.args.clone();
                args.retain(|name, _| !at.kind.arg(name).is_some_and(|field| field.write_only));
                Live { args, outputs: thing.outputs(id) }
            }))
        })
    }
    fn owner<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Live) -> CloudResult<'a, Option<Owner>> {
        self.call("owner", at, move |inside| {
            let owner = |suffix: &str| Owner { environment: suffix.into(), program: PROGRAM.into(), address: None };
            Ok(inside.things.get(id).filter(|_| !by_key(at.kind)).and_then(|thing| match (&thing.op, thing.tagged) {
                (Some(_), _) => Some(owner(ENVIRONMENT)),
                (None, true) => Some(owner("pr-2")),
                (None, false) => None,
            }))
        })
    }
    fn update<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        _: &'a Map<Value>,
        new: &'a Map<Value>,
    ) -> CloudResult<'a, ()> {
        self.call("update", at, move |inside| inside.update(at, id, new))
    }
    fn delete<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, ()> {
        self.call("delete", at, move |inside| inside.delete(&id.into()))
    }
    fn deleted<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Settled> {
        self.call("deleted", at, move |inside| Ok(inside.deleted(&id.into())))
    }
    fn batch<'a>(&'a self, items: &'a [BatchItem<'a>]) -> CloudResult<'a, Vec<Str>> {
        let Some(first) = items.first() else { return Box::pin(std::future::ready(Ok(Vec::new()))) };
        self.call("batch", first.at, move |inside| inside.batch(items))
    }
    fn look_up<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>) -> CloudResult<'a, Map<Value>> {
        self.call("look_up", at, move |_| {
            let name = args.get("name").map(Value::to_text).unwrap_or_default();
            Ok(Map::from([("arn".into(), Value::from(format!("found:{name}")))]))
        })
    }
    fn sweep<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

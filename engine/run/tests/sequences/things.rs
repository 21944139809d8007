//! What is there: resources, and the rules of the service about them.
//!
//! What something refers to must be there; what is referred to cannot be deleted; a name belongs to one resource of a
//! kind in its region or account and is free the moment that one is gone; what cannot be changed is not; entries of one
//! name have a class each or are the only one. Everything takes a while to come and to go. Entries are known by what they
//! are called, as DNS records are; all others have an id of their own.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::cloud::{BatchChange, BatchItem, CloudError, ErrorClass, Settled, Target};
use dr_core::compare::canonical;
use dr_core::schema::{Field, Kind, OneWay, Presence, Scope};
use dr_core::value::{Map, Str, Value};

use crate::faults::{Fault, Moment};

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
    pub dead: bool,
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

fn refuse(class: ErrorClass, code: &str, message: String) -> CloudError {
    CloudError::new(class, "t:Call", code, message)
}

pub fn no_answer() -> CloudError {
    refuse(ErrorClass::Transient, "NoAnswer", "the region does not answer".into())
}

pub fn gone(id: &str) -> CloudError {
    refuse(ErrorClass::Gone, "NotFound", format!("there is no {id}"))
}

/// Whether entries are told apart by what they are called and not by a token.
pub fn by_key(kind: &Kind) -> bool {
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

    pub fn outputs(&self, id: &str) -> Map<Value> {
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
    pub fn key(&self) -> Option<(Vec<Value>, Option<Str>)> {
        key(self.kind, self.region.as_deref(), &self.args)
    }
}

pub fn key(kind: &Kind, region: Option<&str>, args: &Map<Value>) -> Option<(Vec<Value>, Option<Str>)> {
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

    pub fn create(&mut self, at: Target<'_>, args: &Map<Value>, op: Option<&Str>) -> Result<Str, CloudError> {
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
        self.asked.remove(&id);
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

    pub fn update(&mut self, at: Target<'_>, id: &str, new: &Map<Value>) -> Result<(), CloudError> {
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

    pub fn delete(&mut self, id: &Str) -> Result<(), CloudError> {
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
            Some(thing) if by_key(thing.kind) => drop(self.asked.insert(id.clone())),
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
    pub fn batch(&mut self, items: &[BatchItem<'_>]) -> Result<Vec<Str>, CloudError> {
        // What is as it should be already is left alone.
        if let Some(ids) = items.iter().map(|item| self.is_done(item)).collect() {
            return Ok(ids);
        }
        let before = (self.things.clone(), self.vanished.clone(), self.asked.clone());
        // Deletions free names; what is changed afterwards is checked against what is there in the end.
        let (first, then): (Vec<_>, Vec<_>) =
            items.iter().enumerate().partition(|(_, item)| matches!(item.change, BatchChange::Delete { .. }));
        let mut ids = vec![Str::from(""); items.len()];
        for (number, item) in first.into_iter().chain(then) {
            let result = match item.change {
                BatchChange::Create { args, intent } => self.create(item.at, args, Some(&intent.op)),
                BatchChange::Update { id, new, .. } => self.update(item.at, id, new).map(|()| id.into()),
                // Gone already is success.
                BatchChange::Delete { id, .. } if !self.things.contains_key(id) => Ok("".into()),
                BatchChange::Delete { id, .. } => self.delete(&id.into()).map(|()| "".into()),
            };
            match result {
                Ok(id) => ids[number] = id,
                Err(error) => {
                    (self.things, self.vanished, self.asked) = before;
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

    pub fn deleted(&mut self, id: &Str) -> Settled {
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

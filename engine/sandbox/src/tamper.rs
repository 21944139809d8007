//! Behind the engine's back: what a person with a console could see and do.
//!
//! For trying out how drift and residue are noticed. Nothing here is refused for the sake of others, takes time, or
//! goes wrong on purpose.

use std::collections::BTreeMap;

use dr_core::cloud::tag;
use dr_core::schema::closest;
use dr_core::value::{Map, Str, Value};

use crate::Sandbox;
use crate::error::SandboxError;
use crate::inner::Core;
use crate::remnant::Remnant;
use crate::role::outputs_at;
use crate::seal::seal;
use crate::state::Entry;

/// A resource as a console would show it.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownResource {
    /// The kind's name.
    pub kind: &'static str,
    /// The region; `None` for global kinds.
    pub region: Option<Str>,
    /// The id.
    pub id: Str,
    /// The arguments, without write-only and sensitive ones.
    pub args: Map<Value>,
    /// The computed attributes.
    pub outputs: Map<Value>,
    /// The resource's own tags and those of its identity.
    pub tags: Map<Str>,
    /// Salted hashes of the arguments that are not kept, by path (`login.password`).
    pub sealed: BTreeMap<String, Str>,
    /// What it is doing.
    pub phase: Phase,
}

/// What a resource is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// It is being created or changed.
    Settling,
    /// It is ready.
    Ready,
    /// It is being deleted.
    Deleting,
}

/// Something that somebody has made by hand, or that a service has made by itself. It is no resource, and bears no tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlantedThing {
    /// What it is: `log group`.
    pub what: Str,
    /// Its region; `None` where it belongs to none.
    pub region: Option<Str>,
    /// Its id, or its name.
    pub id: Str,
    /// The names of what it was made of: a snapshot is made of a cluster.
    pub of: Vec<Str>,
    /// When it goes by itself, in seconds since 1970.
    pub until: Option<u64>,
}

impl Sandbox {
    /// Puts something into the account.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub fn tamper_plant(&self, planted: PlantedThing) -> Result<(), SandboxError> {
        let PlantedThing { what, region, id, of, until } = planted;
        let nobody = || Str::from("");
        let (environment, program, address) = (nobody(), nobody(), nobody());
        let until = until.map(|seconds| seconds.saturating_mul(1_000_000));
        let remnant = Remnant { what, region, id, of, environment, program, address, until };
        self.core().change(|core| core.keep(vec![remnant]))?
    }

    /// Takes the identity tags off a resource. Where several regions have one of this id, write `REGION/ID`.
    ///
    /// # Errors
    /// When there is no such resource, when there are several, or when the log cannot be written.
    pub fn tamper_untag(&self, kind: &str, id: &str) -> Result<(), SandboxError> {
        self.core().change(|core| {
            let key = one(core, kind, id)?;
            let Some(Entry { kind, data }) = core.state.get(key) else { return Err(missing(kind, id)) };
            let (kind, mut data) = (*kind, data.clone());
            (data.environment, data.program) = ("".into(), "".into());
            // That of the operation, too: nothing finds it by that any more.
            data.op = format!("untagged {}", data.id).into();
            core.put(kind, data)
        })?
    }

    /// Everything in the account, of all environments, by kind, region and id.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn list(&self) -> Result<Vec<ShownResource>, SandboxError> {
        let mut core = self.core();
        core.look()?;
        let now = core.now();
        let mut all: Vec<ShownResource> = core.state.iter().map(|entry| shown(entry, now)).collect();
        all.sort_by(|a, b| (a.kind, &a.region, &a.id).cmp(&(b.kind, &b.region, &b.id)));
        Ok(all)
    }

    /// Deletes a resource at once, whoever refers to it. Its name is free. Where several regions have one of this id,
    /// write `REGION/ID`.
    ///
    /// # Errors
    /// When there is no such resource, when there are several, or when the log cannot be written.
    pub fn tamper_delete(&self, kind: &str, id: &str) -> Result<(), SandboxError> {
        self.core().change(|core| {
            let key = one(core, kind, id)?;
            core.remove(&[key], 0, false)
        })?
    }

    /// Sets an argument of a resource at once; `Null` takes it away. Where several regions have one of this id, write
    /// `REGION/ID`.
    ///
    /// # Errors
    /// When there is no such resource or argument, when there are several, or when the log cannot be written.
    pub fn tamper_set(&self, kind: &str, id: &str, argument: &str, value: Value) -> Result<(), SandboxError> {
        self.core().change(|core| set(core, (kind, id), argument, value))?
    }
}

/// Sets an argument of the resource of a kind and id.
fn set(core: &mut Core, (kind, id): (&str, &str), argument: &str, value: Value) -> Result<(), SandboxError> {
    let key = one(core, kind, id)?;
    let Some(Entry { kind, data }) = core.state.get(key) else { return Err(missing(kind, id)) };
    let (kind, mut data) = (*kind, data.clone());
    let Some(field) = kind.arg(argument) else {
        return Err(SandboxError::UnknownArgument {
            kind: kind.name.to_owned(),
            argument: argument.to_owned(),
            near: closest(argument, kind.args.iter().map(|f| f.name)).map(str::to_owned),
        });
    };
    let below = format!("{argument}.");
    data.sealed.retain(|path, _| path != argument && !path.starts_with(&below));
    data.args.remove(argument);
    let mut given = Map::from([(Str::from(field.name), value)]);
    data.sealed.append(&mut seal(kind.args, &mut given, &data.op));
    data.args.extend(given);
    core.put(kind, data)
}

/// The resource of this kind and id, or of this kind, region and id.
fn one(core: &Core, kind: &str, id: &str) -> Result<u64, SandboxError> {
    let known = core.registry.get(kind).ok_or_else(|| missing(kind, id))?;
    let all: Vec<(u64, &Entry)> = core.state.of_id(known, id).collect();
    match all.as_slice() {
        [(key, _)] => Ok(*key),
        [] => {
            let within = id.split_once('/').and_then(|(region, id)| core.state.find(known, Some(region), id));
            within.map(|(key, _)| key).ok_or_else(|| missing(kind, id))
        }
        several => Err(SandboxError::Ambiguous {
            kind: kind.to_owned(),
            id: id.to_owned(),
            regions: several.iter().filter_map(|(_, e)| e.data.region.as_deref()).map(str::to_owned).collect(),
        }),
    }
}

fn missing(kind: &str, id: &str) -> SandboxError {
    SandboxError::Missing { kind: kind.to_owned(), id: id.to_owned() }
}

fn shown(entry: &Entry, now: u64) -> ShownResource {
    let data = &entry.data;
    let own = entry.kind.tags().and_then(|field| data.args.get(field.name)).and_then(Value::as_map);
    let mut tags: Map<Str> = own.into_iter().flatten().map(|(k, v)| (k.clone(), v.to_text().into())).collect();
    for (name, value) in [
        (tag::ENVIRONMENT, &data.environment),
        (tag::PROGRAM, &data.program),
        (tag::ADDRESS, &data.address),
        (tag::OPERATION, &data.op),
    ] {
        if !data.environment.is_empty() {
            tags.insert(name.into(), value.clone());
        }
    }
    ShownResource {
        kind: entry.kind.name,
        region: data.region.clone(),
        id: data.id.clone(),
        args: data.args.clone(),
        outputs: outputs_at(entry, now),
        tags,
        sealed: data.sealed.clone(),
        phase: match data.gone_at {
            Some(_) => Phase::Deleting,
            None if data.ready_at > now => Phase::Settling,
            None => Phase::Ready,
        },
    }
}

//! Subjects: planned resources, as the checks of a team see them.
//!
//! A subject is plain data that a thread can take along. What is not known, or is secret, is an output as in programs:
//! a check can hand it on and ask whether it is known, and cannot decide by it.

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::checks::{AtPath, Resource};
use dr_core::expr::Expr;
use dr_core::schema::{Kind, Type};
use dr_core::value::{Map, Str};
use rhai::{Array, Dynamic, Engine, ImmutableString};

use crate::coerce::from_expr;
use crate::fault::{Res, ScriptFault};
use crate::session;
use crate::unknown::OutputValue;

/// What every subject has, whatever its kind.
const FIXED: &[&str] = &["address", "kind", "name", "region", "component", "exists", "args", "references", "users"];

/// A planned resource.
#[derive(Debug)]
pub(crate) struct CheckedResource {
    pub(crate) address: Address,
    pub(crate) kind: &'static Kind,
    region: Option<Str>,
    exists: bool,
    args: Map<Expr>,
    references: Vec<ReadLink>,
    /// Who refers to it: filled in once all are there.
    users: Vec<ReadLink>,
}

/// That an argument of a resource reads an attribute of another one.
#[derive(Debug, Clone)]
struct ReadLink {
    /// The argument.
    key: Str,
    /// The resource at the other end.
    other: Address,
    /// The attribute that is read.
    attribute: Str,
}

/// A subject in a script.
#[derive(Debug, Clone)]
pub(crate) struct CheckedHandle(pub(crate) Arc<CheckedResource>);

/// Everything that is planned.
pub(crate) fn all<'a>(resources: impl Iterator<Item = &'a Resource<'a>>) -> Vec<Arc<CheckedResource>> {
    let mut users: BTreeMap<Address, Vec<ReadLink>> = BTreeMap::new();
    let mut all: Vec<CheckedResource> = resources.map(subject).collect();
    for subject in &all {
        for link in &subject.references {
            let user = ReadLink { other: subject.address.clone(), ..link.clone() };
            users.entry(link.other.clone()).or_default().push(user);
        }
    }
    for subject in &mut all {
        subject.users = users.remove(&subject.address).unwrap_or_default();
    }
    all.into_iter().map(Arc::new).collect()
}

fn subject(resource: &Resource<'_>) -> CheckedResource {
    let given = |name: &'static str| match resource.at(name) {
        AtPath::Absent => None,
        AtPath::Known(value) => Some((Str::from(name), Expr::Known(value.clone()))),
        AtPath::Open(open) => Some((Str::from(name), open.clone())),
    };
    let names = || resource.kind.args.iter().map(|field| field.name);
    let links = names().flat_map(|name| {
        let link = move |read| (Str::from(name), read);
        resource.reads(name).into_iter().map(link)
    });
    CheckedResource {
        address: resource.address.clone(),
        kind: resource.kind,
        region: resource.region.map(Str::from),
        exists: resource.exists,
        args: names().filter_map(given).collect(),
        references: links.map(|(key, read)| ReadLink { key, other: read.address, attribute: read.attr }).collect(),
        users: Vec::new(),
    }
}

/// Links as a list of maps.
fn list(links: &[ReadLink]) -> Array {
    let entry = |link: &ReadLink| {
        let pairs = [("key", &*link.key), ("address", link.other.as_str()), ("attribute", &*link.attribute)];
        Dynamic::from_map(pairs.into_iter().map(|(name, text)| (name.into(), text.into())).collect())
    };
    links.iter().map(entry).collect()
}

impl CheckedResource {
    fn argument(&self, name: &str) -> Option<Dynamic> {
        let ty = self.kind.arg(name).map_or(Type::Any, |field| field.ty);
        self.args.get(name).map(|given| from_expr(given.clone(), ty))
    }

    /// What a check reads by this name: what every subject has, an argument, or an attribute that the service computes.
    /// What other kinds have as an argument is not there.
    fn property(&self, name: &str) -> Result<Dynamic, ScriptFault> {
        Ok(match name {
            "address" => self.address.as_str().into(),
            "kind" => self.kind.name.into(),
            "name" => self.address.name().into(),
            "component" => self.address.path().into(),
            "region" => self.region.as_deref().map_or(Dynamic::UNIT, Into::into),
            "exists" => self.exists.into(),
            "args" => {
                let given = self.args.keys().filter_map(|name| Some(((&**name).into(), self.argument(name)?)));
                Dynamic::from_map(given.collect())
            }
            "references" => list(&self.references).into(),
            "users" => list(&self.users).into(),
            name if self.kind.arg(name).is_some() => self.argument(name).unwrap_or(Dynamic::UNIT),
            name => match self.kind.attribute(name) {
                Some(ty) => Dynamic::from(OutputValue::new(Expr::attr(&self.address, name), ty)),
                None => return elsewhere(self.kind, name).map(|()| Dynamic::UNIT),
            },
        })
    }
}

/// Whether another kind has an argument of this name; then it is only not there.
fn elsewhere(kind: &Kind, name: &str) -> Result<(), ScriptFault> {
    let registry = session::with(|s| s.registry.clone());
    if registry.is_some_and(|registry| registry.iter().any(|other| other.arg(name).is_some())) {
        return Ok(());
    }
    let fault = ScriptFault::new(format!("no resource has anything that is called `{name}`"));
    Err(fault.near(name, kind.attributes().chain(FIXED.iter().copied())))
}

pub(crate) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<CheckedHandle>("Checked");
    engine.register_indexer_get(|s: &mut CheckedHandle, name: &str| -> Res<Dynamic> { Ok(s.0.property(name)?) });
    engine.register_fn("takes", |s: CheckedHandle, argument: ImmutableString| s.0.kind.arg(&argument).is_some());
    engine.register_fn("==", |a: CheckedHandle, b: CheckedHandle| a.0.address == b.0.address);
    engine.register_fn("!=", |a: CheckedHandle, b: CheckedHandle| a.0.address != b.0.address);
}

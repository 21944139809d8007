//! Kinds: what a resource type takes and gives, where it lives, and what the service does with it.

use std::time::Duration;

use crate::schema::bounds::Exclusion;
use crate::schema::contents::KindContents;
use crate::schema::field::{Field, Type};
use crate::traces::{Holding, Residue};

/// Where resources of a kind live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a region.
    Regional,
    /// In the account; calls go to one fixed endpoint.
    Global,
    /// In the engine's own state; no cloud is asked.
    Local,
}

/// Within what the name of a resource must be the only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All accounts and regions.
    World,
    /// The account, over all regions.
    Account,
    /// The account and region.
    Region,
}

/// An argument that the service has and this kind has not, because it is said otherwise here.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Elsewhere {
    /// Its name.
    pub argument: &'static str,
    /// The check's id.
    pub id: &'static str,
    /// How it is said here.
    pub help: &'static str,
}

/// A resource type: schema and facts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kind {
    /// `service.kind`.
    pub name: &'static str,
    /// What it is; from the doc comment.
    pub doc: &'static str,
    /// Where it lives.
    pub place: Place,
    /// Whether it only reads: a look-up, answered while planning.
    pub lookup: bool,
    /// Of a look-up: the kind whose resources it finds. What is asked for must be an attribute of what is found, `tags` must
    /// be among its tags, and `vpc_id` is the id of an `ec2.vpc`. It finds exactly one and answers attributes of it; where
    /// it answers `ids`, it finds any number but none, and `zones` holds the `zone` of each.
    pub finds: Option<&'static str>,
    /// What a script gives.
    pub args: &'static [Field],
    /// What others can read besides the arguments.
    pub outputs: &'static [Field],
    /// What its id looks like, in the notation of [`Field::like`].
    pub id: &'static str,
    /// The arguments that together must be the only ones of their values, and where. With `None`, two resources with
    /// equal arguments can exist side by side.
    pub unique: Option<(&'static [&'static str], Scope)>,
    /// Whether a creation may be asked for again although an earlier call may have made it: the service takes the
    /// operation as a token, or answers that it is there. With `None`, what is unique may.
    pub repeats: Option<bool>,
    /// The arguments whose equal values put changes of several resources into one call, which the service takes as a
    /// whole or not at all. None: each change is a call of its own.
    pub batch: Option<&'static [&'static str]>,
    /// What cannot stand side by side: the service refuses the later one.
    pub exclusions: &'static [Exclusion],
    /// The argument whose resource takes this one along when it is deleted: then this one's own delete is skipped.
    pub deleted_with: Option<&'static str>,
    /// Arguments that are said otherwise here.
    pub elsewhere: &'static [Elsewhere],
    /// What a deletion leaves behind for a while.
    pub leaves: Option<Residue>,
    /// What a deleted resource still holds for a while.
    pub holds: Option<Holding>,
    /// What is in it that is lost when it goes; none when it can be made again as it was.
    pub contents: Option<KindContents>,
    /// How long a deleted name stays blocked.
    pub name_blocked: Duration,
    /// Typical time from the create call until it is usable.
    pub create: Duration,
    /// Typical time of an in-place change.
    pub update: Duration,
    /// Typical time from the delete call until it is gone.
    pub delete: Duration,
    /// How long to wait between two looks while it settles, at first.
    pub pace: Duration,
}

impl Kind {
    /// A kind with nothing special about it.
    pub const fn new(name: &'static str, doc: &'static str, args: &'static [Field], outputs: &'static [Field]) -> Kind {
        Kind {
            name,
            doc,
            place: Place::Regional,
            lookup: false,
            finds: None,
            args,
            outputs,
            id: "{hex:17}",
            unique: None,
            repeats: None,
            batch: None,
            exclusions: &[],
            deleted_with: None,
            elsewhere: &[],
            leaves: None,
            holds: None,
            contents: None,
            name_blocked: Duration::ZERO,
            create: Duration::from_secs(1),
            update: Duration::from_secs(1),
            delete: Duration::from_secs(1),
            pace: Duration::from_secs(1),
        }
    }

    /// The service, e.g. `sqs`.
    pub fn service(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(service, _)| service)
    }

    /// The name within the service, e.g. `queue`.
    pub fn short(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(_, short)| short)
    }

    /// Whether a creation may be asked for again, although an earlier call may have made it, without making a second one.
    pub fn repeats(&self) -> bool {
        self.repeats.unwrap_or(self.unique.is_some())
    }

    /// An argument.
    pub fn arg(&self, name: &str) -> Option<&'static Field> {
        self.args.iter().find(|f| f.name == name)
    }

    /// A computed attribute.
    pub fn output(&self, name: &str) -> Option<&'static Field> {
        self.outputs.iter().find(|f| f.name == name)
    }

    /// The type of an attribute that others can read: an argument, a computed one, or the built-in `id`, `region`.
    pub fn attribute(&self, name: &str) -> Option<Type> {
        match self.output(name).or_else(|| self.arg(name)) {
            Some(field) => Some(field.ty),
            None if BUILT_IN.contains(&name) => Some(Type::Str),
            None => None,
        }
    }

    /// Every attribute that others can read, for "did you mean".
    pub fn attributes(&self) -> impl Iterator<Item = &'static str> {
        self.args.iter().chain(self.outputs).map(|f| f.name).chain(BUILT_IN.iter().copied())
    }

    /// The argument that holds tags, if the kind can be tagged.
    pub fn tags(&self) -> Option<&'static Field> {
        self.args.iter().find(|f| f.tags)
    }

    /// Whether an argument is what a resource is called by others: its name, or a part of what is the only one.
    pub fn identifies(&self, field: &Field) -> bool {
        field.name_rule.is_some() || self.unique.is_some_and(|(fields, _)| fields.contains(&field.name))
    }

    /// The argument that is the physical name, if there is one.
    pub fn physical_name(&self) -> Option<&'static Field> {
        self.args.iter().find(|f| f.name_rule.is_some())
    }
}

/// Attributes of every resource: its id in the cloud, and the region it lives in.
pub const BUILT_IN: &[&str] = &["id", "region"];

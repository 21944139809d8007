//! Who refers to whom: references inside arguments, and which values mean a resource of this account.
//!
//! A field that `refers` to another kind holds the value of an attribute of one of its resources. That resource must
//! exist, with these exceptions, which are somebody else's and taken on trust:
//!
//! - an ARN whose account is not ours (`aws` for what AWS itself provides, or another account's number), a wildcard;
//! - names that AWS keeps for itself ([`PROVIDED`]), with or without an ARN around them;
//! - anything that refers to a kind which no cloud holds (a look-up, a local kind, one that is not registered).
//!
//! A resource is found by its id, or by any attribute that some field of some kind refers to it by: services that take
//! an ARN mostly take the name too. Where an ARN is wanted, the id of a resource that itself refers to the kind wanted
//! stands for it, as an alias does for its key.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::registry::Registry;
use dr_core::schema::{Field, Kind, Place};
use dr_core::value::{Map, Str, Value};
use dr_core::walk::{Spot, each_field, walk};

/// How names begin that AWS keeps for what it provides in every account.
const PROVIDED: &[&str] = &["alias/aws/", "role/aws-service-role/", "/aws/service/", "aws/", "default.", "default:"];

/// A reference found in arguments.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FoundReference {
    /// The argument it is in or below.
    pub(crate) arg: &'static str,
    /// Where, for messages: `network.subnets.0`.
    pub(crate) path: String,
    /// The kind referred to.
    pub(crate) kind: &'static str,
    /// The attribute that the value is meant to be.
    pub(crate) attr: &'static str,
    /// The value.
    pub(crate) value: Str,
    /// Whether the other cannot be deleted before.
    pub(crate) blocks: bool,
}

/// What the registry says about references.
#[derive(Debug, Default)]
pub(crate) struct References {
    /// For each kind that is referred to: the attributes it is found by.
    sought: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// For each kind that is referred to: the kinds that refer to it.
    referrers: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// For each kind that refers to others: the arguments it does it in or below.
    places: BTreeMap<&'static str, Vec<&'static Field>>,
    /// For each kind that refers to resources of any kind: the arguments it does it in or below.
    open: BTreeMap<&'static str, Vec<&'static Field>>,
}

impl References {
    pub(crate) fn new(registry: &Registry) -> References {
        let mut all = References::default();
        for kind in registry.iter().filter(|kind| held(kind)) {
            for arg in kind.args {
                let mut refers = false;
                if arg.holds(is_open) {
                    all.open.entry(kind.name).or_default().push(arg);
                }
                each_field(std::slice::from_ref(arg), &mut |_, field| {
                    let Some(reference) = field.refers else { return };
                    if let Some(target) = registry.get(reference.kind()).filter(|kind| held(kind)) {
                        all.sought.entry(target.name).or_default().insert(reference.attr());
                        all.referrers.entry(target.name).or_default().insert(kind.name);
                        refers = true;
                    }
                });
                if refers {
                    all.places.entry(kind.name).or_default().push(arg);
                }
            }
        }
        all
    }

    /// The attributes, besides its id, that a resource of this kind is found by.
    pub(crate) fn sought(&self, kind: &str) -> impl Iterator<Item = &'static str> {
        self.sought.get(kind).into_iter().flatten().copied().filter(|attr| *attr != "id")
    }

    /// The kinds whose ids may stand for an ARN of this one.
    pub(crate) fn referrers(&self, kind: &str) -> impl Iterator<Item = &'static str> {
        self.referrers.get(kind).into_iter().flatten().copied()
    }

    /// The texts in these arguments by which resources of any kind may be meant, each with its path.
    pub(crate) fn open(&self, kind: &'static Kind, args: &Map<Value>) -> Vec<(String, Str)> {
        let mut found = Vec::new();
        for arg in self.open.get(kind.name).into_iter().flatten() {
            let Some(value) = args.get(arg.name) else { continue };
            walk(&Spot::of(arg), value.into(), &mut |spot, tree| {
                if let Some(Value::Str(text)) = tree.known().map(Value::reveal)
                    && spot.field.or_else(|| spot.around().and_then(|around| around.field)).is_some_and(is_open)
                {
                    found.push((spot.to_string(), text.clone()));
                }
                true
            });
        }
        found
    }

    /// The references in these arguments, without those that are taken on trust in any case.
    pub(crate) fn within(&self, kind: &'static Kind, args: &Map<Value>) -> Vec<FoundReference> {
        let mut found = Vec::new();
        for arg in self.places.get(kind.name).into_iter().flatten() {
            let Some(value) = args.get(arg.name) else { continue };
            walk(&Spot::of(arg), value.into(), &mut |spot, tree| match spot
                .field
                .and_then(|field| field.refers)
                .filter(|r| self.sought.contains_key(r.kind()))
            {
                Some(reference) => {
                    walk(spot, tree, &mut |spot, tree| {
                        let value = tree.known().and_then(referring);
                        found.extend(value.map(|value| FoundReference {
                            arg: arg.name,
                            path: spot.to_string(),
                            kind: reference.kind(),
                            attr: reference.attr(),
                            value,
                            blocks: reference.blocks_delete,
                        }));
                        true
                    });
                    false
                }
                None => true,
            });
        }
        found
    }
}

/// Whether resources of any kind can be meant.
fn is_open(field: &Field) -> bool {
    field.refers.is_some_and(|refers| refers.to == "*")
}

/// Whether a sandbox holds resources of this kind.
pub(crate) fn held(kind: &Kind) -> bool {
    !kind.lookup && kind.place != Place::Local
}

/// Whether a value is somebody else's by its looks, seen from this account.
pub(crate) fn is_foreign(value: &str, account: &str) -> bool {
    let mut name = value;
    if value.starts_with("arn:") {
        // arn:partition:service:region:account:name
        let mut parts = value.splitn(6, ':').skip(4);
        let owner = parts.next().unwrap_or_default();
        if !owner.is_empty() && owner != account {
            return true;
        }
        name = parts.next().unwrap_or_default();
    }
    name == "default" || name.contains('*') || PROVIDED.iter().any(|start| name.starts_with(start))
}

/// The value that a reference can be: text or a number. An empty text refers to nothing.
fn referring(value: &Value) -> Option<Str> {
    match value.reveal() {
        Value::Str(text) if !text.is_empty() => Some(text.clone()),
        Value::Int(number) => Some(number.to_string().into()),
        _ => None,
    }
}

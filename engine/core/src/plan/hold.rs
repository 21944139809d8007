//! Holding: who keeps referring to what, whether it changes in this plan or not.
//!
//! A service refuses to delete what something else refers to. Where an argument will be known only while applying, the
//! program's reference says what it will refer to. Everywhere else the value says it: what is called so is found among
//! the records. An argument that is left to the service, or whose changes are ignored, keeps its value; and so does one
//! whose reference leads to another resource by now, when that one is called as the old one was.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::Address;
use crate::expr::Expr;
use crate::graph::Node;
use crate::plan::foresee::{Decided, Fate};
use crate::record::{Need, Record, Snapshot};
use crate::registry::Registry;
use crate::schema::{Field, Reference};
use crate::value::{Str, Value};
use crate::walk::{Spot, Tree, walk};

/// That a resource goes on referring to another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hold {
    /// Who refers.
    pub(super) by: Address,
    /// The argument.
    pub(super) argument: &'static str,
    /// The operation of the very record it refers to, when the argument keeps the value that names it. Otherwise it
    /// refers to whatever has the address, and can turn to a successor.
    pub(super) bound_to: Option<Str>,
}

/// Everything that is held, by its address.
#[derive(Debug, Default)]
pub(super) struct Holds(BTreeMap<Address, Vec<Hold>>);

impl Holds {
    /// What every resource that stays refers to.
    pub(super) fn new<'d>(decided: impl Iterator<Item = &'d Decided<'d>>, all: &mut Referents<'_>) -> Holds {
        let mut holds = Holds::default();
        for decided in decided.filter(|d| matches!(d.fate, Fate::Stay | Fate::Change)) {
            let (node, Some(prior)) = (decided.node, &decided.prior) else { continue };
            let needed = |address: &Address| prior.needs.iter().any(|n| n.blocks_delete && n.address == *address);
            for field in node.kind.args.iter().filter(|field| !field.only_mentions()) {
                let is_left = decided.left.iter().any(|left| left.name == field.name);
                if !is_left {
                    for address in node.blocked_by(field).into_iter().filter(needed) {
                        holds.push(node, field, &address, None);
                    }
                }
                let stays = decided.args.get(field.name).map(|value| named(field, value.into())).unwrap_or_default();
                for (value, record) in referred(prior, field, all) {
                    if is_left || (stays.contains(&value) && needed(&record.address)) {
                        holds.push(node, field, &record.address, Some(record.op.clone()));
                    }
                }
            }
        }
        holds
    }

    fn push(&mut self, node: &Node, field: &'static Field, held: &Address, bound_to: Option<Str>) {
        let hold = Hold { by: node.address.clone(), argument: field.name, bound_to };
        let all = self.0.entry(held.clone()).or_default();
        if !all.contains(&hold) {
            all.push(hold);
        }
    }

    /// Who holds what goes by an address.
    pub(super) fn of(&self, address: &Address) -> &[Hold] {
        self.0.get(address).map(Vec::as_slice).unwrap_or_default()
    }
}

/// The addresses of the recorded resources that refer to this one, so that it cannot be deleted. Addresses count for
/// what has one to itself; what a replacement has set aside is known by its values.
pub fn holders(snapshot: &Snapshot, registry: &Registry, record: &Record) -> Vec<Address> {
    let mut all = Referents::new(snapshot);
    let is_current = snapshot.records.get(&record.address).is_some_and(|r| r.op == record.op);
    let mut found = Vec::new();
    for other in snapshot.records.values().chain(&snapshot.deposed).filter(|r| r.op != record.op) {
        let mut holds = is_current && other.needs.iter().any(|n| n.blocks_delete && n.address == record.address);
        for field in registry.get(&other.kind).map_or(&[][..], |kind| kind.args) {
            holds |= referred(other, field, &mut all).iter().any(|(_, r)| r.op == record.op);
        }
        if holds {
            found.push(other.address.clone());
        }
    }
    found
}

/// What each record needs by the values of its arguments, by the operation that made it: what it refers to, so that it
/// cannot be deleted. For what is recorded without a program.
pub fn live_needs(snapshot: &Snapshot, registry: &Registry) -> BTreeMap<Str, Vec<Need>> {
    let mut all = Referents::new(snapshot);
    let mut found = BTreeMap::new();
    for record in snapshot.records.values().chain(&snapshot.deposed) {
        let fields = registry.get(&record.kind).map_or(&[][..], |kind| kind.args);
        let referred = fields.iter().flat_map(|field| referred(record, field, &mut all));
        let addresses: BTreeSet<&Address> = referred.map(|(_, other)| &other.address).collect();
        let others = addresses.into_iter().filter(|address| **address != record.address);
        let needs = others.map(|address| Need { address: address.clone(), blocks_delete: true }).collect();
        found.insert(record.op.clone(), needs);
    }
    found
}

/// What a resource needs because of arguments that are left as they are.
pub(super) fn needs(prior: &Record, left: &[&'static Field], all: &mut Referents<'_>) -> Vec<Need> {
    let records = left.iter().flat_map(|field| referred(prior, field, all));
    records.map(|(_, record)| Need { address: record.address.clone(), blocks_delete: true }).collect()
}

/// The records that an argument of a resource refers to, so that they cannot be deleted, each with the value that names
/// it.
fn referred<'v, 'a>(by: &'v Record, field: &Field, all: &mut Referents<'a>) -> Vec<(ReferredBy<'v>, &'a Arc<Record>)> {
    let values = by.args.get(field.name).map(|value| named(field, value.into())).unwrap_or_default();
    let found = |value: ReferredBy<'v>| all.find(value.0, value.1, by).into_iter().map(move |record| (value, record));
    values.into_iter().flat_map(found).collect()
}

/// A value by which an argument refers to a resource.
type ReferredBy<'v> = (Reference, &'v Value);

/// The values, as far as they are known, by which an argument refers to what it stands in the way of deleting.
fn named<'v>(field: &Field, tree: Tree<'v>) -> Vec<ReferredBy<'v>> {
    let mut all = Vec::new();
    walk(&Spot::of(field), tree, &mut |spot, tree| match spot.field.and_then(|field| field.refers) {
        Some(reference) => {
            if reference.blocks_delete {
                leaves(tree, &mut |leaf| all.push((reference, leaf)));
            }
            false
        }
        None => true,
    });
    all
}

/// Calls a function with everything known that is neither a list nor a map.
fn leaves<'v>(tree: Tree<'v>, visit: &mut dyn FnMut(&'v Value)) {
    match tree {
        Tree::Known(value) => match value.reveal() {
            Value::List(items) => items.iter().for_each(|item| leaves(item.into(), visit)),
            Value::Map(map) => map.values().for_each(|value| leaves(value.into(), visit)),
            Value::Null => {}
            leaf => visit(leaf),
        },
        Tree::Open(Expr::List(items)) => items.iter().for_each(|item| leaves(item.into(), visit)),
        Tree::Open(Expr::Map(map)) => map.values().for_each(|value| leaves(value.into(), visit)),
        Tree::Open(_) => {}
    }
}

/// The records, to be found by what others call them.
pub(super) struct Referents<'a> {
    snapshot: &'a Snapshot,
    /// The records by each attribute that was asked for: kind, attribute, value.
    by_attribute: BTreeMap<Reference, BTreeMap<Value, Vec<&'a Arc<Record>>>>,
}

impl<'a> Referents<'a> {
    pub(super) fn new(snapshot: &'a Snapshot) -> Referents<'a> {
        Referents { snapshot, by_attribute: BTreeMap::new() }
    }

    /// The records that a reference of this value means. Names are unique in a region, so one of the same region counts
    /// before others.
    fn find(&mut self, reference: Reference, value: &Value, by: &Record) -> Vec<&'a Arc<Record>> {
        let snapshot = self.snapshot;
        let known = self.by_attribute.entry(reference).or_insert_with(|| {
            let mut known: BTreeMap<Value, Vec<&Arc<Record>>> = BTreeMap::new();
            for record in snapshot.records.values().chain(&snapshot.deposed) {
                for name in attributes(reference, record) {
                    let Some(value) = record.attribute(name).filter(|v| !v.is_null()) else { continue };
                    let all = known.entry(value.revealed()).or_default();
                    if !all.iter().any(|r| r.op == record.op) {
                        all.push(record);
                    }
                }
            }
            known
        });
        let Some(all) = known.get(value) else { return Vec::new() };
        let others = || all.iter().copied().filter(|r| r.op != by.op);
        let near: Vec<_> = others().filter(|r| r.region == by.region).collect();
        if near.is_empty() { others().collect() } else { near }
    }
}

/// The attributes that a reference may give of a record. Where resources of several kinds can stand, that is their
/// ARN or id.
fn attributes(reference: Reference, record: &Record) -> Vec<&'static str> {
    match reference.kind() {
        "*" => vec!["arn", "id"],
        kind if *kind == *record.kind => vec![reference.attr()],
        _ => Vec::new(),
    }
}

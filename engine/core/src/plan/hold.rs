//! Holding: who keeps referring to what, whether it changes in this plan or not.
//!
//! A service refuses to delete what something else refers to. An argument that the program gives says so by its
//! reference. One that is left to the service, or whose changes are ignored, keeps the value that is there: what that
//! value names is found among the records.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::Address;
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
    /// The operation of the very record it refers to, when no plan of this program turns it away from there: the
    /// argument is left as it is. Otherwise it refers to whatever has the address, and can turn to a successor.
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
            for (field, record) in kept(prior, &decided.left, all) {
                holds.push(node, field, &record.address, Some(record.op.clone()));
            }
            let was = |address: &Address| prior.needs.iter().any(|n| n.blocks_delete && n.address == *address);
            for field in node.kind.args.iter().filter(|f| !decided.left.iter().any(|l| l.name == f.name)) {
                for address in node.blocked_by(field).into_iter().filter(was) {
                    holds.push(node, field, &address, None);
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
            let Some(value) = other.args.get(field.name) else { continue };
            each_reference(field, value, &mut |reference, value| {
                holds |= all.find(reference, value, other).iter().any(|r| r.op == record.op);
            });
        }
        if holds {
            found.push(other.address.clone());
        }
    }
    found
}

/// What a resource needs because of arguments that are left as they are.
pub(super) fn needs(prior: &Record, left: &[&'static Field], all: &mut Referents<'_>) -> Vec<Need> {
    let need = |record: &Arc<Record>| Need { address: record.address.clone(), blocks_delete: true };
    kept(prior, left, all).into_iter().map(|(_, record)| need(record)).collect()
}

/// The records that arguments which are left as they are refer to.
fn kept<'a>(
    prior: &Record,
    left: &[&'static Field],
    all: &mut Referents<'a>,
) -> Vec<(&'static Field, &'a Arc<Record>)> {
    let mut found = Vec::new();
    for &field in left {
        let Some(value) = prior.args.get(field.name) else { continue };
        each_reference(field, value, &mut |reference, value| {
            found.extend(all.find(reference, value, prior).into_iter().map(|record| (field, record)));
        });
    }
    found
}

/// Calls a function with each part of a value that refers to a resource and stands in the way of its deletion.
fn each_reference<'v>(field: &Field, value: &'v Value, visit: &mut dyn FnMut(Reference, &'v Value)) {
    walk(&Spot::of(field), value.into(), &mut |spot, tree| match (spot.field.and_then(|f| f.refers), tree) {
        (Some(reference), Tree::Known(value)) => {
            if reference.blocks_delete {
                leaves(value, &mut |leaf| visit(reference, leaf));
            }
            false
        }
        _ => true,
    });
}

/// Calls a function with everything in a value that is neither a list nor a map.
fn leaves<'v>(value: &'v Value, visit: &mut dyn FnMut(&'v Value)) {
    match value.reveal() {
        Value::List(items) => items.iter().for_each(|v| leaves(v, visit)),
        Value::Map(map) => map.values().for_each(|v| leaves(v, visit)),
        Value::Null => {}
        leaf => visit(leaf),
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

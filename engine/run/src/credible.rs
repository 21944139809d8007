//! Credibility: whether a state that comes from elsewhere is one that this program could have written.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::address::Address;
use dr_core::journal::Open;
use dr_core::record::{Record, Snapshot};
use dr_core::region;
use dr_core::registry::Registry;
use dr_core::schema::{Kind, Place};
use dr_core::secrecy;
use dr_core::value::{Map, Str, Value};

use crate::portable::{PortableState, UnfitState};
use crate::rows::open_record;
use crate::seal::Sealer;

impl PortableState {
    /// Makes sure that its records are of kinds that are known, in regions that there are, that their secrets are sealed,
    /// and that they can be deleted in some order.
    ///
    /// # Errors
    /// What is wrong with the first record of which something is; or its rows, where they contradict each other.
    pub fn check_records(&self, registry: &Registry) -> Result<(), UnfitState> {
        let (_, contents) = self.rows()?;
        let snapshot = contents.snapshot();
        let recorded = snapshot.records.values().chain(&snapshot.deposed).map(|record| &**record);
        for record in recorded.chain(contents.journal().open().values().map(Open::record)) {
            check_record(record, registry)?;
        }
        match circle(&snapshot) {
            Some(round) => Err(UnfitState::Unsound(format!("these need each other in a circle: {}", round.join(", ")))),
            None => Ok(()),
        }
    }
}

fn check_record(record: &Record, registry: &Registry) -> Result<(), UnfitState> {
    let Record { address, region, .. } = record;
    let unsound = |why: String| Err(UnfitState::Unsound(why));
    let Some(kind) = registry.get(&record.kind) else {
        return Err(UnfitState::Kind { address: address.clone(), kind: record.kind.clone() });
    };
    if kind.lookup {
        return unsound(format!("`{address}` is a look-up, and look-ups are never recorded"));
    }
    match (kind.place, region) {
        (Place::Regional, None) => return unsound(format!("`{address}` has no region, and its kind needs one")),
        (Place::Local, Some(region)) => return unsound(format!("`{address}` lives in no region, and has `{region}`")),
        (_, Some(region)) => {
            if let Err(error) = region::check_name(region) {
                return unsound(format!("`{address}`: {error}"));
            }
        }
        (_, None) => {}
    }
    match in_clear(record, kind) {
        Some(name) => unsound(format!("the secret `{name}` of `{address}` is not sealed")),
        None => Ok(()),
    }
}

/// The first argument or attribute that is secret by its schema, and is not sealed.
fn in_clear(record: &Record, kind: &Kind) -> Option<Str> {
    let mut opened = record.clone();
    // Without a key, what is sealed becomes a secret without a value.
    open_record(&mut opened, &Sealer::lost(""), "").ok()?;
    let first = |fields, values: &Map<Value>| {
        let mut marked = values.clone();
        secrecy::mark(fields, &mut marked);
        marked.into_iter().find(|(name, value)| values.get(name) != Some(value)).map(|(name, _)| name)
    };
    first(kind.args, &opened.args).or_else(|| first(kind.outputs, &opened.outputs))
}

/// Addresses of which each needs the next one, and the last one the first.
fn circle(snapshot: &Snapshot) -> Option<Vec<&str>> {
    let mut needs: BTreeMap<&Address, BTreeSet<&Address>> = BTreeMap::new();
    for (address, record) in &snapshot.records {
        let recorded = record.needs.iter().map(|need| &need.address).filter(|need| snapshot.records.contains_key(need));
        needs.insert(address, recorded.collect());
    }
    loop {
        let free: Vec<&Address> =
            needs.iter().filter(|(_, needs)| needs.is_empty()).map(|(address, _)| *address).collect();
        if free.is_empty() {
            break;
        }
        for address in &free {
            needs.remove(address);
        }
        for needs in needs.values_mut() {
            needs.retain(|address| !free.contains(address));
        }
    }
    // Whoever is left needs somebody who is left.
    let mut way = vec![*needs.keys().next()?];
    loop {
        let next = *needs.get(way.last()?)?.first()?;
        if let Some(at) = way.iter().position(|address| *address == next) {
            return Some(way[at..].iter().map(|address| address.as_str()).collect());
        }
        way.push(next);
    }
}

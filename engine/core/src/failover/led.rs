//! Led names: the region that the failover records in force lead requests to first.

use serde::Serialize;

use crate::address::Address;
use crate::failover::look::{RecordsSeen, leads};
use crate::record::Snapshot;
use crate::registry::Registry;
use crate::value::Str;

/// A name, and where its requests go first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LedName {
    /// The name.
    pub name: String,
    /// The record that is answered first.
    pub first: Address,
    /// The region that it leads to.
    pub region: Str,
}

/// Every name that fails over, with where its requests go first.
pub fn led_names(snapshot: &Snapshot, registry: &Registry) -> Vec<LedName> {
    let look = RecordsSeen { snapshot, registry };
    let Some(sides) = look.sides() else { return Vec::new() };
    let led = |pair: super::look::RequestPair<'_>| {
        let (first, region) = match leads(pair.primary) {
            true => (pair.primary, &sides.primary),
            false => (pair.secondary, &sides.secondary),
        };
        LedName { name: pair.name, first: first.address.clone(), region: region.clone() }
    };
    look.request_pairs().into_iter().map(led).collect()
}

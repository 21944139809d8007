//! The records of a state as a failover sees them: by kind, by region, and by who refers to whom.

use std::collections::BTreeMap;

use crate::address::Address;
use crate::expr::Expr;
use crate::record::{Record, Snapshot};
use crate::recovery::{MaybeTwin, parity};
use crate::registry::Registry;
use crate::value::{Map, Str, Value};

/// The two regions of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TwoSides {
    /// The one that works unless a failover has changed that.
    pub(super) primary: Str,
    /// The one that stands by.
    pub(super) secondary: Str,
}

/// Two failover records that answer for one name.
#[derive(Debug, Clone)]
pub(super) struct RequestPair<'a> {
    /// The name.
    pub(super) name: String,
    /// The one that leads to the primary region.
    pub(super) primary: &'a Record,
    /// The one that leads to the secondary region.
    pub(super) secondary: &'a Record,
}

/// The records.
#[derive(Clone, Copy)]
pub(super) struct RecordsSeen<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) registry: &'a Registry,
}

impl<'a> RecordsSeen<'a> {
    /// The records of a kind.
    pub(super) fn of(self, kind: &'a str) -> impl Iterator<Item = &'a Record> {
        self.snapshot.records.values().map(|record| &**record).filter(move |record| &*record.kind == kind)
    }

    /// Those of a kind in a region.
    pub(super) fn in_region(self, kind: &'a str, region: &'a str) -> impl Iterator<Item = &'a Record> {
        self.of(kind).filter(move |record| record.region.as_deref() == Some(region))
    }

    /// The records of a kind whose argument is an attribute of a resource.
    pub(super) fn users(self, kind: &'a str, argument: &'a str, of: &Record, attribute: &str) -> Vec<&'a Record> {
        let Some(value) = of.attribute(attribute) else { return Vec::new() };
        let same = |record: &&Record| record.args.get(argument).map(Value::reveal) == Some(value.reveal());
        self.of(kind).filter(same).collect()
    }

    /// The members of a global cluster.
    pub(super) fn members(self, global: &Record) -> Vec<&'a Record> {
        self.users("rds.cluster", "global_cluster_identifier", global, "id")
    }

    /// Pairs of failover records, by what they answer for.
    pub(super) fn request_pairs(self) -> Vec<RequestPair<'a>> {
        let mut names: BTreeMap<[String; 3], Map<&'a Record>> = BTreeMap::new();
        for record in self.of("route53.record") {
            let Some(role) = record.args.get("failover").and_then(Value::as_str) else { continue };
            let of = ["zone_id", "name", "type"];
            let key = of.map(|name| record.args.get(name).map(Value::to_text).unwrap_or_default());
            names.entry(key).or_default().insert(role.into(), record);
        }
        let pair = |([_, name, _], all): ([String; 3], Map<&'a Record>)| {
            Some(RequestPair { name, primary: *all.get("PRIMARY")?, secondary: *all.get("SECONDARY")? })
        };
        names.into_iter().filter_map(pair).collect()
    }

    /// Whether a function does the application's work: one that only renews a secret does not.
    pub(super) fn serves(self, function: &Record) -> bool {
        self.users("secretsmanager.rotation", "rotation_lambda_arn", function, "arn").is_empty()
    }

    /// The two regions: those that the last apply has computed, else where the clusters of a global database are.
    pub(super) fn sides(self) -> Option<TwoSides> {
        if let Some(computed) = &self.snapshot.recovery.computed {
            return Some(TwoSides { primary: computed.primary.clone(), secondary: computed.secondary.clone() });
        }
        self.of("rds.global_cluster").find_map(|global| {
            let (writers, readers): (Vec<_>, Vec<_>) = self.members(global).into_iter().partition(|c| is_first(c));
            let region = |all: &[&Record]| all.first().and_then(|record| record.region.clone());
            Some(TwoSides { primary: region(&writers)?, secondary: region(&readers)? })
        })
    }

    /// The pairs of resources that are alike, first the one of the primary region.
    pub(super) fn twins(self, sides: &TwoSides) -> Vec<(&'a Record, &'a Record)> {
        let nothing: Map<Expr> = Map::new();
        let twin = |record: &'a Record| {
            let kind = self.registry.get(&record.kind)?;
            Some(MaybeTwin { address: &record.address, kind, region: record.region.as_ref(), args: &nothing })
        };
        let all: Vec<MaybeTwin<'_>> = self.snapshot.records.values().filter_map(|record| twin(record)).collect();
        let pairs = parity(&all).map(|found| found.pairs).unwrap_or_default();
        let get = |address: &Address| self.snapshot.records.get(address).map(|record| &**record);
        let pair = |(one, other): (Address, Address)| {
            let (one, other) = (get(&one)?, get(&other)?);
            let is_in = |record: &Record, region: &Str| record.region.as_ref() == Some(region);
            if is_in(one, &sides.primary) && is_in(other, &sides.secondary) {
                Some((one, other))
            } else if is_in(other, &sides.primary) && is_in(one, &sides.secondary) {
                Some((other, one))
            } else {
                None
            }
        };
        pairs.into_iter().filter_map(pair).collect()
    }
}

/// Whether a failover record is answered first, as it is in force.
pub(super) fn leads(record: &Record) -> bool {
    record.in_force().get("failover").and_then(Value::as_str) == Some("PRIMARY")
}

/// Whether a cluster is the one that its database was begun with: a follower has no user of its own.
fn is_first(cluster: &Record) -> bool {
    let is_given = |name: &str| cluster.args.get(name).is_some_and(|value| !value.is_null());
    is_given("master_username") || cluster.args.get("manage_master_user_password") == Some(&Value::Bool(true))
}

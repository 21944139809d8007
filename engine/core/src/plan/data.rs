//! Data at risk: what a finished plan takes away that nobody can make again.
//!
//! Kinds say what they hold ([`crate::schema::KindContents`]). A step that deletes such a resource, alone or as half of a
//! replacement, loses that. A key that goes takes along what it has encrypted elsewhere: the data of every resource that
//! stays and names the key. What the plan defers is not touched by it, so it is not at risk.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::plan::{Action, Step};
use crate::record::{Record, Snapshot};
use crate::registry::Registry;
use crate::schema::{Kind, KindContents};
use crate::value::{Str, Value};
use crate::walk::{Spot, Tree, walk};

/// A resource whose data the plan takes away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AtRisk {
    /// The resource.
    pub address: Address,
    /// Its kind.
    pub kind: Str,
    /// Its region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Str>,
    /// What happens to it.
    pub threat: Threat,
    /// What nobody can bring back.
    pub lost: Str,
    /// What is still there afterwards; `nothing` where nothing is.
    pub kept: Str,
}

/// What takes data away.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Threat {
    /// The resource is deleted.
    Deleted,
    /// The resource is made anew, empty.
    Replaced,
    /// The resource stays, and the key goes that has encrypted what is in it.
    KeyGoes {
        /// The key.
        key: Address,
    },
}

/// What these steps take away, in the order of addresses.
pub(super) fn at_risk(steps: &[Step], snapshot: &Snapshot, registry: &Registry) -> Vec<AtRisk> {
    let deletes: Vec<(&Step, &Arc<Record>)> = steps
        .iter()
        .filter(|step| step.action == Action::Delete)
        .filter_map(|step| Some((step, step.prior.as_ref()?)))
        .collect();
    let going: BTreeSet<&Str> = deletes.iter().map(|(_, record)| &record.op).collect();
    let told: BTreeSet<&Address> = deletes
        .iter()
        .filter(|(_, record)| contents(registry, record).is_some())
        .map(|(step, _)| &step.address)
        .collect();
    let holds_data = |record: &&Arc<Record>| matches!(contents(registry, record), Some(KindContents::Data(_)));
    let stays: Vec<&Arc<Record>> =
        snapshot.records.values().filter(|record| !going.contains(&record.op)).filter(holds_data).collect();
    let mut found = Vec::new();
    for (step, record) in &deletes {
        let Some(contents) = contents(registry, record) else { continue };
        // What goes along with another that is listed is lost with that one.
        if step.implied_by.as_ref().is_some_and(|by| told.contains(by)) {
            continue;
        }
        let threat = if step.replacement.is_some() { Threat::Replaced } else { Threat::Deleted };
        let loss = contents.loss();
        found.push(risk(record, threat, loss.lost.into(), loss.kept.into()));
        if let KindContents::Keys(loss) = contents {
            for other in stays.iter().filter(|other| is_encrypted_with(registry, other, record)) {
                let key = record.address.clone();
                let lost = format!("whatever in it `{key}` has encrypted");
                found.push(risk(other, Threat::KeyGoes { key }, lost.into(), loss.kept.into()));
            }
        }
    }
    found.sort();
    found
}

fn risk(record: &Record, threat: Threat, lost: Str, kept: Str) -> AtRisk {
    let Record { address, kind, region, .. } = record;
    AtRisk { address: address.clone(), kind: kind.clone(), region: region.clone(), threat, lost, kept }
}

fn contents(registry: &Registry, record: &Record) -> Option<KindContents> {
    registry.get(&record.kind)?.contents
}

/// Whether a resource names this key where keys are named.
fn is_encrypted_with(registry: &Registry, record: &Record, key: &Record) -> bool {
    let Some(kind) = registry.get(&record.kind) else { return false };
    let is_key = |kind: Option<&Kind>| matches!(kind.and_then(|kind| kind.contents), Some(KindContents::Keys(_)));
    let mut named = false;
    for field in kind.args {
        let Some(value) = record.args.get(field.name) else { continue };
        walk(&Spot::of(field), value.into(), &mut |spot, tree| match (spot.field.and_then(|f| f.refers), tree) {
            (Some(reference), Tree::Known(value)) => {
                named |= is_key(registry.get(reference.kind())) && names(value, key, record);
                false
            }
            _ => !named,
        });
    }
    named
}

/// Whether a value, or an item of it, names a key for a resource. An ARN names it everywhere, an id in its own region.
fn names(value: &Value, key: &Record, by: &Record) -> bool {
    match value.reveal() {
        Value::List(items) => items.iter().any(|item| names(item, key, by)),
        Value::Null => false,
        leaf => {
            key.attribute("arn").is_some_and(|arn| arn.reveal() == leaf)
                || (key.region == by.region && leaf.as_str() == Some(&*key.id))
        }
    }
}

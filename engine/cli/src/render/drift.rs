//! What somebody else has changed, as people read it: resource by resource, property by property.

use dr_core::address::Address;
use dr_core::drift::{DriftLevel, PropertyDrift, ResourceDrift};
use dr_core::expr::Expr;
use dr_core::plan::{PropertyChange, Refreshed};
use dr_core::record::Record;
use dr_core::registry::Registry;
use dr_core::schema::Kind;

use super::change::{Shown, parts};
use super::{CHANGED, GONE, QUIET, count, paint};

/// A resource that is not as it was applied.
#[derive(Debug)]
pub(crate) struct DriftedResource {
    /// Its record.
    pub record: std::sync::Arc<Record>,
    /// What was found.
    pub refreshed: Refreshed,
    /// What is different.
    pub drift: ResourceDrift,
}

impl DriftedResource {
    /// Its address.
    pub(crate) fn address(&self) -> &Address {
        &self.record.address
    }
}

/// A level in a word, as it is marked.
pub(crate) fn word(level: DriftLevel) -> &'static str {
    match level {
        DriftLevel::Switched => "switched by a failover",
        DriftLevel::Benign => "benign",
        DriftLevel::Dangerous => "dangerous",
    }
}

fn painted(level: DriftLevel) -> String {
    let style = match level {
        DriftLevel::Dangerous => GONE,
        _ => QUIET,
    };
    paint(style, word(level))
}

/// All drifted resources. `width` is that of a line.
pub(crate) fn list(all: &[DriftedResource], registry: &Registry, width: usize) -> String {
    all.iter().map(|one| resource(one, registry.get(&one.record.kind), width)).collect()
}

fn resource(one: &DriftedResource, kind: Option<&Kind>, width: usize) -> String {
    let address = one.address();
    match &one.drift {
        ResourceDrift::Gone => {
            format!("  {} {address}  was deleted  {}\n", paint(GONE, "-"), painted(DriftLevel::Dangerous))
        }
        ResourceDrift::Changed(properties) => {
            let mut out = format!("  {} {address}\n", paint(CHANGED, "~"));
            properties.iter().for_each(|p| out.push_str(&property(p, kind, width)));
            out
        }
    }
}

fn property(drift: &PropertyDrift, kind: Option<&Kind>, width: usize) -> String {
    let change = PropertyChange {
        path: drift.name.into(),
        before: drift.recorded.clone(),
        after: drift.found.clone().map(Expr::Known),
        forces: false,
        drift: true,
    };
    let level = painted(drift.level);
    let mut out = String::new();
    for part in parts(&change, kind.and_then(|kind| kind.attribute(drift.name))) {
        let room = width.saturating_sub(part.path.chars().count() + word(drift.level).len() + 10);
        match part.show(room) {
            Shown::Inline(text) | Shown::Long(text) => out.push_str(&format!("      {}  {text}  {level}\n", part.path)),
            Shown::Block(lines) => {
                out.push_str(&format!("      {}  {level}\n", part.path));
                lines.iter().for_each(|line| out.push_str(&format!("        {line}\n")));
            }
        }
    }
    out
}

/// How many resources have drifted, and how.
pub(crate) fn summary(all: &[DriftedResource], looked_at: usize) -> String {
    if all.is_empty() {
        return format!("No drift: {} as applied", how_many(looked_at));
    }
    let of = |level: DriftLevel| all.iter().filter(|one| one.drift.level() == level).count();
    let levels = [DriftLevel::Dangerous, DriftLevel::Benign, DriftLevel::Switched].map(|level| (of(level), level));
    let parts: Vec<String> =
        levels.iter().filter(|(n, _)| *n > 0).map(|(n, level)| format!("{n} {}", word(*level))).collect();
    format!("Drift: {} of {}: {}", all.len(), count(looked_at, "resource"), parts.join(", "))
}

fn how_many(resources: usize) -> String {
    match resources {
        1 => "the 1 resource is".into(),
        n => format!("all {n} resources are"),
    }
}

//! Steps as they begin, before anything is decided about their order.

use std::sync::Arc;
use std::time::Duration;

use crate::expr::Expr;
use crate::graph::Node;
use crate::plan::given;
use crate::plan::places::key_places;
use crate::plan::{Action, Reason, Step};
use crate::record::{Need, Record};
use crate::registry::Registry;
use crate::value::{Map, Value, intern};

/// The step of a declared resource, as it begins: without reasons or changes.
pub(super) fn of_declared(node: &Node, needs: &[Need], action: Action, args: Map<Expr>, known: Map<Value>) -> Step {
    let typical = match action {
        Action::Create => node.kind.create,
        Action::Update => node.kind.update,
        _ => Default::default(),
    };
    let keys = key_places(&node.site, &args);
    Step {
        address: node.address.clone(),
        kind: intern(node.kind.name),
        region: node.region.clone(),
        action,
        reasons: Vec::new(),
        changes: Vec::new(),
        prior: None,
        args,
        known,
        needs: needs.to_vec(),
        given: given::of(node),
        protect: node.options.protect,
        allow: node.options.allow.clone(),
        span: node.site.span.clone(),
        keys,
        after: Vec::new(),
        replacement: None,
        implied_by: None,
        lifts: Vec::new(),
        batch: None,
        typical_ms: millis(typical),
    }
}

/// The step that deletes or forgets something.
pub(super) fn removal(registry: &Registry, prior: Arc<Record>, action: Action, reasons: Vec<Reason>) -> Step {
    let typical = registry.get(&prior.kind).map(|k| k.delete).unwrap_or_default();
    Step {
        address: prior.address.clone(),
        kind: prior.kind.clone(),
        region: prior.region.clone(),
        action,
        reasons,
        changes: Vec::new(),
        args: Map::new(),
        known: Map::new(),
        needs: Vec::new(),
        given: Vec::new(),
        protect: false,
        allow: Map::new(),
        span: prior.span.clone(),
        keys: Vec::new(),
        after: Vec::new(),
        replacement: None,
        implied_by: None,
        lifts: Vec::new(),
        batch: None,
        typical_ms: if action == Action::Delete { millis(typical) } else { 0 },
        prior: Some(prior),
    }
}

/// A duration as steps have it, in milliseconds.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

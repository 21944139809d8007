//! Lacks: resources that a region needs to take over, and does not have.
//!
//! An apply or a destroy that has not come to its end leaves such a region. To lead requests there would lose them.

use crate::failover::look::RecordsSeen;
use crate::record::Snapshot;
use crate::registry::Registry;

/// What requests go through. A region that has something of such a service, and nothing of a kind of it that the other region
/// has, was not finished.
const WAYS: &[&str] = &[
    "apigateway.domain_name",
    "apigateway.integration",
    "apigateway.rest_api",
    "apigateway.stage",
    "apigatewayv2.api",
    "apigatewayv2.domain_name",
    "apigatewayv2.integration",
    "apigatewayv2.mapping",
    "apigatewayv2.route",
    "apigatewayv2.stage",
    "elbv2.listener",
    "elbv2.load_balancer",
    "elbv2.target_attachment",
    "elbv2.target_group",
];

/// What else must be finished.
const WORKS: &[&str] = &["dynamodb.table_replica", "lambda.function", "rds.cluster", "rds.cluster_instance"];

/// What a region lacks to take over, one sentence each. Empty where it has all.
pub fn lacks(snapshot: &Snapshot, registry: &Registry, to: &str) -> Vec<String> {
    let look = RecordsSeen { snapshot, registry };
    let Some(sides) = look.sides() else { return Vec::new() };
    let from: &str = if *to == *sides.primary { &sides.secondary } else { &sides.primary };
    let mut found = Vec::new();
    for global in look.of("rds.global_cluster") {
        let members = look.members(global);
        match members.iter().find(|member| member.region.as_deref() == Some(to)) {
            None => found.push(format!("`{}` has no cluster in {to}", global.address)),
            Some(member) if look.users("rds.cluster_instance", "cluster_identifier", member, "id").is_empty() => {
                found.push(format!("`{}` has no instance: nothing answers there", member.address));
            }
            Some(_) => {}
        }
    }
    let works = |region| look.in_region("lambda.function", region).any(|function| look.serves(function));
    if works(from) && !works(to) {
        found.push(format!("no function does the work in {to}"));
    }
    // Without names that fail over, each region may have ways of its own.
    let ways = if look.request_pairs().is_empty() { &[] } else { WAYS };
    for kind in ways {
        let is_in = |region| look.in_region(kind, region).next().is_some();
        let is_begun = || {
            let is_like = |other: &str| other.split('.').next() == kind.split('.').next();
            WAYS.iter().any(|other| is_like(other) && look.in_region(other, to).next().is_some())
        };
        if is_in(from) && !is_in(to) && is_begun() {
            found.push(format!("no `{kind}` is in {to}, and {from} has one"));
        }
    }
    let computed = snapshot.recovery.computed.iter();
    let databases = computed.flat_map(|computed| &computed.stores);
    for part in databases.filter(|part| part.address.kind() == "rds.global_cluster") {
        if !snapshot.records.contains_key(&part.address) {
            found.push(format!("`{}` is not recorded: no cluster of it can be made to write", part.address));
        }
    }
    for record in snapshot.records.values() {
        let does_work = WAYS.iter().chain(WORKS).any(|kind| *kind == &*record.kind);
        if does_work && record.incomplete.is_some() && record.region.as_deref() == Some(to) {
            found.push(format!("`{}` is not finished", record.address));
        }
    }
    found
}

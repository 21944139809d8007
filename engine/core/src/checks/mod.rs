//! Checks: rules over the planned graph.
//!
//! `D` checks ask that an environment can go completely, `C` checks that AWS takes what is declared. Each is data with a
//! function: a file of its own here, and a line in [`OWN`]. Those that are data of the kinds, or part of the planner, are
//! listed in [`destroyability`] and [`elsewhere`], and those that the cloud answers (`O`) in [`online`]. They see the
//! planned graph with what is known ([`Planned`]), and are asked again while applying about what was not ([`look_late`]).

mod check;
mod destroyability;
mod elsewhere;
mod findings;
mod leaving;
mod planned;
mod resource;
mod taken;
mod team;
mod there;

mod alarms;
mod alias_zones;
mod api_records;
mod arns;
mod bucket_replication;
mod buckets;
mod budget;
mod certificates;
mod choices;
mod concurrency;
mod costs;
mod databases;
mod dead_letters;
mod documents;
mod endpoints;
mod event_rules;
mod event_sources;
mod event_targets;
mod express_machines;
mod failover_machines;
mod failover_records;
mod fifo;
mod flow_logs;
mod foreign_targets;
mod function_code;
mod function_network;
mod function_rights;
mod function_versions;
mod global_databases;
mod global_table_keys;
mod global_tables;
mod handlers;
mod health_checks;
mod health_paths;
mod http_apis;
mod identity_tags;
mod key_policies;
mod keys;
mod lambda_environment;
mod listeners;
mod load_balancer_subnets;
mod locking_policies;
mod log_groups;
mod log_writers;
mod network_ranges;
mod online;
mod patterns;
mod peering;
mod plain_secrets;
mod policies;
mod policy_actions;
mod prices;
mod queue_visibility;
mod quotas;
mod reach;
mod records;
mod rest_apis;
mod role_policy_size;
mod role_trust;
mod rotations;
mod runtimes;
mod same_network;
mod same_region;
mod security_group_rules;
mod shared_parents;
mod subnet_groups;
mod subscription_endpoint;
mod subscriptions;
mod table_capacity;
mod table_keys;
mod target_groups;
mod triggers;
mod zones;

pub use check::{Check, LooksBy};
pub use costs::{Cost, CostItem, cost};
pub use destroyability::SHARED;
pub use findings::{Finding, Findings, weighed};
pub use leaving::{Trace, denied, traces};
pub use locking_policies::{Lock, lock};
pub use log_writers::log_groups;
pub(crate) use log_writers::{GROUP, WRITERS, WrittenTo, written_by};
pub use plain_secrets::says_secret;
pub use planned::{AtPath, Planned, Resource};
pub use prices::AS_OF as PRICES_AS_OF;
pub use resource::There;
pub use taken::{TAKEN, Taken};
pub use team::TeamRules;
pub(crate) use there::all_there;
pub use there::{look_around, refusals};

use crate::diagnostic::{Diagnostic, Severity};
use crate::value::{Map, Str};

/// The checks that have a file of their own, by their ids.
const OWN: &[&Check] = &[
    &lambda_environment::CHECK,
    &global_table_keys::CHECK,
    &global_tables::CHECK,
    &concurrency::CHECK,
    &network_ranges::CHECK,
    &peering::CHECK,
    &function_network::CHECK,
    &health_paths::CHECK,
    &health_checks::CHECK,
    &failover_records::CHECK,
    &api_records::CHECK,
    &alias_zones::CHECK,
    &listeners::CHECK,
    &load_balancer_subnets::CHECK,
    &alarms::CHECK,
    &bucket_replication::CHECK,
    &buckets::CHECK,
    &global_databases::CHECK,
    &databases::CHECK,
    &plain_secrets::CHECK,
    &key_policies::CHECK,
    &triggers::CHECK,
    &queue_visibility::CHECK,
    &runtimes::CHECK,
    &event_targets::CHECK,
    &failover_machines::CHECK,
    &budget::CHECK,
    &quotas::CHECK,
    &certificates::CHECK,
    &rotations::CHECK,
    &function_code::CHECK,
    &function_versions::CHECK,
    &dead_letters::CHECK,
    &choices::CHECK,
    &table_keys::CHECK,
    &fifo::CHECK,
    &subscriptions::CHECK,
    &event_sources::CHECK,
    &express_machines::CHECK,
    &http_apis::CHECK,
    &rest_apis::CHECK,
    &event_rules::CHECK,
    &role_trust::CHECK,
    &function_rights::CHECK,
    &table_capacity::CHECK,
    &subnet_groups::CHECK,
    &security_group_rules::CHECK,
    &endpoints::CHECK,
    &same_network::CHECK,
    &same_region::CHECK,
    &keys::CHECK,
    &records::CHECK,
    &target_groups::CHECK,
    &flow_logs::CHECK,
    &subscription_endpoint::CHECK,
    &locking_policies::CHECK,
    &identity_tags::CHECK,
    &foreign_targets::CHECK,
    &shared_parents::CHECK,
    &handlers::CHECK,
    &log_groups::CHECK,
    &policy_actions::CHECK,
    &role_policy_size::CHECK,
    &zones::CHECK,
];

/// Every check, by its id.
pub fn all() -> impl Iterator<Item = &'static Check> {
    OWN.iter().copied().chain(online::CHECKS).chain(destroyability::CHECKS).chain(elsewhere::CHECKS)
}

/// The check of an id, or of a name.
pub fn find(id: &str) -> Option<&'static Check> {
    all().find(|check| check.id.eq_ignore_ascii_case(id) || check.name == id)
}

/// The checks that a service asks when a resource of a kind is made or changed.
pub fn asked_about(kind: &str) -> Vec<&'static Check> {
    let is_asked = |check: &Check| check.severity == Some(Severity::Error) && !check.is_of_destroyability();
    let all = OWN.iter().copied().filter(|check| is_asked(check) && check.is_about(kind));
    all.filter(|check| !taken::wholly(check.id)).collect()
}

/// The exceptions that count: none from a refusal of destroyability where the environment is ephemeral.
pub fn allowed(mut allow: Map<Str>, ephemeral: bool) -> Map<Str> {
    let is_firm =
        |id: &str| find(id).is_some_and(|c| c.is_of_destroyability() && c.severity_in(true) == Some(Severity::Error));
    if ephemeral {
        allow.retain(|id, _| !is_firm(id));
    }
    allow
}

/// Asks every check about what is planned.
pub fn look(planned: &Planned<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for check in OWN {
        let Some(severity) = check.severity_in(planned.ephemeral) else { continue };
        let mut findings = Findings::of(check.id, severity);
        match check.look {
            LooksBy::Elsewhere => {}
            LooksBy::All(look) => look(planned, &mut findings),
            LooksBy::Around(look) => {
                for kind in check.kinds() {
                    planned.of(kind).for_each(|resource| look(resource, planned, &mut findings));
                }
            }
            LooksBy::Each(look) => {
                let everything = planned.all().filter(|_| check.looks_at.is_empty());
                for resource in everything.chain(check.kinds().flat_map(|kind| planned.of(kind))) {
                    planned.for_each_alone(|| look(resource, planned, &mut findings));
                }
            }
        }
        found.extend(findings.into_list());
    }
    found
}

/// Asks the checks about one resource whose arguments have become known. What they would only warn of is left out: there
/// is nobody any more who could decide.
pub fn look_late(resource: &Resource<'_>, planned: &Planned<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for check in OWN {
        let (LooksBy::Each(look), Some(severity)) = (check.look, check.severity_in(planned.ephemeral)) else {
            continue;
        };
        if check.is_about(resource.kind.name) {
            let mut findings = Findings::of(check.id, severity);
            look(resource, planned, &mut findings);
            found.extend(findings.into_list().into_iter().filter(Diagnostic::is_error));
        }
    }
    found
}

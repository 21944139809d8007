//! What a program declares, or a kept plan makes, in regions that its environment may not use.

use std::collections::BTreeMap;

use dr_core::address::Address;
use dr_core::diagnostic::Diagnostic;
use dr_core::graph::{Graph, Node};
use dr_core::plan::{Action, Plan, Step};

use crate::environments::EnvironmentRules;

/// So many resources of a region are named, with their lines.
const NAMED: usize = 3;

/// One error for each such region. Look-ups make nothing there, and what belongs to no region may be anywhere.
pub(crate) fn look(graph: &Graph, rules: &EnvironmentRules, suffix: &str) -> Vec<Diagnostic> {
    let Some((allowed, place)) = &rules.regions else { return Vec::new() };
    let mut elsewhere: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
    for node in graph.nodes.values().filter(|node| !node.kind.lookup) {
        if let Some(region) = node.region.as_deref().filter(|region| !allowed.contains(*region)) {
            elsewhere.entry(region).or_default().push(node);
        }
    }
    let told = |(region, nodes): (&str, Vec<&Node>)| {
        let first = nodes.first().map(|node| node.address.as_str()).unwrap_or_default();
        let others = match nodes.len() {
            0 | 1 => String::new(),
            2 => " and another one".to_owned(),
            many => format!(" and {} others", many - 1),
        };
        let verb = if nodes.len() == 1 { "is" } else { "are" };
        let names: Vec<&str> = allowed.iter().map(String::as_str).collect();
        let mut found = Diagnostic::error(format!(
            "`{first}`{others} {verb} declared in {region}, which the environment `{suffix}` may not use"
        ));
        let mut lines = Vec::new();
        for node in nodes {
            let line = node.site.of(&["region".into()], false);
            if lines.len() < NAMED && !lines.contains(&line) {
                let label = format!("`{}`", node.address);
                found = if lines.is_empty() { found.at(line.clone(), label) } else { found.also(line.clone(), label) };
                found.trace = if lines.is_empty() { node.site.trace.clone() } else { found.trace };
                lines.push(line);
            }
        }
        found
            .also(place.clone(), "these are its regions")
            .help(format!("declare it in one of them ({}), or add {region} to them", names.join(", ")))
    };
    elsewhere.into_iter().map(told).collect()
}

/// The first region that a kept plan makes or changes something in although its environment may not use it any more, with
/// the resource.
pub(crate) fn of_plan<'p>(plan: &'p Plan, rules: &EnvironmentRules) -> Option<(&'p str, &'p Address)> {
    let (allowed, _) = rules.regions.as_ref()?;
    let makes = |step: &&Step| matches!(step.action, Action::Create | Action::Update | Action::Import);
    plan.steps.iter().filter(makes).find_map(|step| {
        let region = step.region.as_deref().filter(|region| !allowed.contains(*region))?;
        Some((region, &step.address))
    })
}

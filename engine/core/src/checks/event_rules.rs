//! C61: rules of EventBridge, and the buses that they are on.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a rule with a schedule is on the default bus, and a target is on its rule's bus",
    why: "EventBridge has schedules on the default bus alone, and does not find a rule on another bus than the target says.",
    mend: "Leave `event_bus_name` out of a rule with a schedule, and give a target the same one as its rule.",
    source: "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html",
    ..Check::each("C61", "event-rule-bus", &["events.rule", "events.target"], look)
};

const BUS: &str = "event_bus_name";

fn look(resource: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    if resource.kind.name == "events.target" {
        return same_bus(resource, planned, found);
    }
    let schedule = "schedule_expression";
    let is_other = bus(resource, planned).is_some_and(|bus| bus != "default");
    if resource.is_given(schedule) && is_other {
        let message = format!("`{}` has a schedule, and is not on the default bus", resource.address);
        let finding = Finding::new(schedule, message).also(resource, BUS, "on this bus");
        found.add(resource, finding.help("declare a rule of its own for it, without `event_bus_name`"));
    }
}

/// The bus of a rule or target: the address of one of this program, or its name.
fn bus(resource: &Resource<'_>, planned: &Planned<'_>) -> Option<String> {
    match planned.target(resource, BUS) {
        Some(bus) => Some(bus.address.to_string()),
        None if resource.reads(BUS).is_empty() => {
            let name = resource.text(BUS)?;
            Some(name.rsplit_once(":event-bus/").map_or(name, |(_, name)| name).to_owned())
        }
        None => None,
    }
}

fn same_bus(target: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let Some(rule) = planned.target(target, "rule") else { return };
    if let (Some(own), Some(other)) = (bus(target, planned), bus(rule, planned))
        && own != other
    {
        let message = format!("`{}` is on another bus than its rule `{}`", target.address, rule.address);
        let path = if target.text(BUS) == Some("default") { "rule" } else { BUS };
        let finding = Finding::new(path, message).also(rule, BUS, "the rule's bus");
        found.add(target, finding.help(format!("give the target the `{BUS}` of its rule")));
    }
}

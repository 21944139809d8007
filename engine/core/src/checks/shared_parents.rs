//! D27: names within something that other environments have, too.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use crate::address::Address;
use crate::diagnostic::Severity;
use crate::naming::carries;

pub(super) const CHECK: Check = Check {
    asks: "what is named within a zone, a bus or a domain of others carries the suffix",
    why: "All environments of an account share the default bus, the domains of its APIs and the zones that they look up. \
          Where two of them give a rule, a domain or a record the same name, the second one is refused or overwrites the \
          first, and whichever goes first takes it from the other.",
    mend: "Put `${env.suffix}` into the name, or make the zone or bus in the same program.",
    source: "https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html",
    severity: Some(Severity::Warning),
    ephemeral: Some(Severity::Error),
    ..Check::around(
        "D27",
        "shared-parent-names",
        &[
            "route53.record.name",
            "events.rule.name",
            "apigateway.domain_name.domain_name",
            "apigatewayv2.domain_name.domain_name",
        ],
        look,
    )
};

/// The argument that says within what a resource has its name, by kind; the names of the others are the only ones of a
/// region.
const PARENTS: &[(&str, &str)] = &[("route53.record", "zone_id"), ("events.rule", "event_bus_name")];

fn look(resource: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let argument = CHECK.looks_at.iter().find_map(|path| path.strip_prefix(resource.kind.name)?.strip_prefix('.'));
    let Some((argument, name)) = argument.and_then(|argument| Some((argument, resource.text(argument)?))) else {
        return;
    };
    if carries(name, planned.suffix) || resource.is_left_to_service(argument) {
        return;
    }
    let parent = PARENTS.iter().find(|(kind, _)| *kind == resource.kind.name).map(|(_, parent)| *parent);
    // A name that comes from something of the program's own is as safe as that one's.
    let own = |address: &Address| planned.get(address).is_some_and(|target| !target.kind.lookup);
    if resource.reads(argument).iter().any(|read| own(&read.address)) {
        return;
    }
    // What the program makes itself, no other environment has.
    if parent.and_then(|parent| planned.target(resource, parent)).is_some_and(|target| !target.kind.lookup) {
        return;
    }
    let message =
        format!("`{argument}` of `{}` does not carry the suffix `{}`: \"{name}\"", resource.address, planned.suffix);
    found.add(
        resource,
        Finding::new(argument, message).label("another environment would want it, too").help(CHECK.mend),
    );
}

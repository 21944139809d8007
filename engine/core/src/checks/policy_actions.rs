//! C91: the actions in policies.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::patterns::fits;
use super::planned::{Planned, Resource};
use super::policies::{statements, texts};
use crate::diagnostic::Severity;
use crate::grammar::actions::{KnownVerb, look_up};
use crate::schema::Type;

pub(super) const CHECK: Check = Check {
    severity: Some(Severity::Warning),
    asks: "the actions in policies are actions of their services",
    why: "IAM takes an action that no service has, and allows nothing by it. What is called then is refused while it runs.",
    mend: "Write the action as the Service Authorization Reference has it.",
    source: "https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html",
    ..Check::all("C91", "policy-actions", &[], look)
};

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for resource in planned.all() {
        for field in resource.kind.args.iter().filter(|field| matches!(field.ty, Type::Policy)) {
            for statement in statements(resource, field.name).unwrap_or_default() {
                look_at(resource, &statement, found);
            }
        }
    }
}

fn look_at(resource: &Resource<'_>, statement: &str, found: &mut Findings) {
    for key in ["Action", "NotAction"] {
        let path = format!("{statement}.{key}");
        let is_known = |action: &&str| !matches!(look_up(action, fits), KnownVerb::Unknown { .. });
        if texts(resource, &path).is_some_and(|all| all.iter().all(is_known)) {
            continue;
        }
        let paths = if resource.text(&path).is_some() { vec![path] } else { resource.each(&path) };
        for path in paths {
            let Some(action) = resource.text(&path) else { continue };
            let KnownVerb::Unknown { near } = look_up(action, fits) else { continue };
            let (service, verb) = action.split_once(':').unwrap_or((action, ""));
            let message = match verb.contains(['*', '?']) {
                true => format!("`{action}` in a policy of `{}` stands for no action of the service", resource.address),
                false => format!("`{action}` in a policy of `{}` is no action of the service", resource.address),
            };
            let finding = match near {
                Some(near) => Finding::new(&path, message).help(format!("did you mean `{service}:{near}`?")),
                None => {
                    Finding::new(&path, message).help("an action that is newer than the list is right all the same")
                }
            };
            found.add(resource, finding);
        }
    }
}

//! C31: what EventBridge needs to send an event on.

use super::arns;
use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use super::policies::{lets_in, rights_of};

pub(super) const CHECK: Check = Check {
    asks: "a target is in the rule's region or is a bus, and has a role where EventBridge takes one",
    why: "EventBridge sends events to another region only by way of a bus there, and to such a bus, to state machines and to \
          streams only with a role. A dead-letter queue that does not let it in gets nothing.",
    mend: "Send to a bus of the other region, and give `role_arn`: a role that trusts EventBridge and may put events there.",
    source: "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-region.html",
    ..Check::all("C31", "event-target", &["events.target"], look)
};

/// Services whose targets take a role, and what it must allow.
const ROLES: &[(&str, &str)] = &[
    ("states", "states:StartExecution"),
    ("stepfunctions", "states:StartExecution"),
    ("kinesis", "kinesis:PutRecord"),
    ("firehose", "firehose:PutRecord"),
    ("ecs", "ecs:RunTask"),
    ("batch", "batch:SubmitJob"),
    ("codepipeline", "codepipeline:StartPipelineExecution"),
    ("codebuild", "codebuild:StartBuild"),
];

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for target in planned.of("events.target") {
        let other = planned.target(target, "arn");
        let text = target.text("arn").filter(|_| other.is_none());
        let service = other.map(|other| other.kind.service()).or_else(|| text.and_then(arns::service));
        let far = match (target.region, arns::region_at(planned, target, "arn")) {
            (Some(own), Some(region)) if own != region => Some(region),
            _ => None,
        };
        if let (Some(region), false) = (far, service == Some("events")) {
            let message = format!("`{}` sends to {region}, where EventBridge only reaches buses", target.address);
            let finding = Finding::new("arn", message).label(format!("in {region}"));
            found.add(target, finding.help("send to a bus of that region, and let a rule of that bus send on"));
        } else {
            let action = match service {
                Some("events") => far.map(|_| "events:PutEvents"),
                Some(service) => ROLES.iter().find(|(of, _)| *of == service).map(|(_, action)| *action),
                None => None,
            };
            action.into_iter().for_each(|action| has_role(planned, target, action, found));
        }
        letters(planned, target, found);
    }
}

fn has_role(planned: &Planned<'_>, target: &Resource<'_>, action: &str, found: &mut Findings) {
    let rule = planned.target(target, "rule");
    let by = match rule {
        _ if target.is_given("role_arn") => target,
        Some(rule) if rule.is_given("role_arn") => rule,
        _ => {
            let message = format!("`{}` sends to what EventBridge calls with a role, and has none", target.address);
            let help = format!("give `role_arn`: a role that trusts `events.amazonaws.com` and allows `{action}`");
            found.add(target, Finding::new("arn", message).label("needs a role").help(help));
            return;
        }
    };
    let Some(role) = planned.target(by, "role_arn") else { return };
    if rights_of(planned, role).allow(action) == Some(false) {
        let message =
            format!("`{}` is called with `{}`, which does not allow `{action}`", target.address, role.address);
        let finding = Finding::new("arn", message).label("needs it").also(role, "", "the role");
        found.add(target, finding.help(format!("add an `iam.role_policy` that allows `{action}` for the target")));
    }
}

fn letters(planned: &Planned<'_>, target: &Resource<'_>, found: &mut Findings) {
    let path = "dead_letter_arn";
    let Some(queue) = planned.target(target, path) else { return };
    let own = queue.is_given("policy") && !queue.is_left_to_service("policy");
    let mut policies =
        Some(queue).filter(|_| own).into_iter().chain(planned.users(queue, "sqs.queue_policy", "queue_url"));
    if policies.all(|policy| lets_in(policy, "policy", "events.amazonaws.com") == Some(false)) {
        let message = format!(
            "what `{}` cannot deliver is to go to `{}`, which does not let EventBridge in",
            target.address, queue.address
        );
        let help =
            "declare an `sqs.queue_policy` that allows `sqs:SendMessage` to `events.amazonaws.com` for the rule's ARN";
        let finding = Finding::new(path, message).label("gets nothing").also(queue, "", "lets in its account alone");
        found.add(target, finding.help(help).warning());
    }
}

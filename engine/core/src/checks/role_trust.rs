//! C62: the services that may assume a role.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use super::policies::lets_in;

/// Arguments that name a role, and the service that takes it.
const TAKEN: &[(&str, &str, &str)] = &[
    ("lambda.function", "role", "lambda.amazonaws.com"),
    ("stepfunctions.state_machine", "role_arn", "states.amazonaws.com"),
    ("events.target", "role_arn", "events.amazonaws.com"),
    ("events.rule", "role_arn", "events.amazonaws.com"),
    ("ec2.flow_log", "deliver_logs_permission_arn", "vpc-flow-logs.amazonaws.com"),
    ("sns.subscription", "subscription_role_arn", "sns.amazonaws.com"),
    ("apigateway.integration", "credentials", "apigateway.amazonaws.com"),
    ("apigatewayv2.integration", "credentials_arn", "apigateway.amazonaws.com"),
    ("rds.cluster_instance", "monitoring_role_arn", "monitoring.rds.amazonaws.com"),
];

pub(super) const CHECK: Check = Check {
    asks: "a role lets in the service that is to take it",
    why: "Lambda, Step Functions and EventBridge refuse a role that they may not assume; others fail at each call.",
    mend: "Say so in the role's `assume_role_policy`, e.g. `trust(\"lambda.amazonaws.com\")`.",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html",
    ..Check::each(
        "C62",
        "role-trust",
        &[
            "lambda.function.role",
            "stepfunctions.state_machine.role_arn",
            "events.target.role_arn",
            "events.rule.role_arn",
            "ec2.flow_log.deliver_logs_permission_arn",
            "sns.subscription.subscription_role_arn",
            "apigateway.integration.credentials",
            "apigatewayv2.integration.credentials_arn",
            "rds.cluster_instance.monitoring_role_arn",
        ],
        look,
    )
};

fn look(resource: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    for (_, path, service) in TAKEN.iter().filter(|(kind, ..)| *kind == resource.kind.name) {
        let Some(role) = planned.target(resource, path) else { continue };
        let policy = "assume_role_policy";
        if lets_in(role, policy, service) == Some(false) {
            let message =
                format!("`{}` is to act as `{}`, which does not let `{service}` in", resource.address, role.address);
            let finding = Finding::new(path, message).label("this role").also(role, policy, "who may take it");
            found.add(resource, finding.help(format!("say `{policy}: trust(\"{service}\")`")));
        }
    }
}

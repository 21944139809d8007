//! Policies, as far as the program says them: who is let in, and what a role may do.
//!
//! What is not known yet, or written elsewhere, is never taken for missing: an answer is then none.

use super::patterns::fits;
use super::planned::{AtPath, Planned, Resource};
use crate::expr::Expr;
use crate::value::Value;

const LOGS: &[&str] = &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
const INTERFACES: &[&str] = &[
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
];

/// Policies that AWS provides for functions, and what they allow.
const PROVIDED: &[(&str, &[&[&str]])] = &[
    ("AWSLambdaBasicExecutionRole", &[LOGS]),
    ("AWSLambdaVPCAccessExecutionRole", &[LOGS, INTERFACES]),
    ("AWSLambdaENIManagementAccess", &[INTERFACES]),
    ("AWSXRayDaemonWriteAccess", &[&["xray:*"]]),
    ("AWSXrayWriteOnlyAccess", &[&["xray:*"]]),
    ("AWSLambdaRole", &[&["lambda:InvokeFunction"]]),
    ("AWSLambdaSQSQueueExecutionRole", &[LOGS, &["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]]),
    (
        "AWSLambdaDynamoDBExecutionRole",
        &[
            LOGS,
            &["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"],
        ],
    ),
];

/// What a role may do.
#[derive(Debug, Default)]
pub(super) struct Rights<'p, 'a> {
    /// What is allowed, one action or pattern of actions each.
    pub(super) grants: Vec<Grant<'p, 'a>>,
    /// Whether this is all.
    is_whole: bool,
}

/// Something that is allowed.
#[derive(Debug)]
pub(super) struct Grant<'p, 'a> {
    /// An action, or a pattern of actions.
    pub(super) action: &'a str,
    /// The policy of this program that allows it, and the path of the statement in it; none where AWS provides it.
    pub(super) by: Option<(&'p Resource<'a>, String)>,
}

impl Rights<'_, '_> {
    /// Whether an action is allowed; none when that is not known.
    pub(super) fn allow(&self, action: &str) -> Option<bool> {
        match self.grants.iter().any(|grant| fits(grant.action, action)) {
            true => Some(true),
            false => self.is_whole.then_some(false),
        }
    }

    /// Those of some actions that are known not to be allowed.
    pub(super) fn lack<'w>(&self, actions: &[&'w str]) -> Vec<&'w str> {
        actions.iter().copied().filter(|action| self.allow(action) == Some(false)).collect()
    }
}

/// What a role of this program may do.
pub(super) fn rights_of<'p, 'a>(planned: &'p Planned<'a>, role: &Resource<'_>) -> Rights<'p, 'a> {
    let mut rights = Rights { is_whole: true, ..Rights::default() };
    for policy in planned.users(role, "iam.role_policy", "role") {
        add(policy, &mut rights);
    }
    for attachment in planned.users(role, "iam.role_policy_attachment", "role") {
        let path = "policy_arn";
        if let Some(policy) = planned.target(attachment, path) {
            add(policy, &mut rights);
            continue;
        }
        let name = attachment.text(path).and_then(|arn| arn.rsplit('/').next());
        match PROVIDED.iter().find(|(provided, _)| name == Some(provided)) {
            Some((_, lists)) => {
                let actions = lists.iter().flat_map(|list| list.iter());
                rights.grants.extend(actions.map(|action| Grant { action, by: None }));
            }
            None => rights.is_whole = false,
        }
    }
    rights
}

fn add<'p, 'a>(policy: &'p Resource<'a>, rights: &mut Rights<'p, 'a>) {
    let Some(statements) = statements(policy, "policy") else {
        rights.is_whole = false;
        return;
    };
    for statement in statements {
        match policy.text(&format!("{statement}.Effect")) {
            Some("Allow") => {}
            Some(_) => continue,
            None => {
                rights.is_whole = false;
                continue;
            }
        }
        match texts(policy, &format!("{statement}.Action")) {
            Some(actions) if !actions.is_empty() => {
                let grants = actions.into_iter().map(|action| Grant { action, by: Some((policy, statement.clone())) });
                rights.grants.extend(grants);
            }
            _ => rights.is_whole = false,
        }
    }
}

/// The paths of the statements of the policy at a path; none when they are not known.
pub(super) fn statements(resource: &Resource<'_>, path: &str) -> Option<Vec<String>> {
    let all = format!("{path}.Statement");
    let count = match resource.at(&all) {
        AtPath::Absent => return None,
        AtPath::Known(value) => match value.reveal() {
            Value::Map(one) if !one.is_empty() => return Some(vec![all]),
            Value::List(items) => items.len(),
            _ => 0,
        },
        AtPath::Open(Expr::Map(one)) if !one.is_empty() => return Some(vec![all]),
        AtPath::Open(Expr::List(items)) => items.len(),
        AtPath::Open(_) => 0,
    };
    (count > 0).then(|| (0..count).map(|item| format!("{all}.{item}")).collect())
}

/// One text or a list of them; none when they are not all known.
pub(super) fn texts<'a>(resource: &Resource<'a>, path: &str) -> Option<Vec<&'a str>> {
    match resource.at(path) {
        AtPath::Absent => Some(Vec::new()),
        AtPath::Known(value) => match value.reveal() {
            Value::Str(text) => Some(vec![&**text]),
            Value::List(items) if !items.is_empty() => items.iter().map(|item| item.reveal().as_str()).collect(),
            _ => None,
        },
        AtPath::Open(Expr::List(items)) if !items.is_empty() => {
            items.iter().map(|item| item.known()?.reveal().as_str()).collect()
        }
        AtPath::Open(_) => None,
    }
}

/// Whether the policy at a path lets a service in, e.g. `lambda.amazonaws.com`; none when that is not known.
pub(super) fn lets_in(resource: &Resource<'_>, path: &str, service: &str) -> Option<bool> {
    let mut is_known = true;
    for statement in statements(resource, path)? {
        let at = |key: &str| format!("{statement}.{key}");
        if resource.text(&at("Effect")) != Some("Allow") {
            is_known &= resource.text(&at("Effect")).is_some();
            continue;
        }
        if resource.text(&at("Principal")) == Some("*") {
            return Some(true);
        }
        is_known &= resource.is_absent(&at("NotPrincipal"));
        let everybody = texts(resource, &at("Principal.AWS"));
        if everybody.is_some_and(|all| all.contains(&"*")) {
            return Some(true);
        }
        match texts(resource, &at("Principal.Service")) {
            Some(services) if services.iter().any(|other| is_service(other, service)) => return Some(true),
            Some(_) => {}
            None => is_known = false,
        }
    }
    is_known.then_some(false)
}

/// Whether a service is meant, also in one region: `states.us-east-1.amazonaws.com`.
fn is_service(given: &str, service: &str) -> bool {
    let short = service.split('.').next().unwrap_or(service);
    given == service || (given.starts_with(&format!("{short}.")) && given.contains(".amazonaws.com"))
}

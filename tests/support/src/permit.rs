//! A policy of IAM, enforced on the wire: which action a request needs, and whether a policy allows it.
//!
//! The emulators do not look at most of what a policy says. Here a request is refused unless a statement allows its action
//! in its region; one that hands a role to a service needs `iam:PassRole` on that role for that service, too. The names of
//! resources inside of requests are not looked at.

use hyper::http::request::Parts;
use serde_json::Value;

use crate::call::WireCall;

/// What a request needs to be allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NeededAction {
    /// The action, e.g. `s3:PutBucketPolicy`.
    pub action: String,
    /// The region that it is called in; empty for services that have none.
    pub region: String,
    /// For `iam:PassRole`: the role, and the service that it is passed to.
    pub passed: Option<(String, &'static str)>,
}

/// What a request needs; more than one thing when it hands a role over. `Err` when it is not known here.
pub(crate) fn needed(call: &WireCall, request: &Parts, body: &[u8]) -> Result<Vec<NeededAction>, String> {
    let service = match call.service.as_str() {
        "monitoring" => "cloudwatch",
        "tagging" => "tag",
        other => other,
    };
    if service == "sts" {
        return Ok(Vec::new());
    }
    let (method, path) = call.operation.split_once(' ').unwrap_or((&call.operation, ""));
    let actions: Vec<&str> = match service {
        "apigateway" => vec![method],
        "s3" => s3(method, path, request.uri.query().unwrap_or_default()),
        "lambda" => lambda(method, path),
        "route53" => route53(method, path),
        _ if path.is_empty() => vec![method],
        _ => Vec::new(),
    };
    if actions.is_empty() {
        return Err(format!("{service} {method} {path}"));
    }
    let region = if ["iam", "route53", "s3"].contains(&service) { "" } else { &call.region };
    let mut all: Vec<NeededAction> = actions
        .iter()
        .map(|action| NeededAction { action: format!("{service}:{action}"), region: region.to_owned(), passed: None })
        .collect();
    let taker = match (service, actions[0]) {
        ("lambda", "CreateFunction" | "UpdateFunctionConfiguration") => Some("lambda.amazonaws.com"),
        ("states", "CreateStateMachine" | "UpdateStateMachine") => Some("states.amazonaws.com"),
        ("events", "PutTargets" | "PutRule") => Some("events.amazonaws.com"),
        ("s3", "PutReplicationConfiguration") => Some("s3.amazonaws.com"),
        ("ec2", "CreateFlowLogs") => Some("vpc-flow-logs.amazonaws.com"),
        ("rds", "CreateDBInstance" | "ModifyDBInstance") => Some("monitoring.rds.amazonaws.com"),
        _ => None,
    };
    if let Some(taker) = taker {
        let text = String::from_utf8_lossy(body).replace("%3A", ":").replace("%2F", "/");
        let ends = |c: char| !(c.is_ascii_alphanumeric() || "+=,.@_-/:".contains(c));
        let roles =
            text.match_indices("arn:aws:iam::").map(|(at, _)| text[at..].split(ends).next().unwrap_or_default());
        for role in roles.filter(|arn| arn.contains(":role/")) {
            let passed = Some((role.to_owned(), taker));
            all.push(NeededAction { action: "iam:PassRole".to_owned(), region: String::new(), passed });
        }
    }
    Ok(all)
}

/// Whether a policy allows what is needed.
pub fn allows(policy: &Value, needed: &NeededAction) -> bool {
    let texts = |value: &Value| -> Vec<String> {
        match value {
            Value::Array(list) => list.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
            one => one.as_str().map(str::to_owned).into_iter().collect(),
        }
    };
    let fits = |statement: &Value| {
        let for_service = statement["Condition"]["StringEquals"]["iam:PassedToService"].as_str();
        let in_region = |arn: &String| {
            let region = arn.split(':').nth(3).unwrap_or("*");
            needed.region.is_empty() || ["", "*", &*needed.region].contains(&region)
        };
        texts(&statement["Action"]).contains(&needed.action)
            && match &needed.passed {
                Some((role, service)) => {
                    for_service == Some(*service) && texts(&statement["Resource"]).iter().any(|arn| matches(arn, role))
                }
                None => texts(&statement["Resource"]).iter().any(in_region),
            }
    };
    policy["Statement"].as_array().into_iter().flatten().any(fits)
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text
            .strip_prefix(before)
            .is_some_and(|rest| (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| matches(after, rest)))),
    }
}

fn s3(method: &str, path: &str, query: &str) -> Vec<&'static str> {
    let part = path.split_once('?').map(|(_, part)| part).unwrap_or_default();
    match (method, part) {
        ("POST", "delete") => vec!["DeleteObject", "DeleteObjectVersion"],
        ("GET", "tagging") => vec!["GetBucketTagging"],
        ("PUT" | "DELETE", "tagging") => vec!["PutBucketTagging"],
        ("GET", "versioning") => vec!["GetBucketVersioning"],
        ("PUT", "versioning") => vec!["PutBucketVersioning"],
        ("GET", "encryption") => vec!["GetEncryptionConfiguration"],
        ("PUT", "encryption") => vec!["PutEncryptionConfiguration"],
        ("GET", "cors") => vec!["GetBucketCORS"],
        ("PUT" | "DELETE", "cors") => vec!["PutBucketCORS"],
        ("GET", "logging") => vec!["GetBucketLogging"],
        ("PUT", "logging") => vec!["PutBucketLogging"],
        ("GET", "lifecycle") => vec!["GetLifecycleConfiguration"],
        ("PUT" | "DELETE", "lifecycle") => vec!["PutLifecycleConfiguration"],
        ("GET", "ownershipControls") => vec!["GetBucketOwnershipControls"],
        ("PUT", "ownershipControls") => vec!["PutBucketOwnershipControls"],
        ("GET", "publicAccessBlock") => vec!["GetBucketPublicAccessBlock"],
        ("PUT", "publicAccessBlock") => vec!["PutBucketPublicAccessBlock"],
        ("GET", "policy") => vec!["GetBucketPolicy"],
        ("PUT", "policy") => vec!["PutBucketPolicy"],
        ("DELETE", "policy") => vec!["DeleteBucketPolicy"],
        ("GET", "replication") => vec!["GetReplicationConfiguration"],
        ("PUT" | "DELETE", "replication") => vec!["PutReplicationConfiguration"],
        ("GET", "versions") => vec!["ListBucketVersions"],
        ("GET", "uploads") => vec!["ListBucketMultipartUploads"],
        ("GET", "") if query.contains("list-type") => vec!["ListBucket"],
        ("GET", "") if matches!(path, "" | "/") => vec!["ListAllMyBuckets"],
        ("HEAD", "") => vec!["ListBucket"],
        ("PUT", "") if path == "/*" => vec!["CreateBucket"],
        ("DELETE", "") if path == "/*" => vec!["DeleteBucket"],
        _ => Vec::new(),
    }
}

fn lambda(method: &str, path: &str) -> Vec<&'static str> {
    vec![match (method, path) {
        ("GET", "/functions") => "ListFunctions",
        ("GET", "/layers") => "ListLayers",
        ("POST", "/functions") => "CreateFunction",
        ("GET", "/functions/*") => "GetFunction",
        ("DELETE", "/functions/*") => "DeleteFunction",
        ("PUT", "/functions/*/code") => "UpdateFunctionCode",
        ("PUT", "/functions/*/configuration") => "UpdateFunctionConfiguration",
        ("GET", "/functions/*/policy") => "GetPolicy",
        ("POST", "/functions/*/policy") => "AddPermission",
        ("DELETE", "/functions/*/policy/*") => "RemovePermission",
        ("PUT", "/functions/*/concurrency") => "PutFunctionConcurrency",
        ("DELETE", "/functions/*/concurrency") => "DeleteFunctionConcurrency",
        ("GET", "/functions/*/versions") => "ListVersionsByFunction",
        ("POST", "/functions/*/versions") => "PublishVersion",
        ("POST", "/functions/*/aliases") => "CreateAlias",
        ("GET", "/functions/*/aliases/*") => "GetAlias",
        ("PUT", "/functions/*/aliases/*") => "UpdateAlias",
        ("DELETE", "/functions/*/aliases/*") => "DeleteAlias",
        ("GET", "/tags/*") => "ListTags",
        ("POST", "/tags/*") => "TagResource",
        ("DELETE", "/tags/*") => "UntagResource",
        ("GET", "/account-settings" | "/account-settings/*") => "GetAccountSettings",
        ("POST", "/event-source-mappings") => "CreateEventSourceMapping",
        ("GET", "/event-source-mappings") => "ListEventSourceMappings",
        ("GET", "/event-source-mappings/*") => "GetEventSourceMapping",
        ("PUT", "/event-source-mappings/*") => "UpdateEventSourceMapping",
        ("DELETE", "/event-source-mappings/*") => "DeleteEventSourceMapping",
        _ => return Vec::new(),
    }]
}

fn route53(method: &str, path: &str) -> Vec<&'static str> {
    vec![match (method, path) {
        ("POST", "/hostedzone") => "CreateHostedZone",
        ("GET", "/hostedzone") => "ListHostedZones",
        ("GET", "/hostedzone/*") => "GetHostedZone",
        ("DELETE", "/hostedzone/*") => "DeleteHostedZone",
        ("GET", "/hostedzonesbyname") => "ListHostedZonesByName",
        ("POST", "/hostedzone/*/rrset") => "ChangeResourceRecordSets",
        ("GET", "/hostedzone/*/rrset") => "ListResourceRecordSets",
        ("POST", "/healthcheck") if !path.ends_with('*') => "CreateHealthCheck",
        ("GET", "/healthcheck") => "ListHealthChecks",
        ("GET", "/healthcheck/*") => "GetHealthCheck",
        ("POST", "/healthcheck/*") => "UpdateHealthCheck",
        ("DELETE", "/healthcheck/*") => "DeleteHealthCheck",
        ("GET", path) if path.starts_with("/tags/") => "ListTagsForResource",
        ("POST", path) if path.starts_with("/tags/") => "ChangeTagsForResource",
        ("GET", path) if path.starts_with("/accountlimit") => "GetAccountLimit",
        _ => return Vec::new(),
    }]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_statement_allows_its_actions_in_its_regions_and_roles_for_their_service() {
        let policy = json!({ "Statement": [
            { "Action": ["sqs:CreateQueue"], "Resource": ["arn:aws:sqs:us-east-1:*:q"] },
            {
                "Action": ["iam:PassRole"],
                "Resource": ["arn:aws:iam::*:role/r-*"],
                "Condition": { "StringEquals": { "iam:PassedToService": "lambda.amazonaws.com" } }
            },
        ]});
        let needed =
            |action: &str, region: &str| NeededAction { action: action.into(), region: region.into(), passed: None };
        assert!(allows(&policy, &needed("sqs:CreateQueue", "us-east-1")));
        assert!(!allows(&policy, &needed("sqs:CreateQueue", "us-west-2")));
        assert!(!allows(&policy, &needed("sqs:DeleteQueue", "us-east-1")));
        for (role, service, allowed) in [
            ("arn:aws:iam::1:role/r-1", "lambda.amazonaws.com", true),
            ("arn:aws:iam::1:role/other", "lambda.amazonaws.com", false),
            ("arn:aws:iam::1:role/r-1", "states.amazonaws.com", false),
        ] {
            let needed = NeededAction { passed: Some((role.into(), service)), ..needed("iam:PassRole", "") };
            assert_eq!(allows(&policy, &needed), allowed, "{role} {service}");
        }
    }
}

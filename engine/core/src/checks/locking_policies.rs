//! D24: policies that keep everybody from deleting what they are about.

use super::check::Check;
use super::documents::{entry, has_effect, includes, statements, texts};
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use crate::value::Value;

pub(super) const CHECK: Check = Check {
    asks: "no policy denies everybody to delete what it is about, or to change the policy",
    why: "A statement with `Effect: Deny` counts for everybody, also for whoever destroys the environment. A bucket whose \
          objects nobody may delete stays, and of some policies only the root user of the account can get rid.",
    mend: "Deny it to those who must not, by their ARNs; or allow what is needed instead of denying the rest.",
    source: "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html",
    ..Check::each(
        "D24",
        "locking-policy",
        &[
            "s3.bucket_policy.policy",
            "kms.key.policy",
            "kms.replica_key.policy",
            "secretsmanager.secret.policy",
            "sqs.queue.policy",
            "sqs.queue_policy.policy",
            "sns.topic.policy",
            "sns.topic_policy.policy",
            "events.bus_policy.statement",
        ],
        look,
    )
};

/// What a destroy must be able to do, by the service.
const NEEDED: &[(&str, &[&str])] = &[
    (
        "s3",
        &[
            "s3:DeleteBucket",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "s3:ListBucket",
            "s3:ListBucketVersions",
            "s3:DeleteBucketPolicy",
            "s3:PutBucketPolicy",
        ],
    ),
    ("kms", &["kms:ScheduleKeyDeletion", "kms:DescribeKey", "kms:PutKeyPolicy"]),
    (
        "secretsmanager",
        &["secretsmanager:DeleteSecret", "secretsmanager:DescribeSecret", "secretsmanager:PutResourcePolicy"],
    ),
    ("sqs", &["sqs:DeleteQueue", "sqs:GetQueueAttributes", "sqs:SetQueueAttributes"]),
    ("sns", &["sns:DeleteTopic", "sns:GetTopicAttributes", "sns:SetTopicAttributes"]),
    ("events", &["events:DeleteEventBus", "events:DescribeEventBus", "events:RemovePermission"]),
];

/// Conditions that whoever destroys an environment does not meet: `dr` speaks to AWS over TLS only.
const HARMLESS: &[&str] = &["aws:SecureTransport", "s3:TlsVersion"];

fn look(resource: &Resource<'_>, _: &Planned<'_>, found: &mut Findings) {
    let argument = if resource.kind.name == "events.bus_policy" { "statement" } else { "policy" };
    let Some(policy) = resource.document(argument) else { return };
    let service = resource.kind.service();
    let needed = NEEDED.iter().find(|(name, _)| *name == service).map(|(_, actions)| *actions).unwrap_or_default();
    for statement in statements(&policy) {
        if !has_effect(statement, "Deny") || !is_everybody(statement) {
            continue;
        }
        let Some(action) = needed.iter().find(|action| includes(statement, action)) else { continue };
        let conditions = conditions(statement);
        if !conditions.is_empty() && conditions.iter().all(|key| HARMLESS.iter().any(|h| h.eq_ignore_ascii_case(key))) {
            continue;
        }
        let message = format!("`{argument}` of `{}` denies `{action}` to everybody", resource.address);
        let help = "name in `Principal` who must not, or leave the action out";
        let finding = match conditions.is_empty() {
            true => Finding::new(argument, message).label("would keep it from being deleted"),
            false => {
                let under = format!("{message}, under a condition: {}", conditions.join(", "));
                Finding::new(argument, under).label("may keep it from being deleted").warning()
            }
        };
        found.add(resource, finding.help(help));
    }
}

/// Whether a statement is about everybody of the account, or everybody but some.
fn is_everybody(statement: &Value) -> bool {
    let all = |name: &str| name == "*" || name.ends_with(":root");
    let Some(principal) = entry(statement, "Principal") else { return entry(statement, "NotPrincipal").is_some() };
    let named = entry(principal, "AWS").unwrap_or(principal);
    texts(named).into_iter().any(all)
}

/// The keys of a statement's conditions.
fn conditions(statement: &Value) -> Vec<&str> {
    let operators = entry(statement, "Condition").and_then(Value::as_map);
    let keys = operators.into_iter().flat_map(|all| all.values()).filter_map(Value::as_map).flat_map(|map| map.keys());
    keys.map(|key| &**key).collect()
}

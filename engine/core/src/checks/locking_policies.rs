//! D24: policies that keep everybody from deleting what they are about.

use super::check::Check;
use super::documents::{entry, has_effect, includes, statements, texts};
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use crate::schema::Kind;
use crate::value::{Map, Value};

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

/// What a destroy must be able to do with the resources of a service, and with their policies where these are of their own.
struct Needed {
    service: &'static str,
    to_delete: &'static [&'static str],
    to_change: &'static [&'static str],
}

const NEEDED: &[Needed] = &[
    Needed {
        service: "s3",
        to_delete: &[
            "s3:DeleteBucket",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "s3:ListBucket",
            "s3:ListBucketVersions",
        ],
        to_change: &["s3:DeleteBucketPolicy", "s3:PutBucketPolicy"],
    },
    Needed {
        service: "kms",
        to_delete: &["kms:ScheduleKeyDeletion", "kms:DescribeKey"],
        to_change: &["kms:PutKeyPolicy"],
    },
    Needed {
        service: "secretsmanager",
        to_delete: &["secretsmanager:DeleteSecret", "secretsmanager:DescribeSecret"],
        to_change: &["secretsmanager:PutResourcePolicy"],
    },
    Needed {
        service: "sqs",
        to_delete: &["sqs:DeleteQueue", "sqs:GetQueueAttributes"],
        to_change: &["sqs:SetQueueAttributes"],
    },
    Needed {
        service: "sns",
        to_delete: &["sns:DeleteTopic", "sns:GetTopicAttributes"],
        to_change: &["sns:SetTopicAttributes"],
    },
    Needed {
        service: "events",
        to_delete: &["events:DeleteEventBus", "events:DescribeEventBus"],
        to_change: &["events:RemovePermission"],
    },
];

/// Conditions that whoever destroys an environment does not meet: `dr` speaks to AWS over TLS only.
const HARMLESS: &[&str] = &["aws:SecureTransport", "s3:TlsVersion"];

fn look(resource: &Resource<'_>, _: &Planned<'_>, found: &mut Findings) {
    let Some(argument) = argument(resource.kind) else { return };
    let Some(policy) = resource.document(argument) else { return };
    let needed = NEEDED.iter().filter(|needed| needed.service == resource.kind.service());
    let needed: Vec<&str> =
        needed.flat_map(|needed| needed.to_delete.iter().chain(needed.to_change)).copied().collect();
    for (action, statement) in denials(&policy, &needed) {
        let conditions = conditions(statement);
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

/// The argument of a kind that is a policy which may keep a resource from being deleted.
pub(super) fn argument(kind: &Kind) -> Option<&'static str> {
    let path = CHECK.looks_at.iter().find(|path| path.rsplit_once('.').is_some_and(|(of, _)| of == kind.name))?;
    path.rsplit_once('.').map(|(_, argument)| argument)
}

/// The action that a policy denies to everybody without a condition, of those that the deletion of a resource needs.
pub(super) fn denied(kind: &Kind, policy: &Value) -> Option<&'static str> {
    let needed = NEEDED.iter().find(|needed| needed.service == kind.service())?;
    let is_policy = kind.name.ends_with("_policy");
    let all = denials(policy, if is_policy { needed.to_change } else { needed.to_delete });
    all.into_iter().find(|(_, statement)| conditions(statement).is_empty()).map(|(action, _)| action)
}

/// A policy that keeps everybody from deleting what it is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Lock {
    /// The argument that is the policy.
    pub argument: &'static str,
    /// What it denies.
    pub action: &'static str,
    /// The policy without the statements that deny it; `None` where nothing remains of it.
    pub opened: Option<Value>,
    /// The action that it denies, too, and without which nobody but the account's root user can change it.
    pub sealed_by: Option<&'static str>,
}

/// How the policy of a resource locks it, or what it is about, by its arguments.
pub fn lock(kind: &Kind, args: &Map<Value>) -> Option<Lock> {
    let argument = argument(kind)?;
    let needed = NEEDED.iter().find(|needed| needed.service == kind.service())?;
    let given = args.get(argument).map(Value::reveal)?;
    let policy = document(given)?;
    let denies = |actions: &[&'static str]| {
        let unconditional = |(_, statement): &(&str, &Value)| conditions(statement).is_empty();
        denials(&policy, actions).into_iter().find(unconditional).map(|(action, _)| action)
    };
    let sealed_by = denies(needed.to_change);
    let action = denies(needed.to_delete).or(sealed_by)?;
    let all: Vec<&str> = needed.to_delete.iter().chain(needed.to_change).copied().collect();
    let locking: Vec<&Value> = denials(&policy, &all).into_iter().map(|(_, statement)| statement).collect();
    let keeps = |one: &&Value| !locking.iter().any(|locks| std::ptr::eq(*locks, *one));
    let kept: Vec<Value> = statements(&policy).into_iter().filter(keeps).cloned().collect();
    let opened = policy.as_map().filter(|_| !kept.is_empty()).map(|whole| {
        let mut whole = whole.clone();
        whole.insert("Statement".into(), Value::List(kept));
        match given {
            Value::Str(_) => Value::str(Value::Map(whole).to_json()),
            _ => Value::Map(whole),
        }
    });
    Some(Lock { argument, action, opened, sealed_by })
}

/// A policy as a document, whether it is given as one or as a text.
pub(super) fn document(policy: &Value) -> Option<Value> {
    match policy {
        Value::Str(text) => Value::from_json(text).ok(),
        other => Some(other.revealed()),
    }
}

/// The statements that deny everybody one of these actions, each with the first action, but those whose conditions nobody
/// meets who destroys an environment.
fn denials<'a, 'v>(policy: &'v Value, needed: &[&'a str]) -> Vec<(&'a str, &'v Value)> {
    let mut all = Vec::new();
    for statement in statements(policy).into_iter().filter(|one| has_effect(one, "Deny") && is_everybody(one)) {
        let conditions = conditions(statement);
        let is_harmless = |key: &&str| HARMLESS.iter().any(|harmless| harmless.eq_ignore_ascii_case(key));
        if conditions.is_empty() || !conditions.iter().all(is_harmless) {
            all.extend(needed.iter().find(|action| includes(statement, action)).map(|action| (*action, statement)));
        }
    }
    all
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

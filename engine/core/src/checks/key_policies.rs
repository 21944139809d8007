//! C25: policies of keys that leave somebody who can manage them, and let in the services that use them.

use super::check::Check;
use super::documents::{entry, has_effect, includes, statements, texts};
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use crate::value::Value;

pub(super) const CHECK: Check = Check {
    asks: "the policy of a key lets the account manage it, and the services that are to use it",
    why: "KMS refuses a policy with which nobody could change it any more. A log group is refused when CloudWatch Logs may not \
          use its key, and alarms never reach an encrypted topic whose key does not let CloudWatch in.",
    mend: "Allow `kms:*` to the account's root, and `kms:GenerateDataKey*` and `kms:Decrypt` to the service.",
    source: "https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html, \
             https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
    ..Check::all(
        "C25",
        "key-policy",
        &[
            "kms.key.policy",
            "kms.replica_key.policy",
            "logs.log_group.kms_key_id",
            "cloudwatch.metric_alarm.alarm_actions",
        ],
        look,
    )
};

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for key in planned.of("kms.key").chain(planned.of("kms.replica_key")) {
        let Some(policy) = key.document("policy").filter(|_| !key.is_left_to_service("policy")) else { continue };
        let manages = |s: &Value| allows(s, "kms:PutKeyPolicy") && has_account_principal(s);
        if !statements(&policy).iter().any(|statement| manages(statement)) {
            let message = format!("the policy of `{}` leaves nobody of the account who could change it", key.address);
            let help = "allow `kms:*` to `arn:aws:iam::ACCOUNT:root`";
            found.add(key, Finding::new("policy", message).help(help));
        }
    }
    for group in planned.of("logs.log_group") {
        let Some(key) = key_of(planned, group, "kms_key_id") else { continue };
        if lets_in(key, "logs.") == Some(false) {
            let message =
                format!("`{}` is encrypted with `{}`, which CloudWatch Logs may not use", group.address, key.address);
            let region = group.region.unwrap_or("REGION");
            let finding = Finding::new("kms_key_id", message).also(key, "policy", "the key's policy");
            found.add(
                group,
                finding.help(format!("allow the service `logs.{region}.amazonaws.com` in the policy of the key")),
            );
        }
    }
    for alarm in planned.of("cloudwatch.metric_alarm").chain(planned.of("cloudwatch.composite_alarm")) {
        for path in alarm.each("alarm_actions") {
            let Some(topic) = planned.target(alarm, &path) else { continue };
            if topic.kind.name == "sns.topic" {
                alarmed(planned, alarm, &path, topic, found);
            }
        }
    }
}

fn alarmed(planned: &Planned<'_>, alarm: &Resource<'_>, path: &str, topic: &Resource<'_>, found: &mut Findings) {
    let own = topic.text("kms_master_key_id").is_some_and(|key| key == "alias/aws/sns");
    let refused = own
        || key_of(planned, topic, "kms_master_key_id").is_some_and(|key| lets_in(key, "cloudwatch.") == Some(false));
    if refused {
        let message = format!(
            "`{}` cannot write to the encrypted topic `{}`: its key does not let CloudWatch in",
            alarm.address, topic.address
        );
        let finding = Finding::new(path, message).also(topic, "kms_master_key_id", "encrypted with this");
        found.add(alarm, finding.help("use a key whose policy allows the service `cloudwatch.amazonaws.com`"));
    }
}

fn key_of<'p, 'a>(planned: &'p Planned<'a>, resource: &Resource<'_>, path: &str) -> Option<&'p Resource<'a>> {
    planned.target(resource, path).filter(|key| key.kind.name.starts_with("kms."))
}

/// Whether the policy of a key allows something to a service whose name begins so; none when it is not known.
fn lets_in(key: &Resource<'_>, service: &str) -> Option<bool> {
    // The policy that KMS gives a key lets in the account alone.
    if key.is_absent("policy") || key.is_left_to_service("policy") {
        return Some(false);
    }
    let policy = key.document("policy")?;
    let is_let = |statement: &Value| {
        let principal = entry(statement, "Principal");
        let of_service = principal.and_then(|p| entry(p, "Service"));
        let names = of_service.map(texts).unwrap_or_default();
        let all = principal.is_some_and(|p| p.as_str() == Some("*"));
        allows(statement, "kms:Decrypt") && (all || names.iter().any(|name| name.starts_with(service)))
    };
    Some(statements(&policy).iter().any(|statement| is_let(statement)))
}

fn allows(statement: &Value, action: &str) -> bool {
    has_effect(statement, "Allow") && includes(statement, action)
}

fn has_account_principal(statement: &Value) -> bool {
    let principal = entry(statement, "Principal");
    let aws = principal.and_then(|p| entry(p, "AWS")).map(texts).unwrap_or_default();
    principal.is_some_and(|p| p.as_str() == Some("*")) || !aws.is_empty()
}

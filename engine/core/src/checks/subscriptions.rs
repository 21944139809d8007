//! C56: who a topic delivers to, and how.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "the endpoint of a subscription is what its protocol delivers to, and has the settings of that protocol alone",
    why: "SNS refuses an endpoint that is not of the protocol, raw messages by mail, and Firehose without a role.",
    mend: "Give the ARN of a queue with `sqs`, of a function with `lambda`, an address with `email`, a URL with `https`.",
    source: "https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html",
    ..Check::each("C56", "subscription", &["sns.subscription"], look)
};

/// Protocols that can deliver a message as it is.
const RAW: &[&str] = &["sqs", "http", "https", "firehose"];

fn look(subscription: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let Some(protocol) = subscription.text("protocol") else { return };
    if let Some(what) = misfit(subscription, planned, protocol) {
        let message = format!("`{}` delivers by {protocol} to {what}", subscription.address);
        let finding = Finding::new("endpoint", message).label(format!("not of `{protocol}`"));
        found.add(subscription, finding.help(wanted(protocol)));
    }
    if subscription.is_true("raw_message_delivery") && !RAW.contains(&protocol) {
        let message = format!("`{}` delivers by {protocol}, which has no raw messages", subscription.address);
        found.add(subscription, Finding::new("raw_message_delivery", message).help("leave it out"));
    }
    let role = "subscription_role_arn";
    if protocol == "firehose" && subscription.is_absent(role) {
        let message = format!("`{}` delivers to Firehose and has no role for it", subscription.address);
        found.add(subscription, Finding::new("protocol", message).help(format!("give `{role}`")));
    } else if protocol != "firehose" && subscription.is_given(role) {
        let message = format!("`{}` has a role, which only Firehose needs", subscription.address);
        found.add(subscription, Finding::new(role, message).help("leave it out"));
    }
    let scope = "filter_policy_scope";
    if subscription.is_given(scope)
        && !subscription.is_left_to_service(scope)
        && subscription.is_absent("filter_policy")
    {
        let message = format!("`{}` says what its filter looks at, and has none", subscription.address);
        found.add(subscription, Finding::new(scope, message).help("give a `filter_policy`, or leave it out"));
    }
}

/// What the endpoint is, where that is not of the protocol.
fn misfit(subscription: &Resource<'_>, planned: &Planned<'_>, protocol: &str) -> Option<String> {
    let target = planned.target(subscription, "endpoint")?;
    let fits = match protocol {
        "sqs" => target.kind.name == "sqs.queue",
        "lambda" => target.kind.service() == "lambda",
        _ => !["sqs", "lambda"].contains(&target.kind.service()),
    };
    (!fits).then(|| format!("`{}`", target.address))
}

fn wanted(protocol: &str) -> &'static str {
    match protocol {
        "sqs" => "give the `arn` of an `sqs.queue`, or say `protocol: \"lambda\"` for a function",
        "lambda" => "give the `arn` of a `lambda.function`, or say `protocol: \"sqs\"` for a queue",
        _ => "say `protocol: \"sqs\"` for a queue, `\"lambda\"` for a function",
    }
}

//! C55: what goes with FIFO queues and topics, and what does not.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "what keeps its order is delivered only to what keeps it too, and standard queues and topics do not claim to",
    why: "SNS and SQS refuse deduplication without FIFO, a FIFO queue behind a standard topic, and anything but a queue behind a \
          FIFO topic. A FIFO queue takes nothing without a message group.",
    mend: "Make both sides FIFO, or neither.",
    source: "https://docs.aws.amazon.com/sns/latest/dg/sns-fifo-topics.html",
    ..Check::each("C55", "fifo", &["sqs.queue", "sns.topic", "sns.subscription", "events.target"], look)
};

fn look(resource: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    match resource.kind.name {
        "sqs.queue" => deduplicates(resource, "fifo_queue", found),
        "sns.topic" => deduplicates(resource, "fifo_topic", found),
        "sns.subscription" => subscribes(resource, planned, found),
        _ => is_sent(resource, planned, found),
    }
}

/// Whether a queue or topic is FIFO, by what it says or by the ending of its ARN.
fn is_fifo(planned: &Planned<'_>, resource: &Resource<'_>, path: &str) -> Option<bool> {
    match planned.target(resource, path) {
        Some(target) => {
            let says = if target.kind.name == "sns.topic" { "fifo_topic" } else { "fifo_queue" };
            target.value(says)?.as_bool()
        }
        None if resource.reads(path).is_empty() => Some(resource.text(path)?.ends_with(".fifo")),
        None => None,
    }
}

fn deduplicates(resource: &Resource<'_>, fifo: &str, found: &mut Findings) {
    let path = "content_based_deduplication";
    if resource.is_true(path) && resource.is_false(fifo) {
        let message = format!("`{}` deduplicates by content and is not FIFO", resource.address);
        found.add(resource, Finding::new(path, message).help(format!("set `{fifo}: true`, or leave it out")));
    }
}

fn subscribes(subscription: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let Some(topic) = is_fifo(planned, subscription, "topic_arn") else { return };
    let Some(protocol) = subscription.text("protocol") else { return };
    if topic && protocol != "sqs" {
        let message = format!(
            "`{}` delivers from a FIFO topic by {protocol}; a FIFO topic has queues only",
            subscription.address
        );
        let help = "subscribe a queue, and let that one be read; or use a standard topic";
        found.add(subscription, Finding::new("protocol", message).label(protocol).help(help));
    }
    if !topic && protocol == "sqs" && is_fifo(planned, subscription, "endpoint") == Some(true) {
        let message = format!("`{}` delivers from a standard topic to a FIFO queue", subscription.address);
        let help = "set `fifo_topic: true` for the topic, or take a standard queue";
        found.add(subscription, Finding::new("endpoint", message).label("a FIFO queue").help(help));
    }
}

fn is_sent(target: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let Some(other) = planned.target(target, "arn") else { return };
    let group = "sqs_message_group_id";
    let is_queue = other.kind.name == "sqs.queue";
    if is_queue && other.is_true("fifo_queue") && target.is_absent(group) {
        let message = format!("`{}` sends to a FIFO queue and names no message group", target.address);
        let finding = Finding::new("arn", message).label("a FIFO queue").also(other, "fifo_queue", "FIFO");
        found.add(target, finding.help(format!("give `{group}`, e.g. the name of the rule")));
    }
    if target.is_given(group) && (!is_queue || other.is_false("fifo_queue")) {
        let message = format!("`{}` names a message group, and what it sends to is not a FIFO queue", target.address);
        found.add(target, Finding::new(group, message).help("leave it out, or send to a FIFO queue"));
    }
    if other.kind.name == "sns.topic" && other.is_true("fifo_topic") {
        let message = format!("`{}` sends to a FIFO topic, which EventBridge cannot", target.address);
        found.add(target, Finding::new("arn", message).help("send to a standard topic, or to a FIFO queue"));
    }
}

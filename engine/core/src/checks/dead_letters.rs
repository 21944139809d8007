//! C52: where what failed is put.

use super::arns;
use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a dead-letter queue is in the region of what it serves, of the right sort, and not that queue itself",
    why: "AWS refuses a dead-letter queue of another region, a standard one for a FIFO queue or the other way round, and a FIFO \
          one for functions, standard topics and rules.",
    mend: "Make a queue of the same sort in the same region, and name that one.",
    source: "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    ..Check::each(
        "C52",
        "dead-letter-queue",
        &[
            "sqs.queue",
            "sns.subscription",
            "lambda.function",
            "lambda.event_source_mapping",
            "events.target",
            "events.bus",
        ],
        look,
    )
};

fn look(resource: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let (path, must_be_fifo) = match resource.kind.name {
        "sqs.queue" => {
            ("redrive_policy.dead_letter_target_arn", resource.value("fifo_queue").and_then(|fifo| fifo.as_bool()))
        }
        "sns.subscription" => ("redrive_policy.dead_letter_target_arn", is_fifo_topic(resource, planned)),
        "lambda.function" => ("dead_letter_target_arn", Some(false)),
        "lambda.event_source_mapping" => ("destination_on_failure", Some(false)),
        _ => ("dead_letter_arn", Some(false)),
    };
    // What is declared to be a queue, and is one of this program, is looked at with all else that is of another region.
    let is_of_queues = !resource.kind.name.starts_with("lambda.");
    let target = planned.target(resource, path);
    let is_told = is_of_queues && target.is_some();
    if let (Some(own), Some(other)) = (resource.region, arns::region_at(planned, resource, path))
        && own != other
        && !is_told
    {
        let message = format!("`{}` is in {own}, and what it cannot handle is to go to {other}", resource.address);
        let finding = Finding::new(path, message).label(format!("in {other}"));
        found.add(resource, finding.help(format!("name a queue of {own}")));
    }
    if target.is_some_and(|target| target.address == resource.address) {
        let message = format!("`{}` is its own dead-letter queue", resource.address);
        found.add(resource, Finding::new(path, message).help("make a second queue and name that one"));
        return;
    }
    let is_fifo = match target {
        Some(target) => ["fifo_queue", "fifo_topic"].iter().find_map(|says| target.value(says)?.as_bool()),
        None if resource.reads(path).is_empty() => resource.text(path).map(|arn| arn.ends_with(".fifo")),
        None => None,
    };
    if let (Some(must), Some(is)) = (must_be_fifo, is_fifo)
        && must != is
    {
        let sort = |fifo| if fifo { "FIFO" } else { "standard" };
        let message = format!(
            "what `{}` cannot handle must go to a {} queue, and goes to a {} one",
            resource.address,
            sort(must),
            sort(is)
        );
        let finding = Finding::new(path, message).label(sort(is));
        found.add(resource, finding.help(format!("name a {} queue of the same region", sort(must))));
    }
}

fn is_fifo_topic(subscription: &Resource<'_>, planned: &Planned<'_>) -> Option<bool> {
    planned.target(subscription, "topic_arn")?.value("fifo_topic")?.as_bool()
}

//! C28: how long a message stays hidden while a function works on it.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

const HIDDEN: &str = "visibility_timeout_seconds";

pub(super) const CHECK: Check = Check {
    asks: "a message stays hidden for at least as long as the function that gets it may run",
    why: "Lambda refuses to read a queue whose messages come back while the function still works on them.",
    mend: "Set the queue's `visibility_timeout_seconds` to the function's `timeout` or more; AWS recommends six times as much.",
    source: "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    ..Check::each("C28", "queue-visibility", &["lambda.event_source_mapping"], look)
};

fn look(mapping: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let queue = planned.target(mapping, "event_source_arn").filter(|source| source.kind.name == "sqs.queue");
    let (Some(queue), Some(function)) = (queue, planned.target(mapping, "function_name")) else { return };
    let (Some(hidden), Some(runs)) = (queue.int(HIDDEN), function.int("timeout")) else { return };
    if hidden < runs {
        let message = format!(
            "messages of `{}` come back after {hidden} seconds, but `{}` may work on them for {runs}",
            queue.address, function.address
        );
        let finding = Finding::new("event_source_arn", message).label("reads this queue");
        let finding = finding.also(queue, HIDDEN, format!("{hidden} seconds")).also(
            function,
            "timeout",
            format!("{runs} seconds"),
        );
        found.add(
            mapping,
            finding.help(format!("set `{HIDDEN}` of the queue to {} or at least {runs}", runs.saturating_mul(6))),
        );
    }
}

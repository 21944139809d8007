//! C57: how a function reads a queue or a stream.

use super::arns;
use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a mapping says what its source takes: batches of a queue or of a stream, and where a stream is begun",
    why: "Lambda refuses batches of more than 10 from a FIFO queue, of more than 10 from a queue without time to fill them, a \
          starting point in a queue, none in a stream, and what only the other one of both has.",
    mend: "Leave out what the message names, or give what it asks for.",
    source: "https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html",
    ..Check::each("C57", "event-source", &["lambda.event_source_mapping"], look)
};

/// What only streams have.
const OF_STREAMS: &[&str] = &[
    "starting_position",
    "parallelization_factor",
    "maximum_retry_attempts",
    "maximum_record_age_in_seconds",
    "bisect_batch_on_function_error",
    "tumbling_window_in_seconds",
    "destination_on_failure",
];
/// Records of a batch for which Lambda need not wait.
const SMALL: i64 = 10;
const SIZE: &str = "batch_size";
const WINDOW: &str = "maximum_batching_window_in_seconds";

fn look(mapping: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let path = "event_source_arn";
    let source = planned.target(mapping, path);
    let text = || mapping.text(path).filter(|_| source.is_none());
    let service = source.map(|source| source.kind.service()).or_else(|| arns::service(text()?));
    let region = source.and_then(|source| source.region).or_else(|| arns::region(text()?));
    if let (Some(own), Some(other)) = (mapping.region, region.filter(|other| mapping.region != Some(other))) {
        let message = format!("`{}` is in {own} and reads from {other}", mapping.address);
        let help = "declare the mapping and its function in the region of what they read";
        found.add(mapping, Finding::new(path, message).label(format!("in {other}")).help(help));
    }
    for item in mapping.each("function_response_types") {
        if let Some(other) = mapping.text(&item).filter(|kind| *kind != "ReportBatchItemFailures") {
            let message = format!("`{}` cannot report `{other}`", mapping.address);
            found.add(mapping, Finding::new(&item, message).help("there is `ReportBatchItemFailures` alone"));
        }
    }
    match service {
        Some("sqs") => {
            let fifo = match source {
                Some(queue) => queue.is_true("fifo_queue"),
                None => text().is_some_and(|arn| arn.ends_with(".fifo")),
            };
            queue(mapping, fifo, found);
        }
        Some("dynamodb" | "kinesis") => stream(mapping, source, found),
        _ => {}
    }
}

/// Whether the program itself says something, and not only the service.
fn says(mapping: &Resource<'_>, path: &str) -> bool {
    mapping.is_given(path) && !mapping.is_left_to_service(path)
}

fn queue(mapping: &Resource<'_>, fifo: bool, found: &mut Findings) {
    let size = mapping.int(SIZE).filter(|size| *size > SMALL && says(mapping, SIZE));
    let waits = mapping.int(WINDOW);
    if let Some(size) = size.filter(|_| fifo) {
        let message =
            format!("`{}` takes {size} messages of a FIFO queue at once; Lambda takes {SMALL}", mapping.address);
        found.add(mapping, Finding::new(SIZE, message).label("more than 10").help(format!("say at most {SMALL}")));
    } else if let Some(size) = size.filter(|_| waits == Some(0)) {
        let message = format!("`{}` takes {size} messages at once and does not wait for them", mapping.address);
        let help = format!("give `{WINDOW}: 1` or more, or say at most {SMALL}");
        found.add(mapping, Finding::new(SIZE, message).label("more than 10").help(help));
    }
    if let Some(seconds) = waits.filter(|seconds| fifo && *seconds > 0) {
        let message = format!("`{}` waits {seconds} seconds for messages of a FIFO queue", mapping.address);
        found.add(mapping, Finding::new(WINDOW, message).help("leave it out: a FIFO queue is not waited for"));
    }
    for path in OF_STREAMS.iter().filter(|path| says(mapping, path)) {
        let message = format!("`{}` reads a queue, which takes no `{path}`", mapping.address);
        found.add(mapping, Finding::new(path, message).on_key().label("of streams only").help(of_queues(path)));
    }
}

/// What a queue has instead.
fn of_queues(path: &str) -> &'static str {
    match path {
        "maximum_retry_attempts" => "leave it out: the queue's `redrive_policy` says how often a message is tried",
        "destination_on_failure" => "leave it out: the queue's `redrive_policy` says where messages go that failed",
        "maximum_record_age_in_seconds" => {
            "leave it out: the queue's `message_retention_seconds` says how long they are kept"
        }
        "parallelization_factor" => "leave it out: `maximum_concurrency` limits the invocations for a queue",
        _ => "leave it out",
    }
}

fn stream(mapping: &Resource<'_>, source: Option<&Resource<'_>>, found: &mut Findings) {
    if mapping.is_absent("starting_position") {
        let message = format!("`{}` reads a stream and does not say from where on", mapping.address);
        found.add(
            mapping,
            Finding::new("", message).help("give `starting_position`: `\"LATEST\"` or `\"TRIM_HORIZON\"`"),
        );
    }
    if mapping.is_given("maximum_concurrency") {
        let message = format!("`{}` reads a stream, which takes no `maximum_concurrency`", mapping.address);
        let help = "leave it out: `parallelization_factor` says how many invocations each shard has";
        found.add(mapping, Finding::new("maximum_concurrency", message).on_key().label("of queues only").help(help));
    }
    if let Some(table) = source.filter(|table| table.is_false("stream_enabled")) {
        let message = format!("`{}` reads the stream of `{}`, which has none", mapping.address, table.address);
        let finding = Finding::new("event_source_arn", message).also(table, "stream_enabled", "no stream");
        found.add(mapping, finding.help("set `stream_enabled: true` for the table"));
    }
}

//! `lambda.event_source_mapping`: facts.

use dr_core::convert::{Json, Tags};
use dr_macros::{Block, Kind};

/// That Lambda reads a queue or stream and invokes a function with what it finds.
///
/// It goes before the function and before what it reads.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "lambda.event_source_mapping",
    outputs = EventSourceMappingOut,
    id = "{uuid}",
    unique = "region: event_source_arn, function_name",
    create = "15s",
    update = "15s",
    delete = "15s",
    pace = "2s"
)]
pub struct EventSourceMapping {
    /// ARN of the queue or stream.
    #[arg(replace, refers("*"), length = 12..=1_024, grammar(Arn(&arns::ANY)))]
    pub event_source_arn: String,
    /// Name of the function.
    #[arg(refers("lambda.function.function_name", loose), length = 1..=140, pattern = "[A-Za-z0-9_-]+")]
    pub function_name: String,
    /// Whether it reads.
    #[arg(default = true)]
    pub enabled: bool,
    /// Most records of one invocation. Lambda takes 10 for queues, 100 for streams.
    #[arg(computed, like = "10", range = 1..=10_000)]
    pub batch_size: Option<i64>,
    /// Seconds to wait for a batch to fill.
    #[arg(default = 0, range = 0..=300)]
    pub maximum_batching_window_in_seconds: i64,
    /// Where to start in a stream; a queue has none.
    #[arg(replace, one_of("TRIM_HORIZON", "LATEST"))]
    pub starting_position: Option<String>,
    /// Event patterns; a record that none of them matches is skipped.
    #[arg(default = [], unordered, length = 0..=20, grammar(Pattern(fields::ANY, 4_096)))]
    pub filter_criteria: Vec<Json>,
    /// What the function reports of a batch: `["ReportBatchItemFailures"]`, or nothing.
    #[arg(default = [], unordered, length = 0..=1)]
    pub function_response_types: Vec<String>,
    /// Invocations at once for a queue; no limit of its own when left out.
    #[arg(range = 2..=1_000)]
    pub maximum_concurrency: Option<i64>,
    /// Invocations at once for each shard of a stream. Lambda takes 1.
    #[arg(computed, like = "1", range = 1..=10)]
    pub parallelization_factor: Option<i64>,
    /// How often a failed batch of a stream is tried again; -1 as long as its records are there, which Lambda takes.
    #[arg(computed, like = "-1", range = -1..=10_000)]
    pub maximum_retry_attempts: Option<i64>,
    /// Seconds after which a record of a stream is given up; -1 never, which Lambda takes.
    #[arg(computed, like = "-1", range = -1..=604_800)]
    pub maximum_record_age_in_seconds: Option<i64>,
    /// Whether a failed batch of a stream is halved. Lambda does not.
    #[arg(computed, like = "false")]
    pub bisect_batch_on_function_error: Option<bool>,
    /// Seconds of a window whose records of a stream share state; 0 for none, which Lambda takes.
    #[arg(computed, like = "0", range = 0..=900)]
    pub tumbling_window_in_seconds: Option<i64>,
    /// ARN of the queue or topic that is told of records of a stream that were given up.
    #[arg(refers("*"), length = 12..=1_024, grammar(Arn(&arns::ANY)))]
    pub destination_on_failure: Option<String>,
    /// Key that encrypts the filter criteria; a key of Lambda's when left out.
    #[arg(refers("kms.key.arn"), length = 12..=2_048, grammar(Arn(&arns::KEY)))]
    pub kms_key_arn: Option<String>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of an event source mapping.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct EventSourceMappingOut {
    /// ARN.
    #[out(like = "arn:aws:lambda:{region}:{account}:event-source-mapping:{id}")]
    pub arn: String,
    /// Id of the mapping; also the id of the resource.
    #[out(like = "{id}")]
    pub uuid: String,
    /// ARN of the function.
    #[out(volatile, like = "arn:aws:lambda:{region}:{account}:function:{function_name}")]
    pub function_arn: String,
}

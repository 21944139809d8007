//! `events.target`: facts.

use std::collections::BTreeMap;

use dr_core::convert::Json;
use dr_macros::{Block, Kind};

/// Where a rule sends events: a function, a queue, a topic, a state machine, a bus (also of another region) and so on.
///
/// Functions, topics and queues allow it with a policy of their own that names `events.amazonaws.com` and the rule's
/// ARN; for buses of other regions, state machines and streams EventBridge needs a role.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "events.target",
    id = "{event_bus_name}/{rule}/{target_id}",
    unique = "region: event_bus_name, rule, target_id",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct EventTarget {
    /// Name of the rule.
    #[arg(replace, length = 1..=64, pattern = "[A-Za-z0-9_.-]+", refers("events.rule.name"))]
    pub rule: String,
    /// Name or ARN of the rule's bus.
    #[arg(replace, default = "default", length = 1..=1_600, grammar(NameOrArn(&arns::BUS, names::BUS)), refers("events.bus.name"))]
    pub event_bus_name: String,
    /// Id of the target, the only one of the rule. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 64, chars = "A-Za-z0-9_.-"))]
    pub target_id: String,
    /// ARN of what gets the events.
    #[arg(length = 1..=1_600, refers("*", loose), grammar(Arn(&arns::ANY)))]
    pub arn: String,
    /// ARN of the role that it is called with.
    #[arg(length = 1..=1_600, refers("iam.role.arn", loose), grammar(Arn(&arns::ROLE)))]
    pub role_arn: Option<String>,
    /// What is sent instead of the event. At most one of `input`, `input_path` and `input_transformer`.
    pub input: Option<Json>,
    /// JSONPath of the part of the event that is sent: `$.detail`.
    #[arg(length = 1..=256)]
    pub input_path: Option<String>,
    /// How what is sent is made from the event.
    pub input_transformer: Option<InputTransformer>,
    /// ARN of the queue, of the rule's region, that takes events which could not be delivered.
    #[arg(length = 1..=1_600, refers("sqs.queue.arn", loose), grammar(Arn(&arns::QUEUE)))]
    pub dead_letter_arn: Option<String>,
    /// How long and how often a delivery is tried again. EventBridge does so for a day, 185 times.
    pub retry_policy: Option<RetryPolicy>,
    /// Message group of events that go to a FIFO queue.
    #[arg(length = 1..=128)]
    pub sqs_message_group_id: Option<String>,
    /// JSONPath of the partition key of events that go to a stream of Kinesis; the event's id when left out.
    #[arg(length = 1..=256)]
    pub kinesis_partition_key_path: Option<String>,
    /// What a call of an API takes from the event, besides its body.
    pub http_parameters: Option<HttpParameters>,
}

/// How what is sent is made from an event.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct InputTransformer {
    /// Parts of the event by name: JSONPaths.
    #[arg(default = {}, length = 0..=100)]
    pub input_paths_map: BTreeMap<String, String>,
    /// Text or JSON with `<name>` where a part goes.
    #[arg(length = 1..=8_192)]
    pub input_template: String,
}

/// How long and how often a delivery is tried again.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct RetryPolicy {
    /// Seconds after which an event is given up.
    #[arg(default = 86_400, range = 60..=86_400)]
    pub maximum_event_age_in_seconds: i64,
    /// How often at most.
    #[arg(default = 185, range = 0..=185)]
    pub maximum_retry_attempts: i64,
}

/// What a call of an API takes from an event, besides its body.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct HttpParameters {
    /// What stands for the `*` in the API's path, in their order.
    #[arg(default = [])]
    pub path_parameter_values: Vec<String>,
    /// Headers.
    #[arg(default = {})]
    pub header_parameters: BTreeMap<String, String>,
    /// Parameters of the query.
    #[arg(default = {})]
    pub query_string_parameters: BTreeMap<String, String>,
}

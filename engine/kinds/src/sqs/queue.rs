//! `sqs.queue`: facts.

use dr_core::convert::{PolicyDocument, Tags};
use dr_macros::{Block, Kind};

/// A queue, standard or FIFO.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "sqs.queue",
    outputs = QueueOut,
    id = "https://sqs.{region}.amazonaws.com/{account}/{name}",
    unique = "region: name",
    data("the messages in it", "nothing"),
    name_blocked = "60s",
    create = "2s",
    update = "1s",
    delete = "2s"
)]
pub struct Queue {
    /// Queue name. The name of a FIFO queue ends in `.fifo`. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 80, chars = "A-Za-z0-9_-", ending(".fifo", "fifo_queue")))]
    pub name: String,
    /// Whether messages keep their order and are delivered once.
    #[arg(replace, default = false)]
    pub fifo_queue: bool,
    /// Whether a FIFO queue takes the hash of a message's body for its deduplication id.
    #[arg(default = false)]
    pub content_based_deduplication: bool,
    /// Seconds that a received message stays hidden.
    #[arg(default = 30, range = 0..=43_200)]
    pub visibility_timeout_seconds: i64,
    /// Seconds that a message is kept.
    #[arg(default = 345_600, range = 60..=1_209_600)]
    pub message_retention_seconds: i64,
    /// Seconds that the delivery of every message is delayed.
    #[arg(default = 0, range = 0..=900)]
    pub delay_seconds: i64,
    /// Largest message in bytes.
    #[arg(default = 262_144, range = 1_024..=1_048_576)]
    pub max_message_size: i64,
    /// Seconds that a receive call waits for a message.
    #[arg(default = 0, range = 0..=20)]
    pub receive_wait_time_seconds: i64,
    /// Where messages go that could not be handled.
    pub redrive_policy: Option<RedrivePolicy>,
    /// Key that encrypts messages: id, ARN or alias. Without one, SQS uses a key of its own.
    #[arg(guards, refers("kms.key.arn"), grammar(Key))]
    pub kms_master_key_id: Option<String>,
    /// Seconds that a data key is used again before KMS is asked for another.
    #[arg(default = 300, range = 60..=86_400)]
    pub kms_data_key_reuse_period_seconds: i64,
    /// Access policy. For a policy that names the queue's own ARN use `sqs.queue_policy`.
    #[arg(computed, grammar(Policy(&policies::QUEUE)))]
    pub policy: Option<PolicyDocument>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Where messages go that could not be handled.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct RedrivePolicy {
    /// The dead-letter queue.
    #[arg(refers("sqs.queue.arn"), grammar(Arn(&arns::QUEUE)))]
    pub dead_letter_target_arn: String,
    /// How often a message is received before it goes there.
    #[arg(default = 5, range = 1..=1_000)]
    pub max_receive_count: i64,
}

/// Computed attributes of a queue.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct QueueOut {
    /// ARN.
    #[out(like = "arn:aws:sqs:{region}:{account}:{name}")]
    pub arn: String,
    /// Address that messages are sent to; also the id.
    #[out(like = "{id}")]
    pub url: String,
}

//! `events.bus`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// An event bus of one's own. Who may put events on it, besides the account, is said by an `events.bus_policy`.
///
/// A bus with rules cannot be deleted, so its rules go first.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "events.bus",
    outputs = BusOut,
    id = "{name}",
    unique = "region: name",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct Bus {
    /// Bus name. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 256, chars = "A-Za-z0-9_.-"))]
    pub name: String,
    /// What the bus is for.
    #[arg(default = "", length = 0..=512)]
    pub description: String,
    /// Key that encrypts events: id, ARN or alias; a key of EventBridge's when left out.
    #[arg(guards, refers("kms.key.arn"), grammar(Key))]
    pub kms_key_identifier: Option<String>,
    /// ARN of the queue that takes events which could not be encrypted with the key.
    #[arg(refers("sqs.queue.arn"), grammar(Arn(&arns::QUEUE)))]
    pub dead_letter_arn: Option<String>,
    /// Least level of what is logged about events on their way.
    #[arg(default = "OFF", one_of("OFF", "ERROR", "INFO", "TRACE"))]
    pub log_level: String,
    /// Whether what is logged holds the events themselves.
    #[arg(default = "NONE", one_of("NONE", "FULL"))]
    pub log_include_detail: String,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a bus.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct BusOut {
    /// ARN.
    #[out(like = "arn:aws:events:{region}:{account}:event-bus/{name}")]
    pub arn: String,
}

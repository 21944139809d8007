//! `sns.existing_topic`: facts.

use dr_macros::{Block, Kind};

/// Looks up a topic of the account that is there already, by its name.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "sns.existing_topic",
    outputs = ExistingTopicOut,
    lookup,
    finds = "sns.topic",
    id = "arn:aws:sns:{region}:{account}:{name}"
)]
pub struct ExistingTopic {
    /// Topic name. The name of a FIFO topic ends in `.fifo`.
    #[arg(length = 1..=256)]
    pub name: String,
}

/// Computed attributes of the topic.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ExistingTopicOut {
    /// ARN.
    #[out(like = "{id}")]
    pub arn: String,
    /// Sender of e-mails and text messages.
    #[out(like = "dr")]
    pub display_name: String,
}

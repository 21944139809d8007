//! `sns.topic`: facts.

use dr_core::convert::{Json, PolicyDocument, Tags};
use dr_macros::{Block, Kind};

/// A topic, standard or FIFO. Its subscriptions end with it.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "sns.topic",
    outputs = TopicOut,
    id = "arn:aws:sns:{region}:{account}:{name}",
    unique = "region: name",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct Topic {
    /// Topic name. The name of a FIFO topic ends in `.fifo`. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 256, chars = "A-Za-z0-9_-", ending(".fifo", "fifo_topic")))]
    pub name: String,
    /// Whether messages keep their order and are delivered once.
    #[arg(replace, default = false)]
    pub fifo_topic: bool,
    /// Whether a FIFO topic takes the hash of a message's body for its deduplication id.
    #[arg(default = false)]
    pub content_based_deduplication: bool,
    /// Sender of e-mails and text messages.
    #[arg(default = "", length = 0..=100)]
    pub display_name: String,
    /// Key that encrypts messages: id, ARN or alias. CloudWatch alarms need a key of your own whose policy lets
    /// CloudWatch use it.
    #[arg(guards, refers("kms.key.arn"), grammar(Key))]
    pub kms_master_key_id: Option<String>,
    /// Access policy; the account only, when left out. For a policy that names the topic's own ARN use
    /// `sns.topic_policy`.
    #[arg(computed, grammar(Policy(&policies::TOPIC)))]
    pub policy: Option<PolicyDocument>,
    /// How often deliveries over HTTP are tried again, and when.
    pub delivery_policy: Option<Json>,
    /// How messages are signed: 1 with SHA-1, 2 with SHA-256. SNS takes 1.
    #[arg(computed, like = "1", one_of_int(1, 2))]
    pub signature_version: Option<i64>,
    /// Whether deliveries are traced with X-Ray, or only those whose sender asks for it, which SNS takes.
    #[arg(computed, like = "PassThrough", one_of("PassThrough", "Active"))]
    pub tracing_config: Option<String>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a topic.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct TopicOut {
    /// ARN; also the id.
    #[out(like = "{id}")]
    pub arn: String,
    /// Number of the account.
    #[out(like = "{account}")]
    pub owner: String,
}

//! `sns.subscription`: facts.

use dr_core::convert::Json;
use dr_macros::{Block, Kind};

/// That somebody gets the messages of a topic. It ends with the topic.
///
/// E-mail addresses and web pages of others must confirm it first; until then it cannot be ended by itself.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "sns.subscription",
    outputs = SubscriptionOut,
    id = "{topic_arn}:{uuid}",
    unique = "region: topic_arn, protocol, endpoint",
    deleted_with = "topic_arn",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct Subscription {
    /// ARN of the topic.
    #[arg(replace, refers("sns.topic.arn"), grammar(Arn(&arns::TOPIC)))]
    pub topic_arn: String,
    /// How messages are delivered.
    #[arg(
        replace,
        one_of("email", "email-json", "http", "https", "sqs", "lambda", "firehose", "sms", "application")
    )]
    pub protocol: String,
    /// Where messages are delivered: an address, a URL, a number, or the ARN of a queue or function.
    #[arg(replace, refers("*", loose))]
    pub endpoint: String,
    /// Whether messages are delivered as they are, without SNS's envelope.
    #[arg(default = false)]
    pub raw_message_delivery: bool,
    /// Which messages are delivered; all when left out.
    #[arg(grammar(Pattern(fields::ANY, 262_144)))]
    pub filter_policy: Option<Json>,
    /// What the filter policy looks at. SNS takes the attributes.
    #[arg(computed, like = "MessageAttributes", one_of("MessageAttributes", "MessageBody"))]
    pub filter_policy_scope: Option<String>,
    /// Where messages go that could not be delivered.
    pub redrive_policy: Option<SubscriptionRedrivePolicy>,
    /// How often deliveries over HTTP are tried again, and when.
    pub delivery_policy: Option<Json>,
    /// ARN of the role that SNS delivers to Firehose with.
    #[arg(refers("iam.role.arn"), grammar(Arn(&arns::ROLE)))]
    pub subscription_role_arn: Option<String>,
}

/// Where messages go that could not be delivered.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct SubscriptionRedrivePolicy {
    /// The dead-letter queue, of the topic's region.
    #[arg(refers("sqs.queue.arn"), grammar(Arn(&arns::QUEUE)))]
    pub dead_letter_target_arn: String,
}

/// Computed attributes of a subscription.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct SubscriptionOut {
    /// ARN; also the id.
    #[out(like = "{id}")]
    pub arn: String,
    /// Whether it waits for somebody to confirm it.
    #[out(volatile, like = "false")]
    pub pending_confirmation: bool,
}

//! `sns.topic_policy`: facts.

use dr_core::convert::PolicyDocument;
use dr_macros::Kind;

/// The access policy of a topic; a delete puts back the one that lets only the account in.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "sns.topic_policy",
    id = "{topic_arn}",
    unique = "region: topic_arn",
    deleted_with = "topic_arn",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct TopicPolicy {
    /// ARN of the topic.
    #[arg(replace, refers("sns.topic.arn"), grammar(Arn(&arns::TOPIC)))]
    pub topic_arn: String,
    /// Who may publish, subscribe and manage.
    #[arg(grammar(Policy(&policies::TOPIC)))]
    pub policy: PolicyDocument,
}

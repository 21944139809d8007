//! `sqs.queue_policy`: facts.

use dr_core::convert::PolicyDocument;
use dr_macros::Kind;

/// The access policy of a queue. It is a resource of its own, so that it can name the queue's ARN.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "sqs.queue_policy",
    id = "{queue_url}",
    unique = "region: queue_url",
    deleted_with = "queue_url",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct QueuePolicy {
    /// URL of the queue.
    #[arg(replace, refers("sqs.queue.url"))]
    pub queue_url: String,
    /// Who may send, receive and manage.
    #[arg(grammar(Policy(&policies::QUEUE)))]
    pub policy: PolicyDocument,
}

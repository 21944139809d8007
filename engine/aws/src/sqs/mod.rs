//! Amazon Simple Queue Service.

crate::lifecycle::service! { sqs { queue::Queue, queue_policy::QueuePolicy } }

//! Amazon Simple Queue Service.

crate::lifecycle::service! { sqs ("sqs", errors::ERRORS) { queue::Queue, queue_policy::QueuePolicy } }

mod errors;

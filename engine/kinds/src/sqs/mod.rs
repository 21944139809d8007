//! Amazon Simple Queue Service.

service! { queue::Queue, queue_policy::QueuePolicy }

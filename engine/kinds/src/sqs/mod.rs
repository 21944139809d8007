//! Amazon Simple Queue Service.

service! { queue::Queue }

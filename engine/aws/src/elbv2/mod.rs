//! Elastic Load Balancing: application and network load balancers.

crate::lifecycle::service! { elbv2 {} }

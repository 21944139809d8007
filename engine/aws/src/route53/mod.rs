//! Amazon Route 53.

crate::lifecycle::service! { route53 {} }

//! Amazon CloudWatch Logs.

crate::lifecycle::service! { logs { log_group::LogGroup } }

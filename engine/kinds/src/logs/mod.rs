//! Amazon CloudWatch Logs.

service! { log_group::LogGroup }

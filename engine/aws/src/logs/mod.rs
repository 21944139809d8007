//! Amazon CloudWatch Logs.

crate::lifecycle::service! { logs ("logs", errors::ERRORS) { log_group::LogGroup } }

mod errors;
mod leftovers;

pub(crate) use leftovers::LEFTOVERS;

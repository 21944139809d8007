//! AWS Step Functions.

crate::lifecycle::service! { stepfunctions {} }

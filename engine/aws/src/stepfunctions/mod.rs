//! AWS Step Functions.

crate::lifecycle::service! { stepfunctions ("states", errors::ERRORS) { state_machine::StateMachine } }

crate::tags::tag_type!(optional aws_sdk_sfn::types::Tag);

mod errors;
mod tagging;
#[cfg(test)]
mod tests;

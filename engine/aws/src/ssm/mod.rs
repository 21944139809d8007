//! AWS Systems Manager.

crate::lifecycle::service! { ssm ("ssm", errors::ERRORS) { parameter::Parameter } }

crate::tags::tag_type!(checked aws_sdk_ssm::types::Tag);

mod errors;
#[cfg(test)]
mod tests;

//! AWS Systems Manager.

crate::lifecycle::service! { ssm ("ssm", errors::ERRORS) { parameter::SsmParameter } }

crate::tags::tag_type!(checked aws_sdk_ssm::types::Tag);

mod errors;
#[cfg(test)]
mod tests;

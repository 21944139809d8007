//! AWS Systems Manager.

crate::lifecycle::service! { ssm { parameter::Parameter } }

crate::tags::tag_type!(checked aws_sdk_ssm::types::Tag);

#[cfg(test)]
mod tests;

//! AWS Key Management Service.

crate::lifecycle::service! { kms ("kms", errors::ERRORS) { alias::Alias, key::Key, replica_key::ReplicaKey } }

crate::tags::tag_type!(checked aws_sdk_kms::types::Tag, tag_key, tag_value);

mod errors;
mod keys;
mod leftovers;
mod tagging;
#[cfg(test)]
mod tests;

pub(crate) use leftovers::LEFTOVERS;

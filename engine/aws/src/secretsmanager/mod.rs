//! AWS Secrets Manager.

crate::lifecycle::service! {
    secretsmanager ("secretsmanager", errors::ERRORS) {
        replica::Replica, rotation::Rotation, secret::Secret, secret_version::SecretVersion
    }
    look_ups { existing_secret::ExistingSecret }
}

crate::tags::tag_type!(optional aws_sdk_secretsmanager::types::Tag);

mod described;
mod errors;
mod leftovers;
mod tagging;
#[cfg(test)]
mod tests;
mod versions;

pub(crate) use leftovers::LEFTOVERS;

//! AWS Secrets Manager.

/// The characters of a secret's name.
const NAME: &str = "A-Za-z0-9/_+=.@-";

service! { replica::Replica, rotation::Rotation, secret::Secret, secret_version::SecretVersion }

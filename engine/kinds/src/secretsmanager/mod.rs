//! AWS Secrets Manager.

service! { replica::Replica, rotation::Rotation, secret::Secret, secret_version::SecretVersion }

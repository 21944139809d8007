//! AWS Secrets Manager.

service! { existing_secret::ExistingSecret, replica::Replica, rotation::Rotation, secret::Secret, secret_version::SecretVersion }

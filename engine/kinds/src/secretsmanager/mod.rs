//! AWS Secrets Manager.

service! { secret::Secret, secret_version::SecretVersion }

//! `secretsmanager.existing_secret`: facts.

use dr_macros::{Block, Kind};

/// Looks up a secret that is there already, by its name. What it holds is not read.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "secretsmanager.existing_secret",
    outputs = ExistingSecretOut,
    lookup,
    finds = "secretsmanager.secret",
    id = "arn:aws:secretsmanager:{region}:{account}:secret:{name}-{alnum:6}"
)]
pub struct ExistingSecret {
    /// Secret name.
    #[arg(length = 1..=512)]
    pub name: String,
}

/// Computed attributes of the secret.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ExistingSecretOut {
    /// ARN.
    #[out(like = "{id}")]
    pub arn: String,
    /// What the secret is for.
    #[out(like = "A secret")]
    pub description: String,
}

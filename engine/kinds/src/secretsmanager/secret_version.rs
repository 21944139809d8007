//! `secretsmanager.secret_version`: facts.

use dr_core::convert::SecretText;
use dr_macros::{Block, Kind};

/// What a secret holds. A change puts a new version in the place of the old one; it ends with the secret.
///
/// What a rotation puts there is not a difference: the value is written, never read back.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "secretsmanager.secret_version",
    outputs = SecretVersionOut,
    id = "{secret_id}",
    unique = "region: secret_id",
    deleted_with = "secret_id",
    data("the value, also one that a rotation has made", "what the secret has under other labels"),
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct SecretVersion {
    /// ARN of the secret.
    #[arg(replace, refers("secretsmanager.secret.arn"), grammar(NameOrArn(&arns::SECRET, names::SECRET)))]
    pub secret_id: String,
    /// The value, often JSON: `to_json(#{ username: .., password: .. })`.
    #[arg(sensitive, write_only, length = 1..=65_536)]
    pub secret_string: SecretText,
    /// Labels that the version carries. Secrets Manager gives it `AWSCURRENT`, which is what readers ask for.
    #[arg(computed, unordered, like = "AWSCURRENT", length = 1..=20)]
    pub version_stages: Vec<String>,
}

/// Computed attributes of a secret's version.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct SecretVersionOut {
    /// Id of the version.
    #[out(volatile, like = "{uuid}")]
    pub version_id: String,
    /// ARN of the secret.
    #[out(like = "{secret_id}")]
    pub arn: String,
}

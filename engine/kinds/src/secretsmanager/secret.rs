//! `secretsmanager.secret`: facts.

use dr_core::convert::{PolicyDocument, Tags};
use dr_macros::{Block, Kind};

/// A secret. What it holds is a `secretsmanager.secret_version`; a copy of it in another region is a
/// `secretsmanager.replica`.
///
/// A delete leaves no time to recover it. It first removes replicas that somebody else added.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "secretsmanager.secret",
    outputs = SecretOut,
    id = "arn:aws:secretsmanager:{region}:{account}:secret:{name}-{alnum:6}",
    unique = "region: name",
    data("its value with all versions, also those that a rotation has made", "nothing"),
    name_blocked = "30s",
    create = "2s",
    update = "2s",
    delete = "2s"
)]
pub struct Secret {
    /// Secret name. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 512, chars = "A-Za-z0-9/_+=.@-"))]
    pub name: String,
    /// What the secret is for.
    #[arg(default = "", length = 0..=2_048)]
    pub description: String,
    /// Key that encrypts the secret: id, ARN or alias. Without one, it is the account's key for secrets.
    #[arg(guards, refers("kms.key.arn"), grammar(Key), length = 1..=2_048)]
    pub kms_key_id: Option<String>,
    /// Days for which a deleted secret can be recovered; 0 for not at all.
    #[arg(
        write_only,
        default = 0,
        range = 0..=30,
        refuse("D11", only = 0, why = "a deleted secret would keep its name for as long")
    )]
    pub recovery_window_in_days: i64,
    /// Who may do what with the secret, besides what IAM allows.
    #[arg(grammar(Policy(&policies::SECRET)))]
    pub policy: Option<PolicyDocument>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a secret.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct SecretOut {
    /// ARN; also the id.
    #[out(like = "{id}")]
    pub arn: String,
}

//! `secretsmanager.replica`: facts.

use dr_macros::{Block, Kind};

/// A copy of a secret in another region, which follows whatever the secret holds.
///
/// Its region is where the copy lives. A secret with copies cannot be deleted, so they go first.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "secretsmanager.replica",
    outputs = ReplicaOut,
    id = "arn:aws:secretsmanager:{region}:{account}:secret:{alnum:12}-{alnum:6}",
    unique = "region: secret_id",
    data("the copy of the secret in its region", "the secret in the region that it is copied from"),
    create = "5s",
    delete = "5s",
    pace = "1s"
)]
pub struct Replica {
    /// ARN of the secret that is copied.
    #[arg(replace, refers("secretsmanager.secret.arn"), grammar(NameOrArn(&arns::SECRET, names::SECRET)))]
    pub secret_id: String,
    /// Region of the secret that is copied.
    #[arg(replace, region)]
    pub source_region: String,
    /// Key of the copy's own region that encrypts it: id, ARN or alias. Without one, it is the account's key for
    /// secrets.
    #[arg(guards, replace, refers("kms.key.arn"), grammar(Key))]
    pub kms_key_id: Option<String>,
    /// Whether the copy takes the place of a secret of the same name in its region.
    #[arg(replace, write_only, default = false)]
    pub force_overwrite_replica_secret: bool,
}

/// Computed attributes of a copy.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ReplicaOut {
    /// ARN of the copy, which differs from the secret's by its region; also the id.
    #[out(like = "{id}")]
    pub arn: String,
}

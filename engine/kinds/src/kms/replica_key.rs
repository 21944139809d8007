//! `kms.replica_key`: facts.

use dr_core::convert::{PolicyDocument, Tags};
use dr_macros::{Block, Kind};

/// The twin, in another region, of a key that is `multi_region`: what one encrypts, the other decrypts.
///
/// Its region is where the twin lives. The first key ends only after its twins, so they go first; its own waiting period
/// begins when theirs are over. Rotation is the first key's business.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "kms.replica_key",
    outputs = ReplicaKeyOut,
    id = "mrk-{hex:32}",
    unique = "region: primary_key_arn",
    keys(
        "whatever it has encrypted in its region, when its waiting period of seven days is over",
        "its primary key, and for these seven days the replica, whose deletion can be cancelled"
    ),
    create = "10s",
    update = "2s",
    delete = "1s",
    pace = "1s",
    leaves("key pending deletion", "keys pending deletion", "7d", "deletion_window_in_days")
)]
pub struct ReplicaKey {
    /// ARN of the first key, in its own region.
    #[arg(replace, length = 1..=256, refers("kms.key.arn"), grammar(Arn(&arns::KEY)))]
    pub primary_key_arn: String,
    /// What the key is for.
    #[arg(default = "", length = 0..=8_192)]
    pub description: String,
    /// Who may use and manage the key. Without one, the account's root may, and so whoever IAM allows it. The first
    /// key's policy does not count for it.
    #[arg(computed)]
    pub policy: Option<PolicyDocument>,
    /// Days between the delete and the end of the key.
    #[arg(
        write_only,
        default = 7,
        range = 7..=30,
        refuse("D09", only = 7, why = "a deleted key must not outlive its environment longer than it has to")
    )]
    pub deletion_window_in_days: i64,
    /// Whether the key can be used.
    #[arg(guards, default = true)]
    pub enabled: bool,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a twin.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ReplicaKeyOut {
    /// ARN, which differs from the first key's by its region.
    #[out(like = "arn:aws:kms:{region}:{account}:key/{id}")]
    pub arn: String,
    /// Key id, the same as the first key's.
    #[out(like = "{id}")]
    pub key_id: String,
}

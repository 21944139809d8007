//! `kms.key`: facts.

use dr_core::convert::{PolicyDocument, Tags};
use dr_macros::{Block, Kind};

/// A key that encrypts, signs or authenticates.
///
/// A key is never gone at once: a delete schedules it, and from then on nothing encrypted with it can be read. It
/// therefore goes after everything that it encrypts.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "kms.key",
    outputs = KeyOut,
    id = "{uuid}",
    keys(
        "whatever it has encrypted, when its waiting period of seven days is over",
        "the key for these seven days, in which its deletion can be cancelled"
    ),
    create = "2s",
    update = "2s",
    delete = "1s",
    leaves("key pending deletion", "keys pending deletion", "7d", "deletion_window_in_days")
)]
pub struct Key {
    /// What the key is for.
    #[arg(default = "", length = 0..=8_192)]
    pub description: String,
    /// Who may use and manage the key. Without one, the account's root may, and so whoever IAM allows it.
    #[arg(computed, grammar(Policy(&policies::KEY)))]
    pub policy: Option<PolicyDocument>,
    /// Whether the key's material is renewed at regular intervals.
    #[arg(guards, default = false)]
    pub enable_key_rotation: bool,
    /// Days between two rotations. KMS takes 365 when none is given.
    #[arg(computed, like = "365", range = 90..=2_560)]
    pub rotation_period_in_days: Option<i64>,
    /// What the key is used for.
    #[arg(
        replace,
        default = "ENCRYPT_DECRYPT",
        one_of("ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT")
    )]
    pub key_usage: String,
    /// Kind of key material, e.g. `RSA_2048`.
    #[arg(
        replace,
        default = "SYMMETRIC_DEFAULT",
        one_of(
            "SYMMETRIC_DEFAULT",
            "RSA_2048",
            "RSA_3072",
            "RSA_4096",
            "ECC_NIST_P256",
            "ECC_NIST_P384",
            "ECC_NIST_P521",
            "ECC_NIST_EDWARDS25519",
            "ECC_SECG_P256K1",
            "HMAC_224",
            "HMAC_256",
            "HMAC_384",
            "HMAC_512",
            "ML_DSA_44",
            "ML_DSA_65",
            "ML_DSA_87",
            "SM2"
        )
    )]
    pub key_spec: String,
    /// Whether other regions can hold replicas of the key. It cannot be deleted before them.
    #[arg(
        replace,
        default = false,
        warn(
            "D10",
            only = false,
            unless = "kms.replica_key",
            why = "the key cannot be deleted before replicas of it that nobody declares"
        )
    )]
    pub multi_region: bool,
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

/// Computed attributes of a key.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct KeyOut {
    /// ARN.
    #[out(like = "arn:aws:kms:{region}:{account}:key/{id}")]
    pub arn: String,
    /// Key id, without region and account.
    #[out(like = "{id}")]
    pub key_id: String,
}

//! `iam.policy`: facts.

use dr_core::convert::{PolicyDocument as Document, Tags};
use dr_macros::{Block, Kind};

/// A policy of the account, which several roles can share.
///
/// A change makes a new version and, when there are five, drops the oldest. A delete first detaches it everywhere; while
/// it limits the permissions of a role or user that still exists, it stays.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "iam.policy",
    outputs = PolicyOut,
    place = global,
    id = "arn:aws:iam::{account}:policy{path}{name}",
    unique = "account: name",
    create = "2s",
    update = "2s",
    delete = "2s"
)]
pub struct Policy {
    /// Policy name, the only one in the account. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 128, chars = "A-Za-z0-9_+=,.@-"))]
    pub name: String,
    /// Path of the policy.
    #[arg(replace, default = "/", length = 1..=512, pattern = "(/[A-Za-z0-9.,+@=_-]+)*/")]
    pub path: String,
    /// What the policy is for.
    #[arg(replace, length = 0..=1_000)]
    pub description: Option<String>,
    /// What it allows and denies.
    #[arg(guards, grammar(Policy(&policies::MANAGED)))]
    pub policy: Document,
    /// Tags.
    #[arg(tags, ignore_key_case)]
    pub tags: Tags,
}

/// Computed attributes of a policy.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct PolicyOut {
    /// ARN; also the id.
    #[out(like = "{id}")]
    pub arn: String,
    /// Stable unique id.
    #[out(like = "ANPA{alnum:17}")]
    pub policy_id: String,
}

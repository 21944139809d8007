//! `iam.role`: facts.

use dr_core::convert::{PolicyDocument, Tags};
use dr_macros::{Block, Kind};

/// A role that services or other accounts assume.
///
/// Deleting it first removes every inline policy and detaches every managed one, also those that somebody else added.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "iam.role",
    outputs = RoleOut,
    place = global,
    id = "{name}",
    unique = "account: name",
    create = "2s",
    update = "1s",
    delete = "2s"
)]
pub struct Role {
    /// Role name, the only one in the account. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 64, chars = "A-Za-z0-9_+=,.@-"))]
    pub name: String,
    /// Who may assume the role.
    #[arg(grammar(Policy(&policies::TRUST)))]
    pub assume_role_policy: PolicyDocument,
    /// What the role is for.
    #[arg(length = 0..=1_000, pattern = "[\\t\\n\\r -~\\u00A1-\\u00FF]*")]
    pub description: Option<String>,
    /// Path of the role.
    #[arg(replace, default = "/", length = 1..=512, pattern = "/|/[!-~]+/")]
    pub path: String,
    /// Longest session in seconds.
    #[arg(default = 3_600, range = 3_600..=43_200)]
    pub max_session_duration: i64,
    /// ARN of the policy that limits what the role's own policies can allow.
    #[arg(guards, refers("iam.policy.arn"), grammar(Arn(&arns::POLICY)), length = 20..=2_048)]
    pub permissions_boundary: Option<String>,
    /// Whether a delete also removes policies that somebody else added.
    #[arg(default = true, refuse("D16", only = true, why = "a role with policies left on it cannot be deleted"))]
    pub force_detach_policies: bool,
    /// Tags.
    #[arg(tags, ignore_key_case)]
    pub tags: Tags,
}

/// Computed attributes of a role.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct RoleOut {
    /// ARN.
    #[out(like = "arn:aws:iam::{account}:role{path}{name}")]
    pub arn: String,
    /// Stable unique id.
    #[out(like = "AROA{alnum:17}")]
    pub unique_id: String,
}

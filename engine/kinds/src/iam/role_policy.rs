//! `iam.role_policy`: facts.

use dr_core::convert::PolicyDocument as Document;
use dr_macros::Kind;

/// A policy written into a role. It goes before the role does.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "iam.role_policy",
    place = global,
    id = "{role}:{name}",
    unique = "account: role, name",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct RolePolicy {
    /// Policy name, the only one in the role. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 128, chars = "A-Za-z0-9_+=,.@-"))]
    pub name: String,
    /// Name of the role.
    #[arg(replace, refers("iam.role.name"), length = 1..=64, pattern = "[A-Za-z0-9_+=,.@-]+")]
    pub role: String,
    /// What it allows and denies.
    #[arg(guards, grammar(Policy(&policies::INLINE)))]
    pub policy: Document,
}

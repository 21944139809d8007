//! `sts.caller_identity`: facts.

use dr_macros::{Block, Kind};

/// Looks up who the engine is: the account and the credentials it works with.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(name = "sts.caller_identity", outputs = CallerIdentityOut, place = global, lookup, id = "{account}")]
pub struct CallerIdentity {}

/// Computed attributes of the caller.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct CallerIdentityOut {
    /// Number of the account.
    #[out(like = "{account}")]
    pub account_id: String,
    /// ARN of the user or role.
    #[out(like = "arn:aws:iam::{account}:user/dr")]
    pub arn: String,
    /// Stable unique id of the user, or of the role and the session.
    #[out(like = "AIDA{alnum:17}")]
    pub user_id: String,
}

//! `iam.role_policy_attachment`: facts.

use dr_macros::Kind;

/// That a role has a policy of the account, or one that AWS provides. It goes before the role does.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "iam.role_policy_attachment",
    place = global,
    id = "{role}/{policy_arn}",
    unique = "account: role, policy_arn",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct RolePolicyAttachment {
    /// Name of the role.
    #[arg(replace, refers("iam.role.name"), length = 1..=64, pattern = "[A-Za-z0-9_+=,.@-]+")]
    pub role: String,
    /// ARN of the policy, e.g. `arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole`.
    #[arg(guards, replace, refers("iam.policy.arn"), grammar(Arn(&arns::POLICY)))]
    pub policy_arn: String,
}

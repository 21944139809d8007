//! AWS Identity and Access Management.

service! {
    policy::Policy,
    role::Role,
    role_policy::RolePolicy,
    role_policy_attachment::RolePolicyAttachment,
}

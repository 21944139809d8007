//! AWS Identity and Access Management.

crate::lifecycle::service! {
    iam ("iam", errors::ERRORS) {
        policy::Policy,
        role::Role,
        role_policy::RolePolicy,
        role_policy_attachment::RolePolicyAttachment,
    }
}

crate::tags::tag_type!(checked aws_sdk_iam::types::Tag);

mod document;
mod errors;
mod leftovers;
pub(crate) mod sweep;
#[cfg(test)]
mod tests;

pub(crate) use leftovers::LEFTOVERS;

//! AWS Identity and Access Management.

crate::lifecycle::service! {
    iam {
        policy::Policy,
        role::Role,
        role_policy::RolePolicy,
        role_policy_attachment::RolePolicyAttachment,
    }
}

crate::tags::tag_type!(checked aws_sdk_iam::types::Tag);

#[cfg(test)]
mod tests;

use aws_sdk_iam::types::EntityType;
use dr_core::cloud::{CloudError, Found, tag};
use dr_core::convert::Policy;
use percent_encoding::percent_decode_str;

use crate::Aws;
use crate::cx::Phase;
use crate::tags::Reported as _;

/// A policy document as IAM gives it back: percent-encoded.
fn document(encoded: &str) -> Policy {
    Policy::parse(&percent_decode_str(encoded).decode_utf8_lossy())
}

/// The roles that carry the tags of a program's environment. One listing gives every role of the account with its tags.
pub(crate) async fn sweep(aws: &Aws, program: &str, environment: &str) -> Result<Vec<Found>, CloudError> {
    let pages = aws.clients.iam(aws.global_region()).get_account_authorization_details().filter(EntityType::Role);
    let pages =
        aws.call("iam:GetAccountAuthorizationDetails", Phase::Look, pages.into_paginator().send().try_collect());
    let roles = pages.await?.into_iter().flat_map(|page| page.role_detail_list.unwrap_or_default());
    let ours = roles.filter_map(|role| {
        let tags = role.tags().tags();
        let is = |key, value: &str| tags.get(key).is_some_and(|tag| tag == value);
        let ours = is(tag::ENVIRONMENT, environment) && is(tag::PROGRAM, program);
        ours.then(|| crate::sweep::found(role.arn().unwrap_or_default(), &tags))
    });
    Ok(ours.collect())
}

//! Roles, which the tagging API does not know.

use aws_sdk_iam::types::EntityType;
use dr_core::cloud::{CloudError, TaggedResource};
use dr_core::convert::Tags;

use crate::connect::{CallPhase, Connection};
use crate::tags::{Reported as _, found, has_all};

/// The tags of a role.
pub(crate) async fn tags_of_role(connection: &Connection, name: &str) -> Result<Tags, CloudError> {
    let asked = connection.clients.iam(connection.account.global_region()).list_role_tags().role_name(name).send();
    Ok(connection.call("iam:ListRoleTags", CallPhase::Look, asked).await?.tags().tags())
}

/// The roles that bear all of these tags. One listing gives every role of the account with its tags.
pub(crate) async fn roles(connection: &Connection, wanted: &[(&str, &str)]) -> Result<Vec<TaggedResource>, CloudError> {
    let pages = connection
        .clients
        .iam(connection.account.global_region())
        .get_account_authorization_details()
        .filter(EntityType::Role);
    let pages = connection.call(
        "iam:GetAccountAuthorizationDetails",
        CallPhase::Look,
        pages.into_paginator().send().try_collect(),
    );
    let roles = pages.await?.into_iter().flat_map(|page| page.role_detail_list.unwrap_or_default());
    let ours = roles.filter_map(|role| {
        let tags = role.tags().tags();
        has_all(&tags, wanted).then(|| found(role.arn().unwrap_or_default(), &tags))
    });
    Ok(ours.collect())
}

//! Leftovers of IAM: roles that lost their tags.

use aws_sdk_iam::types::Role;
use dr_core::leftover::{Leftover, Trail};

use crate::connect::{CallPhase, Connection};
use crate::leftover_look::LeftoverLook;
use crate::lifecycle::Result;

/// What this service is asked for.
pub(crate) const LEFTOVERS: &[LeftoverLook] = &[LeftoverLook {
    what: "roles, by the suffix",
    is_global: true,
    ask: |connection, region, trail| Box::pin(roles(connection, region, trail)),
}];

async fn roles(connection: &Connection, region: &str, trail: &Trail<'_>) -> Result<Vec<Leftover>> {
    let pages = connection.clients.iam(region).list_roles().into_paginator().items().send();
    let all: Vec<Role> = connection.call("iam:ListRoles", CallPhase::Look, pages.try_collect()).await?;
    let names = all.iter().map(Role::role_name);
    let found = names.filter_map(|name| Some(Leftover::new("role", None, name, trail.of_name(None, name)?)));
    Ok(found.collect())
}

//! Everything that carries an environment's tags, asked of AWS and not of the state.
//!
//! The Resource Groups Tagging API answers for all services at once, region by region; the address in each resource's
//! tags tells its kind. It does not know IAM roles, which are listed with their tags from IAM, and it goes on naming what
//! was deleted. What cannot be tagged (routes, records, aliases, policies of queues
//! and buckets) lives and dies with what can.

use std::collections::BTreeMap;

use aws_sdk_resourcegroupstagging::types::{Tag, TagFilter};
use dr_core::cloud::{CloudError, Sought, TaggedResource, tag};
use dr_core::region::GLOBAL;
use dr_core::schema::Place;

use crate::connect::{CallPhase, Connection};
use crate::lifecycle::Erased;
use crate::tags::{Reported as _, found};

crate::tags::tag_type!(checked Tag);

/// Everything in a region, or everything that is in none, that carries the tags of what is looked for.
pub(crate) async fn sweep(
    connection: &Connection,
    kinds: &BTreeMap<&'static str, &'static dyn Erased>,
    sought: Sought<'_>,
    place: &str,
) -> Result<Vec<TaggedResource>, CloudError> {
    let region = if place == GLOBAL { connection.account.global_region() } else { place };
    let mut found = by_tags(connection, sought, region).await?;
    for found in &mut found {
        // The ARN of a bucket does not say where it is.
        let kind = found.kind.as_deref().and_then(|kind| kinds.get(kind));
        if found.region.is_none() && kind.is_some_and(|kind| kind.kind().place == Place::Regional) {
            found.region = Some(region.into());
        }
    }
    if place == GLOBAL {
        // Global services answer in one region; what lives in that region does not count here.
        found.retain(|found| found.region.is_none());
        #[cfg(feature = "iam")]
        found.extend(crate::iam::sweep::roles(connection, sought).await?);
    }
    found.sort_by(|a, b| (&a.region, &a.id).cmp(&(&b.region, &b.id)));
    found.dedup();
    Ok(found)
}

async fn by_tags(connection: &Connection, sought: Sought<'_>, region: &str) -> Result<Vec<TaggedResource>, CloudError> {
    let filter = |key, value| TagFilter::builder().key(key).values(value).build();
    let pages = connection.clients.tagging(region).get_resources();
    let pages = pages.tag_filters(filter(tag::ENVIRONMENT, sought.environment));
    let pages =
        sought.program.into_iter().fold(pages, |pages, program| pages.tag_filters(filter(tag::PROGRAM, program)));
    let pages = pages.into_paginator().items().send();
    let resources = connection.call("tag:GetResources", CallPhase::Look, pages.try_collect()).await?;
    Ok(resources.iter().filter_map(|r| Some(found(r.resource_arn()?, &r.tags().tags()))).collect())
}

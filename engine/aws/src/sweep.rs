//! Everything that carries an environment's tags, asked of AWS and not of the state.
//!
//! The Resource Groups Tagging API answers for all services at once, region by region; the address in each resource's
//! tags tells its kind. It does not know IAM roles, which are listed with their tags from IAM, and it goes on naming what
//! was deleted. What cannot be tagged (routes, records, aliases, policies of queues
//! and buckets) lives and dies with what can.

use std::collections::BTreeMap;

use aws_sdk_resourcegroupstagging::types::{Tag, TagFilter};
use dr_core::arn::kind_of;
use dr_core::cloud::{CloudError, Sought, TaggedResource, tag};
use dr_core::region::GLOBAL;
use dr_core::schema::Place;

use crate::connect::{CallPhase, Connection};
use crate::lifecycle::Erased;
use crate::tags::{Reported as _, found, has_all};

crate::tags::tag_type!(checked Tag);

/// Everything in a region, or everything that is in none, that carries the tags of what is looked for.
pub(crate) async fn sweep(
    connection: &Connection,
    kinds: &BTreeMap<&'static str, &'static dyn Erased>,
    sought: Sought<'_>,
    place: &str,
) -> Result<Vec<TaggedResource>, CloudError> {
    let program = sought.program.map(|program| (tag::PROGRAM, program));
    let wanted: Vec<(&str, &str)> = [(tag::ENVIRONMENT, sought.environment)].into_iter().chain(program).collect();
    bearing(connection, kinds, &wanted, place).await
}

/// Everything in a region, or everything that is in none, that bears this tag.
pub(crate) async fn tagged(
    connection: &Connection,
    kinds: &BTreeMap<&'static str, &'static dyn Erased>,
    tag: (&str, &str),
    place: &str,
) -> Result<Vec<TaggedResource>, CloudError> {
    bearing(connection, kinds, &[tag], place).await
}

async fn bearing(
    connection: &Connection,
    kinds: &BTreeMap<&'static str, &'static dyn Erased>,
    wanted: &[(&str, &str)],
    place: &str,
) -> Result<Vec<TaggedResource>, CloudError> {
    let region = if place == GLOBAL { connection.account.global_region() } else { place };
    let mut found = by_tags(connection, wanted, region).await?;
    for found in &mut found {
        // The ARN of a bucket does not say where it is.
        let kind = found.kind.as_deref().and_then(|kind| kinds.get(kind)).map(|kind| kind.kind());
        let kind = kind.or_else(|| kind_of(kinds.values().map(|kind| kind.kind()), &found.id));
        if found.region.is_none() && kind.is_some_and(|kind| kind.place == Place::Regional) {
            found.region = Some(region.into());
        }
    }
    if place == GLOBAL {
        // Global services answer in one region; what lives in that region does not count here.
        found.retain(|found| found.region.is_none());
        #[cfg(feature = "iam")]
        found.extend(crate::iam::sweep::roles(connection, wanted).await?);
    }
    found.sort_by(|a, b| (&a.region, &a.id).cmp(&(&b.region, &b.id)));
    found.dedup();
    Ok(found)
}

async fn by_tags(
    connection: &Connection,
    wanted: &[(&str, &str)],
    region: &str,
) -> Result<Vec<TaggedResource>, CloudError> {
    let filter = |(key, value): &(&str, &str)| TagFilter::builder().key(*key).values(*value).build();
    let pages = wanted
        .iter()
        .map(filter)
        .fold(connection.clients.tagging(region).get_resources(), |pages, filter| pages.tag_filters(filter));
    let pages = pages.into_paginator().items().send();
    let resources = connection.call("tag:GetResources", CallPhase::Look, pages.try_collect()).await?;
    let bearing = resources.iter().filter_map(|resource| {
        let tags = resource.tags().tags();
        // A server that does not filter answers with all of them.
        has_all(&tags, wanted).then(|| Some(found(resource.resource_arn()?, &tags)))?
    });
    Ok(bearing.collect())
}

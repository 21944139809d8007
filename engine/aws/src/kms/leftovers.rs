//! Leftovers of KMS: keys that wait for their deletion.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_resourcegroupstagging::types::{ResourceTagMapping, TagFilter};
use dr_core::cloud::{ErrorClass, tag};
use dr_core::leftover::{Leftover, LeftoverDeparture, LeftoverSign, Trail};
use dr_core::money::Dollars;
use dr_core::value::Str;

use super::keys::{is_going, key_id};
use crate::connect::{CallPhase, Connection};
use crate::leftover_look::LeftoverLook;
use crate::lifecycle::Result;
use crate::tags::{Reported as _, found};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What this service is asked for.
pub(crate) const LEFTOVERS: &[LeftoverLook] = &[LeftoverLook {
    what: "keys pending deletion",
    is_global: false,
    ask: |connection, region, trail| Box::pin(keys(connection, region, trail)),
}];

/// Nothing is paid for a key while it waits.
/// Source: <https://aws.amazon.com/kms/pricing/>
async fn keys(connection: &Connection, region: &str, trail: &Trail<'_>) -> Result<Vec<Leftover>> {
    let mut known: BTreeMap<String, (LeftoverSign, Option<Str>)> = tagged(connection, region, trail).await?;
    for kind in ["kms.key", "kms.replica_key"] {
        let former = trail.former_of(kind, Some(region));
        known.extend(former.map(|key| (key.id.to_string(), (LeftoverSign::Former, Some(key.address.clone())))));
    }
    let mut left = Vec::new();
    for (id, (sign, address)) in known {
        let asked = connection.clients.kms(region).describe_key().key_id(&id).send();
        let key = match connection.call("kms:DescribeKey", CallPhase::Look, asked).await {
            Ok(answer) => answer.key_metadata.filter(is_going),
            Err(error) if error.class == ErrorClass::Gone => None,
            Err(error) => return Err(error),
        };
        let Some(key) = key else { continue };
        let one = Leftover::new("key pending deletion", Some(region), &id, (sign, address.as_ref()));
        let window = key.pending_deletion_window_in_days().and_then(|days| u32::try_from(days).ok()).unwrap_or(30);
        let departure = match key.deletion_date().and_then(|date| u64::try_from(date.secs()).ok()) {
            Some(date) => LeftoverDeparture::At(date),
            // It waits for its replicas first.
            None => LeftoverDeparture::within(DAY * window),
        };
        left.push(Leftover { monthly: Some(Dollars(0)), ..one.going(departure) });
    }
    Ok(left)
}

/// The keys that bear the environment's tags, by their ids.
async fn tagged(
    connection: &Connection,
    region: &str,
    trail: &Trail<'_>,
) -> Result<BTreeMap<String, (LeftoverSign, Option<Str>)>> {
    let ours = TagFilter::builder().key(tag::ENVIRONMENT).values(trail.sought.environment).build();
    let pages = connection.clients.tagging(region).get_resources().resource_type_filters("kms:key").tag_filters(ours);
    let pages = pages.into_paginator().items().send();
    let all: Vec<ResourceTagMapping> =
        connection.call("tag:GetResources", CallPhase::Look, pages.try_collect()).await?;
    let keys = all.iter().filter_map(|one| {
        let (arn, tags) = (one.resource_arn()?, one.tags().tags());
        let (environment, program) = (tags.get(tag::ENVIRONMENT)?, tags.get(tag::PROGRAM)?);
        // A server that does not filter answers with all of them.
        let is_ours = arn.contains(":kms:") && trail.sought.fits(environment, program);
        is_ours.then(|| (key_id(arn).to_owned(), (LeftoverSign::Tags, found(arn, &tags).address)))
    });
    Ok(keys.collect())
}

//! Leftovers of S3: buckets that lost their tags.

use aws_sdk_s3::types::Bucket;
use dr_core::leftover::{Leftover, Trail};

use crate::connect::{CallPhase, Connection};
use crate::leftover_look::LeftoverLook;
use crate::lifecycle::Result;

/// What this service is asked for.
pub(crate) const LEFTOVERS: &[LeftoverLook] = &[LeftoverLook {
    what: "buckets, by the suffix",
    is_global: true,
    ask: |connection, region, trail| Box::pin(buckets(connection, region, trail)),
}];

/// One listing gives the buckets of all regions.
async fn buckets(connection: &Connection, region: &str, trail: &Trail<'_>) -> Result<Vec<Leftover>> {
    let pages = connection.clients.s3(region).list_buckets().into_paginator().items().send();
    let all: Vec<Bucket> = connection.call("s3:ListBuckets", CallPhase::Look, pages.try_collect()).await?;
    let found = all.iter().filter_map(|bucket| {
        let (name, region) = (bucket.name()?, bucket.bucket_region());
        Some(Leftover::new("bucket", region, name, trail.of_name(region, name)?))
    });
    Ok(found.collect())
}

//! Tags of buckets.

use aws_sdk_s3::types::Tag;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// The tags of a bucket, or `None` if there is no such bucket.
pub(super) async fn tags_of(cx: &Cx<'_>, bucket: &str) -> Result<Option<Vec<Tag>>> {
    match cx.looking().call("s3:GetBucketTagging", cx.s3().get_bucket_tagging().bucket(bucket).send()).await {
        Err(error) if &*error.code == "NoSuchTagSet" => Ok(Some(Vec::new())),
        reply => Ok(reply.found()?.map(|reply| reply.tag_set)),
    }
}

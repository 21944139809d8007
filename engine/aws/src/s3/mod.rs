//! Amazon Simple Storage Service.

crate::lifecycle::service! {
    s3 { bucket::Bucket, bucket_policy::BucketPolicy, bucket_replication::BucketReplication }
}

mod empty;
mod lifecycle;
mod settings;
#[cfg(test)]
mod tests;

crate::tags::tag_type!(checked aws_sdk_s3::types::Tag);

use aws_sdk_s3::types::Tag;

use crate::cx::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// The tags of a bucket, or `None` if there is no such bucket.
async fn tags_of(cx: &Cx<'_>, bucket: &str) -> Result<Option<Vec<Tag>>> {
    match cx.looking().call("s3:GetBucketTagging", cx.s3().get_bucket_tagging().bucket(bucket).send()).await {
        Err(error) if &*error.code == "NoSuchTagSet" => Ok(Some(Vec::new())),
        reply => Ok(reply.found()?.map(|reply| reply.tag_set)),
    }
}

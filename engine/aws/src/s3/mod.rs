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
use dr_core::compare::same;
use dr_core::convert::KindArgs;
use dr_core::value::Value;

use crate::cx::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// The tags of a bucket, or `None` if there is no such bucket.
async fn tags_of(cx: &Cx<'_>, bucket: &str) -> Result<Option<Vec<Tag>>> {
    match cx.looking().call("s3:GetBucketTagging", cx.s3().get_bucket_tagging().bucket(bucket).send()).await {
        Err(error) if &*error.code == "NoSuchTagSet" => Ok(Some(Vec::new())),
        reply => Ok(reply.found()?.map(|reply| reply.tag_set)),
    }
}

/// Whether two say the same. What a bucket has at most one of, and cannot be tagged, is this operation's if it says
/// what the operation was to say.
fn says_the_same<K: KindArgs>(a: &K, b: &K) -> bool {
    let (a, b) = (a.to_map(), b.to_map());
    let value = |map: &dr_core::value::Map<Value>, name| map.get(name).cloned().unwrap_or_default();
    K::KIND.args.iter().all(|field| same(field, &value(&a, field.name), &value(&b, field.name)))
}

/// A number of days and the like; the schema keeps them within 32 bits.
fn int(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

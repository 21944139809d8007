//! Amazon Simple Storage Service.

crate::lifecycle::service! {
    s3 ("s3", errors::ERRORS) { bucket::Bucket, bucket_policy::BucketPolicy, bucket_replication::BucketReplication }
}

crate::tags::tag_type!(checked aws_sdk_s3::types::Tag);

mod empty;
mod errors;
mod leftovers;
mod lifecycle;
mod settings;
mod tagging;
mod taken;
#[cfg(test)]
mod tests;

pub(crate) use leftovers::LEFTOVERS;

//! Amazon Simple Storage Service.

mod lifecycle;
pub use lifecycle::*;

service! { bucket::Bucket, bucket_policy::BucketPolicy, bucket_replication::BucketReplication }

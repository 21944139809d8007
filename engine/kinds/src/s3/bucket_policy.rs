//! `s3.bucket_policy`: facts.

use dr_core::convert::PolicyDocument;
use dr_macros::Kind;

/// The policy of a bucket; a bucket has at most one.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "s3.bucket_policy",
    id = "{bucket}",
    unique = "account: bucket",
    deleted_with = "bucket",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct BucketPolicy {
    /// The bucket.
    #[arg(replace, refers("s3.bucket.bucket"), length = 3..=63, pattern = "[a-z0-9][a-z0-9.-]*[a-z0-9]")]
    pub bucket: String,
    /// Who may do what with the bucket and its objects.
    #[arg(grammar(Policy(&policies::BUCKET)))]
    pub policy: PolicyDocument,
}

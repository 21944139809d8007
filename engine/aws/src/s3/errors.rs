//! What error codes of S3 mean.

use crate::connect::errors::{ABSENT, CONFLICT, EXISTS, ErrorRule, GONE, NOT_YET};

/// The rules.
pub(super) const ERRORS: &[ErrorRule] = &[
    ("BucketAlreadyExists", "", EXISTS),
    ("BucketAlreadyOwnedByYou", "", EXISTS),
    ("BucketNotEmpty", "", CONFLICT),
    ("InvalidBucketState", "", CONFLICT),
    ("InvalidRequest", "replication", NOT_YET),
    ("InvalidRequest", "versioning", NOT_YET),
    ("InvalidTargetBucketForLogging", "permissions", NOT_YET),
    ("MalformedPolicy", "invalid principal", NOT_YET),
    ("NoSuchBucket", "", ABSENT),
    ("NoSuchBucketPolicy", "", GONE),
    ("NoSuchCORSConfiguration", "", GONE),
    ("NoSuchLifecycleConfiguration", "", GONE),
    ("NoSuchPublicAccessBlockConfiguration", "", GONE),
    ("NoSuchTagSet", "", GONE),
    ("NoSuchUpload", "", GONE),
    ("OwnershipControlsNotFoundError", "", GONE),
    ("ReplicationConfigurationNotFoundError", "", GONE),
    ("ServerSideEncryptionConfigurationNotFoundError", "", GONE),
];

#[cfg(test)]
mod tests {
    use dr_core::cloud::ErrorClass::Conflict;

    use crate::connect::errors::CallPhase::Make;
    use crate::connect::errors::assert_classes;

    #[test]
    fn codes_mean_what_the_service_means() {
        assert_classes(super::ERRORS, &[("s3:PutBucketPolicy", Make, 409, "OperationAborted", "", Conflict)]);
    }
}

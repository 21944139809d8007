//! `s3.bucket_replication`: facts.

use std::collections::BTreeMap;

use dr_macros::{Block, Kind};

/// Which objects of a bucket are copied where. Both buckets must keep versions.
///
/// It is a resource of its own, so that two buckets can be copied into each other. It goes before both of them: what
/// is still copied would fill a destination that is being emptied.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "s3.bucket_replication",
    id = "{bucket}",
    unique = "account: bucket",
    create = "2s",
    update = "2s",
    delete = "2s"
)]
pub struct BucketReplication {
    /// The bucket whose objects are copied.
    #[arg(replace, refers("s3.bucket.bucket"), length = 3..=63, pattern = "[a-z0-9][a-z0-9.-]*[a-z0-9]")]
    pub bucket: String,
    /// ARN of the role that S3 copies with.
    #[arg(refers("iam.role.arn"), grammar(Arn(&arns::ROLE)))]
    pub role: String,
    /// What is copied where.
    #[arg(guards, unordered, length = 1..=1_000)]
    pub rules: Vec<ReplicationRule>,
}

/// What is copied where.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ReplicationRule {
    /// Id of the rule, the only one in the bucket; a dimension of its metrics.
    #[arg(length = 1..=255)]
    pub id: String,
    /// Which rule counts where several are for the same destination: the one with the highest number.
    #[arg(default = 0, range = 0..=2_147_483_647)]
    pub priority: i64,
    /// Whether the rule counts.
    #[arg(default = "Enabled", one_of("Enabled", "Disabled"))]
    pub status: String,
    /// Which objects; all when left out.
    #[arg(default = {})]
    pub filter: ReplicationFilter,
    /// Whether deletions (their markers) are copied too.
    #[arg(default = "Disabled", one_of("Enabled", "Disabled"))]
    pub delete_marker_replication: String,
    /// Where the copies go.
    pub destination: ReplicationDestination,
    /// Which objects are copied that are left out otherwise.
    pub source_selection_criteria: Option<SourceSelectionCriteria>,
    /// Whether objects are copied that were there before the rule. S3 does so only where support has switched it on.
    #[arg(one_of("Enabled", "Disabled"))]
    pub existing_object_replication: Option<String>,
}

/// Which objects a replication rule is for. Everything that is given must hold.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ReplicationFilter {
    /// What their keys start with.
    #[arg(default = "")]
    pub prefix: String,
    /// Tags that they all have.
    #[arg(default = {})]
    pub tags: BTreeMap<String, String>,
}

/// Where copies go.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ReplicationDestination {
    /// ARN of the bucket.
    #[arg(refers("s3.bucket.arn"), grammar(Arn(&arns::BUCKET)))]
    pub bucket: String,
    /// Storage class of the copies; that of the original when left out.
    #[arg(one_of(
        "STANDARD",
        "REDUCED_REDUNDANCY",
        "STANDARD_IA",
        "ONEZONE_IA",
        "INTELLIGENT_TIERING",
        "GLACIER_IR",
        "GLACIER",
        "DEEP_ARCHIVE"
    ))]
    pub storage_class: Option<String>,
    /// Number of the account that the bucket belongs to, if it is another one.
    #[arg(pattern = "\\d{12}")]
    pub account: Option<String>,
    /// Who owns the copies, when the bucket belongs to another account.
    pub access_control_translation: Option<AccessControlTranslation>,
    /// ARN of the key, of the destination's region, that encrypts copies of objects encrypted with KMS.
    #[arg(refers("kms.key.arn"), grammar(Arn(&arns::KEY)))]
    pub replica_kms_key_id: Option<String>,
    /// Minutes within which objects are copied: 15, or no promise when left out. Needs `metrics`.
    #[arg(one_of_int(15))]
    pub replication_time: Option<i64>,
    /// Minutes after which an event tells of an object that is not copied yet: 15. Publishes metrics of the rule;
    /// there are none when left out.
    #[arg(one_of_int(15))]
    pub metrics: Option<i64>,
}

/// Who owns copies in another account.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct AccessControlTranslation {
    /// The owner of the destination.
    #[arg(default = "Destination", one_of("Destination"))]
    pub owner: String,
}

/// Which objects are copied that are left out otherwise.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct SourceSelectionCriteria {
    /// Objects that are encrypted with KMS. Needs the destination's `replica_kms_key_id`.
    #[arg(one_of("Enabled", "Disabled"))]
    pub sse_kms_encrypted_objects: Option<String>,
    /// Changes of tags, access lists and locks that were made on copies.
    #[arg(one_of("Enabled", "Disabled"))]
    pub replica_modifications: Option<String>,
}

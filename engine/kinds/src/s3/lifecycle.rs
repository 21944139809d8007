//! Lifecycle rules of `s3.bucket`.

use std::collections::BTreeMap;

use dr_macros::Block;

/// What happens to objects as they grow old.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct LifecycleRule {
    /// Id of the rule, the only one in the bucket.
    #[arg(length = 1..=255)]
    pub id: String,
    /// Whether the rule counts.
    #[arg(default = "Enabled", one_of("Enabled", "Disabled"))]
    pub status: String,
    /// Which objects; all when left out.
    #[arg(default = {})]
    pub filter: LifecycleFilter,
    /// When the current version goes.
    pub expiration: Option<LifecycleExpiration>,
    /// When former versions go.
    pub noncurrent_version_expiration: Option<NoncurrentVersionExpiration>,
    /// When the current version moves to another storage class.
    #[arg(default = [], unordered)]
    pub transitions: Vec<LifecycleTransition>,
    /// When former versions move to another storage class.
    #[arg(default = [], unordered)]
    pub noncurrent_version_transitions: Vec<NoncurrentVersionTransition>,
    /// When unfinished uploads go.
    pub abort_incomplete_multipart_upload: Option<AbortIncompleteMultipartUpload>,
}

/// Which objects a lifecycle rule is for. Everything that is given must hold.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct LifecycleFilter {
    /// What their keys start with.
    #[arg(default = "")]
    pub prefix: String,
    /// Tags that they all have.
    #[arg(default = {})]
    pub tags: BTreeMap<String, String>,
    /// Bytes that they are larger than.
    #[arg(range = 0..=9_223_372_036_854_775_807)]
    pub object_size_greater_than: Option<i64>,
    /// Bytes that they are smaller than.
    #[arg(range = 1..=9_223_372_036_854_775_807)]
    pub object_size_less_than: Option<i64>,
}

/// When the current version of an object goes: one of the three.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct LifecycleExpiration {
    /// Days after its creation.
    #[arg(range = 1..=2_147_483_647)]
    pub days: Option<i64>,
    /// Midnight UTC of this day, e.g. `2027-01-31`.
    #[arg(pattern = "\\d{4}-\\d{2}-\\d{2}")]
    pub date: Option<String>,
    /// Whether a delete marker goes once it has no versions left.
    pub expired_object_delete_marker: Option<bool>,
}

/// When former versions of an object go.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct NoncurrentVersionExpiration {
    /// Days after they were superseded.
    #[arg(range = 1..=2_147_483_647)]
    pub noncurrent_days: i64,
    /// How many of the newest of them stay.
    #[arg(range = 1..=100)]
    pub newer_noncurrent_versions: Option<i64>,
}

/// When the current version of an object moves to another storage class.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct LifecycleTransition {
    /// Days after its creation.
    #[arg(range = 0..=2_147_483_647)]
    pub days: Option<i64>,
    /// Midnight UTC of this day, e.g. `2027-01-31`.
    #[arg(pattern = "\\d{4}-\\d{2}-\\d{2}")]
    pub date: Option<String>,
    /// Where to.
    #[arg(one_of("STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"))]
    pub storage_class: String,
}

/// When former versions of an object move to another storage class.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct NoncurrentVersionTransition {
    /// Days after they were superseded.
    #[arg(range = 0..=2_147_483_647)]
    pub noncurrent_days: i64,
    /// Where to.
    #[arg(one_of("STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"))]
    pub storage_class: String,
    /// How many of the newest of them stay.
    #[arg(range = 1..=100)]
    pub newer_noncurrent_versions: Option<i64>,
}

/// When unfinished uploads go.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct AbortIncompleteMultipartUpload {
    /// Days after their start.
    #[arg(range = 1..=2_147_483_647)]
    pub days_after_initiation: i64,
}

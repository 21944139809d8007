//! `s3.bucket`: facts. Lifecycle rules are in `lifecycle.rs`.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

use super::LifecycleRule;

/// A bucket with its versioning, encryption, public access block, ownership, lifecycle, logging and CORS settings.
///
/// A delete first empties it: every version, every delete marker, every unfinished upload.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "s3.bucket",
    outputs = BucketOut,
    id = "{bucket}",
    unique = "world: bucket",
    data("its objects with all their versions", "what replication has copied to other buckets"),
    create = "5s",
    update = "2s",
    delete = "5s",
    pace = "2s"
)]
pub struct Bucket {
    /// Bucket name, the only one in the world. Defaults to the resource name with the suffix; add the account number
    /// or some random characters where somebody else could have the same idea.
    #[arg(
        replace,
        name(max = 63, chars = "a-z0-9.-", lower),
        length = 3..=63,
        pattern = "[a-z0-9].*[a-z0-9]"
    )]
    pub bucket: String,
    /// Whether a delete removes the objects too.
    #[arg(
        write_only,
        default = true,
        refuse("D07", only = true, why = "a bucket that is not empty cannot be deleted")
    )]
    pub force_destroy: bool,
    /// Whether overwritten and deleted objects are kept as versions. Once on, it can only be suspended.
    #[arg(guards, default = false)]
    pub versioning: bool,
    /// How objects are encrypted that do not say it themselves.
    #[arg(guards, default = {})]
    pub encryption: BucketEncryption,
    /// What is refused although a policy or an access list allows it to everybody.
    #[arg(guards, default = {})]
    pub public_access_block: PublicAccessBlock,
    /// Who owns objects, and whether access lists count.
    #[arg(
        guards,
        default = "BucketOwnerEnforced",
        one_of("BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter")
    )]
    pub object_ownership: String,
    /// What happens to objects as they grow old.
    #[arg(guards, default = [], unordered, length = 0..=1_000)]
    pub lifecycle_rules: Vec<LifecycleRule>,
    /// Where requests to the bucket are logged.
    pub logging: Option<BucketLogging>,
    /// Which pages of other origins may use the bucket from a browser.
    #[arg(default = [], length = 0..=100)]
    pub cors_rules: Vec<CorsRule>,
    /// Whether objects can be locked against deletion.
    #[arg(
        guards,
        replace,
        default = false,
        refuse("D08", only = false, why = "locked objects cannot be deleted before their time, nor can their bucket")
    )]
    pub object_lock_enabled: bool,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// How objects are encrypted that do not say it themselves.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct BucketEncryption {
    /// `AES256` with a key of S3, `aws:kms` with a key in KMS.
    #[arg(default = "AES256", one_of("AES256", "aws:kms", "aws:kms:dsse"))]
    pub sse_algorithm: String,
    /// Key in KMS: ARN or id. Without one, `aws:kms` uses the account's key for S3.
    #[arg(refers("kms.key.arn"), grammar(Key))]
    pub kms_master_key_id: Option<String>,
    /// Whether a key of the bucket saves most requests to KMS.
    #[arg(default = false)]
    pub bucket_key_enabled: bool,
}

/// What is refused although a policy or an access list allows it to everybody.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct PublicAccessBlock {
    /// Refuse public access lists.
    #[arg(default = true)]
    pub block_public_acls: bool,
    /// Refuse public policies.
    #[arg(default = true)]
    pub block_public_policy: bool,
    /// Ignore public access lists.
    #[arg(default = true)]
    pub ignore_public_acls: bool,
    /// Let only the account and AWS services in while the policy is public.
    #[arg(default = true)]
    pub restrict_public_buckets: bool,
}

/// Where requests to a bucket are logged.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct BucketLogging {
    /// Bucket that takes the logs, of the same region.
    #[arg(refers("s3.bucket.bucket", loose))]
    pub target_bucket: String,
    /// What the keys of logs start with.
    #[arg(default = "")]
    pub target_prefix: String,
}

/// Which pages of other origins may use a bucket from a browser.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct CorsRule {
    /// Id of the rule.
    #[arg(length = 0..=255)]
    pub id: Option<String>,
    /// Origins, with at most one `*` each.
    #[arg(unordered, length = 1..=100)]
    pub allowed_origins: Vec<String>,
    /// Methods: `GET`, `PUT`, `HEAD`, `POST`, `DELETE`.
    #[arg(unordered, length = 1..=5)]
    pub allowed_methods: Vec<String>,
    /// Headers that a request may carry.
    #[arg(default = [], unordered)]
    pub allowed_headers: Vec<String>,
    /// Headers of the reply that a page may read.
    #[arg(default = [], unordered)]
    pub expose_headers: Vec<String>,
    /// Seconds that a browser remembers the answer.
    #[arg(range = 0..=2_147_483_647)]
    pub max_age_seconds: Option<i64>,
}

/// Computed attributes of a bucket.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct BucketOut {
    /// ARN.
    #[out(like = "arn:aws:s3:::{bucket}")]
    pub arn: String,
    /// Host name without region.
    #[out(like = "{bucket}.s3.amazonaws.com")]
    pub bucket_domain_name: String,
    /// Host name with region.
    #[out(like = "{bucket}.s3.{region}.amazonaws.com")]
    pub bucket_regional_domain_name: String,
}

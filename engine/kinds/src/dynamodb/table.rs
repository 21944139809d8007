//! `dynamodb.table`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A table with its indexes, stream, expiry, encryption and backups.
///
/// Replicas in other regions are resources of their own (`dynamodb.table_replica`), so that they always go first.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "dynamodb.table",
    outputs = TableOut,
    id = "{name}",
    unique = "region: name",
    data(
        "its items",
        "backups that somebody made and, with point-in-time recovery, one of the last state for 35 days"
    ),
    create = "15s",
    update = "15s",
    delete = "15s",
    pace = "2s",
    elsewhere("replicas", "D21", "declare a `dynamodb::table_replica` in the replica's region; a destroy takes it first"),
    leaves("last backup of a table", "last backups of tables", "35d", "point_in_time_recovery")
)]
pub struct Table {
    /// Table name. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 255, chars = "A-Za-z0-9_.-"), length = 3..=255)]
    pub name: String,
    /// Attribute that items are spread by.
    #[arg(replace, length = 1..=255)]
    pub hash_key: String,
    /// Attribute that items of the same hash key are ordered by.
    #[arg(replace, length = 1..=255)]
    pub range_key: Option<String>,
    /// Types of the attributes that keys of the table and its indexes name; no others.
    #[arg(unordered, length = 1..=45)]
    pub attributes: Vec<TableAttribute>,
    /// Whether requests are paid one by one or capacity by the hour.
    #[arg(default = "PAY_PER_REQUEST", one_of("PAY_PER_REQUEST", "PROVISIONED"))]
    pub billing_mode: String,
    /// Reads per second, when capacity is provisioned.
    #[arg(range = 1..=1_000_000)]
    pub read_capacity: Option<i64>,
    /// Writes per second, when capacity is provisioned.
    #[arg(range = 1..=1_000_000)]
    pub write_capacity: Option<i64>,
    /// Indexes with keys of their own. They are made and removed one at a time.
    #[arg(default = [], unordered, length = 0..=20)]
    pub global_secondary_indexes: Vec<GlobalSecondaryIndex>,
    /// Indexes with the table's hash key and another range key. They are made with the table or never.
    #[arg(replace, default = [], unordered, length = 0..=5)]
    pub local_secondary_indexes: Vec<LocalSecondaryIndex>,
    /// Whether changes of items can be read as a stream. Replicas need one.
    #[arg(default = false)]
    pub stream_enabled: bool,
    /// What a stream shows of a changed item; both images when left out.
    #[arg(
        computed,
        like = "NEW_AND_OLD_IMAGES",
        one_of("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")
    )]
    pub stream_view_type: Option<String>,
    /// When items expire; never when left out.
    #[arg(guards)]
    pub ttl: Option<TimeToLive>,
    /// Encryption with a key in KMS; with a key that DynamoDB owns when left out.
    #[arg(guards)]
    pub server_side_encryption: Option<ServerSideEncryption>,
    /// Whether the table can be restored to any second of the last 35 days.
    #[arg(
        guards,
        default = false,
        note("D06", only = false, why = "after a delete, DynamoDB keeps a last backup for 35 days, free of charge")
    )]
    pub point_in_time_recovery: bool,
    /// Storage class.
    #[arg(default = "STANDARD", one_of("STANDARD", "STANDARD_INFREQUENT_ACCESS"))]
    pub table_class: String,
    /// Whether the table refuses to be deleted.
    #[arg(protects, default = false, refuse("D05", only = false, why = "a protected table cannot be deleted"))]
    pub deletion_protection_enabled: bool,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Type of an attribute that keys name.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct TableAttribute {
    /// Attribute name.
    #[arg(length = 1..=255)]
    pub name: String,
    /// `S` for text, `N` for numbers, `B` for bytes.
    #[arg(one_of("S", "N", "B"))]
    pub r#type: String,
}

/// An index with keys of its own.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct GlobalSecondaryIndex {
    /// Index name.
    #[arg(length = 3..=255, pattern = "[A-Za-z0-9_.-]+")]
    pub name: String,
    /// Attribute that entries are spread by.
    #[arg(length = 1..=255)]
    pub hash_key: String,
    /// Attribute that entries of the same hash key are ordered by.
    #[arg(length = 1..=255)]
    pub range_key: Option<String>,
    /// Which attributes entries hold besides the keys.
    #[arg(default = "ALL", one_of("ALL", "KEYS_ONLY", "INCLUDE"))]
    pub projection_type: String,
    /// The attributes of `INCLUDE`.
    #[arg(default = [], unordered, length = 0..=20)]
    pub non_key_attributes: Vec<String>,
    /// Reads per second, when capacity is provisioned.
    #[arg(range = 1..=1_000_000)]
    pub read_capacity: Option<i64>,
    /// Writes per second, when capacity is provisioned.
    #[arg(range = 1..=1_000_000)]
    pub write_capacity: Option<i64>,
}

/// An index with the table's hash key and another range key.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct LocalSecondaryIndex {
    /// Index name.
    #[arg(length = 3..=255, pattern = "[A-Za-z0-9_.-]+")]
    pub name: String,
    /// Attribute that entries of the same hash key are ordered by.
    #[arg(length = 1..=255)]
    pub range_key: String,
    /// Which attributes entries hold besides the keys.
    #[arg(default = "ALL", one_of("ALL", "KEYS_ONLY", "INCLUDE"))]
    pub projection_type: String,
    /// The attributes of `INCLUDE`.
    #[arg(default = [], unordered, length = 0..=20)]
    pub non_key_attributes: Vec<String>,
}

/// When items expire.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct TimeToLive {
    /// Attribute that holds the time, in seconds since 1970.
    #[arg(length = 1..=255)]
    pub attribute_name: String,
}

/// Encryption with a key in KMS.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ServerSideEncryption {
    /// Always true: to encrypt with a key that DynamoDB owns, leave the block out.
    #[arg(default = true)]
    pub enabled: bool,
    /// The key; the account's key for DynamoDB when left out. Either the table and all its replicas name one, or none
    /// does.
    #[arg(refers("kms.key.arn"), grammar(Key))]
    pub kms_key_arn: Option<String>,
}

/// Computed attributes of a table.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct TableOut {
    /// ARN.
    #[out(like = "arn:aws:dynamodb:{region}:{account}:table/{name}")]
    pub arn: String,
    /// ARN of the stream; empty when there is none.
    #[out(volatile, like = "{arn}/stream/{stream_label}")]
    pub stream_arn: String,
    /// When the stream was made; empty when there is none.
    #[out(volatile, like = "2026-01-01T00:00:00.000")]
    pub stream_label: String,
    /// Id that tells the table from an earlier one of the same name.
    #[out(like = "{uuid}")]
    pub table_id: String,
}

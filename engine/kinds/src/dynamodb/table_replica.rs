//! `dynamodb.table_replica`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A replica of a table in another region; the table becomes a global table (version 2019.11.21).
///
/// Its region is where the replica lives. A table cannot be deleted while it has replicas, and the table that a
/// replica was made from cannot be deleted for 24 hours while that replica exists, so replicas are always deleted
/// first.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "dynamodb.table_replica",
    outputs = TableReplicaOut,
    id = "{table_name}",
    unique = "region: table_name",
    data("the copy of the items in its region", "the items in the other regions of the table"),
    create = "2m",
    update = "10s",
    delete = "2m",
    pace = "5s"
)]
pub struct TableReplica {
    /// The table.
    #[arg(replace, refers("dynamodb.table.name"))]
    pub table_name: String,
    /// Region of the table that the replica is made from.
    #[arg(replace, region)]
    pub source_region: String,
    /// Key of the replica's own region that encrypts it. Either the table and all its replicas name one, or none does.
    #[arg(guards, replace, refers("kms.key.arn"), grammar(Key))]
    pub kms_key_arn: Option<String>,
    /// Whether the replica can be restored to any second of the last 35 days.
    #[arg(
        guards,
        default = false,
        note("D06", only = false, why = "after a delete, DynamoDB keeps a last backup for 35 days, free of charge")
    )]
    pub point_in_time_recovery: bool,
    /// Storage class.
    #[arg(default = "STANDARD", one_of("STANDARD", "STANDARD_INFREQUENT_ACCESS"))]
    pub table_class: String,
    /// Whether the replica refuses to be deleted.
    #[arg(protects, default = false, refuse("D05", only = false, why = "a protected replica cannot be deleted"))]
    pub deletion_protection_enabled: bool,
    /// Tags of the replica; they are set in its own region once it is there.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a replica.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct TableReplicaOut {
    /// ARN of the replica.
    #[out(like = "arn:aws:dynamodb:{region}:{account}:table/{table_name}")]
    pub arn: String,
    /// ARN of the replica's stream; empty when the table has none.
    #[out(like = "arn:aws:dynamodb:{region}:{account}:table/{table_name}/stream/2026-01-01T00:00:00.000")]
    pub stream_arn: String,
}

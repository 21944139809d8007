//! `rds.global_cluster`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// An Aurora database over several regions: one cluster writes, those of the other regions follow it.
///
/// Its clusters name it in their `global_cluster_identifier`; the first one writes. A later one needs the writer's
/// instance, not only its cluster: say so with `depends_on`. Which cluster writes may change (switchover, failover);
/// that is no difference. Classes `db.t*` are refused to its instances: take `db.r5` or later, or `db.serverless`.
///
/// It is deleted after its clusters. Clusters that somebody else put into it are taken out of it first, and stay.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "rds.global_cluster",
    outputs = GlobalClusterOut,
    place = global,
    id = "{global_cluster_identifier}",
    unique = "account: global_cluster_identifier",
    data(
        "the replication between its clusters, and with it the failover to another region",
        "its clusters with their data"
    ),
    create = "15s",
    update = "10s",
    delete = "30s",
    pace = "5s"
)]
pub struct GlobalCluster {
    /// Identifier, in lower case, the only one in the account. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 63, chars = "a-z0-9-", lower), pattern = "[a-z](-?[a-z0-9])*")]
    pub global_cluster_identifier: String,
    /// Database engine of all its clusters.
    #[arg(replace, one_of("aurora-mysql", "aurora-postgresql"))]
    pub engine: String,
    /// Version of the engine, e.g. `15.15`; the clusters' own must be the same. An upgrade goes through all of them, the
    /// writer last. A version without its last number stands for any that starts with it.
    #[arg(computed, one_way, like = "15.15", pattern = "[0-9]+(\\.[0-9a-z_]+)*")]
    pub engine_version: Option<String>,
    /// Whether an upgrade may be one to another major version.
    #[arg(write_only, default = false)]
    pub allow_major_version_upgrade: bool,
    /// How long after the end of standard support the version may run: with extended support, which costs extra, or
    /// not at all.
    #[arg(
        replace,
        computed,
        like = "open-source-rds-extended-support",
        one_of("open-source-rds-extended-support", "open-source-rds-extended-support-disabled")
    )]
    pub engine_lifecycle_support: Option<String>,
    /// Database that is made with it. Give it here or at the first cluster.
    #[arg(replace, length = 1..=64, pattern = "[A-Za-z][A-Za-z0-9_]*")]
    pub database_name: Option<String>,
    /// Whether the storage of all its clusters is encrypted; each cluster must say the same.
    #[arg(guards, replace, default = true)]
    pub storage_encrypted: bool,
    /// Whether it refuses to be deleted.
    #[arg(protects, default = false, refuse("D01", only = false, why = "a protected global cluster cannot be deleted"))]
    pub deletion_protection: bool,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a global cluster.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct GlobalClusterOut {
    /// ARN, which names no region.
    #[out(like = "arn:aws:rds::{account}:global-cluster:{id}")]
    pub arn: String,
    /// Id that tells it from an earlier one of the same identifier.
    #[out(like = "cluster-{hex:16}")]
    pub global_cluster_resource_id: String,
}

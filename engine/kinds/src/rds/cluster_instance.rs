//! `rds.cluster_instance`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// An instance of an Aurora cluster. The first one writes, the others read; the cluster's delete takes them along.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "rds.cluster_instance",
    outputs = ClusterInstanceOut,
    id = "{identifier}",
    unique = "region: identifier",
    deleted_with = "cluster_identifier",
    create = "7m",
    update = "5m",
    delete = "5m",
    pace = "15s"
)]
pub struct ClusterInstance {
    /// Identifier, in lower case. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 63, chars = "a-z0-9-", lower), pattern = "[a-z](-?[a-z0-9])*")]
    pub identifier: String,
    /// The cluster.
    #[arg(replace, refers("rds.cluster.id"))]
    pub cluster_identifier: String,
    /// Database engine, as the cluster's.
    #[arg(replace, one_of("aurora-mysql", "aurora-postgresql"))]
    pub engine: String,
    /// Class, e.g. `db.r6g.large`, or `db.serverless`. A global cluster takes no `db.t*`.
    #[arg(pattern = "db\\.(serverless|[a-z0-9-]+\\.[a-z0-9-]+)")]
    pub instance_class: String,
    /// Who takes the writer's place when it fails: the lowest first. Serverless readers of 0 and 1 are as large as the
    /// writer.
    #[arg(default = 1, range = 0..=15)]
    pub promotion_tier: i64,
    /// Availability zone.
    #[arg(replace, computed, like = "{region}a")]
    pub availability_zone: Option<String>,
    /// Whether it has an address in the internet.
    #[arg(guards, default = false)]
    pub publicly_accessible: bool,
    /// Settings of the engine for this instance; AWS's own group of its family when left out.
    #[arg(computed, like = "default.{engine}15")]
    pub db_parameter_group_name: Option<String>,
    /// Whether AWS upgrades it to later minor versions in its maintenance window.
    #[arg(default = true)]
    pub auto_minor_version_upgrade: bool,
    /// When AWS maintains it, in UTC, e.g. `sun:05:00-sun:06:00`.
    #[arg(
        computed,
        ignore_case,
        like = "sun:05:00-sun:06:00",
        pattern = "[A-Za-z]{3}:[0-2][0-9]:[0-5][0-9]-[A-Za-z]{3}:[0-2][0-9]:[0-5][0-9]"
    )]
    pub preferred_maintenance_window: Option<String>,
    /// Whether load is recorded by statement and wait (Performance Insights).
    #[arg(default = false)]
    pub performance_insights_enabled: bool,
    /// Key that encrypts that record: the account's key for databases when left out. Once on, it stays the same.
    #[arg(computed, refers("kms.key.arn"), grammar(Key))]
    pub performance_insights_kms_key_id: Option<String>,
    /// Days for which it is kept: 7, which is free, 731, or 31 times a number of months up to 23.
    #[arg(
        computed,
        like = "7",
        one_of_int(
            7, 31, 62, 93, 124, 155, 186, 217, 248, 279, 310, 341, 372, 403, 434, 465, 496, 527, 558, 589, 620, 651,
            682, 713, 731
        )
    )]
    pub performance_insights_retention_period: Option<i64>,
    /// Seconds between two measurements of the operating system; 0 for none.
    #[arg(default = 0, one_of_int(0, 1, 5, 10, 15, 30, 60))]
    pub monitoring_interval: i64,
    /// Role that writes these measurements to CloudWatch Logs.
    #[arg(refers("iam.role.arn"), grammar(Arn(&arns::ROLE)))]
    pub monitoring_role_arn: Option<String>,
    /// Authority that signs its certificate.
    #[arg(computed, like = "rds-ca-rsa2048-g1")]
    pub ca_cert_identifier: Option<String>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of an instance.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ClusterInstanceOut {
    /// ARN.
    #[out(like = "arn:aws:rds:{region}:{account}:db:{id}")]
    pub arn: String,
    /// Address of this instance alone.
    #[out(like = "{id}.{alnum:12}.{region}.rds.amazonaws.com")]
    pub endpoint: String,
    /// Port that it listens at.
    #[out(volatile, like = "5432")]
    pub port: i64,
    /// Id that metrics of its operating system go by.
    #[out(like = "db-{alnum:26}")]
    pub dbi_resource_id: String,
}

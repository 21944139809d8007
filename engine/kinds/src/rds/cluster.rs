//! `rds.cluster`: facts.

use dr_core::convert::{SecretText, Tags};
use dr_macros::{Block, Kind};

/// An Aurora cluster: storage and endpoints. Its instances are `rds.cluster_instance`.
///
/// The first cluster of an `rds.global_cluster` writes. A cluster of another region that joins it has no user, password
/// or database name of its own, and needs the first one's writer instance: `depends_on` that instance, not only its
/// cluster. Whether it writes may change later (switchover, failover); that is no difference.
///
/// A delete takes the cluster out of its global cluster, then deletes its instances, also those that somebody else
/// added, then itself. A cluster that writes by then first takes the others out: they stay as clusters of their own.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "rds.cluster",
    outputs = ClusterOut,
    id = "{cluster_identifier}",
    unique = "region: cluster_identifier",
    data(
        "its databases and its automated backups",
        "snapshots that somebody made, and what other clusters of its global database hold"
    ),
    create = "3m",
    update = "1m",
    delete = "8m",
    pace = "10s"
)]
pub struct Cluster {
    /// Identifier, in lower case; another one than those of the global cluster's other clusters. Defaults to the
    /// resource name with the suffix.
    #[arg(replace, name(max = 63, chars = "a-z0-9-", lower), pattern = "[a-z](-?[a-z0-9])*")]
    pub cluster_identifier: String,
    /// Database engine.
    #[arg(replace, one_of("aurora-mysql", "aurora-postgresql"))]
    pub engine: String,
    /// How the cluster is run. Serverless (version 2) is provisioned too: with `serverlessv2_scaling_configuration` and
    /// instances of the class `db.serverless`.
    #[arg(replace, default = "provisioned", one_of("provisioned"))]
    pub engine_mode: String,
    /// Version of the engine, e.g. `15.15`. A version without its last number stands for any that starts with it.
    /// Within a global cluster all clusters have the same, and an upgrade goes through all of them, the writer last.
    #[arg(computed, one_way, like = "15.15", pattern = "[0-9]+(\\.[0-9a-z_]+)*")]
    pub engine_version: Option<String>,
    /// Whether an upgrade may be one to another major version.
    #[arg(write_only, default = false)]
    pub allow_major_version_upgrade: bool,
    /// How long after the end of standard support the version may run: with extended support, which costs extra, or
    /// not at all.
    #[arg(
        computed,
        like = "open-source-rds-extended-support",
        one_of("open-source-rds-extended-support", "open-source-rds-extended-support-disabled")
    )]
    pub engine_lifecycle_support: Option<String>,
    /// The global cluster that it is part of.
    #[arg(
        replace,
        removable,
        switched,
        member,
        refers("rds.global_cluster.id"),
        length = 1..=63, pattern = "[A-Za-z](-?[A-Za-z0-9]){0,62}")]
    pub global_cluster_identifier: Option<String>,
    /// Whether a cluster that follows the writer of another region takes statements that write and passes them on.
    #[arg(default = false)]
    pub enable_global_write_forwarding: bool,
    /// Whether readers take statements that write and pass them on to the cluster's writer.
    #[arg(default = false)]
    pub enable_local_write_forwarding: bool,
    /// Database that is made with the cluster; not for one that joins a global cluster.
    #[arg(replace, length = 1..=64, pattern = "[A-Za-z][A-Za-z0-9_]*")]
    pub database_name: Option<String>,
    /// Name of the first user; not for a cluster that joins a global cluster. PostgreSQL keeps `admin` for itself.
    #[arg(replace, length = 1..=16, pattern = "[A-Za-z][A-Za-z0-9_]*")]
    pub master_username: Option<String>,
    /// Password of that user: printable ASCII without `/`, `"`, `@` and space. Take it from a `random.password`.
    #[arg(sensitive, write_only, length = 8..=41, pattern = "[!#-.0-?A-~]+")]
    pub master_password: Option<SecretText>,
    /// Whether RDS makes the password and keeps it as a secret, instead of `master_password`. AWS offers that to no
    /// cluster of a global cluster.
    #[arg(guards, default = false)]
    pub manage_master_user_password: bool,
    /// Key that encrypts that secret: the account's key for secrets when left out.
    #[arg(write_only, refers("kms.key.arn"), grammar(Key))]
    pub master_user_secret_kms_key_id: Option<String>,
    /// Port that the cluster listens at; the engine's usual one when left out.
    #[arg(computed, like = "5432", range = 1_150..=65_535)]
    pub port: Option<i64>,
    /// Subnets that it is in; those of the default VPC when left out.
    #[arg(replace, computed, refers("rds.subnet_group.name"))]
    pub db_subnet_group_name: Option<String>,
    /// Security groups of its network interfaces; the VPC's default one when left out.
    #[arg(guards, computed, unordered, refers("ec2.security_group.id"))]
    pub vpc_security_group_ids: Vec<String>,
    /// Kind of addresses.
    #[arg(computed, like = "IPV4", one_of("IPV4", "DUAL"))]
    pub network_type: Option<String>,
    /// The three availability zones that hold its storage.
    #[arg(replace, computed, unordered, like = "{region}a,{region}b,{region}c", length = 0..=3)]
    pub availability_zones: Vec<String>,
    /// Settings of the engine; AWS's own group of its family when left out.
    #[arg(computed, like = "default.{engine}15", refers("rds.cluster_parameter_group.name"))]
    pub db_cluster_parameter_group_name: Option<String>,
    /// Settings of the engine for each instance, taken over with an upgrade to another major version: instances with a
    /// group of their own need one of the new family by then. Only for a cluster of its own; the clusters of a global one
    /// get AWS's own groups, and their own with the next change.
    #[arg(write_only, length = 1..=255)]
    pub db_instance_parameter_group_name: Option<String>,
    /// Capacity of instances of the class `db.serverless`. Once given it cannot be taken back.
    #[arg(one_way(stays))]
    pub serverlessv2_scaling_configuration: Option<ServerlessV2Scaling>,
    /// Whether the storage is encrypted.
    #[arg(guards, replace, default = true)]
    pub storage_encrypted: bool,
    /// Key of the cluster's own region that encrypts the storage: the account's key for databases when left out, but a
    /// cluster that joins an encrypted global cluster must name one.
    #[arg(guards, replace, computed, refers("kms.key.arn"), grammar(Key))]
    pub kms_key_id: Option<String>,
    /// How storage is paid for: input and output one by one, or included (`aurora-iopt1`).
    #[arg(default = "aurora", one_of("aurora", "aurora-iopt1"))]
    pub storage_type: String,
    /// Days for which backups are kept.
    #[arg(
        guards,
        default = 1,
        range = 1..=35,
        refuse("D04", max = 7, why = "backups for longer are for what is to stay; an environment is to go"),
        warn("D04", max = 1, why = "one day is the least there is, and an environment can be made anew")
    )]
    pub backup_retention_period: i64,
    /// When backups are made, in UTC, e.g. `04:00-04:30`.
    #[arg(computed, like = "04:00-04:30", pattern = "[0-2][0-9]:[0-5][0-9]-[0-2][0-9]:[0-5][0-9]")]
    pub preferred_backup_window: Option<String>,
    /// When AWS maintains the cluster, in UTC, e.g. `sun:05:00-sun:06:00`.
    #[arg(
        computed,
        ignore_case,
        like = "sun:05:00-sun:06:00",
        pattern = "[A-Za-z]{3}:[0-2][0-9]:[0-5][0-9]-[A-Za-z]{3}:[0-2][0-9]:[0-5][0-9]"
    )]
    pub preferred_maintenance_window: Option<String>,
    /// Seconds that the cluster can be set back by (MySQL); 0 for not at all.
    #[arg(guards, default = 0, range = 0..=259_200)]
    pub backtrack_window: i64,
    /// Whether snapshots get the cluster's tags.
    #[arg(default = false)]
    pub copy_tags_to_snapshot: bool,
    /// Whether users may log in with IAM.
    #[arg(guards, default = false)]
    pub iam_database_authentication_enabled: bool,
    /// Whether statements can be sent over HTTPS (Data API).
    #[arg(guards, default = false)]
    pub enable_http_endpoint: bool,
    /// Logs that go to CloudWatch: `postgresql`, `instance`, `iam-db-auth-error`; with MySQL `audit`, `error`,
    /// `general`, `slowquery` too. The group of each is `/aws/rds/cluster/`, the identifier, `/` and the log; without a
    /// `logs.log_group` of that name RDS makes one that is never deleted.
    #[arg(default = [], unordered)]
    pub enabled_cloudwatch_logs_exports: Vec<String>,
    /// Whether the cluster refuses to be deleted.
    #[arg(protects, default = false, refuse("D01", only = false, why = "a protected cluster cannot be deleted"))]
    pub deletion_protection: bool,
    /// Whether the cluster is deleted without a last snapshot.
    #[arg(write_only, default = true, refuse("D02", only = true, why = "a last snapshot would stay and cost"))]
    pub skip_final_snapshot: bool,
    /// Whether automated backups are deleted with the cluster.
    #[arg(write_only, default = true, refuse("D03", only = true, why = "its backups would outlive the cluster"))]
    pub delete_automated_backups: bool,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Capacity of serverless instances, in units of about 2 GiB of memory, in steps of a half.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ServerlessV2Scaling {
    /// Least capacity, from 0 (where the version can pause) or 0.5. The writer of a global cluster should have 8.
    pub min_capacity: f64,
    /// Most capacity, from 1 to 256.
    pub max_capacity: f64,
    /// Seconds without connections after which an instance pauses, when the least capacity is 0; 300 when left out.
    #[arg(range = 300..=86_400)]
    pub seconds_until_auto_pause: Option<i64>,
}

/// Computed attributes of a cluster.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ClusterOut {
    /// ARN.
    #[out(like = "arn:aws:rds:{region}:{account}:cluster:{id}")]
    pub arn: String,
    /// Address of the instance that writes. It leads nowhere while the writer is in another region.
    #[out(like = "{id}.cluster-{alnum:12}.{region}.rds.amazonaws.com")]
    pub endpoint: String,
    /// Address of the instances that read.
    #[out(like = "{id}.cluster-ro-{alnum:12}.{region}.rds.amazonaws.com")]
    pub reader_endpoint: String,
    /// Id that policies on `rds-db:connect` name.
    #[out(like = "cluster-{alnum:26}")]
    pub cluster_resource_id: String,
    /// Zone of the endpoints, for aliases.
    #[out(like = "Z{alnum:13}")]
    pub hosted_zone_id: String,
    /// Whether it writes, as the first cluster of a global cluster does until there is a switchover or a failover.
    #[out(switched, volatile, like = "true")]
    pub is_writer: bool,
    /// The version that runs, in full.
    #[out(volatile, like = "{engine_version}")]
    pub engine_version_actual: String,
    /// ARN of the secret that RDS keeps the password in; empty when it keeps none.
    #[out(volatile, like = "arn:aws:secretsmanager:{region}:{account}:secret:rds!{cluster_resource_id}-{alnum:6}")]
    pub master_user_secret_arn: String,
}

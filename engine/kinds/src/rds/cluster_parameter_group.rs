//! `rds.cluster_parameter_group`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// Settings of the database engine that the clusters in the group share.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "rds.cluster_parameter_group",
    outputs = ClusterParameterGroupOut,
    id = "{name}",
    unique = "region: name",
    create = "2s",
    update = "2s",
    delete = "2s"
)]
pub struct ClusterParameterGroup {
    /// Group name, in lower case. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 255, chars = "a-z0-9-", lower), pattern = "[a-z](-?[a-z0-9])*")]
    pub name: String,
    /// Engine and major version, e.g. `aurora-postgresql15`: the `family` of an `rds.engine_version`.
    #[arg(replace, pattern = "aurora-(mysql|postgresql)[0-9.]+")]
    pub family: String,
    /// What the group is for.
    #[arg(replace, default = "Settings of database clusters", length = 1..=255)]
    pub description: String,
    /// Parameters that differ from the engine's own values.
    #[arg(default = [], unordered)]
    pub parameters: Vec<DbParameter>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// A setting of the database engine.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct DbParameter {
    /// Parameter name, in lower case.
    #[arg(length = 1..=255, pattern = "[a-z0-9_.-]+")]
    pub name: String,
    /// Its value.
    pub value: String,
    /// When it takes effect: static parameters only once the instances are rebooted.
    #[arg(default = "immediate", one_of("immediate", "pending-reboot"))]
    pub apply_method: String,
}

/// Computed attributes of a parameter group.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ClusterParameterGroupOut {
    /// ARN.
    #[out(like = "arn:aws:rds:{region}:{account}:cluster-pg:{name}")]
    pub arn: String,
}

//! `rds.engine_version`: facts.

use dr_macros::{Block, Kind};

/// Looks up a version of a database engine that clusters can be created with.
///
/// Versions come and go: `version` may be a major one (`15`), and then the latest of it is taken. A full one that cannot
/// be created any more is refused, and the next is named; with `or_next` it is taken.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(name = "rds.engine_version", outputs = EngineVersionOut, lookup, id = "{engine}-{version}")]
pub struct EngineVersion {
    /// Database engine.
    #[arg(one_of("aurora-mysql", "aurora-postgresql"))]
    pub engine: String,
    /// The version or how it starts: `15.15`, `15`, `8.0.mysql_aurora.3`.
    #[arg(pattern = "[0-9]+(\\.[0-9a-z_]+)*")]
    pub version: String,
    /// Whether the next later version of the same major one is taken when there is none that fits.
    #[arg(default = false)]
    pub or_next: bool,
    /// Whether it must be one that global clusters take.
    #[arg(default = false)]
    pub supports_global_databases: bool,
}

/// Computed attributes of a version.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct EngineVersionOut {
    /// The version in full.
    #[out(like = "{version}")]
    pub engine_version: String,
    /// Family of its parameter groups, e.g. `aurora-postgresql15`.
    #[out(like = "{engine}15")]
    pub family: String,
    /// The versions that a cluster can be upgraded to from it.
    #[out(like = "{version}")]
    pub upgrade_targets: Vec<String>,
    /// The logs that can go to CloudWatch.
    #[out(like = "postgresql")]
    pub log_types: Vec<String>,
}

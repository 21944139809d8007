//! `ec2.region`: facts.

use dr_macros::{Block, Kind};

/// Looks up the region that it is declared in.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(name = "ec2.region", outputs = RegionOut, lookup, id = "{region}")]
pub struct Region {}

/// Computed attributes of a region.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct RegionOut {
    /// Its name, e.g. `us-east-1`.
    #[out(like = "{region}")]
    pub name: String,
    /// Host name of its EC2 service.
    #[out(like = "ec2.{region}.amazonaws.com")]
    pub endpoint: String,
}

//! `ec2.existing_subnets`: facts.

use std::collections::BTreeMap;

use dr_macros::{Block, Kind};

/// Looks up subnets that are there already, by their network, their zone or their tags, in the order of their zones and
/// ids. There must be at least one.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(name = "ec2.existing_subnets", outputs = ExistingSubnetsOut, lookup, finds = "ec2.subnet", id = "{region}")]
pub struct ExistingSubnets {
    /// The network that they are in.
    #[arg(length = 1..=255)]
    pub vpc_id: Option<String>,
    /// The zone that they are in, by name, e.g. `us-east-1a`.
    #[arg(length = 1..=64)]
    pub availability_zone: Option<String>,
    /// Tags that they have; they may have others, too.
    #[arg(default = {})]
    pub tags: BTreeMap<String, String>,
}

/// Computed attributes of the subnets, in one order.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ExistingSubnetsOut {
    /// Their ids.
    #[out(like = "subnet-{hex:17}")]
    pub ids: Vec<String>,
    /// The zone of each, by name.
    #[out(like = "{region}a")]
    pub availability_zones: Vec<String>,
    /// The IPv4 addresses of each.
    #[out(like = "10.0.1.0/24")]
    pub cidr_blocks: Vec<String>,
}

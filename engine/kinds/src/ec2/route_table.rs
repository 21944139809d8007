//! `ec2.route_table`: facts.

use dr_core::convert::Tags;
use dr_macros::Kind;

/// Where the traffic of subnets goes. Its routes are `ec2.route`s; the one within the network is always there.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(name = "ec2.route_table", repeats = true, id = "rtb-{hex:17}", create = "2s", update = "1s", delete = "2s")]
pub struct RouteTable {
    /// The network.
    #[arg(replace, refers("ec2.vpc.id"))]
    pub vpc_id: String,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

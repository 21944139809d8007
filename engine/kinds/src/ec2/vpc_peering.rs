//! `ec2.vpc_peering`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A connection of two VPCs, also of two regions, as the side that asks for it. Their addresses must not overlap.
///
/// It carries traffic once the other side has an `ec2.vpc_peering_accepter`, both sides have routes, and security groups
/// allow it. Across regions a rule of a security group cannot name a group of the other side.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "ec2.vpc_peering",
    repeats = true,
    outputs = VpcPeeringOut,
    id = "pcx-{hex:17}",
    create = "10s",
    update = "2s",
    delete = "15s",
    pace = "2s"
)]
pub struct VpcPeering {
    /// The VPC of this side, in the resource's region.
    #[arg(replace, refers("ec2.vpc.id"))]
    pub vpc_id: String,
    /// The VPC of the other side.
    #[arg(replace, refers("ec2.vpc.id"))]
    pub peer_vpc_id: String,
    /// Region of the other side; this side's when left out.
    #[arg(replace, computed, like = "{region}", region)]
    pub peer_region: Option<String>,
    /// Number of the account of the other side; this side's when left out.
    #[arg(replace, computed, like = "{account}", pattern = "[0-9]{12}")]
    pub peer_owner_id: Option<String>,
    /// Tags. Across regions each side has its own.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a connection.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct VpcPeeringOut {
    /// ARN.
    #[out(like = "arn:aws:ec2:{region}:{account}:vpc-peering-connection/{id}")]
    pub arn: String,
}

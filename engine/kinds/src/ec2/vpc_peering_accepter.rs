//! `ec2.vpc_peering_accepter`: facts.

use dr_core::convert::Tags;
use dr_macros::Kind;

/// The acceptance of a connection of two VPCs, in the region of the side that was asked.
///
/// It is there once the connection is active: let routes over it read the accepter's `id`, which is the connection's.
/// What was accepted is not taken back: the connection ends with its `ec2.vpc_peering`, and so does this.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "ec2.vpc_peering_accepter",
    id = "{vpc_peering_connection_id}",
    unique = "region: vpc_peering_connection_id",
    deleted_with = "vpc_peering_connection_id",
    create = "20s",
    update = "2s",
    delete = "1s",
    pace = "2s"
)]
pub struct VpcPeeringAccepter {
    /// The connection.
    #[arg(replace, refers("ec2.vpc_peering.id"))]
    pub vpc_peering_connection_id: String,
    /// Whether public host names of this side lead the other side to private addresses. The VPC's DNS support and DNS
    /// host names must be on.
    #[arg(default = false)]
    pub allow_dns_resolution_from_remote_vpc: bool,
    /// Whether public host names of the asking side lead this side to private addresses; set in that side's region, which
    /// must be of the same account.
    #[arg(default = false)]
    pub requester_allow_dns_resolution_from_remote_vpc: bool,
    /// Tags of this side. Within one region and account the connection has only one set, that of its `ec2.vpc_peering`;
    /// these are then set nowhere.
    #[arg(tags)]
    pub tags: Tags,
}

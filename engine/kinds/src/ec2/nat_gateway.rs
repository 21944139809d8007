//! `ec2.nat_gateway`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// Lets what is in private subnets call out, and nobody in.
///
/// A public one needs an address, stands in a subnet that is routed to an internet gateway, and fails when that gateway
/// is not there yet: declare that it depends on it. A private one leads to other networks, without an address.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "ec2.nat_gateway",
    outputs = NatGatewayOut,
    id = "nat-{hex:17}",
    unique = "region: allocation_id",
    create = "100s",
    update = "2s",
    delete = "50s",
    pace = "5s",
    leaves("deleted NAT gateway in listings", "deleted NAT gateways in listings", "1h", "")
)]
pub struct NatGateway {
    /// The subnet that it stands in.
    #[arg(replace, refers("ec2.subnet.id"))]
    pub subnet_id: String,
    /// The address that a public one shows to the internet. An address serves one gateway.
    #[arg(replace, refers("ec2.eip.id"))]
    pub allocation_id: Option<String>,
    /// Whether it leads to the internet or to other networks.
    #[arg(replace, default = "public", one_of("public", "private"))]
    pub connectivity_type: String,
    /// Its IPv4 address in the subnet.
    #[arg(replace, computed, like = "10.0.0.1{digits:1}")]
    pub private_ip_address: Option<String>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a NAT gateway.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct NatGatewayOut {
    /// Its network interface.
    #[out(like = "eni-{hex:17}")]
    pub network_interface_id: String,
    /// The address that a public one shows to the internet; empty for a private one.
    #[out(like = "203.0.113.1{digits:1}")]
    pub public_ip: String,
}

//! `ec2.subnet`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A part of a network, in one availability zone.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "ec2.subnet",
    outputs = SubnetOut,
    id = "subnet-{hex:17}",
    unique = "region: vpc_id, cidr_block",
    create = "3s",
    update = "2s",
    delete = "2s"
)]
pub struct Subnet {
    /// The network.
    #[arg(replace, refers("ec2.vpc.id"))]
    pub vpc_id: String,
    /// IPv4 addresses of the subnet, e.g. `10.0.1.0/24`: a part of the network's that no other subnet has. The first
    /// four and the last one are kept by AWS.
    #[arg(replace, grammar(Cidr(16, 28)))]
    pub cidr_block: String,
    /// The zone, by name, e.g. `us-east-1a`.
    #[arg(replace, computed, like = "{region}a")]
    pub availability_zone: Option<String>,
    /// The zone, by id, e.g. `use1-az1`, which is the same place in every account. Instead of `availability_zone`.
    #[arg(replace, computed, like = "{region}-az1")]
    pub availability_zone_id: Option<String>,
    /// IPv6 addresses of the subnet, a /64 of the network's.
    #[arg(replace, grammar(Cidr6))]
    pub ipv6_cidr_block: Option<String>,
    /// Whether instances get a public IPv4 address.
    #[arg(guards, default = false)]
    pub map_public_ip_on_launch: bool,
    /// Whether network interfaces get an IPv6 address.
    #[arg(default = false)]
    pub assign_ipv6_address_on_creation: bool,
    /// Whether names that have IPv4 addresses alone are given IPv6 ones, behind which a NAT gateway stands.
    #[arg(default = false)]
    pub enable_dns64: bool,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a subnet.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct SubnetOut {
    /// ARN.
    #[out(like = "arn:aws:ec2:{region}:{account}:subnet/{id}")]
    pub arn: String,
}

//! `ec2.vpc`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A virtual network.
///
/// Its main route table and its default security group are made with it and go with it.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(name = "ec2.vpc", outputs = VpcOut, id = "vpc-{hex:17}", create = "3s", update = "2s", delete = "2s")]
pub struct Vpc {
    /// IPv4 addresses of the network, e.g. `10.0.0.0/16`; from /16 to /28.
    #[arg(replace, grammar(Cidr(16, 28)))]
    pub cidr_block: String,
    /// Whether instances run on hardware of their own.
    #[arg(replace, default = "default", one_of("default", "dedicated"))]
    pub instance_tenancy: String,
    /// Whether names are resolved inside the network.
    #[arg(default = true)]
    pub enable_dns_support: bool,
    /// Whether instances get names. Private names of endpoints need this, and `enable_dns_support`.
    #[arg(default = false)]
    pub enable_dns_hostnames: bool,
    /// Whether the network also has IPv6 addresses, a /56 that AWS chooses.
    #[arg(default = false)]
    pub assign_generated_ipv6_cidr_block: bool,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a network.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct VpcOut {
    /// ARN.
    #[out(like = "arn:aws:ec2:{region}:{account}:vpc/{id}")]
    pub arn: String,
    /// The table of subnets that are associated with none.
    #[out(like = "rtb-{hex:17}")]
    pub main_route_table_id: String,
    /// The security group of what is given none.
    #[out(like = "sg-{hex:17}")]
    pub default_security_group_id: String,
    /// IPv6 addresses of the network; empty when it has none.
    #[out(volatile, like = "2600:1f18:{hex:3}:{hex:2}00::/56")]
    pub ipv6_cidr_block: String,
}

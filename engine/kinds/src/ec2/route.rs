//! `ec2.route`: facts.

use dr_macros::Kind;

/// Where traffic to some addresses goes: one destination, and one target.
///
/// The target is changed in place. A deleted target leaves the route behind, as one that leads nowhere.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "ec2.route",
    id = "{route_table_id}_{destination_cidr_block}{destination_ipv6_cidr_block}{destination_prefix_list_id}",
    unique = "region: route_table_id, destination_cidr_block, destination_ipv6_cidr_block, destination_prefix_list_id",
    deleted_with = "route_table_id",
    create = "2s",
    update = "1s",
    delete = "2s"
)]
pub struct Route {
    /// The table.
    #[arg(replace, refers("ec2.route_table.id"))]
    pub route_table_id: String,
    /// Destination: IPv4 addresses, e.g. `0.0.0.0/0` for all that have no other route.
    #[arg(replace, grammar(Cidr(0, 32)))]
    pub destination_cidr_block: Option<String>,
    /// Destination: IPv6 addresses, e.g. `::/0`.
    #[arg(replace, ignore_case, grammar(Cidr6))]
    pub destination_ipv6_cidr_block: Option<String>,
    /// Destination: the addresses of a prefix list.
    #[arg(replace, pattern = "pl-[0-9a-f]+")]
    pub destination_prefix_list_id: Option<String>,
    /// Target: an internet gateway, or a virtual private gateway.
    #[arg(refers("ec2.internet_gateway.id"))]
    pub gateway_id: Option<String>,
    /// Target: a NAT gateway.
    #[arg(refers("ec2.nat_gateway.id"))]
    pub nat_gateway_id: Option<String>,
    /// Target: a peering connection.
    #[arg(refers("ec2.vpc_peering.id"))]
    pub vpc_peering_connection_id: Option<String>,
    /// Target: an endpoint of a gateway load balancer. Endpoints of services make their routes themselves.
    #[arg(refers("ec2.vpc_endpoint.id"))]
    pub vpc_endpoint_id: Option<String>,
    /// Target: a transit gateway.
    pub transit_gateway_id: Option<String>,
    /// Target: a network interface.
    pub network_interface_id: Option<String>,
}

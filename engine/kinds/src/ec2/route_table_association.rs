//! `ec2.route_table_association`: facts.

use dr_macros::{Block, Kind};

/// That the traffic of a subnet goes by a table, or the traffic that comes in through a gateway.
///
/// Without one, a subnet uses the network's main table. A subnet has one table, which is changed in place; the id is
/// therefore the subnet's or the gateway's, since a change gives the association another id of its own.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "ec2.route_table_association",
    outputs = RouteTableAssociationOut,
    id = "{subnet_id}{gateway_id}",
    unique = "region: subnet_id, gateway_id",
    create = "2s",
    update = "2s",
    delete = "2s"
)]
pub struct RouteTableAssociation {
    /// The table.
    #[arg(refers("ec2.route_table.id"))]
    pub route_table_id: String,
    /// The subnet.
    #[arg(replace, refers("ec2.subnet.id"))]
    pub subnet_id: Option<String>,
    /// Instead of a subnet, the internet gateway.
    #[arg(replace, refers("ec2.internet_gateway.id"))]
    pub gateway_id: Option<String>,
}

/// Computed attributes of an association.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct RouteTableAssociationOut {
    /// The id of the association itself.
    #[out(volatile, like = "rtbassoc-{hex:17}")]
    pub association_id: String,
}

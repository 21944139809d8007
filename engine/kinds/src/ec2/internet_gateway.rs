//! `ec2.internet_gateway`: facts.

use dr_core::convert::Tags;
use dr_macros::Kind;

/// The way between a network and the internet, attached to the network.
///
/// What has a public address needs it: load balancers that face the internet, public NAT gateways. They do not name it,
/// so declare that they depend on it.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "ec2.internet_gateway",
    repeats = false,
    id = "igw-{hex:17}",
    unique = "region: vpc_id",
    create = "2s",
    update = "2s",
    delete = "15s"
)]
pub struct InternetGateway {
    /// The network that it is attached to; a network has one.
    #[arg(replace, refers("ec2.vpc.id"))]
    pub vpc_id: String,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

//! `ec2.vpc_endpoint`: facts.

use dr_core::convert::{PolicyDocument, Tags};
use dr_macros::{Block, Kind};

/// A way from a VPC to a service that does not leave AWS's network.
///
/// A gateway endpoint (S3, DynamoDB) is a target of routes and costs nothing; an interface endpoint is an interface in
/// each of its subnets.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "ec2.vpc_endpoint",
    repeats = true,
    outputs = VpcEndpointOut,
    id = "vpce-{hex:17}",
    create = "90s",
    update = "30s",
    delete = "2m",
    pace = "5s"
)]
pub struct VpcEndpoint {
    /// The VPC.
    #[arg(replace, refers("ec2.vpc.id"))]
    pub vpc_id: String,
    /// Name of the service, e.g. `com.amazonaws.us-east-1.s3`.
    #[arg(replace)]
    pub service_name: String,
    /// Kind of endpoint.
    #[arg(replace, default = "Gateway", one_of("Gateway", "Interface", "GatewayLoadBalancer"))]
    pub vpc_endpoint_type: String,
    /// Route tables that get a route to the service; of a gateway endpoint only.
    #[arg(default = [], unordered, refers("ec2.route_table.id"))]
    pub route_table_ids: Vec<String>,
    /// Subnets that get an interface, at most one in each zone; not of a gateway endpoint.
    #[arg(default = [], unordered, refers("ec2.subnet.id"))]
    pub subnet_ids: Vec<String>,
    /// Security groups of the interfaces; the VPC's default group when left out. Of an interface endpoint only.
    #[arg(guards, computed, unordered, refers("ec2.security_group.id"))]
    pub security_group_ids: Vec<String>,
    /// Whether the service's own host name leads to the endpoint, inside the VPC; its DNS support and DNS host names
    /// must be on. Of an interface endpoint only.
    #[arg(default = false)]
    pub private_dns_enabled: bool,
    /// Who may do what through the endpoint; everybody everything when left out.
    #[arg(computed, grammar(Policy(&policies::ENDPOINT)))]
    pub policy: Option<PolicyDocument>,
    /// Kind of addresses.
    #[arg(computed, like = "ipv4", one_of("ipv4", "ipv6", "dualstack"))]
    pub ip_address_type: Option<String>,
    /// Which names lead to the endpoint; what is left out AWS chooses.
    pub dns_options: Option<VpcEndpointDnsOptions>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Which names lead to an endpoint.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct VpcEndpointDnsOptions {
    /// Kind of addresses of the records.
    #[arg(one_of("ipv4", "ipv6", "dualstack", "service-defined"))]
    pub dns_record_ip_type: Option<String>,
    /// Whether the service's own host name leads to the interface endpoint only for those who ask through an inbound
    /// resolver; everybody else takes the gateway endpoint, which must then be there.
    pub private_dns_only_for_inbound_resolver_endpoint: Option<bool>,
}

/// Computed attributes of an endpoint.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct VpcEndpointOut {
    /// ARN.
    #[out(like = "arn:aws:ec2:{region}:{account}:vpc-endpoint/{id}")]
    pub arn: String,
    /// Host names of an interface endpoint: first that of all zones, then those of single zones, then the service's own.
    #[out(volatile)]
    pub dns_entries: Vec<VpcEndpointDnsEntry>,
    /// Ids of its network interfaces.
    #[out(volatile, like = "eni-{hex:17}")]
    pub network_interface_ids: Vec<String>,
    /// Id of the list of the service's addresses, for rules of security groups; empty but for a gateway endpoint.
    #[out(like = "pl-{hex:8}")]
    pub prefix_list_id: String,
}

/// A host name of an endpoint.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct VpcEndpointDnsEntry {
    /// The name.
    #[out(like = "{id}-{alnum:8}.{service_name}.vpce.amazonaws.com")]
    pub dns_name: String,
    /// Id of the zone that it is in, for records that are an alias of it.
    #[out(like = "Z{alnum:13}")]
    pub hosted_zone_id: String,
}

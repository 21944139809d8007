//! Amazon Elastic Compute Cloud and its networks.

service! {
    availability_zones::AvailabilityZones,
    eip::Eip,
    existing_subnets::ExistingSubnets,
    existing_vpc::ExistingVpc,
    flow_log::FlowLog,
    internet_gateway::InternetGateway,
    nat_gateway::NatGateway,
    region::Region,
    route::Route,
    route_table::RouteTable,
    route_table_association::RouteTableAssociation,
    security_group::SecurityGroup,
    security_group_rule::SecurityGroupRule,
    subnet::Subnet,
    vpc::Vpc,
    vpc_endpoint::VpcEndpoint,
    vpc_peering::VpcPeering,
    vpc_peering_accepter::VpcPeeringAccepter,
}

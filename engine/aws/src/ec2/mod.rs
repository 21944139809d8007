//! Amazon Elastic Compute Cloud and its networks.
//!
//! Almost nothing here has a name, and few creations take a token: what an operation made is found by its `dr:op` tag,
//! which is given with the creation. Reads may lag behind by seconds.

crate::lifecycle::service! {
    ec2 ("ec2", errors::ERRORS) {
        eip::Eip,
        flow_log::FlowLog,
        internet_gateway::InternetGateway,
        nat_gateway::NatGateway,
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
    look_ups {
        availability_zones::AvailabilityZones,
        existing_subnets::ExistingSubnets,
        existing_vpc::ExistingVpc,
        region::Region,
    }
}

crate::tags::tag_type!(optional aws_sdk_ec2::types::Tag);

mod blockers;
mod errors;
mod leftovers;
mod network;
mod quota;
mod refusals;
pub(crate) mod sweep;
mod tagging;
#[cfg(test)]
mod tests;

pub(crate) use leftovers::LEFTOVERS;

//! What EC2 still lists with its tags for an hour after it was deleted: NAT gateways, endpoints, peerings.

use aws_sdk_ec2::types::{State, TagDescription, VpcPeeringConnectionStateReasonCode as Peering};
use dr_core::cloud::TaggedResource;
use dr_core::convert::Tags;

use super::nat_gateway::is_there;
use super::tagging::filter;

use crate::connect::{CallPhase, Connection};
use crate::lifecycle::Result;

/// The tags of a resource that EC2 knows by its id.
pub(crate) async fn tags_of(connection: &Connection, region: &str, id: &str) -> Result<Tags> {
    let asked = connection.clients.ec2(region).describe_tags().filters(filter("resource-id", id)).send();
    let answer = connection.call("ec2:DescribeTags", CallPhase::Look, asked).await?;
    let pair = |tag: &TagDescription| Some((tag.key()?.to_owned(), tag.value()?.to_owned()));
    Ok(answer.tags().iter().filter(|tag| tag.resource_id() == Some(id)).filter_map(pair).collect())
}

/// Takes what is gone, though listed, out of what a sweep found.
pub(crate) async fn without_gone(connection: &Connection, found: Vec<TaggedResource>) -> Result<Vec<TaggedResource>> {
    let mut rest = Vec::new();
    for found in found {
        if !is_gone(connection, &found).await? {
            rest.push(found);
        }
    }
    Ok(rest)
}

async fn is_gone(connection: &Connection, found: &TaggedResource) -> Result<bool> {
    let (Some(region), Some((_, id))) = (found.region.as_deref(), found.id.rsplit_once('/')) else { return Ok(false) };
    let ec2 = connection.clients.ec2(region);
    // By a filter and not by id: an id that is not listed any more would be an error.
    match found.kind.as_deref() {
        Some("ec2.nat_gateway") => {
            let listed = ec2.describe_nat_gateways().filter(filter("nat-gateway-id", id)).send();
            let listed = connection.call("ec2:DescribeNatGateways", CallPhase::Look, listed).await?;
            Ok(listed.nat_gateways().iter().all(|nat| !is_there(nat)))
        }
        Some("ec2.vpc_endpoint") => {
            let listed = ec2.describe_vpc_endpoints().filters(filter("vpc-endpoint-id", id)).send();
            let listed = connection.call("ec2:DescribeVpcEndpoints", CallPhase::Look, listed).await?;
            // EC2 writes states in another case than it documents.
            let deleted = |state: &State| state.as_str().eq_ignore_ascii_case(State::Deleted.as_str());
            Ok(listed.vpc_endpoints().iter().all(|endpoint| endpoint.state().is_some_and(deleted)))
        }
        Some("ec2.vpc_peering" | "ec2.vpc_peering_accepter") => {
            let by_id = filter("vpc-peering-connection-id", id);
            let listed = ec2.describe_vpc_peering_connections().filters(by_id).send();
            let listed = connection.call("ec2:DescribeVpcPeeringConnections", CallPhase::Look, listed).await?;
            Ok(listed.vpc_peering_connections().iter().all(|peering| {
                let code = peering.status().and_then(|status| status.code());
                matches!(code, Some(Peering::Deleted | Peering::Failed | Peering::Rejected | Peering::Expired))
            }))
        }
        _ => Ok(false),
    }
}

//! What EC2 tells of more than its own kinds: the tags of what has only an id; the regions of the account.

use aws_sdk_ec2::types::TagDescription;
use dr_core::convert::Tags;
use dr_core::value::Str;

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

/// The regions that are enabled in the account, sorted by name.
pub(crate) async fn enabled_regions(connection: &Connection) -> Result<Vec<Str>> {
    let asked = connection.clients.ec2(connection.account.global_region()).describe_regions().send();
    let answer = connection.call("ec2:DescribeRegions", CallPhase::Look, asked).await?;
    let mut regions: Vec<Str> =
        answer.regions().iter().filter_map(|region| region.region_name()).map(Str::from).collect();
    regions.sort();
    Ok(regions)
}

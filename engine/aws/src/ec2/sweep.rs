//! The tags of what EC2 knows by an id alone.

use aws_sdk_ec2::types::TagDescription;
use dr_core::convert::Tags;

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

//! Tags of anything.

use aws_sdk_rds::types::Tag;
use dr_core::convert::Tags;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;
use crate::tags;

/// All tags of something that is not described with its tags.
pub(super) async fn list_tags(cx: &Cx<'_>, arn: &str) -> Result<Vec<Tag>> {
    let tags = cx.rds().list_tags_for_resource().resource_name(arn).send();
    let reply = cx.call("rds:ListTagsForResource", tags).await.found()?;
    Ok(reply.and_then(|reply| reply.tag_list).unwrap_or_default())
}

/// Turns the tags of anything into others.
pub(super) async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let set = |tags| {
        let tags = cx.rds().add_tags_to_resource().resource_name(arn).set_tags(Some(tags::list(tags)));
        cx.call("rds:AddTagsToResource", tags.send())
    };
    let remove = |names| {
        let tags = cx.rds().remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(names));
        cx.call("rds:RemoveTagsFromResource", tags.send())
    };
    tags::change(old, new, set, remove).await
}

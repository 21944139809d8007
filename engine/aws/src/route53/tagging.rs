//! Tags of zones and health checks.

use aws_sdk_route53::types::{Tag, TagResourceType};
use dr_core::convert::Tags;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;
use crate::tags;

/// How many tags one call sets or removes at most.
const TAGS_AT_ONCE: usize = 10;

/// The tags of a zone or health check, or `None` when it is gone.
pub(super) async fn tags_of(cx: &Cx<'_>, what: TagResourceType, id: &str) -> Result<Option<Vec<Tag>>> {
    let tagged = cx.route53().list_tags_for_resource().resource_type(what).resource_id(id);
    let reply = cx.call("route53:ListTagsForResource", tagged.send()).await.found()?;
    Ok(reply.map(|reply| reply.resource_tag_set.and_then(|set| set.tags).unwrap_or_default()))
}

/// Turns the tags of a zone or health check into others.
pub(super) async fn retag(cx: &Cx<'_>, what: TagResourceType, id: &str, old: &Tags, new: &Tags) -> Result<()> {
    let changes = tags::changes(old, new);
    let change = || cx.route53().change_tags_for_resource().resource_type(what.clone()).resource_id(id);
    for some in changes.remove.unwrap_or_default().chunks(TAGS_AT_ONCE) {
        let tags = change().set_remove_tag_keys(Some(some.to_vec()));
        cx.call("route53:ChangeTagsForResource", tags.send()).await?;
    }
    let set: Vec<Tag> = changes.set.map(tags::list).unwrap_or_default();
    for some in set.chunks(TAGS_AT_ONCE) {
        let tags = change().set_add_tags(Some(some.to_vec()));
        cx.call("route53:ChangeTagsForResource", tags.send()).await?;
    }
    Ok(())
}

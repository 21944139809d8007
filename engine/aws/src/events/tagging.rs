//! Tags of buses and rules.

use aws_sdk_eventbridge::types::Tag;
use dr_core::cloud::Intent;
use dr_core::convert::Tags;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;
use crate::tags;

/// The tags of a bus or rule, or `None` if there is no such thing.
pub(super) async fn list_tags(cx: &Cx<'_>, arn: &str) -> Result<Option<Vec<Tag>>> {
    let tags = cx.events().list_tags_for_resource().resource_arn(arn).send();
    Ok(cx.call("events:ListTagsForResource", tags).await.found()?.map(|reply| reply.tags.unwrap_or_default()))
}

/// Whether a bus or rule is there and was made by this operation; `None` if there is no such thing.
pub(super) async fn is_ours(cx: &Cx<'_>, arn: &str, intent: &Intent) -> Result<Option<bool>> {
    Ok(list_tags(cx, arn).await?.map(|tagged| tags::ours(&*tagged, intent)))
}

/// Turns some tags of a bus or rule into others.
pub(super) async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.events().tag_resource(), cx.events().untag_resource());
    let set = |tags| cx.call("events:TagResource", set.resource_arn(arn).set_tags(Some(tags::list(tags))).send());
    let remove = |names| cx.call("events:UntagResource", remove.resource_arn(arn).set_tag_keys(Some(names)).send());
    tags::change(old, new, set, remove).await
}

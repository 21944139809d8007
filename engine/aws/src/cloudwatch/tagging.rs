//! Tags of alarms.

use aws_sdk_cloudwatch::types::Tag;
use dr_core::cloud::Intent;
use dr_core::convert::Tags;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;
use crate::tags;

pub(super) async fn is_ours(cx: &Cx<'_>, arn: &str, intent: &Intent) -> Result<bool> {
    Ok(list_tags(cx, arn).await?.is_some_and(|tagged| tags::ours(&*tagged, intent)))
}

/// The alarm's tags, or `None` if there is no such alarm.
pub(super) async fn list_tags(cx: &Cx<'_>, arn: &str) -> Result<Option<Vec<Tag>>> {
    let tags = cx.cloudwatch().list_tags_for_resource().resource_arn(arn).send();
    Ok(cx.call("cloudwatch:ListTagsForResource", tags).await.found()?.map(|reply| reply.tags.unwrap_or_default()))
}

/// Turns some tags of an alarm into others.
pub(super) async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.cloudwatch().tag_resource(), cx.cloudwatch().untag_resource());
    let set = |tags| cx.call("cloudwatch:TagResource", set.resource_arn(arn).set_tags(Some(tags::list(tags))).send());
    let remove = |names| cx.call("cloudwatch:UntagResource", remove.resource_arn(arn).set_tag_keys(Some(names)).send());
    tags::change(old, new, set, remove).await
}

//! Tags of state machines.

use aws_sdk_sfn::types::Tag;
use dr_core::convert::Tags;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;
use crate::tags;

/// The tags of a state machine, or `None` if there is no such thing.
pub(super) async fn list_tags(cx: &Cx<'_>, arn: &str) -> Result<Option<Vec<Tag>>> {
    let tags = cx.stepfunctions().list_tags_for_resource().resource_arn(arn).send();
    Ok(cx.call("states:ListTagsForResource", tags).await.found()?.map(|reply| reply.tags.unwrap_or_default()))
}

/// Turns some tags of a state machine into others.
pub(super) async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.stepfunctions().tag_resource(), cx.stepfunctions().untag_resource());
    let set = |tags| cx.call("states:TagResource", set.resource_arn(arn).set_tags(Some(tags::list(tags))).send());
    let remove = |names| cx.call("states:UntagResource", remove.resource_arn(arn).set_tag_keys(Some(names)).send());
    tags::change(old, new, set, remove).await
}

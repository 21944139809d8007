//! Tags of tables and replicas.

use dr_core::convert::Tags;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;
use crate::tags;

/// All tags of a table.
pub(super) async fn list_tags(cx: &Cx<'_>, arn: &str) -> Result<Vec<aws_sdk_dynamodb::types::Tag>> {
    let (mut tags, mut next) = (Vec::new(), None);
    loop {
        let page = cx.dynamodb().list_tags_of_resource().resource_arn(arn).set_next_token(next);
        let Some(page) = cx.call("dynamodb:ListTagsOfResource", page.send()).await.found()? else { break };
        tags.extend(page.tags.unwrap_or_default());
        next = page.next_token;
        if next.is_none() {
            break;
        }
    }
    Ok(tags)
}

/// Turns some tags of a table into others.
pub(super) async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.dynamodb().tag_resource(), cx.dynamodb().untag_resource());
    let set = |tags| cx.call("dynamodb:TagResource", set.resource_arn(arn).set_tags(Some(tags::list(tags))).send());
    let remove = |names| cx.call("dynamodb:UntagResource", remove.resource_arn(arn).set_tag_keys(Some(names)).send());
    tags::change(old, new, set, remove).await
}

//! Tags of APIs and stages.

use dr_core::convert::Tags;

use crate::connect::Cx;
use crate::lifecycle::Result;
use crate::tags;

/// Turns some of the user's tags into others.
pub(super) async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.apigateway().tag_resource(), cx.apigateway().untag_resource());
    tags::change(
        old,
        new,
        |tags| {
            let set = set.resource_arn(arn).set_tags(Some(tags.into_iter().collect()));
            cx.call("apigateway:TagResource", set.send())
        },
        |names| {
            let remove = remove.resource_arn(arn).set_tag_keys(Some(names));
            cx.call("apigateway:UntagResource", remove.send())
        },
    )
    .await
}

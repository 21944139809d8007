//! Tags of APIs, stages and domain names.

use dr_core::convert::Tags;

use crate::connect::Cx;
use crate::lifecycle::Result;
use crate::tags;

/// Turns some of the user's tags into others.
pub(super) async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.apigatewayv2().tag_resource(), cx.apigatewayv2().untag_resource());
    tags::change(
        old,
        new,
        |tags| {
            let set = set.resource_arn(arn).set_tags(Some(tags.into_iter().collect()));
            cx.call("apigatewayv2:TagResource", set.send())
        },
        |names| {
            let remove = remove.resource_arn(arn).set_tag_keys(Some(names));
            cx.call("apigatewayv2:UntagResource", remove.send())
        },
    )
    .await
}

//! Tags of anything but targets.

use aws_sdk_elasticloadbalancingv2::types::{Tag, TagDescription};
use dr_core::convert::Tags;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Result, asked_for};
use crate::tags;

/// The tags of anything, or `None` when it is gone.
pub(super) async fn tags_of(cx: &Cx<'_>, arn: &str) -> Result<Option<Vec<Tag>>> {
    let tagged = cx.elbv2().describe_tags().resource_arns(arn).send();
    let reply = cx.call("elasticloadbalancing:DescribeTags", tagged).await.found()?;
    let tags = |listed| asked_for(arn, listed, TagDescription::resource_arn)?.tags;
    Ok(reply.map(|reply| tags(reply.tag_descriptions).unwrap_or_default()))
}

/// Turns the tags of anything into others.
pub(super) async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let set = async |tags| {
        let resource = cx.elbv2().add_tags().resource_arns(arn).set_tags(Some(tags::list(tags)));
        cx.call("elasticloadbalancing:AddTags", resource.send()).await
    };
    let remove = async |names| {
        let resource = cx.elbv2().remove_tags().resource_arns(arn).set_tag_keys(Some(names));
        cx.call("elasticloadbalancing:RemoveTags", resource.send()).await
    };
    tags::change(old, new, set, remove).await
}

//! Elastic Load Balancing: application and network load balancers.
//!
//! Everything but targets has tags from the start. Whoever makes something with the name and settings of what exists
//! gets that one, so it is asked for first. Most settings are attributes, texts by name; those of a new resource have
//! known defaults, and only what differs is sent.

crate::lifecycle::service! {
    elbv2 {
        listener::Listener,
        load_balancer::LoadBalancer,
        target_attachment::TargetAttachment,
        target_group::TargetGroup,
    }
}

crate::tags::tag_type!(optional aws_sdk_elasticloadbalancingv2::types::Tag);

mod action;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::Tag;
use dr_core::convert::Tags;

use crate::cx::{Cx, MayBeGone as _, small};
use crate::lifecycle::Result;
use crate::tags;

/// Attributes by name.
type Attributes = BTreeMap<&'static str, String>;

/// The attributes that differ.
fn changed(old: Attributes, mut new: Attributes) -> Attributes {
    new.retain(|name, value| old.get(name) != Some(value));
    new
}

/// The tags of anything, or `None` when it is gone.
async fn tags_of(cx: &Cx<'_>, arn: &str) -> Result<Option<Vec<Tag>>> {
    let tagged = cx.elbv2().describe_tags().resource_arns(arn).send();
    let reply = cx.call("elasticloadbalancing:DescribeTags", tagged).await.found()?;
    let first = |list: Vec<aws_sdk_elasticloadbalancingv2::types::TagDescription>| list.into_iter().next();
    Ok(reply.map(|reply| reply.tag_descriptions.and_then(first).and_then(|tagged| tagged.tags).unwrap_or_default()))
}

/// Turns the tags of anything into others.
async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
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

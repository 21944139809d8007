//! Amazon EventBridge.
//!
//! `PutRule`, `PutTargets` and `PutPermission` write over what is there, whoever made it, so it is asked for first.
//! Calls on several things at once answer with what failed of them inside a reply that is none of a failure.

crate::lifecycle::service! {
    events { bus::Bus, bus_policy::BusPolicy, rule::Rule, target::Target }
}

crate::tags::tag_type!(checked aws_sdk_eventbridge::types::Tag);

#[cfg(test)]
mod tests;

use aws_sdk_eventbridge::types::{DeadLetterConfig, Tag, Target as Described};
use dr_core::cloud::Intent;
use dr_core::convert::Tags;

use crate::cx::{Cx, MayBeGone as _};
use crate::lifecycle::Result;
use crate::tags;

/// The tags of a bus or rule, or `None` if there is no such thing.
async fn list_tags(cx: &Cx<'_>, arn: &str) -> Result<Option<Vec<Tag>>> {
    let tags = cx.events().list_tags_for_resource().resource_arn(arn).send();
    Ok(cx.call("events:ListTagsForResource", tags).await.found()?.map(|reply| reply.tags.unwrap_or_default()))
}

/// Whether a bus or rule is there and was made by this operation; `None` if there is no such thing.
async fn is_ours(cx: &Cx<'_>, arn: &str, intent: &Intent) -> Result<Option<bool>> {
    Ok(list_tags(cx, arn).await?.map(|tagged| tags::ours(&*tagged, intent)))
}

/// Turns some tags of a bus or rule into others.
async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.events().tag_resource(), cx.events().untag_resource());
    let set = |tags| cx.call("events:TagResource", set.resource_arn(arn).set_tags(Some(tags::list(tags))).send());
    let remove = |names| cx.call("events:UntagResource", remove.resource_arn(arn).set_tag_keys(Some(names)).send());
    tags::change(old, new, set, remove).await
}

/// A queue for what could not be delivered, or none.
fn dead_letter(arn: Option<&str>) -> Option<DeadLetterConfig> {
    arn.map(|arn| DeadLetterConfig::builder().arn(arn).build())
}

/// All targets of a rule, or `None` if there is no such rule.
async fn targets(cx: &Cx<'_>, bus: &str, rule: &str) -> Result<Option<Vec<Described>>> {
    let (mut targets, mut next) = (Vec::new(), None);
    loop {
        let page = cx.events().list_targets_by_rule().event_bus_name(bus).rule(rule).set_next_token(next).send();
        let Some(page) = cx.call("events:ListTargetsByRule", page).await.found()? else { return Ok(None) };
        targets.extend(page.targets.unwrap_or_default());
        next = page.next_token;
        if next.is_none() {
            return Ok(Some(targets));
        }
    }
}

/// Removes targets of a rule. That the rule is gone is success.
async fn remove_targets(cx: &Cx<'_>, bus: &str, rule: &str, ids: Vec<String>) -> Result<()> {
    const CALL: &str = "events:RemoveTargets";
    let targets = cx.events().remove_targets().event_bus_name(bus).rule(rule).set_ids(Some(ids)).send();
    let Some(reply) = cx.call(CALL, targets).await.found()? else { return Ok(()) };
    match reply.failed_entries().first() {
        Some(entry) => {
            let (code, message) = (entry.error_code().unwrap_or_default(), entry.error_message().unwrap_or_default());
            Err(cx.refused(CALL, code, message)).found().map(drop::<Option<()>>)
        }
        None if reply.failed_entry_count > 0 => Err(cx.incomplete(CALL, "reason why targets were not removed")),
        None => Ok(()),
    }
}

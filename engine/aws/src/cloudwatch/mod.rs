//! Amazon CloudWatch.

crate::lifecycle::service! {
    cloudwatch { composite_alarm::CompositeAlarm, dashboard::Dashboard, metric_alarm::MetricAlarm }
}

crate::tags::tag_type!(optional aws_sdk_cloudwatch::types::Tag);

use aws_sdk_cloudwatch::types::{AlarmType, Tag};
use dr_core::cloud::Intent;
use dr_core::convert::Tags;

use crate::cx::{Cx, MayBeGone as _};
use crate::lifecycle::Result;
use crate::tags;

/// The ARN of the alarm of this name, on a metric or on other alarms: they share their names.
async fn of_name(cx: &Cx<'_>, name: &str) -> Result<Option<String>> {
    let alarms = cx.cloudwatch().describe_alarms().alarm_names(name);
    let alarms = alarms.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm).send();
    let reply = cx.call("cloudwatch:DescribeAlarms", alarms).await?;
    let metric = reply.metric_alarms.unwrap_or_default().into_iter().find_map(|alarm| alarm.alarm_arn);
    Ok(metric.or_else(|| reply.composite_alarms.unwrap_or_default().into_iter().find_map(|alarm| alarm.alarm_arn)))
}

async fn is_ours(cx: &Cx<'_>, arn: &str, intent: &Intent) -> Result<bool> {
    Ok(list_tags(cx, arn).await?.is_some_and(|tagged| tags::ours(&*tagged, intent)))
}

/// The alarm's tags, or `None` if there is no such alarm.
async fn list_tags(cx: &Cx<'_>, arn: &str) -> Result<Option<Vec<Tag>>> {
    let tags = cx.cloudwatch().list_tags_for_resource().resource_arn(arn).send();
    Ok(cx.call("cloudwatch:ListTagsForResource", tags).await.found()?.map(|reply| reply.tags.unwrap_or_default()))
}

/// Turns some tags of an alarm into others.
async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.cloudwatch().tag_resource(), cx.cloudwatch().untag_resource());
    let set = |tags| cx.call("cloudwatch:TagResource", set.resource_arn(arn).set_tags(Some(tags::list(tags))).send());
    let remove = |names| cx.call("cloudwatch:UntagResource", remove.resource_arn(arn).set_tag_keys(Some(names)).send());
    tags::change(old, new, set, remove).await
}

/// Actions as the SDK takes them.
fn list(actions: &[String]) -> Option<Vec<String>> {
    (!actions.is_empty()).then(|| actions.to_vec())
}

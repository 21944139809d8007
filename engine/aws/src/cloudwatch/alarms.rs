//! What alarms on metrics and alarms on other alarms share.

use aws_sdk_cloudwatch::types::AlarmType;

use crate::connect::Cx;
use crate::lifecycle::{Result, asked_for};

/// The ARN of the alarm of this name, on a metric or on other alarms: they share their names.
pub(super) async fn of_name(cx: &Cx<'_>, name: &str) -> Result<Option<String>> {
    let alarms = cx.cloudwatch().describe_alarms().alarm_names(name);
    let alarms = alarms.alarm_types(AlarmType::MetricAlarm).alarm_types(AlarmType::CompositeAlarm).send();
    let reply = cx.call("cloudwatch:DescribeAlarms", alarms).await?;
    let metric = asked_for(name, reply.metric_alarms, |alarm| alarm.alarm_name()).and_then(|alarm| alarm.alarm_arn);
    let composite = || asked_for(name, reply.composite_alarms, |alarm| alarm.alarm_name())?.alarm_arn;
    Ok(metric.or_else(composite))
}

/// Actions as the SDK takes them.
pub(super) fn list(actions: &[String]) -> Option<Vec<String>> {
    (!actions.is_empty()).then(|| actions.to_vec())
}

//! `cloudwatch.composite_alarm`: lifecycle. The id is the alarm's name.
//!
//! `PutCompositeAlarm` writes over an alarm of the same name, whoever made it, and ignores the tags then. So it is asked
//! for first, and taken over only with this operation's tag. What it is not told is not there afterwards.

use aws_sdk_cloudwatch::types::{AlarmType, CompositeAlarm as Alarm, Tag};
use dr_core::cloud::{Intent, Settled};
use dr_kinds::cloudwatch::{CompositeAlarm, CompositeAlarmOut};

use super::alarms::{list, of_name};
use super::tagging::{is_ours, list_tags, retag};
use crate::connect::{Cx, MayBeGone as _, small};
use crate::lifecycle::{Lifecycle, Result, asked_for, gone};
use crate::tags;

impl Lifecycle for CompositeAlarm {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        match of_name(cx, &args.alarm_name).await? {
            Some(arn) if is_ours(cx, &arn, intent).await? => Ok(Some(args.alarm_name.clone())),
            _ => Ok(None),
        }
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        if let Some(arn) = of_name(cx, &args.alarm_name).await?
            && !is_ours(cx, &arn, intent).await?
        {
            return Err(cx.not_ours("cloudwatch:PutCompositeAlarm", &args.alarm_name));
        }
        put(cx, args, Some(tags::list(tags::given(&args.tags, intent)))).await?;
        Ok(args.alarm_name.clone())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, CompositeAlarmOut)>> {
        let Some(alarm) = describe(cx, id).await? else { return Ok(None) };
        let arn = alarm.alarm_arn.unwrap_or_else(|| cx.arn("cloudwatch", &format!("alarm:{id}")));
        let Some(tagged) = list_tags(cx, &arn).await? else { return Ok(None) };
        let live = CompositeAlarm {
            alarm_description: alarm.alarm_description.unwrap_or_default(),
            alarm_rule: alarm.alarm_rule.unwrap_or_default(),
            actions_enabled: alarm.actions_enabled.unwrap_or(last.actions_enabled),
            alarm_actions: alarm.alarm_actions.unwrap_or_default(),
            ok_actions: alarm.ok_actions.unwrap_or_default(),
            insufficient_data_actions: alarm.insufficient_data_actions.unwrap_or_default(),
            // Without a suppressor there is nothing to wait for.
            actions_suppressor_wait_period: alarm
                .actions_suppressor_wait_period
                .map_or(last.actions_suppressor_wait_period, i64::from),
            actions_suppressor_extension_period: alarm
                .actions_suppressor_extension_period
                .map_or(last.actions_suppressor_extension_period, i64::from),
            actions_suppressor: alarm.actions_suppressor.filter(|name| !name.is_empty()),
            tags: tags::user(&*tagged),
            ..last.clone()
        };
        Ok(Some((live, CompositeAlarmOut { arn })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if (CompositeAlarm { tags: old.tags.clone(), ..new.clone() }) != *old {
            put(cx, new, None).await?;
        }
        let arn = cx.arn("cloudwatch", &format!("alarm:{id}"));
        retag(cx, &arn, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let alarms = cx.cloudwatch().delete_alarms().alarm_names(id).send();
        cx.call("cloudwatch:DeleteAlarms", alarms).await.found().map(drop)
    }

    async fn deleted(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<Settled> {
        Ok(gone(describe(cx, id).await?))
    }
}

/// The alarm of this name, if it is one on other alarms.
async fn describe(cx: &Cx<'_>, name: &str) -> Result<Option<Alarm>> {
    let alarms = cx.cloudwatch().describe_alarms().alarm_names(name).alarm_types(AlarmType::CompositeAlarm).send();
    let reply = cx.call("cloudwatch:DescribeAlarms", alarms).await?;
    Ok(asked_for(name, reply.composite_alarms, |alarm| alarm.alarm_name()))
}

async fn put(cx: &Cx<'_>, args: &CompositeAlarm, tags: Option<Vec<Tag>>) -> Result<()> {
    let suppressed = |seconds: i64| args.actions_suppressor.as_ref().map(|_| small(seconds));
    let alarm = cx
        .cloudwatch()
        .put_composite_alarm()
        .alarm_name(&args.alarm_name)
        .alarm_description(&args.alarm_description)
        .alarm_rule(&args.alarm_rule)
        .actions_enabled(args.actions_enabled)
        .set_alarm_actions(list(&args.alarm_actions))
        .set_ok_actions(list(&args.ok_actions))
        .set_insufficient_data_actions(list(&args.insufficient_data_actions))
        .set_actions_suppressor(args.actions_suppressor.clone())
        .set_actions_suppressor_wait_period(suppressed(args.actions_suppressor_wait_period))
        .set_actions_suppressor_extension_period(suppressed(args.actions_suppressor_extension_period))
        .set_tags(tags);
    cx.call("cloudwatch:PutCompositeAlarm", alarm.send()).await.map(drop)
}

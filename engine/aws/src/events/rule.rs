//! `events.rule`: lifecycle. The id is the bus's name, `/` and the rule's.
//!
//! `PutRule` writes over a rule of the same name, whoever made it, and ignores the tags then. So it is asked for first,
//! and taken over only with this operation's tag. What it is not told is not there afterwards.

use aws_sdk_eventbridge::types::{RuleState, Tag};
use dr_core::cloud::{Intent, Settled};
use dr_core::convert::Json;
use dr_kinds::events::{EventRule, EventRuleOut};

use super::tagging::{is_ours, list_tags, retag};
use super::targets::{remove_targets, targets};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, gone};
use crate::tags;

impl Lifecycle for EventRule {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let ours = is_ours(cx, &arn(cx, args), intent).await? == Some(true);
        Ok(ours.then(|| id(args)))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        if is_ours(&cx.looking(), &arn(cx, args), intent).await? == Some(false) {
            return Err(cx.not_ours("events:PutRule", &id(args)));
        }
        put(cx, args, Some(tags::list(tags::given(&args.tags, intent)))).await?;
        Ok(id(args))
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, EventRuleOut)>> {
        let rule = cx.events().describe_rule().event_bus_name(&last.event_bus_name).name(&last.name).send();
        let Some(rule) = cx.call("events:DescribeRule", rule).await.found()? else { return Ok(None) };
        let arn = rule.arn.unwrap_or_else(|| arn(cx, last));
        let Some(tagged) = list_tags(cx, &arn).await? else { return Ok(None) };
        let live = EventRule {
            description: rule.description.unwrap_or_default(),
            event_pattern: rule.event_pattern.filter(|text| !text.is_empty()).as_deref().map(Json::parse),
            schedule_expression: rule.schedule_expression.filter(|text| !text.is_empty()),
            state: rule.state.map_or_else(|| last.state.clone(), |state| state.as_str().to_owned()),
            role_arn: rule.role_arn.filter(|text| !text.is_empty()),
            tags: tags::user(&*tagged),
            ..last.clone()
        };
        Ok(Some((live, EventRuleOut { arn })))
    }

    async fn update(cx: &Cx<'_>, _id: &str, old: &Self, new: &Self) -> Result<()> {
        if (EventRule { tags: old.tags.clone(), ..new.clone() }) != *old {
            put(cx, new, None).await?;
        }
        retag(cx, &arn(cx, new), &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let (bus, name) = (&last.event_bus_name, &last.name);
        let Some(targets) = targets(cx, bus, name).await? else { return Ok(()) };
        if !targets.is_empty() {
            remove_targets(cx, bus, name, targets.into_iter().map(|target| target.id).collect()).await?;
        }
        let rule = cx.events().delete_rule().event_bus_name(bus).name(name).send();
        cx.call("events:DeleteRule", rule).await.found().map(drop)
    }

    async fn deleted(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Settled> {
        let rule = cx.events().describe_rule().event_bus_name(&last.event_bus_name).name(&last.name).send();
        let there = cx.call("events:DescribeRule", rule).await.found()?;
        Ok(gone(there))
    }
}

fn id(args: &EventRule) -> String {
    format!("{}/{}", args.event_bus_name, args.name)
}

/// The rule's ARN; that of one on the default bus does not name the bus.
fn arn(cx: &Cx<'_>, args: &EventRule) -> String {
    match args.event_bus_name.split_once(":event-bus/").map_or(args.event_bus_name.as_str(), |(_, name)| name) {
        "default" => cx.arn("events", &format!("rule/{}", args.name)),
        bus => cx.arn("events", &format!("rule/{bus}/{}", args.name)),
    }
}

async fn put(cx: &Cx<'_>, args: &EventRule, tags: Option<Vec<Tag>>) -> Result<()> {
    let rule = cx.events().put_rule().event_bus_name(&args.event_bus_name).name(&args.name);
    let rule = rule.description(&args.description).state(RuleState::from(args.state.as_str()));
    let rule = rule.set_event_pattern(args.event_pattern.as_ref().map(Json::text));
    let rule = rule.set_schedule_expression(args.schedule_expression.clone());
    let rule = rule.set_role_arn(args.role_arn.clone()).set_tags(tags);
    cx.call("events:PutRule", rule.send()).await.map(drop)
}

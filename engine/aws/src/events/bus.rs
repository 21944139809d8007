//! `events.bus`: lifecycle. The id is the bus's name.

use aws_sdk_eventbridge::types::{IncludeDetail, Level, LogConfig};
use dr_core::cloud::{Intent, Settled};
use dr_kinds::events::{Bus, BusOut};

use super::tagging::{is_ours, list_tags, retag};
use super::targets::dead_letter;
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, gone};
use crate::tags;

/// What a bus logs that was told nothing about it: nothing.
const QUIET: (Level, IncludeDetail) = (Level::Off, IncludeDetail::None);

impl Lifecycle for Bus {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let ours = is_ours(cx, &arn(cx, &args.name), intent).await? == Some(true);
        Ok(ours.then(|| args.name.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let bus = cx.events().create_event_bus().name(&args.name);
        let bus = bus.set_description(Some(args.description.clone()).filter(|text| !text.is_empty()));
        let bus = bus.set_kms_key_identifier(args.kms_key_identifier.clone());
        let bus = bus.set_dead_letter_config(dead_letter(args.dead_letter_arn.as_deref()));
        let bus = bus.set_log_config(Some(logs(args)).filter(|_| levels(args) != QUIET));
        let bus = bus.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        cx.call("events:CreateEventBus", bus.send()).await?;
        Ok(args.name.clone())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, BusOut)>> {
        let bus = cx.call("events:DescribeEventBus", cx.events().describe_event_bus().name(id).send()).await;
        let Some(bus) = bus.found()? else { return Ok(None) };
        let arn = bus.arn.unwrap_or_else(|| arn(cx, id));
        let Some(tagged) = list_tags(cx, &arn).await? else { return Ok(None) };
        let logs = bus.log_config.unwrap_or_else(|| LogConfig::builder().build());
        let live = Bus {
            description: bus.description.unwrap_or_default(),
            kms_key_identifier: bus.kms_key_identifier.filter(|key| !key.is_empty()),
            dead_letter_arn: bus.dead_letter_config.and_then(|dead| dead.arn),
            log_level: logs.level.unwrap_or(QUIET.0).as_str().to_owned(),
            log_include_detail: logs.include_detail.unwrap_or(QUIET.1).as_str().to_owned(),
            tags: tags::user(&*tagged),
            ..last.clone()
        };
        Ok(Some((live, BusOut { arn })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if (Bus { tags: old.tags.clone(), ..new.clone() }) != *old {
            // What is not said is not there afterwards; only logging stays as it is.
            let bus = cx.events().update_event_bus().name(id).description(&new.description);
            let bus = bus.set_kms_key_identifier(new.kms_key_identifier.clone()).log_config(logs(new));
            let bus = bus.set_dead_letter_config(dead_letter(new.dead_letter_arn.as_deref()));
            cx.call("events:UpdateEventBus", bus.send()).await?;
        }
        retag(cx, &arn(cx, id), &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        cx.call("events:DeleteEventBus", cx.events().delete_event_bus().name(id).send()).await.found().map(drop)
    }

    async fn deleted(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<Settled> {
        let there = cx.call("events:DescribeEventBus", cx.events().describe_event_bus().name(id).send()).await;
        Ok(gone(there.found()?))
    }
}

fn arn(cx: &Cx<'_>, name: &str) -> String {
    cx.arn("events", &format!("event-bus/{name}"))
}

fn levels(args: &Bus) -> (Level, IncludeDetail) {
    (Level::from(args.log_level.as_str()), IncludeDetail::from(args.log_include_detail.as_str()))
}

fn logs(args: &Bus) -> LogConfig {
    let (level, detail) = levels(args);
    LogConfig::builder().level(level).include_detail(detail).build()
}

//! `lambda.event_source_mapping`: lifecycle. The id is the mapping's UUID.
//!
//! `CreateEventSourceMapping` takes no token, but Lambda keeps one mapping at most between a source and a function:
//! after a crash it is looked for by both, and by its tags. It takes seconds to change, and to be deleted.

use aws_sdk_lambda::types::{
    DestinationConfig, EventSourcePosition, Filter, FilterCriteria, FunctionResponseType, OnFailure, ScalingConfig,
};
use dr_core::cloud::{Intent, Settled};
use dr_core::convert::{Block as _, Json, Tags};
use dr_kinds::lambda::{EventSourceMapping, EventSourceMappingOut};

use super::arguments::{chosen, differs};
use super::tagging::retag;
use crate::connect::{Cx, MayBeGone as _, small};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags::{self, Reported as _};

/// Puts those settings that are wanted into a request. Creation and change take the same under the same names. What is
/// absent is put in as what takes it away, unless it is Lambda's to choose.
macro_rules! settings {
    ($request:expr, $args:expr, $wanted:expr) => {{
        let (args, wanted) = ($args, $wanted);
        let number = |name, value: Option<i64>| value.filter(|_| wanted(name)).map(small);
        $request
            .set_function_name(wanted("function_name").then(|| args.function_name.clone()))
            .set_enabled(wanted("enabled").then_some(args.enabled))
            .set_batch_size(number("batch_size", args.batch_size))
            .set_maximum_batching_window_in_seconds(number(
                "maximum_batching_window_in_seconds",
                Some(args.maximum_batching_window_in_seconds),
            ))
            .set_filter_criteria(wanted("filter_criteria").then(|| filters(args)))
            .set_function_response_types(wanted("function_response_types").then(|| response_types(args)))
            .set_scaling_config(wanted("maximum_concurrency").then(|| scaling(args)))
            .set_parallelization_factor(number("parallelization_factor", args.parallelization_factor))
            .set_maximum_retry_attempts(number("maximum_retry_attempts", args.maximum_retry_attempts))
            .set_maximum_record_age_in_seconds(number(
                "maximum_record_age_in_seconds",
                args.maximum_record_age_in_seconds,
            ))
            .set_bisect_batch_on_function_error(
                args.bisect_batch_on_function_error.filter(|_| wanted("bisect_batch_on_function_error")),
            )
            .set_tumbling_window_in_seconds(number("tumbling_window_in_seconds", args.tumbling_window_in_seconds))
            .set_destination_config(wanted("destination_on_failure").then(|| destination(args)))
            .set_kms_key_arn(wanted("kms_key_arn").then(|| args.kms_key_arn.clone().unwrap_or_default()))
    }};
}

impl Lifecycle for EventSourceMapping {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let mappings = cx.lambda().list_event_source_mappings().function_name(&args.function_name);
        let mappings = mappings.event_source_arn(&args.event_source_arn).into_paginator().items().send();
        let mappings = cx.call("lambda:ListEventSourceMappings", mappings.try_collect()).await.found()?;
        for uuid in mappings.into_iter().flatten().filter_map(|mapping| mapping.uuid) {
            let tagged = list_tags(cx, &uuid).await?;
            if tagged.is_some_and(|tagged| tags::ours(Some(&tagged), intent)) {
                return Ok(Some(uuid));
            }
        }
        Ok(None)
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let mapping = cx.lambda().create_event_source_mapping().event_source_arn(&args.event_source_arn);
        let mapping = mapping.set_starting_position(args.starting_position.as_deref().map(EventSourcePosition::from));
        let mapping = mapping.set_tags(Some(tags::given(&args.tags, intent).into_iter().collect()));
        let mapping = settings!(mapping, args, chosen(args));
        let reply = cx.call("lambda:CreateEventSourceMapping", mapping.send()).await?;
        reply.uuid.ok_or_else(|| cx.incomplete("lambda:CreateEventSourceMapping", "UUID"))
    }

    async fn settle(cx: &Cx<'_>, id: &str, _args: &Self) -> Result<Settled> {
        let mapping = cx.lambda().get_event_source_mapping().uuid(id).send();
        let mapping = cx.call("lambda:GetEventSourceMapping", mapping).await?;
        Ok(match mapping.state() {
            // One that tells no state is ready.
            None | Some("Enabled" | "Disabled") => Settled::Ready,
            Some("Deleting") => Settled::Failed("somebody deletes it".into()),
            _ => Settled::Wait(None),
        })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, EventSourceMappingOut)>> {
        let mapping = cx.lambda().get_event_source_mapping().uuid(id).send();
        let Some(mapping) = cx.call("lambda:GetEventSourceMapping", mapping).await.found()? else { return Ok(None) };
        let Some(tagged) = list_tags(cx, id).await? else { return Ok(None) };
        let function_arn = mapping.function_arn.unwrap_or_default();
        let number = |live: Option<i32>| live.map(i64::from);
        let filters = mapping.filter_criteria.as_ref().map(FilterCriteria::filters).unwrap_or_default();
        let live = EventSourceMapping {
            event_source_arn: mapping.event_source_arn.unwrap_or_else(|| last.event_source_arn.clone()),
            function_name: match &*function_arn {
                "" => last.function_name.clone(),
                arn => function_name(arn, &last.function_name),
            },
            enabled: match mapping.state.as_deref() {
                Some("Enabled" | "Enabling") => true,
                Some("Disabled" | "Disabling") => false,
                _ => last.enabled,
            },
            batch_size: number(mapping.batch_size),
            maximum_batching_window_in_seconds: mapping.maximum_batching_window_in_seconds.map_or(0, i64::from),
            starting_position: mapping.starting_position.map(|position| position.as_str().to_owned()),
            filter_criteria: match mapping.filter_criteria_error {
                None => filters.iter().filter_map(|filter| filter.pattern()).map(Json::parse).collect(),
                // They are there, but cannot be decrypted.
                Some(_) => last.filter_criteria.clone(),
            },
            function_response_types: mapping
                .function_response_types
                .iter()
                .flatten()
                .map(|kind| kind.as_str().to_owned())
                .collect(),
            maximum_concurrency: number(mapping.scaling_config.and_then(|scaling| scaling.maximum_concurrency)),
            parallelization_factor: number(mapping.parallelization_factor),
            maximum_retry_attempts: number(mapping.maximum_retry_attempts),
            maximum_record_age_in_seconds: number(mapping.maximum_record_age_in_seconds),
            bisect_batch_on_function_error: mapping.bisect_batch_on_function_error,
            tumbling_window_in_seconds: number(mapping.tumbling_window_in_seconds),
            destination_on_failure: mapping
                .destination_config
                .and_then(|destinations| destinations.on_failure?.destination)
                .filter(|destination| !destination.is_empty()),
            kms_key_arn: mapping.kms_key_arn.filter(|key| !key.is_empty()),
            tags: tags::user(Some(&tagged)),
        };
        Ok(Some((live, EventSourceMappingOut { arn: arn(cx, id), uuid: id.to_owned(), function_arn })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        retag(cx, &arn(cx, id), &old.tags, &new.tags).await?;
        let changed = differs(old, new);
        if Self::FIELDS.iter().any(|field| !field.tags && changed(field.name)) {
            let mapping = settings!(cx.lambda().update_event_source_mapping().uuid(id), new, &changed);
            cx.call("lambda:UpdateEventSourceMapping", mapping.send()).await?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let mapping = cx.lambda().delete_event_source_mapping().uuid(id);
        cx.call("lambda:DeleteEventSourceMapping", mapping.send()).await.found().map(drop)
    }
}

fn arn(cx: &Cx<'_>, uuid: &str) -> String {
    cx.arn("lambda", &format!("event-source-mapping:{uuid}"))
}

async fn list_tags(cx: &Cx<'_>, uuid: &str) -> Result<Option<Tags>> {
    let reply = cx.call("lambda:ListTags", cx.lambda().list_tags().resource(arn(cx, uuid)).send()).await.found()?;
    Ok(reply.map(|reply| reply.tags().tags()))
}

/// The name in a function's ARN, written as it was given if that means the same.
fn function_name(arn: &str, last: &str) -> String {
    let name = arn.split_once(":function:").map_or(arn, |(_, name)| name);
    if last == arn { last.to_owned() } else { name.to_owned() }
}

fn filters(args: &EventSourceMapping) -> FilterCriteria {
    let filters = args.filter_criteria.iter().map(|pattern| Filter::builder().pattern(pattern.text()).build());
    FilterCriteria::builder().set_filters(Some(filters.collect())).build()
}

fn response_types(args: &EventSourceMapping) -> Vec<FunctionResponseType> {
    args.function_response_types.iter().map(|kind| FunctionResponseType::from(kind.as_str())).collect()
}

fn scaling(args: &EventSourceMapping) -> ScalingConfig {
    ScalingConfig::builder().set_maximum_concurrency(args.maximum_concurrency.map(small)).build()
}

fn destination(args: &EventSourceMapping) -> DestinationConfig {
    let failure = OnFailure::builder().set_destination(args.destination_on_failure.clone()).build();
    DestinationConfig::builder().on_failure(failure).build()
}

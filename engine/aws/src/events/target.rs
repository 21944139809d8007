//! `events.target`: lifecycle. The id is the bus's name, the rule's and the target's, with `/` between.
//!
//! A target cannot be tagged, and `PutTargets` writes over one of the same id: it is asked for first, and is this
//! operation's if it is as it was to be.

use std::collections::BTreeMap;

use aws_sdk_eventbridge::types::{
    HttpParameters as Http, InputTransformer as Transformer, KinesisParameters, RetryPolicy as Retries, SqsParameters,
    Target as Described,
};
use dr_core::cloud::Intent;
use dr_core::convert::{Json, NoOutputs};
use dr_kinds::events::{EventTarget, HttpParameters, InputTransformer, RetryPolicy};

use super::targets::{dead_letter, remove_targets, targets};
use crate::connect::{Cx, small};
use crate::lifecycle::{Lifecycle, Result, found_as_given, is_free};

const PUT: &str = "events:PutTargets";

impl Lifecycle for EventTarget {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, id(args), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        if is_free(cx, PUT, &id(args), args).await? {
            put(cx, args).await?;
        }
        Ok(id(args))
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let targets = targets(cx, &last.event_bus_name, &last.rule).await?;
        let target = targets.into_iter().flatten().find(|target| target.id == last.target_id);
        Ok(target.map(|target| (described(target, last), NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, _id: &str, _old: &Self, new: &Self) -> Result<()> {
        put(cx, new).await
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        remove_targets(cx, &last.event_bus_name, &last.rule, vec![last.target_id.clone()]).await
    }
}

fn id(args: &EventTarget) -> String {
    format!("{}/{}/{}", args.event_bus_name, args.rule, args.target_id)
}

async fn put(cx: &Cx<'_>, args: &EventTarget) -> Result<()> {
    let targets = cx.events().put_targets().event_bus_name(&args.event_bus_name).rule(&args.rule);
    let reply = cx.call(PUT, targets.set_targets(target(args).map(|target| vec![target])).send()).await?;
    match reply.failed_entries().first() {
        Some(entry) => {
            let (code, message) = (entry.error_code().unwrap_or_default(), entry.error_message().unwrap_or_default());
            Err(cx.refused(PUT, code, message))
        }
        None if reply.failed_entry_count > 0 => Err(cx.incomplete(PUT, "reason why the target was not taken")),
        None => Ok(()),
    }
}

/// The target as the SDK takes it; `None` never happens, as all that it asks for is set.
fn target(args: &EventTarget) -> Option<Described> {
    let transformer = args.input_transformer.as_ref().and_then(|transformer| {
        let paths = Some(transformer.input_paths_map.clone().into_iter().collect());
        Transformer::builder().set_input_paths_map(paths).input_template(&transformer.input_template).build().ok()
    });
    let retries = args.retry_policy.as_ref().map(|retries| {
        let policy = Retries::builder().maximum_event_age_in_seconds(small(retries.maximum_event_age_in_seconds));
        policy.maximum_retry_attempts(small(retries.maximum_retry_attempts)).build()
    });
    let sqs = args.sqs_message_group_id.as_ref().map(|id| SqsParameters::builder().message_group_id(id).build());
    let kinesis = args.kinesis_partition_key_path.as_ref();
    let kinesis = kinesis.and_then(|path| KinesisParameters::builder().partition_key_path(path).build().ok());
    let http = args.http_parameters.as_ref().map(|http| {
        Http::builder()
            .set_path_parameter_values(Some(http.path_parameter_values.clone()))
            .set_header_parameters(Some(http.header_parameters.clone().into_iter().collect()))
            .set_query_string_parameters(Some(http.query_string_parameters.clone().into_iter().collect()))
            .build()
    });
    let target = Described::builder().id(&args.target_id).arn(&args.arn).set_role_arn(args.role_arn.clone());
    let target = target.set_input(args.input.as_ref().map(Json::text)).set_input_path(args.input_path.clone());
    let target = target.set_input_transformer(transformer).set_retry_policy(retries).set_sqs_parameters(sqs);
    let target = target.set_kinesis_parameters(kinesis).set_http_parameters(http);
    target.set_dead_letter_config(dead_letter(args.dead_letter_arn.as_deref())).build().ok()
}

/// What a description says; the rest as in `last`.
fn described(target: Described, last: &EventTarget) -> EventTarget {
    let usual = RetryPolicy { maximum_event_age_in_seconds: 86_400, maximum_retry_attempts: 185 };
    let retries = target.retry_policy.map(|policy| RetryPolicy {
        maximum_event_age_in_seconds: policy.maximum_event_age_in_seconds.map_or(86_400, i64::from),
        maximum_retry_attempts: policy.maximum_retry_attempts.map_or(185, i64::from),
    });
    EventTarget {
        arn: target.arn,
        role_arn: target.role_arn,
        input: target.input.as_deref().map(Json::parse),
        input_path: target.input_path,
        input_transformer: target.input_transformer.map(|transformer| InputTransformer {
            input_paths_map: ordered(transformer.input_paths_map),
            input_template: transformer.input_template,
        }),
        dead_letter_arn: target.dead_letter_config.and_then(|dead| dead.arn),
        // What EventBridge does where nothing was said is no difference.
        retry_policy: retries.filter(|policy| last.retry_policy.is_some() || *policy != usual),
        sqs_message_group_id: target.sqs_parameters.and_then(|sqs| sqs.message_group_id),
        kinesis_partition_key_path: target.kinesis_parameters.map(|kinesis| kinesis.partition_key_path),
        http_parameters: target.http_parameters.map(|http| HttpParameters {
            path_parameter_values: http.path_parameter_values.unwrap_or_default(),
            header_parameters: ordered(http.header_parameters),
            query_string_parameters: ordered(http.query_string_parameters),
        }),
        ..last.clone()
    }
}

fn ordered<M: IntoIterator<Item = (String, String)>>(map: Option<M>) -> BTreeMap<String, String> {
    map.into_iter().flatten().collect()
}

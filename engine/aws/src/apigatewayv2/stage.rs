//! `apigatewayv2.stage`: lifecycle. The id is the API's id and the stage's name.

use std::collections::BTreeMap;

use aws_sdk_apigatewayv2::operation::get_stage::GetStageOutput;
use aws_sdk_apigatewayv2::types::{self, LoggingLevel};
use dr_core::cloud::Intent;
use dr_kinds::apigatewayv2::{HttpAccessLogSettings, HttpStage, HttpStageOut, RouteSettings};

use super::tagging::retag;
use super::values::{changed, turned};
use crate::connect::{Cx, MayBeGone as _, small};
use crate::gateway::{filled, sorted};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

/// The stage that is no part of paths.
const DEFAULT: &str = "$default";

impl Lifecycle for HttpStage {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let stage = get(cx, args).await.found()?;
        Ok(stage.filter(|stage| tags::ours(stage.tags(), intent)).map(|_| id(args)))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let stage = cx.apigatewayv2().create_stage().api_id(&args.api_id).stage_name(&args.stage_name);
        let stage = stage.auto_deploy(args.auto_deploy).set_description(filled(Some(&args.description)));
        let stage = stage.set_stage_variables(turned(&BTreeMap::new(), &args.stage_variables));
        let stage = stage.set_access_log_settings(args.access_log_settings.as_ref().map(logs));
        let stage = stage.default_route_settings(settings(&args.default_route_settings));
        let stage = stage.set_route_settings(of_routes(args));
        let stage = stage.set_tags(Some(tags::given(&args.tags, intent).into_iter().collect()));
        cx.call("apigatewayv2:CreateStage", stage.send()).await?;
        Ok(id(args))
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, HttpStageOut)>> {
        let Some(live) = get(cx, last).await.found()? else { return Ok(None) };
        let logs = live.access_log_settings().filter(|logs| logs.destination_arn().is_some_and(|arn| !arn.is_empty()));
        let stage = HttpStage {
            auto_deploy: live.auto_deploy.unwrap_or_default(),
            description: live.description.clone().unwrap_or_default(),
            stage_variables: sorted(live.stage_variables()),
            access_log_settings: logs.map(|logs| HttpAccessLogSettings {
                destination_arn: logs.destination_arn.clone().unwrap_or_default(),
                format: logs.format.clone().unwrap_or_default(),
            }),
            default_route_settings: arguments(live.default_route_settings()),
            route_settings: live
                .route_settings()
                .into_iter()
                .flatten()
                .map(|(key, live)| (key.clone(), arguments(Some(live))))
                .collect(),
            tags: tags::user(live.tags()),
            ..last.clone()
        };
        let (api, name) = (&last.api_id, &last.stage_name);
        let path = if name == DEFAULT { "" } else { name };
        let out = HttpStageOut {
            arn: arn(cx, last),
            execution_arn: cx.arn("execute-api", &format!("{api}/{name}")),
            invoke_url: format!("https://{api}.execute-api.{}.amazonaws.com/{path}", cx.region()),
        };
        Ok(Some((stage, out)))
    }

    async fn update(cx: &Cx<'_>, _id: &str, old: &Self, new: &Self) -> Result<()> {
        if old.access_log_settings.is_some() && new.access_log_settings.is_none() {
            let stage = cx.apigatewayv2().delete_access_log_settings().api_id(&new.api_id);
            let stage = stage.stage_name(&new.stage_name);
            cx.call("apigatewayv2:DeleteAccessLogSettings", stage.send()).await?;
        }
        // What has been taken away already is not there any more.
        let looking = cx.looking();
        for key in old.route_settings.keys().filter(|key| !new.route_settings.contains_key(*key)) {
            let stage = cx.apigatewayv2().delete_route_settings().api_id(&new.api_id);
            let stage = stage.stage_name(&new.stage_name).route_key(key);
            looking.call("apigatewayv2:DeleteRouteSettings", stage.send()).await.found()?;
        }
        let rest = |stage: &Self| HttpStage { tags: Default::default(), ..stage.clone() };
        if rest(old) != rest(new) {
            let stage = cx.apigatewayv2().update_stage().api_id(&new.api_id).stage_name(&new.stage_name);
            let stage = stage.auto_deploy(new.auto_deploy);
            let stage = stage.set_description(changed(Some(&old.description), Some(&new.description)));
            let stage = stage.set_stage_variables(turned(&old.stage_variables, &new.stage_variables));
            let stage = stage.set_access_log_settings(new.access_log_settings.as_ref().map(logs));
            let stage = stage.default_route_settings(settings(&new.default_route_settings));
            let stage = stage.set_route_settings(of_routes(new));
            cx.call("apigatewayv2:UpdateStage", stage.send()).await?;
        }
        retag(cx, &arn(cx, new), &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let stage = cx.apigatewayv2().delete_stage().api_id(&last.api_id).stage_name(&last.stage_name);
        cx.call("apigatewayv2:DeleteStage", stage.send()).await.found().map(drop)
    }
}

fn id(args: &HttpStage) -> String {
    format!("{}/{}", args.api_id, args.stage_name)
}

fn arn(cx: &Cx<'_>, args: &HttpStage) -> String {
    cx.arn("apigateway", &format!("/apis/{}/stages/{}", args.api_id, args.stage_name))
}

async fn get(cx: &Cx<'_>, args: &HttpStage) -> Result<GetStageOutput> {
    let stage = cx.apigatewayv2().get_stage().api_id(&args.api_id).stage_name(&args.stage_name);
    cx.call("apigatewayv2:GetStage", stage.send()).await
}

fn logs(logs: &HttpAccessLogSettings) -> types::AccessLogSettings {
    types::AccessLogSettings::builder().destination_arn(&logs.destination_arn).format(&logs.format).build()
}

fn of_routes<M: FromIterator<(String, types::RouteSettings)>>(args: &HttpStage) -> Option<M> {
    let all = args.route_settings.iter().map(|(key, given)| (key.clone(), settings(given)));
    (!args.route_settings.is_empty()).then(|| all.collect())
}

/// Settings as the SDK takes them. A limit that is sent as nothing would let nothing through, and HTTP APIs refuse what
/// WebSocket APIs log.
fn settings(given: &RouteSettings) -> types::RouteSettings {
    let level = Some(LoggingLevel::from(given.logging_level.as_str())).filter(|level| *level != LoggingLevel::Off);
    types::RouteSettings::builder()
        .detailed_metrics_enabled(given.detailed_metrics_enabled)
        .set_throttling_burst_limit(given.throttling_burst_limit.map(small))
        .set_throttling_rate_limit(given.throttling_rate_limit)
        .set_data_trace_enabled(given.data_trace_enabled.then_some(true))
        .set_logging_level(level)
        .build()
}

/// Settings as they are.
fn arguments(live: Option<&types::RouteSettings>) -> RouteSettings {
    let level = live.and_then(|live| live.logging_level());
    RouteSettings {
        detailed_metrics_enabled: live.and_then(|live| live.detailed_metrics_enabled).unwrap_or_default(),
        throttling_burst_limit: live.and_then(|live| live.throttling_burst_limit).map(i64::from),
        throttling_rate_limit: live.and_then(|live| live.throttling_rate_limit),
        data_trace_enabled: live.and_then(|live| live.data_trace_enabled).unwrap_or_default(),
        logging_level: level.unwrap_or(&LoggingLevel::Off).as_str().to_owned(),
    }
}

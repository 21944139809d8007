//! `apigateway.stage`: lifecycle. The id is the API's id and the stage's name.
//!
//! Creation takes neither logs nor settings of methods. Methods go by paths: `/payment/POST` is `~1payment/POST` on the
//! wire, as the path is one part of it.

use std::collections::BTreeMap;

use aws_sdk_apigateway::operation::get_stage::GetStageOutput;
use aws_sdk_apigateway::types::{self, CacheClusterSize, CacheClusterStatus};
use dr_core::cloud::{Intent, Settled};
use dr_kinds::apigateway::{AccessLogSettings, MethodSetting, Stage, StageOut};

use super::patch::{Patch, escaped, unescaped};
use super::tagging::retag;
use super::values::hashed;
use crate::connect::{Cx, MayBeGone as _};
use crate::gateway::{filled, sorted};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

/// What API Gateway calls a limit that is not set.
const UNLIMITED: i32 = -1;

impl Lifecycle for Stage {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let stage = get(cx, args).await.found()?;
        Ok(stage.filter(|stage| tags::ours(stage.tags(), intent)).map(|_| id(args)))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let stage = cx.apigateway().create_stage().rest_api_id(&args.rest_api_id).stage_name(&args.stage_name);
        let stage = stage.deployment_id(&args.deployment_id).set_variables(hashed(&args.variables));
        let stage = stage.set_description(filled(Some(&args.description)));
        let stage = stage.tracing_enabled(args.tracing_enabled).cache_cluster_enabled(args.cache_cluster_enabled);
        let stage = stage.set_cache_cluster_size(args.cache_cluster_size.as_deref().map(CacheClusterSize::from));
        let stage = stage.set_documentation_version(args.documentation_version.clone());
        let stage = stage.set_tags(Some(tags::given(&args.tags, intent).into_iter().collect()));
        cx.call("apigateway:CreateStage", stage.send()).await?;
        Ok(id(args))
    }

    async fn configure(cx: &Cx<'_>, _id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        let made = Stage {
            access_log_settings: None,
            method_settings: BTreeMap::new(),
            client_certificate_id: None,
            ..args.clone()
        };
        change(cx, &made, args).await
    }

    async fn settle(cx: &Cx<'_>, _id: &str, args: &Self) -> Result<Settled> {
        if !args.cache_cluster_enabled {
            return Ok(Settled::Ready);
        }
        // A cache takes minutes, and nothing can be changed meanwhile.
        let ready = get(cx, args).await?.cache_cluster_status == Some(CacheClusterStatus::Available);
        Ok(if ready { Settled::Ready } else { Settled::Wait(None) })
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, StageOut)>> {
        let Some(stage) = get(cx, last).await.found()? else { return Ok(None) };
        let (api, name) = (&last.rest_api_id, &last.stage_name);
        let out = StageOut {
            arn: arn(cx, last),
            execution_arn: cx.arn("execute-api", &format!("{api}/{name}")),
            invoke_url: format!("https://{api}.execute-api.{}.amazonaws.com/{name}", cx.region()),
        };
        Ok(Some((arguments(&stage, last), out)))
    }

    async fn update(cx: &Cx<'_>, _id: &str, old: &Self, new: &Self) -> Result<()> {
        change(cx, &arguments(&get(cx, new).await?, new), new).await?;
        retag(cx, &arn(cx, new), &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let stage = cx.apigateway().delete_stage().rest_api_id(&last.rest_api_id).stage_name(&last.stage_name);
        cx.call("apigateway:DeleteStage", stage.send()).await.found().map(drop)
    }
}

fn id(args: &Stage) -> String {
    format!("{}/{}", args.rest_api_id, args.stage_name)
}

fn arn(cx: &Cx<'_>, args: &Stage) -> String {
    cx.arn("apigateway", &format!("/restapis/{}/stages/{}", args.rest_api_id, args.stage_name))
}

async fn get(cx: &Cx<'_>, args: &Stage) -> Result<GetStageOutput> {
    let stage = cx.apigateway().get_stage().rest_api_id(&args.rest_api_id).stage_name(&args.stage_name);
    cx.call("apigateway:GetStage", stage.send()).await
}

/// The stage as it is.
fn arguments(stage: &GetStageOutput, last: &Stage) -> Stage {
    let logs = stage.access_log_settings().filter(|logs| logs.destination_arn().is_some_and(|arn| !arn.is_empty()));
    Stage {
        deployment_id: stage.deployment_id.clone().unwrap_or_default(),
        description: stage.description.clone().unwrap_or_default(),
        variables: sorted(stage.variables()),
        tracing_enabled: stage.tracing_enabled,
        access_log_settings: logs.map(|logs| AccessLogSettings {
            destination_arn: logs.destination_arn.clone().unwrap_or_default(),
            format: logs.format.clone().unwrap_or_default(),
        }),
        method_settings: sorted(stage.method_settings())
            .iter()
            .map(|(key, live)| {
                let path = path(key);
                let setting = setting(live, last.method_settings.get(&path));
                (path, setting)
            })
            .collect(),
        cache_cluster_enabled: stage.cache_cluster_enabled,
        cache_cluster_size: stage.cache_cluster_size().map(|size| size.as_str().to_owned()),
        client_certificate_id: filled(stage.client_certificate_id()),
        documentation_version: filled(stage.documentation_version()),
        tags: tags::user(stage.tags()),
        ..last.clone()
    }
}

/// Settings as they are, without the limits that are the account's.
fn setting(live: &types::MethodSetting, last: Option<&MethodSetting>) -> MethodSetting {
    let given = |of: fn(&MethodSetting) -> bool| last.is_none_or(of);
    let burst = Some(live.throttling_burst_limit).filter(|burst| *burst != UNLIMITED);
    let rate = Some(live.throttling_rate_limit).filter(|rate| *rate != f64::from(UNLIMITED));
    MethodSetting {
        metrics_enabled: live.metrics_enabled,
        logging_level: live.logging_level.clone().unwrap_or_else(|| "OFF".to_owned()),
        data_trace_enabled: live.data_trace_enabled,
        throttling_burst_limit: burst.filter(|_| given(|last| last.throttling_burst_limit.is_some())).map(i64::from),
        throttling_rate_limit: rate.filter(|_| given(|last| last.throttling_rate_limit.is_some())),
        caching_enabled: live.caching_enabled,
        cache_ttl_in_seconds: i64::from(live.cache_ttl_in_seconds),
        cache_data_encrypted: live.cache_data_encrypted,
    }
}

/// The path and method that a key of the wire stands for.
fn path(key: &str) -> String {
    let (path, method) = key.rsplit_once('/').unwrap_or((key, "*"));
    let path = unescaped(path);
    let slash = if path == "*" || path.starts_with('/') { "" } else { "/" };
    format!("{slash}{path}/{method}")
}

/// The key of the wire for a path and method.
fn key(path: &str) -> String {
    let (path, method) = path.rsplit_once('/').unwrap_or((path, "*"));
    format!("{}/{method}", escaped(path))
}

/// Makes the stage what it shall be.
async fn change(cx: &Cx<'_>, live: &Stage, new: &Stage) -> Result<()> {
    let mut patch = Patch::default();
    patch.value("/deploymentId", &live.deployment_id, &new.deployment_id);
    patch.value("/description", &live.description, &new.description);
    patch.value("/tracingEnabled", &live.tracing_enabled, &new.tracing_enabled);
    let removed = live.variables.keys().filter(|name| !new.variables.contains_key(*name));
    removed.for_each(|name| patch.remove(&format!("/variables/{}", escaped(name))));
    for (name, value) in new.variables.iter().filter(|(name, value)| live.variables.get(*name) != Some(value)) {
        patch.replace(&format!("/variables/{}", escaped(name)), Some(value.clone()));
    }
    match (&live.access_log_settings, &new.access_log_settings) {
        (Some(_), None) => patch.remove("/accessLogSettings"),
        (live, Some(new)) => {
            let of = |of: fn(&AccessLogSettings) -> &String| live.as_ref().map(|logs| of(logs).as_str());
            patch.text("/accessLogSettings/destinationArn", of(|l| &l.destination_arn), Some(&new.destination_arn));
            patch.text("/accessLogSettings/format", of(|l| &l.format), Some(&new.format));
        }
        (None, None) => {}
    }
    patch.value("/cacheClusterEnabled", &live.cache_cluster_enabled, &new.cache_cluster_enabled);
    if new.cache_cluster_size.is_some() {
        let size = |stage: &Stage| stage.cache_cluster_size.clone();
        patch.optional("/cacheClusterSize", size(live), size(new));
    }
    let certificate = |stage: &Stage| stage.client_certificate_id.clone();
    patch.text("/clientCertificateId", certificate(live).as_deref(), certificate(new).as_deref());
    let version = |stage: &Stage| stage.documentation_version.clone();
    patch.text("/documentationVersion", version(live).as_deref(), version(new).as_deref());
    for path in live.method_settings.keys().filter(|path| !new.method_settings.contains_key(*path)) {
        patch.remove(&format!("/{}", key(path)));
    }
    for (path, new) in &new.method_settings {
        change_setting(&mut patch, &format!("/{}", key(path)), live.method_settings.get(path), new);
    }
    if let Some(operations) = patch.operations() {
        let stage = cx.apigateway().update_stage().rest_api_id(&new.rest_api_id).stage_name(&new.stage_name);
        cx.call("apigateway:UpdateStage", stage.set_patch_operations(Some(operations)).send()).await?;
    }
    Ok(())
}

/// Settings that are new start as those of `*/*`, whatever these are, so all of them are set.
fn change_setting(patch: &mut Patch, at: &str, live: Option<&MethodSetting>, new: &MethodSetting) {
    macro_rules! settings {
        ($($path:literal $of:expr),* $(,)?) => {
            $({
                let of: fn(&MethodSetting) -> String = $of;
                let value = of(new);
                if live.map(of).as_ref() != Some(&value) {
                    patch.replace(&format!("{at}/{}", $path), Some(value));
                }
            })*
        };
    }
    settings! {
        "metrics/enabled" |s| s.metrics_enabled.to_string(),
        "logging/loglevel" |s| s.logging_level.clone(),
        "logging/dataTrace" |s| s.data_trace_enabled.to_string(),
        "throttling/burstLimit" |s| s.throttling_burst_limit.unwrap_or(UNLIMITED.into()).to_string(),
        "throttling/rateLimit" |s| s.throttling_rate_limit.unwrap_or(UNLIMITED.into()).to_string(),
        "caching/enabled" |s| s.caching_enabled.to_string(),
        "caching/ttlInSeconds" |s| s.cache_ttl_in_seconds.to_string(),
        "caching/dataEncrypted" |s| s.cache_data_encrypted.to_string(),
    }
}

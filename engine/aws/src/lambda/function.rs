//! `lambda.function`: lifecycle. The id is the function's name.
//!
//! Lambda makes one change at a time and refuses the next until it has arrived. An update that needs several changes
//! its settings first: they can be read back, so that the same update, tried again, goes on with the code instead of
//! beginning anew. The code of a function comes back as the digest of its archive, which is the package's address.

use std::collections::BTreeMap;

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{
    Architecture, DeadLetterConfig, Environment, EphemeralStorage, FunctionCode, FunctionConfiguration,
    LastUpdateStatus, LoggingConfig, PackageType, Runtime, State, TracingConfig, TracingMode, VpcConfig,
};
use aws_smithy_types::{Blob, base64};
use dr_core::cloud::{CloudError, Intent, Settled};
use dr_core::online::{Objection, Wishes};
use dr_kinds::lambda::{FunctionLoggingConfig, FunctionVpcConfig, LambdaFunction, LambdaFunctionOut};

use super::arguments::{chosen, differs};
use super::names::invoke_arn;
use super::quota;
use super::tagging::retag;
use crate::connect::{Cx, MayBeGone as _, small};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

/// Arguments that `UpdateFunctionCode` changes.
const CODE: &[&str] = &["architectures", "image_uri", "package", "s3_bucket", "s3_key", "s3_object_version"];

/// Arguments that `UpdateFunctionConfiguration` changes.
const SETTINGS: &[&str] = &[
    "dead_letter_target_arn",
    "description",
    "environment",
    "ephemeral_storage_size",
    "handler",
    "kms_key_arn",
    "layers",
    "logging_config",
    "memory_size",
    "role",
    "runtime",
    "timeout",
    "tracing_mode",
    "vpc_config",
];

/// Puts those settings that are wanted into a request. Creation and change take the same under the same names. What is
/// absent is put in as what takes it away.
macro_rules! settings {
    ($request:expr, $args:expr, $wanted:expr) => {{
        let (args, wanted) = ($args, $wanted);
        $request
            .set_role(wanted("role").then(|| args.role.clone()))
            .set_runtime(args.runtime.as_deref().filter(|_| wanted("runtime")).map(Runtime::from))
            .set_handler(args.handler.clone().filter(|_| wanted("handler")))
            .set_description(wanted("description").then(|| args.description.clone()))
            .set_memory_size(wanted("memory_size").then(|| small(args.memory_size)))
            .set_timeout(wanted("timeout").then(|| small(args.timeout)))
            .set_ephemeral_storage(storage(args).filter(|_| wanted("ephemeral_storage_size")))
            .set_environment(wanted("environment").then(|| environment(args)))
            .set_kms_key_arn(wanted("kms_key_arn").then(|| args.kms_key_arn.clone().unwrap_or_default()))
            .set_layers(wanted("layers").then(|| args.layers.clone()))
            .set_vpc_config(wanted("vpc_config").then(|| network(args)))
            .set_dead_letter_config(wanted("dead_letter_target_arn").then(|| dead_letter(args)))
            .set_tracing_config(wanted("tracing_mode").then(|| tracing(args)))
            .set_logging_config(wanted("logging_config").then(|| logging(args)))
    }};
}

impl Lifecycle for LambdaFunction {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let function = get(cx, &args.function_name).await.found()?;
        Ok(function.filter(|function| tags::ours(function.tags(), intent)).map(|_| args.function_name.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let code = FunctionCode::builder().set_zip_file(package(cx, args)?).set_image_uri(args.image_uri.clone());
        let code = code.set_s3_bucket(args.s3_bucket.clone()).set_s3_key(args.s3_key.clone());
        let code = code.set_s3_object_version(args.s3_object_version.clone());
        let function = cx.lambda().create_function().function_name(&args.function_name).code(code.build());
        let function = function.package_type(PackageType::from(args.package_type.as_str()));
        let function = function.set_architectures(architectures(args)).publish(args.publish);
        let function = function.set_tags(Some(tags::given(&args.tags, intent).into_iter().collect()));
        let function = settings!(function, args, chosen(args));
        cx.call("lambda:CreateFunction", function.send()).await?;
        Ok(args.function_name.clone())
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        if args.reserved_concurrent_executions.is_some() { reserve(cx, id, args).await } else { Ok(()) }
    }

    async fn settle(cx: &Cx<'_>, id: &str, _args: &Self) -> Result<Settled> {
        let function = configuration(cx, get(cx, id).await?)?;
        let why = |reason: Option<&str>| reason.unwrap_or("Lambda does not say why").to_owned();
        Ok(match (function.state(), function.last_update_status()) {
            (Some(State::Failed), _) => Settled::Failed(why(function.state_reason())),
            (Some(State::Pending), _) | (_, Some(LastUpdateStatus::InProgress)) => Settled::Wait(None),
            (_, Some(LastUpdateStatus::Failed)) => Settled::Failed(why(function.last_update_status_reason())),
            _ => Settled::Ready,
        })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, LambdaFunctionOut)>> {
        let Some(function) = get(cx, id).await.found()? else { return Ok(None) };
        let live = arguments(&function, last);
        let function = configuration(cx, function)?;
        let arn = function.function_arn.unwrap_or_else(|| cx.arn("lambda", &format!("function:{id}")));
        let version = if last.publish { last_version(cx, id).await? } else { None };
        let version = version.map_or_else(|| "$LATEST".to_owned(), |version| version.to_string());
        let out = LambdaFunctionOut {
            invoke_arn: invoke_arn(cx, &arn),
            qualified_arn: format!("{arn}:{version}"),
            arn,
            version,
            code_sha256: function.code_sha256.unwrap_or_default(),
            source_code_size: function.code_size,
            last_modified: function.last_modified.unwrap_or_default(),
        };
        Ok(Some((live, out)))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if old.reserved_concurrent_executions != new.reserved_concurrent_executions {
            reserve(cx, id, new).await?;
        }
        retag(cx, &cx.arn("lambda", &format!("function:{id}")), &old.tags, &new.tags).await?;

        let changed = differs(old, new);
        let any = |names: &[&str]| names.iter().any(|name| changed(name));
        let (settings, code) = (any(SETTINGS), any(CODE));
        let more = code || new.publish;
        if settings && !(more && arrived(cx, id, new).await?) {
            let function = cx.lambda().update_function_configuration().function_name(id);
            let function = settings!(function, new, &changed);
            cx.call("lambda:UpdateFunctionConfiguration", function.send()).await?;
        }
        if code {
            let function = cx.lambda().update_function_code().function_name(id).set_zip_file(package(cx, new)?);
            let function = function.set_s3_bucket(new.s3_bucket.clone()).set_s3_key(new.s3_key.clone());
            let function = function.set_s3_object_version(new.s3_object_version.clone());
            let function = function.set_image_uri(new.image_uri.clone());
            let function = function.set_architectures(architectures(new)).publish(new.publish);
            cx.call("lambda:UpdateFunctionCode", function.send()).await?;
        } else if settings && new.publish {
            // Lambda makes no second version of what has not changed.
            cx.call("lambda:PublishVersion", cx.lambda().publish_version().function_name(id).send()).await?;
        }
        Ok(())
    }

    async fn objections(cx: &Cx<'_>, wishes: &Wishes) -> Result<Vec<Objection>> {
        quota::reservations(cx, wishes).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let function = cx.lambda().delete_function().function_name(id);
        cx.call("lambda:DeleteFunction", function.send()).await.found().map(drop)
    }
}

/// The function with its tags and its reservation. That its tags are withheld is an error: without them it would seem
/// to be somebody else's.
async fn get(cx: &Cx<'_>, name: &str) -> Result<GetFunctionOutput> {
    let function = cx.call("lambda:GetFunction", cx.lambda().get_function().function_name(name).send()).await?;
    match &function.tags_error {
        None => Ok(function),
        Some(error) => {
            let (code, why) = (error.error_code(), error.message());
            let class = cx.looking().class("lambda:ListTags", 500, code, why);
            Err(CloudError::new(class, "lambda:ListTags", code, why))
        }
    }
}

fn configuration(cx: &Cx<'_>, function: GetFunctionOutput) -> Result<FunctionConfiguration> {
    function.configuration.ok_or_else(|| cx.incomplete("lambda:GetFunction", "configuration"))
}

/// Whether the function has the settings that it was to get, and only the rest of an update is left.
async fn arrived(cx: &Cx<'_>, id: &str, new: &LambdaFunction) -> Result<bool> {
    let live = arguments(&get(cx, id).await?, new);
    let differs = differs(&live, new);
    Ok(!SETTINGS.iter().any(|name| differs(name)))
}

/// The function as it is.
fn arguments(function: &GetFunctionOutput, last: &LambdaFunction) -> LambdaFunction {
    let Some(live) = function.configuration() else { return last.clone() };
    let code = function.code();
    let filled = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    LambdaFunction {
        role: live.role.clone().unwrap_or_default(),
        package_type: live.package_type().map_or_else(|| last.package_type.clone(), |kind| kind.as_str().to_owned()),
        // Also what came out of a bucket has a digest, but is no package.
        package: last.package.as_ref().map(|last| live.code_sha256().and_then(address).unwrap_or(last.clone())),
        image_uri: code.and_then(|code| code.image_uri.clone()),
        runtime: filled(live.runtime().map(Runtime::as_str)),
        handler: filled(live.handler()),
        description: live.description.clone().unwrap_or_default(),
        memory_size: live.memory_size.map_or(last.memory_size, i64::from),
        timeout: live.timeout.map_or(last.timeout, i64::from),
        ephemeral_storage_size: live.ephemeral_storage().map_or(last.ephemeral_storage_size, |s| i64::from(s.size)),
        architectures: live.architectures().iter().map(|a| a.as_str().to_owned()).collect(),
        environment: match live.environment() {
            None => BTreeMap::new(),
            // They are there, but cannot be decrypted.
            Some(variables) if variables.error().is_some() => last.environment.clone(),
            Some(variables) => variables.variables.iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect(),
        },
        kms_key_arn: filled(live.kms_key_arn()),
        layers: live.layers().iter().filter_map(|layer| layer.arn.clone()).collect(),
        vpc_config: live.vpc_config().filter(|vpc| !vpc.subnet_ids().is_empty()).map(|vpc| FunctionVpcConfig {
            subnet_ids: vpc.subnet_ids().to_vec(),
            security_group_ids: vpc.security_group_ids().to_vec(),
            ipv6_allowed_for_dual_stack: vpc.ipv6_allowed_for_dual_stack.unwrap_or_default(),
        }),
        dead_letter_target_arn: filled(live.dead_letter_config().and_then(|dead| dead.target_arn())),
        tracing_mode: live.tracing_config().and_then(|t| t.mode()).unwrap_or(&TracingMode::PassThrough).to_string(),
        reserved_concurrent_executions: function
            .concurrency()
            .and_then(|concurrency| concurrency.reserved_concurrent_executions)
            .map(i64::from),
        logging_config: match live.logging_config() {
            Some(live) => given_logging(live, last),
            None => last.logging_config.clone(),
        },
        tags: tags::user(function.tags()),
        ..last.clone()
    }
}

/// The logging that a function has, without what Lambda chose: text, to the group of the function's name, and `INFO`
/// where JSON has levels.
fn given_logging(live: &LoggingConfig, last: &LambdaFunction) -> Option<FunctionLoggingConfig> {
    let last_config = last.logging_config.as_ref();
    let given = |of: fn(&FunctionLoggingConfig) -> &Option<String>| last_config.is_some_and(|last| of(last).is_some());
    let unless =
        |chosen: &str, given: bool, text: Option<&str>| text.filter(|text| given || *text != chosen).map(str::to_owned);
    let group = usual_group(last);
    let config = FunctionLoggingConfig {
        log_format: live.log_format().map_or("Text", |format| format.as_str()).to_owned(),
        log_group: unless(&group, given(|l| &l.log_group), live.log_group()),
        application_log_level: unless(
            "INFO",
            given(|l| &l.application_log_level),
            live.application_log_level().map(|level| level.as_str()),
        ),
        system_log_level: unless(
            "INFO",
            given(|l| &l.system_log_level),
            live.system_log_level().map(|level| level.as_str()),
        ),
    };
    let usual = config.log_format == "Text" && config.log_group.is_none();
    (last_config.is_some() || !usual).then_some(config)
}

/// The log group that Lambda chooses.
fn usual_group(args: &LambdaFunction) -> String {
    format!("/aws/lambda/{}", args.function_name)
}

/// The address of the package whose digest Lambda gives in base64.
fn address(code_sha256: &str) -> Option<String> {
    let digest = base64::decode(code_sha256).ok().filter(|digest| digest.len() == 32)?;
    Some(digest.iter().fold("sha256:".to_owned(), |address, byte| format!("{address}{byte:02x}")))
}

fn package(cx: &Cx<'_>, args: &LambdaFunction) -> Result<Option<Blob>> {
    args.package.as_deref().map(|package| cx.package(package).map(Blob::new)).transpose()
}

/// The instruction set; `None` leaves it to Lambda.
fn architectures(args: &LambdaFunction) -> Option<Vec<Architecture>> {
    let list: Vec<_> = args.architectures.iter().map(|name| Architecture::from(name.as_str())).collect();
    (!list.is_empty()).then_some(list)
}

fn storage(args: &LambdaFunction) -> Option<EphemeralStorage> {
    // `build` fails only without the one field that is set here.
    EphemeralStorage::builder().size(small(args.ephemeral_storage_size)).build().ok()
}

fn environment(args: &LambdaFunction) -> Environment {
    Environment::builder().set_variables(Some(args.environment.clone().into_iter().collect())).build()
}

fn network(args: &LambdaFunction) -> VpcConfig {
    let none = FunctionVpcConfig {
        subnet_ids: Vec::new(),
        security_group_ids: Vec::new(),
        ipv6_allowed_for_dual_stack: false,
    };
    let vpc = args.vpc_config.as_ref().unwrap_or(&none);
    let config = VpcConfig::builder().set_subnet_ids(Some(vpc.subnet_ids.clone()));
    let config = config.set_security_group_ids(Some(vpc.security_group_ids.clone()));
    config.ipv6_allowed_for_dual_stack(vpc.ipv6_allowed_for_dual_stack).build()
}

fn dead_letter(args: &LambdaFunction) -> DeadLetterConfig {
    DeadLetterConfig::builder().target_arn(args.dead_letter_target_arn.as_deref().unwrap_or_default()).build()
}

fn tracing(args: &LambdaFunction) -> TracingConfig {
    TracingConfig::builder().mode(TracingMode::from(args.tracing_mode.as_str())).build()
}

fn logging(args: &LambdaFunction) -> LoggingConfig {
    let given = args.logging_config.as_ref();
    let config = LoggingConfig::builder().log_format(given.map_or("Text", |given| given.log_format.as_str()).into());
    let group = given.and_then(|given| given.log_group.clone()).unwrap_or_else(|| usual_group(args));
    let level = |of: fn(&FunctionLoggingConfig) -> &Option<String>| given.and_then(|given| of(given).as_deref());
    let config = config.set_application_log_level(level(|l| &l.application_log_level).map(Into::into));
    config.log_group(group).set_system_log_level(level(|l| &l.system_log_level).map(Into::into)).build()
}

/// Reserves invocations for the function, or gives them back.
async fn reserve(cx: &Cx<'_>, id: &str, args: &LambdaFunction) -> Result<()> {
    match args.reserved_concurrent_executions {
        Some(executions) => {
            let function = cx.lambda().put_function_concurrency().function_name(id);
            let function = function.reserved_concurrent_executions(small(executions));
            cx.call("lambda:PutFunctionConcurrency", function.send()).await.map(drop)
        }
        None => {
            let function = cx.lambda().delete_function_concurrency().function_name(id);
            cx.call("lambda:DeleteFunctionConcurrency", function.send()).await.map(drop)
        }
    }
}

/// The version that was published last; numbers only grow.
async fn last_version(cx: &Cx<'_>, id: &str) -> Result<Option<u64>> {
    let versions = cx.lambda().list_versions_by_function().function_name(id).into_paginator().items().send();
    let versions = cx.call("lambda:ListVersionsByFunction", versions.try_collect()).await.found()?;
    Ok(versions.iter().flatten().filter_map(|function| function.version()?.parse().ok()).max())
}

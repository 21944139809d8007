//! `stepfunctions.state_machine`: lifecycle. The id is the machine's ARN, which follows from its name.
//!
//! `CreateStateMachine` answers with a machine of the same name and definition, whoever made it, and ignores role and
//! tags then. So it is asked for first, and taken over only with this operation's tag. A deletion takes as long as
//! executions run, and the name is taken until it is over.

use aws_sdk_sfn::operation::describe_state_machine::DescribeStateMachineOutput;
use aws_sdk_sfn::types::{
    CloudWatchLogsLogGroup, EncryptionConfiguration, EncryptionType, ExecutionStatus, LogDestination, LogLevel,
    LoggingConfiguration as Logging, StateMachineStatus, StateMachineType, TracingConfiguration,
};
use dr_core::cloud::{Intent, Settled};
use dr_core::convert::Json;
use dr_kinds::stepfunctions::{LoggingConfiguration, StateMachine, StateMachineOut};

use super::tagging::{list_tags, retag};
use crate::connect::{Cx, MayBeGone as _, small};
use crate::lifecycle::{Lifecycle, Result, gone};
use crate::tags;

/// What stands at the end of a log group's ARN for all of its streams. Step Functions asks for it.
const STREAMS: &str = ":*";

impl Lifecycle for StateMachine {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let arn = arn(cx, args);
        Ok((is_ours(cx, &arn, intent).await? == Some(true)).then_some(arn))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        const CALL: &str = "states:CreateStateMachine";
        if is_ours(&cx.looking(), &arn(cx, args), intent).await? == Some(false) {
            return Err(cx.not_ours(CALL, &args.name));
        }
        let machine = cx.stepfunctions().create_state_machine().name(&args.name).definition(args.definition.text());
        let machine = machine.role_arn(&args.role_arn).r#type(StateMachineType::from(args.r#type.as_str()));
        let machine = machine.set_logging_configuration(args.logging_configuration.as_ref().map(logging));
        let machine = machine.tracing_configuration(tracing(args));
        let machine = machine.set_encryption_configuration(args.kms_key_id.as_ref().and(encryption(args)));
        let machine = machine.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        Ok(cx.call(CALL, machine.send()).await?.state_machine_arn)
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, StateMachineOut)>> {
        let Some(machine) = describe(cx, id).await?.filter(|machine| !is_going(machine)) else { return Ok(None) };
        let Some(tagged) = list_tags(cx, id).await? else { return Ok(None) };
        let logging = machine.logging_configuration.and_then(|logging| described(logging, last));
        let own_key = machine.encryption_configuration.filter(|key| key.kms_key_id.is_some());
        let reuse = own_key.as_ref().and_then(|key| key.kms_data_key_reuse_period_seconds);
        let live = StateMachine {
            definition: Json::parse(&machine.definition),
            role_arn: machine.role_arn,
            r#type: machine.r#type.as_str().to_owned(),
            logging_configuration: logging,
            tracing_enabled: machine.tracing_configuration.is_some_and(|tracing| tracing.enabled),
            kms_data_key_reuse_period_seconds: reuse.map_or(last.kms_data_key_reuse_period_seconds, i64::from),
            kms_key_id: own_key.and_then(|key| key.kms_key_id),
            tags: tags::user(&*tagged),
            ..last.clone()
        };
        Ok(Some((live, StateMachineOut { arn: id.to_owned(), revision_id: machine.revision_id.unwrap_or_default() })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if (StateMachine { tags: old.tags.clone(), ..new.clone() }) != *old {
            let machine = cx.stepfunctions().update_state_machine().state_machine_arn(id).role_arn(&new.role_arn);
            let machine = machine.definition(new.definition.text()).tracing_configuration(tracing(new));
            let silent = || Logging::builder().level(LogLevel::Off).build();
            let machine =
                machine.logging_configuration(new.logging_configuration.as_ref().map_or_else(silent, logging));
            let key = |args: &Self| (args.kms_key_id.clone(), args.kms_data_key_reuse_period_seconds);
            let encryption = encryption(new).filter(|_| key(old) != key(new));
            let machine = machine.set_encryption_configuration(encryption);
            cx.call("states:UpdateStateMachine", machine.send()).await?;
        }
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        // Executions of the other type end by themselves, within minutes, and cannot be listed.
        if last.r#type == StateMachineType::Standard.as_str() {
            let running = cx.stepfunctions().list_executions().state_machine_arn(id);
            let running = running.status_filter(ExecutionStatus::Running).into_paginator().items().send();
            let running = cx.call("states:ListExecutions", running.try_collect()).await.found()?;
            for execution in running.unwrap_or_default() {
                let execution = cx.stepfunctions().stop_execution().execution_arn(execution.execution_arn);
                let execution = execution.cause("the state machine is being deleted").send();
                cx.call("states:StopExecution", execution).await.found()?;
            }
        }
        let machine = cx.stepfunctions().delete_state_machine().state_machine_arn(id).send();
        cx.call("states:DeleteStateMachine", machine).await.found().map(drop)
    }

    async fn deleted(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<Settled> {
        Ok(gone(describe(cx, id).await?))
    }
}

fn arn(cx: &Cx<'_>, args: &StateMachine) -> String {
    cx.arn("states", &format!("stateMachine:{}", args.name))
}

/// The machine, also one that is going, or `None`.
async fn describe(cx: &Cx<'_>, arn: &str) -> Result<Option<DescribeStateMachineOutput>> {
    let machine = cx.stepfunctions().describe_state_machine().state_machine_arn(arn).send();
    cx.call("states:DescribeStateMachine", machine).await.found()
}

/// Whether a machine was made by this operation; `None` if there is none, or only one that is going: its creation is
/// refused until that one is gone.
async fn is_ours(cx: &Cx<'_>, arn: &str, intent: &Intent) -> Result<Option<bool>> {
    match describe(cx, arn).await? {
        Some(machine) if !is_going(&machine) => {
            Ok(list_tags(cx, arn).await?.map(|tagged| tags::ours(&*tagged, intent)))
        }
        _ => Ok(None),
    }
}

fn is_going(machine: &DescribeStateMachineOutput) -> bool {
    machine.status == Some(StateMachineStatus::Deleting)
}

fn logging(args: &LoggingConfiguration) -> Logging {
    let group = format!("{}{STREAMS}", bare(&args.log_group_arn));
    let group = CloudWatchLogsLogGroup::builder().log_group_arn(group).build();
    let destination = LogDestination::builder().cloud_watch_logs_log_group(group).build();
    let logging = Logging::builder().level(LogLevel::from(args.level.as_str())).destinations(destination);
    logging.include_execution_data(args.include_execution_data).build()
}

/// The logging as an argument; none where nothing says where to. The group's ARN is written as it was.
fn described(logging: Logging, last: &StateMachine) -> Option<LoggingConfiguration> {
    let group = logging.destinations().first()?.cloud_watch_logs_log_group()?.log_group_arn()?;
    let last = last.logging_configuration.as_ref().map(|last| last.log_group_arn.as_str());
    let same = last.filter(|last| bare(last) == bare(group));
    Some(LoggingConfiguration {
        log_group_arn: same.unwrap_or_else(|| bare(group)).to_owned(),
        level: logging.level.unwrap_or(LogLevel::Off).as_str().to_owned(),
        include_execution_data: logging.include_execution_data,
    })
}

/// A log group's ARN without what stands for its streams.
fn bare(arn: &str) -> &str {
    arn.strip_suffix(STREAMS).unwrap_or(arn)
}

fn tracing(args: &StateMachine) -> TracingConfiguration {
    TracingConfiguration::builder().enabled(args.tracing_enabled).build()
}

/// The encryption; `None` never happens, as its type is set.
fn encryption(args: &StateMachine) -> Option<EncryptionConfiguration> {
    let encryption = EncryptionConfiguration::builder();
    let encryption = match &args.kms_key_id {
        None => encryption.r#type(EncryptionType::AwsOwnedKey),
        Some(key) => {
            let seconds = small(args.kms_data_key_reuse_period_seconds);
            let encryption = encryption.r#type(EncryptionType::CustomerManagedKmsKey).kms_key_id(key);
            encryption.kms_data_key_reuse_period_seconds(seconds)
        }
    };
    encryption.build().ok()
}

//! `stepfunctions.state_machine`: facts.

use dr_core::convert::{Json, Tags};
use dr_macros::{Block, Kind};

/// A state machine. No versions of it are published.
///
/// A delete first stops the executions that run; the name is free once they have ended.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "stepfunctions.state_machine",
    outputs = StateMachineOut,
    id = "arn:aws:states:{region}:{account}:stateMachine:{name}",
    unique = "region: name",
    create = "2s",
    update = "2s",
    delete = "10s",
    pace = "2s"
)]
pub struct StateMachine {
    /// Name. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 80, chars = "A-Za-z0-9_-"))]
    pub name: String,
    /// The states, in the Amazon States Language: a map with `StartAt` and `States`.
    #[arg(grammar(StateMachine))]
    pub definition: Json,
    /// ARN of the role that the machine acts as.
    #[arg(guards, length = 1..=256, refers("iam.role.arn"), grammar(Arn(&arns::ROLE)))]
    pub role_arn: String,
    /// Whether executions last up to a year and can be looked at, or up to five minutes and are many.
    #[arg(replace, default = "STANDARD", one_of("STANDARD", "EXPRESS"))]
    pub r#type: String,
    /// What is logged about executions; nothing when left out.
    pub logging_configuration: Option<LoggingConfiguration>,
    /// Whether executions are traced with X-Ray.
    #[arg(default = false)]
    pub tracing_enabled: bool,
    /// Key that encrypts definition and executions: id, ARN or alias; a key of Step Functions' when left out.
    #[arg(guards, length = 1..=2_048, refers("kms.key.arn"), grammar(Key))]
    pub kms_key_id: Option<String>,
    /// Seconds that a data key is used again before KMS is asked for another.
    #[arg(default = 300, range = 60..=900)]
    pub kms_data_key_reuse_period_seconds: i64,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// What is logged about executions.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct LoggingConfiguration {
    /// Which events.
    #[arg(default = "ERROR", one_of("ALL", "ERROR", "FATAL", "OFF"))]
    pub level: String,
    /// Whether input and output of states are logged too.
    #[arg(default = false)]
    pub include_execution_data: bool,
    /// ARN of the log group.
    #[arg(length = 1..=256, refers("logs.log_group.arn"), grammar(Arn(&arns::LOG_GROUP)))]
    pub log_group_arn: String,
}

/// Computed attributes of a state machine.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct StateMachineOut {
    /// ARN; also the id.
    #[out(like = "{id}")]
    pub arn: String,
    /// Which state of definition and role this is.
    #[out(volatile, like = "{uuid}")]
    pub revision_id: String,
}

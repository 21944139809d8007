//! `cloudwatch.composite_alarm`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// An alarm on the states of other alarms.
///
/// It goes before the alarms that its rule names.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "cloudwatch.composite_alarm",
    outputs = CompositeAlarmOut,
    id = "{alarm_name}",
    unique = "region: alarm_name",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct CompositeAlarm {
    /// Alarm name. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 255, chars = " -~"))]
    pub alarm_name: String,
    /// What the alarm means, for whoever gets it.
    #[arg(default = "", length = 0..=1_024)]
    pub alarm_description: String,
    /// When it goes off: `ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA(c))`, over names or ARNs of alarms of its
    /// region.
    #[arg(length = 1..=10_240, refers("*"))]
    pub alarm_rule: String,
    /// Whether the actions are taken.
    #[arg(default = true)]
    pub actions_enabled: bool,
    /// ARNs of what is told when the alarm goes off: topics of the alarm's region.
    #[arg(default = [], unordered, length = 0..=5, refers("sns.topic.arn", loose), grammar(Arn(&arns::ALARM_ACTION)))]
    pub alarm_actions: Vec<String>,
    /// ARNs of what is told when all is well again.
    #[arg(default = [], unordered, length = 0..=5, refers("sns.topic.arn", loose), grammar(Arn(&arns::ALARM_ACTION)))]
    pub ok_actions: Vec<String>,
    /// ARNs of what is told when data is missing.
    #[arg(default = [], unordered, length = 0..=5, refers("sns.topic.arn", loose), grammar(Arn(&arns::ALARM_ACTION)))]
    pub insufficient_data_actions: Vec<String>,
    /// Name or ARN of an alarm: while that one is on, nobody is told of this one.
    #[arg(length = 1..=1_600, refers("*"))]
    pub actions_suppressor: Option<String>,
    /// Seconds to wait for the suppressor to go off before somebody is told after all.
    #[arg(default = 0, range = 0..=2_147_483_647)]
    pub actions_suppressor_wait_period: i64,
    /// Seconds to wait after the suppressor went back to normal before somebody is told.
    #[arg(default = 0, range = 0..=2_147_483_647)]
    pub actions_suppressor_extension_period: i64,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of an alarm on alarms.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct CompositeAlarmOut {
    /// ARN.
    #[out(like = "arn:aws:cloudwatch:{region}:{account}:alarm:{alarm_name}")]
    pub arn: String,
}

//! `events.rule`: facts.

use dr_core::convert::{Json, Tags};
use dr_macros::{Block, Kind};

/// A rule: which events of a bus, or which points in time, are sent to its targets.
///
/// It has an `event_pattern`, a `schedule_expression` or both. Deleting it first removes every target, also those that
/// somebody else added.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "events.rule",
    outputs = EventRuleOut,
    id = "{event_bus_name}/{name}",
    unique = "region: event_bus_name, name",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct EventRule {
    /// Rule name, the only one on the bus. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 64, chars = "A-Za-z0-9_.-"))]
    pub name: String,
    /// Name or ARN of the bus.
    #[arg(replace, default = "default", length = 1..=1_600, grammar(NameOrArn(&arns::BUS, names::BUS)), refers("events.bus.name"))]
    pub event_bus_name: String,
    /// What the rule is for.
    #[arg(default = "", length = 0..=512)]
    pub description: String,
    /// Which events: a map from fields to lists of what they may be. It is at most 4096 characters of JSON.
    #[arg(grammar(Pattern(fields::EVENT, 4_096)))]
    pub event_pattern: Option<Json>,
    /// When: `rate(5 minutes)` or `cron(0 20 * * ? *)`, in UTC. Only on the `default` bus.
    #[arg(length = 1..=256, grammar(Schedule(units::EVENTS)))]
    pub schedule_expression: Option<String>,
    /// Whether the rule does anything.
    #[arg(default = "ENABLED", one_of("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"))]
    pub state: String,
    /// ARN of the role that targets are called with which name none of their own.
    #[arg(length = 1..=1_600, refers("iam.role.arn"), grammar(Arn(&arns::ROLE)))]
    pub role_arn: Option<String>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a rule.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct EventRuleOut {
    /// ARN. That of a rule on the `default` bus does not name the bus.
    #[out(like = "arn:aws:events:{region}:{account}:rule/{event_bus_name}/{name}")]
    pub arn: String,
}

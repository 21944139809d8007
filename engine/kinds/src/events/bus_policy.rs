//! `events.bus_policy`: facts.

use dr_core::convert::PolicyDocument;
use dr_macros::Kind;

/// That somebody may do something with a bus: one statement of its policy. It ends with the bus.
///
/// Statements of one bus are written one after another, each beside the others. The account itself needs none.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "events.bus_policy",
    id = "{event_bus_name}/{statement_id}",
    unique = "region: event_bus_name, statement_id",
    deleted_with = "event_bus_name",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct BusPolicy {
    /// Name of the bus.
    #[arg(
        replace,
        default = "default",
        length = 1..=256,
        pattern = "[A-Za-z0-9_.-]+",
        refers("events.bus.name")
    )]
    pub event_bus_name: String,
    /// Id of the statement, the only one in the policy. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 64, chars = "A-Za-z0-9_-"))]
    pub statement_id: String,
    /// The statement: a map with `Effect`, `Principal`, `Action`, `Resource` (the bus's ARN) and, maybe, `Condition`.
    #[arg(grammar(Policy(&policies::BUS)))]
    pub statement: PolicyDocument,
}

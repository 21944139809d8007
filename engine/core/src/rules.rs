//! The checks of destroyability: their ids, and what each asks.
//!
//! An environment must be able to go completely, at any time. What would stop that is data at the argument that it is
//! about (`engine/kinds`); the planner looks at what is declared (`plan/destroyable`, `plan/names`). This is the list
//! of them all, for the reference, for `allow`, and for the tests that want an example of each.

use crate::diagnostic::Severity;
use crate::schema::{Allowed, Rule, closest};
use crate::value::Value;

/// A check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// Its id, as messages and `allow` name it.
    pub id: &'static str,
    /// What a finding does: an error refuses the plan. `None` where the language leaves no way to say it wrongly.
    pub severity: Option<Severity>,
    /// What it asks.
    pub asks: &'static str,
}

const fn refuses(id: &'static str, asks: &'static str) -> Check {
    Check { id, severity: Some(Severity::Error), asks }
}
const fn warns(id: &'static str, asks: &'static str) -> Check {
    Check { id, severity: Some(Severity::Warning), asks }
}
const fn tells(id: &'static str, asks: &'static str) -> Check {
    Check { id, severity: Some(Severity::Info), asks }
}

/// Every check.
pub const CHECKS: &[Check] = &[
    refuses("D01", "databases do not refuse to be deleted"),
    refuses("D02", "a deleted database leaves no final snapshot"),
    refuses("D03", "a deleted database leaves no backups"),
    refuses("D04", "backups of a database are kept for at most seven days, and one day is enough"),
    refuses("D05", "tables do not refuse to be deleted"),
    tells("D06", "a table that can be restored leaves a last backup for 35 days"),
    refuses("D07", "buckets are emptied before they are deleted"),
    refuses("D08", "objects are not locked"),
    refuses("D09", "a deleted key is kept for seven days, no longer"),
    warns("D10", "the replicas of a key are resources of the same program"),
    refuses("D11", "a deleted secret is gone at once"),
    refuses("D12", "load balancers do not refuse to be deleted"),
    refuses("D13", "log groups do not refuse to be deleted, and keep nothing for ever"),
    refuses("D14", "zones are emptied before they are deleted"),
    refuses("D15", "nothing is protected from being destroyed"),
    refuses("D16", "roles are stripped of policies before they are deleted"),
    refuses("D17", "security groups are stripped of rules before they are deleted"),
    refuses("D18", "what all environments of an account share is not declared by one of them"),
    tells("D19", "functions in a network hold it for a while after they are deleted"),
    refuses("D20", "names carry the suffix of the environment"),
    refuses("D21", "the replicas of a table are resources of their own"),
    warns("D22", "the log groups that services make by themselves are declared"),
    Check { id: "D23", severity: None, asks: "what is only looked up is never deleted" },
];

/// Kinds that there are on purpose none of: name, check, why.
pub const SHARED: &[(&str, &str, &str)] = &[(
    "apigateway.account",
    "D18",
    "the account's settings of API Gateway are shared by every environment: deleting one would break the others",
)];

/// The check of an id.
pub fn find(id: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.id == id)
}

/// The id of a check that was probably meant.
pub fn near(id: &str) -> Option<&'static str> {
    closest(id, CHECKS.iter().map(|check| check.id))
}

impl Rule {
    /// Whether nothing is said about a value.
    pub fn allows(&self, value: &Value) -> bool {
        match self.allowed {
            Allowed::Only(only) => *value == only.value(),
            Allowed::AtMost(most) => value.as_int().is_none_or(|number| number <= most),
            Allowed::Absent => value.is_null(),
        }
    }

    /// What it asks of a value: "must be false".
    pub fn asks(&self) -> String {
        let must = if self.severity == Severity::Error { "must" } else { "should" };
        match self.allowed {
            Allowed::Only(only) => format!("{must} be {}", only.value()),
            Allowed::AtMost(most) => format!("{must} be at most {most}"),
            Allowed::Absent => format!("{must} be left out"),
        }
    }
}

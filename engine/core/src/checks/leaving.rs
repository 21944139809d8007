//! What a deletion comes to where a check of destroyability was not heeded: the service refuses it, or something is left.

use super::locking_policies;
use crate::diagnostic::Severity;
use crate::schema::Kind;
use crate::value::{Map, Value};

/// What is left of a resource whose arguments a check refuses, by the check. What the others refuse stands in the way of
/// the deletion itself.
const LEFT: &[(&str, &str)] = &[
    ("D02", "final snapshot"),
    ("D03", "automated backups"),
    ("D09", "key pending deletion"),
    ("D11", "secret pending deletion"),
];

/// Checks whose arguments neither stand in the way nor leave anything.
const HARMLESS: &[&str] = &["D04"];

/// That an argument of a resource stands in the way of its deletion, or leaves something.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// The check that refuses the argument.
    pub check: &'static str,
    /// What is left; `None` where the service refuses the deletion.
    pub left: Option<&'static str>,
    /// What the argument is, and why that matters.
    pub why: String,
}

/// What the arguments of a resource do to its deletion. Of the bucket, zone, role and group that is to be empty it is
/// taken that it is not: a rehearsal expects what can happen.
pub fn traces(kind: &Kind, args: &Map<Value>) -> Vec<Trace> {
    let mut all = Vec::new();
    for field in kind.args {
        let Some(value) = args.get(field.name).map(Value::reveal).filter(|value| !value.is_null()) else { continue };
        let broken = field.rules.iter().filter(|rule| rule.severity == Severity::Error && !rule.allows(value));
        for rule in broken.filter(|rule| !HARMLESS.contains(&rule.id)) {
            let left = LEFT.iter().find(|(check, _)| *check == rule.id).map(|(_, what)| *what);
            all.push(Trace { check: rule.id, left, why: format!("`{}` is {value}: {}", field.name, rule.why) });
        }
    }
    all
}

/// The action that a policy denies to everybody, and without which a resource of a kind cannot be deleted. `of` is the
/// kind of the policy's resource, which may be the one that is to be deleted.
pub fn denied(kind: &Kind, of: &Kind, args: &Map<Value>) -> Option<&'static str> {
    let argument = locking_policies::argument(of)?;
    let policy = locking_policies::document(args.get(argument).map(Value::reveal)?)?;
    locking_policies::denied(kind, &policy)
}

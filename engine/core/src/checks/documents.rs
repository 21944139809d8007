//! Policies that are wholly known, as documents: their statements, and what those say.

use super::patterns::fits;
use crate::value::Value;

/// The statements of a policy. A document without a list of statements is one statement.
pub(super) fn statements(policy: &Value) -> Vec<&Value> {
    match entry(policy, "Statement") {
        Some(Value::List(all)) => all.iter().collect(),
        Some(one) => vec![one],
        None => vec![policy],
    }
}

/// What stands under a key.
pub(super) fn entry<'v>(statement: &'v Value, key: &str) -> Option<&'v Value> {
    statement.as_map()?.get(key)
}

/// A text, or the texts of a list.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::List(all) => all.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// Whether a statement has this effect.
pub(super) fn has_effect(statement: &Value, effect: &str) -> bool {
    entry(statement, "Effect").and_then(Value::as_str) == Some(effect)
}

/// Whether the actions of a statement include this one.
pub(super) fn includes(statement: &Value, action: &str) -> bool {
    let any = |key: &str| Some(texts(entry(statement, key)?).iter().any(|pattern| fits(pattern, action)));
    any("Action").or_else(|| any("NotAction").map(|named| !named)).unwrap_or(false)
}

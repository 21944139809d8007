//! The outputs of a program after apply.

use dr_core::value::{Map, Str, Value};

use super::{STRONG, change::show, pad, paint, safe};

/// A line per output; empty when there is none. Secrets are redacted.
pub(crate) fn list(outputs: &Map<Value>) -> String {
    let width = outputs.keys().map(|k| safe(k).chars().count()).max().unwrap_or(0);
    let line =
        |(name, value): (&Str, &Value)| format!("  {}  {}\n", paint(STRONG, pad(&safe(name), width)), show(value));
    outputs.iter().map(line).collect()
}

/// One output for use by other programs: text without quotes, everything else as JSON. `None` when it is secret.
pub(crate) fn raw(value: &Value) -> Option<String> {
    if value.has_secret() {
        return None;
    }
    Some(match value {
        Value::Str(text) => safe(text).into_owned(),
        other => other.to_json(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_redacted_and_not_given_raw() {
        let outputs = Map::from([("a".into(), Value::str("x").secret()), ("long".into(), Value::Int(1))]);
        assert_eq!(anstream::adapter::strip_str(&list(&outputs)).to_string(), "  a     (sensitive)\n  long  1\n");
        assert_eq!(raw(&outputs["a"]), None);
        assert_eq!(raw(&Value::str("a b")), Some("a b".into()));
    }
}

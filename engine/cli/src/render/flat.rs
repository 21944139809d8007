//! `dr output --format flat`: outputs on one level, texts alone, as tests of a deployed environment read them.
//!
//! An item of a list is called `NAME_0`, an entry of a map `NAME_KEY`, and so on inside them. What is null, or a list or
//! map with nothing in it, is the empty text. What is sensitive is left out.

use std::collections::BTreeMap;

use dr_core::value::{Map, Value};

/// Outputs on one level.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FlatOutputs {
    /// The texts by name.
    pub texts: BTreeMap<String, String>,
    /// The names of what is left out because it is sensitive.
    pub secrets: Vec<String>,
}

/// Two values that would have one name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OneName {
    /// The name.
    pub name: String,
    /// The outputs that the values are of.
    pub outputs: [String; 2],
}

/// Brings outputs onto one level.
///
/// # Errors
/// When two values would have one name.
pub(crate) fn flat<'a>(outputs: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Result<FlatOutputs, OneName> {
    let mut flat = FlatOutputs::default();
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    for (output, value) in outputs {
        let mut open = vec![(output.to_owned(), value)];
        while let Some((name, value)) = open.pop() {
            let text = match value {
                Value::Secret(_) => {
                    flat.secrets.push(name);
                    continue;
                }
                Value::List(items) if !items.is_empty() => {
                    open.extend(items.iter().enumerate().map(|(n, item)| (format!("{name}_{n}"), item)));
                    continue;
                }
                Value::Map(entries) if !entries.is_empty() => {
                    open.extend(entries.iter().map(|(key, entry)| (format!("{name}_{key}"), entry)));
                    continue;
                }
                Value::Null | Value::List(_) | Value::Map(_) => String::new(),
                Value::Str(text) => text.to_string(),
                other @ (Value::Bool(_) | Value::Int(_) | Value::Float(_)) => other.to_json(),
            };
            if let Some(first) = owners.insert(name.clone(), output) {
                return Err(OneName { name, outputs: [first, output].map(str::to_owned) });
            }
            flat.texts.insert(name, text);
        }
    }
    flat.secrets.sort();
    Ok(flat)
}

/// The outputs of a program as [`flat`] takes them.
pub(crate) fn pairs(outputs: &Map<Value>) -> impl Iterator<Item = (&str, &Value)> {
    outputs.iter().map(|(name, value)| (&**name, value))
}

#[cfg(test)]
mod tests {
    use dr_core::value::Float;

    use super::*;

    fn map(entries: &[(&str, Value)]) -> Map<Value> {
        entries.iter().map(|(key, value)| ((*key).into(), value.clone())).collect()
    }

    fn texts(value: Value) -> Vec<(String, String)> {
        flat([("a", &value)]).unwrap().texts.into_iter().collect()
    }

    #[test]
    fn every_sort_of_value_is_text_on_one_level() {
        let one = |text: &str| vec![("a".to_owned(), text.to_owned())];
        for (value, text) in [
            (Value::Null, ""),
            (Value::List(Vec::new()), ""),
            (Value::Map(Map::new()), ""),
            (Value::str(""), ""),
            (Value::str("x \"y\"\n"), "x \"y\"\n"),
            (Value::Bool(true), "true"),
            (Value::Int(-7), "-7"),
            (Value::Float(Float(1.5)), "1.5"),
        ] {
            assert_eq!(texts(value), one(text));
        }
        let nested = Value::List(vec![
            Value::Int(1),
            Value::Map(map(&[("k", Value::List(vec![Value::Null, Value::str("z")]))])),
        ]);
        let wanted = [("a_0", "1"), ("a_1_k_0", ""), ("a_1_k_1", "z")];
        assert_eq!(texts(nested), wanted.map(|(name, text)| (name.to_owned(), text.to_owned())));
    }

    #[test]
    fn secrets_are_left_out_and_named() {
        let outputs = map(&[
            ("login", Value::Map(map(&[("password", Value::str("x").secret()), ("user", Value::str("u"))]))),
            ("token", Value::str("y").secret()),
        ]);
        let found = flat(pairs(&outputs)).unwrap();
        assert_eq!(found.secrets, ["login_password", "token"]);
        assert_eq!(found.texts, BTreeMap::from([("login_user".to_owned(), "u".to_owned())]));
    }

    #[test]
    fn two_values_of_one_name_are_refused() {
        let of = |names: [&str; 2]| OneName { name: "a_0".into(), outputs: names.map(str::to_owned) };
        let outputs = map(&[("a", Value::List(vec![Value::Int(1)])), ("a_0", Value::Int(2))]);
        assert_eq!(flat(pairs(&outputs)), Err(of(["a", "a_0"])));
        let inner = Value::Map(map(&[("c", Value::Int(1))]));
        let inside = Value::Map(map(&[("b", inner), ("b_c", Value::Int(2))]));
        let one = OneName { name: "a_b_c".into(), outputs: ["a", "a"].map(str::to_owned) };
        assert_eq!(flat([("a", &inside)]), Err(one));
    }
}

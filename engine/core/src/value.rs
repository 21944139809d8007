//! Values: what is known. Arguments at apply time, attributes, state.
//!
//! A [`Value`] is plain data. Sensitivity is part of the value ([`Value::Secret`]), so that whatever is computed from
//! a secret is one too, and so that neither `Debug`, `Display` nor `Serialize` can print it: each shows a placeholder.
//! The store, the only place that must keep the contents, seals them explicitly before it serialises.

use std::fmt;
use std::sync::Arc;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::limits::{self, TooLarge, Weight};

pub use crate::map::Map;
pub use crate::text::{Str, intern};

/// What stands in for a secret wherever values are shown.
pub const REDACTED: &str = "(sensitive)";

/// Plain, fully known data.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Value {
    /// Absent. An argument that is `Null` counts as not given.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A finite decimal number.
    Float(Float),
    /// Text.
    Str(Str),
    /// An ordered list.
    List(Vec<Value>),
    /// A map from text to values, ordered by key.
    Map(Map<Value>),
    /// A value that must never be printed, nor stored in clear.
    Secret(Arc<Value>),
}

/// A floating point number with total order and equality, so that values can be compared and sorted.
#[derive(Clone, Copy, Debug)]
pub struct Float(pub f64);

impl PartialEq for Float {
    fn eq(&self, other: &Self) -> bool {
        self.0.total_cmp(&other.0).is_eq()
    }
}
impl Eq for Float {}
impl PartialOrd for Float {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Float {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Value {
    /// Text.
    pub fn str(text: impl AsRef<str>) -> Value {
        Value::Str(Arc::from(text.as_ref()))
    }

    /// Marks a value as secret. Marking twice changes nothing.
    pub fn secret(self) -> Value {
        match self {
            Value::Secret(_) => self,
            other => Value::Secret(Arc::new(other)),
        }
    }

    /// The value itself, with the outermost mark of secrecy taken off.
    pub fn reveal(&self) -> &Value {
        match self {
            Value::Secret(inner) => inner.reveal(),
            other => other,
        }
    }

    /// Whether the value, or anything inside it, is secret.
    pub fn has_secret(&self) -> bool {
        match self {
            Value::Secret(_) => true,
            Value::List(items) => items.iter().any(Value::has_secret),
            Value::Map(map) => map.values().any(Value::has_secret),
            _ => false,
        }
    }

    /// The same value with every mark of secrecy taken off. Only for what goes to a cloud or into a computation whose
    /// result is marked again.
    pub fn revealed(&self) -> Value {
        match self {
            Value::Secret(inner) => inner.revealed(),
            Value::List(items) => Value::List(items.iter().map(Value::revealed).collect()),
            Value::Map(map) => Value::Map(map.iter().map(|(k, v)| (k.clone(), v.revealed())).collect()),
            other => other.clone(),
        }
    }

    /// Whether lists and maps are nested no deeper than this in it.
    pub fn is_within(&self, depth: usize) -> bool {
        let mut inner: Box<dyn Iterator<Item = &Value>> = match self {
            Value::Secret(inner) => return inner.is_within(depth),
            Value::List(items) => Box::new(items.iter()),
            Value::Map(map) => Box::new(map.values()),
            _ => return true,
        };
        depth > 0 && inner.all(|value| value.is_within(depth - 1))
    }

    /// Adds what it holds to a weight.
    ///
    /// # Errors
    /// When the whole is larger than a value may be.
    pub fn weigh(&self, weight: &mut Weight) -> Result<(), TooLarge> {
        match self {
            Value::Secret(inner) => inner.weigh(weight),
            Value::Str(text) => weight.add(limits::text(Some(text.len()))?),
            Value::List(items) => {
                weight.add(0)?;
                items.iter().try_for_each(|item| item.weigh(weight))
            }
            Value::Map(map) => {
                weight.add(0)?;
                map.iter().try_for_each(|(key, value)| {
                    weight.add(key.len())?;
                    value.weigh(weight)
                })
            }
            _ => weight.add(0),
        }
    }

    /// Whether this is `Null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// The text, if this is text (secret or not).
    pub fn as_str(&self) -> Option<&str> {
        match self.reveal() {
            Value::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The integer, if this is one.
    pub fn as_int(&self) -> Option<i64> {
        match self.reveal() {
            Value::Int(i) => Some(*i),
            _ => None,
        }
    }

    /// The truth value, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.reveal() {
            Value::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The list, if this is one.
    pub fn as_list(&self) -> Option<&[Value]> {
        match self.reveal() {
            Value::List(l) => Some(l),
            _ => None,
        }
    }

    /// The map, if this is one.
    pub fn as_map(&self) -> Option<&Map<Value>> {
        match self.reveal() {
            Value::Map(m) => Some(m),
            _ => None,
        }
    }

    /// What a person calls this type of value, with its article: "a string".
    pub fn article(&self) -> &'static str {
        match self {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a decimal number",
            Value::Str(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
            Value::Secret(inner) => inner.article(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::str(text)
    }
}
impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Str(text.into())
    }
}
impl From<Str> for Value {
    fn from(text: Str) -> Self {
        Value::Str(text)
    }
}
impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Int(number)
    }
}
impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Value::Bool(truth)
    }
}

/// Shown as JSON with secrets replaced by [`REDACTED`].
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Null => f.write_str("null"),
            Value::Bool(b) => write!(f, "{b}"),
            Value::Int(i) => write!(f, "{i}"),
            // Very large and very small ones would be hundreds of digits.
            Value::Float(x) if x.0 != 0.0 && !(1e-6..1e16).contains(&x.0.abs()) => write!(f, "{:e}", x.0),
            Value::Float(x) => write!(f, "{}", x.0),
            Value::Str(s) => f.write_str(&quoted(s)),
            Value::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
            Value::Map(map) => {
                f.write_str("{")?;
                for (i, (key, value)) in map.iter().enumerate() {
                    write!(f, "{}{}: {value}", if i > 0 { ", " } else { "" }, quoted(key))?;
                }
                f.write_str("}")
            }
            Value::Secret(_) => f.write_str(REDACTED),
        }
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A string in double quotes with JSON's escapes.
pub fn quoted(text: &str) -> String {
    serde_json::Value::String(text.to_owned()).to_string()
}

/// Serialised as natural JSON; a secret is serialised as [`REDACTED`], so nothing leaks by default.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(b) => serializer.serialize_bool(*b),
            Value::Int(i) => serializer.serialize_i64(*i),
            Value::Float(f) => serializer.serialize_f64(f.0),
            Value::Str(s) => serializer.serialize_str(s),
            Value::List(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Value::Map(map) => {
                let mut out = serializer.serialize_map(Some(map.len()))?;
                for (key, value) in map {
                    out.serialize_entry(&**key, value)?;
                }
                out.end()
            }
            Value::Secret(_) => serializer.serialize_str(REDACTED),
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;
        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_unit<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_none<E>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }
            fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
                Ok(Value::Bool(b))
            }
            fn visit_i64<E>(self, i: i64) -> Result<Value, E> {
                Ok(Value::Int(i))
            }
            fn visit_u64<E: de::Error>(self, u: u64) -> Result<Value, E> {
                i64::try_from(u).map(Value::Int).map_err(|_| E::custom(format!("the integer {u} is too large")))
            }
            fn visit_f64<E>(self, x: f64) -> Result<Value, E> {
                Ok(Value::Float(Float(x)))
            }
            fn visit_str<E>(self, s: &str) -> Result<Value, E> {
                Ok(Value::Str(s.into()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
                let mut items = Vec::with_capacity(seq.size_hint().unwrap_or(0));
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Value::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<Value, A::Error> {
                Map::deserialize(de::value::MapAccessDeserializer::new(access)).map(Value::Map)
            }
        }
        deserializer.deserialize_any(ValueVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_never_shown() {
        let value = Value::Map(Map::from([("password".into(), Value::str("hunter2").secret())]));
        for shown in [format!("{value}"), format!("{value:?}"), serde_json::to_string(&value).unwrap()] {
            assert!(!shown.contains("hunter2"), "{shown}");
            assert!(shown.contains(REDACTED), "{shown}");
        }
        assert_eq!(value.to_json(), r#"{"password":"hunter2"}"#);
    }

    #[test]
    fn a_secret_inside_is_found() {
        let inner = Value::List(vec![Value::Int(1), Value::str("s").secret()]);
        assert!(inner.has_secret());
        assert!(!inner.revealed().has_secret());
        assert_eq!(Value::str("s").secret().secret(), Value::str("s").secret());
    }
}

//! A parameter of a program: its type, its value, and which texts and values it takes.

use dr_core::value::{Float, Value};

/// The type of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamType {
    /// Text.
    String,
    /// An integer.
    Int,
    /// A number.
    Float,
    /// True or false.
    Bool,
    /// A list; as text in JSON.
    List,
    /// A map; as text in JSON.
    Map,
    /// Anything; as text it stays text.
    Any,
}

/// A parameter of a program.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// What it means.
    pub doc: String,
    /// Its type.
    pub ty: ParamType,
    /// Its value when none is given.
    pub default: Option<Value>,
    /// The value it has here; `None` only where parameters are listed and a required one is not given.
    pub value: Option<Value>,
    /// Whether it must be given.
    pub required: bool,
    /// Its conditions for people, e.g. `at least 1`; empty when there are none.
    pub conditions: Vec<String>,
}

/// All types with the names that scripts and references use.
pub(crate) const TYPES: &[(&str, ParamType, &str)] = &[
    ("string", ParamType::String, "a string"),
    ("int", ParamType::Int, "an integer"),
    ("float", ParamType::Float, "a number"),
    ("bool", ParamType::Bool, "true or false"),
    ("list", ParamType::List, "a list (in JSON: `[..]`)"),
    ("map", ParamType::Map, "a map (in JSON: `{..}`)"),
    ("any", ParamType::Any, "a value"),
];

impl ParamType {
    /// Its name, e.g. `string`.
    pub fn name(self) -> &'static str {
        TYPES.iter().find(|t| t.1 == self).map_or("any", |t| t.0)
    }

    pub(crate) fn article(self) -> &'static str {
        TYPES.iter().find(|t| t.1 == self).map_or("a value", |t| t.2)
    }

    pub(crate) fn of(value: &Value) -> ParamType {
        match value.reveal() {
            Value::Str(_) => ParamType::String,
            Value::Int(_) => ParamType::Int,
            Value::Float(_) => ParamType::Float,
            Value::Bool(_) => ParamType::Bool,
            Value::List(_) => ParamType::List,
            Value::Map(_) => ParamType::Map,
            _ => ParamType::Any,
        }
    }

    /// A setting's text as a value of this type.
    pub(crate) fn parse(self, text: &str) -> Option<Value> {
        let json = |fits: fn(&Value) -> bool| Value::from_json(text).ok().filter(fits);
        match self {
            ParamType::String | ParamType::Any => Some(Value::str(text)),
            ParamType::Int => text.trim().parse().ok().map(Value::Int),
            ParamType::Float => {
                text.trim().parse().ok().filter(|x: &f64| x.is_finite()).map(|x| Value::Float(Float(x)))
            }
            ParamType::Bool => text.trim().parse().ok().map(Value::Bool),
            ParamType::List => json(|v| matches!(v, Value::List(_))),
            ParamType::Map => json(|v| matches!(v, Value::Map(_))),
        }
    }

    /// A value as one of this type.
    pub(crate) fn accept(self, value: Value) -> Option<Value> {
        match (self, value.reveal()) {
            (ParamType::Any, _) => Some(value),
            (ParamType::Float, Value::Int(n)) => Some(Value::Float(Float(*n as f64))),
            (_, plain) if ParamType::of(plain) == self => Some(value),
            _ => None,
        }
    }
}

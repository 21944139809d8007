//! A parameter of a program: its type, its value, and which texts and values it takes.

use dr_core::number;
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
    ///
    /// # Errors
    /// Why not, where there is more to say than what it should be.
    pub(crate) fn parse(self, text: &str) -> Result<Value, Option<String>> {
        let json = |fits: fn(&Value) -> bool| match Value::from_json(text) {
            Ok(value) if fits(&value) => Ok(value),
            Ok(_) => Err(None),
            Err(error) => Err(Some(format!("this JSON cannot be read: {error}"))),
        };
        match self {
            ParamType::String | ParamType::Any => Ok(Value::str(text)),
            ParamType::Int => match written(text)? {
                Value::Int(n) => Ok(Value::Int(n)),
                _ => Err(None),
            },
            ParamType::Float => match written(text)? {
                Value::Int(n) => number::to_float(n).map(|x| Value::Float(Float(x))).map_err(Some),
                number => Ok(number),
            },
            ParamType::Bool => text.trim().parse().map(Value::Bool).map_err(|_| None),
            ParamType::List => json(|v| matches!(v, Value::List(_))),
            ParamType::Map => json(|v| matches!(v, Value::Map(_))),
        }
    }

    /// A value as one of this type.
    ///
    /// # Errors
    /// Why not, where there is more to say than what it should be.
    pub(crate) fn accept(self, value: Value) -> Result<Value, Option<String>> {
        match (self, value.reveal()) {
            (ParamType::Any, _) => Ok(value),
            (ParamType::Float, Value::Int(n)) => number::to_float(*n).map(|x| Value::Float(Float(x))).map_err(Some),
            (_, plain) if ParamType::of(plain) == self => Ok(value),
            _ => Err(None),
        }
    }
}

/// The number that a text is; white space around it does not count.
fn written(text: &str) -> Result<Value, Option<String>> {
    let text = text.trim();
    let is_number = text.contains(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '.' | 'e' | 'E'));
    if is_number { number::parse(text).map_err(Some) } else { Err(None) }
}

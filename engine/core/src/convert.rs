//! Typed structs and values: how a kind's Rust struct is read from arguments and written back.
//!
//! The derives of `engine/macros` implement [`Block`] for a struct from the [`FieldType`] of its fields.

use std::collections::BTreeMap;

use crate::schema::{Field, Kind, Type};
use crate::value::{Float, Map, Str, Value, intern};

/// That a value does not fit a struct. Names the path of keys to the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}`: {message}", path.join("."))]
pub struct ConvertError {
    /// Keys from the outside in.
    pub path: Vec<String>,
    /// What was expected and what was found.
    pub message: String,
}

impl ConvertError {
    fn expected(ty: Type, found: &Value) -> ConvertError {
        ConvertError { path: Vec::new(), message: format!("expected {}, found {}", ty.article(), found.article()) }
    }

    /// The same error, one level further out.
    pub fn within(mut self, key: &str) -> ConvertError {
        self.path.insert(0, key.to_owned());
        self
    }
}

/// A Rust type that a field can have.
pub trait FieldType: Sized {
    /// The type as scripts see it.
    const TYPE: Type;
    /// Whether the field may be left out because of its Rust type (`Option`).
    const OPTIONAL: bool = false;
    /// Reads it. `Null` stands for absent.
    ///
    /// # Errors
    /// When the value has another type.
    fn from_value(value: &Value) -> Result<Self, ConvertError>;
    /// Writes it.
    fn to_value(&self) -> Value;
}

/// A struct whose fields are described by a table.
pub trait Block: Sized {
    /// The fields, in the order of the struct.
    const FIELDS: &'static [Field];
    /// Reads the struct; keys that are missing count as `Null`.
    ///
    /// # Errors
    /// When a field has another type or is missing.
    fn from_map(map: &Map<Value>) -> Result<Self, ConvertError>;
    /// Writes the struct; fields that are absent are left out.
    fn to_map(&self) -> Map<Value>;
}

/// The arguments of a kind.
pub trait KindArgs: Block + Send + Sync + 'static {
    /// Schema and facts.
    const KIND: &'static Kind;
    /// The computed attributes.
    type Out: Block + Send + Sync + 'static;
}

/// Attributes of a kind that computes none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NoOutputs {}

impl Block for NoOutputs {
    const FIELDS: &'static [Field] = &[];
    fn from_map(_: &Map<Value>) -> Result<Self, ConvertError> {
        Ok(NoOutputs {})
    }
    fn to_map(&self) -> Map<Value> {
        Map::new()
    }
}

/// A JSON document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Json(pub Value);

/// An IAM policy document.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PolicyDocument(pub Value);

impl Json {
    /// The document as text, as services take it.
    pub fn text(&self) -> String {
        self.0.to_json()
    }
    /// Reads a document from a service's reply; text that is no JSON stays text.
    pub fn parse(text: &str) -> Json {
        Json(Value::from_json(text).unwrap_or_else(|_| Value::str(text)))
    }
}

impl PolicyDocument {
    /// The document as text, as services take it.
    pub fn text(&self) -> String {
        self.0.to_json()
    }
    /// Reads a document from a service's reply; text that is no JSON stays text.
    pub fn parse(text: &str) -> PolicyDocument {
        PolicyDocument(Json::parse(text).0)
    }
}

/// Text that must never be printed: it reads and writes secret values.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SecretText(pub String);

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(crate::value::REDACTED)
    }
}

/// Tags: names and values.
pub type Tags = BTreeMap<String, String>;

macro_rules! scalar {
    ($rust:ty, $ty:expr, $value:ident => $read:expr, $me:ident => $write:expr) => {
        impl FieldType for $rust {
            const TYPE: Type = $ty;
            fn from_value($value: &Value) -> Result<Self, ConvertError> {
                $read.ok_or_else(|| ConvertError::expected($ty, $value))
            }
            fn to_value(&self) -> Value {
                let $me = self;
                $write
            }
        }
    };
}

scalar!(String, Type::Str, v => v.as_str().map(str::to_owned), me => Value::str(me));
scalar!(SecretText, Type::Str, v => v.as_str().map(|s| SecretText(s.to_owned())), me => Value::str(&me.0).secret());
scalar!(bool, Type::Bool, v => v.as_bool(), me => Value::Bool(*me));
scalar!(i64, Type::Int, v => v.as_int(), me => Value::Int(*me));
scalar!(i32, Type::Int, v => v.as_int().and_then(|i| i32::try_from(i).ok()), me => Value::Int(i64::from(*me)));
scalar!(f64, Type::Float, v => match v.reveal() {
    Value::Float(f) => Some(f.0),
    Value::Int(i) => Some(*i as f64),
    _ => None,
}, me => Value::Float(Float(*me)));
scalar!(Value, Type::Any, v => Some(v.clone()), me => me.clone());
scalar!(Json, Type::Json, v => Some(Json(document(v))), me => me.0.clone());
scalar!(PolicyDocument, Type::Policy, v => Some(PolicyDocument(document(v))), me => me.0.clone());

/// A document given as text is parsed; text that is no JSON stays text and is refused by the service.
fn document(value: &Value) -> Value {
    match value.reveal() {
        Value::Str(text) => Json::parse(text).0,
        other => other.clone(),
    }
}

impl<T: FieldType> FieldType for Option<T> {
    const TYPE: Type = T::TYPE;
    const OPTIONAL: bool = true;
    fn from_value(value: &Value) -> Result<Self, ConvertError> {
        if value.is_null() { Ok(None) } else { T::from_value(value).map(Some) }
    }
    fn to_value(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::to_value)
    }
}

impl<T: FieldType> FieldType for Vec<T> {
    const TYPE: Type = Type::List(&T::TYPE);
    fn from_value(value: &Value) -> Result<Self, ConvertError> {
        if value.is_null() {
            return Ok(Vec::new());
        }
        let items = value.as_list().ok_or_else(|| ConvertError::expected(Self::TYPE, value))?;
        items.iter().enumerate().map(|(i, v)| T::from_value(v).map_err(|e| e.within(&i.to_string()))).collect()
    }
    fn to_value(&self) -> Value {
        Value::List(self.iter().map(T::to_value).collect())
    }
}

impl<T: FieldType> FieldType for BTreeMap<String, T> {
    const TYPE: Type = Type::Map(&T::TYPE);
    fn from_value(value: &Value) -> Result<Self, ConvertError> {
        if value.is_null() {
            return Ok(BTreeMap::new());
        }
        let map = value.as_map().ok_or_else(|| ConvertError::expected(Self::TYPE, value))?;
        map.iter().map(|(k, v)| Ok((k.to_string(), T::from_value(v).map_err(|e| e.within(k))?))).collect()
    }
    fn to_value(&self) -> Value {
        Value::Map(self.iter().map(|(k, v)| (Str::from(k.as_str()), v.to_value())).collect())
    }
}

/// Reads one field of a struct. For the derives.
///
/// # Errors
/// When it has another type, or is absent and not optional.
pub fn read<T: FieldType>(map: &Map<Value>, key: &str) -> Result<T, ConvertError> {
    T::from_value(map.get(key).unwrap_or(&Value::Null)).map_err(|e| e.within(key))
}

/// Writes one field of a struct, unless it is absent. For the derives.
pub fn write<T: FieldType>(map: &mut Map<Value>, key: &'static str, sensitive: bool, field: &T) {
    let value = field.to_value();
    if !value.is_null() {
        map.insert(intern(key), if sensitive { value.secret() } else { value });
    }
}

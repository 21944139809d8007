//! Bounds: what the values of a field may be, by themselves, beside those of other resources, and after each other.

use crate::diagnostic::Severity;
use crate::grammar::form::Grammar;
use crate::value::{Float, Value, intern};

/// A literal that a `const` can hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lit {
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A decimal number.
    Float(f64),
    /// Text.
    Str(&'static str),
    /// An empty list.
    EmptyList,
    /// An empty map or a block with its defaults.
    EmptyMap,
}

impl Lit {
    /// The same as a value.
    pub fn value(self) -> Value {
        match self {
            Lit::Bool(b) => Value::Bool(b),
            Lit::Int(i) => Value::Int(i),
            Lit::Float(f) => Value::Float(Float(f)),
            Lit::Str(s) => Value::Str(intern(s)),
            Lit::EmptyList => Value::List(Vec::new()),
            Lit::EmptyMap => Value::Map(Default::default()),
        }
    }
}

/// A condition on a known value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Condition {
    /// An integer between two others, both included.
    Range(i64, i64),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// One of these integers.
    OneOfInt(&'static [i64]),
    /// A number of characters, items or entries between two others, both included.
    Length(usize, usize),
    /// The whole text matches this regular expression.
    Pattern(&'static str),
    /// Text that is none of these domain names, nor a name below one.
    Outside(&'static [&'static str]),
    /// Names of regions: a text, or each of a list.
    Region,
    /// A text or document of this grammar; of a list, each of its items.
    Grammar(Grammar),
}

/// What a check says about the values of a field.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// The check's id, e.g. `D07`.
    pub id: &'static str,
    /// What a value that is not allowed means: an error refuses the plan.
    pub severity: Severity,
    /// The values about which nothing is said.
    pub allowed: Allowed,
    /// A kind; when a resource of it refers to this one, nothing is said either. Empty: no such kind.
    pub unless: &'static str,
    /// Why other values are not allowed.
    pub why: &'static str,
}

/// The values that a rule allows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Allowed {
    /// This one.
    Only(Lit),
    /// Integers up to this one.
    AtMost(i64),
    /// None: the field is left out.
    Absent,
}

/// What cannot stand side by side, among resources of a kind that have equal values of some arguments.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exclusion {
    /// These arguments.
    pub among: &'static [&'static str],
    /// The argument that decides.
    pub field: &'static str,
    /// Which values of it exclude each other.
    pub of: Excluded,
}

/// Values of an argument that exclude each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Excluded {
    /// This one and any other.
    Others(&'static str),
    /// Two that are equal. Nothing is no value.
    Equals,
    /// A value and nothing; the default is nothing.
    Nothing,
}

/// In which direction alone the values of a field can go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum OneWay {
    /// From the first of these texts to the last. The way back takes another resource.
    Order(&'static [&'static str]),
    /// From an earlier version to a later one. A service may go to a later minor version by itself: that counts as the
    /// one that was asked for.
    Version,
    /// From nothing to a value. Once given, the service keeps one.
    Stays,
}

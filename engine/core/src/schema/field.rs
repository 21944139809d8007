//! Fields: the arguments and attributes of a kind, each with its type.
//!
//! A block is a type that has fields of its own, so that both stand in one file.

use crate::schema::bounds::{Condition, Lit, OneWay, Rule};
use crate::schema::names::{NameRule, Reference};

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Type {
    /// Anything.
    Any,
    /// A boolean.
    Bool,
    /// A 64-bit integer.
    Int,
    /// A number; integers are taken too.
    Float,
    /// Text.
    Str,
    /// A JSON document: a map or list, or its text. Compared by what it says, not how it is written.
    Json,
    /// An IAM policy document, or one statement of it: like [`Type::Json`], compared the way IAM reads it (a single
    /// item is a list of one, the order of actions, resources and principals does not matter).
    Policy,
    /// A list.
    List(&'static Type),
    /// A map from text to values of one type.
    Map(&'static Type),
    /// A block with fields of its own.
    Object(&'static [Field]),
}

impl Type {
    /// What a person calls the type, with its article.
    pub fn article(self) -> &'static str {
        match self {
            Type::Any => "a value",
            Type::Bool => "a boolean",
            Type::Int => "an integer",
            Type::Float => "a number",
            Type::Str => "a string",
            Type::Json => "a JSON document (a map, a list or text)",
            Type::Policy => "a policy document (a map or text)",
            Type::List(_) => "a list",
            Type::Map(_) => "a map",
            Type::Object(_) => "a block (a map with known keys)",
        }
    }

    /// What is under a key of a value of this type; nothing is known of what a document holds. None where there are no
    /// keys, and for a key that the block does not have.
    pub fn entry(self, key: &str) -> Option<Type> {
        match self {
            Type::Any | Type::Json | Type::Policy => Some(Type::Any),
            Type::Map(inner) => Some(*inner),
            Type::Object(fields) => fields.iter().find(|field| field.name == key).map(|field| field.ty),
            _ => None,
        }
    }

    /// What the items of a value of this type are. None where there are none.
    pub fn item(self) -> Option<Type> {
        match self {
            Type::Any | Type::Json | Type::Policy => Some(Type::Any),
            Type::List(inner) => Some(*inner),
            _ => None,
        }
    }

    /// The fields of the block that this is, or of the blocks that it holds, however deep in lists and maps.
    pub fn block(self) -> Option<&'static [Field]> {
        match self {
            Type::Object(fields) => Some(fields),
            Type::List(inner) | Type::Map(inner) => inner.block(),
            _ => None,
        }
    }

    /// The type as the reference writes it: `list of string`.
    pub fn describe(self) -> String {
        match self {
            Type::Any => "any".into(),
            Type::Bool => "bool".into(),
            Type::Int => "int".into(),
            Type::Float => "number".into(),
            Type::Str => "string".into(),
            Type::Json => "json".into(),
            Type::Policy => "policy".into(),
            Type::List(inner) => format!("list of {}", inner.describe()),
            Type::Map(inner) => format!("map of {}", inner.describe()),
            Type::Object(_) => "block".into(),
        }
    }
}

/// Whether an argument must be given, and what it is when it is not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Presence {
    /// Must be given.
    Required,
    /// May be left out; then the service has nothing there.
    Optional,
    /// May be left out; then it has this value.
    Default(Lit),
    /// May be left out; then the service chooses, and whatever it chose is no difference.
    Computed,
}

/// One argument or attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// Its name in scripts.
    pub name: &'static str,
    /// What it means, with its unit; from the doc comment.
    pub doc: &'static str,
    /// Its type.
    pub ty: Type,
    /// Whether it must be given.
    pub presence: Presence,
    /// Whether a change forces a replacement.
    pub replace: bool,
    /// Whether its value is secret.
    pub sensitive: bool,
    /// Whether the service never gives it back, so that reading cannot show a difference.
    pub write_only: bool,
    /// Whether the order of a list means nothing.
    pub unordered: bool,
    /// Whether the service ignores or changes the case of text.
    pub ignore_case: bool,
    /// Whether the service takes keys of a map that differ by their case alone for the same.
    pub ignore_key_case: bool,
    /// Whether a failover changes it: what is found then is told, and neither undone nor taken for the program's wish.
    pub switched: bool,
    /// Whether taking the value away happens in place, although any other change forces a replacement.
    pub removable: bool,
    /// The direction in which alone the value can go, if there is one.
    pub one_way: Option<OneWay>,
    /// Whether the service copies the settings of what is referred to here when the resource is made or changed: then a
    /// change of that one takes a change of this one.
    pub copies: bool,
    /// Whether the service refuses to delete the resource while this is true.
    pub protects: bool,
    /// Whether it guards data or access, beside what `protects` and policies do: encryption, who may reach the resource,
    /// a backup. What somebody else changes there is dangerous.
    pub guards: bool,
    /// Whether the resources that name the same here are members of one group. One that waits for another member is a
    /// copy of it: when that one is made anew, so is the copy.
    pub member: bool,
    /// Whether these are the resource's tags.
    pub tags: bool,
    /// Conditions on known values.
    pub checks: &'static [Condition],
    /// How a physical name is made.
    pub name_rule: Option<NameRule>,
    /// What the value refers to.
    pub refers: Option<Reference>,
    /// What the checks say about its values.
    pub rules: &'static [Rule],
    /// For an attribute or a computed argument: what its value looks like. The sandbox makes values of this shape.
    ///
    /// Text with holes: `{name}` is another attribute of the same resource (`{id}` and `{region}` too; a list is its
    /// items with commas), `{account}` the account; `{hex:n}`, `{digits:n}`, `{alnum:n}` (lower case) and `{uuid}` are
    /// pseudo-random. The text is read as the field's type: numbers and booleans as such, a list from items with commas
    /// (`{region}a,{region}b`), a map from entries with commas (`name={name},zone={region}a`). A block, and a list of
    /// blocks, has no shape of its own: its fields have, and the list has one such block. Without a shape, a value is
    /// made from the type and its checks.
    pub like: &'static str,
    /// For an attribute: whether an in-place change of the resource may change it.
    pub volatile: bool,
}

impl Field {
    /// A field with nothing special about it.
    pub const fn new(name: &'static str, doc: &'static str, ty: Type) -> Field {
        Field {
            name,
            doc,
            ty,
            presence: Presence::Required,
            replace: false,
            sensitive: false,
            write_only: false,
            unordered: false,
            ignore_case: false,
            ignore_key_case: false,
            switched: false,
            removable: false,
            one_way: None,
            copies: false,
            protects: false,
            guards: false,
            member: false,
            tags: false,
            checks: &[],
            name_rule: None,
            refers: None,
            rules: &[],
            like: "",
            volatile: false,
        }
    }
}

impl Field {
    /// Whether this field is such a one, or a field of the blocks inside it is.
    pub fn holds(&self, is_such: fn(&Field) -> bool) -> bool {
        is_such(self) || self.ty.block().is_some_and(|fields| fields.iter().any(|field| field.holds(is_such)))
    }

    /// Whether it guards data or access, in whatever way.
    pub fn is_guard(&self) -> bool {
        self.guards || self.protects || self.ty == Type::Policy
    }

    /// Whether values of this field only mention other resources, as a policy or an environment variable does: neither
    /// it nor anything inside refers to one.
    pub fn only_mentions(&self) -> bool {
        !self.holds(|field| field.refers.is_some())
    }
}

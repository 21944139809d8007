//! Making what the service would choose: ids, computed attributes, arguments that were left to it.
//!
//! A value comes from the shape that its field declares, or, without one, from its type. A pseudo-random part depends
//! on the account, the kind, the operation, the field, and, for attributes that an in-place change may change, on how
//! often the resource was changed.

use dr_core::schema::{Condition, Field, Kind, Presence, Type};
use dr_core::secrecy::mark_value;
use dr_core::template::{Piece, pieces};
use dr_core::value::{Float, Map, Str, Value, intern};
use dr_core::walk::Spot;

use crate::template::{random, uuid};

/// Makes the attributes of one resource.
pub(crate) struct Maker<'a> {
    pub(crate) kind: &'static Kind,
    pub(crate) account: &'a str,
    pub(crate) region: Option<&'a str>,
    /// What randomness comes from: the operation.
    pub(crate) op: &'a str,
    /// How often the resource was changed in place.
    pub(crate) revision: u64,
    /// The arguments that are given, and the computed ones once they are made.
    pub(crate) args: Map<Value>,
    /// The attributes made so far.
    pub(crate) outputs: Map<Value>,
    /// The id once it is made.
    pub(crate) id: Option<Str>,
}

impl Maker<'_> {
    /// Makes every computed argument that was not given, and the id.
    pub(crate) fn identify(&mut self) -> Str {
        for field in self.kind.args {
            if field.presence == Presence::Computed {
                self.computed(field);
            }
        }
        self.args.shrink_to_fit();
        self.id()
    }

    /// Makes every attribute that is not there yet.
    pub(crate) fn finish(&mut self) {
        for field in self.kind.outputs {
            self.output(field);
        }
        self.outputs.shrink_to_fit();
    }

    /// A computed argument that was not given. One that refers to another resource stays away unless its shape is
    /// known: it would refer to nothing.
    fn computed(&mut self, field: &'static Field) {
        let refers = field.refers.is_some() && field.like.is_empty();
        if !self.args.contains_key(field.name)
            && !refers
            && let Some(value) = self.field(field, field.name)
        {
            self.args.insert(intern(field.name), value);
        }
    }

    fn output(&mut self, field: &'static Field) {
        if self.outputs.contains_key(field.name) {
            return;
        }
        let value = match field.name {
            "id" => Some(Value::Str(self.id())),
            "region" if field.like.is_empty() => self.region.map(Value::str),
            _ => self.field(field, field.name),
        };
        if let Some(value) = value {
            self.outputs.insert(intern(field.name), mark_value(&Spot::of(field), value));
        }
    }

    fn id(&mut self) -> Str {
        if let Some(id) = &self.id {
            return id.clone();
        }
        let mut text = self.render(self.kind.id, "id", 0);
        if text.is_empty() {
            text = self.render("{hex:17}", "id", 0);
        }
        let id = Str::from(text);
        self.id = Some(id.clone());
        id
    }

    /// The text of an attribute inside a template.
    fn attribute(&mut self, name: &str) -> String {
        if let Some(field) = self.kind.arg(name) {
            if field.presence == Presence::Computed {
                self.computed(field);
            }
            if let Some(value) = self.args.get(name) {
                return text_of(value);
            }
        }
        match name {
            "id" => self.id().to_string(),
            "region" => self.region.unwrap_or_default().to_owned(),
            _ => {
                if let Some(field) = self.kind.output(name) {
                    self.output(field);
                }
                self.outputs.get(name).map(text_of).unwrap_or_default()
            }
        }
    }

    fn render(&mut self, template: &str, seed: &str, revision: u64) -> String {
        let mut text = String::with_capacity(template.len() + 16);
        for (i, piece) in pieces(template).enumerate() {
            let place = || format!("{i}.{revision}");
            let seed = |place| [self.account, self.kind.name, self.op, seed, place];
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Account => text.push_str(self.account),
                Piece::Random(alphabet, count) => text.push_str(&random(alphabet, count, &seed(&place()))),
                Piece::Uuid => text.push_str(&uuid(&seed(&place()))),
                Piece::Attribute(name) => text.push_str(&self.attribute(name)),
            }
        }
        text
    }

    /// A value of this field's shape, or of its type.
    fn field(&mut self, field: &'static Field, seed: &str) -> Option<Value> {
        let revision = if field.volatile { self.revision } else { 0 };
        if !field.like.is_empty() {
            let text = self.render(field.like, seed, revision);
            if let Some(value) = typed(field.ty, &text) {
                return Some(value);
            }
        }
        match field.ty {
            Type::Object(fields) => Some(self.block(fields, seed)),
            Type::List(Type::Object(fields)) if fields.iter().any(|f| !f.like.is_empty()) => {
                Some(Value::List(vec![self.block(fields, seed)]))
            }
            _ => self.plain(field, seed, revision),
        }
    }

    fn block(&mut self, fields: &'static [Field], seed: &str) -> Value {
        let mut map = Map::new();
        for field in fields {
            let value = match field.presence {
                Presence::Optional if field.like.is_empty() => None,
                Presence::Default(lit) => Some(lit.value()),
                _ => self.field(field, &format!("{seed}.{}", field.name)),
            };
            if let Some(value) = value {
                map.insert(intern(field.name), value);
            }
        }
        Value::Map(map)
    }

    /// A value of the type that the checks allow, for a field without a shape.
    fn plain(&mut self, field: &'static Field, seed: &str, revision: u64) -> Option<Value> {
        for check in field.checks {
            match check {
                Condition::OneOf(texts) => return texts.first().map(Value::str),
                Condition::OneOfInt(numbers) => return numbers.first().map(|n| Value::Int(*n)),
                Condition::Range(low, _) if field.ty == Type::Int => return Some(Value::Int(*low)),
                _ => {}
            }
        }
        match field.ty {
            Type::Any | Type::Object(_) => None,
            Type::Bool => Some(Value::Bool(false)),
            Type::Int => Some(Value::Int(i64::try_from(revision).unwrap_or(i64::MAX).saturating_add(1))),
            Type::Float => Some(Value::Float(Float(0.0))),
            Type::Str => {
                let text = self.render("{hex:12}", seed, revision);
                Some(Value::from(format!("{}-{text}", field.name.replace('_', "-"))))
            }
            Type::Json | Type::Policy | Type::Map(_) => Some(Value::Map(Map::new())),
            Type::List(_) => Some(Value::List(Vec::new())),
        }
    }
}

/// A value as a template shows it: a list is its items with commas.
fn text_of(value: &Value) -> String {
    match value.as_list() {
        Some(items) => items.iter().map(Value::to_text).collect::<Vec<_>>().join(","),
        None => value.to_text(),
    }
}

/// Text as a value of a type; `None` when it does not fit.
fn typed(ty: Type, text: &str) -> Option<Value> {
    match ty {
        Type::Any | Type::Str => Some(Value::str(text)),
        Type::Bool => text.parse().ok().map(Value::Bool),
        Type::Int => text.parse().ok().map(Value::Int),
        Type::Float => text.parse().ok().filter(|f: &f64| f.is_finite()).map(|f| Value::Float(Float(f))),
        Type::Json | Type::Policy => Some(Value::from_json(text).unwrap_or_else(|_| Value::str(text))),
        Type::List(_) | Type::Map(_) if text.is_empty() => None,
        Type::List(inner) => {
            text.split(',').map(|item| typed(*inner, item.trim())).collect::<Option<_>>().map(Value::List)
        }
        Type::Map(inner) => text
            .split(',')
            .map(|entry| {
                let (key, value) = entry.split_once('=')?;
                Some((Str::from(key.trim()), typed(*inner, value.trim())?))
            })
            .collect::<Option<_>>()
            .map(Value::Map),
        Type::Object(_) => None,
    }
}

//! Secrecy: what is secret by its schema, and who may see it.
//!
//! A mark of secrecy is part of a value ([`Value::Secret`]): whoever shows one shows a placeholder. The marks are set
//! here, by what the fields say, wherever values come from outside: a script, a cloud, a stored plan. They are taken
//! off here too, for what goes to a cloud.

use std::borrow::Cow;

use crate::cloud::Live;
use crate::schema::{Field, Kind, Type};
use crate::value::{Map, Value};

/// The arguments as a cloud gets them: without marks of secrecy.
pub fn revealed(args: &Map<Value>) -> Cow<'_, Map<Value>> {
    if args.values().any(Value::has_secret) {
        Cow::Owned(args.iter().map(|(k, v)| (k.clone(), v.revealed())).collect())
    } else {
        Cow::Borrowed(args)
    }
}

/// What was read, with what the schema says is secret marked.
pub fn marked(kind: &Kind, mut live: Live) -> Live {
    mark(kind.args, &mut live.args);
    mark(kind.outputs, &mut live.outputs);
    live
}

/// Marks what the schema says is secret.
pub fn mark(fields: &[Field], map: &mut Map<Value>) {
    for field in fields {
        if (field.sensitive || holds_secrets(field.ty))
            && let Some(value) = map.get_mut(field.name)
        {
            mark_value(field, value);
        }
    }
}

fn mark_value(field: &Field, value: &mut Value) {
    if field.sensitive && !value.is_null() {
        *value = std::mem::take(value).secret();
    } else {
        mark_inside(field.ty, value);
    }
}

fn mark_inside(ty: Type, value: &mut Value) {
    match (ty, value) {
        (Type::Object(fields), Value::Map(map)) => mark(fields, map),
        (Type::List(inner), Value::List(items)) => items.iter_mut().for_each(|v| mark_inside(*inner, v)),
        (Type::Map(inner), Value::Map(map)) => map.values_mut().for_each(|v| mark_inside(*inner, v)),
        _ => {}
    }
}

fn holds_secrets(ty: Type) -> bool {
    match ty {
        Type::Object(fields) => fields.iter().any(|f| f.sensitive || holds_secrets(f.ty)),
        Type::List(inner) | Type::Map(inner) => holds_secrets(*inner),
        _ => false,
    }
}

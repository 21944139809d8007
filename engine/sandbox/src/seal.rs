//! Sealing: what becomes of secrets.
//!
//! Sensitive and write-only arguments, and whatever still carries the mark of a secret, are taken out of a resource's
//! arguments before it is kept. A salted hash of each stays, so that a change is noticed and nothing can be read.

use std::collections::BTreeMap;

use dr_core::schema::{Field, Type};
use dr_core::value::{Map, Str, Value};
use sha2::{Digest as _, Sha256};

/// Takes secrets out of arguments. Returns their hashes by path (`login.password`).
///
/// The salt makes equal secrets of different resources look different.
pub(crate) fn seal(fields: &'static [Field], args: &mut Map<Value>, salt: &str) -> BTreeMap<String, Str> {
    let mut sealed = BTreeMap::new();
    seal_block(fields, args, "", salt, &mut sealed);
    sealed
}

fn seal_block(
    fields: &'static [Field],
    map: &mut Map<Value>,
    at: &str,
    salt: &str,
    sealed: &mut BTreeMap<String, Str>,
) {
    map.retain(|key, value| {
        let field = fields.iter().find(|f| f.name == &**key);
        if value.is_null() {
            return false;
        }
        let hidden = field.is_some_and(|f| f.sensitive || f.write_only) || holds_secret(value);
        if !hidden && !matters(field.map(|f| f.ty), value) {
            return true;
        }
        let path = if at.is_empty() { key.to_string() } else { format!("{at}.{key}") };
        if hidden {
            sealed.insert(path.clone(), hash(value, &path, salt));
            return false;
        }
        seal_value(field.map(|f| f.ty), value, &path, salt, sealed);
        true
    });
}

fn seal_value(ty: Option<Type>, value: &mut Value, at: &str, salt: &str, sealed: &mut BTreeMap<String, Str>) {
    match value {
        Value::Map(map) => {
            if let Some(Type::Map(inner)) = ty {
                for (key, value) in map.iter_mut().filter(|(_, v)| matches!(v, Value::Map(_) | Value::List(_))) {
                    seal_value(Some(*inner), value, &format!("{at}.{key}"), salt, sealed);
                }
            }
            let fields = if let Some(Type::Object(fields)) = ty { fields } else { &[] };
            seal_block(fields, map, at, salt, sealed);
        }
        Value::List(items) => {
            let inner = if let Some(Type::List(inner)) = ty { Some(*inner) } else { None };
            for (i, item) in items.iter_mut().enumerate() {
                seal_value(inner, item, &format!("{at}.{i}"), salt, sealed);
            }
        }
        _ => {}
    }
}

/// Whether a value is secret itself, or a list of which an item is: taking out one item would shift the others.
fn holds_secret(value: &Value) -> bool {
    match value {
        Value::Secret(_) => true,
        Value::List(items) => items.iter().any(holds_secret),
        _ => false,
    }
}

/// Whether anything inside may have to be taken out.
fn matters(ty: Option<Type>, value: &Value) -> bool {
    match (ty, value) {
        (Some(Type::Object(_)), _) => true,
        (Some(Type::List(inner) | Type::Map(inner)), _) if !matches!(inner, Type::Str | Type::Int | Type::Bool) => true,
        (_, Value::Map(_) | Value::List(_)) => value.has_secret(),
        _ => false,
    }
}

fn hash(value: &Value, path: &str, salt: &str) -> Str {
    let mut hash = Sha256::new();
    for part in [salt, path, &value.revealed().to_json()] {
        hash.update(part);
        hash.update([0]);
    }
    hex::encode(&hash.finalize()[..16]).into()
}

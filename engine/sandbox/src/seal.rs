//! Sealing: what becomes of secrets.
//!
//! Sensitive and write-only arguments, and whatever still carries the mark of a secret, are taken out of a resource's
//! arguments before it is kept. A salted hash of each stays, so that a change is noticed and nothing can be read.

use std::collections::BTreeMap;

use dr_core::schema::Field;
use dr_core::value::{Map, Str, Value};
use dr_core::walk::{Spot, Tree, map_value};
use sha2::{Digest as _, Sha256};

/// Takes secrets out of arguments. Returns their hashes by path (`login.password`).
///
/// The salt makes equal secrets of different resources look different.
pub(crate) fn seal(fields: &'static [Field], args: &mut Map<Value>, salt: &str) -> BTreeMap<String, Str> {
    let mut sealed = BTreeMap::new();
    args.retain(|key, value| {
        match fields.iter().find(|field| field.name == &**key) {
            Some(field) => *value = seal_at(&Spot::of(field), std::mem::take(value), salt, &mut sealed),
            None if value.has_secret() => *value = hide(key, value, salt, &mut sealed),
            None => {}
        }
        !value.is_null()
    });
    sealed
}

/// The value without what is secret in it; null where all of it is.
fn seal_at(spot: &Spot<'_>, value: Value, salt: &str, sealed: &mut BTreeMap<String, Str>) -> Value {
    let marked = value.has_secret();
    if spot.field.is_some_and(is_hidden) || marked && (Tree::from(&value).is_leaf(spot.ty) || is_secret(&value)) {
        return hide(&spot.to_string(), &value, salt, sealed);
    }
    if !marked && spot.field.is_some_and(|field| !field.holds(is_hidden)) {
        return value;
    }
    let mut value = map_value(spot, value, &mut |spot, value| seal_at(spot, value, salt, sealed));
    if let Value::Map(map) = &mut value {
        map.retain(|_, value| !value.is_null());
    }
    value
}

fn is_hidden(field: &Field) -> bool {
    field.sensitive || field.write_only
}

/// Whether a value is secret itself, or a list of which an item is: taking out one item would shift the others.
fn is_secret(value: &Value) -> bool {
    match value {
        Value::Secret(_) => true,
        Value::List(items) => items.iter().any(is_secret),
        _ => false,
    }
}

/// Keeps the hash of a value that is there, and nothing else of it.
fn hide(path: &str, value: &Value, salt: &str, sealed: &mut BTreeMap<String, Str>) -> Value {
    if !value.is_null() {
        sealed.insert(path.to_owned(), hash(value, path, salt));
    }
    Value::Null
}

fn hash(value: &Value, path: &str, salt: &str) -> Str {
    let mut hash = Sha256::new();
    for part in [salt, path, &value.revealed().to_json()] {
        hash.update(part);
        hash.update([0]);
    }
    hex::encode(&hash.finalize()[..16]).into()
}

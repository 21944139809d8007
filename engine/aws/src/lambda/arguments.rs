//! Which arguments are worth sending.

use dr_core::compare::same;
use dr_core::convert::KindArgs;
use dr_core::schema::Presence;
use dr_core::value::Value;

/// Whether an argument is given, and is not what Lambda takes anyway.
pub(super) fn chosen<K: KindArgs>(args: &K) -> impl Fn(&str) -> bool {
    let given = args.to_map();
    move |name| {
        let default = K::KIND.arg(name).and_then(|field| match field.presence {
            Presence::Default(default) => Some((field, default.value())),
            _ => None,
        });
        given.get(name).is_some_and(|value| default.is_none_or(|(field, default)| !same(field, &default, value)))
    }
}

/// Whether an argument differs between two states of a resource. What is absent counts as nothing.
pub(super) fn differs<K: KindArgs>(old: &K, new: &K) -> impl Fn(&str) -> bool {
    let (old, new) = (old.to_map(), new.to_map());
    move |name| {
        let (before, after) = (old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null));
        K::KIND.arg(name).is_none_or(|field| !same(field, before, after))
    }
}

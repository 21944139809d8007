//! Settings that are attributes: texts by name.

use std::collections::BTreeMap;

/// Attributes by name.
pub(super) type ElbAttributes = BTreeMap<&'static str, String>;

/// The attributes that differ.
pub(super) fn changed(old: ElbAttributes, mut new: ElbAttributes) -> ElbAttributes {
    new.retain(|name, value| old.get(name) != Some(value));
    new
}

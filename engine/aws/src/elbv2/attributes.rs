//! Settings that are attributes: texts by name.

use std::collections::BTreeMap;

/// Attributes by name.
pub(super) type Attributes = BTreeMap<&'static str, String>;

/// The attributes that differ.
pub(super) fn changed(old: Attributes, mut new: Attributes) -> Attributes {
    new.retain(|name, value| old.get(name) != Some(value));
    new
}

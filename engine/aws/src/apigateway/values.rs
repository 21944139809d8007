//! Arguments as the SDK takes them.

use std::collections::BTreeMap;

/// A map as the SDK takes it; `None` when there is nothing in it.
pub(super) fn hashed<V: Clone, M: FromIterator<(String, V)>>(map: &BTreeMap<String, V>) -> Option<M> {
    (!map.is_empty()).then(|| map.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// A list as the SDK takes it; `None` when there is nothing in it.
pub(super) fn listed(list: &[String]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| list.to_vec())
}

//! What is sent of arguments that change.

use std::collections::BTreeMap;

/// What an optional text is changed to, if it differs: nothing at all is written as empty text.
pub(super) fn changed(old: Option<&str>, new: Option<&str>) -> Option<String> {
    (old != new).then(|| new.unwrap_or_default().to_owned())
}

/// What turns a map into another, if they differ: all of it, as some entries must always come together, and entries
/// that go as what takes them away.
pub(super) fn turned<V: Clone + Default + PartialEq, M: FromIterator<(String, V)>>(
    old: &BTreeMap<String, V>,
    new: &BTreeMap<String, V>,
) -> Option<M> {
    let gone = old.keys().filter(|key| !new.contains_key(*key)).map(|key| (key.clone(), V::default()));
    let set = new.iter().map(|(key, value)| (key.clone(), value.clone()));
    (old != new).then(|| gone.chain(set).collect())
}

//! The map of values: keys are text, in order, in one sorted vector.
//!
//! Arguments and attributes are millions of tiny maps: two entries, ten, seldom fifty. A B-tree gives each of them a
//! leaf with room for eleven; a vector has room for what is there, and is as quick to search. The order matters:
//! plans must be the same byte for byte.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut, Index};

use litemap::LiteMap;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::text::{Name, Str};

/// A map with text as keys, ordered by key. What it can do is what [`LiteMap`] can.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Map<V>(LiteMap<Str, V>);

impl<V> Map<V> {
    /// An empty map. It takes no memory.
    pub const fn new() -> Map<V> {
        Map(LiteMap::new_vec())
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values, to be changed in place, in the order of their keys.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// Keeps the entries that the function says, and lets it change their values.
    pub fn retain(&mut self, mut keep: impl FnMut(&Str, &mut V) -> bool) {
        let mut entries = std::mem::take(self).0.into_tuple_vec();
        entries.retain_mut(|(key, value)| keep(key, value));
        self.0 = LiteMap::from_sorted_store_unchecked(entries);
    }

    /// The keys alone, in order.
    pub fn into_keys(self) -> impl Iterator<Item = Str> {
        self.into_iter().map(|(key, _)| key)
    }

    /// The values alone, in the order of their keys.
    pub fn into_values(self) -> impl Iterator<Item = V> {
        self.into_iter().map(|(_, value)| value)
    }

    /// Gives back the room that nothing is in. For maps that grew and are kept for long.
    pub fn shrink_to_fit(&mut self) {
        let mut entries = std::mem::take(self).0.into_tuple_vec();
        entries.shrink_to_fit();
        self.0 = LiteMap::from_sorted_store_unchecked(entries);
    }
}

impl<V> Default for Map<V> {
    fn default() -> Map<V> {
        Map::new()
    }
}

impl<V> Deref for Map<V> {
    type Target = LiteMap<Str, V>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<V> DerefMut for Map<V> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<V, const N: usize> From<[(Str, V); N]> for Map<V> {
    fn from(entries: [(Str, V); N]) -> Map<V> {
        entries.into_iter().collect()
    }
}

impl<V> FromIterator<(Str, V)> for Map<V> {
    fn from_iter<I: IntoIterator<Item = (Str, V)>>(entries: I) -> Map<V> {
        let mut map = Map(entries.into_iter().collect());
        map.shrink_to_fit();
        map
    }
}

impl<V> Extend<(Str, V)> for Map<V> {
    fn extend<I: IntoIterator<Item = (Str, V)>>(&mut self, entries: I) {
        self.0.extend(entries);
    }
}

impl<V> IntoIterator for Map<V> {
    type Item = (Str, V);
    type IntoIter = std::vec::IntoIter<(Str, V)>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_tuple_vec().into_iter()
    }
}

impl<'a, V> IntoIterator for &'a Map<V> {
    type Item = (&'a Str, &'a V);
    type IntoIter = <&'a LiteMap<Str, V> as IntoIterator>::IntoIter;
    fn into_iter(self) -> Self::IntoIter {
        (&self.0).into_iter()
    }
}

impl<V> Index<&str> for Map<V> {
    type Output = V;
    /// # Panics
    /// When the key is missing, as with every map of Rust.
    #[allow(clippy::expect_used, reason = "indexing promises that the key is there")]
    fn index(&self, key: &str) -> &V {
        self.get(key).expect("no entry for the key")
    }
}

impl<V: fmt::Debug> fmt::Debug for Map<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

impl<V: Serialize> Serialize for Map<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self)
    }
}

/// Keys are interned as they are read. A key that comes twice is an error.
impl<'de, V: Deserialize<'de>> Deserialize<'de> for Map<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<V>(PhantomData<V>);
        impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
            type Value = Map<V>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Map<V>, A::Error> {
                let mut map = Map::new();
                while let Some(Name(key)) = access.next_key()? {
                    if map.contains_key(&*key) {
                        return Err(serde::de::Error::custom(format!("the key `{key}` comes twice")));
                    }
                    map.insert(key, access.next_value()?);
                }
                map.shrink_to_fit();
                Ok(map)
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_keys_however_they_come() {
        let map: Map<i32> = [("b", 1), ("a", 2), ("c", 3), ("b", 4)].map(|(k, v)| (Str::from(k), v)).into();
        assert_eq!(format!("{map:?}"), r#"{"a": 2, "b": 4, "c": 3}"#);
        assert_eq!(serde_json::from_str::<Map<i32>>(r#"{"c":3,"b":4,"a":2}"#).unwrap(), map);
        assert_eq!(serde_json::to_string(&map).unwrap(), r#"{"a":2,"b":4,"c":3}"#);
    }
    #[test]
    fn a_key_that_comes_twice_is_refused() {
        let error = serde_json::from_str::<Map<i32>>(r#"{"a":1,"a":2}"#).unwrap_err();
        assert!(error.to_string().starts_with("the key `a` comes twice"), "{error}");
    }
}

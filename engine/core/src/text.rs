//! Shared text.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Visitor};

/// Shared text. Cloning never copies.
pub type Str = Arc<str>;

/// Shared text of which there are few different ones: names of arguments, kinds, regions. The same text gives the same
/// allocation again, as long as it is short and not too many are in use; a hundred thousand resources have the same
/// few dozen names.
pub fn intern(text: &str) -> Str {
    const LONGEST: usize = 48;
    const MOST: usize = 4_096;
    thread_local! {
        static NAMES: RefCell<BTreeSet<Str>> = const { RefCell::new(BTreeSet::new()) };
    }
    if text.len() > LONGEST {
        return text.into();
    }
    NAMES.with_borrow_mut(|names| match names.get(text) {
        Some(name) => name.clone(),
        None => {
            let name: Str = text.into();
            if names.len() < MOST {
                names.insert(name.clone());
            }
            name
        }
    })
}

/// Reads text with [`intern`]. For `#[serde(deserialize_with)]`.
pub(crate) fn interned<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Str, D::Error> {
    Name::deserialize(deserializer).map(|name| name.0)
}

/// The same for text that may be missing.
pub(crate) fn interned_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Str>, D::Error> {
    Option::<Name>::deserialize(deserializer).map(|name| name.map(|n| n.0))
}

/// Text that is interned as it is read.
pub(crate) struct Name(pub(crate) Str);

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = Name;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_str<E>(self, text: &str) -> Result<Name, E> {
                Ok(Name(intern(text)))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

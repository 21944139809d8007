//! Text: shared, and shortened for people.

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

/// The first characters of what something shows, for messages; a mark says that there is more. What is not shown is
/// not even made.
pub fn shortened(shown: impl fmt::Display, most: usize) -> String {
    struct Start {
        text: String,
        room: usize,
    }
    impl fmt::Write for Start {
        fn write_str(&mut self, more: &str) -> fmt::Result {
            for c in more.chars() {
                self.text.push(c);
                // One more than fits shows that there is more.
                self.room = self.room.checked_sub(1).ok_or(fmt::Error)?;
            }
            Ok(())
        }
    }
    let mut start = Start { text: String::new(), room: most };
    if fmt::write(&mut start, format_args!("{shown}")).is_err() {
        let keep = start.text.char_indices().nth(most.saturating_sub(1)).map_or(0, |(at, _)| at);
        start.text.truncate(keep);
        start.text.push('…');
    }
    start.text
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_and_marked() {
        for (text, most, shown) in [("äöü", 3, "äöü"), ("äöüß", 3, "äö…"), ("", 0, ""), ("a", 0, "…"), ("ab", 1, "…")]
        {
            assert_eq!(shortened(text, most), shown, "{text} {most}");
        }
        struct Endless;
        impl fmt::Display for Endless {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    f.write_str("on and ")?;
                }
            }
        }
        assert_eq!(shortened(Endless, 10), "on and on…");
    }
}

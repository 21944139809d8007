//! A flaw: what is wrong with a text or a document, and where inside.

use crate::text::{Str, shortened};

/// How much of a text a message quotes, in characters.
const SHOWN: usize = 80;

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Keys and indexes from the document inwards; empty for a text.
    pub path: Vec<Str>,
    /// Whether the last key is wrong, not what is under it.
    pub on_key: bool,
    /// What is wrong, as what follows the name of the place: `is no schedule: …`.
    pub what: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl Flaw {
    /// One of a text.
    pub(super) fn new(what: impl Into<String>) -> Flaw {
        Flaw { path: Vec::new(), on_key: false, what: what.into(), help: None }
    }

    /// With a way out.
    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Flaw {
        self.help = Some(help.into());
        self
    }
}

/// A text as messages quote it.
pub(super) fn shown(text: &str) -> String {
    format!("`{}`", shortened(text, SHOWN))
}

/// Where a part of a text begins, for people: characters are counted from 1.
pub(super) fn at(text: &str, part: &str) -> String {
    let offset = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let before = text.get(..offset).map_or(0, |before| before.chars().count());
    format!("at character {}", before + 1)
}

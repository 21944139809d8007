//! The registry: every kind there is, by name.

use std::collections::{BTreeMap, BTreeSet};

use crate::schema::{Kind, closest};
use crate::stack_output;

/// Every kind, by name. Made once at start from static tables.
#[derive(Debug, Clone)]
pub struct Registry {
    kinds: BTreeMap<&'static str, &'static Kind>,
}

impl Registry {
    /// A registry of these kinds. When a name appears twice, the later one counts; a test of `engine/kinds` sees to
    /// it that none does.
    pub fn new(kinds: impl IntoIterator<Item = &'static Kind>) -> Registry {
        Registry { kinds: kinds.into_iter().map(|k| (k.name, k)).collect() }
    }

    /// The kind of this name; also the language's own, which is not listed.
    pub fn get(&self, name: &str) -> Option<&'static Kind> {
        self.kinds.get(name).copied().or_else(|| (name == stack_output::KIND.name).then_some(&stack_output::KIND))
    }

    /// Every kind, by name, but for the language's own.
    pub fn iter(&self) -> impl Iterator<Item = &'static Kind> {
        self.kinds.values().copied()
    }

    /// Every service, by name.
    pub fn services(&self) -> BTreeSet<&'static str> {
        self.iter().map(Kind::service).collect()
    }

    /// The kind whose name is most like a mistyped one.
    pub fn closest(&self, name: &str) -> Option<&'static str> {
        closest(name, self.kinds.keys().copied())
    }
}

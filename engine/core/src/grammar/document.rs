//! Documents: JSON as far as it is known, and where in it something is.

use std::fmt;

use super::flaw::Flaw;
use crate::expr::Expr;
use crate::text::{Str, shortened};
use crate::value::Value;
use crate::walk::Tree;

/// The longest part of a value that a message shows, in characters.
const SHOWN: usize = 60;

/// A part of a document and its place.
#[derive(Debug, Clone)]
pub(super) struct Passage<'a> {
    tree: Tree<'a>,
    path: Vec<Str>,
}

/// What a part of a document is.
#[derive(Debug)]
pub(super) enum Reading<'a> {
    /// Not known, or secret.
    Unknown,
    Null,
    Bool(bool),
    Number(f64),
    Text(&'a str),
    List(Vec<Passage<'a>>),
    Map(Vec<(&'a str, Passage<'a>)>),
}

impl<'a> Passage<'a> {
    /// A whole document.
    pub(super) fn whole(tree: Tree<'a>) -> Passage<'a> {
        let tree = match tree {
            Tree::Known(value) => Tree::Known(value.reveal()),
            open => open,
        };
        Passage { tree, path: Vec::new() }
    }

    /// What it is.
    pub(super) fn seen(&self) -> Reading<'a> {
        let item = |(index, tree): (usize, Tree<'a>)| self.inside(&index.to_string(), tree);
        let entry = |(key, tree): (&'a Str, Tree<'a>)| (&**key, self.inside(key, tree));
        match self.tree {
            Tree::Known(value) => match value {
                Value::Secret(_) => Reading::Unknown,
                Value::Null => Reading::Null,
                Value::Bool(bool) => Reading::Bool(*bool),
                Value::Int(int) => Reading::Number(*int as f64),
                Value::Float(float) => Reading::Number(float.0),
                Value::Str(text) => Reading::Text(text),
                Value::List(items) => Reading::List(items.iter().map(Tree::from).enumerate().map(item).collect()),
                Value::Map(map) => Reading::Map(map.iter().map(|(key, value)| entry((key, value.into()))).collect()),
            },
            Tree::Open(Expr::List(items)) => {
                Reading::List(items.iter().map(Tree::from).enumerate().map(item).collect())
            }
            Tree::Open(Expr::Map(map)) => {
                Reading::Map(map.iter().map(|(key, expr)| entry((key, expr.into()))).collect())
            }
            Tree::Open(_) => Reading::Unknown,
        }
    }

    fn inside(&self, key: &str, tree: Tree<'a>) -> Passage<'a> {
        let path = self.path.iter().cloned().chain([Str::from(key)]).collect();
        Passage { tree, path }
    }

    /// The entries, when this is a map.
    pub(super) fn entries(&self) -> Option<Vec<(&'a str, Passage<'a>)>> {
        match self.seen() {
            Reading::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// What is under a key that is there and not null.
    pub(super) fn get(&self, key: &str) -> Option<Passage<'a>> {
        let tree = self.tree.entry(key)?;
        (!tree.is_null()).then(|| self.inside(key, tree))
    }

    /// The items of a list; what is no list is a single item.
    pub(super) fn items(&self) -> Vec<Passage<'a>> {
        match self.seen() {
            Reading::List(items) => items,
            _ => vec![self.clone()],
        }
    }

    /// The text, when it is one and known.
    pub(super) fn text(&self) -> Option<&'a str> {
        match self.seen() {
            Reading::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, when it is one and known.
    pub(super) fn number(&self) -> Option<f64> {
        match self.seen() {
            Reading::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The whole as JSON, when all of it is known and nothing is secret.
    pub(super) fn json(&self) -> Option<String> {
        let value = self.tree.known()?;
        (!value.has_secret()).then(|| value.to_json())
    }

    /// A flaw of this part.
    pub(super) fn flaw(&self, what: impl Into<String>) -> Flaw {
        Flaw { path: self.path.clone(), ..Flaw::new(what) }
    }

    /// A flaw of the key of this part.
    pub(super) fn flaw_of_key(&self, what: impl Into<String>) -> Flaw {
        Flaw { on_key: true, ..self.flaw(what) }
    }
}

/// As messages show it: what is known, shortened.
impl fmt::Display for Passage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tree {
            Tree::Known(value) => f.write_str(&shortened(value, SHOWN)),
            Tree::Open(open) => f.write_str(&shortened(open, SHOWN)),
        }
    }
}

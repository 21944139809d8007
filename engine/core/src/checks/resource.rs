//! A resource as checks see it: its arguments as far as they are known, and where the program says them.
//!
//! A check never asks whether something is known in general: it asks for the value at a path, and what is not known is
//! not there for it.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::diagnostic::Span;
use crate::expr::{AttrRef, Expr};
use crate::graph::{Node, Plain};
use crate::plan::Step;
use crate::record::Record;
use crate::schema::{Field, Kind};
use crate::value::{Map, Str, Value};
use crate::walk::Tree;

/// A resource.
#[derive(Debug)]
pub struct Resource<'a> {
    /// Its address.
    pub address: &'a Address,
    /// Its kind.
    pub kind: &'static Kind,
    /// Its region; `None` for kinds that are global or local.
    pub region: Option<&'a str>,
    /// Whether it is there already.
    pub exists: bool,
    values: Values<'a>,
    declared: Option<&'a Map<Expr>>,
    allow: Option<&'a Map<Str>>,
    /// What is known of its computed attributes before it is made.
    foreseen: Option<&'a Map<Value>>,
    origin: Origin<'a>,
}

#[derive(Debug)]
enum Values<'a> {
    Planned(&'a Map<Expr>),
    Settled(&'a Map<Value>),
}

#[derive(Debug)]
enum Origin<'a> {
    Declared(&'a Node),
    Step(&'a Step),
    Recorded(&'a Record),
    There(&'a There<'a>),
}

/// A resource as a cloud knows it, or is asked for it.
#[derive(Debug)]
pub struct There<'a> {
    /// Its address.
    pub address: Address,
    /// Its kind.
    pub kind: &'static Kind,
    /// Its region; `None` for kinds that are global.
    pub region: Option<&'a str>,
    /// Its arguments.
    pub args: &'a Map<Value>,
    /// The paths in the arguments where it refers to others, each with the attribute that stands there.
    pub refers: Vec<(String, AttrRef)>,
    /// The arguments that the service may have chosen.
    pub chosen: Vec<&'static str>,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy)]
pub enum AtPath<'a> {
    /// Nothing.
    Absent,
    /// This.
    Known(&'a Value),
    /// A list or map of which not everything is known, or something that is known only while applying.
    Open(&'a Expr),
}

static NOTHING_ALLOWED: Map<Str> = Map::new();

impl<'a> Resource<'a> {
    /// A declared resource, with its arguments as they were decided.
    pub(crate) fn declared(node: &'a Node, args: &'a Map<Expr>, exists: bool) -> Resource<'a> {
        Resource {
            exists,
            foreseen: None,
            address: &node.address,
            kind: node.kind,
            region: node.region.as_deref(),
            values: Values::Planned(args),
            declared: Some(&node.args),
            allow: Some(&node.options.allow),
            origin: Origin::Declared(node),
        }
    }

    /// A resource that a step is about, with arguments that are all known.
    pub(crate) fn settled(step: &'a Step, kind: &'static Kind, args: &'a Map<Value>) -> Resource<'a> {
        Resource {
            address: &step.address,
            kind,
            region: step.region.as_deref(),
            exists: step.prior.is_some(),
            foreseen: None,
            values: Values::Settled(args),
            declared: Some(&step.args),
            allow: Some(&step.allow),
            origin: Origin::Step(step),
        }
    }

    /// A resource that is there.
    pub(crate) fn recorded(record: &'a Record, kind: &'static Kind) -> Resource<'a> {
        Resource {
            address: &record.address,
            kind,
            region: record.region.as_deref(),
            exists: true,
            foreseen: Some(&record.outputs),
            values: Values::Settled(&record.args),
            declared: None,
            allow: None,
            origin: Origin::Recorded(record),
        }
    }

    /// A resource as a cloud knows it, or is asked for it.
    pub(super) fn there(of: &'a There<'a>) -> Resource<'a> {
        Resource {
            address: &of.address,
            kind: of.kind,
            region: of.region,
            exists: false,
            values: Values::Settled(of.args),
            declared: None,
            allow: None,
            origin: Origin::There(of),
            foreseen: None,
        }
    }

    /// The same with what is known of its computed attributes.
    pub(crate) fn foreseen(self, known: Option<&'a Map<Value>>) -> Resource<'a> {
        Resource { foreseen: known, ..self }
    }

    /// A computed attribute, as far as it is known. A mark of secrecy is taken off: never show it.
    pub fn computed(&self, name: &str) -> Option<&'a Value> {
        self.foreseen?.get(name).map(Value::reveal)
    }

    /// The checks that may fail here, and why.
    pub fn allow(&self) -> &Map<Str> {
        self.allow.unwrap_or(&NOTHING_ALLOWED)
    }

    /// The arguments that hold a secret, and whose value the program says without a mark.
    pub fn plain(&self) -> &[Plain] {
        match self.origin {
            Origin::Declared(node) => &node.options.plain,
            _ => &[],
        }
    }

    /// What stands at a path such as `rules.0.days`.
    pub fn at(&self, path: &str) -> AtPath<'a> {
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let top = match &self.values {
            Values::Planned(map) => map.get(first).map(Tree::from),
            Values::Settled(map) => map.get(first).map(Tree::from),
        };
        let Some(mut tree) = top else { return AtPath::Absent };
        for part in rest.split('.').filter(|part| !part.is_empty()) {
            tree = match inside(tree, part) {
                Ok(Some(tree)) => tree,
                Ok(None) => return AtPath::Absent,
                Err(open) => return AtPath::Open(open),
            };
        }
        match tree {
            Tree::Known(value) if value.reveal().is_null() => AtPath::Absent,
            Tree::Known(value) => AtPath::Known(value),
            Tree::Open(open) => AtPath::Open(open),
        }
    }

    /// What is given at a path, as far as it is known. A mark of secrecy is taken off: never show it.
    pub(super) fn said(&self, path: &str) -> Option<Expr> {
        match self.at(path) {
            AtPath::Absent => None,
            AtPath::Known(value) => Some(Expr::Known(value.reveal().clone())),
            AtPath::Open(open) => Some(open.clone()),
        }
    }

    /// The value at a path, when it is there and known. A mark of secrecy is taken off: never show it.
    pub fn value(&self, path: &str) -> Option<&'a Value> {
        match self.at(path) {
            AtPath::Known(value) => Some(value.reveal()),
            _ => None,
        }
    }

    /// The text at a path, when it is there and known.
    pub fn text(&self, path: &str) -> Option<&'a str> {
        self.value(path)?.as_str()
    }

    /// The integer at a path, when it is there and known.
    pub fn int(&self, path: &str) -> Option<i64> {
        self.value(path)?.as_int()
    }

    /// The number at a path, when it is there and known.
    pub fn number(&self, path: &str) -> Option<f64> {
        match self.value(path)? {
            Value::Int(i) => Some(*i as f64),
            Value::Float(f) => Some(f.0),
            _ => None,
        }
    }

    /// Whether true is known to stand at a path.
    pub fn is_true(&self, path: &str) -> bool {
        self.value(path).and_then(Value::as_bool) == Some(true)
    }

    /// Whether false is known to stand at a path.
    pub fn is_false(&self, path: &str) -> bool {
        self.value(path).and_then(Value::as_bool) == Some(false)
    }

    /// Whether nothing is known to stand at a path.
    pub fn is_absent(&self, path: &str) -> bool {
        matches!(self.at(path), AtPath::Absent)
    }

    /// Whether something stands at a path, known or not.
    pub fn is_given(&self, path: &str) -> bool {
        !self.is_absent(path)
    }

    /// How many items or entries the list or map at a path has; 0 where there is none, or where that is not known.
    pub fn count(&self, path: &str) -> usize {
        match self.at(path) {
            AtPath::Known(value) => match value.reveal() {
                Value::List(items) => items.len(),
                Value::Map(map) => map.len(),
                _ => 0,
            },
            AtPath::Open(Expr::List(items)) => items.len(),
            AtPath::Open(Expr::Map(map)) => map.len(),
            _ => 0,
        }
    }

    /// The paths of the items of a list, or of the entries of a map.
    pub fn each(&self, path: &str) -> Vec<String> {
        let entries = |map: &mut dyn Iterator<Item = &Str>| map.map(|key| format!("{path}.{key}")).collect();
        match self.at(path) {
            AtPath::Known(value) => match value.reveal() {
                Value::Map(map) => entries(&mut map.keys()),
                _ => (0..self.count(path)).map(|i| format!("{path}.{i}")).collect(),
            },
            AtPath::Open(Expr::Map(map)) => entries(&mut map.keys()),
            _ => (0..self.count(path)).map(|i| format!("{path}.{i}")).collect(),
        }
    }

    /// The keys of the map at a path, also those whose values are not known.
    pub fn keys(&self, path: &str) -> Vec<&'a str> {
        match self.at(path) {
            AtPath::Known(value) => value.as_map().into_iter().flat_map(|map| map.keys().map(|key| &**key)).collect(),
            AtPath::Open(Expr::Map(map)) => map.keys().map(|key| &**key).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the program leaves an argument to the service, which may have chosen a value before.
    pub fn is_left_to_service(&self, path: &str) -> bool {
        let first = path.split('.').next().unwrap_or_default();
        if let Origin::There(of) = self.origin {
            return of.chosen.contains(&first);
        }
        self.declared.is_some_and(|declared| declared.get(first).is_none_or(Expr::is_null))
    }

    /// The JSON document at a path, when all of it is known: given as a map or list, or as text.
    pub fn document(&self, path: &str) -> Option<Value> {
        match self.value(path)? {
            Value::Str(text) => Value::from_json(text).ok(),
            other => Some(other.revealed()),
        }
    }

    /// The attributes that the value at a path reads, as the program says it.
    pub fn reads(&self, path: &str) -> BTreeSet<AttrRef> {
        if let Some(refers) = self.refers() {
            let is_here = |at: &str| at.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            return refers.iter().filter(|(at, _)| is_here(at)).map(|(_, read)| read.clone()).collect();
        }
        let mut parts = path.split('.');
        let first = parts.next().and_then(|first| self.declared?.get(first));
        let Some(mut expr) = first else { return BTreeSet::new() };
        for part in parts {
            expr = match expr {
                Expr::List(items) => match part.parse().ok().and_then(|i: usize| items.get(i)) {
                    Some(item) => item,
                    None => return BTreeSet::new(),
                },
                Expr::Map(map) => match map.get(part) {
                    Some(item) => item,
                    None => return BTreeSet::new(),
                },
                other => other,
            };
        }
        let mut all = BTreeSet::new();
        expr.each_ref(&mut |r| {
            all.insert(r.clone());
        });
        all
    }

    /// An argument as the program says it, with the references in it.
    pub(super) fn declared_at(&self, argument: &str) -> Option<&'a Expr> {
        self.declared?.get(argument)
    }

    /// Of a resource in a cloud: the places where it refers to others.
    pub(super) fn refers(&self) -> Option<&'a [(String, AttrRef)]> {
        match self.origin {
            Origin::There(of) => Some(&of.refers),
            _ => None,
        }
    }

    /// What it waits for.
    pub(super) fn needs(&self) -> Vec<Address> {
        match self.origin {
            Origin::Declared(node) => node.needs().into_iter().map(|need| need.address).collect(),
            Origin::Step(step) => step.needs.iter().map(|need| need.address.clone()).collect(),
            Origin::Recorded(record) => record.needs.iter().map(|need| need.address.clone()).collect(),
            Origin::There(of) => of.refers.iter().map(|(_, read)| read.address.clone()).collect(),
        }
    }

    /// The place in the script of what stands at a path; an empty path is the resource.
    pub fn place(&self, path: &str) -> Option<Span> {
        let path: Vec<Str> = path.split('.').filter(|part| !part.is_empty()).map(Str::from).collect();
        self.place_of(&path, false)
    }

    pub(super) fn place_of(&self, path: &[Str], on_key: bool) -> Option<Span> {
        match self.origin {
            Origin::Declared(node) if path.is_empty() => node.site.span.clone(),
            Origin::Declared(node) => node.site.of(path, on_key),
            Origin::Step(step) => step.place(path).or_else(|| step.span.clone()),
            Origin::Recorded(record) => record.span.clone(),
            Origin::There(_) => None,
        }
    }

    /// What the kind says about the argument at a path.
    pub(super) fn field(&self, path: &str) -> Option<&'static Field> {
        let mut parts = path.split('.');
        let first = parts.next()?;
        let mut field = self.kind.args.iter().find(|field| field.name == first)?;
        for part in parts {
            if let Some(inner) = field.ty.block().and_then(|all| all.iter().find(|field| field.name == part)) {
                field = inner;
            }
        }
        Some(field)
    }
}

/// What is under a key or index; an error where that is not known.
fn inside<'a>(tree: Tree<'a>, part: &str) -> Result<Option<Tree<'a>>, &'a Expr> {
    let index = || part.parse::<usize>().ok();
    match tree {
        Tree::Known(value) => Ok(match value.reveal() {
            Value::Map(map) => map.get(part).map(Tree::from),
            Value::List(items) => index().and_then(|i| items.get(i)).map(Tree::from),
            _ => None,
        }),
        Tree::Open(Expr::Map(map)) => Ok(map.get(part).map(Tree::from)),
        Tree::Open(Expr::List(items)) => Ok(index().and_then(|i| items.get(i)).map(Tree::from)),
        Tree::Open(open) => Err(open),
    }
}

//! The walk: a schema laid over a value.
//!
//! A schema describes a tree. A block has its fields inside, a list its items, a map its entries; everything else is a
//! leaf, and so is a document ([`Type::Json`], [`Type::Policy`], [`Type::Any`]) with all that is in it. A value, or an
//! expression as far as its shape is known, has the same tree. What does not fit its type is a leaf.
//!
//! Whoever checks, marks, compares, completes or hides values goes through here, so that all agree about what is inside
//! of what. [`each_part`] and the `map_` functions go down by one level, [`walk`] goes down to the leaves. What they
//! hand on is a [`Spot`]: the place, and what the schema says about it.

use std::fmt;
use std::sync::Arc;

use crate::expr::Expr;
use crate::schema::{Field, Type};
use crate::value::{Str, Value};

/// A place in the arguments or attributes of a resource, and what the schema says about it.
#[derive(Debug, Clone, Copy)]
pub struct Spot<'p> {
    around: Option<&'p Spot<'p>>,
    last: Last<'p>,
    /// The field whose value stands here. None for an item of a list, for an entry of a map, and for a key that its
    /// block does not have.
    pub field: Option<&'p Field>,
    /// What may stand here.
    pub ty: Type,
    /// Whether what stands here is secret: by its field, by a field around it, or by a mark around it.
    pub secret: bool,
}

/// The last part of a path.
#[derive(Debug, Clone, Copy)]
enum Last<'p> {
    Key(&'p str),
    Index(usize),
}

impl<'p> Spot<'p> {
    /// The place of an argument or attribute.
    pub fn of(field: &'p Field) -> Spot<'p> {
        Spot { around: None, last: Last::Key(field.name), field: Some(field), ty: field.ty, secret: field.sensitive }
    }

    /// The place of a key in the block or map that stands here.
    pub fn entry<'a>(&'a self, key: &'a str) -> Spot<'a> {
        let field = match self.ty {
            Type::Object(fields) => fields.iter().find(|field| field.name == key),
            _ => None,
        };
        Spot {
            around: Some(self),
            last: Last::Key(key),
            field,
            ty: self.ty.entry(key).unwrap_or(Type::Any),
            secret: self.secret || field.is_some_and(|field| field.sensitive),
        }
    }

    /// The place of an item of the list that stands here.
    pub fn item(&self, index: usize) -> Spot<'_> {
        let ty = self.ty.item().unwrap_or(Type::Any);
        Spot { around: Some(self), last: Last::Index(index), field: None, ty, secret: self.secret }
    }

    /// The place that this one is directly inside of. None for an argument or attribute.
    pub fn around(&self) -> Option<&'p Spot<'p>> {
        self.around
    }

    /// Whether this is an item of a list. Whatever else is null counts as not there.
    pub fn is_item(&self) -> bool {
        matches!(self.last, Last::Index(_))
    }

    /// The same place once it is known whether a mark is on what stands there.
    pub(crate) fn seeing(&self, tree: Tree<'_>) -> Spot<'p> {
        Spot { secret: self.secret || matches!(tree, Tree::Known(Value::Secret(_))), ..*self }
    }

    /// Keys and indexes from the outside in.
    pub fn path(&self) -> Vec<Str> {
        let mut path = self.around.map(Spot::path).unwrap_or_default();
        path.push(match self.last {
            Last::Key(key) => key.into(),
            Last::Index(index) => index.to_string().into(),
        });
        path
    }

    /// What messages call the place: its key. An item of a list goes by the list's name: `subnets.0`.
    pub fn name(&self) -> String {
        match (self.last, self.around) {
            (Last::Key(key), _) => key.to_owned(),
            (Last::Index(index), Some(around)) => format!("{}.{index}", around.name()),
            (Last::Index(index), None) => index.to_string(),
        }
    }
}

/// The whole path: `rules.0.days`.
impl fmt::Display for Spot<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(around) = self.around {
            write!(f, "{around}.")?;
        }
        match self.last {
            Last::Key(key) => f.write_str(key),
            Last::Index(index) => write!(f, "{index}"),
        }
    }
}

/// A value, or an expression of which not all is known.
#[derive(Debug, Clone, Copy)]
pub enum Tree<'a> {
    /// All of it is known. A mark of secrecy is still on it.
    Known(&'a Value),
    /// Some of it, or all, is not known.
    Open(&'a Expr),
}

impl<'a> Tree<'a> {
    /// The value, when it is known.
    pub fn known(self) -> Option<&'a Value> {
        match self {
            Tree::Known(value) => Some(value),
            Tree::Open(_) => None,
        }
    }

    /// Whether it is known that nothing is there.
    pub fn is_null(self) -> bool {
        self.known().is_some_and(|value| value.reveal().is_null())
    }

    /// What is under a key, when it is known that this is a map.
    pub fn entry(self, key: &str) -> Option<Tree<'a>> {
        match self {
            Tree::Known(value) => value.as_map()?.get(key).map(Tree::from),
            Tree::Open(Expr::Map(entries)) => entries.get(key).map(Tree::from),
            Tree::Open(_) => None,
        }
    }

    /// Whether nothing is inside, by this type.
    pub fn is_leaf(self, ty: Type) -> bool {
        let (list, map) = match self {
            Tree::Known(value) => (matches!(value.reveal(), Value::List(_)), matches!(value.reveal(), Value::Map(_))),
            Tree::Open(expr) => (matches!(expr, Expr::List(_)), matches!(expr, Expr::Map(_))),
        };
        match ty {
            Type::List(_) => !list,
            Type::Map(_) | Type::Object(_) => !map,
            _ => true,
        }
    }
}

impl<'a> From<&'a Value> for Tree<'a> {
    fn from(value: &'a Value) -> Tree<'a> {
        Tree::Known(value)
    }
}

impl<'a> From<&'a Expr> for Tree<'a> {
    fn from(expr: &'a Expr) -> Tree<'a> {
        match expr {
            Expr::Known(value) => Tree::Known(value),
            open => Tree::Open(open),
        }
    }
}

/// Calls a function with everything that is one level further in. A leaf has nothing inside.
pub fn each_part<'a>(spot: &Spot<'_>, tree: Tree<'a>, each: &mut dyn FnMut(&Spot<'_>, Tree<'a>)) {
    if tree.is_leaf(spot.ty) {
        return;
    }
    let spot = &spot.seeing(tree);
    let mut item = |(index, tree): (usize, Tree<'a>)| each(&spot.item(index).seeing(tree), tree);
    match tree {
        Tree::Known(value) => match value.reveal() {
            Value::List(items) => items.iter().map(Tree::from).enumerate().for_each(item),
            Value::Map(map) => map.iter().for_each(|(k, v)| each(&spot.entry(k).seeing(v.into()), v.into())),
            _ => {}
        },
        Tree::Open(Expr::List(items)) => items.iter().map(Tree::from).enumerate().for_each(&mut item),
        Tree::Open(Expr::Map(map)) => {
            map.iter().for_each(|(k, e)| each(&spot.entry(k).seeing(e.into()), e.into()));
        }
        Tree::Open(_) => {}
    }
}

/// Calls a function at this place and at every one inside, from the outside in. The function says whether to go on
/// inside of where it is.
pub fn walk<'a>(spot: &Spot<'_>, tree: Tree<'a>, visit: &mut dyn FnMut(&Spot<'_>, Tree<'a>) -> bool) {
    if visit(&spot.seeing(tree), tree) {
        each_part(spot, tree, &mut |spot, tree| walk(spot, tree, visit));
    }
}

/// The value with everything that is one level further in changed by a function. A mark around it stays.
pub fn map_value(spot: &Spot<'_>, value: Value, change: &mut dyn FnMut(&Spot<'_>, Value) -> Value) -> Value {
    if Tree::from(&value).is_leaf(spot.ty) {
        return value;
    }
    let spot = &spot.seeing(Tree::from(&value));
    match value {
        Value::Secret(inner) => map_value(spot, Arc::unwrap_or_clone(inner), change).secret(),
        Value::List(items) => {
            Value::List(items.into_iter().enumerate().map(|(i, item)| change(&spot.item(i), item)).collect())
        }
        Value::Map(mut map) => {
            map.retain(|key, value| {
                *value = change(&spot.entry(key), std::mem::take(value));
                true
            });
            Value::Map(map)
        }
        leaf => leaf,
    }
}

/// The same for an expression of which not all is known. What is known as a whole stays as it is.
pub fn map_open(spot: &Spot<'_>, expr: Expr, change: &mut dyn FnMut(&Spot<'_>, Expr) -> Expr) -> Expr {
    if Tree::from(&expr).is_leaf(spot.ty) {
        return expr;
    }
    match expr {
        Expr::List(items) => {
            Expr::list(items.into_iter().enumerate().map(|(i, item)| change(&spot.item(i), item)).collect())
        }
        Expr::Map(mut map) => {
            map.retain(|key, value| {
                *value = change(&spot.entry(key), std::mem::replace(value, Expr::Known(Value::Null)));
                true
            });
            Expr::map(map)
        }
        other => other,
    }
}

/// Calls a function with every field of these and of the blocks inside them, however deep in lists and maps, the outer
/// ones first.
pub fn each_field<'f>(fields: &'f [Field], visit: &mut dyn FnMut(&Spot<'_>, &'f Field)) {
    fn inside<'f>(spot: &Spot<'_>, field: &'f Field, visit: &mut dyn FnMut(&Spot<'_>, &'f Field)) {
        visit(spot, field);
        let Some(fields) = field.ty.block() else { return };
        let block = Spot { ty: Type::Object(fields), ..*spot };
        fields.iter().for_each(|field| inside(&block.entry(field.name), field, visit));
    }
    fields.iter().for_each(|field| inside(&Spot::of(field), field, visit));
}

/// Calls a function with every value that is known inside an expression, until one fails.
///
/// # Errors
/// What the function fails with.
pub fn each_known<E>(expr: &mut Expr, change: &mut dyn FnMut(&mut Value) -> Result<(), E>) -> Result<(), E> {
    match expr {
        Expr::Known(value) => change(value),
        Expr::List(items) | Expr::Concat(items) | Expr::Call(_, items) => {
            items.iter_mut().try_for_each(|e| each_known(e, change))
        }
        Expr::Map(entries) => entries.values_mut().try_for_each(|e| each_known(e, change)),
        Expr::Get(inner, _) => each_known(Arc::make_mut(inner), change),
        Expr::Attr(_) => Ok(()),
    }
}

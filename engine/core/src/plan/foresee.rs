//! Foreseeing: what will be known of a resource once the plan is carried out.
//!
//! An attribute of something that stays is known, one of something that is made anew is not, unless it says only what
//! the resource is called and where it is. The planner asks for its steps, and whoever prepares a plan asks which
//! look-ups can be answered already: both get the same answer.

use std::borrow::Cow;
use std::sync::Arc;

use crate::expr::Expr;
use crate::graph::Node;
use crate::record::Record;
use crate::schema::{Field, Place, Presence};
use crate::value::{Map, Value};

/// What becomes of a declared resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays, or is changed in place without effect on this attribute's being known.
    Stay,
    /// It is changed in place.
    Change,
    /// It is made, anew or for the first time.
    Make,
    /// It is a look-up.
    Ask,
}

/// A decided resource, as its dependents see it.
#[derive(Debug)]
pub(super) struct Decided<'a> {
    pub(super) node: &'a Node,
    pub(super) fate: Fate,
    pub(super) args: Cow<'a, Map<Expr>>,
    pub(super) prior: Option<Arc<Record>>,
    pub(super) known: Option<&'a Map<Value>>,
    /// Arguments that can refer to other resources and are left as they are.
    pub(super) left: Vec<&'static Field>,
}

impl Decided<'_> {
    /// The value that an attribute will have, as far as that is known.
    pub(super) fn attribute(&self, name: &str) -> Option<Value> {
        let kind = self.node.kind;
        if let Some(value) = self.known.and_then(|k| k.get(name)) {
            return Some(value.clone());
        }
        let prior = self.prior.as_ref().filter(|_| matches!(self.fate, Fate::Stay | Fate::Change));
        if let Some(field) = kind.output(name) {
            let stays = self.fate == Fate::Stay || !field.volatile;
            // What is not finished has not all of its attributes yet.
            return prior.filter(|p| stays && p.incomplete.is_none())?.outputs.get(name).cloned();
        }
        match (self.args.get(name), kind.arg(name), name) {
            (Some(value), _, _) => value.known().cloned(),
            (None, Some(field), _) if field.presence == Presence::Computed => prior?.args.get(name).cloned(),
            (None, Some(_), _) => Some(Value::Null),
            (None, None, "id") => prior.map(|p| Value::Str(p.id.clone())),
            (None, None, "region") => Some(self.node.region.clone().map_or(Value::Null, Value::Str)),
            _ => None,
        }
    }

    /// Whether an attribute stays, and nobody knows it any more: it was kept in the state alone, and the state was lost.
    pub(super) fn has_lost(&self, name: &str) -> bool {
        let kept = || self.prior.as_ref().filter(|_| self.fate == Fate::Stay && self.node.kind.place == Place::Local);
        self.node.kind.output(name).is_some()
            && kept().is_some_and(|p| p.incomplete.is_none() && !p.outputs.contains_key(name))
            && self.attribute(name).is_none()
    }

    /// The value of an attribute of something that is made anew, where it says nothing but what the resource is called
    /// and where it is, and neither changes: the ARN of a table of the same name.
    pub(super) fn predicted(&self, name: &str) -> Option<Value> {
        let prior = self.prior.as_ref().filter(|p| self.fate == Fate::Make && p.region == self.node.region)?;
        let kind = self.node.kind;
        let field = kind.output(name).filter(|f| !f.volatile)?;
        let mut named = false;
        for hole in holes(field.like) {
            let stays = match hole {
                "account" | "region" => true,
                _ => {
                    named = true;
                    kind.arg(hole).is_some()
                        && matches!(self.args.get(hole), Some(Expr::Known(v)) if prior.args.get(hole) == Some(v))
                }
            };
            if !stays {
                return None;
            }
        }
        prior.outputs.get(name).filter(|_| named).cloned()
    }
}

/// The words in braces of a shape, such as `name` of `arn:aws:x:{region}:{name}`.
fn holes(like: &str) -> impl Iterator<Item = &str> {
    like.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(hole, _)| hole)
}

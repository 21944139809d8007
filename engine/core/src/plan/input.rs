//! What a plan is made from.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::Address;
use crate::checks::TeamRules;
use crate::cloud::{Identity, Live};
use crate::graph::Graph;
use crate::record::{Record, Snapshot};
use crate::region::Aways;
use crate::registry::Registry;
use crate::selection::Aim;
use crate::value::{Map, Str, Value};

/// What the plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// What is declared shall be there.
    Apply,
    /// Nothing shall be there.
    Destroy,
}

/// What a refresh found.
#[derive(Debug, Clone, PartialEq)]
pub enum Refreshed {
    /// It is there.
    Live(Live),
    /// It is gone.
    Gone,
}

/// Everything a plan is made from.
#[derive(Debug, Clone, Copy)]
pub struct Input<'a> {
    /// What the plan is for.
    pub goal: Goal,
    /// What is declared; empty for a destroy from state alone.
    pub graph: &'a Graph,
    /// What is known.
    pub snapshot: &'a Snapshot,
    /// What a refresh found; resources that are not in it count as unchanged.
    pub refreshed: &'a BTreeMap<Address, Refreshed>,
    /// Attributes known before apply: answers of look-ups, contents of archives.
    pub known: &'a BTreeMap<Address, Map<Value>>,
    /// Existing resources that are to be taken over, as they are.
    pub imports: &'a BTreeMap<Address, Arc<Record>>,
    /// The places that the plan does without.
    pub away: &'a Aways,
    /// What a person limits the plan to.
    pub aim: &'a Aim,
    /// Whether protection from deletion may be switched off where it stands in the way.
    pub lift: bool,
    /// The kinds.
    pub registry: &'a Registry,
    /// The environment's suffix.
    pub environment: &'a str,
    /// The program's name.
    pub program: &'a Str,
    /// The cloud.
    pub identity: &'a Identity,
    /// The team's own checks, where it has any.
    pub team: Option<&'a dyn TeamRules>,
}

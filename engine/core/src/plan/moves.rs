//! Moves: which record a resource had under a former address.
//!
//! A plan knows one address space. Before anything is decided, every record that moves gets its new address, and so does
//! every mention of it in what others need; from then on nobody has to ask what something was called before. Applying a
//! plan begins with the same renaming of the state. Identity tags in the cloud follow by a step; until then, the record
//! says which address they bear.
//!
//! A resource that has a record under its own address has moved already, unless another resource takes that record.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::diagnostic::Diagnostic;
use crate::graph::{Graph, Node};
use crate::plan::input::Refreshed;
use crate::record::{Record, Snapshot};
use crate::schema::closest;

/// A record that gets another address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Move {
    /// The address it has.
    pub from: Address,
    /// The address it gets.
    pub to: Address,
}

/// The moves that a program asks for, by the address that records have so far.
#[derive(Debug, Default)]
pub(super) struct Moves {
    pub(super) by_source: BTreeMap<Address, Address>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Finds the moves, and what is wrong with them.
pub(super) fn find(graph: &Graph, snapshot: &Snapshot) -> Moves {
    let mut found = Moves::default();
    let movers = || graph.nodes.values().filter(|node| node.options.former().next().is_some());
    if snapshot.records.is_empty() || movers().next().is_none() {
        return found;
    }
    // A resource without a record takes one. Whoever had that one has none then, and may take another.
    let mut open: Vec<&Node> = movers().filter(|node| !snapshot.records.contains_key(&node.address)).collect();
    open.reverse();
    while let Some(node) = open.pop() {
        let Some(source) = source(node, snapshot, &mut found.diagnostics) else {
            found.diagnostics.extend(nothing_there(node, snapshot));
            continue;
        };
        if let Some(other) = found.by_source.get(&source) {
            found.diagnostics.extend(graph.nodes.get(other).map(|first| claimed_twice(first, node, &source)));
            continue;
        }
        found.by_source.insert(source.clone(), node.address.clone());
        if let Some(follower) = graph.nodes.get(&source) {
            let has_source = follower.options.former().any(|from| snapshot.records.contains_key(from));
            match has_source {
                true => open.push(follower),
                false => found.diagnostics.push(still_declared(node, follower)),
            }
        }
    }
    found.diagnostics.extend(circles(graph, snapshot, &found.by_source));
    found
}

/// The former address that has a record.
fn source(node: &Node, snapshot: &Snapshot, diagnostics: &mut Vec<Diagnostic>) -> Option<Address> {
    let there = |from: &&Address| **from != node.address && snapshot.records.contains_key(*from);
    let source = node.options.former().find(there)?;
    let kind = &snapshot.records.get(source)?.kind;
    if **kind == *node.kind.name {
        return Some(source.clone());
    }
    let place = node.site.of(&["moved_from".into()], false);
    diagnostics.push(
        Diagnostic::error(format!("`{}` cannot have been `{source}`: that is a `{kind}`", node.address))
            .at(place, "")
            .help("a move keeps the kind; leave `moved_from` out, then the old one is deleted and the new one made"),
    );
    None
}

/// A former address that leads nowhere, although other things are recorded: probably a mistyped one. Of what a component
/// says, that is no sign: there may be something new in it.
fn nothing_there(node: &Node, snapshot: &Snapshot) -> Option<Diagnostic> {
    let known = |from: &Address| snapshot.records.contains_key(from);
    if node.options.former().any(known) || node.options.import_id.is_some() {
        return None;
    }
    let wrong = node.options.moved_from.first()?;
    let same_kind = snapshot.records.values().filter(|r| *r.kind == *node.kind.name).map(|r| r.address.as_str());
    let d = Diagnostic::warning(format!("nothing is recorded under `{wrong}`, so `{}` is made anew", node.address))
        .code("moved_from")
        .at(node.site.of(&["moved_from".into()], false), "the former address");
    Some(match closest(wrong.as_str(), same_kind) {
        Some(near) => d.help(format!("did you mean `{near}`?")),
        None => d.help("leave `moved_from` out when the resource is new"),
    })
}

fn claimed_twice(first: &Node, second: &Node, source: &Address) -> Diagnostic {
    let place = |node: &Node| node.site.of(&["moved_from".into()], false);
    Diagnostic::error(format!("`{}` and `{}` both say that they were `{source}`", first.address, second.address))
        .at(place(second), "the second one")
        .also(place(first), "the first one")
        .help("one resource is recorded there; leave `moved_from` out at the one that is new")
}

fn still_declared(node: &Node, source: &Node) -> Diagnostic {
    Diagnostic::error(format!("`{}` says that it was `{}`, which is still declared", node.address, source.address))
        .at(node.site.of(&["moved_from".into()], false), "")
        .also(source.site.span.clone(), "declared here")
        .help("give the other one another name, or leave `moved_from` out")
}

/// Resources that have exchanged their addresses: whether they already have, no record can tell.
fn circles(graph: &Graph, snapshot: &Snapshot, moves: &BTreeMap<Address, Address>) -> Option<Diagnostic> {
    let stays = |address: &Address| snapshot.records.contains_key(address) && !moves.contains_key(address);
    let next = |node: &Node| {
        let mut sources = node.options.former().filter(|from| **from != node.address && stays(from));
        sources.find_map(|from| graph.nodes.get(from))
    };
    for start in graph.nodes.values() {
        let mut walk = vec![start];
        while let Some(node) = walk.last().copied().and_then(next) {
            if node.address == start.address {
                let names: Vec<String> = walk.iter().map(|n| format!("`{}`", n.address)).collect();
                let mut d = Diagnostic::error(format!("{} say that each was the other", names.join(" and ")));
                for (i, node) in walk.iter().enumerate() {
                    let place = node.site.of(&["moved_from".into()], false);
                    d = if i == 0 { d.at(place, "") } else { d.also(place, "") };
                }
                return Some(d.help("nothing tells whether they have changed places already; move them by a third address, in two applies"));
            }
            if walk.iter().any(|seen| seen.address == node.address) {
                break;
            }
            walk.push(node);
        }
    }
    None
}

impl Moves {
    /// The moves, in the order of their new addresses.
    pub(super) fn list(&self) -> Vec<Move> {
        let mut list: Vec<Move> =
            self.by_source.iter().map(|(from, to)| Move { from: from.clone(), to: to.clone() }).collect();
        list.sort_by(|a, b| a.to.cmp(&b.to));
        list
    }

    /// What a refresh found, by the new addresses.
    pub(super) fn refreshed<'a>(
        &self,
        refreshed: &'a BTreeMap<Address, Refreshed>,
    ) -> Cow<'a, BTreeMap<Address, Refreshed>> {
        if self.by_source.is_empty() {
            return Cow::Borrowed(refreshed);
        }
        let renamed = |address: &Address| self.by_source.get(address).unwrap_or(address).clone();
        Cow::Owned(refreshed.iter().map(|(address, found)| (renamed(address), found.clone())).collect())
    }
}

/// The state as a plan of this program sees it: every record has the address that the program gives it.
pub fn moved<'s>(graph: &Graph, snapshot: &'s Snapshot) -> Cow<'s, Snapshot> {
    carried_out(&find(graph, snapshot).list(), snapshot)
}

/// The state once moves are carried out; the same one where there are none.
pub(super) fn carried_out<'s>(moves: &[Move], snapshot: &'s Snapshot) -> Cow<'s, Snapshot> {
    match moves {
        [] => Cow::Borrowed(snapshot),
        moves => Cow::Owned(carry_out(moves, snapshot.clone())),
    }
}

/// Carries moves out on a state: the records get their new addresses, in all that others say of them too.
pub fn carry_out(moves: &[Move], mut snapshot: Snapshot) -> Snapshot {
    if moves.is_empty() {
        return snapshot;
    }
    let renaming = Renaming::new(moves);
    let renew = |record: &mut Arc<Record>| {
        if renaming.touches(record) {
            renaming.rename(Arc::make_mut(record));
        }
    };
    let records = std::mem::take(&mut snapshot.records).into_values().map(|mut record| {
        renew(&mut record);
        (record.address.clone(), record)
    });
    snapshot.records = records.collect();
    snapshot.deposed.iter_mut().for_each(renew);
    snapshot
}

/// What moves make of addresses, wherever these are mentioned.
#[derive(Debug)]
pub struct Renaming<'a>(BTreeMap<&'a Address, &'a Address>);

impl<'a> Renaming<'a> {
    /// All at once: where one goes may be where another comes from.
    pub fn new(moves: &'a [Move]) -> Renaming<'a> {
        Renaming(moves.iter().map(|m| (&m.from, &m.to)).collect())
    }

    /// The address that one gets, if it gets another.
    pub fn of(&self, address: &Address) -> Option<&'a Address> {
        self.0.get(address).copied()
    }

    /// Whether a record moves, or needs something that does.
    pub fn touches(&self, record: &Record) -> bool {
        self.of(&record.address).is_some() || record.needs.iter().any(|need| self.of(&need.address).is_some())
    }

    /// Writes the new addresses into a record.
    pub fn rename(&self, record: &mut Record) {
        if let Some(to) = self.of(&record.address) {
            let from = std::mem::replace(&mut record.address, to.clone());
            // Who moves back bears the right tags still.
            record.tagged_as = Some(record.tagged_as.take().unwrap_or(from)).filter(|tagged| tagged != to);
        }
        for need in &mut record.needs {
            if let Some(to) = self.of(&need.address) {
                need.address = to.clone();
            }
        }
        record.needs.sort();
    }
}

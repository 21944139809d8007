//! Renamed components: what a plan deletes under one path and makes again under another.
//!
//! Whoever gives a component another name, or puts resources into one, changes their addresses, and a plan would replace
//! everything inside. `moved_from` keeps it. The plan says so once per component, with the text to write; it decides
//! nothing.
//!
//! Two resources belong together when kind, name and region agree. What their paths have in common at the end is left
//! out: the rest are the paths of the two components. Of several pairs, the one with the most resources in common
//! counts, then the one whose arguments agree most; where that does not decide, nothing is said.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diagnostic::{Diagnostic, Severity};
use crate::graph::Graph;
use crate::plan::{Action, Reason, Step};

/// So many pairs of resources of one kind and name are compared; beyond that, nobody could tell which is which.
const PAIRS: usize = 10_000;
/// So many single resources are listed.
const LISTED: usize = 5;

/// A component that is made, one that goes, and the steps that they have in common.
struct ComponentPair<'a> {
    new: &'a str,
    old: &'a str,
    /// Steps that make and steps that delete.
    steps: Vec<(&'a Step, &'a Step)>,
    /// How many arguments agree.
    alike: usize,
}

/// What seems to be renamed.
pub(super) fn look(steps: &[Step], graph: &Graph) -> Vec<Diagnostic> {
    let gone: Vec<&Step> = of(steps, Action::Delete, &Reason::NotDeclared);
    let made: Vec<&Step> = of(steps, Action::Create, &Reason::New);
    let mut pairs = pairs(&made, &gone);
    let inside = |all: &[&Step], path: &str| all.iter().filter(|step| within(step.address.path(), path)).count();
    // A single resource that happens to be called like another says nothing of the rest.
    pairs.retain(|pair| 2 * pair.steps.len() >= inside(&made, pair.new).min(inside(&gone, pair.old)));
    pairs.sort_by_key(|pair| std::cmp::Reverse((pair.steps.len(), pair.alike)));
    let (mut found, mut told) = (Vec::new(), BTreeSet::new());
    for (index, pair) in pairs.iter().enumerate() {
        let is_told = pair.steps.iter().any(|(new, old)| told.contains(&new.address) || told.contains(&old.address));
        let is_rival = |other: &ComponentPair<'_>| {
            (other.steps.len(), other.alike) == (pair.steps.len(), pair.alike)
                && (other.new == pair.new || other.old == pair.old)
        };
        let is_unclear = pairs.iter().enumerate().any(|(i, other)| i != index && is_rival(other));
        if is_told || is_unclear {
            continue;
        }
        told.extend(pair.steps.iter().flat_map(|(new, old)| [&new.address, &old.address]));
        let all_new = graph.nodes.keys().filter(|address| within(address.path(), pair.new)).count();
        let is_whole = pair.steps.len() > 1 || all_new == inside(&made, pair.new);
        found.push(match is_whole && !pair.new.is_empty() && !is_shared(pair, &made, graph) {
            true => whole(pair, graph),
            false => single(pair),
        });
    }
    found
}

/// The steps that do this for this reason, and are no half of a replacement.
fn of<'a>(steps: &'a [Step], action: Action, reason: &Reason) -> Vec<&'a Step> {
    let wanted = |step: &&Step| step.action == action && step.replacement.is_none() && step.reasons.contains(reason);
    steps.iter().filter(wanted).collect()
}

fn pairs<'a>(made: &[&'a Step], gone: &[&'a Step]) -> Vec<ComponentPair<'a>> {
    type Likes<'a> = BTreeMap<(&'a str, &'a str, Option<&'a str>), Vec<&'a Step>>;
    let mut likes: (Likes<'a>, Likes<'a>) = Default::default();
    let key = |step: &'a Step| (step.address.kind(), step.address.name(), step.region.as_deref());
    made.iter().for_each(|step| likes.0.entry(key(step)).or_default().push(step));
    gone.iter().for_each(|step| likes.1.entry(key(step)).or_default().push(step));
    let mut pairs: BTreeMap<(&str, &str), ComponentPair<'a>> = BTreeMap::new();
    for (key, made) in &likes.0 {
        let Some(gone) = likes.1.get(key).filter(|gone| gone.len() * made.len() <= PAIRS) else { continue };
        for (new, old) in made.iter().flat_map(|new| gone.iter().map(move |old| (*new, *old))) {
            let (new_path, old_path) = differing(new.address.path(), old.address.path());
            let nothing = || ComponentPair { new: new_path, old: old_path, steps: Vec::new(), alike: 0 };
            let pair = pairs.entry((new_path, old_path)).or_insert_with(nothing);
            pair.steps.push((new, old));
            pair.alike += alike(new, old);
        }
    }
    pairs.into_values().collect()
}

/// Two paths without the names that both end with.
fn differing<'a>(mut a: &'a str, mut b: &'a str) -> (&'a str, &'a str) {
    let split = |path: &'a str| path.rsplit_once('/').unwrap_or(("", path));
    while !a.is_empty() && !b.is_empty() && split(a).1 == split(b).1 {
        (a, b) = (split(a).0, split(b).0);
    }
    (a, b)
}

/// Whether a path is this one, or inside it. Everything is inside the empty one.
fn within(path: &str, outer: &str) -> bool {
    outer.is_empty() || path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// How many arguments of what is made are those that the other one has.
fn alike(new: &Step, old: &Step) -> usize {
    let Some(record) = &old.prior else { return 0 };
    new.args
        .iter()
        .filter(|(name, value)| value.known().is_some_and(|value| record.args.get(*name) == Some(value)))
        .count()
}

/// Whether something that is made in the new component would have been what is still declared.
fn is_shared(pair: &ComponentPair<'_>, made: &[&Step], graph: &Graph) -> bool {
    made.iter().filter(|step| within(step.address.path(), pair.new)).any(|step| {
        let rest = step.address.path().get(pair.new.len()..).unwrap_or_default().trim_start_matches('/');
        let path = match (pair.old, rest) {
            (old, "") => old.to_owned(),
            ("", rest) => rest.to_owned(),
            (old, rest) => format!("{old}/{rest}"),
        };
        let former = Address::new(&path, step.address.kind(), step.address.name());
        former.is_ok_and(|former| graph.nodes.contains_key(&former))
    })
}

/// That a component seems to be another one.
fn whole(pair: &ComponentPair<'_>, graph: &Graph) -> Diagnostic {
    let ComponentPair { new, old, steps, .. } = pair;
    let was = if old.is_empty() { "what stood outside of components".to_owned() } else { format!("`{old}`") };
    let message = format!(
        "the component `{new}` looks like {was} under another name: {} would be deleted and made anew",
        counted(steps.len())
    );
    let place = graph.components.get(*new).cloned().or_else(|| steps.first().and_then(|(made, _)| made.span.clone()));
    note(message).at(place, "").help(format!(
        "if it is the same, keep what is there: give the component `{new}` the option `moved_from: \"{old}\"`"
    ))
}

/// That single resources seem to be others.
fn single(pair: &ComponentPair<'_>) -> Diagnostic {
    let steps = &pair.steps;
    let message = match &steps[..] {
        [(new, old)] => format!("`{}` looks like `{}`, which would be deleted", new.address, old.address),
        _ => format!(
            "{} seem to have changed their components only; they would be deleted and made anew",
            counted(steps.len())
        ),
    };
    let mut found = note(message);
    for (new, old) in steps.iter().take(LISTED) {
        found = found
            .at(new.span.clone(), "")
            .help(format!("to keep it, give `{}` the option `moved_from: \"{}\"`", new.address, old.address));
    }
    match steps.len() {
        few if few <= LISTED => found,
        many => found.help(format!("the other {} go the same way", many - LISTED)),
    }
}

fn note(message: String) -> Diagnostic {
    Diagnostic { severity: Severity::Info, ..Diagnostic::error(message) }.code("moved_from")
}

fn counted(number: usize) -> String {
    if number == 1 { "1 resource".to_owned() } else { format!("{number} resources") }
}

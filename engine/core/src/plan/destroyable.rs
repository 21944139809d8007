//! Destroyability: what would block a destroy or survive it is found here, before anything is made.
//!
//! The rules are data of the kinds ([`crate::rules`]). A value that is not known yet is looked at when it is, before the
//! call that would set it (`late`); which these are is said here.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::checks::weighed;
use crate::diagnostic::{Diagnostic, Label, Severity, Span};
use crate::expr::Expr;
use crate::graph::{Graph, Node};
use crate::schema::{Allowed, Field, Kind, Rule};
use crate::secrecy;
use crate::value::{Map, Str, Value};
use crate::walk::{Spot, Tree, each_field, walk};

/// The resource that a check is about: one that is declared, or one that a step is to make.
pub(super) struct Subject<'a> {
    pub(super) address: &'a Address,
    pub(super) kind: &'static Kind,
    /// The checks that are allowed to fail, and why.
    pub(super) allow: &'a Map<Str>,
    /// The place of an argument's value in the script.
    pub(super) place: &'a dyn Fn(&[Str]) -> Option<Span>,
}

/// Calls a function with a declared resource as the subject of a check.
pub(super) fn of_node<T>(node: &Node, look: impl FnOnce(&Subject<'_>) -> T) -> T {
    let place = |path: &[Str]| node.site.of(path, false);
    look(&Subject { address: &node.address, kind: node.kind, allow: &node.options.allow, place: &place })
}

/// Looks at every resource, with its arguments as far as they are known.
pub(super) fn check<'a>(
    graph: &Graph,
    all: impl Iterator<Item = (&'a Node, &'a Map<Expr>)> + Clone,
) -> Vec<Diagnostic> {
    let mut found = FieldFindings::default();
    let mut watched: BTreeMap<&str, Vec<&Field>> = BTreeMap::new();
    for (node, args) in all.clone() {
        let fields = watched
            .entry(node.kind.name)
            .or_insert_with(|| node.kind.args.iter().filter(|field| is_watched(field)).collect());
        let given = fields.iter().filter_map(|field| Some((*field, args.get(field.name)?)));
        for (field, value) in given {
            of_node(node, |subject| look(Some(graph), subject, field, value.into(), &mut found));
        }
        if node.options.protect {
            let why = "a protected resource keeps its environment from ever going";
            let d = Diagnostic::error(format!("`{}` is protected: {why}", node.address));
            let d = d.at(node.site.span.clone(), "declared here").help("take `protect: true` away");
            of_node(node, |subject| found.add(subject, "D15", d));
        }
    }
    found.all
}

/// Looks at arguments that were not known when [`check`] looked.
pub(super) fn check_known<'a>(
    subject: &Subject<'_>,
    args: impl Iterator<Item = (&'a Field, &'a Value)>,
) -> Vec<Diagnostic> {
    let mut found = FieldFindings::default();
    for (field, value) in args.filter(|(field, _)| is_watched(field)) {
        look(None, subject, field, value.into(), &mut found);
    }
    found.all
}

/// Whether there is a rule for a field, or for one inside it.
fn is_watched(field: &Field) -> bool {
    field.holds(|field| !field.rules.is_empty())
}

/// That a refusal cannot be ruled out yet.
pub(super) fn pending(subject: &Subject<'_>, path: &[Str], named: &str) -> Diagnostic {
    let message = format!("`{named}` of `{}` is checked when it is known, before anything is called", subject.address);
    let d = Diagnostic { severity: Severity::Info, ..Diagnostic::error(message) };
    d.at((subject.place)(path), "known only while applying")
}

/// What was found so far. Of what is only worth knowing, one finding stands for all of a rule.
#[derive(Default)]
struct FieldFindings {
    all: Vec<Diagnostic>,
    told: BTreeMap<&'static str, usize>,
}

impl FieldFindings {
    fn add(&mut self, subject: &Subject<'_>, id: &'static str, finding: Diagnostic) {
        let Some(finding) = weighed(subject.allow, id, finding) else { return };
        if finding.severity == Severity::Info {
            if let Some(first) = self.told.get(id).and_then(|index| self.all.get_mut(*index)) {
                let more = finding.labels.into_iter().map(|label| Label { primary: false, ..label });
                first.labels.extend(more);
                return;
            }
            self.told.insert(id, self.all.len());
        }
        self.all.push(finding);
    }
}

/// Looks at a field, and at those inside it. Without a graph, nobody is known to refer to the resource.
fn look(graph: Option<&Graph>, subject: &Subject<'_>, field: &Field, value: Tree<'_>, found: &mut FieldFindings) {
    walk(&Spot::of(field), value, &mut |spot, tree| {
        if tree.is_null() {
            return false;
        }
        let says = |rule: &&Rule| match tree {
            Tree::Known(known) => !rule.allows(known.reveal()),
            // It is given, whatever it is.
            Tree::Open(_) => rule.allowed == Allowed::Absent,
        };
        let rules = spot.field.map(|field| field.rules).unwrap_or_default();
        // Of what several rules of a field say, the worst counts.
        if let Some(rule) = rules.iter().filter(says).max_by_key(|rule| rule.severity)
            && !graph.is_some_and(|graph| is_referred_to(graph, subject.address, rule.unless))
        {
            found.add(subject, rule.id, finding(subject, rule, spot, tree));
        } else if matches!(tree, Tree::Open(_)) && tree.is_leaf(spot.ty) {
            for id in refusals(spot) {
                found.add(subject, id, pending(subject, &spot.path(), &spot.to_string()));
            }
        }
        true
    });
}

/// The checks that may refuse what is not known yet here, or anywhere inside.
fn refusals(spot: &Spot<'_>) -> BTreeSet<&'static str> {
    let refuse = |field: &Field| field.rules.iter().filter(|rule| rule.severity == Severity::Error).map(|rule| rule.id);
    let mut all: BTreeSet<&str> = spot.field.into_iter().flat_map(refuse).collect();
    each_field(spot.ty.block().unwrap_or_default(), &mut |_, field| all.extend(refuse(field)));
    all
}

fn finding(subject: &Subject<'_>, rule: &Rule, spot: &Spot<'_>, tree: Tree<'_>) -> Diagnostic {
    let message = match (rule.allowed, tree) {
        (Allowed::Only(_) | Allowed::AtMost(_), Tree::Known(known)) => {
            format!("`{spot}` of `{}` is {}: {}", subject.address, secrecy::shown(spot, known), rule.why)
        }
        _ => format!("`{spot}` of `{}`: {}", subject.address, rule.why),
    };
    let help = match rule.allowed {
        Allowed::Only(only) => format!("leave `{spot}` out, or set it to {}", only.value()),
        Allowed::AtMost(most) => format!("set `{spot}` to at most {most}"),
        Allowed::Absent => format!("leave `{spot}` out"),
    };
    let d = Diagnostic { severity: rule.severity, ..Diagnostic::error(message) };
    let label = match rule.severity {
        Severity::Error => "would block or survive a destroy",
        Severity::Warning | Severity::Info => "",
    };
    let d = d.at((subject.place)(&spot.path()), label);
    if rule.severity == Severity::Info { d } else { d.help(help) }
}

/// Whether a resource of a kind refers to this one.
fn is_referred_to(graph: &Graph, address: &Address, by: &str) -> bool {
    !by.is_empty()
        && graph.nodes.values().filter(|other| other.kind.name == by).any(|other| {
            let mut refers = false;
            other.args.values().for_each(|value| value.each_ref(&mut |r| refers |= r.address == *address));
            refers
        })
}

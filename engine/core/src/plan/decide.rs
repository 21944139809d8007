//! Deciding: what becomes of each resource.
//!
//! Resources are decided one by one, dependencies first, so that each sees what its dependencies will be: an attribute
//! of something that stays is known, one of something that is made anew is not. What cannot be done in place is
//! replaced; whose dependencies are replaced follows.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::Address;
use crate::diagnostic::{Diagnostic, Span};
use crate::expr::{AttrRef, Expr};
use crate::fit::Problem;
use crate::graph::{Node, ReplaceOrder};
use crate::plan::diff::{Difference, difference, known_changes, refreshed, switched};
use crate::plan::disagree;
use crate::plan::foresee::{Decided, Fate};
use crate::plan::given;
use crate::plan::hold::{self, Referents};
use crate::plan::input::{Goal, Input, Refreshed};
use crate::plan::lost::{self, Lost};
use crate::plan::moves::Move;
use crate::plan::names;
use crate::plan::steps;
use crate::plan::unique::{keeps_its_name, natural_order};
use crate::plan::{Action, Reason, Step};
use crate::record::{Need, Record, Unfinished};
use crate::region::place;
use crate::resolve;
use crate::schema::{Field, Presence};
use crate::value::{Map, Str, Value, intern};
use crate::walk::Tree;

/// Everything that was decided so far.
pub(super) struct Decisions<'a> {
    input: &'a Input<'a>,
    /// The former addresses of resources that have moved.
    moved: BTreeMap<&'a Address, &'a Address>,
    pub(super) decided: BTreeMap<&'a Address, Decided<'a>>,
    pub(super) steps: Vec<Step>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// How many resources stay as they are.
    pub(super) unchanged: usize,
    pub(super) referents: Referents<'a>,
    /// Attributes of what is changed or made anew that were taken for known.
    counted: RefCell<BTreeMap<Address, Map<Value>>>,
    /// What was lost with the state and is used.
    pub(super) lost: Lost,
}

impl<'a> Decisions<'a> {
    /// Nothing decided yet.
    pub(super) fn new(input: &'a Input<'a>, moves: &'a [Move]) -> Decisions<'a> {
        Decisions {
            input,
            moved: moves.iter().map(|m| (&m.to, &m.from)).collect(),
            decided: BTreeMap::new(),
            steps: Vec::new(),
            diagnostics: Vec::new(),
            unchanged: 0,
            referents: Referents::new(input.snapshot),
            counted: RefCell::default(),
            lost: Lost::default(),
        }
    }

    /// Decides every declared resource, dependencies first; with `wanted`, only those and what they depend on.
    pub(super) fn decide_all(&mut self, wanted: Option<&BTreeSet<Address>>) {
        let dependencies = self.input.graph.dependencies();
        let needed = wanted.map(|wanted| dependencies.behind(wanted));
        // What waits for itself has no place; the graph's own check has refused it already.
        for number in dependencies.order().sorted {
            if needed.as_ref().is_some_and(|needed| !needed[number]) {
                continue;
            }
            let node = dependencies.nodes[number];
            let args = self.reduce(node);
            self.decide(node, &dependencies.needs[number], args);
        }
    }

    /// The arguments with everything known put in, checked again where that made them known.
    fn reduce(&mut self, node: &'a Node) -> Cow<'a, Map<Expr>> {
        if node.args.values().all(|e| matches!(e, Expr::Known(_))) {
            return Cow::Borrowed(&node.args);
        }
        let mut args = Map::new();
        for (name, value) in &node.args {
            let mentioned = node.kind.arg(name).is_some_and(Field::only_mentions);
            let reduced = match value.reduce(&mut |r| self.look_up(r, mentioned)) {
                Ok(reduced) => reduced,
                Err(error) => {
                    let span = node.site.of(std::slice::from_ref(name), false);
                    self.diagnostics.push(Diagnostic::error(error.to_string()).at(span, ""));
                    continue;
                }
            };
            let reduced = match node.kind.arg(name).filter(|_| reduced != *value) {
                Some(field) => self.settle(node, field, reduced),
                None => reduced,
            };
            if !reduced.is_null() {
                args.insert(name.clone(), reduced);
            }
        }
        args.shrink_to_fit();
        let problems = resolve::check_names(node.kind, &|name| args.get(name).map(Tree::from));
        self.tell(node, problems);
        Cow::Owned(args)
    }

    /// An argument of which more is known than when it was declared.
    fn settle(&mut self, node: &Node, field: &Field, reduced: Expr) -> Expr {
        let mut problems = Vec::new();
        let settled = resolve::settle(field, reduced, &mut problems);
        self.tell(node, problems);
        settled
    }

    fn tell(&mut self, node: &Node, problems: Vec<Problem>) {
        for problem in problems {
            let span = node.site.of(&problem.path, problem.on_key);
            let mut d = Diagnostic::error(problem.message).at(span, format!("of `{}`", node.address));
            d.help.extend(problem.help);
            self.diagnostics.push(d);
        }
    }

    /// The value that an attribute will have. What is only mentioned may be predicted; what refers to something that is
    /// made anew has to wait for it.
    pub(super) fn look_up(&self, r: &AttrRef, mentioned: bool) -> Option<Value> {
        let decided = self.decided.get(&r.address)?;
        let (value, foreseen) = match decided.attribute(&r.attr) {
            Some(value) => (value, decided.fate == Fate::Change && decided.node.kind.output(&r.attr).is_some()),
            None if mentioned => (decided.predicted(&r.attr)?, true),
            None => return None,
        };
        if foreseen {
            let mut counted = self.counted.borrow_mut();
            counted.entry(r.address.clone()).or_default().insert(r.attr.clone(), value.clone());
        }
        Some(value)
    }

    /// Notes at each step the attributes that others count on: once it is done, they are held against what is there.
    pub(super) fn count(&mut self) {
        let counted = self.counted.take();
        for step in self.steps.iter_mut().filter(|s| matches!(s.action, Action::Create | Action::Update)) {
            for (name, value) in counted.get(&step.address).into_iter().flatten() {
                step.known.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
    }

    fn decide(&mut self, node: &'a Node, needs: &[Need], wanted: Cow<'a, Map<Expr>>) {
        let known = self.input.known.get(&node.address);
        if node.kind.lookup {
            if known.is_none() {
                self.refuse_lost(node, &wanted);
                let mut step = self.step(node, needs, Action::Read, wanted.clone().into_owned());
                step.reasons.push(Reason::New);
                self.steps.push(step);
            }
            self.keep(node, Fate::Ask, wanted, None);
            return;
        }
        let Some(recorded) = self.input.snapshot.records.get(&node.address) else {
            return match self.input.imports.get(&node.address) {
                Some(found) => self.change(node, needs, wanted, found, found, vec![Reason::Imported]),
                None if self.cannot_be_looked_at(node) => self.take_over_later(node, needs, wanted),
                None => self.make(node, needs, wanted, Reason::New),
            };
        };
        if self.cannot_be_compared(&wanted) {
            let args = recorded.args.iter().map(|(name, value)| (name.clone(), Expr::Known(value.clone()))).collect();
            self.unchanged += 1;
            self.keep(node, Fate::Stay, Cow::Owned(args), Some(recorded.clone()));
            return;
        }
        // It moves now, or it has moved and its tags do not say so yet.
        let tagged = recorded.tagged_as.as_ref().filter(|_| node.kind.tags().is_some());
        let from = self.moved.get(&node.address).copied().or(tagged);
        let reasons: Vec<Reason> = from.map(|from| Reason::Moved { from: from.clone() }).into_iter().collect();
        match self.input.refreshed.get(&recorded.address) {
            Some(Refreshed::Gone) => self.make(node, needs, wanted, Reason::Gone),
            Some(Refreshed::Live(live)) => {
                let switched = switched(node.kind, recorded, live);
                let said = |name: &str| wanted.get(name).map_or(Some(&Value::Null), Expr::known);
                let (agreed, told): (Vec<_>, Vec<_>) =
                    switched.into_iter().partition(|(name, _, is)| said(name) == Some(*is));
                let agreed: Vec<&str> = agreed.into_iter().map(|(name, ..)| name).collect();
                let prior = refreshed(node.kind, recorded, live, &agreed);
                let before = self.steps.len();
                self.change(node, needs, wanted, &prior, recorded, reasons);
                let changed = self.steps[before..].iter().any(|s| s.action == Action::Update);
                self.diagnostics.extend(disagree::switched(node, &told, changed, &recorded.switched));
            }
            None => self.change(node, needs, wanted, recorded, recorded, reasons),
        }
    }

    /// It does not exist.
    fn make(&mut self, node: &'a Node, needs: &[Need], wanted: Cow<'a, Map<Expr>>, reason: Reason) {
        self.refuse_lost(node, &wanted);
        let mut step = self.step(node, needs, Action::Create, wanted.clone().into_owned());
        step.reasons.push(reason);
        self.steps.push(step);
        self.keep(node, Fate::Make, wanted, None);
    }

    /// The resource whose value was lost with the state and that this comes from, if there is one.
    pub(super) fn lost_in(&self, value: &Expr) -> Option<Address> {
        let mut found = None;
        value.each_ref(&mut |r| {
            if self.decided.get(&r.address).is_some_and(|decided| decided.has_lost(&r.attr)) {
                found = Some(r.address.clone());
            }
        });
        found
    }

    /// Notes the arguments that stay as they are because what they come from was lost. Gives them, each with that.
    fn note_lost(&mut self, node: &Node, wanted: &Map<Expr>) -> Vec<(Str, Address)> {
        let lost = wanted.iter().filter_map(|(name, value)| Some((name.clone(), self.lost_in(value)?)));
        let lost: Vec<(Str, Address)> = lost.collect();
        lost.iter().for_each(|(name, lost)| self.lost.note(lost.clone(), node, name));
        lost
    }

    /// Refuses to make what needs something that was lost.
    fn refuse_lost(&mut self, node: &Node, wanted: &Map<Expr>) {
        for (name, value) in wanted {
            if let Some(lost) = self.lost_in(value) {
                self.diagnostics.push(lost::refusal(&lost, node, name));
            }
        }
    }

    /// Whether arguments come from a look-up in a place that the plan does without: nothing tells whether they differ from
    /// what is recorded.
    fn cannot_be_compared(&self, wanted: &Map<Expr>) -> bool {
        let is_unanswered = |address: &Address| {
            self.decided.get(address).filter(|d| d.fate == Fate::Ask && d.known.is_none()).is_some_and(|d| {
                place(d.node.kind, d.node.region.as_deref()).is_some_and(|p| self.input.away.contains_key(p))
            })
        };
        !self.input.away.is_empty() && wanted.values().any(|value| value.addresses().iter().any(is_unanswered))
    }

    /// Whether a node takes over something in a place that the plan does without.
    fn cannot_be_looked_at(&self, node: &Node) -> bool {
        let place = place(node.kind, node.region.as_deref());
        node.options.import_id.is_some() && place.is_some_and(|place| self.input.away.contains_key(place))
    }

    /// It exists, as far as the program says. The step waits until it can be looked at.
    fn take_over_later(&mut self, node: &'a Node, needs: &[Need], wanted: Cow<'a, Map<Expr>>) {
        let mut step = self.step(node, needs, Action::Import, wanted.clone().into_owned());
        step.reasons.push(Reason::Imported);
        self.steps.push(step);
        self.keep(node, Fate::Make, wanted, None);
    }

    /// It exists.
    fn change(
        &mut self,
        node: &'a Node,
        needs: &[Need],
        wanted: Cow<'a, Map<Expr>>,
        prior: &Arc<Record>,
        recorded: &Record,
        mut reasons: Vec<Reason>,
    ) {
        let lost = self.note_lost(node, &wanted);
        let Difference { mut changes, args, mut left, .. } = {
            let mut d = difference(node, wanted, prior, recorded, &|value| self.lost_in(value).is_some());
            if let Some(known) = self.input.known.get(&node.address) {
                d.changes.extend(known_changes(known, prior));
            }
            self.diagnostics.extend(disagree::impossible(node, &d));
            if reasons.contains(&Reason::Imported)
                && let Some(argument) = d.forced_by()
            {
                self.diagnostics.push(disagree::would_replace(node, argument, &d));
            }
            let forced =
                d.forced_by().cloned().or_else(|| self.bound(node)).or_else(|| self.copied(node, &mut reasons));
            let is_unusable = matches!(prior.incomplete, Some(Unfinished::Failed | Unfinished::Lost));
            if is_unusable || forced.is_some() {
                self.diagnostics.extend(lost::untold(&lost, node, &d.args, true));
                return self.replace(node, needs, d, prior, forced, reasons);
            }
            reasons.extend(self.follows(&d));
            d
        };
        let renewed = self.renewed(node);
        self.diagnostics.extend(given::given_up(node, prior, &left));
        left.retain(|field| !field.only_mentions());
        let needs = self.with_kept(needs, prior, &left);
        let metadata =
            *needs != *prior.needs || node.options.protect != prior.protect || given::of(node) != prior.given;
        let noticed = !std::ptr::eq(&**prior, recorded);
        let action = if reasons.contains(&Reason::Imported) {
            Some(Action::Import)
        } else if prior.incomplete.is_some() {
            reasons.push(Reason::Unfinished);
            Some(Action::Update)
        } else if changes.is_empty() && !renewed.is_empty() {
            reasons.extend(renewed.into_iter().map(|address| Reason::Follows { address }));
            Some(Action::Update)
        } else if !changes.is_empty() {
            reasons.push(if changes.iter().any(|c| c.drift) { Reason::Drifted } else { Reason::Changed });
            Some(Action::Update)
        } else if !reasons.is_empty() || metadata || noticed {
            reasons.push(if noticed { Reason::Drifted } else { Reason::Metadata });
            Some(Action::Record)
        } else {
            None
        };
        let fate = if changes.is_empty() && prior.incomplete.is_none() { Fate::Stay } else { Fate::Change };
        let updates_import = action == Some(Action::Import) && !changes.is_empty();
        if action == Some(Action::Update) {
            self.diagnostics.extend(lost::untold(&lost, node, &args, false));
        }
        if let Some(action) = action {
            let action = if updates_import { Action::Update } else { action };
            let mut step = self.step(node, &needs, action, args.clone().into_owned());
            // Nothing is sent in place of what was lost.
            step.args.retain(|_, value| value.known().is_some() || self.lost_in(value).is_none());
            step.reasons = reasons;
            step.changes.append(&mut changes);
            step.prior = Some(prior.clone());
            self.steps.push(step);
        }
        if action.is_none() || action == Some(Action::Record) {
            self.unchanged += 1;
        }
        self.keep(node, fate, args, Some(prior.clone()));
        if let Some(decided) = self.decided.get_mut(&node.address) {
            decided.left = left;
        }
    }

    /// What a resource needs, with what it goes on referring to in arguments that are left as they are.
    fn with_kept<'n>(&mut self, needs: &'n [Need], prior: &Record, left: &[&'static Field]) -> Cow<'n, [Need]> {
        let kept = hold::needs(prior, left, &mut self.referents);
        if kept.is_empty() {
            return Cow::Borrowed(needs);
        }
        let mut all: BTreeMap<Address, bool> = BTreeMap::new();
        for need in needs.iter().cloned().chain(kept) {
            *all.entry(need.address).or_default() |= need.blocks_delete;
        }
        all.into_iter().map(|(address, blocks_delete)| Need { address, blocks_delete }).collect()
    }

    fn replace(
        &mut self,
        node: &'a Node,
        needs: &[Need],
        d: Difference<'a>,
        prior: &Arc<Record>,
        forced: Option<Str>,
        mut reasons: Vec<Reason>,
    ) {
        reasons.extend(self.follows(&d));
        let bound = forced.as_ref().and_then(|f| node.args.get(f)).map(Expr::addresses).unwrap_or_default();
        for address in bound.into_iter().filter(|a| self.is_replaced(a)) {
            let reason = Reason::Follows { address };
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        match forced {
            Some(argument) => reasons.push(Reason::Forced { argument }),
            None if prior.incomplete == Some(Unfinished::Lost) => reasons.push(Reason::SecretLost),
            None => reasons.push(Reason::Unfinished),
        }
        let order =
            node.options.replace.unwrap_or_else(|| natural_order(node.kind, node.region.as_ref(), &d.args, prior));
        if order == ReplaceOrder::CreateFirst && keeps_its_name(node.kind, node.region.as_deref(), &d.args, prior) {
            self.diagnostics.push(names::taken_by_itself(node));
        }
        // What the service chose for the old one it chooses anew for the new one. What is made anew is made as the program
        // says, also where later changes are ignored: what the old one has may go with it.
        let mut args = d.args.into_owned();
        for field in &d.left {
            let said = node.args.get(field.name).filter(|value| !value.is_null());
            match said.map(|value| value.reduce(&mut |r| self.look_up(r, field.only_mentions()))) {
                Some(Ok(said)) => drop(args.insert(intern(field.name), said)),
                None if field.presence == Presence::Optional => drop(args.remove(field.name)),
                None | Some(Err(_)) => {}
            }
        }
        args.retain(|name, _| {
            node.args.contains_key(name) || node.kind.arg(name).is_none_or(|f| f.presence != Presence::Computed)
        });
        let mut create = self.step(node, needs, Action::Create, args.clone());
        create.reasons = reasons.clone();
        create.changes = d.changes;
        create.prior = Some(prior.clone());
        create.replacement = Some(order);
        let mut delete = self.removal(prior.clone(), Action::Delete, reasons);
        delete.address = node.address.clone();
        delete.replacement = Some(order);
        self.steps.push(create);
        self.steps.push(delete);
        self.keep(node, Fate::Make, Cow::Owned(args), Some(prior.clone()));
    }

    /// The resources made anew that unknown values of a difference come from.
    fn follows(&self, d: &Difference<'_>) -> Vec<Reason> {
        d.waits_for().into_iter().filter(|a| self.is_replaced(a)).map(|address| Reason::Follows { address }).collect()
    }

    /// The argument that binds a resource to one that is replaced: it names it and cannot be changed in place. The
    /// value may stay the same, when names do, but what is bound to it goes with it.
    fn bound(&self, node: &Node) -> Option<Str> {
        node.args.iter().find_map(|(name, value)| {
            let binds = node.kind.arg(name).is_some_and(|f| f.replace && f.refers.is_some_and(|r| r.blocks_delete));
            (binds && value.addresses().iter().any(|a| self.is_replaced(a))).then(|| name.clone())
        })
    }

    /// The argument that makes a resource a copy of another member of its group, when that one is made anew.
    fn copied(&mut self, node: &Node, reasons: &mut Vec<Reason>) -> Option<Str> {
        let field = node.kind.args.iter().find(|f| f.member && node.args.contains_key(f.name))?;
        let group = node.args.get(field.name)?;
        let mut open: Vec<Address> = node.needs().into_iter().map(|need| need.address).collect();
        let mut seen = BTreeSet::new();
        while let Some(address) = open.pop() {
            let Some(decided) = self.decided.get(&address).filter(|_| seen.insert(address.clone())) else { continue };
            let same = decided.node.kind.name == node.kind.name && decided.node.args.get(field.name) == Some(group);
            if same && self.is_replaced(&address) {
                let message =
                    format!("`{address}` is made anew and its data is lost; so is its copy, `{}`", node.address);
                let place = decided.node.site.span.clone();
                let d = Diagnostic::warning(message).code("data").at(place, "this one is made anew");
                let d = d.also(node.site.span.clone(), "the copy goes first and is made again last");
                self.diagnostics.push(d);
                reasons.push(Reason::Follows { address });
                return Some(field.name.into());
            }
            open.extend(decided.node.needs().into_iter().map(|need| need.address));
        }
        None
    }

    /// The resources that are changed and whose settings this one has copied.
    fn renewed(&self, node: &Node) -> Vec<Address> {
        let copies = |(name, _): &(&Str, &Expr)| node.kind.arg(name).is_some_and(|f| f.copies);
        let named = node.args.iter().filter(copies).flat_map(|(_, value)| value.addresses());
        named.filter(|a| self.decided.get(a).is_some_and(|d| d.fate == Fate::Change)).collect()
    }

    fn is_replaced(&self, address: &Address) -> bool {
        self.decided.get(address).is_some_and(|d| d.fate == Fate::Make && d.prior.is_some())
    }

    fn keep(&mut self, node: &'a Node, fate: Fate, args: Cow<'a, Map<Expr>>, prior: Option<Arc<Record>>) {
        let known = self.input.known.get(&node.address);
        self.decided.insert(&node.address, Decided { node, fate, args, prior, known, left: Vec::new() });
    }

    fn step(&self, node: &Node, needs: &[Need], action: Action, args: Map<Expr>) -> Step {
        let known = self.input.known.get(&node.address).cloned().unwrap_or_default();
        steps::of_declared(node, needs, action, args, known)
    }

    fn removal(&self, prior: Arc<Record>, action: Action, reasons: Vec<Reason>) -> Step {
        let mut step = steps::removal(self.input.registry, prior, action, reasons);
        let declared = self.input.graph.nodes.get(&step.address).filter(|_| self.input.goal == Goal::Apply);
        step.span = match declared {
            Some(node) => node.site.span.clone(),
            // Where the record says that it was: the program may have been edited since.
            None => step.span.as_ref().map(Span::of_earlier_text),
        };
        step
    }

    /// What is recorded but not declared goes.
    pub(super) fn remove_undeclared(&mut self) {
        let mut removals = Vec::new();
        for (address, record) in &self.input.snapshot.records {
            let declared = self.input.goal == Goal::Apply && self.input.graph.nodes.contains_key(address);
            if declared {
                continue;
            }
            let reason = if self.input.goal == Goal::Destroy { Reason::Destroy } else { Reason::NotDeclared };
            let record = record.clone();
            removals.push(match self.input.refreshed.get(address) {
                Some(Refreshed::Gone) => self.removal(record, Action::Forget, vec![Reason::Gone]),
                _ => self.removal(record, Action::Delete, vec![reason]),
            });
        }
        for record in &self.input.snapshot.deposed {
            removals.push(self.removal(record.clone(), Action::Delete, vec![Reason::Deposed]));
        }
        self.steps.extend(removals);
    }
}

//! Proposing: from what is declared and what is known to what shall be done.
//!
//! Resources are decided one by one, dependencies first, so that each sees what its dependencies will be: an attribute
//! of something that stays is known, one of something that is made anew is not. What cannot be done in place is
//! replaced; whose dependencies are replaced follows. The order of the steps is solved afterwards, in `order`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::Address;
use crate::cloud::Live;
use crate::diagnostic::{Diagnostic, Severity};
use crate::expr::{AttrRef, Expr};
use crate::graph::Node;
use crate::plan::diff::{Difference, difference, known_changes, refreshed, switched};
use crate::plan::foresee::{Decided, Fate};
use crate::plan::input::{Goal, Input, Refreshed};
use crate::plan::unique::natural_order;
use crate::plan::{Action, FORMAT, Plan, PlannedOutput, Reason, Step, destroyable, identity, names, order, protect};
use crate::record::{Need, Record};
use crate::resolve;
use crate::schema::{Field, Presence};
use crate::value::{Map, Str, Value, intern};

/// Makes the plan. What is wrong is among its diagnostics; a plan with an error cannot be applied.
pub fn propose(input: &Input<'_>) -> Plan {
    let steps = Vec::with_capacity(input.graph.nodes.len());
    let mut planner = Planner { input, decided: BTreeMap::new(), steps, diagnostics: Vec::new(), unchanged: 0 };
    match input.goal {
        Goal::Apply => {
            planner.diagnostics.extend(input.graph.notes.iter().cloned());
            planner.decide_all(None);
            let all = planner.decided.values().map(|d| (d.node, &*d.args));
            let found = names::check(input.environment, all.clone());
            let blockers = destroyable::check(input.graph, all);
            planner.diagnostics.extend(found.into_iter().chain(blockers));
        }
        Goal::Destroy => {}
    }
    planner.remove_undeclared();
    planner.diagnostics.extend(protect::check(input, &planner.steps));
    planner.finish()
}

/// The arguments of these resources, as far as they will all be known: what a look-up is to be asked while planning.
/// Only what they depend on is decided.
pub fn foresee(input: &Input<'_>, wanted: &BTreeSet<Address>) -> BTreeMap<Address, Map<Value>> {
    let mut planner =
        Planner { input, decided: BTreeMap::new(), steps: Vec::new(), diagnostics: Vec::new(), unchanged: 0 };
    planner.decide_all(Some(wanted));
    let known = |address: &Address| {
        let all = planner.decided.get(address)?.args.iter();
        all.map(|(name, value)| Some((name.clone(), value.known()?.clone()))).collect::<Option<Map<Value>>>()
    };
    wanted.iter().filter_map(|address| Some((address.clone(), known(address)?))).collect()
}

struct Planner<'a> {
    input: &'a Input<'a>,
    decided: BTreeMap<&'a Address, Decided<'a>>,
    steps: Vec<Step>,
    diagnostics: Vec<Diagnostic>,
    unchanged: usize,
}

impl<'a> Planner<'a> {
    /// Decides every declared resource, dependencies first; with `wanted`, only those and what they depend on.
    fn decide_all(&mut self, wanted: Option<&BTreeSet<Address>>) {
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
            let reduced = match value {
                Expr::Known(_) => value.clone(),
                _ => {
                    match value.reduce(&mut |r| self.look_up(r, node.kind.arg(name).is_some_and(Field::only_mentions)))
                    {
                        Ok(reduced) => reduced,
                        Err(error) => {
                            let span = node.site.of(std::slice::from_ref(name), false);
                            self.diagnostics.push(Diagnostic::error(error.to_string()).at(span, ""));
                            continue;
                        }
                    }
                }
            };
            if let (Some(field), false) = (node.kind.arg(name), reduced == *value) {
                let mut problems = Vec::new();
                resolve::check(field, &reduced, &mut vec![name.clone()], &mut problems);
                for problem in problems {
                    let span = node.site.of(&problem.path, problem.on_key);
                    let mut d = Diagnostic::error(problem.message).at(span, format!("of `{}`", node.address));
                    d.help.extend(problem.help);
                    self.diagnostics.push(d);
                }
            }
            args.insert(name.clone(), reduced);
        }
        args.shrink_to_fit();
        Cow::Owned(args)
    }

    /// The value that an attribute will have. What is only mentioned may be predicted; what refers to something that is
    /// made anew has to wait for it.
    fn look_up(&self, r: &AttrRef, mentioned: bool) -> Option<Value> {
        let decided = self.decided.get(&r.address)?;
        decided.attribute(&r.attr).or_else(|| if mentioned { decided.predicted(&r.attr) } else { None })
    }

    fn decide(&mut self, node: &'a Node, needs: &[Need], wanted: Cow<'a, Map<Expr>>) {
        let known = self.input.known.get(&node.address);
        if node.kind.lookup {
            if known.is_none() {
                let mut step = self.step(node, needs, Action::Read, wanted.clone().into_owned());
                step.reasons.push(Reason::New);
                self.steps.push(step);
            }
            self.keep(node, Fate::Ask, wanted, None);
            return;
        }
        let (recorded, moved) = self.recorded(node);
        let Some(recorded) = recorded else {
            return match self.input.imports.get(&node.address) {
                Some(found) => self.change(node, needs, wanted, found, found, vec![Reason::Imported]),
                None => self.make(node, needs, wanted, Reason::New),
            };
        };
        let reasons = match &moved {
            Some(from) => vec![Reason::Moved { from: from.clone() }],
            None => Vec::new(),
        };
        match self.input.refreshed.get(&recorded.address) {
            Some(Refreshed::Gone) => self.make(node, needs, wanted, Reason::Gone),
            Some(Refreshed::Live(live)) => {
                let prior = refreshed(node.kind, recorded, live);
                let before = self.steps.len();
                self.change(node, needs, wanted, &prior, recorded, reasons);
                self.tell_switched(node, recorded, live, before);
            }
            None => self.change(node, needs, wanted, recorded, recorded, reasons),
        }
    }

    /// Tells what a failover has changed. It is left as it is; a change of the same resource would undo it, so there is
    /// none before the program says which is right.
    fn tell_switched(&mut self, node: &Node, recorded: &Record, live: &Live, before: usize) {
        let changed = self.steps[before..].iter().any(|s| s.action == Action::Update);
        for (name, was, is) in switched(node.kind, recorded, live) {
            let said = node.args.get(name).and_then(Expr::known);
            if said == Some(is) {
                continue;
            }
            let message = format!("`{name}` of `{}` was switched from {was} to {is}", node.address);
            let place = node.site.of(&[name.into()], false);
            self.diagnostics.push(if said.is_some() && changed {
                Diagnostic::error(format!("{message}, and a change of the resource would switch it back"))
                    .code("switched")
                    .at(place, "what the program says")
                    .help(format!("if the failover is to last, say so: `{name}: {is}`; otherwise switch back first"))
            } else {
                let note = Diagnostic { severity: Severity::Info, ..Diagnostic::error(message) };
                note.code("switched").at(place, "left as it is")
            });
        }
    }

    /// The record of a node: under its address, or under one it had before.
    fn recorded(&self, node: &Node) -> (Option<&'a Arc<Record>>, Option<Address>) {
        let records = &self.input.snapshot.records;
        if let Some(record) = records.get(&node.address) {
            return (Some(record), None);
        }
        let moved = node.options.moved_from.iter().find_map(|from| {
            let free = !self.input.graph.nodes.contains_key(from);
            records.get(from).filter(|r| free && *r.kind == *node.kind.name)
        });
        (moved, moved.map(|r| r.address.clone()))
    }

    /// It does not exist.
    fn make(&mut self, node: &'a Node, needs: &[Need], wanted: Cow<'a, Map<Expr>>, reason: Reason) {
        let mut step = self.step(node, needs, Action::Create, wanted.clone().into_owned());
        step.reasons.push(reason);
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
        let Difference { mut changes, args } = {
            let mut d = difference(node, wanted, prior, recorded);
            if let Some(known) = self.input.known.get(&node.address) {
                d.changes.extend(known_changes(known, prior));
            }
            let forced = d.forced_by().cloned().or_else(|| self.bound(node));
            if prior.incomplete || forced.is_some() {
                return self.replace(node, needs, d, prior, forced, reasons);
            }
            reasons.extend(self.follows(&d));
            d
        };
        let metadata = needs != prior.needs || node.options.protect != prior.protect;
        let noticed = !std::ptr::eq(&**prior, recorded);
        let action = if reasons.contains(&Reason::Imported) {
            Some(Action::Import)
        } else if !changes.is_empty() {
            reasons.push(if changes.iter().any(|c| c.drift) { Reason::Drifted } else { Reason::Changed });
            Some(Action::Update)
        } else if !reasons.is_empty() || metadata || noticed {
            reasons.push(if noticed { Reason::Drifted } else { Reason::Metadata });
            Some(Action::Record)
        } else {
            None
        };
        let fate = if changes.is_empty() { Fate::Stay } else { Fate::Change };
        let updates_import = action == Some(Action::Import) && !changes.is_empty();
        if let Some(action) = action {
            let action = if updates_import { Action::Update } else { action };
            let mut step = self.step(node, needs, action, args.clone().into_owned());
            step.reasons = reasons;
            step.changes.append(&mut changes);
            step.prior = Some(prior.clone());
            self.steps.push(step);
        }
        if action.is_none() || action == Some(Action::Record) {
            self.unchanged += 1;
        }
        self.keep(node, fate, args, Some(prior.clone()));
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
            None => reasons.push(Reason::Unfinished),
        }
        let order = node.options.replace.unwrap_or_else(|| natural_order(node.kind, &d.args, prior));
        // What the service chose for the old one it chooses anew for the new one.
        let mut args = d.args.into_owned();
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

    fn is_replaced(&self, address: &Address) -> bool {
        self.decided.get(address).is_some_and(|d| d.fate == Fate::Make && d.prior.is_some())
    }

    fn keep(&mut self, node: &'a Node, fate: Fate, args: Cow<'a, Map<Expr>>, prior: Option<Arc<Record>>) {
        let known = self.input.known.get(&node.address);
        self.decided.insert(&node.address, Decided { node, fate, args, prior, known });
    }

    fn step(&self, node: &Node, needs: &[Need], action: Action, args: Map<Expr>) -> Step {
        let typical = match action {
            Action::Create => node.kind.create,
            Action::Update => node.kind.update,
            _ => Default::default(),
        };
        Step {
            address: node.address.clone(),
            kind: intern(node.kind.name),
            region: node.region.clone(),
            action,
            reasons: Vec::new(),
            changes: Vec::new(),
            prior: None,
            args,
            known: self.input.known.get(&node.address).cloned().unwrap_or_default(),
            needs: needs.to_vec(),
            protect: node.options.protect,
            span: node.site.span.clone(),
            after: Vec::new(),
            replacement: None,
            implied_by: None,
            typical_ms: millis(typical),
        }
    }

    fn removal(&self, prior: Arc<Record>, action: Action, reasons: Vec<Reason>) -> Step {
        let typical = self.input.registry.get(&prior.kind).map(|k| k.delete).unwrap_or_default();
        Step {
            address: prior.address.clone(),
            kind: prior.kind.clone(),
            region: prior.region.clone(),
            action,
            reasons,
            changes: Vec::new(),
            args: Map::new(),
            known: Map::new(),
            needs: Vec::new(),
            protect: false,
            span: prior.span.clone(),
            after: Vec::new(),
            replacement: None,
            implied_by: None,
            typical_ms: if action == Action::Delete { millis(typical) } else { 0 },
            prior: Some(prior),
        }
    }

    /// What is recorded but not declared goes.
    fn remove_undeclared(&mut self) {
        let moved: BTreeSet<&Address> = self
            .steps
            .iter()
            .flat_map(|s| &s.reasons)
            .filter_map(|r| if let Reason::Moved { from } = r { Some(from) } else { None })
            .filter_map(|from| self.input.snapshot.records.get_key_value(from).map(|(k, _)| k))
            .collect();
        let mut removals = Vec::new();
        for (address, record) in &self.input.snapshot.records {
            let declared = self.input.goal == Goal::Apply && self.input.graph.nodes.contains_key(address);
            if declared || moved.contains(address) {
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

    fn finish(mut self) -> Plan {
        let before = &self.input.snapshot.outputs;
        let mut outputs: Map<PlannedOutput> = before
            .iter()
            .map(|(name, value)| (name.clone(), PlannedOutput { before: Some(value.clone()), after: None }))
            .collect();
        if self.input.goal == Goal::Apply {
            for (name, output) in &self.input.graph.outputs {
                let value = match output.value.reduce(&mut |r| self.look_up(r, true)) {
                    Ok(value) => value,
                    Err(error) => {
                        self.diagnostics.push(
                            Diagnostic::error(error.to_string()).at(output.span.clone(), format!("output `{name}`")),
                        );
                        continue;
                    }
                };
                outputs.entry(name.clone()).or_insert(PlannedOutput { before: None, after: None }).after = Some(value);
            }
        }
        let known_lookups = self.decided.values().filter(|d| d.fate == Fate::Ask);
        let answers = known_lookups.filter_map(|d| Some((d.node.address.text(), d.known?.clone()))).collect();
        let Planner { input, mut steps, mut diagnostics, unchanged, .. } = self;
        steps.sort_by(|a, b| (&a.address, a.action, op(a)).cmp(&(&b.address, b.action, op(b))));
        let estimate_ms = match order::arrange(&mut steps, input.registry) {
            Ok(estimate) => millis(estimate),
            Err(order::Stuck::Cycle(stuck)) => {
                let words = |s: &Step| format!("{} `{}`", format!("{:?}", s.action).to_lowercase(), s.address);
                let list: Vec<String> = stuck.iter().map(|&i| words(&steps[i])).collect();
                diagnostics.push(
                    Diagnostic::error(format!("these changes wait for each other: {}", list.join(", then ")))
                        .help("make them in two applies, or set `replace` on one of the resources"),
                );
                0
            }
            Err(order::Stuck::Held { step, by }) => {
                let (step, by) = (&steps[step], &steps[by]);
                diagnostics.push(
                    Diagnostic::error(format!(
                        "`{}` must be deleted before its successor is made, but `{}` uses it until then",
                        step.address, by.address
                    ))
                    .at(step.span.clone(), "this is to be replaced")
                    .also(by.span.clone(), "this uses it")
                    .help("give it another name, so that the new one can be made first"),
                );
                0
            }
        };
        diagnostics.sort_by_key(|d| std::cmp::Reverse(d.severity));
        let mut plan = Plan {
            format: FORMAT,
            id: "".into(),
            program: input.program.clone(),
            environment: input.environment.into(),
            identity: input.identity.clone(),
            position: input.snapshot.position,
            destroy: input.goal == Goal::Destroy,
            steps,
            unchanged,
            outputs,
            answers,
            diagnostics,
            estimate_ms,
        };
        plan.id = identity::of(&plan);
        plan
    }
}

fn op(step: &Step) -> Option<&Str> {
    step.prior.as_ref().map(|p| &p.op)
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

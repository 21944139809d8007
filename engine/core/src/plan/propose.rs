//! Proposing: from what is declared and what is known to a finished plan.
//!
//! Moves come first, so that everything after them knows one address per resource; then each resource is decided, what
//! was decided is checked, and the steps are put into an order.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::answer::Answer;
use crate::checks::{self, Planned, Resource};
use crate::diagnostic::{Diagnostic, Severity};
use crate::expr::Expr;
use crate::plan::decide::Decisions;
use crate::plan::foresee::{Decided, Fate};
use crate::plan::hold::{Hold, Holds};
use crate::plan::input::{Goal, Input};
use crate::plan::moves::{self, Move, Moves};
use crate::plan::order::{self, Facts, Stuck};
use crate::plan::sound::{self, Unsound};
use crate::plan::steps::millis;
use crate::plan::{
    Action, Deferred, FORMAT, Plan, PlannedOutput, Step, data, defer, destroyable, identity, names, promised, protect,
    renamed, taken_over,
};
use crate::recovery::recovery;
use crate::value::{Map, Str, Value, intern};

/// Makes the plan. What is wrong is among its diagnostics; a plan with an error cannot be applied.
pub fn propose(input: &Input<'_>) -> Plan {
    let moves = moves::find(input.graph, input.snapshot);
    let mut plan = with_moves(input, &moves, |input, list| {
        let mut decisions = Decisions::new(input, list);
        let mut computed = None;
        decisions.diagnostics.extend(moves.diagnostics.iter().cloned());
        if input.goal == Goal::Apply {
            decisions.diagnostics.extend(input.graph.notes.iter().cloned());
            decisions.decide_all(None);
            let all = decisions.decided.values().map(|d| (d.node, &*d.args));
            let found = names::check(input.environment, &input.graph.namesakes, all.clone());
            let blockers = destroyable::check(input.graph, all);
            let resources = decisions.decided.values();
            let resources = resources.map(|d| Resource::declared(d.node, &d.args, d.prior.is_some()).foreseen(d.known));
            let resources = resources.collect();
            let planned = Planned::whole(input.environment, input.graph.ephemeral, resources);
            let planned = planned.with_budget(input.graph.budget.as_ref());
            decisions.diagnostics.extend(found.into_iter().chain(blockers).chain(checks::look(&planned)));
            decisions.diagnostics.extend(input.team.into_iter().flat_map(|team| team.look(&planned)));
            let lost = decisions.lost.tell(input.graph);
            decisions.diagnostics.extend(lost);
            let promise = input.graph.promise.as_ref();
            computed = recovery(&planned, promise);
            let broken = promise.map(|promise| promised::look(promise, computed.as_ref()));
            decisions.diagnostics.extend(broken.into_iter().flatten());
        }
        decisions.remove_undeclared();
        decisions.diagnostics.extend(protect::check(input, &decisions.steps));
        decisions.diagnostics.extend(taken_over::check(input, &decisions.steps));
        let lifted = protect::lift(input, &mut decisions.steps);
        decisions.diagnostics.extend(lifted);
        Plan { recovery: computed, ..finish(input, decisions, list) }
    });
    if !plan.is_refused() {
        let broken = sound::check(&plan, input.snapshot, input.registry);
        plan.diagnostics.extend(broken.iter().map(unsound));
    }
    plan
}

/// The arguments of these resources, as far as they will all be known: what a look-up is to be asked while planning.
/// Only what they depend on is decided.
pub fn foresee(input: &Input<'_>, wanted: &BTreeSet<Address>) -> BTreeMap<Address, Map<Value>> {
    let known = |args: Map<Expr>| -> Option<Map<Value>> {
        args.into_iter().map(|(name, value)| Some((name, value.into_known()?))).collect()
    };
    let all = foresee_open(input, wanted).into_iter();
    all.filter_map(|(address, args)| Some((address, known(args)?))).collect()
}

/// The arguments of these resources, with everything put in that will be known.
pub fn foresee_open(input: &Input<'_>, wanted: &BTreeSet<Address>) -> BTreeMap<Address, Map<Expr>> {
    let moves = moves::find(input.graph, input.snapshot);
    with_moves(input, &moves, |input, list| {
        let mut decisions = Decisions::new(input, list);
        decisions.decide_all(Some(wanted));
        let args = |address: &Address| Some(decisions.decided.get(address)?.args.clone().into_owned());
        wanted.iter().filter_map(|address| Some((address.clone(), args(address)?))).collect()
    })
}

/// Calls a function with what the plan is made from once the moves are carried out.
fn with_moves<T>(input: &Input<'_>, moves: &Moves, then: impl FnOnce(&Input<'_>, &[Move]) -> T) -> T {
    let list = moves.list();
    if list.is_empty() {
        return then(input, &list);
    }
    let snapshot = moves::carry_out(&list, input.snapshot.clone());
    let refreshed = moves.refreshed(input.refreshed);
    then(&Input { snapshot: &snapshot, refreshed: &refreshed, ..*input }, &list)
}

/// That a plan is partial because a person limits it, and what comes along with what is meant.
fn partial(input: &Input<'_>, steps: &[Step], deferred: &[Deferred]) -> Vec<Diagnostic> {
    let note = |message: String| Diagnostic { severity: Severity::Info, ..Diagnostic::error(message) }.code("target");
    let along: BTreeSet<&Address> = steps.iter().map(|step| &step.address).filter(|a| input.aim.misses(a)).collect();
    let mut notes: Vec<Diagnostic> =
        along.iter().map(|address| note(format!("`{address}` comes along: what is aimed at needs it"))).collect();
    let out = deferred.iter().filter(|d| d.place.is_empty() && d.step.action != Action::Record);
    let out: BTreeSet<&Address> = out.map(|d| &d.step.address).collect();
    if !out.is_empty() {
        let (changes, are) = if out.len() == 1 { ("change", "is") } else { ("changes", "are") };
        let message = format!("this plan is partial: {} {changes} {are} left out", out.len());
        notes.push(note(message).help("plan without `--target` and `--exclude` to see all of it"));
    }
    notes
}

fn finish(input: &Input<'_>, mut decisions: Decisions<'_>, moves: &[Move]) -> Plan {
    let before = &input.snapshot.outputs;
    let mut outputs: Map<PlannedOutput> = before
        .iter()
        .map(|(name, value)| (name.clone(), PlannedOutput { before: Some(value.clone()), ..PlannedOutput::default() }))
        .collect();
    if input.goal == Goal::Apply {
        for (name, output) in &input.graph.outputs {
            let value = match output.value.reduce(&mut |r| decisions.look_up(r, true)) {
                Ok(value) => value,
                Err(error) => {
                    decisions
                        .diagnostics
                        .push(Diagnostic::error(error.to_string()).at(output.span.clone(), format!("output `{name}`")));
                    continue;
                }
            };
            // What comes from something that was lost is as it was, if that is known.
            let lost = decisions.lost_in(&value).is_some();
            if let Some(before) = before.get(name).filter(|_| lost) {
                outputs.entry(name.clone()).or_default().after = Some(Expr::Known(before.clone()));
            }
            if lost {
                continue;
            }
            outputs.entry(name.clone()).or_default().after = Some(value);
        }
    }
    decisions.count();
    let known_lookups = decisions.decided.values().filter(|d| d.fate == Fate::Ask);
    let answers = known_lookups.filter_map(|d| Some((d.node.address.text(), answer(d)?))).collect();
    let holds = match decisions.steps.iter().any(|s| s.action == Action::Delete) {
        true => Holds::new(decisions.decided.values(), &mut decisions.referents),
        false => Holds::default(),
    };
    let chosen = input.graph.nodes.values().filter(|n| n.options.replace.is_some()).map(|n| &n.address).collect();
    let Decisions { mut steps, mut diagnostics, unchanged, .. } = decisions;
    steps.sort_by(|a, b| (&a.address, a.action, op(a)).cmp(&(&b.address, b.action, op(b))));
    if input.goal == Goal::Apply {
        diagnostics.extend(renamed::look(&steps, input.graph));
    }
    let mut deferred = Vec::new();
    let estimate_ms =
        match order::arrange(&mut steps, &Facts { registry: input.registry, holds: &holds, chosen: &chosen }) {
            Ok(estimate) => {
                deferred = defer::split(input, &mut steps);
                diagnostics.extend(partial(input, &steps, &deferred));
                millis(if deferred.is_empty() { estimate } else { defer::estimate(&steps, input.registry) })
            }
            Err(Stuck::Cycle { steps: stuck, names }) => {
                let words = |s: &Step| format!("{} `{}`", format!("{:?}", s.action).to_lowercase(), s.address);
                let list: Vec<String> = stuck.iter().map(|&i| words(&steps[i])).collect();
                diagnostics.push(
                    Diagnostic::error(format!("these changes wait for each other: {}", list.join(", then "))).help(
                        match names {
                            true => {
                                "they exchange their names: give one of them another name first, in an apply of its own"
                            }
                            false => "make them in two applies, or set `replace` on one of the resources",
                        },
                    ),
                );
                0
            }
            Err(Stuck::Held { step, by }) => {
                diagnostics.push(held(input, &steps[step], &by));
                0
            }
        };
    defer::keep_outputs(input, &deferred, &mut outputs);
    diagnostics.sort_by_key(|d| std::cmp::Reverse(d.severity));
    let at_risk = data::at_risk(&steps, input.snapshot, input.registry);
    let mut plan = Plan {
        format: FORMAT,
        id: "".into(),
        program: input.program.clone(),
        environment: input.environment.into(),
        identity: input.identity.clone(),
        position: input.snapshot.position,
        destroy: input.goal == Goal::Destroy,
        moves: moves.to_vec(),
        steps,
        deferred,
        at_risk,
        unchanged,
        outputs,
        answers,
        ephemeral: input.graph.ephemeral,
        namesakes: input.graph.namesakes.clone(),
        recovery: None,
        diagnostics,
        estimate_ms,
    };
    plan.id = identity::of(&plan);
    plan
}

/// That something cannot be deleted while something else refers to it.
fn held(input: &Input<'_>, step: &Step, hold: &Hold) -> Diagnostic {
    let Hold { by, argument, bound_to } = hold;
    let user = input.graph.nodes.get(by);
    let what = &step.address;
    let (message, help) = match (bound_to, step.replacement) {
        (None, _) => (
            format!("`{what}` must be deleted before its successor is made, but `{by}` uses it until then"),
            vec!["give it another name, so that the new one can be made first".to_owned()],
        ),
        (Some(_), replaced) => {
            let ignored = user.is_some_and(|n| n.options.ignore_changes.iter().any(|i| **i == **argument));
            let given = user.is_some_and(|n| n.args.get(*argument).is_some_and(|value| !value.is_null()));
            let (why, help) = match (ignored, given) {
                (true, _) => ("changes of it are ignored", format!("take `{argument}` out of `ignore_changes`")),
                (_, false) => {
                    ("the program leaves it to the service", format!("say in `{argument}` what it shall use"))
                }
                (_, true) => ("its value stays the same", format!("give `{argument}` another value")),
            };
            let verb = if replaced.is_some() { "replaced" } else { "deleted" };
            let message = format!("`{what}` is to be {verb}, but `{argument}` of `{by}` keeps referring to it: {why}");
            let mut help = vec![format!("{help}, and apply that first or together with this")];
            if given && !ignored {
                help.push(format!("if it only goes by another address now, say `moved_from: \"{what}\"` there"));
            }
            (message, help)
        }
    };
    let place = user.and_then(|n| n.site.of(&[(*argument).into()], false));
    let mut found = Diagnostic::error(message).at(step.span.clone(), "this is to go").also(place, "this uses it");
    found.help.extend(help);
    found
}

/// That the plan breaks an invariant: nothing that a program says should be able to bring that about.
fn unsound(broken: &Unsound) -> Diagnostic {
    Diagnostic::error(format!("the plan is not sound: {}", broken.what))
        .code(broken.rule)
        .help("this is a mistake of dr and not of the program; nothing was changed; please report it with the program")
}

/// What a look-up was asked and answered.
fn answer(asked: &Decided<'_>) -> Option<Answer> {
    let args = asked.args.iter().map(|(name, value)| Some((name.clone(), value.known()?.clone())));
    Some(Answer {
        kind: intern(asked.node.kind.name),
        region: asked.node.region.clone(),
        args: args.collect::<Option<_>>()?,
        outputs: asked.known?.clone(),
    })
}

fn op(step: &Step) -> Option<&Str> {
    step.prior.as_ref().map(|p| &p.op)
}

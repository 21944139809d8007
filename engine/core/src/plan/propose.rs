//! Proposing: from what is declared and what is known to a finished plan.
//!
//! Moves come first, so that everything after them knows one address per resource; then each resource is decided, what
//! was decided is checked, and the steps are put into an order.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::diagnostic::Diagnostic;
use crate::plan::decide::{Decisions, millis};
use crate::plan::foresee::Fate;
use crate::plan::input::{Goal, Input};
use crate::plan::moves::{self, Move, Moves};
use crate::plan::{FORMAT, Plan, PlannedOutput, Step, destroyable, identity, names, order, protect};
use crate::value::{Map, Str, Value};

/// Makes the plan. What is wrong is among its diagnostics; a plan with an error cannot be applied.
pub fn propose(input: &Input<'_>) -> Plan {
    let moves = moves::find(input.graph, input.snapshot);
    with_moves(input, &moves, |input, list| {
        let mut decisions = Decisions::new(input, list);
        decisions.diagnostics.extend(moves.diagnostics.iter().cloned());
        if input.goal == Goal::Apply {
            decisions.diagnostics.extend(input.graph.notes.iter().cloned());
            decisions.decide_all(None);
            let all = decisions.decided.values().map(|d| (d.node, &*d.args));
            let found = names::check(input.environment, all.clone());
            let blockers = destroyable::check(input.graph, all);
            decisions.diagnostics.extend(found.into_iter().chain(blockers));
        }
        decisions.remove_undeclared();
        decisions.diagnostics.extend(protect::check(input, &decisions.steps));
        finish(input, decisions, list)
    })
}

/// The arguments of these resources, as far as they will all be known: what a look-up is to be asked while planning.
/// Only what they depend on is decided.
pub fn foresee(input: &Input<'_>, wanted: &BTreeSet<Address>) -> BTreeMap<Address, Map<Value>> {
    let moves = moves::find(input.graph, input.snapshot);
    with_moves(input, &moves, |input, list| {
        let mut decisions = Decisions::new(input, list);
        decisions.decide_all(Some(wanted));
        let known = |address: &Address| {
            let all = decisions.decided.get(address)?.args.iter();
            all.map(|(name, value)| Some((name.clone(), value.known()?.clone()))).collect::<Option<Map<Value>>>()
        };
        wanted.iter().filter_map(|address| Some((address.clone(), known(address)?))).collect()
    })
}

/// Calls a function with what the plan is made from once the moves are carried out.
fn with_moves<T>(input: &Input<'_>, moves: &Moves, then: impl FnOnce(&Input<'_>, &[Move]) -> T) -> T {
    let list = moves.list();
    if list.is_empty() {
        return then(input, &list);
    }
    let snapshot = moves::carry_out(&list, input.snapshot.clone()).snapshot;
    let refreshed = moves.refreshed(input.refreshed);
    then(&Input { snapshot: &snapshot, refreshed: &refreshed, ..*input }, &list)
}

fn finish(input: &Input<'_>, mut decisions: Decisions<'_>, moves: &[Move]) -> Plan {
    let before = &input.snapshot.outputs;
    let mut outputs: Map<PlannedOutput> = before
        .iter()
        .map(|(name, value)| (name.clone(), PlannedOutput { before: Some(value.clone()), after: None }))
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
            outputs.entry(name.clone()).or_insert(PlannedOutput { before: None, after: None }).after = Some(value);
        }
    }
    let known_lookups = decisions.decided.values().filter(|d| d.fate == Fate::Ask);
    let answers = known_lookups.filter_map(|d| Some((d.node.address.text(), d.known?.clone()))).collect();
    let Decisions { mut steps, mut diagnostics, unchanged, .. } = decisions;
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
        moves: moves.to_vec(),
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

fn op(step: &Step) -> Option<&Str> {
    step.prior.as_ref().map(|p| &p.op)
}

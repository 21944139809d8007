//! What a plan comes to: how many of each, and whether there is anything to do.
#![allow(missing_docs, clippy::unwrap_used)] // A test that cannot go on says so.

mod support;

use std::time::Duration;

use dr_core::expr::Expr;
use dr_core::graph::ReplaceOrder;
use dr_core::plan::{Action, Counts, Deferred, Plan, PlannedOutput, Step, WaitReason};
use dr_core::record::Snapshot;
use dr_core::region::Away;
use dr_core::value::Value;
use support::*;

/// A plan without steps, and a step to put into it.
fn parts() -> (Plan, Step) {
    let mut p = plan(&graph(&[("t.node:a", &[])]), &Snapshot::default());
    let step = p.steps.remove(0);
    (p, step)
}

#[test]
fn each_step_counts_as_what_it_does() {
    let half = Some(ReplaceOrder::CreateFirst);
    let none = Counts::default();
    for (action, replacement, once) in [
        (Action::Create, None, Counts { create: 1, ..none }),
        (Action::Create, half, Counts { replace: 1, ..none }),
        (Action::Update, None, Counts { update: 1, ..none }),
        (Action::Delete, None, Counts { delete: 1, ..none }),
        // The other half counts.
        (Action::Delete, half, none),
        (Action::Import, None, Counts { import: 1, ..none }),
        (Action::Forget, None, Counts { forget: 1, ..none }),
        (Action::Read, None, none),
        (Action::Record, None, none),
    ] {
        let (mut p, step) = parts();
        assert_eq!((p.counts(), p.has_changes()), (none, false));
        p.steps.push(Step { action, replacement, ..step });
        assert_eq!((p.counts(), p.has_changes()), (once, once != none), "{action:?} {replacement:?}");
        p.steps.push(p.steps[0].clone());
        let sum = |c: Counts| c.create + c.update + c.replace + c.delete + c.import + c.forget;
        assert_eq!(sum(p.counts()), 2 * sum(once), "{action:?} {replacement:?}");
        assert_eq!(p.is_empty(), once == none);
    }
}

#[test]
fn what_waits_counts_once_and_is_missed_unless_it_is_left_out() {
    let (p, step) = parts();
    let deferred = |action, why| Deferred { step: Step { action, ..step.clone() }, why, place: "r1".into() };
    let silent = || WaitReason::Away(Away::Silent);
    for (all, count, misses) in [
        (vec![], 0, false),
        (vec![deferred(Action::Create, silent())], 1, true),
        // Both halves of a replacement are of one resource.
        (vec![deferred(Action::Create, silent()), deferred(Action::Delete, WaitReason::Successor)], 1, true),
        (vec![deferred(Action::Update, WaitReason::Away(Away::LeftOut))], 1, false),
        (vec![deferred(Action::Record, WaitReason::Step { address: at("t.node:b") })], 0, false),
    ] {
        let p = Plan { deferred: all, ..p.clone() };
        assert_eq!((p.counts().deferred, p.misses(), p.is_empty()), (count, misses, !misses), "{:?}", p.deferred);
        assert!(!p.has_changes());
    }
}

#[test]
fn what_stays_as_it_is_counts_and_is_no_change() {
    let (p, _) = parts();
    let p = Plan { unchanged: 3, ..p };
    assert_eq!((p.counts(), p.is_empty()), (Counts { unchanged: 3, ..Counts::default() }, true));
}

#[test]
fn an_output_is_a_change_when_it_differs_or_nobody_knows() {
    let known = |i: i64| Some(Expr::Known(Value::Int(i)));
    for (before, after, changes) in [
        (None, None, false),
        (Some(1), known(1), false),
        (Some(1), known(2), true),
        (None, known(1), true),
        (Some(1), None, true),
        (Some(1), Some(arn("t.node:a")), true),
    ] {
        let (mut p, _) = parts();
        let output = PlannedOutput { before: before.map(Value::Int), after, kept: false };
        p.outputs.insert("x".into(), output.clone());
        assert_eq!((p.has_changes(), p.is_empty()), (changes, !changes), "{output:?}");
    }
}

#[test]
fn the_estimate_is_the_longest_path() {
    let p = plan(&graph(&[("t.store:z", &[("name", text("z"))])]), &Snapshot::default());
    assert_eq!(p.estimate(), Duration::from_secs(10));
}

//! What stays when some resources are spared by a destroy: they, what they use, and what would take them along.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;

use dr_core::address::Address;
use dr_core::expr::Expr;
use dr_core::graph::Graph;
use dr_core::plan::{Goal, Plan};
use support::*;

fn world() -> Graph {
    graph(&[
        ("t.store:a", &[("name", text("a"))]),
        ("t.store:b", &[("name", text("b"))]),
        ("t.node:n", &[("store", arn("t.store:a")), ("size", int(1))]),
        ("t.node:m", &[("peer", arn("t.node:n")), ("size", int(1))]),
        ("t.node:k", &[("store", arn("t.store:b")), ("size", int(1))]),
    ])
}

fn destroy() -> Plan {
    plan_with(Goal::Destroy, &graph(&[]), &applied(&world()), &Asked::default())
}

/// What is deleted when these are spared, and what stays with them.
fn with(spared: &[&str]) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut plan = destroy();
    let whole = plan.clone();
    let spared: BTreeSet<Address> = spared.iter().map(|address| at(address)).collect();
    let out = plan.spare(&spared);
    assert_eq!(out.len() + plan.steps.len(), whole.steps.len());
    // What is left keeps its order.
    for step in &plan.steps {
        let before = whole.steps.iter().find(|s| s.address == step.address).unwrap();
        let names = |plan: &Plan, after: &[usize]| -> BTreeSet<Address> {
            after.iter().map(|i| plan.steps[*i].address.clone()).collect()
        };
        assert_eq!(names(&plan, &step.after), names(&whole, &before.after), "{}", step.address);
    }
    let names = |steps: &[dr_core::plan::Step]| steps.iter().map(|s| s.address.to_string()).collect();
    (names(&plan.steps), names(&out))
}

fn set(all: &[&str]) -> BTreeSet<String> {
    all.iter().map(|one| (*one).to_owned()).collect()
}

#[test]
fn what_is_spared_keeps_what_it_uses() {
    assert_eq!(with(&[]).1, set(&[]));
    for (spared, stays) in [
        (&["t.node:m"][..], &["t.node:m", "t.node:n", "t.store:a"][..]),
        (&["t.node:n"], &["t.node:n", "t.store:a"]),
        (&["t.store:a"], &["t.store:a"]),
        (&["t.node:k", "t.store:a"], &["t.node:k", "t.store:b", "t.store:a"]),
        (&["t.node:nosuch"], &[]),
    ] {
        assert_eq!(with(spared).1, set(stays), "{spared:?}");
    }
}

#[test]
fn what_would_take_a_spared_one_along_stays_and_so_does_what_goes_by_the_same_call() {
    let mut g = graph(&[("t.store:s", &[("name", text("s"))])]);
    for name in ["x", "y"] {
        let args = [("store", Expr::attr(&at("t.store:s"), "name")), ("name", text("n")), ("class", text(name))];
        declare(&mut g, &format!("t.entry:{name}"), args.map(|(k, v)| (k.into(), v)).into(), Default::default());
    }
    let state = applied(&g);
    let mut plan = plan_with(Goal::Destroy, &graph(&[]), &state, &Asked::default());
    assert!(plan.steps.iter().any(|step| step.batch.is_some()), "{:?}", words(&plan));
    let out = plan.spare(&BTreeSet::from([at("t.entry:x")]));
    assert_eq!((out.len(), plan.steps.len()), (3, 0), "{:?}", words(&plan));
    // A part that its whole takes along.
    let whole = graph(&[("t.store:s", &[("name", text("s"))]), ("t.child:p", &[("store", arn("t.store:s"))])]);
    let mut plan = plan_with(Goal::Destroy, &graph(&[]), &applied(&whole), &Asked::default());
    assert!(plan.steps.iter().any(|step| step.implied_by.is_some()), "{:?}", words(&plan));
    plan.spare(&BTreeSet::from([at("t.child:p")]));
    assert_eq!(words(&plan), [""; 0]);
}

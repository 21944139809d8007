//! What would block or survive a destroy beyond single values: what others excuse.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use dr_core::diagnostic::Severity;
use dr_core::expr::Expr;
use dr_core::graph::{Graph, Options};
use dr_core::plan::Plan;
use dr_core::record::Snapshot;
use dr_core::value::{Map, Value};
use support::*;

fn of(graph: &Graph) -> Plan {
    plan(graph, &Snapshot::default())
}

#[test]
fn a_value_is_refused_unless_a_resource_of_the_right_kind_refers_to_this_one() {
    let refused = |others: &[(&str, &[(&str, Expr)])]| {
        let worker: &[(&str, Expr)] = &[("shared", text("x"))];
        let mut all = vec![("t.worker:w", worker), ("t.node:n", &[])];
        all.extend(others.iter().copied());
        let p = of(&graph(&all));
        let found: Vec<_> = p.diagnostics.iter().filter(|d| d.code.as_deref() == Some("D08")).collect();
        assert_eq!(found.len(), usize::from(p.is_refused()), "{:?}", p.diagnostics);
        p.is_refused()
    };
    let to = |address: &str| [("peer", arn(address))];
    assert!(refused(&[]));
    assert!(refused(&[("t.role:r", &[])]));
    assert!(refused(&[("t.role:r", &to("t.node:n"))]), "it refers to something else");
    assert!(refused(&[("t.base:b", &[("model", arn("t.worker:w"))])]), "it is of another kind");
    assert!(!refused(&[("t.role:r", &to("t.worker:w"))]));
    assert!(!refused(&[("t.role:r", &[("peer", arn("t.worker:w")), ("over", arn("t.node:n"))])]));
    assert!(!refused(&[("t.role:r", &to("t.worker:w")), ("t.role:q", &to("t.node:n"))]));
}

#[test]
fn findings_that_are_only_worth_knowing_stand_together_and_refusals_do_not() {
    // A guard that is known only while applying is said once for both; two that are refused are two findings.
    let both = |guard: &Expr| {
        let mut g = graph(&[("t.node:n", &[])]);
        for address in ["t.store:a", "t.store:b"] {
            declare(&mut g, address, Map::from([("guard".into(), guard.clone())]), Options::default());
        }
        let found = of(&g).diagnostics.into_iter().filter(|d| d.code.as_deref() == Some("D01"));
        found.map(|d| (d.severity, d.labels.iter().map(|l| l.primary).collect::<Vec<_>>())).collect::<Vec<_>>()
    };
    assert_eq!(both(&Value::Bool(true).into()).len(), 2);
    let later = both(&arn("t.node:n"));
    assert_eq!(later.len(), 1, "{later:?}");
    assert_eq!(later[0].0, Severity::Info);
}

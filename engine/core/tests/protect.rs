//! Protection by a service: switched off first where that is allowed, and refused where nobody said so.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::cloud::Live;
use dr_core::diagnostic::Severity;
use dr_core::graph::Graph;
use dr_core::plan::{Goal, Refreshed};
use dr_core::record::{Record, Snapshot};
use dr_core::value::Value;
use support::*;

fn worker(firm: bool) -> Graph {
    graph(&[("t.worker:w", &[("firm", Value::Bool(firm).into()), ("quiet", Value::Bool(true).into())])])
}

/// The plan without the worker, which a refresh has found to be firm or not.
fn without(state: &Snapshot, found: Option<bool>, lift: bool) -> dr_core::plan::Plan {
    let record = &state.records[&at("t.worker:w")];
    let live = found.map(|firm| {
        let mut args = record.args.clone();
        args.insert("firm".into(), Value::Bool(firm));
        (at("t.worker:w"), Refreshed::Live(Live { args, outputs: record.outputs.clone() }))
    });
    let asked = Asked { refreshed: BTreeMap::from_iter(live), lift, ..Asked::default() };
    plan_with(Goal::Apply, &graph(&[]), state, &asked)
}

#[test]
fn what_its_service_protects_is_told_by_whom_and_switched_off_where_it_may_be() {
    for (recorded, found, by) in [
        (false, None, None),
        (false, Some(false), None),
        (true, None, Some("the program has")),
        (true, Some(true), Some("the program has")),
        (false, Some(true), Some("somebody has")),
        // What is there now counts.
        (true, Some(false), None),
    ] {
        let state = applied(&worker(recorded));
        for lift in [false, true] {
            let about = format!("{recorded} {found:?} {lift}");
            let p = without(&state, found, lift);
            assert_eq!(words(&p), ["delete t.worker:w"], "{about}");
            let Some(by) = by else {
                assert!(p.diagnostics.is_empty() && p.steps[0].lifts.is_empty(), "{about}: {:?}", p.diagnostics);
                assert_eq!(p.steps[0].typical_ms, 1000, "{about}");
                continue;
            };
            let [d] = &p.diagnostics[..] else { panic!("{about}: {:?}", p.diagnostics) };
            assert!(d.message.starts_with(&format!("{by} protected `t.worker:w`")), "{about}: {d}");
            assert_eq!((p.is_refused(), d.severity == Severity::Info), (!lift, lift), "{about}");
            assert_eq!(d.help.iter().any(|help| help.contains("--lift-protection")), !lift, "{about}");
            // Switching it off takes as long as a change.
            assert_eq!(
                (p.steps[0].lifts.iter().map(|lift| &*lift.argument).collect::<String>(), p.steps[0].typical_ms),
                ("firm".to_owned(), 6000),
                "{about}"
            );
        }
    }
}

#[test]
fn what_was_set_aside_is_protected_by_what_is_recorded_of_it() {
    // The present one is firm; the old one, under the same address, is not.
    let mut state = applied(&worker(false));
    let old = Record { op: "old".into(), id: "old".into(), ..Record::clone(&state.records[&at("t.worker:w")]) };
    state.deposed.push(Arc::new(old));
    let firm = |state: &Snapshot| {
        let p = without(state, Some(true), true);
        let mut all: Vec<_> =
            p.steps.iter().map(|s| (s.prior.as_ref().unwrap().op.to_string() == "old", s.lifts.len())).collect();
        all.sort_unstable();
        all
    };
    assert_eq!(firm(&state), [(false, 1), (true, 0)]);
    // A protected one that was set aside: the program has protected it, whatever it says of the present one.
    let old = state.deposed.pop().unwrap();
    let mut old = Record::clone(&old);
    old.args.insert("firm".into(), Value::Bool(true));
    state.deposed.push(Arc::new(old));
    let p = without(&state, Some(false), true);
    let [d] = &p.diagnostics[..] else { panic!("{:?}", p.diagnostics) };
    assert!(d.message.starts_with("the program has protected"), "{d}");
}

//! The contract: how what a plan leaves there will go, row by row.
#![allow(missing_docs, clippy::unwrap_used)] // A test that cannot go on says so.

mod support;

use std::sync::Arc;
use std::time::Duration;

use dr_core::expr::Expr;
use dr_core::graph::{Graph, Options};
use dr_core::plan::{Contract, Goal, Plan, contract, tasks};
use dr_core::record::{Record, Snapshot};
use dr_core::value::{Map, Value};
use support::*;

/// The rows of a contract: wave, resource, start and duration in milliseconds, what takes it along, what it holds on to.
fn rows(contract: &Contract) -> Vec<String> {
    let row = |row: &dr_core::plan::ContractRow| {
        let along = row.along.as_ref().map(|by| format!(" along {by}")).unwrap_or_default();
        let holds = row.holds.map(|holds| format!(" holds {:?}", holds.typical)).unwrap_or_default();
        format!("{} {} {}+{}{along}{holds}", row.wave, row.address, row.start_ms, row.takes_ms)
    };
    contract.departures.iter().map(row).collect()
}

fn of(plan: &Plan, before: &Snapshot) -> Contract {
    contract(plan, before, &registry())
}

fn destroy(state: &Snapshot) -> Plan {
    plan_with(Goal::Destroy, &graph(&[]), state, &Asked::default())
}

fn yes() -> Expr {
    Value::Bool(true).into()
}

#[test]
fn what_holds_others_goes_first_and_keeps_them_for_a_while() {
    let link = |node: &str| Expr::map(Map::from([("node".into(), arn(node))]));
    let g = graph(&[
        ("t.store:s", &[("name", text("s"))]),
        ("t.child:c", &[("store", arn("t.store:s"))]),
        ("t.node:near", &[]),
        ("t.node:user", &[("store", arn("t.store:s"))]),
        ("t.role:boss", &[]),
        (
            "t.worker:w",
            &[("stores", Expr::list(vec![arn("t.store:s")])), ("quiet", yes()), ("boss", arn("t.role:boss"))],
        ),
        ("t.worker:linked", &[("link", link("t.node:near")), ("quiet", yes())]),
        ("t.worker:idle", &[("quiet", yes())]),
    ]);
    let p = plan(&g, &Snapshot::default());
    let foretold = of(&p, &Snapshot::default());
    assert_eq!(
        rows(&foretold),
        [
            "1 t.node:user 0+1000",
            "1 t.worker:idle 0+1000",
            "1 t.worker:linked 0+1000 holds 20s",
            "1 t.worker:w 0+1000 holds 20s",
            // Only what its service holds waits for longer than the worker is there.
            "2 t.child:c 22000+0 along t.store:s",
            "2 t.node:near 21000+1000",
            "2 t.role:boss 1000+1000",
            "2 t.store:s 21000+1000",
        ]
    );
    assert_eq!((foretold.estimate_ms, foretold.estimate()), (22_000, Duration::from_secs(22)));
    assert!(foretold.is_kept() && foretold.leaves.is_empty());
    let state = carry_out(&p, &Snapshot::default(), |_| 0);
    let destroy = destroy(&state);
    assert_eq!(of(&destroy, &state), foretold);
    assert_eq!(destroy.estimate(), Duration::from_secs(22));
    assert_eq!(of(&plan(&g, &state), &state), foretold);
    // Nothing is in the way of what is made.
    assert!(tasks(&p.steps, &registry()).iter().all(|task| task.lags.is_empty()));
    assert_eq!(of(&self::destroy(&Snapshot::default()), &Snapshot::default()), Contract::default());
}

#[test]
fn what_is_left_of_several_is_told_once_with_their_names() {
    let traced = |is: bool| [("traced", Expr::from(Value::Bool(is))), ("quiet", yes())];
    let g = graph(&[
        ("t.worker:a", &traced(true)),
        ("t.worker:b", &traced(false)),
        ("t.worker:c", &traced(true)),
        ("t.worker:d", &[("quiet", yes())]),
    ]);
    let [left] = &of(&plan(&g, &Snapshot::default()), &Snapshot::default()).leaves[..] else { panic!("one trace") };
    assert_eq!(
        (left.what.many, left.lasts, &left.of[..]),
        ("traces", Duration::from_secs(60), &[at("t.worker:a"), at("t.worker:c")][..])
    );
}

/// A store of a name that is guarded, which a destroy could not delete; one of another name may be allowed to be.
fn guarded(refused: bool, allowed: bool) -> Graph {
    let mut g = graph(&[]);
    for (address, is_guarded, allow) in [("t.store:a", refused, false), ("t.store:b", allowed, true)] {
        let allow = allow.then(|| ("D01".into(), "a test".into())).into_iter().collect();
        let args = Map::from([("guard".into(), Value::Bool(is_guarded).into())]);
        declare(&mut g, address, args, Options { allow, ..Options::default() });
    }
    g
}

#[test]
fn what_would_block_is_counted_and_what_is_allowed_apart() {
    for (refused, allowed) in [(false, false), (true, false), (false, true), (true, true)] {
        let found = of(&plan(&guarded(refused, allowed), &Snapshot::default()), &Snapshot::default());
        assert_eq!((found.blockers, found.allowed), (usize::from(refused), usize::from(allowed)));
        assert_eq!(found.is_kept(), !refused);
    }
}

#[test]
fn deletions_that_wait_for_each_other_are_told() {
    // `b` keeps a friend that the program gave up; that one begins to use `b`.
    let g = |friends: bool, peer: bool| {
        let mut g = guarded(true, true);
        let friends = friends.then(|| ("friends".into(), Expr::list(vec![arn("t.node:a")])));
        let peer = peer.then(|| ("peer".into(), arn("t.node:b")));
        declare(&mut g, "t.node:a", peer.into_iter().collect(), Options::default());
        declare(&mut g, "t.node:b", friends.into_iter().collect(), Options::default());
        g
    };
    let mut state = Snapshot::default();
    let friends = graph(&[("t.node:a", &[]), ("t.node:b", &[("friends", Expr::list(vec![arn("t.node:a")]))])]);
    state.records.extend(applied(&friends).records);
    let found = of(&plan(&g(false, true), &state), &state);
    assert_eq!(found.stuck, [at("t.node:b"), at("t.node:a")]);
    assert_eq!((found.blockers, found.allowed, found.is_kept()), (1, 1, false));
    assert!(found.departures.is_empty());
    let only_stuck = Contract { blockers: 0, ..found };
    assert!(!only_stuck.is_kept());
    assert_eq!(of(&plan(&g(true, false), &state), &state).stuck, []);
}

#[test]
fn what_was_set_aside_goes_too_and_in_a_fixed_order() {
    let g = graph(&[("t.node:a", &[])]);
    let mut state = applied(&g);
    let old = |op: &str| Arc::new(Record { op: op.into(), ..Record::clone(&state.records[&at("t.node:a")]) });
    let both = [old("1"), old("2")];
    for deposed in [both.to_vec(), both.iter().rev().cloned().collect()] {
        state.deposed = deposed;
        let p = destroy(&state);
        assert_eq!(rows(&of(&p, &state)), ["1 t.node:a 0+1000"; 3]);
        // The plan deletes them first; nothing of them is left to foretell.
        assert_eq!(rows(&of(&plan(&g, &state), &state)), ["1 t.node:a 0+1000"]);
    }
}

#[test]
fn what_goes_along_does_so_whether_its_parent_is_there_is_made_or_is_changed() {
    let g = |size: i64| {
        let store = [("name", text("z")), ("size", int(size))];
        graph(&[("t.store:z", &store), ("t.child:c", &[("store", arn("t.store:z"))])])
    };
    let state = applied(&g(1));
    for (p, before) in [
        (plan(&g(1), &Snapshot::default()), &Snapshot::default()),
        (plan(&g(1), &state), &state),
        (plan(&g(2), &state), &state),
        (destroy(&state), &state),
    ] {
        let along: Vec<_> = of(&p, before).departures.into_iter().filter_map(|row| row.along).collect();
        assert_eq!(along, [at("t.store:z")], "{:?}", words(&p));
    }
}

//! Batches: which steps one call carries out.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;

use dr_core::expr::Expr;
use dr_core::graph::{Graph, Options, ReplaceOrder};
use dr_core::plan::{Action, Goal, Plan, deletes_along};
use support::*;

/// Entries of one store: address, name, class, size; a size below zero stands for the peer of that number.
fn entries(all: &[(&str, &str, &str, i64)]) -> Graph {
    let mut g = graph(&[("t.store:s", &[("name", text("s"))]), ("t.node:n", &[("size", int(1))])]);
    for (address, name, class, size) in all {
        let store = ("store", Expr::attr(&at("t.store:s"), "name"));
        let args = [store, ("name", text(name)), ("class", text(class)), ("size", int(*size))];
        let args = args.into_iter().map(|(k, v)| (k.into(), v)).collect();
        declare(&mut g, &format!("t.entry:{address}"), args, Default::default());
    }
    g
}

/// The batches of a plan, each as its steps in words.
fn batches(plan: &Plan) -> BTreeSet<Vec<String>> {
    let words = words(plan);
    let firsts: BTreeSet<usize> = plan.steps.iter().filter_map(|s| s.batch).collect();
    let members = |first| {
        let all = words.iter().zip(&plan.steps).filter(|(_, step)| step.batch == Some(first));
        all.map(|(word, _)| word.clone()).collect()
    };
    firsts.into_iter().map(members).collect()
}

#[test]
fn changes_of_one_key_go_together_and_others_do_not() {
    let before = [("a", "x", "1", 1), ("b", "x", "2", 1), ("c", "y", "1", 1)];
    let state = applied(&entries(&before));
    for (after, expected) in [
        // Two that are changed; one alone is a call of its own.
        (
            vec![("a", "x", "1", 2), ("b", "X", "2", 2), ("c", "y", "1", 2)],
            vec![&["update t.entry:a", "update t.entry:b"][..]],
        ),
        (vec![("a", "x", "1", 2), ("b", "x", "2", 1), ("c", "y", "1", 2)], vec![]),
        // Two exchange what tells them apart: no order of single calls would do.
        (
            vec![("a", "x", "2", 1), ("b", "x", "1", 1), ("c", "y", "1", 1)],
            vec![&["create t.entry:a", "create t.entry:b"]],
        ),
        // One is made anew under its key, one goes and another comes.
        (vec![("a", "x", "3", 1), ("b", "x", "2", 1), ("c", "y", "1", 1)], vec![&["create t.entry:a"]]),
        (
            vec![("d", "x", "1", 1), ("b", "x", "2", 1), ("c", "y", "1", 1)],
            vec![&["delete t.entry:a", "create t.entry:d"]],
        ),
        // One goes to another key: its halves belong to different batches.
        (
            vec![("a", "y", "2", 1), ("b", "x", "2", 3), ("c", "y", "1", 3)],
            vec![&["delete t.entry:a", "update t.entry:b"], &["create t.entry:a", "update t.entry:c"]],
        ),
    ] {
        let p = plan(&entries(&after), &state);
        assert!(!p.is_refused(), "{:?}", p.diagnostics);
        let expected = expected.into_iter().map(|b| b.iter().map(|&w| w.into()).collect()).collect();
        assert_eq!(batches(&p), expected, "{after:?}: {:?}", words(&p));
        for (i, step) in p.steps.iter().enumerate().filter(|(_, s)| s.batch.is_some()) {
            assert_eq!(step.after, p.steps[step.batch.unwrap()].after, "{i}");
        }
    }
    let destroy = plan_with(Goal::Destroy, &graph(&[]), &state, &Asked::default());
    assert_eq!(batches(&destroy), BTreeSet::from([vec!["delete t.entry:a".to_owned(), "delete t.entry:b".to_owned()]]));
}

#[test]
fn an_argument_that_is_left_out_is_a_key_too_and_a_call_goes_to_one_region() {
    let entry = |class: Option<&str>, region: &str| {
        let mut g = graph(&[("t.node:n", &[])]);
        let class = class.map(|class| ("class", text(class)));
        let args = [("name", text("x"))].into_iter().chain(class).map(|(k, v)| (k.into(), v)).collect();
        declare(&mut g, "t.entry:a", args, Default::default());
        put(&mut g, "t.entry:a", region);
        g
    };
    let state = applied(&entry(None, "r1"));
    assert_eq!(batches(&plan(&entry(Some("1"), "r1"), &state)), BTreeSet::from([vec!["create t.entry:a".to_owned()]]));
    assert_eq!(batches(&plan(&entry(None, "r2"), &state)), BTreeSet::new());
}

#[test]
fn what_a_call_deletes_is_closed_once_the_whole_call_is_made() {
    let state = applied(&entries(&[("a", "x", "1", 1), ("b", "x", "2", 1)]));
    let p = plan(&entries(&[("a", "x", "2", 1), ("b", "x", "1", 1)]), &state);
    let (deletes, creates): (Vec<usize>, Vec<usize>) =
        (0..p.steps.len()).partition(|&i| p.steps[i].action == Action::Delete);
    assert_eq!((deletes.len(), creates.len()), (2, 2), "{:?}", words(&p));
    for delete in deletes {
        assert!(creates.iter().all(|create| p.steps[delete].after.contains(create)), "{:?}", p.steps[delete].after);
    }
}

#[test]
fn members_that_wait_for_each_other_by_way_of_something_else_go_apart() {
    // `b` uses a node that is made from an output of `a`, which has the same key.
    let mut g = entries(&[("a", "x", "1", 1)]);
    declare(&mut g, "t.node:between", [("note".into(), arn("t.entry:a"))].into_iter().collect(), Default::default());
    let store = Expr::attr(&at("t.store:s"), "name");
    let args = [("store", store), ("name", text("x")), ("class", text("2")), ("peer", arn("t.node:between"))];
    declare(&mut g, "t.entry:b", args.into_iter().map(|(k, v)| (k.into(), v)).collect(), Default::default());
    let p = plan(&g, &Default::default());
    assert!(!p.is_refused() && batches(&p).is_empty(), "{:?}", p.diagnostics);
}

#[test]
fn the_call_that_makes_a_successor_under_its_key_deletes_the_old_one_along() {
    let state = applied(&entries(&[("a", "x", "1", 1), ("b", "x", "2", 1)]));
    let along = |p: &Plan| {
        let all = words(p).into_iter().zip(&p.steps);
        all.filter(|(_, step)| deletes_along(step, &registry())).map(|(word, _)| word).collect::<Vec<_>>()
    };
    for (after, expected) in [
        (entries(&[("a", "x", "2", 1), ("b", "x", "1", 1)]), &["create t.entry:a", "create t.entry:b"][..]),
        (entries(&[("a", "x", "3", 1), ("b", "x", "2", 1)]), &["create t.entry:a"]),
        // What is only changed, goes or comes in a batch deletes nothing; nor does what goes to another key.
        (entries(&[("a", "x", "1", 2), ("b", "x", "2", 2)]), &[]),
        (entries(&[("d", "x", "1", 1), ("b", "x", "2", 1)]), &[]),
        (entries(&[("a", "y", "1", 1), ("b", "x", "2", 1)]), &[]),
    ] {
        assert_eq!(along(&plan(&after, &state)), expected);
    }
    // Where the program wants the old one deleted first, that is a call of its own.
    let mut first = entries(&[("b", "x", "2", 1)]);
    let options = Options { replace: Some(ReplaceOrder::DeleteFirst), ..Options::default() };
    let args = [("store", Expr::attr(&at("t.store:s"), "name")), ("name", text("x")), ("class", text("3"))];
    declare(&mut first, "t.entry:a", args.into_iter().map(|(k, v)| (k.into(), v)).collect(), options);
    let p = plan(&first, &state);
    assert!(!p.is_refused() && along(&p).is_empty(), "{:?} {:?}", words(&p), p.diagnostics);
}

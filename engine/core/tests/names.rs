//! Names: who takes one waits for who gives it up, and names that are exchanged.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use std::sync::Arc;

use dr_core::expr::Expr;
use dr_core::graph::{Graph, Options, ReplaceOrder};
use dr_core::plan::Action;
use dr_core::record::Snapshot;
use support::*;

/// Stores by these names, each with a user that names its store if `used`.
fn stores(names: &[(&str, &str)], used: bool, replace: Option<ReplaceOrder>) -> Graph {
    let mut g = graph(&[]);
    for (address, name) in names {
        let address = format!("t.store:{address}");
        let options = Options { replace, ..Options::default() };
        declare(&mut g, &address, [("name".into(), text(name))].into_iter().collect(), options);
        if used {
            let user = format!("t.node:of-{}", at(&address).name());
            let peer = ("group".into(), Expr::attr(&at(&address), "arn"));
            declare(&mut g, &user, [peer].into_iter().collect(), Options::default());
        }
    }
    g
}

fn converges(program: &Graph, before: &Snapshot) {
    let p = plan(program, before);
    assert!(!p.is_refused(), "{:?}", p.diagnostics);
    for pick in 0..5 {
        let after = carry_out(&p, before, |n| pick % n);
        assert!(plan(program, &after).steps.is_empty() && after.deposed.is_empty(), "{:?}", words(&p));
    }
}

#[test]
fn names_that_are_exchanged_are_freed_by_deleting_one_first() {
    let before = applied(&stores(&[("a", "1"), ("b", "2"), ("c", "3"), ("d", "4")], false, None));
    for after in [
        [("a", "2"), ("b", "1"), ("c", "3"), ("d", "4")],
        [("a", "2"), ("b", "3"), ("c", "1"), ("d", "4")],
        [("a", "2"), ("b", "1"), ("c", "4"), ("d", "3")],
        [("a", "2"), ("b", "3"), ("c", "4"), ("d", "5")],
    ] {
        let program = stores(&after, false, None);
        converges(&program, &before);
        let first =
            |s: &&dr_core::plan::Step| s.action == Action::Create && s.replacement == Some(ReplaceOrder::DeleteFirst);
        let exchanged = after.iter().filter(|(_, name)| *name == "1" || *name == "3" && after[2].1 == "4").count();
        let deleted_first = plan(&program, &before).steps.iter().filter(first).count();
        assert!(deleted_first <= exchanged, "no more than needed");
    }
}

#[test]
fn an_exchange_that_nothing_can_order_is_refused_with_the_way_out() {
    let names = [("a", "1"), ("b", "2")];
    let exchanged = [("a", "2"), ("b", "1")];
    // What the program says about the order stands; and both stores are used by something that only changes.
    for (used, replace) in [(false, Some(ReplaceOrder::CreateFirst)), (true, None)] {
        let before = applied(&stores(&names, used, replace));
        let p = plan(&stores(&exchanged, used, replace), &before);
        let [d] = &p.diagnostics[..] else { panic!("{:?}", p.diagnostics) };
        assert!(d.message.contains("wait for each other"), "{d}");
        assert!(d.help[0].contains("exchange their names"), "{:?}", d.help);
        assert!(p.steps.iter().all(|s| s.replacement != Some(ReplaceOrder::DeleteFirst)), "nothing tried remains");
    }
}

#[test]
fn a_successor_cannot_be_made_first_under_the_name_of_the_old_one() {
    let class = |name: Expr, class: &str, replace| {
        let mut g = graph(&[("t.node:n", &[])]);
        let options = Options { replace, ..Options::default() };
        let args = [("name".into(), name), ("class".into(), text(class))];
        declare(&mut g, "t.store:a", args.into_iter().collect(), options);
        g
    };
    let first = Some(ReplaceOrder::CreateFirst);
    let before = applied(&class(text("1"), "warm", first));
    for (name, replace, refused) in [
        (text("1"), first, true),
        (text("2"), first, false),
        (text("1"), Some(ReplaceOrder::DeleteFirst), false),
        (text("1"), None, false),
    ] {
        let p = plan(&class(name, "cold", replace), &before);
        assert_eq!(p.is_refused(), refused, "{:?}", p.diagnostics);
        if refused {
            assert!(p.diagnostics[0].message.contains("the old one has its name"), "{:?}", p.diagnostics);
            assert!(p.diagnostics[0].help[0].contains("leave `replace` out"), "{:?}", p.diagnostics);
        }
    }
}

#[test]
fn a_name_that_something_set_aside_has_is_freed_first() {
    // `a` was renamed from 1 to 2; the one called 1 is set aside and not deleted yet. Now `a`, or another, wants 1.
    let mut before = applied(&stores(&[("a", "2")], false, None));
    let mut old = (**applied(&stores(&[("a", "1")], false, None)).records.values().next().unwrap()).clone();
    old.op = "earlier".into();
    old.id = "id-earlier".into();
    before.deposed.push(Arc::new(old));
    for program in [stores(&[("a", "1")], false, None), stores(&[("a", "2"), ("b", "1")], false, None)] {
        converges(&program, &before);
        let p = plan(&program, &before);
        let deposed = |s: &&dr_core::plan::Step| s.prior.as_ref().is_some_and(|r| *r.op == *"earlier");
        let delete = p.steps.iter().position(|s| deposed(&s)).unwrap();
        let takes = p.steps.iter().find(|s| s.action == Action::Create).unwrap();
        assert!(takes.after.contains(&delete), "{:?}", words(&p));
    }
}

#[test]
fn a_name_that_is_given_up_by_a_change_is_free_once_it_is_changed() {
    // Roles are renamed in place.
    let roles = |all: &[(&str, &str, i64)]| {
        let mut g = graph(&[]);
        for (address, name, size) in all {
            let args = [("name".into(), text(name)), ("size".into(), int(*size))];
            declare(&mut g, &format!("t.role:{address}"), args.into_iter().collect(), Options::default());
        }
        g
    };
    let before = applied(&roles(&[("a", "1", 1), ("b", "2", 1)]));
    for (after, order) in [
        // Who comes, or is renamed itself, waits for who gives the name up; who keeps its name waits for nobody.
        (&[("a", "3", 1), ("b", "2", 2), ("c", "1", 1)][..], &[("t.role:c", "t.role:a")][..]),
        (&[("a", "2", 1), ("b", "3", 1)], &[("t.role:a", "t.role:b")]),
        (&[("a", "2", 1), ("b", "3", 1), ("c", "1", 1)], &[("t.role:a", "t.role:b"), ("t.role:c", "t.role:a")]),
        (&[("a", "1", 2), ("b", "2", 2)], &[]),
        (&[("b", "1", 1)], &[("t.role:b", "t.role:a")]),
    ] {
        let p = plan(&roles(after), &before);
        let name = |i: usize| p.steps[i].address.as_str();
        let found: Vec<_> = (0..p.steps.len())
            .flat_map(|i| p.steps[i].after.iter().map(move |&b| (i, b)))
            .map(|(i, b)| (name(i), name(b)))
            .collect();
        assert_eq!(found, order, "{:?}", words(&p));
        converges(&roles(after), &before);
    }
    let exchanged = plan(&roles(&[("a", "2", 1), ("b", "1", 1)]), &before);
    assert!(exchanged.is_refused(), "a name in between is needed");
}

#[test]
fn a_name_that_two_would_have_is_told_without_what_is_left_out() {
    let mut g = graph(&[]);
    for address in ["t.entry:a", "t.entry:b"] {
        let args = [("name".into(), text("x")), ("class".into(), text("1"))].into_iter().collect();
        declare(&mut g, address, args, Options::default());
    }
    let p = plan(&g, &Snapshot::default());
    let found = p.diagnostics.iter().find(|d| d.message.contains("would both be called")).unwrap();
    assert!(found.message.ends_with("would both be called \"x\", \"1\""), "{found}");
}

//! Moves: which record becomes whose, and which programs are refused.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use dr_core::expr::Expr;
use dr_core::graph::{Graph, Options};
use dr_core::plan::{Action, Reason};
use dr_core::record::Snapshot;
use support::*;

type Args<'a> = &'a [(&'a str, Expr)];

/// A program of nodes: address, former addresses, arguments.
fn program(nodes: &[(&str, &[&str], Args<'_>)]) -> Graph {
    let mut g = graph(&[]);
    for (address, from, args) in nodes {
        let options = Options { moved_from: from.iter().map(|a| at(a)).collect(), ..Options::default() };
        declare(&mut g, address, args.iter().map(|(k, v)| ((*k).into(), v.clone())).collect(), options);
    }
    g
}

fn nodes(names: &[&str]) -> Snapshot {
    let images: Vec<_> = names.iter().map(|name| (format!("t.node:{name}"), [("image", text(name))])).collect();
    applied(&graph(&images.iter().map(|(a, args)| (a.as_str(), &args[..])).collect::<Vec<_>>()))
}

/// The image of each node afterwards: which record it got.
fn images(state: &Snapshot) -> Vec<String> {
    state.records.values().map(|r| format!("{} {}", r.address.name(), r.args["image"].to_text())).collect()
}

#[test]
fn whoever_has_no_record_takes_the_one_it_had_and_passes_its_own_on() {
    let image = |name: &str| [("image", text(name))];
    let (a, b, c) = (image("a"), image("b"), image("c"));
    for (before, program, after) in [
        (&["a"][..], vec![("t.node:b", &["t.node:a"][..], &a[..])], &["b a"][..]),
        // A chain: each takes the record of the one before.
        (&["a", "b"], vec![("t.node:b", &["t.node:a"], &a), ("t.node:c", &["t.node:b"], &b)], &["b a", "c b"]),
        (
            &["a", "b", "c"],
            vec![("t.node:b", &["t.node:a"], &a), ("t.node:c", &["t.node:b"], &b), ("t.node:d", &["t.node:c"], &c)],
            &["b a", "c b", "d c"],
        ),
        // The first former address that has a record counts; a move that was made already changes nothing.
        (&["a"], vec![("t.node:c", &["t.node:b", "t.node:a"], &a)], &["c a"]),
        (&["b"], vec![("t.node:b", &["t.node:a"], &b)], &["b b"]),
        (&["b", "c"], vec![("t.node:b", &["t.node:a"], &b), ("t.node:c", &["t.node:b"], &c)], &["b b", "c c"]),
    ] {
        let (state, program) = (nodes(before), self::program(&program));
        let p = plan(&program, &state);
        assert!(p.diagnostics.is_empty(), "{before:?}: {:?}", p.diagnostics);
        assert!(p.steps.iter().all(|s| s.action == Action::Record), "{before:?}: {:?}", words(&p));
        let next = carry_out(&p, &state, |_| 0);
        assert_eq!(images(&next), after);
        let again = plan(&program, &next);
        assert!(again.steps.is_empty() && again.moves.is_empty(), "{before:?}: {:?}", words(&again));
    }
}

#[test]
fn what_cannot_be_told_is_refused_and_what_leads_nowhere_is_said() {
    let none: Args<'_> = &[];
    for (before, program, refused, message) in [
        (
            &["old"][..],
            vec![("t.node:a", &["t.node:old"][..], none), ("t.node:b", &["t.node:old"], none)],
            true,
            "`t.node:a` and `t.node:b` both say that they were `t.node:old`",
        ),
        (
            &["a", "b"],
            vec![("t.node:a", &["t.node:b"], none), ("t.node:b", &["t.node:a"], none)],
            true,
            "`t.node:a` and `t.node:b` say that each was the other",
        ),
        (
            &["a", "b", "c"],
            vec![
                ("t.node:a", &["t.node:b"], none),
                ("t.node:b", &["t.node:c"], none),
                ("t.node:c", &["t.node:a"], none),
            ],
            true,
            "say that each was the other",
        ),
        (
            &["a"],
            vec![("t.node:a", &[], none), ("t.node:b", &["t.node:a"], none)],
            true,
            "`t.node:b` says that it was `t.node:a`, which is still declared",
        ),
        (&["a"], vec![("t.store:a", &["t.node:a"], none)], true, "cannot have been `t.node:a`: that is a `t.node`"),
        (&["orders"], vec![("t.node:b", &["t.node:order"], none)], false, "nothing is recorded under `t.node:order`"),
    ] {
        let p = plan(&self::program(&program), &nodes(before));
        assert_eq!(p.is_refused(), refused, "{message}");
        assert!(p.diagnostics.iter().any(|d| d.message.contains(message)), "{message}: {:?}", p.diagnostics);
    }
    let p = plan(&self::program(&[("t.node:b", &["t.node:order"], none)]), &nodes(&["orders"]));
    assert_eq!(p.diagnostics[0].help, ["did you mean `t.node:orders`?"]);
    // What is taken over was never recorded, and a former address that is one of several may be older still.
    let mut imported = self::program(&[("t.node:b", &["t.node:order"], none)]);
    imported.nodes.get_mut(&at("t.node:b")).unwrap().options.import_id = Some("i".into());
    assert!(plan(&imported, &nodes(&["orders"])).diagnostics.is_empty());
    // A resource that names itself, or one whose successor is unknown, is in no circle.
    for (before, after) in [
        (&["a", "b"][..], vec![("t.node:a", &["t.node:a"][..], none), ("t.node:b", &[], none)]),
        (&["a", "b"], vec![("t.node:a", &["t.node:b"], none), ("t.node:b", &["t.node:b"], none)]),
        (
            &["a", "b", "c"],
            vec![
                ("t.node:a", &["t.node:b"], none),
                ("t.node:b", &["t.node:c"], none),
                ("t.node:c", &["t.node:b"], none),
            ],
        ),
    ] {
        let p = plan(&self::program(&after), &nodes(before));
        let circle = p.diagnostics.iter().find(|d| d.message.contains("each was the other"));
        assert_eq!(circle.is_some(), before.len() == 3, "{:?}", p.diagnostics);
        if let Some(circle) = circle {
            assert!(circle.message.starts_with("`t.node:b` and `t.node:c` say"), "{circle}");
        }
    }
    // Neither is one that has no record: what it was is gone, or it takes what another one was.
    for (before, after) in [
        (&["z"][..], vec![("t.node:a", &["t.node:b"][..], none), ("t.node:b", &["t.node:a"], none)]),
        (&["a", "p"], vec![("t.node:a", &["t.node:x"], none), ("t.node:x", &["t.node:p", "t.node:a"], none)]),
    ] {
        let p = plan(&self::program(&after), &nodes(before));
        assert!(!p.is_refused(), "{before:?}: {:?}", p.diagnostics);
    }
    // In an environment where nothing was ever made, a former address means nothing.
    let p = plan(&self::program(&[("t.node:b", &["t.node:a"], none)]), &Snapshot::default());
    assert!(p.diagnostics.is_empty());
}

#[test]
fn what_moves_keeps_its_place_in_the_order() {
    let store = |class: &str| [("name", text("n")), ("class", text(class))];
    let child = |of: &str| [("store", arn(of))];
    let before = applied(&graph(&[("t.store:old", &store("1")), ("t.child:c", &child("t.store:old"))]));
    // Moved and replaced at once: the child goes before its store, as it would without the move.
    let program =
        self::program(&[("t.store:new", &["t.store:old"], &store("2")), ("t.child:c", &[], &child("t.store:new"))]);
    let p = plan(&program, &before);
    assert!(!p.is_refused(), "{:?}", p.diagnostics);
    let create = p.steps.iter().position(|s| s.action == Action::Create && s.kind == "t.store".into()).unwrap();
    assert!(p.steps[create].reasons.contains(&Reason::Moved { from: at("t.store:old") }));
    for pick in 0..4 {
        let after = carry_out(&p, &before, |n| pick % n);
        assert!(plan(&program, &after).steps.is_empty());
    }
    // What is set aside, and what is deleted, needs the moved one by its new address.
    let held = before.records[&at("t.child:c")].needs[0].address.clone();
    assert_eq!(held, at("t.store:old"));
    let p = plan(&self::program(&[("t.store:new", &["t.store:old"], &store("1"))]), &before);
    let delete = p.steps.iter().find(|s| s.action == Action::Delete).unwrap();
    assert_eq!(delete.prior.as_ref().unwrap().needs[0].address, at("t.store:new"));
    assert_eq!(carry_out(&p, &before, |_| 0).records.len(), 1);
}

#[test]
fn what_a_refresh_found_moves_along() {
    let before = applied(&graph(&[("t.node:old", &[("size", int(1))])]));
    let asked = Asked {
        refreshed: [(at("t.node:old"), dr_core::plan::Refreshed::Gone)].into_iter().collect(),
        ..Asked::default()
    };
    let g = program(&[("t.node:new", &["t.node:old"], &[("size", int(1))])]);
    let p = plan_with(dr_core::plan::Goal::Apply, &g, &before, &asked);
    assert_eq!((words(&p), &p.steps[0].reasons[..]), (vec!["create t.node:new".into()], &[Reason::Gone][..]));
}

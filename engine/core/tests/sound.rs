//! Soundness: a plan that breaks an invariant is found, for each of them.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;

use dr_core::graph::{Options, ReplaceOrder};
use dr_core::plan::sound::{RULES, check};
use dr_core::plan::{Action, Deferred, Move, Plan, WaitReason};
use dr_core::record::{Record, Snapshot};
use support::*;

/// A plan with every sort of step, and the state it was made from.
fn both() -> (Plan, Snapshot) {
    let store = |class: &str| [("name", text("s")), ("class", text(class))];
    let entry = |address: &'static str, class: &str, size: i64| {
        (address, [("store", text("s")), ("name", text("x")), ("class", text(class)), ("size", int(size))])
    };
    let (a, b) = (entry("t.entry:a", "1", 1), entry("t.entry:b", "2", 1));
    let state = applied(&graph(&[
        ("t.store:s", &store("1")),
        ("t.child:c", &[("store", arn("t.store:s"))]),
        ("t.node:n", &[("size", int(1))]),
        ("t.node:kept", &[("peer", arn("t.node:n"))]),
        ("t.node:old", &[]),
        ("t.node:first", &[("image", text("1"))]),
        ("t.store:gone", &[("name", text("gone"))]),
        ("t.child:gone", &[("store", arn("t.store:gone"))]),
        (a.0, &a.1),
        (b.0, &b.1),
    ]));
    let (a, b) = (entry("t.entry:a", "1", 2), entry("t.entry:b", "2", 2));
    let mut g = graph(&[
        ("t.store:s", &store("2")),
        ("t.child:c", &[("store", arn("t.store:s"))]),
        ("t.node:n", &[("size", int(2))]),
        ("t.node:kept", &[("peer", arn("t.node:n"))]),
        ("t.node:first", &[("image", text("2"))]),
        ("t.node:made", &[("peer", arn("t.node:new")), ("note", arn("t.store:s"))]),
        (a.0, &a.1),
        (b.0, &b.1),
    ]);
    let options = Options { moved_from: vec![at("t.node:old")], ..Options::default() };
    declare(&mut g, "t.node:new", Default::default(), options);
    let p = plan(&g, &state);
    assert!(!p.is_refused(), "{:?}", p.diagnostics);
    let child = &p.steps[step(&p, Action::Delete, "t.child:c")];
    assert_eq!(child.implied_by, Some(at("t.store:s")), "it goes with the old store");
    (p, state)
}

fn step(plan: &Plan, action: Action, address: &str) -> usize {
    let found = plan.steps.iter().position(|s| s.action == action && s.address == at(address));
    found.unwrap_or_else(|| panic!("no {action:?} {address} in {:?}", words(plan)))
}

type Break = fn(&mut Plan, &mut Snapshot);

#[test]
fn each_broken_invariant_is_found() {
    let (p, state) = both();
    assert_eq!(check(&p, &state, &registry()), []);
    let breaks: &[(&str, Break)] = &[
        ("P01", |p, _| p.steps[0].after.push(99)),
        ("P01", |p, _| {
            let (create, delete) = (step(p, Action::Create, "t.store:s"), step(p, Action::Delete, "t.store:s"));
            p.steps[delete].after.push(create);
        }),
        ("P02", |p, _| p.steps[0].kind = "t.nothing".into()),
        ("P02", |p, _| {
            let update = step(p, Action::Update, "t.node:n");
            p.steps[update].kind = "t.store".into();
        }),
        ("P03", |p, _| {
            let update = step(p, Action::Update, "t.node:n");
            p.steps[update].prior = None;
        }),
        ("P03", |_, state| {
            let record = state.records.get_mut(&at("t.node:n")).unwrap();
            Arc::make_mut(record).id = "another".into();
        }),
        ("P03", |p, _| {
            let create = step(p, Action::Create, "t.store:s");
            p.steps[create].prior = None;
        }),
        ("P04", |p, _| {
            let update = step(p, Action::Update, "t.node:n");
            p.steps.push(p.steps[update].clone());
        }),
        ("P04", |p, _| {
            let delete = step(p, Action::Delete, "t.store:gone");
            p.steps.push(p.steps[delete].clone());
        }),
        ("P05", |p, _| {
            let update = step(p, Action::Update, "t.node:n");
            p.steps[update].action = Action::Delete;
        }),
        ("P06", |p, _| {
            let create = step(p, Action::Create, "t.node:made");
            p.steps[create].after.clear();
        }),
        ("P06", |p, _| {
            let create = step(p, Action::Create, "t.node:made");
            p.steps[create].args.insert("note".into(), arn("t.node:nowhere"));
        }),
        ("P06", |p, _| {
            // It goes into a call with another one, which is not the one that makes what it reads.
            let entry = step(p, Action::Update, "t.entry:b");
            p.steps[entry].args.insert("peer".into(), arn("t.node:made"));
        }),
        ("P07", |p, _| {
            let create = step(p, Action::Create, "t.node:made");
            p.steps[create].needs[0].address = at("t.store:gone");
        }),
        ("P08", |p, _| {
            let delete = step(p, Action::Delete, "t.store:s");
            p.steps[delete].replacement = Some(ReplaceOrder::CreateFirst);
        }),
        ("P08", |p, _| {
            let delete = step(p, Action::Delete, "t.store:s");
            p.steps[delete].replacement = None;
        }),
        ("P08", |p, _| {
            let (create, delete) = (step(p, Action::Create, "t.store:s"), step(p, Action::Delete, "t.store:s"));
            p.steps[create].after.retain(|&i| i != delete);
        }),
        ("P08", |p, _| {
            let (create, delete) = (step(p, Action::Create, "t.node:first"), step(p, Action::Delete, "t.node:first"));
            p.steps[delete].after.retain(|&i| i != create);
        }),
        ("P08", |p, _| {
            let create = step(p, Action::Create, "t.node:first");
            p.steps[create].replacement = None;
        }),
        ("P08", |p, _| {
            let delete = step(p, Action::Delete, "t.node:first");
            p.steps[delete].action = Action::Forget;
        }),
        ("P09", |p, _| {
            let child = step(p, Action::Delete, "t.child:gone");
            p.steps[child].after = vec![step(p, Action::Delete, "t.store:s")];
        }),
        ("P09", |p, _| {
            let child = step(p, Action::Delete, "t.child:gone");
            p.steps[child].after.clear();
        }),
        ("P10", |p, _| {
            let entry = step(p, Action::Update, "t.entry:b");
            p.steps[entry].args.insert("class".into(), text("1"));
        }),
        ("P11", |p, _| p.moves[0].from = at("t.node:nowhere")),
        ("P11", |p, _| p.moves[0].to = at("t.node:kept")),
        ("P11", |p, _| p.moves.push(Move { from: at("t.node:old"), to: at("t.node:third") })),
        ("P11", |p, _| p.moves.push(Move { from: at("t.node:n"), to: at("t.node:new") })),
        ("P12", |p, _| {
            let entry = step(p, Action::Update, "t.entry:b");
            let other = step(p, Action::Update, "t.node:n");
            p.steps[entry].after.push(other);
        }),
        ("P12", |p, _| {
            let other = step(p, Action::Update, "t.node:n");
            p.steps[other].batch = p.steps[step(p, Action::Update, "t.entry:b")].batch;
        }),
        ("P13", |p, state| {
            let known: Record = (**state.records.values().next().unwrap()).clone();
            let made = step(p, Action::Create, "t.node:made");
            p.steps[made].action = Action::Import;
            p.steps[made].prior = Some(Arc::new(known));
        }),
        ("P14", |p, _| p.steps[0].protect = true),
    ];
    for (i, (rule, spoil)) in breaks.iter().enumerate() {
        let (mut p, mut state) = (p.clone(), state.clone());
        spoil(&mut p, &mut state);
        let found = check(&p, &state, &registry());
        assert!(found.iter().any(|f| f.rule == *rule), "{rule} ({i}): {found:?}");
        assert!(found.iter().all(|f| !f.what.is_empty()));
        // Nothing else can be looked at while addresses or the order are in doubt.
        let alone = ["P01", "P11"].contains(rule);
        assert!(!alone || found.iter().all(|f| f.rule == *rule), "{rule} ({i}): {found:?}");
    }
    let broken: BTreeSet<&str> = breaks.iter().map(|(rule, _)| *rule).collect();
    assert_eq!(broken, RULES.iter().map(|(rule, _)| *rule).collect(), "each rule is broken once at least");
}

#[test]
fn what_breaks_no_invariant_is_not_refused() {
    let (p, state) = both();
    let import = |p: &mut Plan, change: fn(&mut Record)| {
        let (_, state) = both();
        let mut record = Record::clone(&state.records[&at("t.node:n")]);
        change(&mut record);
        record.op = format!("import:{}", record.id).into();
        let made = step(p, Action::Create, "t.node:made");
        p.steps[made].action = Action::Import;
        p.steps[made].prior = Some(Arc::new(record));
    };
    let changes: [&dyn Fn(&mut Plan); 5] = [
        // It reads what is recorded and stays.
        &|p| {
            let create = step(p, Action::Create, "t.node:made");
            p.steps[create].args.insert("note".into(), arn("t.node:kept"));
        },
        &|p| {
            let create = step(p, Action::Create, "t.node:made");
            p.steps[create].typical_ms += 1;
        },
        // It takes over what has another id, or the same one as another kind, or in another region.
        &|p| import(p, |record| record.id = "another".into()),
        &|p| import(p, |record| record.region = Some("r2".into())),
        &|p| import(p, |record| record.kind = "t.base".into()),
    ];
    for (i, change) in changes.iter().enumerate() {
        let mut p = p.clone();
        change(&mut p);
        let found = check(&p, &state, &registry());
        assert!(found.iter().all(|f| f.rule == "P14"), "{i}: {found:?}");
    }
}

#[test]
fn only_the_deletion_after_a_creation_may_wait_without_its_other_half() {
    // Of each order, each half is taken out, and waits or is lost.
    for order in [ReplaceOrder::CreateFirst, ReplaceOrder::DeleteFirst] {
        for left_out in [Action::Create, Action::Delete] {
            for waits in [true, false] {
                let when = format!("{order:?} {left_out:?} {waits}");
                let one = |image: &str| {
                    let mut g = graph(&[("t.node:n", &[("image", text(image))])]);
                    g.nodes.get_mut(&at("t.node:n")).unwrap().options.replace = Some(order);
                    g
                };
                let state = applied(&one("1"));
                let mut p = plan(&one("2"), &state);
                assert_eq!(p.steps.len(), 2, "{when}");
                let half = p.steps.remove(step(&p, left_out, "t.node:n"));
                p.steps[0].after.clear();
                if waits {
                    p.deferred.push(Deferred { step: half, why: WaitReason::Successor, place: "r1".into() });
                }
                let found = check(&p, &state, &registry());
                let is_fine = order == ReplaceOrder::CreateFirst && left_out == Action::Delete && waits;
                assert_eq!(found.iter().all(|f| f.rule != "P08"), is_fine, "{when}: {found:?}");
            }
        }
    }
}

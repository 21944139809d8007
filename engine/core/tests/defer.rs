//! What waits while a region is away, and what does not: case by case, and over generated programs.
#![allow(missing_docs, clippy::unwrap_used)] // A test that cannot go on says so.

mod support;

use std::collections::{BTreeMap, BTreeSet};

use dr_core::address::Address;
use dr_core::expr::Expr;
use dr_core::graph::{Graph, Options, Output, ReplaceOrder};
use dr_core::plan::{Action, Deferred, Goal, Plan, Refreshed, Step, WaitReason};
use dr_core::record::{Record, Snapshot};
use dr_core::region::{Away, Aways, GLOBAL, place};
use dr_core::selection::{Aim, Selector};
use dr_core::value::{Map, Value};
use proptest::prelude::*;
use support::*;

fn silent(places: &[&str]) -> Asked {
    Asked { away: places.iter().map(|place| ((*place).into(), Away::Silent)).collect(), ..Asked::default() }
}

fn without(graph: &Graph, snapshot: &Snapshot, places: &[&str]) -> Plan {
    plan_with(Goal::Apply, graph, snapshot, &silent(places))
}

/// The deferred steps in a few words, each with why.
fn waits(plan: &Plan) -> Vec<String> {
    let why = |d: &Deferred| match &d.why {
        WaitReason::LeftOut => "left out".to_owned(),
        WaitReason::Away(away) => format!("{} {away:?}", d.place).to_lowercase(),
        WaitReason::Step { address } => format!("after {address}"),
        WaitReason::Value { address } => format!("value of {address}"),
        WaitReason::Together { address } => format!("with {address}"),
        WaitReason::Successor => "successor".to_owned(),
        WaitReason::Needed { address } => format!("for {address}"),
    };
    plan.deferred
        .iter()
        .map(|d| format!("{} {}: {}", format!("{:?}", d.step.action).to_lowercase(), d.step.address, why(d)))
        .collect()
}

/// `a` in r1 and `b` in r2, which takes arguments of `a`.
fn pair(a: &[(&str, Expr)], b: &[(&str, Expr)]) -> Graph {
    let mut g = graph(&[("t.node:a", a), ("t.node:b", b)]);
    put(&mut g, "t.node:b", "r2");
    g
}

#[test]
fn steps_there_wait_and_steps_elsewhere_run() {
    let g = pair(&[("size", int(1))], &[("size", int(1))]);
    let p = without(&g, &Snapshot::default(), &["r1"]);
    assert_eq!(words(&p), ["create t.node:b"]);
    assert_eq!(waits(&p), ["create t.node:a: r1 silent"]);
    assert_eq!((p.counts().create, p.counts().deferred), (1, 1));
    assert!(p.has_changes() && !p.is_empty());
    let after = carry_out(&p, &Snapshot::default(), |_| 0);
    let rest = without(&g, &after, &["r1"]);
    assert!(!rest.has_changes() && !rest.is_empty() && rest.counts().unchanged == 1);
    assert_eq!(words(&plan(&g, &after)), ["create t.node:a"]);
}

#[test]
fn the_estimate_is_of_what_does_not_wait() {
    let mut g = graph(&[("t.store:a", &[("name", text("a"))]), ("t.store:b", &[("name", text("b"))])]);
    put(&mut g, "t.store:b", "r2");
    for (there, seconds) in [(&["r1"][..], 10), (&["r2"], 10), (&["r1", "r2"], 0)] {
        let p = without(&g, &Snapshot::default(), there);
        assert_eq!((p.estimate().as_secs(), p.deferred.len()), (seconds, there.len()), "{there:?}");
    }
}

#[test]
fn who_needs_what_is_made_there_waits_and_who_needs_what_is_recorded_runs() {
    let uses = |size| pair(&[("image", text("1"))], &[("peer", arn("t.node:a")), ("size", int(size))]);
    let p = without(&uses(1), &Snapshot::default(), &["r1"]);
    assert_eq!(waits(&p), ["create t.node:a: r1 silent", "create t.node:b: value of t.node:a"]);
    assert!(p.steps.is_empty() && p.estimate_ms == 0);
    // Once `a` is recorded, its ARN is known.
    let p = without(&uses(2), &applied(&uses(1)), &["r1"]);
    assert_eq!((words(&p).as_slice(), p.deferred.len()), (["update t.node:b".to_owned()].as_slice(), 0));
}

#[test]
fn of_what_only_changes_there_the_recorded_values_suffice() {
    let size_of_a = Expr::attr(&at("t.node:a"), "size");
    let revision = Expr::attr(&at("t.node:a"), "revision");
    let g = |n: i64, mine: i64, note: Expr| {
        pair(&[("size", int(n))], &[("peer", arn("t.node:a")), ("size", int(mine)), ("note", note)])
    };
    // It takes the ARN alone, which stays.
    let p = without(&g(2, 2, text("x")), &applied(&g(1, 1, text("x"))), &["r1"]);
    assert_eq!(words(&p), ["update t.node:b"]);
    assert_eq!((p.steps[0].after.len(), waits(&p)), (0, vec!["update t.node:a: r1 silent".to_owned()]));
    // It takes what changes, or what may change with it.
    for taken in [size_of_a, revision] {
        let note = || Expr::concat(vec![text("of "), taken.clone()]).unwrap();
        let p = without(&g(2, 2, note()), &applied(&g(1, 1, note())), &["r1"]);
        assert_eq!(waits(&p), ["update t.node:a: r1 silent", "update t.node:b: value of t.node:a"]);
    }
    // It says that it comes after.
    let mut later = g(2, 2, text("x"));
    later.nodes.get_mut(&at("t.node:b")).unwrap().options.depends_on = vec![at("t.node:a")];
    let p = without(&later, &applied(&g(1, 1, text("x"))), &["r1"]);
    assert_eq!(waits(&p), ["update t.node:a: r1 silent", "update t.node:b: after t.node:a"]);
}

#[test]
fn nothing_is_deleted_for_a_successor_that_cannot_be_made() {
    // The node in r2 is replaced with the store in r1 that it is bound to.
    let g = |class: &str| {
        let mut g = graph(&[
            ("t.node:n", &[("store", arn("t.store:z"))]),
            ("t.store:z", &[("name", text("z")), ("class", text(class))]),
        ]);
        put(&mut g, "t.node:n", "r2");
        g
    };
    let p = without(&g("cold"), &applied(&g("warm")), &["r1"]);
    assert_eq!(words(&p), [""; 0]);
    assert_eq!(
        waits(&p),
        [
            "create t.node:n: value of t.store:z",
            "delete t.node:n: successor",
            "create t.store:z: r1 silent",
            "delete t.store:z: r1 silent"
        ]
    );
    assert_eq!(p.counts().deferred, 2);
    // Nor when it goes to another region.
    let moves = |region: &str| {
        let mut g = graph(&[("t.store:z", &[("name", text("z"))])]);
        put(&mut g, "t.store:z", region);
        g.nodes.get_mut(&at("t.store:z")).unwrap().options.replace = Some(ReplaceOrder::DeleteFirst);
        g
    };
    let p = without(&moves("r2"), &applied(&moves("r1")), &["r2"]);
    assert_eq!(waits(&p), ["create t.store:z: r2 silent", "delete t.store:z: successor"]);
}

#[test]
fn what_leaves_a_region_that_is_down_is_made_elsewhere_at_once() {
    let g = |region: &str| {
        let mut g = graph(&[("t.store:z", &[("name", text("z"))])]);
        put(&mut g, "t.store:z", region);
        g
    };
    let before = applied(&g("r1"));
    let p = without(&g("r2"), &before, &["r1"]);
    assert_eq!((words(&p), waits(&p)), (vec!["create t.store:z".into()], vec!["delete t.store:z: r1 silent".into()]));
    let after = carry_out(&p, &before, |_| 0);
    assert_eq!(after.deposed.len(), 1);
    let p = without(&g("r2"), &after, &["r1"]);
    assert_eq!(waits(&p), ["delete t.store:z: r1 silent"]);
    let after = carry_out(&plan(&g("r2"), &after), &after, |_| 0);
    assert!(after.deposed.is_empty() && plan(&g("r2"), &after).is_empty());
}

#[test]
fn a_destroy_takes_what_it_can() {
    let g = pair(&[("image", text("1"))], &[("peer", arn("t.node:a"))]);
    let before = applied(&g);
    let destroy = |state: &Snapshot, away: &[&str]| plan_with(Goal::Destroy, &graph(&[]), state, &silent(away));
    let p = destroy(&before, &["r1"]);
    assert_eq!((words(&p), waits(&p)), (vec!["delete t.node:b".into()], vec!["delete t.node:a: r1 silent".into()]));
    let after = carry_out(&p, &before, |_| 0);
    assert!(carry_out(&destroy(&after, &[]), &after, |_| 0).is_empty());
    // What is used by something that cannot go stays.
    let p = destroy(&before, &["r2"]);
    assert_eq!(waits(&p), ["delete t.node:a: after t.node:b", "delete t.node:b: r2 silent"]);
}

#[test]
fn what_goes_along_with_something_elsewhere_needs_no_call_of_its_own() {
    let mut g = graph(&[("t.store:s", &[("name", text("s"))]), ("t.child:c", &[("store", arn("t.store:s"))])]);
    put(&mut g, "t.store:s", "r2");
    let state = applied(&g);
    for (away, gone) in [("r1", true), ("r2", false)] {
        let p = plan_with(Goal::Destroy, &graph(&[]), &state, &silent(&[away]));
        assert!(!p.is_refused(), "{:?}", p.diagnostics);
        assert_eq!(p.steps.is_empty(), !gone, "{:?}", waits(&p));
        assert_eq!(carry_out(&p, &state, |_| 0).is_empty(), gone, "{away}");
    }
}

#[test]
fn outputs_of_what_waits_stay_as_they_are() {
    let g = |image: &str, size: i64| {
        let mut g = pair(&[("image", text(image)), ("size", int(size))], &[("size", int(size))]);
        for (name, value) in [
            ("arn", arn("t.node:a")),
            ("size", Expr::attr(&at("t.node:a"), "size")),
            ("revision", Expr::attr(&at("t.node:a"), "revision")),
            ("both", Expr::list(vec![Expr::attr(&at("t.node:a"), "size"), Expr::attr(&at("t.node:b"), "size")])),
            ("other", Expr::attr(&at("t.node:b"), "size")),
            ("beside", Expr::list(vec![arn("t.node:a"), Expr::attr(&at("t.node:b"), "size")])),
        ] {
            g.outputs.insert(name.into(), Output { value, span: None });
        }
        g
    };
    let kept = |p: &Plan| p.outputs.iter().filter(|(_, o)| o.kept).map(|(k, _)| k.to_string()).collect::<Vec<_>>();
    let before = applied(&g("1", 1));
    let p = without(&g("1", 2), &before, &["r1"]);
    assert_eq!(kept(&p), ["both", "revision", "size"]);
    let after = carry_out(&p, &before, |_| 0).outputs;
    let expected = [("both", Value::List(vec![Value::Int(1); 2])), ("other", Value::Int(2)), ("size", Value::Int(1))];
    for (name, value) in expected {
        assert_eq!(after[name], value, "{name}");
    }
    assert_eq!(after["arn"], before.outputs["arn"]);
    // What stays as it is does not keep back what changes beside it.
    assert_eq!(after["beside"], Value::List(vec![before.outputs["arn"].clone(), Value::Int(2)]));
    // What never was is not there yet.
    let p = without(&g("1", 1), &Snapshot::default(), &["r1"]);
    assert_eq!(kept(&p), ["arn", "beside", "both", "revision", "size"]);
    let after = carry_out(&p, &Snapshot::default(), |_| 0).outputs;
    assert_eq!(after.keys().map(|k| &**k).collect::<Vec<_>>(), ["other"]);
    // Replaced there: the old one is still the one.
    assert_eq!(kept(&without(&g("2", 1), &before, &["r1"])), ["arn", "beside", "revision"]);
}

#[test]
fn what_is_global_comes_along_as_far_as_it_is_needed() {
    let mut g = graph(&[
        ("t.role:needed", &[]),
        ("t.role:behind", &[("over", Expr::attr(&at("t.role:needed"), "arn")), ("peer", arn("t.node:b"))]),
        ("t.role:alone", &[]),
        ("t.node:a", &[]),
        ("t.node:b", &[("note", Expr::attr(&at("t.role:needed"), "arn"))]),
    ]);
    put(&mut g, "t.node:b", "r2");
    let away = |places: &[&str]| Asked {
        away: places.iter().map(|p| ((*p).into(), Away::LeftOut)).collect(),
        ..Asked::default()
    };
    let p = plan_with(Goal::Apply, &g, &Snapshot::default(), &away(&["r1", GLOBAL]));
    assert_eq!(words(&p), ["create t.node:b", "create t.role:needed"]);
    assert_eq!(
        waits(&p),
        ["create t.node:a: r1 leftout", "create t.role:alone: global leftout", "create t.role:behind: global leftout"]
    );
    let p = plan_with(Goal::Apply, &g, &Snapshot::default(), &away(&["r1"]));
    assert_eq!(waits(&p), ["create t.node:a: r1 leftout"]);
    // A global service that does not answer is not there for anybody.
    let p = without(&g, &Snapshot::default(), &[GLOBAL]);
    assert_eq!(words(&p), ["create t.node:a"]);
}

#[test]
fn what_is_gone_is_known_as_long_as_something_needs_it() {
    // A store is gone; what is made from it is in a region that is away.
    for user in ["t.child:b", "t.node:b"] {
        let mut g = graph(&[("t.store:a", &[]), (user, &[("store", arn("t.store:a"))])]);
        put(&mut g, user, "r2");
        let state = applied(&g);
        for (goal, g) in [(Goal::Destroy, graph(&[])), (Goal::Apply, graph(&[("t.store:other", &[])]))] {
            let gone = || BTreeMap::from([(at("t.store:a"), Refreshed::Gone)]);
            let p = plan_with(goal, &g, &state, &Asked { refreshed: gone(), ..silent(&["r2"]) });
            assert!(!p.is_refused(), "{:?}", p.diagnostics);
            assert_eq!(waits(&p).len(), 2, "{:?}", waits(&p));
            let next = carry_out(&p, &state, |_| 0);
            assert!(next.records.contains_key(&at("t.store:a")));
            let last = plan_with(goal, &g, &next, &Asked { refreshed: gone(), ..Asked::default() });
            let last = carry_out(&last, &next, |_| 0);
            assert_eq!(last.records.len(), g.nodes.len());
        }
    }
}

#[test]
fn the_identity_covers_what_waits() {
    let ids = [&[][..], &["r1"], &["r2"], &["r1", "r2"]].map(|away| {
        let g = pair(&[("size", int(1))], &[("size", int(1))]);
        without(&g, &Snapshot::default(), away).id
    });
    assert_eq!(BTreeSet::from(ids.clone()).len(), ids.len());
}

/// One resource in a few numbers: its kind, its region, and what each of its arguments is drawn from.
#[derive(Debug, Clone)]
struct Seed {
    kind: u8,
    present: bool,
    region: u8,
    size: u8,
    class: u8,
    first: u8,
    second: u8,
}

fn seed() -> impl Strategy<Value = Seed> {
    let numbers = (0..6u8, 0..8u8, 0..3u8, 0..3u8, any::<u8>(), any::<u8>());
    (prop::bool::weighted(0.9), numbers).prop_map(|(present, (kind, region, size, class, first, second))| Seed {
        kind,
        present,
        region,
        size,
        class,
        first,
        second,
    })
}

/// A program of these resources over two regions; each refers to earlier ones only, and sometimes takes a size.
fn program(seeds: &[Seed]) -> Graph {
    let mut g = graph(&[]);
    let mut made: [Vec<String>; 5] = Default::default();
    for (i, seed) in seeds.iter().enumerate().filter(|(_, s)| s.present) {
        let pick = |from: &[String], by: u8| (!from.is_empty()).then(|| from[usize::from(by) % from.len()].clone());
        let mut args: Map<Expr> = Map::from([("size".into(), int(i64::from(seed.size)))]);
        if let Some(other) = pick(&made[1], seed.first).filter(|_| seed.second % 3 == 0) {
            args.insert("size".into(), Expr::attr(&at(&other), "size"));
        }
        let store = pick(&made[0], seed.first);
        match (seed.kind, store) {
            (0, _) => {
                args.insert("name".into(), text(&i.to_string()));
                args.insert("class".into(), text(if seed.class == 0 { "warm" } else { "cold" }));
            }
            (1, store) => {
                args.insert("image".into(), text(if seed.class == 0 { "1" } else { "2" }));
                if let Some(other) = pick(&made[1], seed.second).filter(|_| seed.first % 4 == 0) {
                    let revision = Expr::attr(&at(&other), "revision");
                    args.insert("note".into(), Expr::concat(vec![text("revision "), revision]).unwrap());
                }
                let all = [("store", store, 3), ("peer", pick(&made[1], seed.second), 2)];
                for (name, other, among) in all {
                    if let Some(other) = other.filter(|_| seed.first % among > 0) {
                        args.insert(name.into(), arn(&other));
                    }
                }
            }
            (2, Some(store)) => drop(args.insert("store".into(), arn(&store))),
            // Changes of entries with one name go into one call.
            (3 | 4, Some(store)) => {
                args.insert("store".into(), Expr::attr(&at(&store), "name"));
                args.insert("name".into(), text(["x", "y"][usize::from(seed.second % 2)]));
                args.insert("class".into(), text(&i.to_string()));
                args.extend(pick(&made[1], seed.second).map(|other| ("peer".into(), arn(&other))));
            }
            (2..5, None) => continue,
            _ => {
                for (name, other) in [("peer", pick(&made[1], seed.first)), ("over", pick(&made[4], seed.second))] {
                    args.extend(other.map(|other| (name.into(), arn(&other))));
                }
            }
        }
        let address =
            format!("t.{}:x{i}", ["store", "node", "child", "entry", "entry", "role"][usize::from(seed.kind)]);
        declare(&mut g, &address, args, Options::default());
        // What is of a store is mostly where the store is, and always when it names it: names mean what is near.
        if seed.kind < 2 {
            put(&mut g, &address, if (i + usize::from(seed.region == 0)).is_multiple_of(2) { "r1" } else { "r2" });
        }
        let near = |_: &String| seed.region > 1 || seed.kind > 2;
        if let (2..5, Some(store)) = (seed.kind, pick(&made[0], seed.first).filter(near)) {
            let region = g.nodes[&at(&store)].region.clone().unwrap();
            put(&mut g, &address, &region);
        }
        made[[0, 1, 2, 3, 3, 4][usize::from(seed.kind)]].push(address);
        let outputs = g.nodes.keys().last().map(|a| Expr::attr(a, "size"));
        g.outputs.extend(outputs.map(|value| ("last".into(), Output { value, span: None })));
    }
    g
}

fn key(step: &Step) -> (Address, Action, Option<String>) {
    (step.address.clone(), step.action, step.prior.as_ref().map(|p| p.op.to_string()))
}

/// What must hold of any plan that does without some places, whatever it is made from.
fn check(p: &Plan, whole: &Plan, away: &Aways) {
    let registry = registry();
    let there = |step: &Step| place(registry.get(&step.kind).unwrap(), step.region.as_deref()).unwrap().to_owned();
    let calls = |step: &Step| !matches!(step.action, Action::Record | Action::Forget) && step.implied_by.is_none();
    let numbers: BTreeMap<_, usize> = whole.steps.iter().enumerate().map(|(i, s)| (key(s), i)).collect();
    assert_eq!(p.steps.len() + p.deferred.len(), whole.steps.len());
    let waiting: BTreeMap<_, &Deferred> = p.deferred.iter().map(|d| (key(&d.step), d)).collect();
    for step in &p.steps {
        let gone = away.get(&*there(step)).filter(|_| calls(step));
        assert!(gone.is_none() || (gone == Some(&Away::LeftOut) && there(step) == GLOBAL), "{} runs", step.address);
        if step.replacement == Some(ReplaceOrder::DeleteFirst) {
            assert!(
                !p.deferred.iter().any(|d| d.step.address == step.address),
                "half of the replacement of {} waits",
                step.address
            );
        }
    }
    for d in &p.deferred {
        let before: Vec<&Step> = whole.steps[numbers[&key(&d.step)]].after.iter().map(|&i| &whole.steps[i]).collect();
        let after = |address: &Address| {
            before.iter().any(|s| s.address == *address && waiting.get(&key(s)).is_some_and(|w| w.place == d.place))
        };
        match &d.why {
            WaitReason::LeftOut => unreachable!("nobody leaves anything out"),
            WaitReason::Away(why) => {
                assert!(calls(&d.step) && away[&*d.place] == *why && *there(&d.step) == *d.place);
            }
            WaitReason::Step { address } | WaitReason::Value { address } => {
                assert!(after(address), "{} waits for {address} without a need", d.step.address);
            }
            WaitReason::Together { address } => {
                let batch = |step: &Step| whole.steps[numbers[&key(step)]].batch;
                let with = |w: &Deferred| w.step.address == *address && batch(&w.step) == batch(&d.step);
                assert!(batch(&d.step).is_some() && p.deferred.iter().any(with));
            }
            WaitReason::Needed { address } => {
                assert!(p.deferred.iter().any(|w| w.step.address == *address && w.place == d.place));
                let needs = |step: &&Step| step.after.iter().any(|&i| key(&whole.steps[i]) == key(&d.step));
                let waits = |step: &Step| waiting.contains_key(&key(step));
                assert!(whole.steps.iter().filter(needs).all(waits), "{} is needed", d.step.address);
            }
            WaitReason::Successor => {
                let create = |w: &&Deferred| w.step.action == Action::Create && w.step.address == d.step.address;
                assert!(d.step.action == Action::Delete && p.deferred.iter().any(|w| create(&w)));
            }
        }
    }
}

fn id_of_prior(step: &Step) -> Option<String> {
    step.prior.as_ref().map(|prior| prior.id.to_string())
}

/// Everything but what the state alone is told.
fn live(record: &Record) -> (String, Map<Value>, Map<Value>) {
    (record.id.to_string(), record.args.clone(), record.outputs.clone())
}

fn in_region<'a>(state: &'a Snapshot, region: &'a str) -> impl Iterator<Item = (String, Map<Value>, Map<Value>)> + 'a {
    let all = state.records.values().chain(&state.deposed);
    let mut found: Vec<_> = all.filter(move |r| r.region.as_deref() == Some(region)).map(|r| live(r)).collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found.into_iter()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever changes while places are away: what can run runs on a cloud that refuses what a real one would, nothing
    /// there is touched, nothing waits without a reason, what ran has the values that its sources have, and once they are back everything is as declared.
    #[test]
    fn what_is_left_runs_and_converges(
        first in prop::collection::vec(seed(), 0..12),
        second in prop::collection::vec(seed(), 0..12),
        gone in prop::sample::subsequence(vec!["r1", "r2", GLOBAL], 1..3),
        why in prop::sample::select(vec![Away::Silent, Away::LeftOut]),
        destroy in prop::bool::weighted(0.2),
        picks in prop::collection::vec(any::<u8>(), 64),
    ) {
        let mut next = 0;
        let mut pick = |n: usize| { next += 1; usize::from(picks[next % picks.len()]) % n };
        let away: Aways = gone.iter().map(|place| ((*place).into(), why)).collect();
        let asked = Asked { away: away.clone(), ..Asked::default() };
        let g = program(&first);
        let p = plan(&g, &Snapshot::default());
        let before = carry_out(&p, &Snapshot::default(), &mut pick);
        let (goal, g) = if destroy { (Goal::Destroy, graph(&[])) } else { (Goal::Apply, program(&second)) };
        let whole = plan_with(goal, &g, &before, &Asked::default());
        prop_assume!(!whole.is_refused());
        let p = plan_with(goal, &g, &before, &asked);
        prop_assert_eq!(&p, &plan_with(goal, &g, &before, &asked), "the same input gives the same plan");
        check(&p, &whole, &away);
        let after = carry_out(&p, &before, &mut pick);
        // What goes along with something elsewhere goes without a call of its own.
        let along: BTreeSet<_> = p.steps.iter().filter(|s| s.implied_by.is_some()).filter_map(id_of_prior).collect();
        for region in gone.iter().filter(|place| **place != GLOBAL) {
            let left = in_region(&before, region).filter(|(id, ..)| !along.contains(id));
            prop_assert!(left.eq(in_region(&after, region)), "{} was touched", region);
        }
        for step in p.steps.iter().filter(|s| matches!(s.action, Action::Create | Action::Update)) {
            for (name, value) in &g.nodes[&step.address].args {
                let now = value.reduce(&mut |r| after.records.get(&r.address)?.attribute(&r.attr)).unwrap();
                prop_assert_eq!(now.known(), after.records[&step.address].args.get(name), "{} {}", step.address, name);
            }
        }
        let rest = plan_with(goal, &g, &after, &asked);
        prop_assert!(!rest.has_changes() || why == Away::LeftOut, "more could have run: {:?}", words(&rest));
        let last = plan_with(goal, &g, &after, &Asked::default());
        prop_assert!(!last.is_refused(), "{:?}", last.diagnostics);
        let last = carry_out(&last, &after, &mut pick);
        if destroy {
            prop_assert!(last.is_empty());
        } else {
            let p = plan(&g, &last);
            prop_assert!(p.is_empty() && p.steps.is_empty(), "{:?}", words(&p));
        }
    }
}

#[test]
fn what_cannot_be_looked_at_is_taken_over_later_and_not_made() {
    let mut g = pair(&[], &[]);
    declare(&mut g, "t.node:found", Map::new(), Options { import_id: Some("i".into()), ..Options::default() });
    let p = without(&g, &Snapshot::default(), &["r1"]);
    assert_eq!(words(&p), ["create t.node:b"]);
    assert_eq!(waits(&p), ["create t.node:a: r1 silent", "import t.node:found: r1 silent"]);
    // Where it could be looked at and was not there, it is made.
    assert!(words(&without(&g, &Snapshot::default(), &["r2"])).contains(&"create t.node:found".to_owned()));
}

#[test]
fn what_is_made_from_a_look_up_that_nobody_answers_stays_as_it_is() {
    // `n` takes what a look-up in r1 answers; it lives in r2.
    let g = |size: i64| {
        let mut g = graph(&[("t.lookup:l", &[]), ("t.node:n", &[("note", arn("t.lookup:l")), ("size", int(size))])]);
        put(&mut g, "t.node:n", "r2");
        g
    };
    let answered = |answer: &str, away: &[&str]| {
        let known = [(at("t.lookup:l"), Map::from([("arn".into(), Value::str(answer))]))].into_iter().collect();
        Asked { known, ..silent(away) }
    };
    let first = plan_with(Goal::Apply, &g(1), &Snapshot::default(), &answered("x", &[]));
    let state = carry_out(&first, &Snapshot::default(), |_| 0);
    // Nothing tells whether it differs, whatever else the program says of it.
    for size in [1, 2] {
        let p = without(&g(size), &state, &["r1"]);
        assert_eq!((words(&p), p.unchanged), (vec![], 1), "{:?}", waits(&p));
    }
    // The last answer is as good as one; and so is a look-up that is only asked later, where it can be.
    for (asked, expected) in [
        (answered("x", &["r1"]), &[][..]),
        (answered("y", &["r1"]), &["update t.node:n"]),
        (silent(&["r3"]), &["read t.lookup:l", "update t.node:n"]),
    ] {
        assert_eq!(words(&plan_with(Goal::Apply, &g(1), &state, &asked)), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever a plan is limited to: it runs on a cloud that refuses what a real one would, what is excluded stays as it
    /// is, everything that is aimed at and needs nothing excluded runs, nothing else does that nobody needs, and a plan
    /// without limits makes the rest.
    #[test]
    fn a_limited_plan_does_what_is_meant_and_the_next_one_the_rest(
        first in prop::collection::vec(seed(), 0..12),
        second in prop::collection::vec(seed(), 0..12),
        targets in prop::collection::vec(any::<u8>(), 0..3),
        exclude in prop::collection::vec(any::<u8>(), 0..3),
        destroy in prop::bool::weighted(0.2),
        picks in prop::collection::vec(any::<u8>(), 64),
    ) {
        let mut next = 0;
        let mut pick = |n: usize| { next += 1; usize::from(picks[next % picks.len()]) % n };
        let g = program(&first);
        let before = carry_out(&plan(&g, &Snapshot::default()), &Snapshot::default(), &mut pick);
        let (goal, g) = if destroy { (Goal::Destroy, graph(&[])) } else { (Goal::Apply, program(&second)) };
        let whole = plan_with(goal, &g, &before, &Asked::default());
        prop_assume!(!whole.is_refused() && !whole.steps.is_empty());
        let some = |picked: &[u8]| -> Vec<Selector> {
            let all: Vec<&Address> = whole.steps.iter().map(|step| &step.address).collect();
            picked.iter().map(|n| Selector::Address(all[usize::from(*n) % all.len()].clone())).collect()
        };
        let aim = Aim { targets: some(&targets), exclude: some(&exclude) };
        let p = plan_with(goal, &g, &before, &Asked { aim: aim.clone(), ..Asked::default() });
        prop_assert!(!p.is_refused(), "{:?}", p.diagnostics);
        prop_assert_eq!(p.steps.len() + p.deferred.len(), whole.steps.len());
        for step in &p.steps {
            prop_assert!(!aim.excludes(&step.address), "{} is excluded", step.address);
        }
        if exclude.is_empty() {
            for d in &p.deferred {
                prop_assert!(aim.misses(&d.step.address), "{} is meant", d.step.address);
            }
        }
        let partial = p.diagnostics.iter().any(|d| d.message.contains("this plan is partial"));
        prop_assert_eq!(partial, p.deferred.iter().any(|d| d.step.action != Action::Record && d.place.is_empty()));
        // Without what comes along, what is meant could not run: each has something after it that runs.
        let along = p.steps.iter().enumerate().filter(|(_, step)| aim.misses(&step.address));
        for (i, step) in along {
            let goes_along = || step.implied_by.as_ref().is_some_and(|parent| p.steps.iter().any(|s| s.address == *parent));
            let is_half = step.replacement.is_some() || step.batch.is_some();
            let is_needed = p.steps.iter().any(|other| other.after.contains(&i)) || goes_along() || is_half;
            prop_assert!(is_needed, "nobody needs {}", step.address);
        }
        let after = carry_out(&p, &before, &mut pick);
        for (address, record) in before.records.iter().filter(|(address, _)| aim.excludes(address)) {
            prop_assert_eq!(after.records.get(address).map(|r| live(r)), Some(live(record)), "{} was touched", address);
        }
        let rest = plan_with(goal, &g, &after, &Asked::default());
        prop_assume!(!rest.is_refused());
        let end = carry_out(&rest, &after, &mut pick);
        let last = plan_with(goal, &g, &end, &Asked::default());
        prop_assert!(last.is_empty(), "{:?}", words(&last));
    }
}

//! What will be known of a resource once a plan is carried out, as those that read it see.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::cloud::Identity;
use dr_core::expr::Expr;
use dr_core::graph::Graph;
use dr_core::plan::{Action, Goal, Input, Plan, foresee};
use dr_core::record::Snapshot;
use dr_core::value::{Map, Value};
use support::*;

/// A node whose note, or another argument, reads an attribute of a store.
fn reading(attr: &str, by: &str, store: &[(&str, Expr)], region: &str) -> Graph {
    let mut g = graph(&[("t.node:n", &[(by, Expr::attr(&at("t.store:z"), attr))]), ("t.store:z", store)]);
    put(&mut g, "t.store:z", region);
    g
}

fn node(plan: &Plan) -> Option<&dr_core::plan::Step> {
    plan.steps.iter().find(|s| s.address == at("t.node:n"))
}

#[test]
fn of_what_is_made_its_arguments_and_place_are_known_and_nothing_else() {
    let store = [("name", text("z")), ("class", text("warm"))];
    for (attr, known) in [
        ("name", Some(Value::str("z"))),
        ("region", Some(Value::str("r1"))),
        ("arn", None),
        ("id", None),
        ("path", None),
        // What the service chooses it has not chosen yet.
        ("chosen", None),
    ] {
        let p = plan(&reading(attr, "note", &store, "r1"), &Snapshot::default());
        assert_eq!(node(&p).unwrap().args["note"].known(), known.as_ref(), "{attr}");
    }
    // What is left out is nothing, and that is known.
    let p = plan(&reading("size", "note", &store, "r1"), &Snapshot::default());
    assert!(!node(&p).unwrap().args.contains_key("note"));
}

#[test]
fn of_what_stays_everything_is_known_as_it_is_recorded() {
    let store = [("name", text("z"))];
    for attr in ["id", "arn", "region", "name", "path"] {
        let g = reading(attr, "note", &store, "r1");
        assert!(plan(&g, &applied(&g)).steps.is_empty(), "{attr}");
    }
    // What the service chose stays; what the program gives up is gone.
    let g = reading("chosen", "note", &store, "r1");
    let mut state = applied(&reading("name", "note", &store, "r1"));
    let record = Arc::make_mut(state.records.get_mut(&at("t.store:z")).unwrap());
    record.args.insert("chosen".into(), Value::str("by the service"));
    let p = plan(&g, &state);
    assert_eq!(node(&p).unwrap().args["note"], text("by the service"));
    let sized = reading("size", "size", &[("name", text("z")), ("size", int(5))], "r1");
    let p = plan(&reading("size", "size", &store, "r1"), &applied(&sized));
    assert_eq!(words(&p), ["update t.node:n", "update t.store:z"]);
    assert!(!node(&p).unwrap().args.contains_key("size"));
}

#[test]
fn of_what_is_replaced_under_its_name_only_a_mention_is_foreseen() {
    let store = |class: &str| [("name", text("z")), ("class", text(class))];
    for (by, stays) in [("note", true), ("topic", false)] {
        let before = applied(&reading("path", by, &store("warm"), "r1"));
        let p = plan(&reading("path", by, &store("cold"), "r1"), &before);
        assert_eq!(node(&p).is_none(), stays, "{by}: {:?}", words(&p));
        // In another region it is called otherwise.
        let p = plan(&reading("path", by, &store("cold"), "r2"), &before);
        assert_eq!(node(&p).unwrap().args[by].known(), None, "{by}");
    }
}

#[test]
fn a_change_is_held_to_the_attributes_that_others_count_on() {
    let g = |size: i64| {
        let of = |attr| Expr::attr(&at("t.store:z"), attr);
        let both = Expr::concat(vec![of("arn"), text(" "), of("size")]).unwrap();
        graph(&[("t.node:n", &[("note", both)]), ("t.store:z", &[("name", text("z")), ("size", int(size))])])
    };
    let p = plan(&g(2), &applied(&g(1)));
    let store = p.steps.iter().find(|s| s.address == at("t.store:z")).unwrap();
    // Its arguments are promised anyway.
    assert_eq!(store.known.keys().map(|name| &**name).collect::<Vec<_>>(), ["arn"]);
}

#[test]
fn a_look_up_is_asked_while_planning_when_all_that_it_needs_is_known() {
    let g = graph(&[
        ("t.store:z", &[("name", text("z"))]),
        ("t.store:other", &[("name", text("o"))]),
        ("t.lookup:known", &[("name", Expr::attr(&at("t.store:z"), "name"))]),
        ("t.lookup:stays", &[("name", arn("t.store:z"))]),
        ("t.lookup:behind", &[("name", arn("t.lookup:known"))]),
    ]);
    let foreseen = |snapshot: &Snapshot, wanted: &[&str]| -> Vec<(Address, Map<Value>)> {
        let (none, known, imports, away) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let wanted: BTreeSet<Address> = wanted.iter().map(|address| at(address)).collect();
        let input = Input {
            goal: Goal::Apply,
            graph: &g,
            snapshot,
            refreshed: &none,
            known: &known,
            imports: &imports,
            away: &away,
            aim: dr_core::selection::Aim::everything(),
            lift: false,
            team: None,
            registry: &registry(),
            environment: "pr-1",
            program: &"p".into(),
            identity: &Identity { cloud: "test".into(), account: "1".into(), endpoint: None },
        };
        foresee(&input, &wanted).into_iter().collect()
    };
    let name = |value: Value| Map::from([("name".into(), value)]);
    let all = ["t.lookup:known", "t.lookup:stays", "t.lookup:behind"];
    assert_eq!(foreseen(&Snapshot::default(), &all), [(at("t.lookup:known"), name("z".into()))]);
    assert_eq!(foreseen(&Snapshot::default(), &[]), []);
    let state = applied(&graph(&[("t.store:z", &[("name", text("z"))])]));
    let of_store = state.records[&at("t.store:z")].outputs["arn"].clone();
    assert_eq!(
        foreseen(&state, &all),
        [(at("t.lookup:known"), name("z".into())), (at("t.lookup:stays"), name(of_store))]
    );
    let asked: Vec<_> =
        plan(&g, &state).steps.iter().filter(|s| s.action == Action::Read).map(|s| s.address.clone()).collect();
    assert_eq!(asked.len(), 3);
}

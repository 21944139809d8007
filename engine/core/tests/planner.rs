//! What the planner decides, case by case.
#![allow(missing_docs)]

mod support;

use std::sync::Arc;

use dr_core::cloud::Live;
use dr_core::expr::Expr;
use dr_core::graph::{Options, Output, ReplaceOrder};
use dr_core::plan::{Action, Goal, Reason, Refreshed};
use dr_core::record::{Record, Snapshot, Unfinished};
use dr_core::value::{Map, Value};
use support::*;

#[test]
fn what_is_new_is_made_after_what_it_needs() {
    let g = graph(&[("t.node:a", &[("store", arn("t.store:z"))]), ("t.store:z", &[("name", text("z"))])]);
    let p = plan(&g, &Snapshot::default());
    assert_eq!(words(&p), ["create t.node:a", "create t.store:z"]);
    assert_eq!((p.steps[0].after.clone(), p.steps[0].reasons.clone()), (vec![1], vec![Reason::New]));
    assert_eq!(p.estimate_ms, 11_000);
    assert!(!p.is_empty());
}

#[test]
fn a_second_plan_is_empty_and_the_same_input_gives_the_same_plan() {
    let g = graph(&[("t.node:a", &[("store", arn("t.store:z"))]), ("t.store:z", &[("name", text("z"))])]);
    let state = applied(&g);
    let p = plan(&g, &state);
    assert_eq!((words(&p).len(), p.unchanged), (0, 2));
    assert!(p.is_empty());
    assert_eq!(serde_json::to_string(&p).unwrap(), serde_json::to_string(&plan(&g, &state)).unwrap());
}

#[test]
fn an_argument_is_changed_in_place_and_what_reads_stable_attributes_stays() {
    let g = |size| {
        graph(&[
            ("t.node:a", &[("store", arn("t.store:z"))]),
            ("t.store:z", &[("name", text("z")), ("size", int(size))]),
        ])
    };
    let p = plan(&g(2), &applied(&g(1)));
    assert_eq!(words(&p), ["update t.store:z"]);
    assert_eq!(p.steps[0].changes[0].before, Some(Value::Int(1)));
    assert_eq!(p.steps[0].changes[0].after, Some(int(2)));
}

#[test]
fn volatile_attributes_are_unknown_while_their_resource_changes() {
    let g = |size| {
        graph(&[
            ("t.node:a", &[("size", Expr::attr(&at("t.store:z"), "revision"))]),
            ("t.store:z", &[("name", text("z")), ("size", int(size))]),
        ])
    };
    let p = plan(&g(2), &applied(&g(1)));
    assert_eq!(words(&p), ["update t.node:a", "update t.store:z"]);
    assert_eq!(p.steps[0].after, [1]);
}

#[test]
fn a_unique_name_is_freed_first_and_dependents_follow() {
    let g = |class: &str| {
        graph(&[
            ("t.node:a", &[("store", arn("t.store:z"))]),
            ("t.store:z", &[("name", text("z")), ("class", text(class))]),
        ])
    };
    let p = plan(&g("cold"), &applied(&g("warm")));
    assert_eq!(words(&p), ["create t.node:a", "delete t.node:a", "create t.store:z", "delete t.store:z"]);
    assert!(p.steps.iter().all(|s| s.replacement == Some(ReplaceOrder::DeleteFirst)));
    assert!(p.steps[0].reasons.contains(&Reason::Follows { address: at("t.store:z") }));
    assert_eq!(p.steps[2].reasons, [Reason::Forced { argument: "class".into() }]);
    // The old node goes, the old store goes, the new store comes, the new node comes.
    assert_eq!((p.steps[3].after.clone(), p.steps[2].after.clone()), (vec![1], vec![3]));
    assert_eq!(p.counts().replace, 2);
}

#[test]
fn where_names_allow_it_the_new_one_comes_first() {
    let g = |image: &str| graph(&[("t.node:a", &[("image", text(image))]), ("t.node:b", &[("peer", arn("t.node:a"))])]);
    let before = applied(&g("1"));
    let p = plan(&g("2"), &before);
    assert_eq!(words(&p), ["create t.node:a", "delete t.node:a", "update t.node:b"]);
    assert!(p.steps[2].reasons.contains(&Reason::Follows { address: at("t.node:a") }), "{:?}", p.steps[2].reasons);
    // The old one goes when nobody uses it any more.
    assert_eq!(p.steps[1].after, [0, 2]);
    let after = carry_out(&p, &before, |_| 0);
    assert!(after.deposed.is_empty());
    assert!(plan(&g("2"), &after).is_empty());
}

#[test]
fn a_name_that_changes_is_no_obstacle() {
    let g = |name: &str| graph(&[("t.store:z", &[("name", text(name))])]);
    let p = plan(&g("b"), &applied(&g("a")));
    assert_eq!(p.steps[0].replacement, Some(ReplaceOrder::CreateFirst));
}

#[test]
fn a_name_moves_to_another_address_only_when_it_is_free() {
    let before = applied(&graph(&[("t.store:old", &[("name", text("n"))])]));
    let p = plan(&graph(&[("t.store:new", &[("name", text("n"))])]), &before);
    assert_eq!(words(&p), ["create t.store:new", "delete t.store:old"]);
    assert_eq!(p.steps[0].after, [1]);
}

#[test]
fn deletes_follow_facts_not_the_order_of_creation() {
    let g = graph(&[
        ("t.child:c", &[("store", arn("t.store:z"))]),
        ("t.node:blocks", &[("store", arn("t.store:z"))]),
        ("t.node:loose", &[("topic", arn("t.store:z"))]),
        ("t.store:z", &[("name", text("z"))]),
    ]);
    let before = applied(&g);
    let p = plan_with(Goal::Destroy, &graph(&[]), &before, &Asked::default());
    assert_eq!(words(&p), ["delete t.child:c", "delete t.node:blocks", "delete t.node:loose", "delete t.store:z"]);
    assert_eq!(p.steps[0].implied_by, Some(at("t.store:z")));
    assert_eq!((p.steps[0].after.clone(), p.steps[3].after.clone()), (vec![3], vec![1]));
    assert!(carry_out(&p, &before, |n| n - 1).is_empty());
}

#[test]
fn what_goes_along_and_is_in_the_way_of_something_else_goes_by_itself() {
    let g = graph(&[
        ("t.store:z", &[]),
        ("t.node:n", &[]),
        ("t.child:c", &[("store", arn("t.store:z")), ("peer", arn("t.node:n"))]),
        ("t.child:d", &[("store", arn("t.store:z"))]),
    ]);
    let before = applied(&g);
    let p = plan_with(Goal::Destroy, &graph(&[]), &before, &Asked::default());
    assert_eq!(words(&p), ["delete t.child:c", "delete t.child:d", "delete t.node:n", "delete t.store:z"]);
    assert_eq!((p.steps[0].implied_by.clone(), p.steps[1].implied_by.clone()), (None, Some(at("t.store:z"))));
    let after: Vec<Vec<usize>> = p.steps.iter().map(|s| s.after.clone()).collect();
    assert_eq!(after, [vec![], vec![3], vec![0], vec![0]]);
    assert!(carry_out(&p, &before, |n| n - 1).is_empty());
}

#[test]
fn what_somebody_else_did_is_noticed() {
    let g = graph(&[("t.node:a", &[]), ("t.store:z", &[("name", text("z")), ("size", int(1))])]);
    let state = applied(&g);
    let mut asked = Asked::default();
    asked.refreshed.insert(at("t.node:a"), Refreshed::Gone);
    let record = &state.records[&at("t.store:z")];
    let mut args = record.args.clone();
    args.insert("size".into(), Value::Int(9));
    asked.refreshed.insert(at("t.store:z"), Refreshed::Live(Live { args, outputs: record.outputs.clone() }));
    let p = plan_with(Goal::Apply, &g, &state, &asked);
    assert_eq!(words(&p), ["create t.node:a", "update t.store:z"]);
    assert_eq!(p.steps[0].reasons, [Reason::Gone]);
    assert!(p.steps[1].changes[0].drift && p.steps[1].reasons == [Reason::Drifted]);
    let p = plan_with(Goal::Destroy, &g, &state, &asked);
    assert_eq!(words(&p), ["forget t.node:a", "delete t.store:z"]);
}

#[test]
fn what_a_failover_switched_is_told_and_left() {
    let declared = |size| graph(&[("t.store:z", &[("name", text("z")), ("role", text("first")), ("size", int(size))])]);
    let state = applied(&declared(1));
    let record = &state.records[&at("t.store:z")];
    let mut args = record.args.clone();
    args.insert("role".into(), Value::str("second"));
    let mut asked = Asked::default();
    asked.refreshed.insert(at("t.store:z"), Refreshed::Live(Live { args, outputs: record.outputs.clone() }));

    let p = plan_with(Goal::Apply, &declared(1), &state, &asked);
    assert!(p.is_empty() && p.steps.is_empty() && !p.is_refused(), "{:?}", words(&p));
    assert_eq!(p.diagnostics[0].code.as_deref(), Some("switched"));
    // A change that the service takes as a whole would bring the old role back.
    assert!(plan_with(Goal::Apply, &declared(2), &state, &asked).is_refused());
    // The program says that it is to last.
    let lasting = graph(&[("t.store:z", &[("name", text("z")), ("role", text("second")), ("size", int(1))])]);
    let p = plan_with(Goal::Apply, &lasting, &state, &asked);
    assert_eq!(words(&p), ["record t.store:z"]);
    assert!(!p.is_refused(), "{:?}", p.diagnostics);
    assert_eq!(words(&plan_with(Goal::Destroy, &graph(&[]), &state, &asked)), ["delete t.store:z"]);
}

#[test]
fn what_the_service_chooses_is_no_difference() {
    let g = graph(&[("t.store:z", &[("name", text("z"))])]);
    let state = applied(&g);
    let mut live = Live { args: state.records[&at("t.store:z")].args.clone(), outputs: Map::new() };
    live.args.insert("chosen".into(), Value::str("by the service"));
    live.outputs = state.records[&at("t.store:z")].outputs.clone();
    let mut asked = Asked::default();
    asked.refreshed.insert(at("t.store:z"), Refreshed::Live(live));
    let p = plan_with(Goal::Apply, &g, &state, &asked);
    assert!(p.is_empty());
    assert_eq!(p.steps[0].action, Action::Record);
}

#[test]
fn ignored_arguments_are_left_alone() {
    let mut g = graph(&[]);
    let options = Options { ignore_changes: vec!["size".into()], ..Options::default() };
    declare(&mut g, "t.node:a", Map::from([("size".into(), int(5))]), options);
    let state = applied(&graph(&[("t.node:a", &[("size", int(1))])]));
    assert!(plan(&g, &state).is_empty());
}

#[test]
fn what_is_made_anew_is_made_as_the_program_says_although_changes_are_ignored() {
    let program = |image: &str, group: Option<Expr>, stores: &[&str]| {
        let mut g = graph(&[]);
        for store in stores {
            declare(&mut g, &format!("t.store:{store}"), Map::from([("name".into(), text(store))]), Options::default());
        }
        let options = Options { ignore_changes: vec!["group".into()], ..Options::default() };
        let group = group.map(|group| ("group".into(), group));
        let args = [("image".into(), text(image))].into_iter().chain(group).collect();
        declare(&mut g, "t.node:a", args, options);
        g
    };
    let name = |store: &str| Some(Expr::attr(&at(&format!("t.store:{store}")), "name"));
    let state = applied(&program("1", name("s"), &["s", "other"]));
    // What the old one had goes, or stays, and is given to the new one where the program says so.
    for (group, stores, wanted) in [
        (None, &["other"][..], None),
        (None, &["s", "other"], None),
        (Some(Expr::Known(Value::Null)), &["other"], None),
        (name("other"), &["other"], Some("other")),
        (name("s"), &["s", "other"], Some("s")),
    ] {
        let after = program("2", group.clone(), stores);
        let p = plan(&after, &state);
        let create = p.steps.iter().find(|s| s.action == Action::Create).unwrap_or_else(|| panic!("{:?}", p.steps));
        let given = create.args.get("group").filter(|value| !value.is_null());
        assert_eq!(given, wanted.map(text).as_ref(), "{group:?}");
        for pick in 0..4 {
            let next = carry_out(&p, &state, |n| pick % n);
            assert!(plan(&after, &next).steps.is_empty(), "{group:?}: {:?}", words(&p));
        }
    }
}

#[test]
fn a_resource_can_get_another_address() {
    let before = applied(&graph(&[("t.store:old", &[("name", text("n"))])]));
    let mut g = graph(&[]);
    let options = Options { moved_from: vec![at("t.store:old")], ..Options::default() };
    declare(&mut g, "t.store:new", Map::from([("name".into(), text("n"))]), options);
    let p = plan(&g, &before);
    assert_eq!(words(&p), ["record t.store:new"]);
    assert!(p.steps[0].reasons.contains(&Reason::Moved { from: at("t.store:old") }));
    let after = carry_out(&p, &before, |_| 0);
    assert_eq!(after.records.keys().map(|a| a.as_str()).collect::<Vec<_>>(), ["t.store:new"]);
}

#[test]
fn what_is_protected_is_neither_deleted_nor_replaced() {
    let mut g = graph(&[]);
    let allow = Map::from([("D15".into(), "a test".into())]);
    let options = Options { protect: true, allow, ..Options::default() };
    declare(&mut g, "t.node:a", Map::from([("image".into(), text("1"))]), options.clone());
    let state = applied(&g);
    let mut changed = graph(&[]);
    declare(&mut changed, "t.node:a", Map::from([("image".into(), text("2"))]), options);
    for (p, help) in [
        (plan(&graph(&[]), &state), "declare it again, without"),
        (plan_with(Goal::Destroy, &g, &state, &Asked::default()), "take `protect: true` away"),
        (plan(&changed, &state), "take `protect: true` away"),
    ] {
        assert!(p.is_refused());
        assert!(p.diagnostics[0].help[0].starts_with(help), "{}", p.diagnostics[0]);
        assert!(p.diagnostics[0].message.contains("protected"), "{}", p.diagnostics[0]);
    }
}

#[test]
fn whether_a_replaced_resource_is_protected_is_what_the_program_says_now() {
    let declared = |image: &str, protect: bool| {
        let mut g = graph(&[]);
        let allow = Map::from([("D15".into(), "a test".into())]);
        let options = Options { protect, allow, ..Options::default() };
        declare(&mut g, "t.node:a", Map::from([("image".into(), text(image))]), options);
        g
    };
    assert!(!plan(&declared("2", false), &applied(&declared("1", true))).is_refused());
    assert!(plan(&declared("2", true), &applied(&declared("1", false))).is_refused());
    // To protect it is a change of the record alone; so is anything else that the record says besides its arguments.
    assert_eq!(words(&plan(&declared("1", true), &applied(&declared("1", false)))), ["record t.node:a"]);
    assert_eq!(plan(&declared("1", true), &applied(&declared("1", false))).unchanged, 1);
    assert_eq!(plan(&declared("1", true), &applied(&declared("1", true))).unchanged, 1);
    assert_eq!(plan(&declared("2", false), &applied(&declared("1", false))).unchanged, 0);
}

#[test]
fn why_something_goes_is_said() {
    let state = applied(&graph(&[("t.node:a", &[])]));
    assert_eq!(plan(&graph(&[]), &state).steps[0].reasons, [Reason::NotDeclared]);
    let destroy = plan_with(Goal::Destroy, &graph(&[]), &state, &Asked::default());
    assert_eq!(destroy.steps[0].reasons, [Reason::Destroy]);
    assert_eq!((destroy.steps[0].typical_ms, destroy.estimate_ms), (1000, 1000));
    let gone = Asked { refreshed: [(at("t.node:a"), Refreshed::Gone)].into_iter().collect(), ..Asked::default() };
    assert_eq!(plan_with(Goal::Destroy, &graph(&[]), &state, &gone).steps[0].typical_ms, 0);
}

#[test]
fn what_is_imported_and_differs_is_changed_and_what_would_be_replaced_is_refused() {
    let g = |size: i64, class: &str| {
        graph(&[
            ("t.worker:w", &[("note", text(&size.to_string())), ("quiet", Value::Bool(true).into())]),
            ("t.store:z", &[("name", text("z")), ("class", text(class)), ("size", int(size))]),
        ])
    };
    let found = applied(&g(1, "warm")).records;
    let imports = Asked { imports: found, ..Asked::default() };
    let p = plan_with(Goal::Apply, &g(2, "warm"), &Snapshot::default(), &imports);
    assert_eq!(words(&p), ["update t.store:z", "update t.worker:w"]);
    assert_eq!((p.steps[1].typical_ms, p.unchanged), (5000, 0), "a change takes as long as changes of its kind do");
    let p = plan_with(Goal::Apply, &g(1, "warm"), &Snapshot::default(), &imports);
    assert_eq!((words(&p), p.unchanged), (vec!["import t.store:z".to_owned(), "import t.worker:w".to_owned()], 0));
    let p = plan_with(Goal::Apply, &g(2, "cold"), &Snapshot::default(), &imports);
    let refused = p.diagnostics.iter().find(|d| d.message.contains("would be replaced instead of being taken over"));
    assert!(refused.is_some_and(|d| d.message.ends_with("its `class` is \"warm\"")), "{:?}", p.diagnostics);
}

#[test]
fn contents_that_are_known_in_advance_are_a_change_when_they_differ() {
    // An attribute that is known before applying, as the hash of an archive is.
    let g = graph(&[("t.node:a", &[])]);
    let state = applied(&g);
    let recorded = state.records[&at("t.node:a")].outputs["arn"].clone();
    for (known, expected) in [(recorded.clone(), &[][..]), (Value::str("other"), &["update t.node:a"][..])] {
        let asked = Asked {
            known: [(at("t.node:a"), Map::from([("arn".into(), known.clone())]))].into_iter().collect(),
            ..Asked::default()
        };
        let p = plan_with(Goal::Apply, &g, &state, &asked);
        assert_eq!(words(&p), expected);
        if let Some(change) = p.steps.iter().flat_map(|s| &s.changes).next() {
            assert_eq!(
                (&*change.path, &change.before, &change.after),
                ("arn", &Some(recorded.clone()), &Some(known.into()))
            );
        }
    }
}

#[test]
fn values_that_cannot_be_destroyed_are_refused() {
    let p = plan(&graph(&[("t.store:z", &[("guard", Value::Bool(true).into())])]), &Snapshot::default());
    assert!(p.is_refused());
    let d = &p.diagnostics[0];
    assert_eq!(d.code.as_deref(), Some("D01"));
    assert_eq!(d.message, "`guard` of `t.store:z` is true: it cannot be deleted");
    assert_eq!(d.help[0], "leave `guard` out, or set it to false");
}

#[test]
fn two_resources_of_one_name_are_refused() {
    let p = plan(
        &graph(&[("t.store:a", &[("name", text("n"))]), ("t.store:b", &[("name", text("n"))])]),
        &Snapshot::default(),
    );
    assert!(p.is_refused() && p.diagnostics[0].message.contains("both be called"), "{:?}", p.diagnostics);
}

#[test]
fn an_unfinished_creation_goes_on_and_a_failed_one_is_made_anew() {
    let g = graph(&[("t.node:a", &[]), ("t.store:z", &[("name", arn("t.node:a"))])]);
    let mut state = applied(&graph(&[("t.node:a", &[])]));
    let unfinished = |state: &mut Snapshot, why| {
        Arc::make_mut(state.records.get_mut(&at("t.node:a")).unwrap()).incomplete = Some(why);
    };
    unfinished(&mut state, Unfinished::Begun);
    let p = plan(&g, &state);
    assert_eq!(words(&p), ["update t.node:a", "create t.store:z"]);
    assert_eq!((&p.steps[0].reasons[..], &p.steps[0].changes[..]), (&[Reason::Unfinished][..], &[][..]));
    assert!(!p.is_empty());
    // Its attributes are not all there yet: whoever needs them waits.
    assert!(p.steps[1].args["name"].known().is_none());
    assert_eq!(p.steps[1].after, [0]);
    // What forces a replacement does so also when it is not finished.
    let p = plan(&graph(&[("t.node:a", &[("image", text("n"))])]), &state);
    assert_eq!(words(&p), ["create t.node:a", "delete t.node:a"]);
    unfinished(&mut state, Unfinished::Failed);
    let p = plan(&g, &state);
    assert_eq!(words(&p), ["create t.node:a", "delete t.node:a", "create t.store:z"]);
    assert_eq!(p.steps[0].reasons, [Reason::Unfinished]);
}

#[test]
fn what_was_set_aside_is_deleted() {
    let g = graph(&[("t.node:a", &[])]);
    let mut state = applied(&g);
    state.deposed.push(Arc::new(Record { op: "old".into(), ..Record::clone(&state.records[&at("t.node:a")]) }));
    let p = plan(&g, &state);
    assert_eq!(words(&p), ["delete t.node:a"]);
    assert_eq!(p.steps[0].reasons, [Reason::Deposed]);
    assert!(carry_out(&p, &state, |_| 0).deposed.is_empty());
}

#[test]
fn look_ups_are_answered_in_advance_or_asked_while_applying() {
    let g = graph(&[("t.lookup:me", &[]), ("t.store:z", &[("name", arn("t.lookup:me"))])]);
    let mut asked = Asked::default();
    let unanswered = plan(&g, &Snapshot::default());
    assert_eq!(words(&unanswered), ["read t.lookup:me", "create t.store:z"]);
    assert_eq!(unanswered.steps[1].after, [0]);
    asked.known.insert(at("t.lookup:me"), Map::from([("arn".into(), "me".into())]));
    let p = plan_with(Goal::Apply, &g, &Snapshot::default(), &asked);
    assert_eq!(words(&p), ["create t.store:z"]);
    assert_eq!(p.steps[0].args["name"], text("me"));
    assert_eq!(p.answers["t.lookup:me"].outputs["arn"], Value::str("me"));
}

#[test]
fn existing_resources_are_taken_over() {
    let g = graph(&[("t.store:z", &[("name", text("z"))])]);
    let mut asked = Asked::default();
    let found = applied(&g).records[&at("t.store:z")].clone();
    asked.imports.insert(at("t.store:z"), found);
    let p = plan_with(Goal::Apply, &g, &Snapshot::default(), &asked);
    assert_eq!(words(&p), ["import t.store:z"]);
    assert_eq!(p.steps[0].reasons, [Reason::Imported]);
}

#[test]
fn outputs_show_what_changes() {
    let mut g = graph(&[("t.store:z", &[("name", text("z"))])]);
    g.outputs.insert("arn".into(), Output { value: arn("t.store:z"), span: None });
    let p = plan(&g, &Snapshot::default());
    assert!(matches!(p.outputs["arn"].after, Some(Expr::Attr(_))));
    let state = applied(&g);
    assert!(plan(&g, &state).is_empty());
    g.outputs.clear();
    assert!(!plan(&g, &state).is_empty(), "an output that goes is a change");
}

#[test]
fn values_that_become_known_are_checked() {
    let g = graph(&[("t.lookup:me", &[]), ("t.store:z", &[("size", arn("t.lookup:me"))])]);
    let mut asked = Asked::default();
    asked.known.insert(at("t.lookup:me"), Map::from([("arn".into(), "not a number".into())]));
    let p = plan_with(Goal::Apply, &g, &Snapshot::default(), &asked);
    assert!(p.diagnostics[0].message.contains("`size` must be an integer"), "{:?}", p.diagnostics);
}

#[test]
fn what_is_bound_to_something_replaced_is_made_anew_although_its_name_stays() {
    let g = |class: &str| {
        graph(&[
            ("t.child:c", &[("store", Expr::attr(&at("t.store:z"), "name"))]),
            ("t.store:z", &[("name", text("z")), ("class", text(class))]),
        ])
    };
    let p = plan(&g("cold"), &applied(&g("warm")));
    assert_eq!(words(&p), ["create t.child:c", "delete t.child:c", "create t.store:z", "delete t.store:z"]);
    assert!(p.steps[0].reasons.contains(&Reason::Follows { address: at("t.store:z") }));
}

#[test]
fn what_is_made_anew_is_made_as_the_program_says_also_where_changes_are_ignored() {
    let declared = |size: i64, class: &str| {
        let mut g = graph(&[]);
        let args =
            [("name", text("z")), ("size", int(size)), ("class", text(class)), ("chosen", text("by the program"))];
        let options = Options { ignore_changes: vec!["size".into()], ..Options::default() };
        declare(&mut g, "t.store:z", args.into_iter().map(|(k, v)| (k.into(), v)).collect(), options);
        g
    };
    let p = plan(&declared(2, "cold"), &applied(&declared(1, "warm")));
    assert_eq!(words(&p), ["create t.store:z", "delete t.store:z"]);
    assert_eq!((&p.steps[0].args["size"], &p.steps[0].args["chosen"]), (&int(2), &text("by the program")));
}

#[test]
fn what_is_used_until_its_successor_is_there_cannot_be_deleted_first() {
    let g = |image: &str| {
        let mut g = graph(&[("t.node:user", &[("peer", arn("t.node:x"))])]);
        let options = Options { replace: Some(ReplaceOrder::DeleteFirst), ..Options::default() };
        declare(&mut g, "t.node:x", Map::from([("image".into(), text(image))]), options);
        g
    };
    let p = plan(&g("2"), &applied(&g("1")));
    assert!(p.is_refused() && p.diagnostics[0].message.contains("`t.node:user` uses it"), "{:?}", p.diagnostics);
}

#[test]
fn what_the_service_chose_is_not_carried_over_to_a_new_resource() {
    let mut state = applied(&graph(&[("t.store:z", &[("name", text("z")), ("class", text("warm"))])]));
    let record = Arc::make_mut(state.records.get_mut(&at("t.store:z")).unwrap());
    record.args.insert("chosen".into(), Value::str("for the old one"));
    let p = plan(&graph(&[("t.store:z", &[("name", text("z")), ("class", text("cold"))])]), &state);
    assert_eq!(p.steps[0].action, Action::Create);
    assert!(!p.steps[0].args.contains_key("chosen"), "{:?}", p.steps[0].args);
}

#[test]
fn what_only_mentions_a_replaced_resource_of_the_same_name_is_left_alone() {
    let g = |class: &str, name: &str| {
        graph(&[
            ("t.node:mentions", &[("note", Expr::attr(&at("t.store:z"), "path"))]),
            ("t.node:mentions-more", &[("note", arn("t.store:z"))]),
            ("t.store:z", &[("name", text(name)), ("class", text(class))]),
        ])
    };
    let before = applied(&g("warm", "z"));
    let p = plan(&g("cold", "z"), &before);
    assert_eq!(words(&p), ["update t.node:mentions-more", "create t.store:z", "delete t.store:z"]);
    assert!(plan(&g("cold", "z"), &carry_out(&p, &before, |_| 0)).is_empty());
    let renamed = plan(&g("warm", "y"), &before);
    assert!(words(&renamed).contains(&"update t.node:mentions".to_owned()), "{:?}", words(&renamed));
}

/// What was set aside twice under one address goes in the same order whichever is listed first.
#[test]
fn the_order_of_what_was_set_aside_makes_no_other_plan() {
    let g = graph(&[("t.node:a", &[])]);
    let mut state = applied(&g);
    let aside = ["1", "2", "3"].map(|op| {
        let record = Record::clone(&state.records[&at("t.node:a")]);
        Arc::new(Record { op: op.into(), id: op.into(), ..record })
    });
    let mut plans = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        state.deposed = order.iter().map(|&i| aside[i].clone()).collect();
        plans.push(plan(&g, &state));
    }
    assert_eq!(words(&plans[0]), ["delete t.node:a"; 3]);
    assert!(plans.iter().all(|p| (&p.id, &p.steps) == (&plans[0].id, &plans[0].steps)));
}

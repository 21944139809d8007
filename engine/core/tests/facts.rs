//! Facts of kinds that the planner follows: values that go one way, memberships, copies of settings.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;

use dr_core::cloud::Live;
use dr_core::diagnostic::Severity;
use dr_core::expr::Expr;
use dr_core::graph::{Graph, Options};
use dr_core::plan::{Action, Plan, Reason, Refreshed, agrees};
use dr_core::record::{Record, Snapshot};
use dr_core::schema::{Field, Kind, Presence, Type};
use dr_core::value::{Map, Value};
use support::*;

fn base(args: &[(&str, &str)]) -> Graph {
    let args: Vec<(&str, Expr)> = args.iter().map(|(k, v)| (*k, text(v))).collect();
    graph(&[("t.base:b", &args)])
}

/// What a refresh finds: the record with other arguments; `None` takes one away.
fn found(state: &Snapshot, address: &str, args: &[(&str, Option<&str>)]) -> Asked {
    let record = &state.records[&at(address)];
    let mut live = Live { args: record.args.clone(), outputs: record.outputs.clone() };
    for (name, value) in args {
        match value {
            Some(value) => live.args.insert((*name).into(), Value::str(value)),
            None => live.args.remove(*name),
        };
    }
    Asked { refreshed: BTreeMap::from([(at(address), Refreshed::Live(live))]), ..Asked::default() }
}

fn asked(graph: &Graph, state: &Snapshot, asked: &Asked) -> Plan {
    plan_with(dr_core::plan::Goal::Apply, graph, state, asked)
}

#[test]
fn a_version_goes_forward_and_what_the_service_reached_by_itself_counts() {
    for (recorded, live, wanted, expected) in [
        ("15.15", "15.15", "15.15", "nothing"),
        ("15.15", "15.15", "15.16", "update"),
        ("15.9", "15.9", "15.15", "update"),
        ("15.15", "15.15", "16.2", "update"),
        // The service went on by itself.
        ("15.15", "15.17", "15.15", "nothing"),
        ("15.9", "15.15", "15.9", "nothing"),
        ("15.15", "15.17", "15.18", "update"),
        ("8.0.mysql_aurora.3.05.2", "8.0.mysql_aurora.3.08.0", "8.0.mysql_aurora.3.05.2", "nothing"),
        // A version without its last number stands for any that starts with it.
        ("15", "15.17", "15", "nothing"),
        ("15.15", "15.15", "15", "nothing"),
        ("15.15", "15.15", "1", "refused"),
        // The program asks for less than what is there.
        ("15.17", "15.17", "15.15", "nothing"),
        ("16.2", "16.2", "15.17", "refused"),
        ("15.15", "16.2", "15.15", "refused"),
    ] {
        let state = applied(&base(&[("version", recorded)]));
        let program = base(&[("version", wanted)]);
        let p = asked(&program, &state, &found(&state, "t.base:b", &[("version", Some(live))]));
        let is = match p.steps.iter().find(|s| s.action != Action::Record) {
            _ if p.is_refused() => "refused",
            Some(step) if step.action == Action::Update => "update",
            Some(_) => "another",
            None => "nothing",
        };
        assert_eq!(is, expected, "{recorded}, {live}, {wanted}: {:?}", p.diagnostics);
        if expected == "nothing" {
            let next = carry_out(&p, &state, |_| 0);
            assert!(asked(&program, &next, &found(&next, "t.base:b", &[("version", Some(live))])).steps.is_empty());
        }
        if expected == "refused" {
            assert!(p.diagnostics[0].message.contains("cannot go back to"), "{:?}", p.diagnostics);
        }
    }
}

#[test]
fn the_way_back_takes_another_resource_or_is_no_way() {
    let state = applied(&base(&[("tier", "plain"), ("scaling", "1")]));
    assert_eq!(words(&plan(&base(&[("tier", "large"), ("scaling", "2")]), &state)), ["update t.base:b"]);
    let state = applied(&base(&[("tier", "large"), ("scaling", "1")]));
    assert_eq!(
        words(&plan(&base(&[("tier", "plain"), ("scaling", "1")]), &state)),
        ["create t.base:b", "delete t.base:b"]
    );
    // Once given, it stays: leaving it out is no change.
    assert_eq!(words(&plan(&base(&[("tier", "large")]), &state)), ["record t.base:b"]);
}

/// A group with two members; the second waits for the first.
fn group(first: &str, second: &str, member: bool) -> Graph {
    let mut g = graph(&[("t.store:g", &[("name", text("g"))])]);
    let of = ("group", Expr::attr(&at("t.store:g"), "name"));
    let args = |key: &str, member: bool, name: &str| -> Map<Expr> {
        let all = [("name", text(name)), ("key", text(key))].into_iter().chain(member.then(|| of.clone()));
        all.map(|(k, v)| (k.into(), v)).collect()
    };
    declare(&mut g, "t.base:first", args(first, true, "first"), Options::default());
    let options = Options { depends_on: vec![at("t.base:first")], ..Options::default() };
    declare(&mut g, "t.base:second", args(second, member, "second"), options);
    g
}

#[test]
fn a_copy_follows_what_it_is_a_copy_of() {
    let state = applied(&group("1", "1", true));
    let p = plan(&group("2", "1", true), &state);
    assert_eq!(p.counts().replace, 2, "{:?}", words(&p));
    let follows = Reason::Follows { address: at("t.base:first") };
    let second = p.steps.iter().find(|s| s.address == at("t.base:second")).unwrap();
    assert!(second.reasons.contains(&follows), "{:?}", second.reasons);
    assert!(p.diagnostics.iter().any(|d| d.code.as_deref() == Some("data") && d.severity == Severity::Warning));
    for pick in 0..4 {
        let next = carry_out(&p, &state, |n| pick % n);
        assert!(plan(&group("2", "1", true), &next).steps.is_empty());
    }
    // The other way round nothing follows.
    assert_eq!(plan(&group("1", "2", true), &state).counts().replace, 1);
}

#[test]
fn a_member_leaves_in_place_and_one_that_was_taken_out_is_told() {
    let state = applied(&group("1", "1", true));
    assert_eq!(words(&plan(&group("1", "1", false), &state)), ["update t.base:second"]);
    // Somebody took it out, in an outage: it holds the only current data.
    let taken_out = found(&state, "t.base:second", &[("group", None)]);
    let p = asked(&group("1", "1", true), &state, &taken_out);
    assert!(p.is_empty() && p.steps.is_empty(), "{:?}", words(&p));
    let [d] = &p.diagnostics[..] else { panic!("{:?}", p.diagnostics) };
    assert_eq!((d.severity, d.code.as_deref()), (Severity::Info, Some("switched")));
    assert!(d.message.contains(r#"from "g" to nothing"#), "{}", d.message);
    // The program says so itself: then that is how it is.
    let p = asked(&group("1", "1", false), &state, &taken_out);
    assert!(p.diagnostics.is_empty() && p.is_empty(), "{:?} {:?}", words(&p), p.diagnostics);
}

#[test]
fn a_copy_of_settings_is_changed_with_its_model() {
    let program = |size: i64, image: &str| {
        graph(&[
            ("t.node:m", &[("size", int(size)), ("image", text(image))]),
            ("t.base:b", &[("model", arn("t.node:m"))]),
        ])
    };
    let state = applied(&program(1, "a"));
    let p = plan(&program(2, "a"), &state);
    let follower = p.steps.iter().position(|s| s.address == at("t.base:b")).unwrap();
    let step = &p.steps[follower];
    assert_eq!((step.action, step.changes.len()), (Action::Update, 0));
    assert_eq!(step.reasons, [Reason::Follows { address: at("t.node:m") }]);
    assert_eq!(step.after.iter().map(|&i| p.steps[i].address.as_str()).collect::<Vec<_>>(), ["t.node:m"]);
    assert!(plan(&program(2, "a"), &carry_out(&p, &state, |_| 0)).steps.is_empty());
}

#[test]
fn a_refresh_agrees_when_it_found_what_is_recorded_and_nothing_was_switched() {
    const OPTIONAL: Field = Field { presence: Presence::Optional, ..Field::new("", "", Type::Str) };
    const KIND: Kind = Kind::new(
        "t.thing",
        "",
        &[Field { name: "size", ..OPTIONAL }, Field { name: "role", switched: true, ..OPTIONAL }],
        &[Field::new("arn", "", Type::Str), Field { switched: true, ..Field::new("writer", "", Type::Str) }],
    );
    let values = |all: &[(&str, &str)]| all.iter().map(|(k, v)| ((*k).into(), Value::str(v))).collect::<Map<Value>>();
    let state = applied(&base(&[]));
    let record = Record {
        args: values(&[("size", "1"), ("role", "first")]),
        outputs: values(&[("arn", "a"), ("writer", "w")]),
        ..Record::clone(&state.records[&at("t.base:b")])
    };
    for (args, outputs, wanted) in [
        (&[("size", "1"), ("role", "first")][..], &[("arn", "a"), ("writer", "w")][..], true),
        (&[("size", "2"), ("role", "first")], &[("arn", "a"), ("writer", "w")], false),
        (&[("role", "first")], &[("arn", "a"), ("writer", "w")], false),
        (&[("size", "1"), ("role", "first")], &[("arn", "b"), ("writer", "w")], false),
        (&[("size", "1"), ("role", "first")], &[("writer", "w")], false),
        // Only switched.
        (&[("size", "1"), ("role", "second")], &[("arn", "a"), ("writer", "w")], false),
        (&[("size", "1")], &[("arn", "a"), ("writer", "w")], false),
        (&[("size", "1"), ("role", "first")], &[("arn", "a"), ("writer", "v")], false),
        // A service that does not say who writes has switched nothing.
        (&[("size", "1"), ("role", "first")], &[("arn", "a")], true),
    ] {
        let live = Live { args: values(args), outputs: values(outputs) };
        assert_eq!(agrees(&KIND, &record, &live), wanted, "{live:?}");
    }
}

#[test]
fn what_waits_for_a_member_of_another_group_is_no_copy_of_it() {
    let program = |group: &str, key: &str| {
        let mut g = graph(&[("t.store:g", &[("name", text("g"))]), ("t.store:h", &[("name", text("h"))])]);
        let args = |of: &str, key: &str, name: &str| -> Map<Expr> {
            let group = Expr::attr(&at(&format!("t.store:{of}")), "name");
            [("group", group), ("key", text(key)), ("name", text(name))]
                .map(|(k, v)| (k.into(), v))
                .into_iter()
                .collect()
        };
        declare(&mut g, "t.base:first", args("g", key, "first"), Options::default());
        let options = Options { depends_on: vec![at("t.base:first")], ..Options::default() };
        declare(&mut g, "t.base:second", args(group, "1", "second"), options);
        g
    };
    for (group, replaced) in [("g", 2), ("h", 1)] {
        let p = plan(&program(group, "2"), &applied(&program(group, "1")));
        assert_eq!(p.counts().replace, replaced, "{group}: {:?}", words(&p));
    }
}

#[test]
fn what_forces_a_replacement_does_so_when_it_is_taken_away_unless_it_may_be() {
    let base = |args: &[(&str, &str)]| {
        let mut all = vec![("name", "b")];
        all.extend(args);
        self::base(&all)
    };
    for (before, after, expected) in [
        (&[("key", "1")][..], &[][..], &["create t.base:b", "delete t.base:b"][..]),
        (&[("group", "1")], &[], &["update t.base:b"]),
        (&[("group", "1")], &[("group", "2")], &["create t.base:b", "delete t.base:b"]),
        (&[], &[("group", "1")], &["create t.base:b", "delete t.base:b"]),
    ] {
        assert_eq!(words(&plan(&base(after), &applied(&base(before)))), expected, "{before:?} {after:?}");
    }
}

#[test]
fn what_stays_once_given_can_still_become_something_that_is_not_known_yet() {
    let state = applied(&base(&[("scaling", "1")]));
    let g = graph(&[("t.node:n", &[]), ("t.base:b", &[("scaling", arn("t.node:n"))])]);
    assert_eq!(words(&plan(&g, &state)), ["update t.base:b", "create t.node:n"]);
}

#[test]
fn attributes_that_a_refresh_found_count_and_are_written_down() {
    let g = graph(&[("t.node:n", &[("note", arn("t.store:z"))]), ("t.store:z", &[("name", text("z"))])]);
    let state = applied(&g);
    let record = &state.records[&at("t.store:z")];
    let mut live = Live { args: record.args.clone(), outputs: record.outputs.clone() };
    live.outputs.insert("arn".into(), Value::str("another"));
    let refreshed = BTreeMap::from([(at("t.store:z"), Refreshed::Live(live))]);
    let p = asked(&g, &state, &Asked { refreshed, ..Asked::default() });
    assert_eq!(words(&p), ["update t.node:n", "record t.store:z"]);
    assert_eq!(p.steps[0].args["note"], text("another"));
    assert_eq!(p.steps[1].prior.as_ref().unwrap().outputs["arn"], Value::str("another"));
}

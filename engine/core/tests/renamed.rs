//! Renamed components: what the plan says of them, and that what it says to write keeps everything.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use dr_core::diagnostic::Diagnostic;
use dr_core::graph::Graph;
use dr_core::plan::{Goal, Plan, Refreshed};
use support::*;

/// Nodes by address, each with its image.
fn program(nodes: &[(&str, &str)]) -> Graph {
    let images: Vec<_> = nodes.iter().map(|(address, image)| (*address, [("image", text(image))])).collect();
    graph(&images.iter().map(|(address, args)| (*address, &args[..])).collect::<Vec<_>>())
}

fn plan_of(before: &[(&str, &str)], after: &Graph) -> Plan {
    plan(after, &applied(&program(before)))
}

/// What is said of renamed components: the message and each way out.
fn said(plan: &Plan) -> Vec<String> {
    let told = plan.diagnostics.iter().filter(|d| d.code.as_deref() == Some("moved_from"));
    told.flat_map(|Diagnostic { message, help, .. }| std::iter::once(message.clone()).chain(help.clone())).collect()
}

#[test]
fn a_renamed_component_is_noticed_once_with_what_to_write() {
    let before = [("old/t.node:a", "x"), ("old/net/t.node:b", "x"), ("old/net/t.node:c", "x"), ("t.node:top", "x")];
    let whole = |new: &str, was: &str, number: &str, from: &str| {
        vec![
            format!(
                "the component `{new}` looks like {was} under another name: {number} would be deleted and made anew"
            ),
            format!(
                "if it is the same, keep what is there: give the component `{new}` the option `moved_from: \"{from}\"`"
            ),
        ]
    };
    for (after, expected) in [
        // All of it.
        (
            &[("new/t.node:a", "x"), ("new/net/t.node:b", "x"), ("new/net/t.node:c", "x"), ("t.node:top", "x")][..],
            whole("new", "`old`", "3 resources", "old"),
        ),
        // With something new in it, and something left out.
        (
            &[("new/t.node:a", "x"), ("new/net/t.node:b", "x"), ("new/net/t.node:d", "x"), ("t.node:top", "x")],
            whole("new", "`old`", "2 resources", "old"),
        ),
        // A component inside.
        (
            &[("old/t.node:a", "x"), ("old/lan/t.node:b", "x"), ("old/lan/t.node:c", "x"), ("t.node:top", "x")],
            whole("old/lan", "`old/net`", "2 resources", "old/net"),
        ),
        // Into another one, whatever the path had in front.
        (
            &[
                ("out/old/t.node:a", "x"),
                ("out/old/net/t.node:b", "x"),
                ("out/old/net/t.node:c", "x"),
                ("t.node:top", "x"),
            ],
            whole("out", "what stood outside of components", "3 resources", ""),
        ),
        // Changed arguments are still the same resources.
        (
            &[("new/t.node:a", "y"), ("new/net/t.node:b", "y"), ("new/net/t.node:c", "y"), ("t.node:top", "y")],
            whole("new", "`old`", "3 resources", "old"),
        ),
        // Others of the same kinds are not the same, and neither is one name of many.
        (&[("new/t.node:p", "x"), ("new/net/t.node:q", "x"), ("t.node:top", "x")], vec![]),
        (&[("new/t.node:a", "x"), ("new/t.node:p", "x"), ("new/t.node:q", "x"), ("t.node:top", "x")], vec![]),
        // One of several that are made in a component says nothing of the rest that goes, wherever that stood.
        (&[("out/t.node:top", "x"), ("out/t.node:p", "x"), ("out/t.node:q", "x")], vec![]),
        // Nothing goes, or nothing is made.
        (
            &[
                ("old/t.node:a", "x"),
                ("old/net/t.node:b", "x"),
                ("old/net/t.node:c", "x"),
                ("new/t.node:a", "x"),
                ("t.node:top", "x"),
            ],
            vec![],
        ),
        (&[("t.node:top", "x")], vec![]),
    ] {
        let p = plan_of(&before, &program(after));
        assert!(!p.is_refused(), "{after:?}: {:?}", p.diagnostics);
        assert_eq!(said(&p), expected, "{after:?}");
    }
}

#[test]
fn of_several_components_each_finds_its_own() {
    let before = [("east/t.node:a", "e"), ("east/t.node:b", "e"), ("west/t.node:a", "w"), ("west/t.node:b", "w")];
    // By their arguments.
    let after = program(&[("one/t.node:a", "w"), ("one/t.node:b", "w"), ("two/t.node:a", "e"), ("two/t.node:b", "e")]);
    let told = said(&plan_of(&before, &after)).join("\n");
    assert!(told.contains("`one` the option `moved_from: \"west\"`"), "{told}");
    assert!(told.contains("`two` the option `moved_from: \"east\"`"), "{told}");
    // By their regions.
    let same = |places: [&str; 2]| {
        let nodes: Vec<String> =
            places.iter().flat_map(|c| [format!("{c}/t.node:a"), format!("{c}/t.node:b")]).collect();
        let mut graph = program(&nodes.iter().map(|a| (a.as_str(), "x")).collect::<Vec<_>>());
        for (number, address) in nodes.iter().enumerate() {
            put(&mut graph, address, ["r1", "r2"][number / 2]);
        }
        graph
    };
    let told = said(&plan(&same(["one", "two"]), &applied(&same(["east", "west"])))).join("\n");
    assert!(told.contains("`one` the option `moved_from: \"east\"`"), "{told}");
    assert!(told.contains("`two` the option `moved_from: \"west\"`"), "{told}");
    // Where nothing tells them apart, nothing is said.
    let before = [("east/t.node:a", "x"), ("west/t.node:a", "x")];
    let after = program(&[("one/t.node:a", "x"), ("two/t.node:a", "x")]);
    assert_eq!(said(&plan_of(&before, &after)), Vec::<String>::new());
}

#[test]
fn what_goes_is_offered_once_and_whatever_is_replaced_or_gone_is_not() {
    // The larger component has it.
    let old = [("old/t.node:a", "x"), ("old/t.node:b", "x")];
    let told = said(&plan_of(&old, &program(&[("one/t.node:a", "x"), ("one/t.node:b", "x"), ("two/t.node:a", "x")])));
    assert!(told.len() == 2 && told[0].contains("`one` looks like `old`"), "{told:?}");
    // A component that was there before takes two, or one of which everything is new takes one.
    for (before, after, expected) in [
        (&[old[0], old[1], ("new/t.node:z", "x")][..], &["new/t.node:a", "new/t.node:b", "new/t.node:z"][..], "2"),
        (&[old[0]], &["new/t.node:a"], "1"),
    ] {
        let after: Vec<_> = after.iter().map(|address| (*address, "x")).collect();
        let told = said(&plan_of(before, &program(&after)));
        assert!(told[0].contains(&format!("`new` looks like `old` under another name: {expected}")), "{told:?}");
    }
    // A replacement deletes and makes the same one; another one of its name is new.
    for after in [&[("a/t.node:x", "2")][..], &[("a/t.node:x", "2"), ("b/t.node:x", "1")]] {
        let p = plan_of(&[("a/t.node:x", "1")], &program(after));
        assert_eq!((p.counts().replace, said(&p)), (1, vec![]), "{after:?}");
    }
    // What was set aside goes whatever the program says, and what is gone is made again under its own name.
    let mut state = applied(&program(&[("a/t.node:x", "1"), ("b/t.node:y", "1")]));
    state.deposed.extend(state.records.remove(&at("a/t.node:x")));
    let p = plan(&program(&[("b/t.node:x", "1"), ("b/t.node:y", "1")]), &state);
    assert_eq!((words(&p), said(&p)), (vec!["delete a/t.node:x".into(), "create b/t.node:x".into()], vec![]));
    let state = applied(&program(&[("a/t.node:x", "1"), ("b/t.node:x", "1")]));
    let gone = Asked { refreshed: [(at("a/t.node:x"), Refreshed::Gone)].into(), ..Asked::default() };
    let p = plan_with(Goal::Apply, &program(&[("a/t.node:x", "1")]), &state, &gone);
    assert_eq!((p.counts().create, p.counts().delete, said(&p)), (1, 1, vec![]));
}

#[test]
fn what_could_be_any_of_very_many_is_not_compared() {
    for (number, is_told) in [(4, true), (101, false)] {
        let all = |path: &str| -> Vec<(String, String)> {
            (0..number).map(|i| (format!("{path}{i}/t.node:x"), i.to_string())).collect()
        };
        let (before, after) = (all("old"), all("new"));
        let nodes = |all: &[(String, String)]| -> Graph {
            program(&all.iter().map(|(address, image)| (address.as_str(), image.as_str())).collect::<Vec<_>>())
        };
        let told = said(&plan(&nodes(&after), &applied(&nodes(&before))));
        assert_eq!(told.len(), if is_told { 2 * number } else { 0 }, "{told:?}");
    }
}

#[test]
fn single_resources_are_named_where_no_component_can_say_it() {
    // Into a component that was there before.
    let before = [("a/t.node:x", "x"), ("a/t.node:y", "x"), ("b/t.node:z", "x")];
    let after = program(&[("a/t.node:y", "x"), ("b/t.node:x", "x"), ("b/t.node:z", "x")]);
    assert_eq!(
        said(&plan_of(&before, &after)),
        [
            "`b/t.node:x` looks like `a/t.node:x`, which would be deleted",
            "to keep it, give `b/t.node:x` the option `moved_from: \"a/t.node:x\"`",
        ]
    );
    // Out of all components.
    let after = program(&[("t.node:x", "x"), ("t.node:y", "x"), ("b/t.node:z", "x")]);
    let told = said(&plan_of(&before, &after));
    assert_eq!(told[0], "2 resources seem to have changed their components only; they would be deleted and made anew");
    assert!(told[2].ends_with("give `t.node:y` the option `moved_from: \"a/t.node:y\"`"), "{told:?}");
    // The first ones are listed, and the others counted.
    for (number, others) in
        [(2, None), (5, None), (6, Some("the other 1 go the same way")), (7, Some("the other 2 go the same way"))]
    {
        let all = |path: &str| -> Vec<String> { (0..number).map(|i| format!("{path}t.node:x{i}")).collect() };
        let nodes = |all: &[String]| program(&all.iter().map(|address| (address.as_str(), "x")).collect::<Vec<_>>());
        let told = said(&plan(&nodes(&all("")), &applied(&nodes(&all("a/")))));
        let listed = told.iter().filter(|text| text.starts_with("to keep it, give `t.node:x")).count();
        assert_eq!(
            (listed, told.len()),
            (number.min(5), 1 + number.min(5) + usize::from(others.is_some())),
            "{told:?}"
        );
        assert!(others.is_none_or(|others| told[6] == others), "{told:?}");
    }
    // The component would also take what is still declared under the old path.
    let before = [("a/t.node:x", "x"), ("a/t.node:y", "x")];
    let after = program(&[("a/t.node:y", "x"), ("b/t.node:x", "x"), ("b/t.node:y", "x")]);
    let told = said(&plan_of(&before, &after));
    assert!(told[1].contains("moved_from: \"a/t.node:x\""), "{told:?}");
}

#[test]
fn what_a_component_says_of_itself_moves_what_was_there_and_nothing_else() {
    let before = applied(&program(&[("old/t.node:a", "a"), ("old/t.node:b", "b")]));
    let moved = |nodes: &[(&str, &str, &[&str])]| {
        let mut graph = program(&nodes.iter().map(|(address, image, _)| (*address, *image)).collect::<Vec<_>>());
        for (address, _, along) in nodes {
            graph.nodes.get_mut(&at(address)).unwrap().options.moved_along = along.iter().map(|a| at(a)).collect();
        }
        graph
    };
    // What is new in it is no mistake.
    let after = moved(&[
        ("new/t.node:a", "a", &["old/t.node:a"]),
        ("new/t.node:b", "b", &["old/t.node:b"]),
        ("new/t.node:c", "c", &["old/t.node:c"]),
    ]);
    let p = plan(&after, &before);
    assert_eq!(words(&p), ["record new/t.node:a", "record new/t.node:b", "create new/t.node:c"]);
    assert!(p.diagnostics.is_empty(), "{:?}", p.diagnostics);
    let next = carry_out(&p, &before, |_| 0);
    assert!(plan(&after, &next).steps.is_empty());
    // A path that leads nowhere is noticed by what would be lost.
    let wrong = moved(&[("new/t.node:a", "a", &["odl/t.node:a"]), ("new/t.node:b", "b", &["odl/t.node:b"])]);
    assert!(said(&plan(&wrong, &before)).join("\n").contains("moved_from: \"old\""));
    // Two of them cannot have been the same.
    let twice = moved(&[("new/t.node:a", "a", &["old/t.node:a"]), ("two/t.node:a", "a", &["old/t.node:a"])]);
    assert!(plan(&twice, &before).diagnostics.iter().any(|d| d.message.contains("both say that they were")));
}

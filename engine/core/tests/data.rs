//! Data at risk: what plans say they take away for good.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use std::collections::BTreeMap;

use dr_core::expr::Expr;
use dr_core::graph::Graph;
use dr_core::plan::{Goal, Plan, Refreshed, Threat};
use support::*;

type Declared<'a> = &'a [(&'a str, &'a [(&'a str, Expr)])];

/// What is at risk, in a few words.
fn risks(plan: &Plan) -> Vec<String> {
    let words = |threat: &Threat| match threat {
        Threat::Deleted => "deleted".to_owned(),
        Threat::Replaced => "replaced".to_owned(),
        Threat::KeyGoes { key } => format!("without {key}"),
    };
    plan.at_risk.iter().map(|one| format!("{} {}", one.address, words(&one.threat))).collect()
}

#[test]
fn what_goes_for_good_is_told_and_nothing_else() {
    let store: &[(&str, Expr)] = &[("name", text("s")), ("class", text("1"))];
    let other_class: &[(&str, Expr)] = &[("name", text("s")), ("class", text("2"))];
    let other_name: &[(&str, Expr)] = &[("name", text("t")), ("class", text("1"))];
    let larger: &[(&str, Expr)] = &[("name", text("s")), ("class", text("1")), ("size", int(2))];
    let child: &[(&str, Expr)] = &[("store", arn("t.store:s"))];
    let [key, other_image]: [&[(&str, Expr)]; 2] = [&[("image", text("1"))], &[("image", text("2"))]];
    let under = |key: &str| [("name", text("b")), ("model", arn(key))];
    let (first, second) = (under("t.node:k"), under("t.node:l"));
    let user: &[(&str, Expr)] = &[("name", text("r")), ("peer", arn("t.node:k"))];
    let link = Expr::map([("node".into(), arn("t.node:k"))].into_iter().collect());
    let linked = [("link", link), ("quiet", Expr::from(dr_core::value::Value::Bool(true)))];
    let by_id = [("name", text("b")), ("model", Expr::attr(&at("t.node:k"), "id"))];
    let cases: &[(Declared<'_>, Declared<'_>, &[&str])] = &[
        (&[("t.store:s", store)], &[("t.store:s", store)], &[]),
        (&[("t.store:s", store)], &[("t.store:s", larger)], &[]),
        (&[("t.store:s", store)], &[("t.store:s", other_class)], &["t.store:s replaced"]),
        (&[("t.store:s", store)], &[("t.store:s", other_name)], &["t.store:s replaced"]),
        (&[("t.store:s", store)], &[], &["t.store:s deleted"]),
        (&[("t.store:s", store)], &[("t.store:s", store), ("t.store:u", &[("name", text("u"))])], &[]),
        // It holds nothing.
        (&[("t.role:r", &[("name", text("r"))])], &[], &[]),
        // What goes along with another is lost with that one.
        (&[("t.store:s", store), ("t.child:c", child)], &[], &["t.store:s deleted"]),
        (&[("t.store:s", store), ("t.child:c", child)], &[("t.store:s", store)], &["t.child:c deleted"]),
        // A key that goes, and what stays that it has encrypted.
        (&[("t.node:k", key)], &[("t.node:k", other_image)], &["t.node:k replaced"]),
        (
            &[("t.node:k", key), ("t.base:b", &first)],
            &[("t.node:k", other_image), ("t.base:b", &first)],
            &["t.base:b without t.node:k", "t.node:k replaced"],
        ),
        // Inside a block, and by its id.
        (
            &[("t.node:k", key), ("t.worker:w", &linked)],
            &[("t.node:k", other_image), ("t.worker:w", &linked)],
            &["t.node:k replaced", "t.worker:w without t.node:k"],
        ),
        (
            &[("t.node:k", key), ("t.base:b", &by_id)],
            &[("t.node:k", other_image), ("t.base:b", &by_id)],
            &["t.base:b without t.node:k", "t.node:k replaced"],
        ),
        (&[("t.node:k", key), ("t.base:b", &first)], &[], &["t.base:b deleted", "t.node:k deleted"]),
        (
            &[("t.node:k", key), ("t.role:r", user)],
            &[("t.node:k", other_image), ("t.role:r", user)],
            &["t.node:k replaced"],
        ),
        // Another key: the first one still opens what it has encrypted, as long as it is there.
        (
            &[("t.node:k", key), ("t.node:l", key), ("t.base:b", &first)],
            &[("t.node:k", key), ("t.node:l", key), ("t.base:b", &second)],
            &[],
        ),
        (
            &[("t.node:k", key), ("t.node:l", key), ("t.base:b", &first)],
            &[("t.node:l", key), ("t.base:b", &second)],
            &["t.base:b without t.node:k", "t.node:k deleted"],
        ),
        (
            &[("t.node:k", key), ("t.node:l", key), ("t.base:b", &first)],
            &[("t.node:k", key), ("t.base:b", &first)],
            &["t.node:l deleted"],
        ),
    ];
    for (before, after, expected) in cases {
        let state = applied(&graph(before));
        let p = plan(&graph(after), &state);
        assert!(!p.is_refused(), "{:?}", p.diagnostics);
        assert_eq!(risks(&p), *expected, "{:?}", words(&p));
    }
}

#[test]
fn a_destroy_takes_everything_but_what_is_gone_already() {
    let state = applied(&graph(&[
        ("t.store:s", &[("name", text("s"))]),
        ("t.store:u", &[("name", text("u"))]),
        ("t.role:r", &[("name", text("r"))]),
    ]));
    let asked = Asked { refreshed: BTreeMap::from([(at("t.store:u"), Refreshed::Gone)]), ..Asked::default() };
    let p = plan_with(Goal::Destroy, &Graph::default(), &state, &asked);
    assert_eq!(risks(&p), ["t.store:s deleted"], "{:?}", words(&p));
}

#[test]
fn what_a_replacement_has_left_over_still_holds_its_data() {
    let declared = graph(&[("t.store:s", &[("name", text("s"))])]);
    let mut state = applied(&declared);
    let mut old = (*state.records[&at("t.store:s")]).clone();
    (old.op, old.id) = ("earlier".into(), "earlier".into());
    old.args.insert("name".into(), "old".into());
    state.deposed.push(old.into());
    let p = plan(&declared, &state);
    assert_eq!(risks(&p), ["t.store:s deleted"], "{:?}", words(&p));
}

#[test]
fn an_id_names_a_key_in_its_own_region_only() {
    let program = |image: &str, region: &str| {
        let model = Expr::attr(&at("t.node:k"), "id");
        let mut g =
            graph(&[("t.node:k", &[("image", text(image))]), ("t.base:b", &[("name", text("b")), ("model", model)])]);
        put(&mut g, "t.base:b", region);
        g
    };
    for (region, at_risk) in
        [("r1", &["t.base:b without t.node:k", "t.node:k replaced"][..]), ("r2", &["t.node:k replaced"])]
    {
        let p = plan(&program("2", region), &applied(&program("1", region)));
        assert_eq!(risks(&p), at_risk, "{region}");
    }
}

//! Who stays also holds: what something keeps referring to is neither deleted nor replaced under it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use dr_core::expr::Expr;
use dr_core::graph::{Graph, Options, ReplaceOrder};
use dr_core::plan::Goal;
use dr_core::value::Map;
use support::*;

/// What the user of a store or node says besides.
#[derive(Clone, Copy)]
enum User {
    /// Names the store; the name stays when the store is replaced.
    ByName,
    /// Lists the node among its friends.
    Friends,
    /// Lists it too, and changes of the list are ignored.
    Ignores,
    /// Says nothing of friends any more: they are left to the service.
    Silent,
    /// Uses another node instead.
    Turned,
    /// Depends on both and refers to neither.
    Depends,
}

/// A store, a node, another node, and their user.
fn program(class: &str, image: Option<&str>, user: User, options: Options) -> Graph {
    let mut g = graph(&[("t.store:s", &[("name", text("s")), ("class", text(class))]), ("t.node:other", &[])]);
    if let Some(image) = image {
        declare(&mut g, "t.node:n", Map::from([("image".into(), text(image))]), options);
    }
    let friends = |of: &str| ("friends", Expr::list(vec![arn(of)]));
    let name = ("group", Expr::attr(&at("t.store:s"), "name"));
    let mut options = Options::default();
    let args = match user {
        User::ByName => vec![name],
        User::Friends => vec![friends("t.node:n")],
        User::Ignores => {
            options.ignore_changes = vec!["friends".into()];
            vec![friends("t.node:n")]
        }
        User::Silent => Vec::new(),
        User::Turned => vec![friends("t.node:other")],
        User::Depends => {
            options.depends_on = vec![at("t.store:s"), at("t.node:n")];
            Vec::new()
        }
    };
    declare(&mut g, "t.node:user", args.into_iter().map(|(k, v)| (k.into(), v)).collect(), options);
    g
}

fn plain() -> Options {
    Options::default()
}

#[test]
fn what_is_referred_to_by_something_that_stays_is_refused() {
    let first = || Options { replace: Some(ReplaceOrder::DeleteFirst), ..Options::default() };
    for (before, after, refused) in [
        // Replaced under its name while its user, unchanged, names it.
        (program("1", Some("1"), User::ByName, plain()), program("2", Some("1"), User::ByName, plain()), Some("group")),
        (program("1", Some("1"), User::Depends, plain()), program("2", Some("1"), User::Depends, plain()), None),
        // Replaced while its user goes on referring to the old one.
        (
            program("1", Some("1"), User::Ignores, plain()),
            program("1", Some("2"), User::Ignores, plain()),
            Some("friends"),
        ),
        (program("1", Some("1"), User::Friends, plain()), program("1", Some("2"), User::Friends, plain()), None),
        (
            program("1", Some("1"), User::Friends, first()),
            program("1", Some("2"), User::Friends, first()),
            Some("friends"),
        ),
        // Deleted while a value that was left to the service refers to it.
        (program("1", Some("1"), User::Friends, plain()), program("1", None, User::Silent, plain()), Some("friends")),
        (
            program("1", Some("1"), User::Friends, plain()),
            program("1", Some("2"), User::Silent, plain()),
            Some("friends"),
        ),
        (program("1", Some("1"), User::Friends, plain()), program("1", None, User::Turned, plain()), None),
        (program("1", Some("1"), User::Friends, first()), program("1", Some("2"), User::Turned, first()), None),
    ] {
        let state = applied(&before);
        let p = plan(&after, &state);
        match refused {
            None => {
                assert!(!p.is_refused(), "{:?}", p.diagnostics);
                for pick in 0..3 {
                    let next = carry_out(&p, &state, |n| pick % n);
                    assert!(plan(&after, &next).steps.is_empty());
                }
            }
            Some(argument) => {
                // That the argument is given up is told as well.
                let errors: Vec<_> = p.diagnostics.iter().filter(|d| d.is_error()).collect();
                let [d] = &errors[..] else { panic!("{:?}", p.diagnostics) };
                let said = d.message.contains(&format!("`{argument}`")) || d.message.contains("uses it until then");
                assert!(d.is_error() && said && d.message.contains("t.node:user") && !d.help.is_empty(), "{d:?}");
            }
        }
    }
}

#[test]
fn whoever_turns_away_and_waits_for_the_successor_leaves_no_order() {
    // The user gives up its group, which is deleted first, and may go on mentioning it in a note.
    let program = |class: &str, args: &[&str]| {
        let mut g = graph(&[]);
        let options = Options { replace: Some(ReplaceOrder::DeleteFirst), ..Options::default() };
        let store = [("name", text("s")), ("class", text(class))].map(|(k, v)| (k.into(), v));
        declare(&mut g, "t.store:s", store.into_iter().collect(), options);
        let name = Expr::attr(&at("t.store:s"), "name");
        let user = args.iter().map(|arg| ((*arg).into(), name.clone())).collect();
        declare(&mut g, "t.node:user", user, Options::default());
        g
    };
    for (before, after, refused) in [
        (&["group"][..], &[][..], false),
        (&["group", "note"], &[], false),
        (&["group", "note"], &["note"], true),
        (&["group"], &["note"], true),
        (&["note"], &["note"], false),
    ] {
        let (state, after) = (applied(&program("1", before)), program("2", after));
        let p = plan(&after, &state);
        assert_eq!(p.is_refused(), refused, "{before:?}: {:?}", p.diagnostics);
        for pick in (0..4).filter(|_| !refused) {
            let next = carry_out(&p, &state, |n| pick % n);
            assert!(plan(&after, &next).steps.is_empty(), "{:?}", words(&p));
        }
    }
}

#[test]
fn what_is_left_as_it_is_stays_a_need() {
    let state = applied(&program("1", Some("1"), User::Friends, plain()));
    let silent = program("1", Some("1"), User::Silent, plain());
    let p = plan(&silent, &state);
    // All that is written is that the program does not give it any more.
    assert_eq!(words(&p), ["record t.node:user"]);
    let state = carry_out(&p, &state, |_| 0);
    assert!(state.records[&at("t.node:user")].needs.iter().any(|n| n.blocks_delete), "it still needs its friend");
    let destroy = plan_with(Goal::Destroy, &graph(&[]), &state, &Asked::default());
    for pick in 0..4 {
        assert!(carry_out(&destroy, &state, |n| pick % n).is_empty());
    }
}

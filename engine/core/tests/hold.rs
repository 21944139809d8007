//! Who stays also holds: what something keeps referring to is neither deleted nor replaced under it.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use std::sync::Arc;

use dr_core::expr::Expr;
use dr_core::graph::{Graph, Options, ReplaceOrder};
use dr_core::plan::{Goal, holders};
use dr_core::record::Record;
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

/// A store of a name, which may be in another region and may say what it was.
#[derive(Clone, Copy, Default)]
struct Store(&'static str, &'static str, Option<&'static str>, Option<&'static str>);

/// Stores, and a node that gives `group`.
fn named(stores: &[Store], user: (Option<&str>, Expr), ignore: bool) -> Graph {
    let mut g = graph(&[]);
    for Store(address, name, region, from) in stores {
        let moved_from = from.iter().map(|from| at(from)).collect();
        let options = Options { moved_from, ..Options::default() };
        declare(&mut g, address, Map::from([("name".into(), text(name))]), options);
        region.iter().for_each(|region| put(&mut g, address, region));
    }
    let ignore_changes = ignore.then(|| "group".into()).into_iter().collect();
    let options = Options { ignore_changes, ..Options::default() };
    declare(&mut g, "t.node:user", Map::from([("group".into(), user.1)]), options);
    user.0.iter().for_each(|region| put(&mut g, "t.node:user", region));
    g
}

#[test]
fn whoever_keeps_the_value_that_names_something_holds_it() {
    let name = |of: &str| Expr::attr(&at(of), "name");
    let of = |address, name| Store(address, name, None, None);
    let second = of("t.store:second", "m");
    let (s, other) = (of("t.store:s", "n"), of("t.store:other", "n"));
    let (held, fine) = (Some("its value stays the same"), None);
    for (what, stores, user, ignore, wanted) in [
        ("another one has the address", &[other, of("t.store:s", "m")][..], (None, name("t.store:other")), false, held),
        (
            "another one gives up its own address for it",
            &[other, Store("t.store:s", "m", None, Some("t.store:second"))],
            (None, name("t.store:other")),
            false,
            held,
        ),
        ("nothing has the address", &[other], (None, name("t.store:other")), false, held),
        ("the text stands there instead", &[], (None, text("n")), false, held),
        (
            "it has moved",
            &[Store("t.store:other", "n", None, Some("t.store:s"))],
            (None, name("t.store:other")),
            false,
            fine,
        ),
        (
            "it has moved, and another one has the address",
            &[
                Store("t.store:other", "n", None, Some("t.store:s")),
                Store("t.store:s", "m", None, Some("t.store:second")),
            ],
            (None, name("t.store:other")),
            false,
            fine,
        ),
        ("it is renamed", &[of("t.store:s", "m")], (None, name("t.store:s")), false, fine),
        ("the other one is called otherwise", &[of("t.store:other", "m")], (None, name("t.store:other")), false, fine),
        ("another text stands there", &[], (None, text("k")), false, fine),
        (
            "it is renamed, and nobody looks",
            &[of("t.store:s", "m")],
            (None, name("t.store:s")),
            true,
            Some("changes of it are ignored"),
        ),
        (
            "its text stands there instead, and nobody looks",
            &[second],
            (None, text("n")),
            true,
            Some("changes of it are ignored"),
        ),
        (
            "it goes to another region",
            &[Store("t.store:s", "n", Some("r2"), None)],
            (None, name("t.store:s")),
            false,
            held,
        ),
        ("both go", &[Store("t.store:s", "n", Some("r2"), None)], (Some("r2"), name("t.store:s")), false, fine),
        (
            "another one stays, in another region",
            &[Store("t.store:far", "n", Some("r2"), None)],
            (None, name("t.store:far")),
            false,
            held,
        ),
    ] {
        let state = applied(&named(
            &[s, second, Store("t.store:far", "n", Some("r2"), None)],
            (None, name("t.store:s")),
            false,
        ));
        let after = named(stores, user, ignore);
        let p = plan(&after, &state);
        match wanted {
            Some(why) => {
                let errors: Vec<_> = p.diagnostics.iter().filter(|d| d.is_error()).collect();
                let [d] = &errors[..] else { panic!("{what}: {:?}", p.diagnostics) };
                let parts = ["`t.store:s` is to be ", "`group` of `t.node:user` keeps referring to it", why];
                assert!(parts.iter().all(|part| d.message.contains(part)) && !d.help.is_empty(), "{what}: {d:?}");
                // Where it is no longer looked at, its value does not tell that the program means something else.
                let may_have_moved = d.help.iter().any(|help| help.contains("moved_from"));
                assert_eq!(may_have_moved, !ignore, "{what}: {d:?}");
            }
            None => {
                for pick in 0..5 {
                    let next = carry_out(&p, &state, |n| pick % n);
                    assert!(plan(&after, &next).steps.is_empty(), "{what}: {:?}", words(&p));
                }
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

#[test]
fn holders_are_those_that_need_a_resource_or_name_it() {
    let mut g = named(&[Store("t.store:s", "n", None, None)], (None, text("n")), false);
    let depends = Options { depends_on: vec![at("t.store:s")], ..Options::default() };
    declare(&mut g, "t.role:depends", Map::new(), depends);
    declare(&mut g, "t.node:refers", Map::from([("store".into(), arn("t.store:s"))]), Options::default());
    declare(&mut g, "t.node:mentions", Map::from([("topic".into(), arn("t.store:s"))]), Options::default());
    declare(&mut g, "t.node:alone", Map::new(), Options::default());
    declare(&mut g, "t.role:namesake", Map::from([("name".into(), text("n"))]), Options::default());
    let target = [("target".into(), arn("t.store:s")), ("quiet".into(), Expr::from(dr_core::value::Value::Bool(true)))];
    declare(&mut g, "t.worker:any", target.into_iter().collect(), Options::default());
    let mut state = applied(&g);
    let of = |state: &dr_core::record::Snapshot, record: &Record| -> Vec<String> {
        holders(state, &registry(), record).iter().map(|address| address.as_str().to_owned()).collect()
    };
    let store = state.records[&at("t.store:s")].clone();
    assert_eq!(of(&state, &store), ["t.node:refers", "t.node:user", "t.role:depends", "t.worker:any"]);
    assert_eq!(of(&state, &state.records[&at("t.node:alone")]), [""; 0]);
    assert_eq!(of(&state, &state.records[&at("t.role:namesake")]), [""; 0]);
    // By its value alone, too: what needs it by another address refers to it all the same.
    let worker = Arc::make_mut(state.records.get_mut(&at("t.worker:any")).unwrap());
    worker.needs.clear();
    assert_eq!(of(&state, &store).last().map(String::as_str), Some("t.worker:any"));
    // What is set aside is known by its values alone, not by its address: nobody names this one.
    let mut old = Record { op: "old".into(), ..Record::clone(&store) };
    old.args.insert("name".into(), "m".into());
    old.outputs.insert("arn".into(), "arn:old".into());
    state.deposed.push(Arc::new(old.clone()));
    assert_eq!(of(&state, &old), [""; 0]);
    // One that is set aside itself may hold what is there.
    let user = Record { op: "before".into(), ..Record::clone(&state.records[&at("t.node:refers")]) };
    state.deposed = vec![Arc::new(user)];
    assert_eq!(of(&state, &store), ["t.node:refers", "t.node:user", "t.role:depends", "t.worker:any", "t.node:refers"]);
}

#[test]
fn another_kind_of_the_same_name_is_held_by_nobody() {
    // Whether the user follows the program or is left as it is.
    for ignored in [&[][..], &["group"]] {
        let g = |base: bool| {
            let mut g = graph(&[("t.store:s", &[("name", text("n"))])]);
            let ignore_changes = ignored.iter().map(|name| (*name).into()).collect();
            let options = Options { ignore_changes, ..Options::default() };
            let group = Expr::attr(&at("t.store:s"), "name");
            declare(&mut g, "t.node:user", Map::from([("group".into(), group)]), options);
            if base {
                declare(&mut g, "t.base:b", Map::from([("name".into(), text("n"))]), Options::default());
            }
            g
        };
        let state = applied(&g(true));
        let p = plan(&g(false), &state);
        assert!(!p.is_refused(), "{ignored:?}: {:?}", p.diagnostics);
        assert_eq!(words(&p), ["delete t.base:b"], "{ignored:?}");
        let held_by = |held: &str| holders(&state, &registry(), &state.records[&at(held)]);
        assert_eq!((held_by("t.base:b"), held_by("t.store:s")), (vec![], vec![at("t.node:user")]), "{ignored:?}");
    }
}

//! What the program gives up and the service keeps is said, once.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

mod support;

use dr_core::diagnostic::Severity;
use dr_core::expr::Expr;
use dr_core::graph::{Graph, Options};
use dr_core::value::Value;
use support::*;

fn program(kind: &str, args: &[(&str, Expr)], options: Options) -> Graph {
    let mut g = graph(&[("t.node:other", &[])]);
    let all = args.iter().map(|(k, v)| ((*k).into(), v.clone())).collect();
    declare(&mut g, &format!("{kind}:a"), all, options);
    g
}

#[test]
fn what_is_given_up_and_kept_is_said_once() {
    let friends = || Expr::list(vec![arn("t.node:other")]);
    let ignoring = || Options { ignore_changes: vec!["chosen".into()], ..Options::default() };
    let none = Options::default;
    type Args = Vec<(&'static str, Expr)>;
    type Row = (&'static str, Args, Args, Options, Option<(&'static str, Severity)>);
    let table: Vec<Row> = vec![
        ("t.store", vec![("chosen", text("x"))], vec![], none(), Some(("chosen", Severity::Info))),
        (
            "t.store",
            vec![("chosen", text("x"))],
            vec![("chosen", Value::Null.into())],
            none(),
            Some(("chosen", Severity::Info)),
        ),
        ("t.store", vec![("chosen", text("x"))], vec![("size", int(2))], none(), Some(("chosen", Severity::Info))),
        ("t.store", vec![("chosen", text("x"))], vec![("chosen", text("y"))], none(), None),
        ("t.store", vec![], vec![("chosen", text("y"))], none(), None),
        ("t.store", vec![], vec![("size", int(2))], none(), None),
        ("t.store", vec![("size", int(2))], vec![], none(), None),
        ("t.store", vec![("chosen", text("x"))], vec![], ignoring(), None),
        ("t.store", vec![("chosen", text("x")), ("class", text("1"))], vec![("class", text("2"))], none(), None),
        ("t.node", vec![("friends", friends())], vec![], none(), Some(("friends", Severity::Warning))),
        ("t.node", vec![("friends", friends())], vec![("friends", Expr::list(vec![]))], none(), None),
        ("t.base", vec![("scaling", text("1"))], vec![], none(), Some(("scaling", Severity::Info))),
    ];
    for (kind, before, after, options, said) in table {
        let about = format!("{kind} {before:?} {after:?}");
        let state = applied(&program(kind, &before, Options::default()));
        let after = program(kind, &after, options);
        let first = plan(&after, &state);
        let found: Vec<_> = first.diagnostics.iter().filter(|d| d.code.as_deref() == Some("kept")).collect();
        match said {
            None => assert!(found.is_empty(), "{about}: {found:?}"),
            Some((argument, severity)) => {
                let [d] = &found[..] else { panic!("{about}: {found:?}") };
                assert!(d.message.starts_with(&format!("`{argument}` of `{kind}:a` stays ")), "{d:?}");
                assert_eq!((d.severity, d.help.len()), (severity, 1), "{d:?}");
                let takes_away = d.help[0].contains(&format!("`{argument}: []` takes it away"));
                assert_eq!(takes_away, argument == "friends", "{d:?}");
            }
        }
        let next = carry_out(&first, &state, |_| 0);
        let second = plan(&after, &next);
        assert!(
            second.steps.is_empty() && second.diagnostics.is_empty(),
            "{about}: {:?} {:?}",
            words(&second),
            second.diagnostics
        );
    }
}

#[test]
fn a_secret_that_stays_is_not_shown() {
    let secret = Expr::Known(Value::str("hunter2").secret());
    let state = applied(&program("t.store", &[("chosen", secret)], Options::default()));
    let p = plan(&program("t.store", &[], Options::default()), &state);
    let [d] = &p.diagnostics[..] else { panic!("{:?}", p.diagnostics) };
    assert!(d.message.contains("(sensitive)") && !format!("{d:?}").contains("hunter2"), "{d:?}");
}

#[test]
fn only_what_would_stay_is_written_down_as_given() {
    let args = [("chosen", text("x")), ("size", int(2)), ("class", text("1"))];
    let state = applied(&program("t.store", &args, Options::default()));
    assert_eq!(state.records[&at("t.store:a")].given, ["chosen".into()]);
}

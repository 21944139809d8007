//! Which values fit, and what is said of those that do not.

use super::*;
use crate::address::Address;
use crate::grammar::form::Grammar;
use crate::value::Map;

const ITEM: &[Field] = &[Field::new("id", "", Type::Str)];

/// The problems with a value of an argument `x`.
fn problems(field: Field, value: impl Into<Expr>) -> Vec<Problem> {
    let mut problems = Vec::new();
    check(&Field { name: "x", ..field }, &value.into(), &mut problems);
    problems
}

fn of_type(ty: Type) -> Field {
    Field::new("x", "", ty)
}

fn json(text: &str) -> Value {
    Value::from_json(text).unwrap()
}

/// A value that is not known yet.
fn later() -> Expr {
    Expr::attr(&Address::parse("x.thing:t").unwrap(), "url")
}

fn list() -> Expr {
    Expr::list(vec![later()])
}

fn map() -> Expr {
    Expr::map(Map::from([("id".into(), later())]))
}

fn text() -> Expr {
    Expr::concat(vec![Expr::str("t"), later()]).unwrap()
}

#[test]
fn each_type_takes_its_values_and_no_others() {
    let all = ["true", "7", "7.5", r#""t""#, r#"["t"]"#, r#"{"id":"t"}"#];
    let takes: [(Type, &[&str]); 10] = [
        (Type::Any, &all),
        (Type::Bool, &all[..1]),
        (Type::Int, &all[1..2]),
        (Type::Float, &all[1..3]),
        (Type::Str, &all[3..4]),
        (Type::List(&Type::Str), &all[4..5]),
        (Type::Map(&Type::Str), &all[5..]),
        (Type::Object(ITEM), &all[5..]),
        (Type::Json, &all[4..]),
        // A policy is a map.
        (Type::Policy, &all[5..]),
    ];
    for (ty, takes) in takes {
        for text in all {
            let found = problems(of_type(ty), json(text));
            assert_eq!(found.is_empty(), takes.contains(&text), "{ty:?} {text}: {found:?}");
            if let [problem] = &found[..]
                && !matches!(ty, Type::Json | Type::Policy)
            {
                let expected = format!("`x` must be {}, not {}", ty.article(), json(text).article());
                assert!(problem.message.starts_with(&expected), "{}", problem.message);
            }
        }
        // What is not known may become anything.
        assert_eq!(problems(of_type(ty), later()), [], "{ty:?}");
    }
    // Text in place of a document has to be one.
    for (ty, good, bad) in [(Type::Json, r#""[1]""#, r#""1]""#), (Type::Policy, r#""{}""#, r#""[1]""#)] {
        assert_eq!(problems(of_type(ty), json(good)), []);
        assert_ne!(problems(of_type(ty), json(bad)), []);
        assert!(problems(of_type(ty), json(r#""t""#))[0].message.starts_with("this JSON cannot be read"));
    }
}

#[test]
fn of_what_is_partly_known_the_shape_has_to_fit() {
    let document = [Type::Any, Type::Json];
    let others = [Type::Bool, Type::Int, Type::Float];
    let shapes: [(Expr, &str, &[Type]); 3] = [
        (list(), "a list", &[Type::List(&Type::Str)]),
        (map(), "a map", &[Type::Map(&Type::Str), Type::Object(ITEM), Type::Policy]),
        (text(), "a string", &[Type::Str, Type::Policy]),
    ];
    for (i, (shape, _, takes)) in shapes.iter().enumerate() {
        for ty in document.iter().chain(*takes) {
            assert_eq!(problems(of_type(*ty), shape.clone()), [], "{ty:?}");
        }
        let of_others = shapes.iter().enumerate().filter(|(j, _)| *j != i).flat_map(|(_, (_, _, takes))| *takes);
        let of_others = of_others.filter(|ty| !takes.contains(ty));
        for ty in others.iter().chain(of_others) {
            let found = problems(of_type(*ty), shape.clone());
            let expected = format!("`x` must be {}, not {}", ty.article(), shapes[i].1);
            assert_eq!(found.iter().map(|p| &*p.message).collect::<Vec<_>>(), [expected], "{ty:?}");
        }
    }
    // The rest is looked at as well.
    assert_eq!(problems(of_type(Type::List(&Type::Int)), Expr::list(vec![later(), text()]))[0].path.join("."), "x.1");
    assert_eq!(problems(of_type(Type::List(&Type::List(&Type::Str))), Expr::list(vec![list(), list()])), []);
    let keyed = Expr::map(Map::from([("id".into(), later()), ("ie".into(), map())]));
    let [unknown] = &problems(of_type(Type::Object(ITEM)), keyed)[..] else { panic!("one problem") };
    assert_eq!((unknown.on_key, unknown.help.as_deref()), (true, Some("it takes `id`")));
    let missing = problems(of_type(Type::Object(ITEM)), Expr::map(Map::from([("ie".into(), later())])));
    assert_eq!(missing.iter().map(|p| &*p.message).collect::<Vec<_>>(), ["`x` needs `id`", "`x` has no argument `ie`"]);
}

#[test]
fn a_hint_says_how_to_write_what_was_meant() {
    let list = Type::List(&Type::Str);
    for (ty, given, hint) in [
        (Type::Int, r#""12""#, Some("write 12 without quotes")),
        (Type::Int, r#""12x""#, None),
        (Type::Int, "true", None),
        (Type::Bool, r#""true""#, Some("write true without quotes")),
        (Type::Bool, r#""false""#, Some("write false without quotes")),
        (Type::Bool, r#""yes""#, None),
        (Type::Bool, r#""1""#, None),
        (Type::Str, "12", Some("put it in quotes")),
        (Type::Str, "true", Some("put it in quotes")),
        (Type::Str, "1.5", None),
        (Type::Str, r#"["t"]"#, Some("take the brackets away, or take one of its items: `list[0]`")),
        (Type::Map(&Type::Str), r#"["t"]"#, None),
        (list, r#""t""#, Some("put it in brackets: [..]")),
        (list, r#"{"t":1}"#, Some("put it in brackets: [..]")),
        (Type::Map(&Type::Str), r#""t""#, None),
    ] {
        let [problem] = &problems(of_type(ty), json(given))[..] else { panic!("{ty:?} {given}") };
        assert_eq!(problem.help.as_deref(), hint, "{ty:?} {given}");
        // A hint would show a secret.
        let secret = problems(of_type(ty), json(given).secret());
        let shown = format!("{secret:?}");
        assert!(!shown.contains("12") && !shown.contains("yes"), "{shown}");
    }
}

#[test]
fn a_number_is_taken_where_it_stays_the_same() {
    let float = |value: Value| problems(of_type(Type::Float), value).len();
    let largest = 1_i64 << 53;
    assert_eq!([largest, -largest, largest + 1, i64::MAX].map(|n| float(Value::Int(n))), [0, 0, 1, 1]);
    // To say so would show it.
    assert_eq!(float(Value::Int(largest + 1).secret()), 0);
}

#[test]
fn conditions_hold_at_their_bounds_and_not_beyond() {
    let list = |n: usize| Value::List(vec![Value::Int(1); n]);
    let map = |n: usize| Value::Map((0..n).map(|i| (i.to_string().into(), Value::Int(1))).collect());
    let text = |text: &str| Value::str(text);
    let length = Condition::Length(2, 3);
    let open = Condition::Length(2, usize::MAX);
    let ints = |numbers: &[i64]| numbers.iter().map(|n| Value::Int(*n)).collect::<Vec<_>>();
    let cases: [(Condition, Vec<Value>, Vec<Value>, &str); 8] = [
        (Condition::Range(2, 4), ints(&[2, 3, 4]), ints(&[1, 5, -3]), "must be between 2 and 4"),
        (Condition::OneOf(&["a", "b"]), vec![text("a"), text("b")], vec![text("c"), text("")], "one of \"a\", \"b\""),
        (Condition::OneOfInt(&[1, 3]), ints(&[1, 3]), ints(&[0, 2, 4]), "must be one of 1, 3"),
        (length, vec![text("ab"), text("äöü")], vec![text("a"), text("abcd")], "must have 2 to 3 characters or items"),
        (length, vec![list(2), list(3)], vec![list(1), list(4)], "must have 2 to 3 characters or items"),
        (length, vec![map(2), map(3)], vec![map(1), map(4)], "must have 2 to 3 characters or items"),
        (open, vec![text("ab"), list(99)], vec![text("a"), list(0)], "must have at least 2 characters or items"),
        (
            Condition::Pattern("[a-z]+"),
            vec![text("a"), text("xyz")],
            vec![text("a1"), text("1a"), text("")],
            "`[a-z]+`",
        ),
    ];
    for (condition, right, wrong, message) in cases {
        // Whether it is secret changes nothing but what is shown.
        for value in right.iter().flat_map(|value| [value.clone(), value.clone().secret()]) {
            assert_eq!(violated(condition, &value), None, "{condition:?} {value:?}");
        }
        for value in wrong.iter().flat_map(|value| [value.clone(), value.clone().secret()]) {
            let found = violated(condition, &value);
            assert!(found.as_ref().is_some_and(|found| found.contains(message)), "{condition:?} {value:?}: {found:?}");
        }
        // What is of another type is refused for that.
        assert_eq!(violated(condition, &Value::Bool(true)), None, "{condition:?}");
    }
}

#[test]
fn what_is_not_among_the_allowed_names_the_nearest() {
    const ENGINES: Field =
        Field { checks: &[Condition::OneOf(&["postgres", "mysql"])], ..Field::new("x", "", Type::Str) };
    let [near] = &problems(ENGINES, Expr::str("postgre"))[..] else { panic!("one problem") };
    assert_eq!(near.message, "`x` must be one of \"postgres\", \"mysql\", not \"postgre\"");
    assert_eq!(near.help.as_deref(), Some("did you mean \"postgres\"?"));
    assert_eq!(problems(ENGINES, Expr::str("oracle"))[0].help, None);
    let secret = &problems(ENGINES, Value::str("postgre").secret())[0];
    assert!(secret.help.is_none() && !secret.message.contains("\"postgre\""), "{secret:?}");
}

#[test]
fn null_is_not_given_except_as_an_item() {
    const MANY: Field = Field { checks: &[Condition::Length(1, 2)], ..Field::new("x", "", Type::List(&Type::Str)) };
    assert_eq!(problems(MANY, Value::Null), []);
    assert_eq!(problems(of_type(Type::Map(&Type::Str)), json(r#"{"a":null}"#)), []);
    assert_eq!(problems(MANY, json(r#"[null]"#))[0].message, "`x.0` must be a string, not nothing");
    // A needed key that is null is missing, in a block and wherever the block is.
    for (ty, given) in [(Type::Object(ITEM), r#"{"id":null}"#), (Type::Object(ITEM), "{}")] {
        assert_eq!(problems(of_type(ty), json(given))[0].message, "`x` needs `id`", "{given}");
    }
    assert_eq!(problems(of_type(Type::List(&Type::Object(ITEM))), json("[{}]"))[0].message, "`x.0` needs `id`");
}

#[test]
fn a_key_that_nothing_resembles_is_answered_with_all_there_are() {
    const TWO: &[Field] = &[Field::new("alpha", "", Type::Str), Field::new("beta", "", Type::Str)];
    let help = |key: &str| unknown_key(vec![key.into()], "x", TWO).help.unwrap();
    assert_eq!(help("alfa"), "did you mean `alpha`?");
    assert_eq!(help("zzzzzz"), "it takes `alpha`, `beta`");
}

#[test]
fn keys_that_a_service_takes_for_one_are_told_with_both() {
    let field = Field { ignore_key_case: true, ..Field::new("x", "", Type::Map(&Type::Str)) };
    let [problem] = &problems(field, json(r#"{"Team":"a","team":"b"}"#))[..] else { panic!("one problem") };
    assert_eq!((problem.path.join("."), problem.on_key), ("x.team".to_owned(), true));
    assert_eq!(problem.message, "`Team` and `team` in `x` are one key for the service");
    assert!(problem.help.as_ref().is_some_and(|help| help.contains("in the same way")));
}

#[test]
fn reserved_domains_are_refused_with_all_that_is_below_them() {
    let condition = Condition::Outside(&["example.com"]);
    let refused = |text: &str| violated(condition, &Value::str(text)).is_some();
    assert!(["example.com", "shop.Example.com", "a.b.example.com."].into_iter().all(refused));
    assert!(!["myexample.com", "example.com.au", "com", ""].into_iter().any(refused));
}

#[test]
fn what_a_grammar_refuses_is_told_at_its_place_and_a_secret_is_not_shown() {
    const RANGES: &[Condition] = &[Condition::Grammar(Grammar::Cidr(16, 28))];
    let one = Field { checks: RANGES, ..Field::new("x", "", Type::Str) };
    let many = Field { checks: RANGES, ..Field::new("x", "", Type::List(&Type::Str)) };
    assert_eq!(problems(one, Expr::str("10.0.0.0/16")), []);
    assert_eq!(problems(many, json(r#"["10.0.0.0/16","10.1.0.0/28"]"#)), []);
    for (field, value, path) in
        [(one, json(r#""10.0.0.0/8""#), "x"), (many, json(r#"["10.0.0.0/16","10.1.0.0/8"]"#), "x.1")]
    {
        let [problem] = &problems(field, value.clone())[..] else { panic!("one problem") };
        assert_eq!((problem.path.join("."), problem.on_key), (path.to_owned(), false));
        assert!(problem.message.starts_with(&format!("`{path}` ")), "{}", problem.message);
        let secret = &problems(Field { sensitive: true, ..field }, value)[0];
        assert!(secret.help.is_none() && !format!("{secret:?}").contains("/8"), "{secret:?}");
        assert!(secret.message.contains("is not "), "{}", secret.message);
    }
}

#[test]
fn what_is_wrong_inside_a_document_names_the_key_and_the_way_out() {
    const DEFINITION: Field =
        Field { checks: &[Condition::Grammar(Grammar::StateMachine)], ..Field::new("x", "", Type::Json) };
    let found = problems(DEFINITION, json(r#"{"StartAt":"A","States":{"A":{"Type":"Succeed","Nexd":"B"}}}"#));
    let [problem] = &found[..] else { panic!("{found:?}") };
    assert_eq!((problem.path.join("."), problem.on_key), ("x.States.A.Nexd".to_owned(), true));
    assert!(problem.message.contains("Nexd") && problem.help.is_some(), "{problem:?}");
}

#[test]
fn each_name_that_no_region_has_is_told_where_it_stands() {
    let field = |ty| Field { checks: &[Condition::Region], ..Field::new("x", "", ty) };
    let (one, many) = (field(Type::Str), field(Type::List(&Type::Str)));
    assert_eq!(problems(one, Expr::str("eu-west-1")), []);
    assert_eq!(problems(many, json(r#"["eu-west-1","us-east-1"]"#)), []);
    let [problem] = &problems(one, Expr::str("eu-wset-1"))[..] else { panic!("one problem") };
    assert_eq!(problem.path.join("."), "x");
    assert!(problem.help.as_ref().is_some_and(|help| help.contains("eu-west-1")), "{problem:?}");
    let found = problems(many, json(r#"["eu-wset-1","us-east-1","nowhere"]"#));
    assert_eq!(found.iter().map(|p| p.path.join(".")).collect::<Vec<_>>(), ["x.0", "x.2"]);
    let secret = &problems(one, Value::str("eu-wset-1").secret())[0];
    assert!(secret.help.is_none() && secret.message == "`x` is no region", "{secret:?}");
}

#[test]
fn the_form_of_a_text_is_that_of_its_patterns_and_grammars() {
    const NAMES: &[Condition] = &[Condition::Length(9, 9), Condition::Pattern("[a-z/0-9.]+")];
    const RANGES: &[Condition] = &[Condition::Grammar(Grammar::Cidr(16, 28))];
    for (checks, text, wanted) in [
        (NAMES, "abc", true),
        (NAMES, "ABC", false),
        (RANGES, "10.0.0.0/16", true),
        (RANGES, "10.0.0.0/8", false),
        (&[], "ABC", true),
    ] {
        assert_eq!(has_form(&Field { checks, ..Field::new("x", "", Type::Str) }, text), wanted, "{text}");
    }
}

#[test]
fn a_document_of_the_wrong_sort_is_told_with_what_it_is() {
    let found = problems(of_type(Type::Policy), Expr::str("[1]"));
    assert_eq!(found[0].message, "`x` must be a policy document, not a list");
}

//! Fitting: whether a value may be what a field says.
//!
//! Types and conditions are looked at wherever a part of the value is known; the rest is looked at when it is.

use std::cell::RefCell;
use std::collections::BTreeMap;

use regex_lite::Regex;

use crate::expr::Expr;
use crate::grammar;
use crate::number;
use crate::region;
use crate::schema::{Condition, Field, Presence, Type, closest};
use crate::secrecy;
use crate::value::{REDACTED, Str, Value, quoted};
use crate::walk::{Spot, Tree, walk};

/// Something wrong with the arguments of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Keys and indexes from the argument inwards; empty when it is about the resource as a whole.
    pub path: Vec<Str>,
    /// Whether the key itself is wrong, not its value.
    pub on_key: bool,
    /// What is wrong, in one sentence.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The check that says so, if one does.
    pub code: Option<&'static str>,
}

impl Problem {
    /// One about a place in the arguments.
    pub(crate) fn new(path: Vec<Str>, message: String) -> Problem {
        Problem { path, on_key: false, message, help: None, code: None }
    }
}

/// Checks a value against its field, as far as it is known, and adds what is wrong. Null counts as not given.
pub fn check(field: &Field, value: &Expr, problems: &mut Vec<Problem>) {
    walk(&Spot::of(field), value.into(), &mut |spot, tree| {
        if let (None, Some(block)) = (spot.field, spot.around())
            && let Type::Object(fields) = block.ty
        {
            problems.push(unknown_key(spot.path(), &block.name(), fields));
            return false;
        }
        if tree.is_null() && !spot.is_item() {
            return false;
        }
        if let Some(problem) = mismatch(spot, tree) {
            problems.push(problem);
            return false;
        }
        if let (Some(field), Some(known)) = (spot.field, tree.known()) {
            problems.extend(conditions(spot, field, known));
        }
        problems.extend(unread(spot, tree));
        if spot.field.is_some_and(|field| field.ignore_key_case) {
            problems.extend(keys_by_case(spot, tree));
        }
        if let Type::Object(fields) = spot.ty
            && !matches!(tree, Tree::Open(open) if !matches!(open, Expr::Map(_)))
        {
            for field in fields.iter().filter(|field| field.presence == Presence::Required) {
                if tree.entry(field.name).is_none_or(Tree::is_null) {
                    let message = format!("`{}` needs `{}`", spot.name(), field.name);
                    problems.push(Problem::new(spot.path(), message));
                }
            }
        }
        true
    });
}

/// That two keys differ by their case alone, where the service takes them for one.
pub(crate) fn keys_by_case(spot: &Spot<'_>, tree: Tree<'_>) -> Option<Problem> {
    let keys: Vec<&Str> = match tree {
        Tree::Known(value) => value.as_map()?.keys().collect(),
        Tree::Open(Expr::Map(map)) => map.keys().collect(),
        Tree::Open(_) => return None,
    };
    let mut seen: BTreeMap<String, &Str> = BTreeMap::new();
    keys.into_iter().find_map(|key| {
        let first = seen.insert(key.to_lowercase(), key)?;
        let mut path = spot.path();
        path.push(key.clone());
        let message = format!("`{first}` and `{key}` in `{}` are one key for the service", spot.name());
        Some(Problem {
            on_key: true,
            help: Some("it ignores the case of keys; write both in the same way, also where defaults are set".into()),
            ..Problem::new(path, message)
        })
    })
}

/// That a value has another type than it may have here.
fn mismatch(spot: &Spot<'_>, tree: Tree<'_>) -> Option<Problem> {
    let (found, help) = match tree {
        Tree::Open(open) => {
            let fits = match open {
                Expr::List(_) => matches!(spot.ty, Type::Any | Type::Json | Type::List(_)),
                Expr::Map(_) => {
                    matches!(spot.ty, Type::Any | Type::Json | Type::Policy | Type::Map(_) | Type::Object(_))
                }
                Expr::Concat(_) => matches!(spot.ty, Type::Any | Type::Json | Type::Policy | Type::Str),
                _ => true,
            };
            let found = match open {
                Expr::List(_) => "a list",
                Expr::Map(_) => "a map",
                _ => "a string",
            };
            if fits {
                return None;
            }
            (found.to_owned(), None)
        }
        Tree::Known(value) => match (spot.ty, value.reveal()) {
            (Type::Any, _)
            | (Type::Bool, Value::Bool(_))
            | (Type::Int, Value::Int(_))
            | (Type::Float, Value::Float(_))
            | (Type::Str, Value::Str(_))
            | (Type::List(_), Value::List(_))
            | (Type::Map(_) | Type::Object(_), Value::Map(_))
            | (Type::Json, Value::Map(_) | Value::List(_))
            | (Type::Policy, Value::Map(_)) => return None,
            (Type::Json | Type::Policy, Value::Str(text)) => {
                let error = match Value::from_json(text) {
                    Ok(Value::Map(_) | Value::Null) => return None,
                    Ok(_) if spot.ty == Type::Json => return None,
                    Ok(other) => return Some(Problem::new(spot.path(), no_policy(spot, other.article()))),
                    Err(error) => error,
                };
                let message = match spot.secret {
                    true => "this text, which is sensitive and not shown, is no JSON that can be read".to_owned(),
                    false => format!("this JSON cannot be read: {error}"),
                };
                return Some(Problem::new(spot.path(), message));
            }
            (Type::Float, Value::Int(int)) if spot.secret || number::to_float(*int).is_ok() => return None,
            (_, found) => (describe_found(spot, found), coercion_hint(spot, found)),
        },
    };
    let message = format!("`{}` must be {}, not {found}", spot.name(), spot.ty.article());
    Some(Problem { help, ..Problem::new(spot.path(), message) })
}

fn no_policy(spot: &Spot<'_>, found: &str) -> String {
    format!("`{}` must be a policy document, not {found}", spot.name())
}

/// What is wrong with a value of the right type.
fn conditions(spot: &Spot<'_>, field: &Field, known: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    for condition in field.checks {
        if *condition == Condition::Region {
            problems.extend(no_regions(spot, known));
        } else if let Some(message) = violated(*condition, known) {
            let shown = secrecy::shown(spot, known);
            let mut problem = Problem::new(spot.path(), format!("`{}` {message}, not {shown}", field.name));
            if let Condition::OneOf(allowed) = condition
                && let Some(near) =
                    known.as_str().filter(|_| !spot.secret).and_then(|s| closest(s, allowed.iter().copied()))
            {
                problem.help = Some(format!("did you mean {}?", quoted(near)));
            }
            problems.push(problem);
        }
    }
    problems
}

/// What is wrong with a text or document, by the grammars of its field.
fn unread(spot: &Spot<'_>, tree: Tree<'_>) -> Vec<Problem> {
    if matches!(spot.ty, Type::List(_)) {
        // Its items are read.
        return Vec::new();
    }
    let list = spot.around().filter(|_| spot.is_item());
    let checks = list.map_or(spot.field, |list| list.field).map_or(&[][..], |field| field.checks);
    let mut problems = Vec::new();
    for condition in checks {
        let Condition::Grammar(grammar) = *condition else { continue };
        for flaw in grammar::flaws(grammar, tree) {
            let name: String = flaw.path.iter().fold(spot.name(), |name, part| format!("{name}.{part}"));
            let path = spot.path().into_iter().chain(flaw.path).collect();
            problems.push(match spot.secret {
                true => Problem::new(
                    spot.path(),
                    format!("`{}`, which is sensitive and not shown, is not {}", spot.name(), grammar.describe()),
                ),
                false => Problem {
                    on_key: flaw.on_key,
                    help: flaw.help,
                    ..Problem::new(path, format!("`{name}` {}", flaw.what))
                },
            });
        }
    }
    problems
}

/// Whether a text has the form that a field of one asks for, or each of its items. What it means is not asked.
pub(crate) fn has_form(field: &Field, text: &str) -> bool {
    let value = Value::str(text);
    field.checks.iter().all(|condition| match condition {
        Condition::Pattern(pattern) => matches(pattern, text),
        Condition::Grammar(grammar) => grammar::flaws(*grammar, Tree::from(&value)).is_empty(),
        _ => true,
    })
}

fn describe_found(spot: &Spot<'_>, value: &Value) -> String {
    match value {
        Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::Float(_) => {
            let shown = secrecy::shown(spot, value);
            if shown == REDACTED {
                format!("{} {shown}", value.article())
            } else {
                format!("{} ({shown})", value.article())
            }
        }
        other => other.article().to_owned(),
    }
}

fn coercion_hint(spot: &Spot<'_>, found: &Value) -> Option<String> {
    match (spot.ty, found) {
        (Type::Int, Value::Str(s)) if !spot.secret && s.parse::<i64>().is_ok() => {
            Some(format!("write {s} without quotes"))
        }
        (Type::Bool, Value::Str(s)) if !spot.secret && matches!(&**s, "true" | "false") => {
            Some(format!("write {s} without quotes"))
        }
        (Type::Str, Value::Int(_) | Value::Bool(_)) => Some("put it in quotes".into()),
        (Type::List(_), _) => Some("put it in brackets: [..]".into()),
        _ => None,
    }
}

/// Whether the whole of a text matches a pattern of a schema. Each pattern is compiled once per thread; one that cannot
/// be compiled matches everything, and a test of the registry sees to it that there is none.
fn matches(pattern: &'static str, text: &str) -> bool {
    thread_local! {
        static COMPILED: RefCell<BTreeMap<&'static str, Option<Regex>>> = const { RefCell::new(BTreeMap::new()) };
    }
    COMPILED.with_borrow_mut(|compiled| {
        let regex = compiled.entry(pattern).or_insert_with(|| Regex::new(&format!("^(?:{pattern})$")).ok());
        regex.as_ref().is_none_or(|r| r.is_match(text))
    })
}

/// What a value that violates a condition should have been, as the middle of a sentence.
fn violated(condition: Condition, value: &Value) -> Option<String> {
    match condition {
        Condition::Range(low, high) => {
            let n = value.as_int()?;
            (n < low || n > high).then(|| format!("must be between {low} and {high}"))
        }
        Condition::OneOf(allowed) => {
            let text = value.as_str()?;
            let list = || allowed.iter().map(|a| quoted(a)).collect::<Vec<_>>().join(", ");
            (!allowed.contains(&text)).then(|| format!("must be one of {}", list()))
        }
        Condition::OneOfInt(allowed) => {
            let n = value.as_int()?;
            let list = || allowed.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
            (!allowed.contains(&n)).then(|| format!("must be one of {}", list()))
        }
        Condition::Length(low, high) => {
            let n = match value.reveal() {
                Value::Str(s) => s.chars().count(),
                Value::List(items) => items.len(),
                Value::Map(map) => map.len(),
                _ => return None,
            };
            (n < low || n > high).then(|| match (low, high) {
                (low, usize::MAX) => format!("must have at least {low} characters or items"),
                (low, high) => format!("must have {low} to {high} characters or items"),
            })
        }
        Condition::Pattern(pattern) => {
            let text = value.as_str()?;
            (!matches(pattern, text)).then(|| format!("must match `{pattern}`"))
        }
        Condition::Outside(domains) => {
            let text = value.as_str()?.trim_end_matches('.').to_lowercase();
            let within = |domain: &str| text.strip_suffix(domain).is_some_and(|r| r.is_empty() || r.ends_with('.'));
            let domain = domains.iter().find(|domain| within(domain))?;
            Some(format!("must be in a domain of your own, since {domain} is reserved"))
        }
        // Each item of a list has a message of its own.
        Condition::Region => None,
        Condition::Grammar(_) => None,
    }
}

/// The names in a value, or in a list of them, that no region has.
fn no_regions(spot: &Spot<'_>, known: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut look = |path: Vec<Str>, item: &Value| {
        if let Some(error) = item.as_str().and_then(|name| region::check_name(name).err()) {
            let (message, help) = match spot.secret {
                true => (format!("`{}` is no region", spot.name()), None),
                false => (error.to_string(), Some(error.help())),
            };
            problems.push(Problem { help, ..Problem::new(path, message) });
        }
    };
    match known.reveal() {
        Value::List(items) => {
            for (i, item) in items.iter().enumerate() {
                let mut path = spot.path();
                path.push(i.to_string().into());
                look(path, item);
            }
        }
        one => look(spot.path(), one),
    }
    problems
}

/// A key that a block, or a kind, does not have.
pub(crate) fn unknown_key(path: Vec<Str>, of: &str, fields: &[Field]) -> Problem {
    let key = path.last().cloned().unwrap_or_default();
    let help = match closest(&key, fields.iter().map(|f| f.name)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            let names: Vec<String> = fields.iter().map(|f| format!("`{}`", f.name)).collect();
            format!("it takes {}", names.join(", "))
        }
    };
    Problem { on_key: true, help: Some(help), ..Problem::new(path, format!("`{of}` has no argument `{key}`")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;
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
        assert_eq!(
            problems(of_type(Type::List(&Type::Int)), Expr::list(vec![later(), text()]))[0].path.join("."),
            "x.1"
        );
        assert_eq!(problems(of_type(Type::List(&Type::List(&Type::Str))), Expr::list(vec![list(), list()])), []);
        let keyed = Expr::map(Map::from([("id".into(), later()), ("ie".into(), map())]));
        let [unknown] = &problems(of_type(Type::Object(ITEM)), keyed)[..] else { panic!("one problem") };
        assert_eq!((unknown.on_key, unknown.help.as_deref()), (true, Some("it takes `id`")));
        let missing = problems(of_type(Type::Object(ITEM)), Expr::map(Map::from([("ie".into(), later())])));
        assert_eq!(
            missing.iter().map(|p| &*p.message).collect::<Vec<_>>(),
            ["`x` needs `id`", "`x` has no argument `ie`"]
        );
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
            (Type::Str, r#"["t"]"#, None),
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
            (
                Condition::OneOf(&["a", "b"]),
                vec![text("a"), text("b")],
                vec![text("c"), text("")],
                "one of \"a\", \"b\"",
            ),
            (Condition::OneOfInt(&[1, 3]), ints(&[1, 3]), ints(&[0, 2, 4]), "must be one of 1, 3"),
            (
                length,
                vec![text("ab"), text("äöü")],
                vec![text("a"), text("abcd")],
                "must have 2 to 3 characters or items",
            ),
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
                assert!(
                    found.as_ref().is_some_and(|found| found.contains(message)),
                    "{condition:?} {value:?}: {found:?}"
                );
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
}

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
use crate::schema::{Condition, Field, Presence, Reference, Type, closest, in_words};
use crate::secrecy;
use crate::value::{REDACTED, Str, Value, quoted};
use crate::walk::{Spot, Tree, walk};

/// What helps against a list in the place of one value.
const ONE_OF_A_LIST: &str = "take the brackets away, or take one of its items: `list[0]`";

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
    /// Where inside of a text, if it is about one place there: line and column, from 1.
    pub inside: Option<(usize, usize)>,
}

impl Problem {
    /// One about a place in the arguments.
    pub(crate) fn new(path: Vec<Str>, message: String) -> Problem {
        Problem { path, on_key: false, message, help: None, code: None, inside: None }
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
                    problems.push(Problem { help: Some(to_give(field)), ..Problem::new(spot.path(), message) });
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
            let help = (spot.ty == Type::Str && matches!(open, Expr::List(_))).then(|| ONE_OF_A_LIST.to_owned());
            (found.to_owned(), help)
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
                let problem = Problem::new(spot.path(), message);
                return Some(match spot.secret {
                    true => problem,
                    false => Problem {
                        help: Some(error.help().to_owned()),
                        inside: Some((error.line, error.column)),
                        ..problem
                    },
                });
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
            problem.code = matches!(condition, Condition::Outside(_)).then_some("C02");
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
                    // A document is too long for an example.
                    help: flaw
                        .help
                        .or_else(|| grammar.is_of_texts().then(|| format!("it looks like `{}`", grammar.example()))),
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

/// What to write for a field that is missing.
pub(crate) fn to_give(field: &Field) -> String {
    let keys = |fields: &[Field]| {
        let required = fields.iter().filter(|field| field.presence == Presence::Required);
        let names: Vec<String> = required.map(|field| format!("`{}`", field.name)).collect();
        if names.is_empty() { "a map".to_owned() } else { format!("a map with {}", names.join(" and ")) }
    };
    let ty = match field.ty {
        Type::Object(fields) => keys(fields),
        Type::List(Type::Object(fields)) => format!("a list of which each item is {}", keys(fields)),
        ty => ty.article().to_owned(),
    };
    let meaning = meant(field).or_else(|| Some(field.doc.lines().next()?.trim_end_matches('.').to_owned()));
    match meaning.filter(|meaning| !meaning.is_empty()) {
        Some(meaning) => format!("add `{}: ..`, {ty}: {meaning}", field.name),
        None => format!("add `{}: ..`, {ty}", field.name),
    }
}

/// What a field takes, for people, where more than its type says it.
pub(crate) fn meant(field: &Field) -> Option<String> {
    let of = |condition: &Condition| match condition {
        Condition::Grammar(grammar) => Some(grammar.describe()),
        Condition::OneOf(allowed) => {
            Some(format!("one of {}", allowed.iter().map(|a| quoted(a)).collect::<Vec<_>>().join(", ")))
        }
        _ => None,
    };
    let referred = || field.refers.filter(|refers| refers.to != "*").map(named);
    field.checks.iter().find_map(of).or_else(referred)
}

/// What a reference leads to, for people.
pub(crate) fn named(refers: Reference) -> String {
    format!("the `{}` of a resource of the kind `{}`", refers.attr(), refers.kind())
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
        (Type::Str | Type::Int | Type::Float | Type::Bool, Value::List(_)) => Some(ONE_OF_A_LIST.into()),
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
            (!matches(pattern, text)).then(|| match in_words(pattern) {
                Some(words) => format!("must be {words}"),
                None => format!("must match `{pattern}`"),
            })
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
mod tests;

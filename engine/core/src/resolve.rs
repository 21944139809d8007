//! Arguments: from what a script gives to what a resource has.
//!
//! [`resolve`] refuses what the schema does not know, fills in defaults and makes physical names. What becomes known
//! later, while planning or applying, goes through [`settle`], which does the same for one argument.

use std::cell::RefCell;
use std::collections::BTreeMap;

use regex_lite::Regex;

use crate::expr::Expr;
use crate::naming::{self, physical_name};
use crate::number;
use crate::schema::{Condition, Field, Kind, Presence, Type, closest};
use crate::secrecy;
use crate::value::{Float, Map, Str, Value, intern, quoted};
use crate::walk::{Spot, Tree, map_open, map_value, walk};

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
    fn new(path: Vec<Str>, message: String) -> Problem {
        Problem { path, on_key: false, message, help: None, code: None }
    }
}

/// What a resource inherits from its surroundings.
#[derive(Debug, Clone, Default)]
pub struct Surroundings<'a> {
    /// The resource's local name.
    pub name: &'a str,
    /// The environment's suffix.
    pub suffix: &'a str,
    /// Tags of the component.
    pub tags: Option<&'a Map<Expr>>,
}

/// Completes the arguments of a resource: refuses unknown ones, fills in defaults, names and inherited tags.
///
/// The result holds every argument that has a value; `Null` is left out.
pub fn resolve(kind: &Kind, given: Map<Expr>, around: &Surroundings<'_>) -> (Map<Expr>, Vec<Problem>) {
    let mut problems = Vec::new();
    let mut args = Map::new();
    for (key, value) in given {
        let Some(field) = kind.arg(&key) else {
            problems.push(match kind.elsewhere.iter().find(|other| other.argument == &*key) {
                Some(other) => Problem {
                    on_key: true,
                    help: Some(other.help.to_owned()),
                    code: Some(other.id),
                    ..Problem::new(vec![key.clone()], format!("`{}` has no argument `{key}`", kind.name))
                },
                None => unknown_key(vec![key.clone()], kind.name, kind.args),
            });
            continue;
        };
        if !value.is_null() {
            let value = settle(field, value, &mut problems);
            args.insert(key, value);
        }
    }
    for field in kind.args {
        if field.tags {
            let own = args.remove(field.name);
            let twice =
                |tags: &Expr| field.ignore_key_case.then(|| keys_by_case(&Spot::of(field), tags.into())).flatten();
            let said = own.as_ref().is_some_and(|own| twice(own).is_some());
            if let Some(tags) = merge_tags(around.tags, own) {
                problems.extend(twice(&tags).filter(|_| !said));
                args.insert(intern(field.name), tags);
            }
        }
        if args.contains_key(field.name) {
            continue;
        }
        if let Some(rule) = &field.name_rule {
            args.insert(intern(field.name), Expr::str(&physical_name(rule, around.name, around.suffix)));
            continue;
        }
        match field.presence {
            Presence::Required => {
                problems.push(Problem::new(Vec::new(), format!("`{}` needs the argument `{}`", kind.name, field.name)));
            }
            Presence::Default(_) => {
                args.extend(default(field).map(|value| (intern(field.name), Expr::Known(value))));
            }
            Presence::Optional | Presence::Computed => {}
        }
    }
    args.shrink_to_fit();
    (args, problems)
}

/// One argument as it is to be, as far as it is known: checked, completed with the defaults inside it, and marked where
/// it is secret. What is wrong with it is added to the problems. Null where there is none after all.
pub fn settle(field: &Field, value: Expr, problems: &mut Vec<Problem>) -> Expr {
    if value.is_null() {
        if field.name_rule.is_some() || field.presence == Presence::Required {
            let message = format!("`{}` must be given, and it came out as nothing", field.name);
            problems.push(Problem::new(vec![field.name.into()], message));
        }
        return Expr::Known(default(field).unwrap_or_default());
    }
    check(field, &value, problems);
    secrecy::mark_expr(&Spot::of(field), complete_expr(&Spot::of(field), value))
}

/// Arguments with every default that the schema has, also inside of blocks.
pub fn complete(fields: &[Field], args: &Map<Value>) -> Map<Value> {
    let given = |field: &Field| args.get(field.name).filter(|value| !value.is_null()).cloned();
    let value = |field: &Field| match given(field) {
        Some(value) => Some(complete_value(&Spot::of(field), value)),
        None => default(field),
    };
    fields.iter().filter_map(|field| Some((intern(field.name), value(field)?))).collect()
}

/// What a field is when it is left out, if the schema says so.
fn default(field: &Field) -> Option<Value> {
    match field.presence {
        Presence::Default(literal) => {
            Some(secrecy::mark_value(&Spot::of(field), complete_value(&Spot::of(field), literal.value())))
        }
        _ => None,
    }
}

/// Tags of the component under the resource's own. Unknown tags as a whole cannot be merged, so the own ones win.
fn merge_tags(inherited: Option<&Map<Expr>>, own: Option<Expr>) -> Option<Expr> {
    let mut tags: Map<Expr> = inherited.cloned().unwrap_or_default();
    match own {
        Some(Expr::Known(Value::Map(map))) => tags.extend(map.into_iter().map(|(k, v)| (k, Expr::Known(v)))),
        Some(Expr::Map(map)) => tags.extend(map),
        Some(other) => return Some(other),
        None => {}
    }
    tags.retain(|_, value| !value.is_null());
    (!tags.is_empty()).then(|| Expr::map(tags))
}

/// Fills in the defaults of the blocks in a value, leaves out what is null, and brings numbers and documents into the
/// form of their type.
fn complete_value(spot: &Spot<'_>, value: Value) -> Value {
    if let Value::Secret(inner) = value {
        return complete_value(spot, Value::clone(&inner)).secret();
    }
    completed(spot, map_value(spot, value, &mut complete_value))
}

/// A value whose parts are complete.
fn completed(spot: &Spot<'_>, value: Value) -> Value {
    match (spot.ty, value) {
        (Type::Object(_) | Type::Map(_), Value::Map(mut map)) => {
            complete_entries(spot.ty, &mut map, Value::is_null, |value| value);
            Value::Map(map)
        }
        (Type::Float, Value::Int(i)) => Value::Float(Float(i as f64)),
        (Type::Json | Type::Policy, Value::Str(text)) => Value::from_json(&text).unwrap_or(Value::Str(text)),
        (_, other) => other,
    }
}

/// The same, as far as the shape of an expression is known.
fn complete_expr(spot: &Spot<'_>, expr: Expr) -> Expr {
    match expr {
        Expr::Known(value) => Expr::Known(complete_value(spot, value)),
        open => match (spot.ty, map_open(spot, open, &mut complete_expr)) {
            (Type::Object(_) | Type::Map(_), Expr::Map(mut map)) => {
                complete_entries(spot.ty, &mut map, Expr::is_null, Expr::Known);
                Expr::map(map)
            }
            (_, Expr::Known(value)) => Expr::Known(completed(spot, value)),
            (_, open) => open,
        },
    }
}

/// Leaves out the entries of a block or map that are null, and adds a block's defaults.
fn complete_entries<T>(ty: Type, entries: &mut Map<T>, is_null: fn(&T) -> bool, known: fn(Value) -> T) {
    entries.retain(|_, value| !is_null(value));
    let Type::Object(fields) = ty else { return };
    for field in fields {
        if !entries.contains_key(field.name)
            && let Some(value) = default(field)
        {
            entries.insert(intern(field.name), known(value));
        }
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
fn keys_by_case(spot: &Spot<'_>, tree: Tree<'_>) -> Option<Problem> {
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
                Expr::List(_) => matches!(spot.ty, Type::Any | Type::Json | Type::Policy | Type::List(_)),
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
            | (Type::Json | Type::Policy, Value::Map(_) | Value::List(_)) => return None,
            (Type::Json | Type::Policy, Value::Str(text)) => {
                let error = Value::from_json(text).err()?;
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

/// What is wrong with a value of the right type.
fn conditions(spot: &Spot<'_>, field: &Field, known: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    if let (Some(rule), Some(text)) = (&field.name_rule, known.as_str())
        && let Some((message, help)) = naming::refused(rule, text)
    {
        problems.push(Problem { help: Some(help), ..Problem::new(spot.path(), message) });
    }
    for condition in field.checks {
        if let Some(message) = violated(*condition, known) {
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

fn unknown_key(path: Vec<Str>, of: &str, fields: &[Field]) -> Problem {
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

fn describe_found(spot: &Spot<'_>, value: &Value) -> String {
    match value {
        Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::Float(_) => {
            format!("{} ({})", value.article(), secrecy::shown(spot, value))
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Lit, NameRule};

    const RULE: NameRule = NameRule { max: 12, chars: "a-z0-9-", prefix: "", lower: true };
    const NESTED: &[Field] = &[
        Field {
            presence: Presence::Default(Lit::Int(3)),
            checks: &[Condition::Range(1, 9)],
            ..Field::new("days", "", Type::Int)
        },
        Field::new("id", "", Type::Str),
    ];
    const ARGS: &[Field] = &[
        Field { name_rule: Some(RULE), ..Field::new("name", "", Type::Str) },
        Field { presence: Presence::Optional, ..Field::new("rules", "", Type::List(&Type::Object(NESTED))) },
        Field { presence: Presence::Default(Lit::Bool(true)), ..Field::new("enabled", "", Type::Bool) },
        Field { presence: Presence::Optional, tags: true, ..Field::new("tags", "", Type::Map(&Type::Str)) },
    ];
    const KIND: Kind = Kind::new("x.thing", "", ARGS, &[]);

    fn run(given: &str) -> (Map<Expr>, Vec<Problem>) {
        let Value::Map(map) = Value::from_json(given).unwrap() else { panic!("not a map") };
        let given = map.into_iter().map(|(k, v)| (k, Expr::Known(v))).collect();
        resolve(&KIND, given, &Surroundings { name: "orders", suffix: "pr-7", tags: None })
    }

    #[test]
    fn defaults_and_names_are_filled_in() {
        let (args, problems) = run(r#"{"rules":[{"id":"a"}]}"#);
        assert_eq!(problems, []);
        assert_eq!(args["name"], Expr::str("orders-pr-7"));
        assert_eq!(args["enabled"], Expr::Known(Value::Bool(true)));
        assert_eq!(args["rules"].to_string(), r#"[{"days": 3, "id": "a"}]"#);
    }

    #[test]
    fn what_is_known_of_a_sensitive_argument_is_secret() {
        const SECRET: &[Field] = &[Field { sensitive: true, ..Field::new("secret", "", Type::Str) }];
        const ARGS: &[Field] = &[SECRET[0], Field::new("block", "", Type::Object(SECRET))];
        const KIND: Kind = Kind::new("x.vault", "", ARGS, &[]);
        let other = Expr::attr(&crate::address::Address::parse("x.thing:t").unwrap(), "url");
        let given = Map::from([
            ("secret".into(), Expr::concat(vec![Expr::str("hunter2@"), other]).unwrap()),
            ("block".into(), Expr::Known(Value::from_json(r#"{"secret":"hunter2"}"#).unwrap())),
        ]);
        let (args, problems) = resolve(&KIND, given, &Surroundings::default());
        assert_eq!(problems, []);
        assert!(!format!("{args:?}").contains("hunter2"), "{args:?}");
    }

    #[test]
    fn problems_name_their_path() {
        for (given, path, message) in [
            (r#"{"nam":1}"#, "nam", "has no argument `nam`"),
            (r#"{"rules":[{"id":"a","dais":1}]}"#, "rules.0.dais", "has no argument `dais`"),
            (r#"{"rules":[{"id":"a","days":10}]}"#, "rules.0.days", "between 1 and 9, not 10"),
            (r#"{"rules":[{}]}"#, "rules.0", "needs `id`"),
            (r#"{"rules":{}}"#, "rules", "must be a list"),
            (r#"{"enabled":"true"}"#, "enabled", "must be a boolean, not a string (\"true\")"),
            (r#"{"name":"Ab_c"}"#, "name", "holds \"A\""),
            (r#"{"name":"abcdefghijklm"}"#, "name", "at most 12"),
        ] {
            let (_, problems) = run(given);
            assert_eq!(problems.len(), 1, "{given}: {problems:?}");
            assert_eq!(problems[0].path.join("."), path);
            assert!(problems[0].message.contains(message), "{}", problems[0].message);
        }
    }

    #[test]
    fn reserved_domains_are_refused_with_all_that_is_below_them() {
        let condition = Condition::Outside(&["example.com"]);
        let refused = |text: &str| violated(condition, &Value::str(text)).is_some();
        assert!(["example.com", "shop.Example.com", "a.b.example.com."].into_iter().all(refused));
        assert!(!["myexample.com", "example.com.au", "com", ""].into_iter().any(refused));
    }

    #[test]
    fn keys_that_differ_by_case_alone_are_refused_where_the_service_takes_them_for_one() {
        let ignoring = Field { ignore_key_case: true, ..Field::new("tags", "", Type::Map(&Type::Str)) };
        let other = Expr::attr(&crate::address::Address::parse("x.thing:t").unwrap(), "url");
        for (keys, expected) in [(&["Team", "team"][..], 1), (&["Team", "Teams"], 0), (&["a", "A", "b", "B"], 1)] {
            // Whether the values are known makes no difference.
            for value in [Expr::str("x"), other.clone()] {
                let map = Expr::map(keys.iter().map(|k| (Str::from(*k), value.clone())).collect());
                for (field, expected) in [(ignoring, expected), (Field { ignore_key_case: false, ..ignoring }, 0)] {
                    let mut problems = Vec::new();
                    check(&field, &map, &mut problems);
                    assert_eq!(problems.len(), expected, "{keys:?}: {problems:?}");
                }
            }
        }
    }

    #[test]
    fn inherited_tags_lie_under_the_own_ones() {
        let inherited = Map::from([("a".into(), Expr::str("1")), ("b".into(), Expr::str("1"))]);
        let own = Map::from([("tags".into(), Expr::map(Map::from([("b".into(), Expr::str("2"))])))]);
        let around = Surroundings { name: "n", suffix: "", tags: Some(&inherited) };
        let (args, _) = resolve(&KIND, own, &around);
        assert_eq!(args["tags"].to_string(), r#"{"a": "1", "b": "2"}"#);
    }
}

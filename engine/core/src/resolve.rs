//! Arguments: from what a script gives to what a resource has.
//!
//! [`resolve`] refuses what the schema does not know, fills in defaults and makes physical names. [`check`] looks at
//! one value; it runs again at apply, on what was not known before.

use std::cell::RefCell;
use std::collections::BTreeMap;

use regex_lite::Regex;

use crate::expr::Expr;
use crate::schema::{Check, Field, Kind, NameRule, Presence, Type, closest};
use crate::value::{Map, Str, Value, intern, quoted};

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
    fn new(path: &[Str], message: String) -> Problem {
        Problem { path: path.to_vec(), on_key: false, message, help: None, code: None }
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
                    path: vec![key.clone()],
                    on_key: true,
                    message: format!("`{}` has no argument `{key}`", kind.name),
                    help: Some(other.help.to_owned()),
                    code: Some(other.id),
                },
                None => unknown_key(&[], &key, kind.name, kind.args),
            });
            continue;
        };
        if value.is_null() {
            continue;
        }
        check(field, &value, &mut vec![key.clone()], &mut problems);
        args.insert(key, conceal(field, fill(field.ty, value)));
    }
    for field in kind.args {
        if field.tags {
            let own = args.remove(field.name);
            if let Some(tags) = merge_tags(around.tags, own) {
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
                problems.push(Problem::new(&[], format!("`{}` needs the argument `{}`", kind.name, field.name)))
            }
            Presence::Default(literal) => {
                args.insert(intern(field.name), fill(field.ty, Expr::Known(literal.value())));
            }
            Presence::Optional | Presence::Computed => {}
        }
    }
    args.shrink_to_fit();
    (args, problems)
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

/// Fills in the defaults of nested blocks, as far as their shape is known.
fn fill(ty: Type, value: Expr) -> Expr {
    match (ty, value) {
        (Type::Object(fields), Expr::Known(Value::Map(map))) => {
            fill_block(fields, map.into_iter().map(|(k, v)| (k, Expr::Known(v))).collect())
        }
        (Type::Object(fields), Expr::Map(map)) => fill_block(fields, map),
        (Type::List(inner), Expr::Known(Value::List(items))) => {
            Expr::list(items.into_iter().map(|v| fill(*inner, Expr::Known(v))).collect())
        }
        (Type::List(inner), Expr::List(items)) => Expr::list(items.into_iter().map(|e| fill(*inner, e)).collect()),
        (Type::Map(inner), Expr::Known(Value::Map(map))) => {
            Expr::map(map.into_iter().map(|(k, v)| (k, fill(*inner, Expr::Known(v)))).collect())
        }
        (Type::Map(inner), Expr::Map(map)) => Expr::map(map.into_iter().map(|(k, e)| (k, fill(*inner, e))).collect()),
        (Type::Float, Expr::Known(Value::Int(i))) => Expr::Known(Value::Float(crate::value::Float(i as f64))),
        (Type::Json | Type::Policy, Expr::Known(Value::Str(text))) => {
            Expr::Known(Value::from_json(&text).unwrap_or(Value::Str(text)))
        }
        (_, other) => other,
    }
}

/// Marks what is known of a sensitive value as secret, also inside what is not known yet.
fn conceal(field: &Field, value: Expr) -> Expr {
    fn all(value: Expr) -> Expr {
        match value {
            Expr::Known(Value::Null) => value,
            Expr::Known(known) => Expr::Known(known.secret()),
            Expr::List(items) => Expr::List(items.into_iter().map(all).collect()),
            Expr::Map(entries) => Expr::Map(entries.into_iter().map(|(k, e)| (k, all(e))).collect()),
            Expr::Concat(parts) => Expr::Concat(parts.into_iter().map(all).collect()),
            Expr::Call(function, args) => Expr::Call(function, args.into_iter().map(all).collect()),
            other @ (Expr::Attr(_) | Expr::Get(..)) => other,
        }
    }
    if field.sensitive { all(value) } else { value }
}

fn fill_block(fields: &'static [Field], map: Map<Expr>) -> Expr {
    let mut filled: Map<Expr> = Map::new();
    for (key, value) in map {
        if value.is_null() {
            continue;
        }
        let value = match fields.iter().find(|f| f.name == &*key) {
            Some(field) => conceal(field, fill(field.ty, value)),
            None => value,
        };
        filled.insert(key, value);
    }
    for field in fields {
        if let Presence::Default(literal) = field.presence
            && !filled.contains_key(field.name)
        {
            filled.insert(intern(field.name), fill(field.ty, Expr::Known(literal.value())));
        }
    }
    Expr::map(filled)
}

/// The physical name of a resource that was given none: `name-suffix` within the limits of its kind. What is too long
/// is cut and made unique by a few characters of a hash.
pub fn physical_name(rule: &NameRule, name: &str, suffix: &str) -> String {
    let mut text = if suffix.is_empty() { name.to_owned() } else { format!("{name}-{suffix}") };
    if rule.lower {
        text = text.to_lowercase();
    }
    text = text.chars().map(|c| if allows(rule.chars, c) { c } else { '-' }).collect();
    let room = rule.max.saturating_sub(rule.prefix.chars().count());
    if text.chars().count() > room {
        use sha2::Digest as _;
        let hash = hex::encode(sha2::Sha256::digest(&text));
        let keep = room.saturating_sub(7);
        text = format!("{}-{}", text.chars().take(keep).collect::<String>(), &hash[..6]);
    }
    format!("{}{text}", rule.prefix)
}

/// Checks a value against its field, as far as it is known, and adds what is wrong.
pub fn check(field: &Field, value: &Expr, path: &mut Vec<Str>, problems: &mut Vec<Problem>) {
    let before = problems.len();
    check_type(field.ty, value, path, problems);
    if problems.len() > before {
        return;
    }
    let Expr::Known(known) = value else { return };
    if let Some(rule) = &field.name_rule
        && let Some(text) = known.as_str()
    {
        check_name(rule, text, path, problems);
    }
    for condition in field.checks {
        if let Some(message) = violated(*condition, known) {
            let shown = if field.sensitive { crate::value::REDACTED.to_owned() } else { shorten(&known.to_string()) };
            let mut problem = Problem::new(path, format!("`{}` {message}, not {shown}", field.name));
            if let Check::OneOf(allowed) = condition
                && let Some(near) = known.as_str().and_then(|s| closest(s, allowed.iter().copied()))
            {
                problem.help = Some(format!("did you mean {}?", quoted(near)));
            }
            problems.push(problem);
        }
    }
}

/// Whether a set of characters such as `A-Za-z0-9_-` has this one. A dash between two others means all between them.
fn allows(set: &str, wanted: char) -> bool {
    let mut rest = set;
    while let Some(first) = rest.chars().next() {
        let after = &rest[first.len_utf8()..];
        let last = after.strip_prefix('-').and_then(|a| a.chars().next());
        if (first..=last.unwrap_or(first)).contains(&wanted) {
            return true;
        }
        rest = last.map_or(after, |last| &after['-'.len_utf8() + last.len_utf8()..]);
    }
    false
}

fn check_name(rule: &NameRule, text: &str, path: &[Str], problems: &mut Vec<Problem>) {
    let length = text.chars().count();
    let rest = text.strip_prefix(rule.prefix);
    let message = if length > rule.max {
        format!("the name {} has {length} characters; at most {} are possible", quoted(text), rule.max)
    } else if rest.is_none() {
        format!("the name {} must start with {}", quoted(text), quoted(rule.prefix))
    } else if rest == Some("") {
        "the name is empty".to_owned()
    } else if let Some(bad) = rest.and_then(|rest| rest.chars().find(|c| !allows(rule.chars, *c))) {
        format!("the name {} holds {}, which is not possible here", quoted(text), quoted(&bad.to_string()))
    } else {
        return;
    };
    problems.push(Problem {
        help: Some(format!("names of this kind hold characters of {} only", rule.chars)),
        ..Problem::new(path, message)
    });
}

fn check_type(ty: Type, value: &Expr, path: &mut Vec<Str>, problems: &mut Vec<Problem>) {
    let mismatch = |found: &str, path: &[Str]| {
        let name = path.last().map_or("the value", |p| &**p);
        Problem::new(path, format!("`{name}` must be {}, not {found}", ty.article()))
    };
    let mut inside = |key: Str, ty: Type, value: &Expr, problems: &mut Vec<Problem>| {
        path.push(key);
        check_type(ty, value, path, problems);
        path.pop();
    };
    match (ty, value) {
        (Type::List(inner), Expr::List(items)) => {
            for (i, item) in items.iter().enumerate() {
                inside(i.to_string().into(), *inner, item, problems);
            }
        }
        (Type::Map(inner), Expr::Map(entries)) => {
            for (key, item) in entries {
                inside(key.clone(), *inner, item, problems);
            }
        }
        (Type::Object(fields), Expr::Map(entries)) => check_block(fields, entries, path, problems),
        (Type::Any | Type::Json | Type::Policy, Expr::List(_) | Expr::Map(_)) => {}
        (_, Expr::List(_)) => problems.push(mismatch("a list", path)),
        (_, Expr::Map(_)) => problems.push(mismatch("a map", path)),
        (Type::Str | Type::Any | Type::Json | Type::Policy, Expr::Concat(_)) => {}
        (_, Expr::Concat(_)) => problems.push(mismatch("a string", path)),
        (_, Expr::Attr(_) | Expr::Get(..) | Expr::Call(..)) => {}
        (_, Expr::Known(known)) => match (ty, known.reveal()) {
            (Type::Any, _)
            | (Type::Bool, Value::Bool(_))
            | (Type::Int, Value::Int(_))
            | (Type::Float, Value::Int(_) | Value::Float(_))
            | (Type::Str, Value::Str(_))
            | (Type::Json | Type::Policy, Value::Map(_) | Value::List(_)) => {}
            (Type::Json | Type::Policy, Value::Str(text)) => {
                if let Err(error) = Value::from_json(text) {
                    problems.push(Problem::new(path, format!("this text is not JSON: {error}")));
                }
            }
            (Type::List(inner), Value::List(items)) => {
                for (i, item) in items.iter().enumerate() {
                    inside(i.to_string().into(), *inner, &Expr::Known(item.clone()), problems);
                }
            }
            (Type::Map(inner), Value::Map(entries)) => {
                for (key, item) in entries {
                    inside(key.clone(), *inner, &Expr::Known(item.clone()), problems);
                }
            }
            (Type::Object(fields), Value::Map(entries)) => {
                let entries = entries.iter().map(|(k, v)| (k.clone(), Expr::Known(v.clone()))).collect();
                check_block(fields, &entries, path, problems);
            }
            (_, found) => {
                let mut problem = mismatch(&describe_found(found), path);
                problem.help = coercion_hint(ty, found);
                problems.push(problem);
            }
        },
    }
}

fn check_block(fields: &'static [Field], entries: &Map<Expr>, path: &mut Vec<Str>, problems: &mut Vec<Problem>) {
    let name = path.last().cloned().unwrap_or_else(|| "block".into());
    for (key, value) in entries {
        let Some(field) = fields.iter().find(|f| f.name == &**key) else {
            problems.push(unknown_key(path, key, &name, fields));
            continue;
        };
        if !value.is_null() {
            path.push(key.clone());
            check(field, value, path, problems);
            path.pop();
        }
    }
    for field in fields {
        if field.presence == Presence::Required && entries.get(field.name).is_none_or(Expr::is_null) {
            problems.push(Problem::new(path, format!("`{name}` needs `{}`", field.name)));
        }
    }
}

fn unknown_key(path: &[Str], key: &Str, of: &str, fields: &[Field]) -> Problem {
    let mut full = path.to_vec();
    full.push(key.clone());
    Problem {
        path: full,
        on_key: true,
        message: format!("`{of}` has no argument `{key}`"),
        help: Some(match closest(key, fields.iter().map(|f| f.name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let names: Vec<String> = fields.iter().map(|f| format!("`{}`", f.name)).collect();
                format!("it takes {}", names.join(", "))
            }
        }),
        code: None,
    }
}

fn describe_found(value: &Value) -> String {
    match value {
        Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::Float(_) => {
            format!("{} ({})", value.article(), shorten(&value.to_string()))
        }
        other => other.article().to_owned(),
    }
}

fn coercion_hint(ty: Type, found: &Value) -> Option<String> {
    match (ty, found) {
        (Type::Int, Value::Str(s)) if s.parse::<i64>().is_ok() => Some(format!("write {s} without quotes")),
        (Type::Bool, Value::Str(s)) if matches!(&**s, "true" | "false") => Some(format!("write {s} without quotes")),
        (Type::Str, Value::Int(_) | Value::Bool(_)) => Some("put it in quotes".into()),
        (Type::List(_), _) => Some("put it in brackets: [..]".into()),
        _ => None,
    }
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= 60 {
        text.to_owned()
    } else {
        format!("{}…", text.chars().take(59).collect::<String>())
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
fn violated(condition: Check, value: &Value) -> Option<String> {
    match condition {
        Check::Range(low, high) => {
            let n = value.as_int()?;
            (n < low || n > high).then(|| format!("must be between {low} and {high}"))
        }
        Check::OneOf(allowed) => {
            let text = value.as_str()?;
            let list = || allowed.iter().map(|a| quoted(a)).collect::<Vec<_>>().join(", ");
            (!allowed.contains(&text)).then(|| format!("must be one of {}", list()))
        }
        Check::OneOfInt(allowed) => {
            let n = value.as_int()?;
            let list = || allowed.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
            (!allowed.contains(&n)).then(|| format!("must be one of {}", list()))
        }
        Check::Length(low, high) => {
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
        Check::Pattern(pattern) => {
            let text = value.as_str()?;
            (!matches(pattern, text)).then(|| format!("must match `{pattern}`"))
        }
        Check::Outside(domains) => {
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
    use crate::schema::Lit;

    const RULE: NameRule = NameRule { max: 12, chars: "a-z0-9-", prefix: "", lower: true };
    const NESTED: &[Field] = &[
        Field {
            presence: Presence::Default(Lit::Int(3)),
            checks: &[Check::Range(1, 9)],
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
            ("secret".into(), Expr::concat(vec![Expr::str("hunter2@"), other])),
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
        let condition = Check::Outside(&["example.com"]);
        let refused = |text: &str| violated(condition, &Value::str(text)).is_some();
        assert!(["example.com", "shop.Example.com", "a.b.example.com."].into_iter().all(refused));
        assert!(!["myexample.com", "example.com.au", "com", ""].into_iter().any(refused));
    }

    #[test]
    fn sets_of_characters_are_read_as_in_brackets() {
        for (set, yes, no) in
            [("A-Za-z0-9_-", "AzZ09_-", "./é "), ("a-z0-9.-", "a.-", "A_"), ("+=,.@-", "+=,.@-", "/<")]
        {
            assert!(yes.chars().all(|c| allows(set, c)), "{set}");
            assert!(!no.chars().any(|c| allows(set, c)), "{set}");
        }
    }

    #[test]
    fn long_names_are_cut_and_stay_distinct() {
        let a = physical_name(&RULE, "a-very-long-name-one", "pr-7");
        let b = physical_name(&RULE, "a-very-long-name-two", "pr-7");
        assert_eq!((a.len(), b.len()), (12, 12));
        assert_ne!(a, b);
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

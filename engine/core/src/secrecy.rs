//! Secrecy: what is secret by its schema, and who may see it.
//!
//! A mark of secrecy is part of a value ([`Value::Secret`]): whoever shows one shows a placeholder. The marks are set
//! here, by what the fields say, wherever values come from outside: a script, a cloud, a stored plan. They are taken
//! off here too, for what goes to a cloud.

use std::borrow::Cow;
use std::fmt;

use crate::cloud::Live;
use crate::expr::Expr;
use crate::schema::{Field, Kind};
use crate::text::shortened;
use crate::value::{Map, REDACTED, Value, quoted};
use crate::walk::{Spot, Tree, each_known, map_open, map_value};

/// The arguments as a cloud gets them: without marks of secrecy.
pub fn revealed(args: &Map<Value>) -> Cow<'_, Map<Value>> {
    if args.values().any(Value::has_secret) {
        Cow::Owned(args.iter().map(|(k, v)| (k.clone(), v.revealed())).collect())
    } else {
        Cow::Borrowed(args)
    }
}

/// What was read, with what the schema says is secret marked.
pub fn marked(kind: &Kind, mut live: Live) -> Live {
    mark(kind.args, &mut live.args);
    mark(kind.outputs, &mut live.outputs);
    live
}

/// Marks what the schema says is secret.
pub fn mark(fields: &[Field], map: &mut Map<Value>) {
    for field in fields.iter().filter(|field| holds_secrets(field)) {
        if let Some(value) = map.get_mut(field.name) {
            *value = mark_value(&Spot::of(field), std::mem::take(value));
        }
    }
}

/// The value of a field with what the schema says is secret marked.
pub fn mark_value(spot: &Spot<'_>, value: Value) -> Value {
    match spot.field {
        Some(field) if field.sensitive => closed(value),
        Some(field) if !holds_secrets(field) => value,
        _ => map_value(spot, value, &mut mark_value),
    }
}

/// The same for an expression: what is known of it is marked, also inside of what is not known yet.
pub fn mark_expr(spot: &Spot<'_>, expr: Expr) -> Expr {
    match (spot.field, expr) {
        (_, Expr::Known(value)) => Expr::Known(mark_value(spot, value)),
        (Some(field), mut open) if field.sensitive => {
            let marked = each_known(&mut open, &mut |value| {
                *value = closed(std::mem::take(value));
                Ok::<(), std::convert::Infallible>(())
            });
            let Ok(()) = marked;
            open
        }
        (Some(field), open) if !holds_secrets(field) => open,
        (_, open) => map_open(spot, open, &mut mark_expr),
    }
}

/// What was found, with the marks of what is recorded at the same place: a service gives no marks back. A list may come
/// back in another order, so that one secret in it closes them all.
pub fn marked_as(recorded: Option<&Value>, found: Value) -> Value {
    match (recorded, found) {
        (None, found) => found,
        (Some(recorded), found) if !recorded.has_secret() => found,
        (Some(Value::Map(recorded)), Value::Map(found)) => {
            Value::Map(found.into_iter().map(|(k, v)| (k.clone(), marked_as(recorded.get(&k), v))).collect())
        }
        (Some(Value::List(_)), Value::List(found)) => Value::List(found.into_iter().map(closed).collect()),
        (Some(_), found) => closed(found),
    }
}

/// A value as a secret. Of several marks in it, the outermost stays; nothing is no secret.
fn closed(value: Value) -> Value {
    match value {
        Value::Null | Value::Secret(_) => value,
        open if open.has_secret() => open.revealed().secret(),
        open => open.secret(),
    }
}

/// Whether something is secret, or any part of it that is known.
pub fn is_secret(tree: Tree<'_>) -> bool {
    fn in_expr(expr: &Expr) -> bool {
        match expr {
            Expr::Known(value) => value.has_secret(),
            Expr::List(items) | Expr::Concat(items) | Expr::Call(_, items) => items.iter().any(in_expr),
            Expr::Map(entries) => entries.values().any(in_expr),
            Expr::Get(inner, _) => in_expr(inner),
            Expr::Attr(_) => false,
        }
    }
    match tree {
        Tree::Known(value) => value.has_secret(),
        Tree::Open(expr) => in_expr(expr),
    }
}

/// The texts of secrets that a service was told, to be taken out of what it says: services quote what they refuse.
#[derive(Default)]
pub struct Secrets(Vec<String>);

impl Secrets {
    /// Shorter ones could stand in any message, and say little.
    const SHORTEST: usize = 4;

    /// The secrets among arguments.
    pub fn of<'a>(args: impl IntoIterator<Item = &'a Map<Value>>) -> Secrets {
        fn collect(value: &Value, is_secret: bool, out: &mut Vec<String>) {
            match value {
                Value::Secret(inner) => collect(inner, true, out),
                Value::List(items) => items.iter().for_each(|item| collect(item, is_secret, out)),
                Value::Map(map) => map.values().for_each(|item| collect(item, is_secret, out)),
                leaf if is_secret => out.extend([leaf.to_text(), quoted(&leaf.to_text()).trim_matches('"').to_owned()]),
                _ => {}
            }
        }
        let mut texts = Vec::new();
        let secret = args.into_iter().flat_map(|map| map.values()).filter(|value| value.has_secret());
        secret.for_each(|value| collect(value, false, &mut texts));
        texts.retain(|text| text.len() >= Self::SHORTEST);
        // One may be a part of another.
        texts.sort_by(|a, b| (b.len(), b).cmp(&(a.len(), a)));
        texts.dedup();
        Secrets(texts)
    }

    /// Takes them out of a text.
    pub fn redact(&self, text: &mut String) {
        for secret in &self.0 {
            if text.contains(secret) {
                *text = text.replace(secret, REDACTED);
            }
        }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {REDACTED}", self.0.len())
    }
}

/// The first of a value as messages show it: nothing where it is secret.
pub fn shown(spot: &Spot<'_>, value: &Value) -> String {
    const MOST: usize = 60;
    if spot.secret { REDACTED.to_owned() } else { shortened(value, MOST) }
}

fn holds_secrets(field: &Field) -> bool {
    field.holds(|field| field.sensitive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Type;

    const PASSWORD: Field = Field { sensitive: true, ..Field::new("password", "", Type::Str) };
    const LOGIN: &[Field] = &[Field::new("user", "", Type::Str), PASSWORD];
    const LOGINS: Field = Field::new("logins", "", Type::Map(&Type::List(&Type::Object(LOGIN))));

    #[test]
    fn marks_are_set_by_the_schema_however_deep() {
        let json = r#"{"logins":{"a":[{"user":"u","password":"hunter2"},{"user":"v","password":null}]},"note":"n"}"#;
        let Value::Map(mut map) = Value::from_json(json).unwrap() else { panic!("a map") };
        mark(&[LOGINS], &mut map);
        let shown = Value::Map(map.clone()).to_string();
        assert!(shown.contains(r#""password": (sensitive), "user": "u""#), "{shown}");
        assert!(shown.contains(r#""password": null, "user": "v""#), "{shown}");
        assert_eq!(Value::Map(revealed(&map).into_owned()).to_json(), Value::from_json(json).unwrap().to_json());
    }

    #[test]
    fn of_what_is_partly_known_the_known_parts_are_marked() {
        let other = Expr::attr(&crate::address::Address::parse("x.thing:t").unwrap(), "url");
        let password = Expr::concat(vec![Expr::str("hunter2@"), other.clone()]).unwrap();
        let login = Expr::map(Map::from([("user".into(), Expr::str("u")), ("password".into(), password)]));
        let logins = Expr::map(Map::from([("a".into(), Expr::list(vec![login])), ("b".into(), other)]));
        let shown = format!("{:?}", mark_expr(&Spot::of(&LOGINS), logins));
        assert!(!shown.contains("hunter2") && shown.contains("(sensitive)") && shown.contains(r#""u""#), "{shown}");
    }

    #[test]
    fn what_is_found_again_is_as_secret_as_it_was() {
        let json = |text: &str| Value::from_json(text).unwrap();
        let map = |value: Value| Value::Map(Map::from([("a".into(), value), ("b".into(), Value::Int(1))]));
        let s = || Value::str("s").secret();
        for (recorded, found, shown) in [
            (s(), json(r#""t""#), "(sensitive)"),
            (s(), json(r#"{"a":1}"#), "(sensitive)"),
            (s(), Value::Null, "null"),
            (Value::Int(1), json("2"), "2"),
            (map(s()), json(r#"{"a":"t","b":2,"c":3}"#), r#"{"a": (sensitive), "b": 2, "c": 3}"#),
            (map(map(s())), json(r#"{"a":{"a":"t"}}"#), r#"{"a": {"a": (sensitive)}}"#),
            (map(s()), json(r#""{\"a\":\"t\"}""#), "(sensitive)"),
            (Value::List(vec![Value::Int(1), s()]), json(r#"["t",1]"#), "[(sensitive), (sensitive)]"),
        ] {
            assert_eq!(marked_as(Some(&recorded), found).to_string(), shown, "{recorded}");
        }
    }

    #[test]
    fn what_a_service_quotes_is_taken_out() {
        let secret =
            Value::List(vec![Value::str("hunter2"), Value::str("hun\"ter"), Value::str("ab"), Value::Int(12345)]);
        let args = Map::from([("a".into(), secret.secret()), ("b".into(), Value::str("open"))]);
        let mut text = r#"`hunter2` and hun"ter, "hun\"ter", 12345, ab, open"#.to_owned();
        let secrets = Secrets::of([&args]);
        secrets.redact(&mut text);
        assert_eq!(text, r#"`(sensitive)` and (sensitive), "(sensitive)", (sensitive), ab, open"#);
        assert!(!format!("{secrets:?}").contains("hunter"));
    }

    #[test]
    fn one_mark_is_enough() {
        let inside = Value::List(vec![Value::str("a"), Value::str("b").secret()]);
        assert_eq!(closed(inside.clone()), inside.revealed().secret());
        assert_eq!(closed(Value::Null), Value::Null);
    }
}

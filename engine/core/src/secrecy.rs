//! Secrecy: what is secret by its schema, and who may see it.
//!
//! A mark of secrecy is part of a value ([`Value::Secret`]): whoever shows one shows a placeholder. The marks are set
//! here, by what the fields say, wherever values come from outside: a script, a cloud, a stored plan. They are taken
//! off here too, for what goes to a cloud.

use std::borrow::Cow;

use crate::cloud::Live;
use crate::expr::Expr;
use crate::schema::{Field, Kind};
use crate::text::shortened;
use crate::value::{Map, REDACTED, Value};
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
    fn one_mark_is_enough() {
        let inside = Value::List(vec![Value::str("a"), Value::str("b").secret()]);
        assert_eq!(closed(inside.clone()), inside.revealed().secret());
        assert_eq!(closed(Value::Null), Value::Null);
    }
}

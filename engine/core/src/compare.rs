//! Comparing: when two values of a field mean the same.
//!
//! Services reorder, lower-case and rewrite. [`canonical`] brings a value into one form per meaning; two values are
//! the same when their canonical forms are equal. Differences that remain are real ones.

use crate::schema::{Excluded, Exclusion, Field, Kind, Presence, Scope, Type};
use crate::value::{Float, Map, Value};
use crate::walk::{Spot, map_value};

/// Whether two values of a field mean the same.
pub fn same(field: &Field, a: &Value, b: &Value) -> bool {
    a.revealed() == b.revealed() || canonical(field, a) == canonical(field, b)
}

/// Whether two resources of a kind, each with its region, cannot be there side by side: what makes them the only ones
/// means the same. What has none of it is not the only one of anything.
pub fn same_key(kind: &Kind, a: (&Map<Value>, Option<&str>), b: (&Map<Value>, Option<&str>)) -> bool {
    let Some((fields, scope)) = kind.unique else { return false };
    let value = |args: &Map<Value>, name: &str| args.get(name).cloned().unwrap_or_default();
    let is_given = |name: &&str| !value(a.0, name).is_null();
    (scope != Scope::Region || a.1 == b.1)
        && fields.iter().any(is_given)
        && fields
            .iter()
            .all(|name| kind.arg(name).is_some_and(|field| same(field, &value(a.0, name), &value(b.0, name))))
}

/// Why two resources of a kind cannot stand side by side, if they cannot.
pub fn excluded(kind: &Kind, a: &Map<Value>, b: &Map<Value>) -> Option<&'static Exclusion> {
    kind.exclusions.iter().find(|exclusion| {
        let of = |args: &Map<Value>, field: &Field| match args.get(field.name).map(Value::revealed) {
            Some(value) if !is_nothing(field, &value) => Some(canonical(field, &value)),
            _ => None,
        };
        let is_same = |name: &&str| kind.arg(name).is_some_and(|field| of(a, field) == of(b, field));
        let Some(field) = kind.arg(exclusion.field) else { return false };
        let (mine, other) = (of(a, field), of(b, field));
        exclusion.among.iter().all(is_same)
            && match exclusion.of {
                Excluded::Others(text) => {
                    let is_it = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).unwrap_or("") == text;
                    mine != other && (is_it(&mine) || is_it(&other))
                }
                Excluded::Equals => mine.is_some() && mine == other,
                Excluded::Nothing => mine.is_some() != other.is_some(),
            }
    })
}

/// Whether a value counts as none: it is nothing, or what the argument is when nothing is given.
fn is_nothing(field: &Field, value: &Value) -> bool {
    match field.presence {
        Presence::Default(default) => value.is_null() || same(field, value, &default.value()),
        _ => value.is_null(),
    }
}

/// The one form of all values of this field that mean the same. Secrets are opened; use it for comparing only.
pub fn canonical(field: &Field, value: &Value) -> Value {
    canonical_at(&Spot::of(field), value.revealed())
}

/// The same for what stands anywhere in a field. The value has no marks of secrecy.
pub(crate) fn canonical_at(spot: &Spot<'_>, value: Value) -> Value {
    let mut result = match (spot.ty, map_value(spot, value, &mut canonical_at)) {
        (Type::Object(_), Value::Map(mut map)) => {
            map.retain(|_, value| !is_empty(value));
            Value::Map(map)
        }
        (Type::Map(_), Value::Map(mut map)) => {
            map.retain(|_, value| !value.is_null());
            Value::Map(map)
        }
        (Type::Json, other) => document(other),
        (Type::Policy, other) => policy(document(other)),
        (Type::Float, Value::Int(i)) => Value::Float(Float(i as f64)),
        (_, other) => other,
    };
    if spot.field.is_some_and(|field| field.ignore_case) {
        result = lower(result);
    }
    if spot.field.is_some_and(|field| field.unordered)
        && let Value::List(items) = &mut result
    {
        items.sort();
        items.dedup();
    }
    result
}

/// Whether a value of a field says what an absent one says: it is empty, or what the field is when it is left out.
pub fn says_nothing(field: &Field, value: &Value) -> bool {
    match value.reveal() {
        Value::List(items) if items.is_empty() => true,
        Value::Map(map) if map.is_empty() => true,
        _ => matches!(field.presence, Presence::Default(default) if same(field, &default.value(), value)),
    }
}

/// Inside a block, an empty list or map says as much as an absent one.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Map(map) => map.is_empty(),
        _ => false,
    }
}

fn document(value: Value) -> Value {
    match value {
        Value::Str(text) => Value::from_json(&text).unwrap_or(Value::Str(text)),
        other => other,
    }
}

fn lower(value: Value) -> Value {
    match value {
        Value::Str(text) => Value::from(text.to_lowercase()),
        Value::List(items) => Value::List(items.into_iter().map(lower).collect()),
        Value::Map(map) => Value::Map(map.into_iter().map(|(key, value)| (key, lower(value))).collect()),
        other => other,
    }
}

/// Keys of a policy statement whose single item and list of one mean the same, and whose order means nothing.
const SETS: &[&str] = &["Resource", "NotResource"];
/// The same, and their case means nothing either.
const ACTIONS: &[&str] = &["Action", "NotAction"];

fn policy(document: Value) -> Value {
    let Value::Map(mut map) = document else { return document };
    // A statement may stand by itself.
    if map.contains_key("Effect") {
        return statement(Value::Map(map));
    }
    // IAM reads a missing version as the old one; a single statement need not be in a list.
    if let Some(statements) = map.remove("Statement") {
        let list = match statements {
            Value::List(items) => items,
            single => vec![single],
        };
        // Whichever applies decides; which comes first means nothing.
        map.insert("Statement".into(), set(Value::List(list.into_iter().map(statement).collect())));
    }
    map.retain(|key, value| &**key != "Id" || value.as_str() != Some(""));
    Value::Map(map)
}

fn statement(value: Value) -> Value {
    let Value::Map(map) = value else { return value };
    let mut result = Map::new();
    for (key, value) in map {
        let value = match &*key {
            k if SETS.contains(&k) => set(value),
            k if ACTIONS.contains(&k) => set(lower(value)),
            "Principal" | "NotPrincipal" => principal(value),
            "Condition" if is_empty(&value) => continue,
            "Condition" => conditions(value),
            "Sid" if value.as_str() == Some("") => continue,
            _ => value,
        };
        result.insert(key, value);
    }
    Value::Map(result)
}

fn set(value: Value) -> Value {
    let mut items = match value {
        Value::List(items) => items,
        single => vec![single],
    };
    items.sort();
    items.dedup();
    Value::List(items)
}

/// `"*"` and `{"AWS": "*"}` mean the same; so do an account's number and the ARN of its root.
fn principal(value: Value) -> Value {
    match value {
        Value::Map(map) => Value::Map(map.into_iter().map(|(k, v)| (k, set(each(v, root_of_account)))).collect()),
        other => Value::Map(Map::from([("AWS".into(), set(other))])),
    }
}

fn each(value: Value, change: fn(Value) -> Value) -> Value {
    match value {
        Value::List(items) => Value::List(items.into_iter().map(change).collect()),
        single => change(single),
    }
}

fn root_of_account(value: Value) -> Value {
    match value.as_str() {
        Some(text) if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) => {
            Value::from(format!("arn:aws:iam::{text}:root"))
        }
        _ => value,
    }
}

/// Condition values are sets of texts: `true` is `"true"`, one is a list of one.
fn conditions(value: Value) -> Value {
    let Value::Map(operators) = value else { return value };
    let text = |v: Value| match v {
        Value::Str(_) => v,
        other => Value::from(other.to_text()),
    };
    Value::Map(
        operators
            .into_iter()
            .map(|(operator, keys)| {
                let keys = match keys {
                    Value::Map(keys) => Value::Map(keys.into_iter().map(|(k, v)| (k, set(each(v, text)))).collect()),
                    other => other,
                };
                (operator, keys)
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Lit;

    fn json(text: &str) -> Value {
        Value::from_json(text).unwrap()
    }

    #[test]
    fn policies_are_compared_by_meaning() {
        let field = Field::new("policy", "", Type::Policy);
        let a = json(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["s3:Put","s3:Get"],
                "Principal":{"AWS":"123456789012"},"Resource":"*","Condition":{"Bool":{"aws:SecureTransport":false}}}]}"#,
        );
        let b = Value::str(
            r#"{"Statement":{"Action":["s3:Get","s3:Put"],"Effect":"Allow","Resource":["*"],"Sid":"",
                "Principal":{"AWS":["arn:aws:iam::123456789012:root"]},
                "Condition":{"Bool":{"aws:SecureTransport":"false"}}},"Version":"2012-10-17"}"#,
        );
        assert!(same(&field, &a, &b));
        let statement = |policy: &Value| match document(policy.clone()).as_map().unwrap()["Statement"].clone() {
            Value::List(mut all) => all.remove(0),
            single => single,
        };
        assert!(same(&field, &statement(&a), &statement(&b)));
        let c = json(r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:Get","Resource":"*"}]}"#);
        assert!(!same(&field, &a, &c));
        let of = |statements: &str| json(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#));
        let (get, put) = (
            r#"{"Effect":"Allow","Action":"s3:Get","Resource":"a"}"#,
            r#"{"Effect":"Deny","Action":"s3:Put","Resource":"b"}"#,
        );
        let both = of(&format!("{get},{put}"));
        for same_again in [
            format!("{put},{get}"),
            format!("{get},{put},{get}"),
            format!("{},{put}", get.replace("s3:Get", "S3:get")),
            format!("{},{put}", get.replace(r#""a""#, r#""a","Condition":{}"#)),
        ] {
            assert!(same(&field, &both, &of(&same_again)), "{same_again}");
        }
        for another in [get.to_owned(), format!("{},{put}", get.replace(r#""a""#, r#""A""#))] {
            assert!(!same(&field, &both, &of(&another)), "{another}");
        }
    }

    #[test]
    fn order_matters_only_where_it_means_something() {
        let ordered = Field::new("l", "", Type::List(&Type::Str));
        let unordered = Field { unordered: true, ..ordered };
        let (a, b) = (json(r#"["x","y"]"#), json(r#"["y","x"]"#));
        assert!(!same(&ordered, &a, &b));
        assert!(same(&unordered, &a, &b));
    }

    #[test]
    fn absent_and_empty_are_the_same_inside_blocks() {
        const FIELDS: &[Field] = &[Field::new("list", "", Type::List(&Type::Str))];
        let field = Field::new("b", "", Type::Object(FIELDS));
        assert!(same(&field, &json(r#"{"list":[]}"#), &json("{}")));
        assert!(!same(&field, &json(r#"{"list":["x"]}"#), &json("{}")));
    }

    #[test]
    fn who_excludes_whom_is_told_among_equals_only() {
        const fn arg(name: &'static str) -> Field {
            Field { presence: Presence::Optional, ..Field::new(name, "", Type::Str) }
        }
        const fn exclusion(field: &'static str, of: Excluded) -> Exclusion {
            Exclusion { among: &["name"], field, of }
        }
        const ON: Field = Field { presence: Presence::Default(Lit::Bool(false)), ..Field::new("on", "", Type::Bool) };
        const ARGS: &[Field] = &[Field { ignore_case: true, ..arg("name") }, arg("type"), arg("set"), arg("role"), ON];
        const EXCLUSIONS: &[Exclusion] = &[
            exclusion("type", Excluded::Others("CNAME")),
            exclusion("set", Excluded::Others("")),
            exclusion("role", Excluded::Equals),
            exclusion("on", Excluded::Nothing),
        ];
        let kind = Kind { exclusions: EXCLUSIONS, ..Kind::new("x.y", "", ARGS, &[]) };
        for (a, b, expected) in [
            (r#"{"name":"n","type":"CNAME"}"#, r#"{"name":"N","type":"A"}"#, Some("type")),
            (r#"{"name":"n","type":"CNAME"}"#, r#"{"name":"m","type":"A"}"#, None),
            (r#"{"name":"n","type":"TXT"}"#, r#"{"name":"n","type":"A"}"#, None),
            (r#"{"name":"n","type":"CNAME","set":"a"}"#, r#"{"name":"n","type":"CNAME","set":"b"}"#, None),
            (r#"{"name":"n","set":"a"}"#, r#"{"name":"n"}"#, Some("set")),
            (r#"{"name":"n","set":"a"}"#, r#"{"name":"n","set":""}"#, Some("set")),
            (r#"{"name":"n","set":"a","role":"P"}"#, r#"{"name":"n","set":"b","role":"P"}"#, Some("role")),
            (r#"{"name":"n","set":"a","role":"P"}"#, r#"{"name":"n","set":"b","role":"S"}"#, None),
            (r#"{"name":"n","set":"a"}"#, r#"{"name":"n","set":"b"}"#, None),
            (r#"{"name":"n","set":"a","on":true}"#, r#"{"name":"n","set":"b"}"#, Some("on")),
            (r#"{"name":"n","set":"a","on":true}"#, r#"{"name":"n","set":"b","on":false}"#, Some("on")),
            (r#"{"name":"n","set":"a","on":false}"#, r#"{"name":"n","set":"b"}"#, None),
        ] {
            let [left, right] = [a, b].map(|text| json(text).as_map().unwrap().clone());
            for (one, other) in [(&left, &right), (&right, &left)] {
                assert_eq!(excluded(&kind, one, other).map(|e| e.field), expected, "{a} {b}");
            }
        }
    }
}

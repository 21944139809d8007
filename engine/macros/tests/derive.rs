//! What the derives make of a struct.
#![allow(missing_docs)]

use std::time::Duration;

use dr_core::convert::{Block as _, KindArgs as _, PolicyDocument, Tags};
use dr_core::schema::{Condition, Lit, NameRule, Place, Presence, Scope, Type};
use dr_core::value::{Map, Value};
use dr_macros::{Block, Kind};

/// A thing.
///
/// It has rules.
#[derive(Debug, PartialEq, Kind)]
#[kind(name = "x.thing", outputs = ThingOut, place = global, unique = "account: name, size", create = "2m", id = "t-{hex:8}")]
struct Thing {
    /// Its name.
    #[arg(replace, name(max = 80, chars = "a-z-", lower))]
    name: String,
    /// Its size.
    #[arg(default = 30, range = 0..=43_200, refuse("D99", only = 30, why = "because"))]
    size: i64,
    /// Its policy.
    policy: Option<PolicyDocument>,
    /// Its rules.
    #[arg(default = [], unordered, length = 0..=3)]
    rules: Vec<Rule>,
    /// Its key.
    #[arg(refers("kms.key.arn", loose))]
    r#type: Option<String>,
    /// Its tags.
    #[arg(tags)]
    tags: Tags,
}

/// A rule.
#[derive(Debug, PartialEq, Block)]
struct Rule {
    /// Which.
    #[arg(one_of("a", "b"))]
    id: String,
    /// How long.
    days: Option<i64>,
}

/// What a thing shows.
#[derive(Debug, PartialEq, Block)]
struct ThingOut {
    /// Its ARN.
    #[out(like = "arn:aws:x:::{name}")]
    arn: String,
    /// Its secret.
    #[out(sensitive, volatile)]
    secret: String,
}

#[test]
fn the_table_says_what_the_struct_says() {
    let kind = Thing::KIND;
    assert_eq!((kind.name, kind.doc), ("x.thing", "A thing.\n\nIt has rules."));
    assert_eq!((kind.place, kind.create, kind.id), (Place::Global, Duration::from_secs(120), "t-{hex:8}"));
    assert_eq!(kind.unique, Some((&["name", "size"][..], Scope::Account)));
    let name = kind.arg("name").unwrap();
    assert_eq!(name.name_rule, Some(NameRule { max: 80, chars: "a-z-", prefix: "", lower: true, ending: None }));
    assert!(name.replace && name.presence == Presence::Optional);
    let size = kind.arg("size").unwrap();
    assert_eq!((size.presence, size.checks), (Presence::Default(Lit::Int(30)), &[Condition::Range(0, 43_200)][..]));
    assert_eq!(size.rules[0].id, "D99");
    assert_eq!(kind.arg("policy").unwrap().ty, Type::Policy);
    assert!(matches!(kind.arg("rules").unwrap().ty, Type::List(Type::Object(fields)) if fields.len() == 2));
    assert!(!kind.arg("type").unwrap().refers.unwrap().blocks_delete);
    assert!(kind.tags().is_some());
    assert!(kind.output("secret").unwrap().sensitive && kind.output("secret").unwrap().volatile);
}

#[test]
fn values_round_trip() {
    let map = Value::from_json(
        r#"{"name":"n","size":3,"rules":[{"id":"a","days":1},{"id":"b"}],"type":"t","tags":{"k":"v"}}"#,
    );
    let Ok(Value::Map(map)) = map else { panic!("not a map") };
    let thing = Thing::from_map(&map).unwrap();
    assert_eq!(thing.rules[1], Rule { id: "b".into(), days: None });
    assert_eq!(thing.to_map(), map);
}

#[test]
fn what_does_not_fit_names_its_path() {
    let Ok(Value::Map(map)) = Value::from_json(r#"{"name":"n","size":3,"rules":[{"id":1}]}"#) else { panic!() };
    assert_eq!(Thing::from_map(&map).unwrap_err().to_string(), "`rules.0.id`: expected a string, found an integer");
}

#[test]
fn sensitive_outputs_are_secret() {
    let out = ThingOut { arn: "a".into(), secret: "s".into() };
    assert_eq!(out.to_map(), Map::from([("arn".into(), "a".into()), ("secret".into(), Value::str("s").secret())]));
}

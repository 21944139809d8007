//! What becomes of arguments: completed, refused, and told why.

use super::*;
use crate::schema::Condition;
use crate::schema::{Lit, NameEnding, NameRule};
use crate::value::Str;

const RULE: NameRule = NameRule { max: 12, chars: "a-z0-9-", prefix: "", lower: true, ending: None };
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
fn names_end_as_another_argument_says() {
    const FIFO: NameEnding = NameEnding { text: ".fifo", when: "fifo" };
    const NAME: NameRule = NameRule { max: 30, chars: "a-z0-9-", prefix: "", lower: true, ending: Some(FIFO) };
    const QUEUE: &[Field] = &[
        Field { name_rule: Some(NAME), presence: Presence::Optional, ..Field::new("name", "", Type::Str) },
        Field { presence: Presence::Default(Lit::Bool(false)), ..Field::new("fifo", "", Type::Bool) },
    ];
    const KIND: Kind = Kind::new("x.queue", "", QUEUE, &[]);
    let run = |given: &str, suffix: &str| {
        let Value::Map(map) = Value::from_json(given).unwrap() else { panic!("not a map") };
        let given = map.into_iter().map(|(k, v)| (k, Expr::Known(v))).collect();
        resolve(&KIND, given, &Surroundings { name: "orders", suffix, tags: None })
    };
    for (given, name) in [
        (r#"{"fifo":true}"#, "orders-pr-7.fifo"),
        (r#"{"fifo":false}"#, "orders-pr-7"),
        ("{}", "orders-pr-7"),
        (r#"{"fifo":true,"name":"q-pr-7.fifo"}"#, "q-pr-7.fifo"),
    ] {
        let (args, problems) = run(given, "pr-7");
        assert_eq!((args["name"].clone(), problems), (Expr::str(name), Vec::new()), "{given}");
    }
    for (given, help) in [
        (r#"{"fifo":true,"name":"q-pr-7"}"#, "call it \"q-pr-7.fifo\""),
        (r#"{"name":"q-pr-7.fifo"}"#, "set `fifo: true`"),
    ] {
        let (_, problems) = run(given, "pr-7");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].help.as_ref().is_some_and(|h| h.contains(help)), "{problems:?}");
        assert_eq!(problems[0].path.join("."), "name");
    }
    let (args, problems) = run(r#"{"fifo":true}"#, "much-too-long-for-any-name");
    assert!(!args.contains_key("name") && problems[0].message.contains("no room"), "{problems:?}");
}

#[test]
fn a_secret_is_no_name_however_it_gets_there() {
    let other = Expr::attr(&crate::address::Address::parse("x.thing:t").unwrap(), "url");
    let secret = || Expr::Known(Value::str("hunter2").secret());
    let partly = Expr::concat(vec![secret(), other]).unwrap();
    for name in [secret(), partly] {
        let given = Map::from([("name".into(), name)]);
        let (_, problems) = resolve(&KIND, given, &Surroundings { name: "n", suffix: "pr-7", tags: None });
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].message.contains("cannot come from a secret"), "{problems:?}");
        assert!(!format!("{problems:?}").contains("hunter2"));
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

fn later() -> Expr {
    Expr::attr(&crate::address::Address::parse("x.thing:t").unwrap(), "url")
}

#[test]
fn tags_are_merged_as_far_as_they_are_known() {
    let inherited = Map::from([("a".into(), Expr::str("1")), ("b".into(), Expr::str("1"))]);
    let none = Map::from([("a".into(), Expr::Known(Value::Null))]);
    let own = |text: &str| Expr::Known(Value::from_json(text).unwrap());
    for (inherited, own, merged) in [
        (Some(&inherited), None, Some(r#"{"a": "1", "b": "1"}"#)),
        // Null is not given, so it takes nothing away; and what the component has none of is not there.
        (Some(&inherited), Some(own(r#"{"b":null,"c":"3"}"#)), Some(r#"{"a": "1", "b": "1", "c": "3"}"#)),
        (Some(&none), Some(own(r#"{"c":"3"}"#)), Some(r#"{"c": "3"}"#)),
        (Some(&none), None, None),
        (
            Some(&inherited),
            Some(Expr::map(Map::from([("b".into(), later())]))),
            Some(r#"{"a": "1", "b": ${x.thing:t.url}}"#),
        ),
        // Of tags that are not known as a whole, nobody knows what they leave.
        (Some(&inherited), Some(later()), Some("${x.thing:t.url}")),
        (None, Some(own("{}")), None),
        (None, None, None),
    ] {
        let given = own.into_iter().map(|own| ("tags".into(), own)).collect();
        let (args, problems) = resolve(&KIND, given, &Surroundings { name: "n", suffix: "s", tags: inherited });
        assert_eq!(problems, []);
        assert_eq!(args.get("tags").map(Expr::to_string).as_deref(), merged);
    }
}

#[test]
fn inherited_tags_that_differ_by_case_from_the_own_ones_are_told_once() {
    const TAGS: &[Field] = &[Field {
        presence: Presence::Optional,
        tags: true,
        ignore_key_case: true,
        ..Field::new("tags", "", Type::Map(&Type::Str))
    }];
    const STRICT: Kind = Kind::new("x.strict", "", TAGS, &[]);
    let inherited = Map::from([("Team".into(), Expr::str("1"))]);
    for (own, count) in [(r#"{"team":"2"}"#, 1), (r#"{"Team":"2"}"#, 0), (r#"{"a":"1","A":"2","team":"3"}"#, 1)] {
        let given = Map::from([("tags".into(), Expr::Known(Value::from_json(own).unwrap()))]);
        let around = Surroundings { tags: Some(&inherited), ..Surroundings::default() };
        assert_eq!(resolve(&STRICT, given, &around).1.len(), count, "{own}");
    }
}

const BLOCK: &[Field] = &[
    Field { presence: Presence::Default(Lit::Int(3)), ..Field::new("days", "", Type::Int) },
    Field { presence: Presence::Optional, ..Field::new("note", "", Type::Str) },
];
const EVERYTHING: &[Field] = &[
    Field { presence: Presence::Optional, ..Field::new("block", "", Type::Object(BLOCK)) },
    Field { presence: Presence::Optional, ..Field::new("blocks", "", Type::Map(&Type::Object(BLOCK))) },
    Field { presence: Presence::Optional, ..Field::new("labels", "", Type::Map(&Type::Str)) },
    Field { presence: Presence::Optional, ..Field::new("ratio", "", Type::Float) },
    Field { presence: Presence::Optional, ..Field::new("ratios", "", Type::List(&Type::Float)) },
    Field { presence: Presence::Optional, ..Field::new("document", "", Type::Json) },
    Field { presence: Presence::Optional, ..Field::new("policy", "", Type::Policy) },
    Field { presence: Presence::Default(Lit::Int(7)), ..Field::new("size", "", Type::Int) },
    Field { presence: Presence::Default(Lit::Str("hunter2")), sensitive: true, ..Field::new("word", "", Type::Str) },
];

#[test]
fn values_get_the_form_of_their_type_and_what_is_left_out_inside_of_them() {
    for (given, arg, expected) in [
        (r#"{"block":{}}"#, "block", r#"{"days":3}"#),
        (r#"{"block":{"days":null,"note":null}}"#, "block", r#"{"days":3}"#),
        (r#"{"block":{"days":5,"note":"n"}}"#, "block", r#"{"days":5,"note":"n"}"#),
        (r#"{"blocks":{"a":{},"b":null}}"#, "blocks", r#"{"a":{"days":3}}"#),
        (r#"{"labels":{"a":"1","b":null}}"#, "labels", r#"{"a":"1"}"#),
        (r#"{"ratio":2}"#, "ratio", "2.0"),
        (r#"{"ratios":[2,0.5]}"#, "ratios", "[2.0,0.5]"),
        (r#"{"document":"{\"a\":null}"}"#, "document", r#"{"a":null}"#),
        (r#"{"policy":"{\"a\":[1]}"}"#, "policy", r#"{"a":[1]}"#),
        ("{}", "size", "7"),
        (r#"{"size":null}"#, "size", "7"),
        (r#"{"size":8}"#, "size", "8"),
    ] {
        let Value::Map(given) = Value::from_json(given).unwrap() else { panic!("not a map") };
        let expected = Value::from_json(expected).unwrap();
        let done = complete(EVERYTHING, &given);
        assert_eq!(done.get(arg), Some(&expected), "{given:?}");
        // What nobody gave and what has no default is not there.
        let others = ["size", "word"];
        assert!(done.keys().all(|key| &**key == arg || others.contains(&&**key)), "{done:?}");
        // A program's arguments come out the same, and so does what is secret.
        let field = EVERYTHING.iter().find(|field| field.name == arg).unwrap();
        let value = given.get(arg).cloned().unwrap_or_default();
        let settled = |value: Value| settle(field, Expr::Known(value), &mut Vec::new()).into_known().unwrap();
        assert_eq!(settled(value.clone()), expected);
        if !value.is_null() {
            let secret = settled(value.secret());
            assert!(secret.has_secret());
            assert_eq!(secret.revealed(), expected);
        }
    }
    // A default is as secret as its argument.
    assert!(complete(EVERYTHING, &Map::new())["word"].has_secret());
}

#[test]
fn what_is_not_known_yet_is_completed_around_it() {
    let map = |entries: Vec<(&str, Expr)>| Expr::map(entries.into_iter().map(|(k, v)| (k.into(), v)).collect());
    let null = || Expr::Known(Value::Null);
    for (arg, given, expected) in [
        ("block", map(vec![("note", later())]), r#"{"days": 3, "note": ${x.thing:t.url}}"#),
        ("block", map(vec![("note", later()), ("days", null())]), r#"{"days": 3, "note": ${x.thing:t.url}}"#),
        (
            "blocks",
            map(vec![("a", map(vec![("note", later())])), ("b", null())]),
            r#"{"a": {"days": 3, "note": ${x.thing:t.url}}}"#,
        ),
        ("labels", map(vec![("a", later()), ("b", null())]), r#"{"a": ${x.thing:t.url}}"#),
        ("ratios", Expr::list(vec![later(), Expr::Known(Value::Int(2))]), "[${x.thing:t.url}, 2]"),
        ("ratio", later(), "${x.thing:t.url}"),
    ] {
        let field = EVERYTHING.iter().find(|field| field.name == arg).unwrap();
        let mut problems = Vec::new();
        assert_eq!(settle(field, given, &mut problems).to_string(), expected);
        assert_eq!(problems, []);
    }
}

#[test]
fn what_must_be_given_may_not_come_out_as_nothing() {
    let field = |presence, name_rule| Field { presence, name_rule, ..Field::new("x", "", Type::Str) };
    let default = Presence::Default(Lit::Str("d"));
    for (presence, rule, expected, count) in [
        (Presence::Required, None, Value::Null, 1),
        (Presence::Optional, Some(RULE), Value::Null, 1),
        (Presence::Optional, None, Value::Null, 0),
        (Presence::Computed, None, Value::Null, 0),
        (default, None, Value::str("d"), 0),
    ] {
        let mut problems = Vec::new();
        let settled = settle(&field(presence, rule), Expr::Known(Value::Null), &mut problems);
        assert_eq!((settled, problems.len()), (Expr::Known(expected), count), "{presence:?}");
    }
}

#[test]
fn an_argument_that_is_missing_or_belongs_elsewhere_is_told() {
    const NEEDS: &[Field] = &[
        Field::new("size", "", Type::Int),
        Field { presence: Presence::Computed, ..Field::new("arn", "", Type::Str) },
    ];
    const ELSEWHERE: &[crate::schema::Elsewhere] =
        &[crate::schema::Elsewhere { argument: "rules", id: "D99", help: "declare x.rule instead" }];
    const KIND: Kind = Kind { elsewhere: ELSEWHERE, ..Kind::new("x.thing", "", NEEDS, &[]) };
    let (args, problems) = resolve(&KIND, Map::from([("rules".into(), Expr::str("r"))]), &Surroundings::default());
    assert!(args.is_empty(), "{args:?}");
    let [elsewhere, missing] = &problems[..] else { panic!("{problems:?}") };
    assert_eq!((elsewhere.path.join("."), elsewhere.on_key, elsewhere.code), ("rules".into(), true, Some("D99")));
    assert_eq!(elsewhere.message, "`x.thing` has no argument `rules`");
    assert_eq!(elsewhere.help.as_deref(), Some("declare x.rule instead"));
    assert_eq!((missing.path.len(), &*missing.message), (0, "`x.thing` needs the argument `size`"));
}

#[test]
fn a_name_that_cannot_be_made_is_told_with_the_way_out() {
    let around = Surroundings { name: "orders", suffix: "a-suffix-that-is-too-long", tags: None };
    let (_, problems) = resolve(&KIND, Map::new(), &around);
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    assert!(problem.path.is_empty() && problem.help.is_some(), "{problem:?}");
}

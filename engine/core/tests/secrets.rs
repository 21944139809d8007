//! A secret stays closed: in every argument of every function, in every text and part, however deep it lies.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that fails panics.

use std::sync::Arc;

use dr_core::address::Address;
use dr_core::expr::{Expr, PartKey};
use dr_core::function::{ALL, Function};
use dr_core::value::{Map, REDACTED, Value};

/// Parts of it and what functions make of it are secret too.
const SECRET: &str = "zQ7-zQ8/zQ9";

/// Whether a text shows something of the secret, as it is or as a function of the language would write it.
fn shows(text: &str) -> bool {
    let hidden = ["zQ", "ZQ", "zq", "elE3", "7a51", "b2f6"];
    hidden.iter().any(|part| text.contains(part))
}

/// Every way to show a value or an expression.
macro_rules! renderings {
    ($thing:expr) => {{
        let thing = $thing;
        [format!("{thing}"), format!("{thing:?}"), format!("{thing:#?}"), serde_json::to_string(thing).unwrap()]
    }};
}

fn unknown() -> Expr {
    Expr::attr(&Address::parse("sqs.queue:q").unwrap(), "arn")
}

/// The secret as different kinds of values, alone and inside of others.
fn secrets() -> Vec<Value> {
    let text = || Value::str(SECRET).secret();
    let json = |json: &str| Value::str(json.replace('S', SECRET)).secret();
    vec![
        text(),
        json(r#"{"S":"S"}"#),
        json(r#"["S"]"#),
        Value::List(vec![text(), Value::str("b")]),
        Value::List(vec![Value::str(SECRET), Value::str(SECRET)]).secret(),
        Value::Map(Map::from([("a".into(), text())])),
        Value::Map(Map::from([(SECRET.into(), Value::Int(1))])).secret(),
        Value::List(vec![Value::Map(Map::from([("a".into(), Value::List(vec![text()]))]))]),
        Value::Secret(Arc::new(text())),
        // These say nothing by themselves, but functions answer for them.
        Value::Int(8).secret(),
        Value::str("10.0.0.0/16").secret(),
        Value::str("12").secret(),
        Value::str("Ynl0ZXM=").secret(),
    ]
}

fn others() -> Vec<Value> {
    vec![
        Value::Null,
        Value::Bool(true),
        Value::Int(1),
        Value::str("b"),
        Value::str("10.0.0.0/16"),
        Value::str(SECRET),
        Value::List(vec![Value::str("b")]),
        Value::Map(Map::from([("a".into(), Value::str("b"))])),
    ]
}

/// Each position takes the secret once, each other position everything.
fn arguments(arity: usize) -> Vec<Vec<Value>> {
    let mut all = Vec::new();
    for position in 0..arity {
        for secret in secrets() {
            let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
            for place in 0..arity {
                let choices = if place == position { vec![secret.clone()] } else { others() };
                let longer = |row: &Vec<Value>| {
                    choices.iter().map(|c| [row.as_slice(), std::slice::from_ref(c)].concat()).collect::<Vec<_>>()
                };
                rows = rows.iter().flat_map(longer).collect();
            }
            all.extend(rows);
        }
    }
    all
}

/// Answers that need not be secret: they hold nothing that was.
fn says_nothing(function: Function, answer: &Value, plain: bool) -> bool {
    matches!(function, Function::Len | Function::Keys | Function::Merge)
        && (plain || !answer.to_json().contains(SECRET))
}

#[test]
fn no_function_shows_a_secret() {
    let (mut tried, mut answered) = (0, 0);
    for signature in ALL {
        for args in (signature.arity.0..=signature.arity.1).flat_map(arguments) {
            tried += 1;
            // The same text given in clear is no secret: what only moves it may show it.
            let is_plain = |arg: &Value| !arg.has_secret() && arg.to_text().contains(SECRET);
            let plain = args.iter().any(is_plain);
            let what = format!("{}({args:?})", signature.name);
            match signature.function.apply(&args) {
                Ok(answer) => {
                    answered += 1;
                    let closed = answer.has_secret() || says_nothing(signature.function, &answer, plain);
                    assert!(closed, "{what} is {answer}");
                    for shown in renderings!(&answer) {
                        assert!(plain || !shows(&shown), "{what} shows {shown}");
                    }
                }
                Err(error) => assert!(!shows(&error), "{what}: {error}"),
            }
            let exprs: Vec<Expr> = args.iter().cloned().map(Expr::Known).collect();
            if let Err(error) = Expr::call(signature.function, exprs.clone()) {
                assert!(plain || !shows(&format!("{error} {error:?}")), "{what}: {error}");
            }
            for place in 0..exprs.len() {
                let left = || args.iter().enumerate().filter(move |(i, _)| *i != place).map(|(_, arg)| arg);
                if left().any(Value::has_secret) {
                    let mut open = exprs.clone();
                    open[place] = unknown();
                    let plain = left().any(is_plain);
                    for shown in renderings!(&Expr::call(signature.function, open).unwrap()) {
                        assert!(plain || !shows(&shown), "{what} shows {shown}");
                    }
                }
            }
        }
    }
    assert!(tried > 8_000 && answered > 400, "{tried} tried, {answered} answered");
}

#[test]
fn no_text_list_map_or_part_shows_a_secret() {
    for secret in secrets() {
        let known = || Expr::Known(secret.clone());
        let parts = [
            vec![known()],
            vec![known(), known()],
            vec![Expr::str("a"), known(), Expr::str("b")],
            vec![unknown(), known(), unknown()],
            vec![known(), unknown(), known()],
            vec![unknown(), Expr::str("a"), known(), Expr::str("b"), unknown()],
        ];
        let mut all: Vec<Expr> = parts.into_iter().map(|parts| Expr::concat(parts).unwrap()).collect();
        all.push(Expr::list(vec![known(), unknown()]));
        all.push(Expr::map(Map::from([("a".into(), known()), ("b".into(), unknown())])));
        let text = Expr::concat(vec![unknown(), known()]).unwrap();
        all.push(Expr::list(vec![Expr::map(Map::from([("a".into(), text)]))]));
        for expr in all {
            for shown in renderings!(&expr) {
                assert!(!shows(&shown) && shown.contains(REDACTED), "{shown}");
            }
            // It becomes known at apply.
            let reduced = expr.reduce(&mut |_| Some(Value::str("arn"))).unwrap();
            let value = reduced.known().unwrap();
            assert!(value.has_secret(), "{value}");
            for shown in renderings!(value) {
                assert!(!shows(&shown), "{shown}");
            }
        }
        for key in [PartKey::Name("a".into()), PartKey::Name("zz".into()), PartKey::Index(0), PartKey::Index(9)] {
            match known().get(&key) {
                Ok(part) => {
                    let closed = part.known().unwrap().has_secret() || !matches!(secret, Value::Secret(_));
                    assert!(closed && renderings!(&part).iter().all(|shown| !shows(shown)), "{part}");
                }
                Err(error) => assert!(!shows(&format!("{error} {error:?}")), "{error}"),
            }
        }
    }
}

//! Promises: whether what is there is what was to be there.
//!
//! A plan says what a resource will be. Once a step is done, and whenever a refresh looks, what the service shows is
//! held against that, place by place: what means the same is the same ([`crate::compare`]), what the service never gives
//! back or a failover switches is not looked at, and what was left to the service is whatever it chose. Where something
//! else remains, somebody has done something else: the service, or a person.

use crate::compare::{canonical_at, says_nothing};
use crate::schema::{Field, Kind, Presence, Type};
use crate::secrecy;
use crate::value::{Map, Str, Value, intern};
use crate::walk::Spot;

/// A place where something else is than was to be. Secrets are marked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenPromise {
    /// Keys and indexes from the outside in.
    pub path: Vec<Str>,
    /// What was to be there; null for nothing.
    pub promised: Value,
    /// What is there; null for nothing.
    pub found: Value,
    /// Whether the program gave it. Otherwise the service has set what was left out.
    pub given: bool,
}

impl BrokenPromise {
    /// What happened, in one sentence.
    pub fn message(&self) -> String {
        let name = self.path.join(".");
        let shown = |value: &Value| if value.is_null() { "nothing".to_owned() } else { value.to_string() };
        if self.given {
            format!("`{name}` is {}, although the plan says {}", shown(&self.found), shown(&self.promised))
        } else {
            format!("the service has set `{name}` to {}, although the program leaves it out", shown(&self.found))
        }
    }

    /// What to do about it.
    pub fn help(&self, kind: &Kind) -> String {
        let name = self.path.first().map_or("", |name| &**name);
        if kind.arg(name).is_none() {
            return "plan again: what it is made from has changed since, or the service has done something else"
                .to_owned();
        }
        format!(
            "the next plan shows it as a difference; if the service means it so, give the value that it shows, or leave \
             it alone with `ignore_changes: [\"{name}\"]`"
        )
    }
}

/// The arguments that are not as they were given, as far as a service can show it. Arguments are complete.
pub fn broken(kind: &Kind, given: &Map<Value>, found: &Map<Value>) -> Vec<BrokenPromise> {
    let mut all = Vec::new();
    for field in kind.args {
        deviations(&Spot::of(field), given.get(field.name), found.get(field.name), &mut |spot, promised, found| {
            // What comes of a secret may say something of it.
            let secret = spot.secret || promised.is_some_and(Value::has_secret);
            let mark = |value: Option<&Value>| match value {
                Some(value) if secret => value.clone().secret(),
                Some(value) => secrecy::mark_value(spot, value.clone()),
                None => Value::Null,
            };
            let extra = promised.is_none() && spot.field.is_some();
            all.push(BrokenPromise { path: spot.path(), promised: mark(promised), found: mark(found), given: !extra });
        });
    }
    all
}

/// The attributes that are not what the plan counted on.
pub fn broken_attributes(counted: &Map<Value>, found: impl Fn(&str) -> Option<Value>) -> Vec<BrokenPromise> {
    let mut all = Vec::new();
    for (name, promised) in counted {
        let found = found(name).unwrap_or_default();
        if found.revealed() != promised.revealed() {
            all.push(BrokenPromise { path: vec![name.clone()], promised: promised.clone(), found, given: true });
        }
    }
    all
}

/// What was found of an argument, where that is not what is recorded; none where there is no such news. An argument that
/// was left to the service is news until it is recorded.
pub fn news<'l>(field: &Field, recorded: Option<&Value>, found: Option<&'l Value>) -> Option<Option<&'l Value>> {
    let chosen = recorded.is_none() && field.presence == Presence::Computed && !field.switched;
    let is_news = match found {
        Some(found) if chosen => !says_nothing(field, found),
        _ => {
            let mut differs = false;
            deviations(&Spot::of(field), recorded, found, &mut |_, _, _| differs = true);
            differs
        }
    };
    is_news.then_some(found)
}

/// Lays what was found over recorded arguments. What was secret stays secret.
pub fn adopt(kind: &Kind, args: &mut Map<Value>, found: &Map<Value>) {
    for field in kind.args {
        match news(field, args.get(field.name), found.get(field.name)) {
            None => {}
            Some(Some(value)) => {
                let value = secrecy::marked_as(args.get(field.name), value.clone());
                args.insert(intern(field.name), value);
            }
            Some(None) => {
                args.remove(field.name);
            }
        }
    }
}

/// Hears of a place where something else was found: what was promised there, and what was found.
type Tell<'t> = dyn FnMut(&Spot<'_>, Option<&Value>, Option<&Value>) + 't;

/// Calls a function with every place where something else was found than was promised.
fn deviations(spot: &Spot<'_>, promised: Option<&Value>, found: Option<&Value>, tell: &mut Tell<'_>) {
    if spot.field.is_some_and(|field| field.switched || field.write_only) {
        return;
    }
    let there = |value: Option<&Value>| value.map(Value::reveal).is_some_and(|value| !value.is_null());
    let nothing = |value: &Value| match spot.field {
        Some(field) => says_nothing(field, value),
        None => false,
    };
    match (promised.filter(|_| there(promised)), found.filter(|_| there(found))) {
        (None, None) => {}
        (None, Some(found)) => {
            if !nothing(found) && spot.field.is_none_or(|field| field.presence != Presence::Computed) {
                tell(spot, None, Some(found));
            }
        }
        (Some(promised), None) => {
            if !nothing(promised) && !spot.secret {
                tell(spot, Some(promised), None);
            }
        }
        (Some(promised), Some(found)) => differing(spot, promised, found, tell),
    }
}

/// The same for two values that are both there.
fn differing(spot: &Spot<'_>, promised: &Value, found: &Value, tell: &mut Tell<'_>) {
    if promised == found {
        return;
    }
    let (bare, other) = (promised.revealed(), found.revealed());
    if bare == other || canonical_at(spot, bare) == canonical_at(spot, other) {
        return;
    }
    let spot = &spot.seeing(promised.into());
    match (spot.ty, promised.reveal(), found.reveal()) {
        (Type::Object(_) | Type::Map(_), Value::Map(promised), Value::Map(found)) => {
            let mut keys: Vec<&Str> = promised.keys().chain(found.keys()).collect();
            keys.sort_unstable();
            keys.dedup();
            for key in keys {
                deviations(&spot.entry(key), promised.get(key), found.get(key), tell);
            }
        }
        (Type::List(_), Value::List(a), Value::List(b)) if a.len() == b.len() => {
            if spot.field.is_some_and(|field| field.unordered) {
                // Each is there, in whatever order.
                let mut left: Vec<&Value> = b.iter().collect();
                let each = a.iter().enumerate().all(|(index, item)| {
                    let same = left.iter().position(|other| is_same(&spot.item(index), item, other));
                    same.map(|at| left.swap_remove(at)).is_some()
                });
                if !each {
                    tell(spot, Some(promised), Some(found));
                }
            } else {
                for (index, (promised, found)) in a.iter().zip(b).enumerate() {
                    deviations(&spot.item(index), Some(promised), Some(found), tell);
                }
            }
        }
        _ => tell(spot, Some(promised), Some(found)),
    }
}

fn is_same(spot: &Spot<'_>, promised: &Value, found: &Value) -> bool {
    let mut same = true;
    differing(spot, promised, found, &mut |_, _, _| same = false);
    same
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Lit;

    const STR: Type = Type::Str;
    const fn may(name: &'static str, ty: Type) -> Field {
        Field { presence: Presence::Optional, ..Field::new(name, "", ty) }
    }
    const RULE: &[Field] = &[
        may("id", STR),
        Field { presence: Presence::Default(Lit::Int(3)), ..Field::new("days", "", Type::Int) },
        Field { presence: Presence::Computed, ..Field::new("arn", "", STR) },
        Field { write_only: true, ..may("seed", STR) },
        Field { sensitive: true, ..may("token", STR) },
        Field { switched: true, ..may("role", STR) },
    ];
    const ARGS: &[Field] = &[
        may("size", Type::Int),
        may("ratio", Type::Float),
        may("subnets", Type::List(&STR)),
        Field { unordered: true, ..may("groups", Type::List(&STR)) },
        Field { ignore_case: true, ..may("engine", STR) },
        may("class", STR),
        may("policy", Type::Policy),
        may("tags", Type::Map(&STR)),
        may("rule", Type::Object(RULE)),
        may("rules", Type::List(&Type::Object(RULE))),
        Field { unordered: true, ..may("sets", Type::List(&Type::Object(RULE))) },
        may("byname", Type::Map(&Type::List(&Type::Object(RULE)))),
        Field { presence: Presence::Default(Lit::Bool(true)), ..Field::new("enabled", "", Type::Bool) },
        Field { presence: Presence::Computed, ..Field::new("zone", "", STR) },
        Field { sensitive: true, ..may("password", STR) },
        Field { write_only: true, ..may("final", STR) },
        Field { switched: true, ..may("writer", STR) },
    ];
    const KIND: Kind = Kind::new("x.thing", "", ARGS, &[]);

    fn map(json: &str) -> Map<Value> {
        Value::from_json(json).unwrap().as_map().unwrap().clone()
    }

    /// The broken promises in a few words: `size is 2, although the plan says 1`.
    fn told(given: &str, found: &str) -> Vec<String> {
        broken(&KIND, &map(given), &map(found)).iter().map(|b| b.message().replace('`', "")).collect()
    }

    #[test]
    fn whatever_a_service_does_quietly_is_told_at_its_place() {
        for (given, found, what) in [
            (r#"{"size":1}"#, r#"{"size":2}"#, "size is 2, although the plan says 1"),
            (r#"{"size":1}"#, "{}", "size is nothing, although the plan says 1"),
            (r#"{"ratio":0.5}"#, r#"{"ratio":0.25}"#, "ratio is 0.25,"),
            (r#"{"subnets":["a","b"]}"#, r#"{"subnets":["a","c"]}"#, "subnets.1 is \"c\","),
            (r#"{"subnets":["a","b"]}"#, r#"{"subnets":["a"]}"#, "subnets is [\"a\"],"),
            (r#"{"groups":["a","b"]}"#, r#"{"groups":["c","a"]}"#, "groups is [\"c\", \"a\"],"),
            (r#"{"class":"Large"}"#, r#"{"class":"large"}"#, "class is \"large\","),
            (r#"{"tags":{"a":"1"}}"#, r#"{"tags":{"a":"2"}}"#, "tags.a is \"2\","),
            (r#"{"tags":{"a":"1"}}"#, "{}", "tags is nothing,"),
            (
                r#"{"tags":{"a":"1"}}"#,
                r#"{"tags":{"a":"1","b":"2"}}"#,
                "tags.b is \"2\", although the plan says nothing",
            ),
            (r#"{"rule":{"id":"a","days":3}}"#, r#"{"rule":{"id":"a","days":4}}"#, "rule.days is 4,"),
            (r#"{"rules":[{"id":"a","days":3}]}"#, r#"{"rules":[{"id":"a","days":4}]}"#, "rules.0.days is 4,"),
            (
                r#"{"sets":[{"id":"a","days":3},{"id":"b","days":3}]}"#,
                r#"{"sets":[{"id":"b","days":3},{"id":"a","days":4}]}"#,
                "sets is ",
            ),
            (
                r#"{"byname":{"k":[{"id":"a","days":3}]}}"#,
                r#"{"byname":{"k":[{"id":"b"}]}}"#,
                "byname.k.0.id is \"b\",",
            ),
            (r#"{"enabled":true}"#, r#"{"enabled":false}"#, "enabled is false,"),
            (r#"{"zone":"a"}"#, r#"{"zone":"b"}"#, "zone is \"b\","),
            (
                r#"{"policy":{"Statement":[{"Effect":"Allow","Action":"s3:Get","Resource":"*"}]}}"#,
                r#"{"policy":{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}}"#,
                "policy is ",
            ),
            ("{}", r#"{"size":8}"#, "the service has set size to 8, although the program leaves it out"),
            (r#"{"rule":{}}"#, r#"{"rule":{"id":"x"}}"#, "the service has set rule.id to \"x\","),
            (
                r#"{"password":"hunter2"}"#,
                r#"{"password":"hunter3"}"#,
                "password is (sensitive), although the plan says (s",
            ),
            (r#"{"rule":{"token":"hunter2"}}"#, r#"{"rule":{"token":"hunter3"}}"#, "rule.token is (sensitive),"),
        ] {
            let all = told(given, found);
            assert_eq!(all.len(), 1, "{given} {found}: {all:?}");
            assert!(all[0].starts_with(what), "{given} {found}: {}", all[0]);
        }
    }

    #[test]
    fn order_that_means_something_is_kept() {
        assert_eq!(told(r#"{"subnets":["a","b"]}"#, r#"{"subnets":["b","a"]}"#).len(), 2);
    }

    #[test]
    fn what_means_the_same_or_cannot_be_seen_is_kept() {
        for (given, found) in [
            (r#"{"ratio":1}"#, r#"{"ratio":1.0}"#),
            (r#"{"groups":["a","b"]}"#, r#"{"groups":["b","a"]}"#),
            (r#"{"engine":"MySQL"}"#, r#"{"engine":"mysql"}"#),
            (
                r#"{"policy":{"Statement":{"Effect":"Allow","Action":"s3:Get","Resource":["*"]}}}"#,
                r#"{"policy":"{\"Statement\":[{\"Effect\":\"Allow\",\"Action\":[\"s3:Get\"],\"Resource\":\"*\"}]}"}"#,
            ),
            (r#"{"tags":{}}"#, "{}"),
            (r#"{"subnets":[]}"#, "{}"),
            (r#"{"enabled":true}"#, "{}"),
            ("{}", r#"{"enabled":true,"tags":{},"zone":"chosen"}"#),
            (r#"{"rule":{"id":"a","days":3}}"#, r#"{"rule":{"id":"a","arn":"chosen"}}"#),
            (r#"{"rule":{"id":"a","seed":"s","token":"t","role":"r"}}"#, r#"{"rule":{"id":"a","days":3}}"#),
            (r#"{"rule":{"id":"a","seed":"s","role":"r"}}"#, r#"{"rule":{"id":"a","seed":"x","role":"w"}}"#),
            (
                r#"{"sets":[{"id":"a","seed":"s"},{"id":"b"}]}"#,
                r#"{"sets":[{"id":"b","arn":"chosen"},{"id":"a","arn":"chosen"}]}"#,
            ),
            (r#"{"password":"x","final":"f","writer":"w"}"#, r#"{"writer":"v"}"#),
            (r#"{"final":"f"}"#, r#"{"final":"g"}"#),
        ] {
            assert_eq!(told(given, found), [""; 0], "{given} {found}");
        }
    }

    #[test]
    fn what_comes_of_a_secret_is_not_shown() {
        let given = Map::from([("class".into(), Value::str("Hunter2").secret())]);
        let all = broken(&KIND, &given, &map(r#"{"class":"hunter2"}"#));
        assert!(!format!("{all:?}{}", all[0].message()).to_lowercase().contains("hunter2"), "{all:?}");
        let rule = Value::from_json(r#"{"id":"Hunter2"}"#).unwrap().secret();
        let all = broken(&KIND, &Map::from([("rule".into(), rule)]), &map(r#"{"rule":{"id":"hunter2"}}"#));
        assert!(!format!("{all:?}{}", all[0].message()).to_lowercase().contains("hunter2"), "{all:?}");
    }

    #[test]
    fn what_was_found_is_taken_over_and_then_no_news() {
        let found = map(r#"{"size":2,"tags":{"a":"1"},"zone":"z","final":"g","enabled":false}"#);
        let mut args = map(r#"{"size":1,"class":"c","final":"f","enabled":true,"password":"p"}"#);
        adopt(&KIND, &mut args, &found);
        let shown = Value::Map(args.clone()).to_json();
        assert_eq!(shown, r#"{"enabled":false,"final":"f","password":"p","size":2,"tags":{"a":"1"},"zone":"z"}"#);
        let news = |field: &Field| news(field, args.get(field.name), found.get(field.name)).is_some();
        assert!(!ARGS.iter().any(news));
    }

    #[test]
    fn what_is_taken_over_stays_secret() {
        let tags = Value::Map(Map::from([("a".into(), Value::str("p").secret()), ("b".into(), Value::str("q"))]));
        let mut args = Map::from([("class".into(), Value::str("p").secret()), ("tags".into(), tags)]);
        adopt(&KIND, &mut args, &map(r#"{"class":"hunter2","tags":{"a":"hunter2","b":"r"}}"#));
        assert_eq!(Value::Map(args).to_string(), r#"{"class": (sensitive), "tags": {"a": (sensitive), "b": "r"}}"#);
    }

    #[test]
    fn attributes_that_the_plan_counted_on_are_looked_at() {
        let counted = map(r#"{"arn":"a","package":"p"}"#);
        let all = broken_attributes(&counted, |name| (name == "arn").then(|| Value::str("b")));
        let told: Vec<String> = all.iter().map(BrokenPromise::message).collect();
        assert_eq!(
            told,
            ["`arn` is \"b\", although the plan says \"a\"", "`package` is nothing, although the plan says \"p\""]
        );
    }
}

//! Drift: what somebody else has changed about resources since they were last applied, and what that means.

use std::sync::Arc;

use serde::Serialize;

use crate::cloud::Live;
use crate::plan::{Refreshed, record_refreshed, switched_fields};
use crate::promise::news;
use crate::record::Record;
use crate::schema::Kind;
use crate::secrecy;
use crate::value::Value;
use crate::walk::Spot;

/// What a property that drifted means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftLevel {
    /// A failover has switched it. It is no fault, and neither undone nor adopted.
    Switched,
    /// It guards neither data nor access.
    Benign,
    /// It guards data or access: a policy, encryption, who may reach it, protection from deletion, a backup.
    Dangerous,
}

/// A property that is not as it was applied.
#[derive(Debug, Clone, PartialEq)]
pub struct PropertyDrift {
    /// The argument or attribute.
    pub name: &'static str,
    /// What is recorded; `None` when nothing is.
    pub recorded: Option<Value>,
    /// What was found; `None` when nothing is there.
    pub found: Option<Value>,
    /// What it means.
    pub level: DriftLevel,
}

/// What is different about a resource.
#[derive(Debug, Clone, PartialEq)]
pub enum ResourceDrift {
    /// Somebody deleted it.
    Gone,
    /// Some of its properties are not as they were applied.
    Changed(Vec<PropertyDrift>),
}

impl ResourceDrift {
    /// What it means: as much as the worst of its properties. What is gone guards nothing any more.
    pub fn level(&self) -> DriftLevel {
        match self {
            ResourceDrift::Gone => DriftLevel::Dangerous,
            ResourceDrift::Changed(properties) => {
                properties.iter().map(|property| property.level).max().unwrap_or(DriftLevel::Switched)
            }
        }
    }
}

/// What a refresh found that is different about a resource; `None` when nothing is.
pub fn drift(kind: &Kind, record: &Record, refreshed: &Refreshed) -> Option<ResourceDrift> {
    match refreshed {
        Refreshed::Gone => Some(ResourceDrift::Gone),
        Refreshed::Live(live) => {
            let properties = properties(kind, record, live);
            (!properties.is_empty()).then_some(ResourceDrift::Changed(properties))
        }
    }
}

fn properties(kind: &Kind, record: &Record, live: &Live) -> Vec<PropertyDrift> {
    let mut all = Vec::new();
    for field in kind.args.iter().filter(|field| !record.switched.contains_key(field.name)) {
        let recorded = record.args.get(field.name);
        let Some(found) = news(field, recorded, live.args.get(field.name)) else { continue };
        // What the service chose and nobody recorded yet is no drift.
        if recorded.is_none() && field.presence == crate::schema::Presence::Computed {
            continue;
        }
        let spot = Spot::of(field);
        let shown = |value: &Value| secrecy::mark_value(&spot, secrecy::marked_as(recorded, value.clone()));
        let level = if field.holds(|field| field.is_guard()) { DriftLevel::Dangerous } else { DriftLevel::Benign };
        let (recorded, found) = (recorded.map(shown), found.map(shown));
        all.push(PropertyDrift { name: field.name, recorded, found, level });
    }
    for field in kind.outputs.iter().filter(|field| !field.switched) {
        let (recorded, found) = (record.outputs.get(field.name), live.outputs.get(field.name));
        if found.is_some() && recorded.map(Value::revealed) != found.map(Value::revealed) {
            let spot = Spot::of(field);
            let shown = |value: &Value| secrecy::mark_value(&spot, value.clone());
            let (recorded, found) = (recorded.map(shown), found.map(shown));
            all.push(PropertyDrift { name: field.name, recorded, found, level: DriftLevel::Benign });
        }
    }
    all.extend(switched_fields(kind, record, live).into_iter().map(|(name, recorded, found)| PropertyDrift {
        name,
        recorded: Some(recorded.clone()),
        found: Some(found.clone()).filter(|found| !found.is_null()),
        level: DriftLevel::Switched,
    }));
    all
}

/// The record with what was found. What a failover has switched stays as it is recorded.
pub fn adopted(kind: &Kind, record: &Arc<Record>, live: &Live) -> Arc<Record> {
    record_refreshed(kind, record, live, &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Field, Presence, Type};
    use crate::value::Map;

    const INNER: &[Field] = &[
        Field { presence: Presence::Optional, guards: true, ..Field::new("open", "", Type::Bool) },
        Field { presence: Presence::Optional, ..Field::new("color", "", Type::Str) },
    ];
    const fn optional(name: &'static str, ty: Type) -> Field {
        Field { presence: Presence::Optional, ..Field::new(name, "", ty) }
    }
    static KIND: Kind = Kind::new(
        "x.y",
        "",
        &[
            optional("size", Type::Int),
            optional("policy", Type::Policy),
            Field { guards: true, ..optional("key", Type::Str) },
            Field { protects: true, ..optional("protected", Type::Bool) },
            optional("block", Type::Object(INNER)),
            Field { switched: true, ..optional("role", Type::Str) },
            Field { presence: Presence::Computed, ..Field::new("zone", "", Type::Str) },
            Field { sensitive: true, ..optional("word", Type::Str) },
        ],
        &[Field::new("arn", "", Type::Str)],
    );

    fn names(drift: &ResourceDrift) -> Vec<&'static str> {
        match drift {
            ResourceDrift::Gone => Vec::new(),
            ResourceDrift::Changed(properties) => properties.iter().map(|property| property.name).collect(),
        }
    }

    fn record() -> Record {
        serde_json::from_str(
            r#"{"address":"x.y:a","kind":"x.y","id":"i","op":"o","outputs":{"arn":"a"},
                "args":{"size":1,"key":"k","protected":true,"role":"PRIMARY","block":{"open":false}}}"#,
        )
        .unwrap()
    }

    fn live(change: impl FnOnce(&mut Map<Value>)) -> Refreshed {
        let Record { mut args, outputs, .. } = record();
        change(&mut args);
        Refreshed::Live(Live { args, outputs })
    }

    #[test]
    fn what_guards_is_dangerous_and_what_a_failover_switches_is_neither() {
        let policy = Value::str(r#"{"Statement":[]}"#);
        for (name, value, level) in [
            ("size", Value::Int(2), DriftLevel::Benign),
            ("policy", policy, DriftLevel::Dangerous),
            ("key", Value::str("other"), DriftLevel::Dangerous),
            ("protected", Value::Bool(false), DriftLevel::Dangerous),
            ("block", Value::Map(Map::from([("open".into(), Value::Bool(true))])), DriftLevel::Dangerous),
            ("role", Value::str("SECONDARY"), DriftLevel::Switched),
            ("word", Value::str("hush"), DriftLevel::Benign),
        ] {
            let found = live(|args| drop(args.insert(name.into(), value.clone())));
            let found = drift(&KIND, &record(), &found).unwrap();
            assert_eq!((found.level(), &names(&found)[..]), (level, &[name][..]), "{name}");
            assert!(!format!("{found:?}").contains("hush"));
        }
        assert_eq!(drift(&KIND, &record(), &Refreshed::Gone).map(|d| d.level()), Some(DriftLevel::Dangerous));
        assert_eq!(drift(&KIND, &record(), &live(|_| {})), None);
        let chosen = live(|args| drop(args.insert("zone".into(), Value::str("a"))));
        assert_eq!(drift(&KIND, &record(), &chosen), None, "nobody decided it before");
        let gone = live(|args| drop(args.remove("key")));
        assert_eq!(drift(&KIND, &record(), &gone).map(|d| d.level()), Some(DriftLevel::Dangerous));
    }

    #[test]
    fn what_is_adopted_is_no_drift_any_more_but_for_what_was_switched() {
        let found = live(|args| {
            args.insert("size".into(), Value::Int(2));
            args.insert("role".into(), Value::str("SECONDARY"));
        });
        let Refreshed::Live(there) = &found else { panic!("it is there") };
        let record = adopted(&KIND, &Arc::new(record()), there);
        assert_eq!(record.args["size"], Value::Int(2));
        let left = drift(&KIND, &record, &found).unwrap();
        assert_eq!((left.level(), &names(&left)[..]), (DriftLevel::Switched, &["role"][..]));
    }
}

//! Differences of one resource: what it is against what it shall be.

use std::borrow::Cow;
use std::sync::Arc;

use crate::address::Address;
use crate::cloud::Live;
use crate::compare::{same, says_nothing};
use crate::expr::Expr;
use crate::graph::Node;
use crate::plan::PropertyChange;
use crate::promise::{adopt, news};
use crate::record::Record;
use crate::schema::{Field, Kind, OneWay, Presence};
use crate::secrecy;
use crate::value::{Map, Str, Value, intern};
use crate::walk::Spot;

/// What differs, and the arguments as they shall be.
#[derive(Debug)]
pub(super) struct Difference<'a> {
    pub(super) changes: Vec<PropertyChange>,
    /// The wanted arguments, with what the service chose where the program leaves it the choice.
    pub(super) args: Cow<'a, Map<Expr>>,
    /// The arguments that keep the value they have: their changes are ignored, or the service chooses.
    pub(super) left: Vec<&'static Field>,
    /// The arguments that cannot become what they shall be, in any way; and why not.
    pub(super) impossible: Vec<(&'static Field, String)>,
}

impl Difference<'_> {
    /// The argument that forces a replacement, if one does.
    pub(super) fn forced_by(&self) -> Option<&Str> {
        self.changes.iter().find(|c| c.forces).map(|c| &c.path)
    }

    /// The resources that unknown new values come from.
    pub(super) fn waits_for(&self) -> Vec<Address> {
        let mut found = Vec::new();
        for change in &self.changes {
            if let Some(after) = &change.after {
                found.extend(after.addresses());
            }
        }
        found.sort();
        found.dedup();
        found
    }
}

/// Whether what a refresh found is what is recorded, as far as it matters.
pub fn agrees(kind: &Kind, record: &Record, live: &Live) -> bool {
    unchanged(kind, record, live)
        && switched(kind, record, live).is_empty()
        && still_switched(kind, record, live, &[]) == record.switched
}

/// The same, but for what a failover switches.
fn unchanged(kind: &Kind, record: &Record, live: &Live) -> bool {
    same_outputs(kind, record, live)
        && kind.args.iter().all(|field| {
            record.switched.contains_key(field.name)
                || news(field, record.args.get(field.name), live.args.get(field.name)).is_none()
        })
}

fn same_outputs(kind: &Kind, record: &Record, live: &Live) -> bool {
    if live.outputs == record.outputs {
        return true;
    }
    let matters = |(name, _): &(&Str, &Value)| !kind.output(name).is_some_and(|field| field.switched);
    live.outputs.iter().filter(matters).eq(record.outputs.iter().filter(matters))
}

/// What a failover has changed: fields that are there to be switched and arguments that it has set, with what is recorded
/// and what was found.
pub fn switched<'a>(kind: &Kind, record: &'a Record, live: &'a Live) -> Vec<(&'static str, &'a Value, &'a Value)> {
    let args = kind.args.iter().map(|field| {
        let (recorded, found) = (record.args.get(field.name), live.args.get(field.name));
        // An argument that was given and is not there was switched to nothing.
        (field, recorded, found.or(recorded.map(|_| &Value::Null)))
    });
    let outputs =
        kind.outputs.iter().map(|field| (field, record.outputs.get(field.name), live.outputs.get(field.name)));
    let is_set = |field: &Field| field.switched || record.switched.contains_key(field.name);
    let both = args.chain(outputs).filter(|(field, ..)| is_set(field));
    both.filter_map(|(field, recorded, found)| {
        let (recorded, found) = match (recorded, found) {
            (None, Some(found)) if record.switched.contains_key(field.name) => (&Value::Null, found),
            (recorded, found) => (recorded?, found?),
        };
        // What was not decided yet is decided now; nothing was switched.
        let decided = recorded.as_str().is_none_or(|text| !text.is_empty());
        (decided && !same(field, recorded, found)).then_some((field.name, recorded, found))
    })
    .collect()
}

/// The record with what a refresh found. What a failover has switched stays as it is recorded, unless the program says
/// what was found (`agreed`).
pub fn refreshed(kind: &Kind, record: &Arc<Record>, live: &Live, agreed: &[&str]) -> Arc<Record> {
    let switched = still_switched(kind, record, live, agreed);
    if unchanged(kind, record, live) && agreed.is_empty() && switched == record.switched {
        return record.clone();
    }
    let mut outputs = live.outputs.clone();
    for field in kind.outputs.iter().filter(|field| field.switched) {
        if let Some(recorded) = record.outputs.get(field.name) {
            outputs.insert(intern(field.name), recorded.clone());
        }
    }
    let mut fresh = Record { outputs, ..Record::clone(record) };
    adopt(kind, &mut fresh.args, &record.as_declared(&live.args));
    fresh.switched = switched;
    for name in agreed.iter().filter(|name| kind.arg(name).is_some()) {
        match live.args.get(*name) {
            Some(value) => {
                let value = secrecy::marked_as(record.args.get(*name), value.clone());
                fresh.args.insert(intern(name), value)
            }
            None => fresh.args.remove(*name),
        };
    }
    Arc::new(fresh)
}

/// What a failover has set and is still so, each as it was found. What somebody has set back, and what the program says now
/// (`agreed`), is not.
fn still_switched(kind: &Kind, record: &Record, live: &Live, agreed: &[&str]) -> Map<Value> {
    let mut switched = Map::new();
    for (name, was) in &record.switched {
        let found = live.args.get(name).unwrap_or(&Value::Null);
        let declared = record.args.get(name).unwrap_or(&Value::Null);
        let is_back = kind.arg(name).is_none_or(|field| same(field, declared, found));
        if !is_back && !agreed.contains(&&**name) {
            switched.insert(name.clone(), secrecy::marked_as(Some(was), found.clone()));
        }
    }
    switched
}

/// Compares what a resource is (`prior`) with what it shall be (`wanted`, reduced as far as possible). `recorded` is
/// what it was when it was last applied, to tell drift from change. What comes from something that was lost (`is_lost`)
/// stays as it is.
pub(super) fn difference<'a>(
    node: &Node,
    wanted: Cow<'a, Map<Expr>>,
    prior: &Record,
    recorded: &Record,
    is_lost: &dyn Fn(&Expr) -> bool,
) -> Difference<'a> {
    let mut result = Difference { changes: Vec::new(), args: wanted, left: Vec::new(), impossible: Vec::new() };
    for field in node.kind.args {
        let before = prior.args.get(field.name).filter(|v| !v.is_null());
        let ignored = node.options.ignore_changes.iter().any(|i| **i == *field.name);
        let after = result.args.get(field.name).filter(|e| !e.is_null());
        let left_alone = after.is_none() && field.presence == Presence::Computed;
        let is_lost = after.is_some_and(is_lost);
        if ignored || left_alone || is_lost {
            if before.is_some() {
                result.left.push(field);
            }
            let stays = match (before, after) {
                (Some(value), Some(Expr::Known(wanted))) => value == wanted,
                (None, None) => true,
                // It has something there that nobody knows.
                (None, Some(_)) => is_lost,
                _ => false,
            };
            if !stays {
                match before {
                    Some(value) => result.args.to_mut().insert(intern(field.name), Expr::Known(value.clone())),
                    None => result.args.to_mut().remove(field.name),
                };
            }
            continue;
        }
        if equal(field, before, after) {
            continue;
        }
        let mut forces = field.replace && !(field.removable && after.is_none());
        match direction(field, before, after) {
            Direction::Free => {}
            Direction::Reached => {
                if after.is_none() {
                    result.left.push(field);
                }
                if let Some(value) = before {
                    result.args.to_mut().insert(intern(field.name), Expr::Known(value.clone()));
                }
                continue;
            }
            Direction::Anew => forces = true,
            Direction::Closed(why) => result.impossible.push((field, why)),
        }
        let drift = before.map(Value::revealed) != recorded.args.get(field.name).map(Value::revealed);
        let spot = Spot::of(field);
        result.changes.push(PropertyChange {
            path: field.name.into(),
            before: before.map(|value| secrecy::mark_value(&spot, value.clone())),
            after: after.map(|expr| secrecy::mark_expr(&spot, expr.clone())),
            forces,
            drift,
        });
    }
    if node.region != prior.region {
        let value = |r: &Option<Str>| r.clone().map(Value::Str);
        result.changes.push(PropertyChange {
            path: "region".into(),
            before: value(&prior.region),
            after: value(&node.region).map(Expr::Known),
            forces: true,
            drift: false,
        });
    }
    result
}

/// Whether a value can go where it shall.
enum Direction {
    /// Yes.
    Free,
    /// It is there already, or further.
    Reached,
    /// Only with another resource.
    Anew,
    /// No, and why not.
    Closed(String),
}

fn direction(field: &Field, before: Option<&Value>, after: Option<&Expr>) -> Direction {
    let Some(way) = field.one_way else { return Direction::Free };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let wanted = after.and_then(Expr::known);
    match (way, before, wanted) {
        (OneWay::Stays, Some(_), None) if after.is_none() => Direction::Reached,
        (OneWay::Order(order), Some(before), Some(wanted)) => {
            let place = |value: &Value| order.iter().position(|o| value.as_str() == Some(o));
            match (place(before), place(wanted)) {
                (Some(is), Some(shall)) if shall < is => Direction::Anew,
                _ => Direction::Free,
            }
        }
        (OneWay::Version, Some(before), Some(wanted)) => match (text(before), text(wanted)) {
            (Some(is), Some(shall)) => versions(&is, &shall),
            _ => Direction::Free,
        },
        _ => Direction::Free,
    }
}

/// A later version is the way on. A later minor one that is there already counts as the one that was asked for, and so
/// does any that starts with it.
fn versions(is: &str, shall: &str) -> Direction {
    let parts = |text: &str| -> Vec<(u64, String)> {
        // Numbers compare as numbers; what is no number, such as `mysql_aurora`, as text.
        text.split('.').map(|part| (part.parse().unwrap_or(0), part.to_owned())).collect()
    };
    let (is_parts, shall_parts) = (parts(is), parts(shall));
    let key = |parts: &[(u64, String)]| -> Vec<(u64, Option<String>)> {
        parts.iter().map(|(n, text)| (*n, text.parse::<u64>().is_err().then(|| text.clone()))).collect()
    };
    if is_parts.starts_with(&shall_parts) {
        return Direction::Reached;
    }
    match (is_parts.first() == shall_parts.first(), key(&is_parts) > key(&shall_parts)) {
        (true, true) => Direction::Reached,
        (false, true) => Direction::Closed(format!("it is {is} and cannot go back to {shall}")),
        (_, false) => Direction::Free,
    }
}

fn equal(field: &Field, before: Option<&Value>, after: Option<&Expr>) -> bool {
    match (before, after) {
        (None, None) => true,
        (Some(value), None) | (None, Some(Expr::Known(value))) => says_nothing(field, value),
        (Some(before), Some(Expr::Known(after))) => same(field, before, after),
        (_, Some(_)) => false,
    }
}

/// Attributes known in advance that differ from the recorded ones: the contents of an archive.
pub(super) fn known_changes(known: &Map<Value>, prior: &Record) -> Vec<PropertyChange> {
    known
        .iter()
        .filter(|(name, value)| prior.outputs.get(*name) != Some(value))
        .map(|(name, value)| PropertyChange {
            path: name.clone(),
            before: prior.outputs.get(name).cloned(),
            after: Some(Expr::Known(value.clone())),
            forces: false,
            drift: false,
        })
        .collect()
}

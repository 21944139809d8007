//! The two tables: what is named otherwise (`names.toml`), and what differs on purpose (`exceptions.toml`).

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use dr_core::registry::Registry;
use dr_tests_support::repository;
use toml::{Table, Value};

type Failure = Box<dyn std::error::Error>;

fn table(file: &str) -> Result<Table, Failure> {
    let path = repository().join("tests/schemas").join(file);
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.parse::<Table>().map_err(|error| format!("{}: {error}", path.display()))?)
}

fn texts(table: &Table, name: &str) -> Result<BTreeMap<String, String>, Failure> {
    let Some(inner) = table.get(name) else { return Ok(BTreeMap::new()) };
    let entries = inner.as_table().ok_or_else(|| format!("[{name}] is no table"))?;
    let entry = |(key, value): (&String, &Value)| {
        let text = value.as_str().ok_or_else(|| format!("[{name}] {key:?} is no text"))?;
        Ok((key.clone(), text.to_owned()))
    };
    entries.iter().map(entry).collect()
}

/// `names.toml`. Keys are kinds (`sqs.queue`) and fields (`sqs.queue.redrive_policy.max_receive_count`).
#[derive(Default)]
pub(crate) struct Names {
    /// Service → what CloudFormation calls it.
    services: BTreeMap<String, String>,
    /// Kind → type, or a part of a type: `AWS::S3::Bucket ReplicationConfiguration`.
    types: BTreeMap<String, String>,
    /// Kind → why there is no type.
    no_type: BTreeMap<String, String>,
    /// Field → property.
    fields: BTreeMap<String, String>,
    /// Field → why there is no property.
    no_property: BTreeMap<String, String>,
    used: RefCell<BTreeSet<String>>,
}

impl Names {
    pub(crate) fn read() -> Result<Names, Failure> {
        let table = table("names.toml")?;
        Ok(Names {
            services: texts(&table, "services")?,
            types: texts(&table, "types")?,
            no_type: texts(&table, "no_type")?,
            fields: texts(&table, "fields")?,
            no_property: reasons(&table, "no_property")?,
            used: RefCell::default(),
        })
    }

    /// What CloudFormation calls a service.
    pub(crate) fn service<'a>(&'a self, service: &'a str) -> &'a str {
        self.services.get(service).map_or(service, String::as_str)
    }

    /// The type of a kind, and the part of it: what the table names, or else what the rule finds.
    pub(crate) fn type_of(&self, kind: &str, by_rule: Option<&str>) -> Option<(String, String)> {
        let named = self.more_than_the_rule(&self.types, kind, by_rule).or(by_rule)?;
        let (name, part) = named.split_once(' ').unwrap_or((named, ""));
        Some((name.to_owned(), part.to_owned()))
    }

    /// Why a kind has no type.
    pub(crate) fn no_type(&self, kind: &str) -> Option<&str> {
        self.used_of(&self.no_type, kind)
    }

    /// The property that a field is, as a path from the type: what the table names, or else what the rule finds.
    pub(crate) fn property(&self, field: &str, by_rule: Option<String>) -> Option<String> {
        self.more_than_the_rule(&self.fields, field, by_rule.as_deref()).map(str::to_owned).or(by_rule)
    }

    /// Why a field is no property.
    pub(crate) fn no_property(&self, field: &str) -> Option<&str> {
        self.used_of(&self.no_property, field)
    }

    /// An entry that says what the rule finds anyway is not needed.
    fn more_than_the_rule<'a>(
        &self,
        table: &'a BTreeMap<String, String>,
        key: &str,
        by_rule: Option<&str>,
    ) -> Option<&'a str> {
        if table.get(key).map(String::as_str) == by_rule { None } else { self.used_of(table, key) }
    }

    fn used_of<'a>(&self, table: &'a BTreeMap<String, String>, key: &str) -> Option<&'a str> {
        let value = table.get(key)?;
        self.used.borrow_mut().insert(key.to_owned());
        Some(value)
    }

    /// What nobody asked for in a comparison of a whole registry.
    pub(crate) fn unused(&self, registry: &Registry) -> impl Iterator<Item = String> {
        let tables = [&self.types, &self.no_type, &self.fields, &self.no_property];
        let used = self.used.borrow();
        let unused: Vec<String> = tables
            .iter()
            .flat_map(|table| table.keys())
            .filter(|key| !used.contains(*key))
            .map(|key| {
                let known =
                    registry.iter().any(|kind| **key == *kind.name || key.starts_with(&format!("{}.", kind.name)));
                let why = if known { "the rule finds it, or it is not compared" } else { "there is no such kind" };
                format!("`{key}` is not needed ({why}): take it out")
            })
            .collect();
        unused.into_iter()
    }
}

/// A list of tables, each with a `reason` and the keys that it is the reason `of`.
fn reasons(table: &Table, name: &str) -> Result<BTreeMap<String, String>, Failure> {
    let groups = table.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut found = BTreeMap::new();
    for group in groups {
        let reason = group.get("reason").and_then(Value::as_str).filter(|reason| !reason.is_empty());
        let reason = reason.ok_or_else(|| format!("a [[{name}]] without a reason: {group}"))?;
        let of =
            group.get("of").and_then(Value::as_array).ok_or_else(|| format!("{reason:?} is the reason of nothing"))?;
        for key in of {
            let key = key.as_str().ok_or_else(|| format!("{key} is no text"))?;
            if found.insert(key.to_owned(), reason.to_owned()).is_some() {
                return Err(format!("[[{name}]] has `{key}` twice").into());
            }
        }
    }
    Ok(found)
}

/// `exceptions.toml`. Keys are a field and what differs: `sqs.queue.max_message_size maximum`.
pub(crate) struct Exceptions {
    reasons: BTreeMap<String, String>,
    used: BTreeSet<String>,
}

impl Exceptions {
    pub(crate) fn read() -> Result<Exceptions, Failure> {
        Ok(Exceptions { reasons: reasons(&table("exceptions.toml")?, "exception")?, used: BTreeSet::new() })
    }

    /// Whether a difference is meant.
    pub(crate) fn cover(&mut self, key: &str) -> bool {
        let covered = self.reasons.contains_key(key);
        if covered {
            self.used.insert(key.to_owned());
        }
        covered
    }

    /// The exceptions that covered nothing.
    pub(crate) fn unused(&self) -> impl Iterator<Item = &str> {
        self.reasons.keys().filter(|key| !self.used.contains(*key)).map(String::as_str)
    }
}

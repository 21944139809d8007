//! C54: keys and indexes of a table.

use std::collections::{BTreeMap, BTreeSet};

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "the attributes of a table are those that its keys and indexes name, and each index can be made",
    why: "DynamoDB refuses an attribute that no key names, a key whose attribute is not declared, an index that orders by nothing, \
          and one that says twice or not at all which attributes it holds.",
    mend: "List in `attributes` each attribute of a key, once, and no other; items may have more attributes than these.",
    source: "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html",
    ..Check::each("C54", "table-keys", &["dynamodb.table"], look)
};

const GLOBAL: &str = "global_secondary_indexes";
const LOCAL: &str = "local_secondary_indexes";
/// Attributes that all indexes of a table may hold together by `INCLUDE`.
const MOST_HELD: usize = 100;

fn look(table: &Resource<'_>, _: &Planned<'_>, found: &mut Findings) {
    attributes(table, found);
    indexes(table, found);
    expiry(table, found);
}

/// The paths at which keys name attributes.
fn keys(table: &Resource<'_>) -> Vec<String> {
    let mut paths = vec!["hash_key".to_owned(), "range_key".to_owned()];
    for index in table.each(GLOBAL).into_iter().chain(table.each(LOCAL)) {
        paths.extend(["hash_key", "range_key"].map(|key| format!("{index}.{key}")));
    }
    paths.retain(|path| table.is_given(path));
    paths
}

fn attributes(table: &Resource<'_>, found: &mut Findings) {
    let mut declared = BTreeMap::new();
    for item in table.each("attributes") {
        let path = format!("{item}.name");
        // What is not known yet may be any of them.
        let Some(name) = table.text(&path) else { return };
        if declared.insert(name, path.clone()).is_some() {
            let message = format!("`{}` declares the attribute `{name}` twice", table.address);
            found.add(table, Finding::new(&path, message).help("keep one of them"));
        }
    }
    let keys = keys(table);
    for path in &keys {
        if let Some(name) = table.text(path).filter(|name| !declared.contains_key(name)) {
            let message = format!("a key of `{}` is `{name}`, which is not among its attributes", table.address);
            let help = format!("add `#{{ name: \"{name}\", type: \"S\" }}` to `attributes`, or the type that it has");
            found.add(table, Finding::new(path, message).label("not declared").help(help));
        }
    }
    let named: Option<BTreeSet<&str>> = keys.iter().map(|path| table.text(path)).collect();
    let is_open = |list: &str| table.is_given(list) && table.value(list).is_none() && table.count(list) == 0;
    let Some(named) = named.filter(|_| !is_open(GLOBAL) && !is_open(LOCAL)) else { return };
    for (name, path) in declared.iter().filter(|(name, _)| !named.contains(**name)) {
        let message = format!("`{}` declares the attribute `{name}`, which no key names", table.address);
        let help = "take it out: items may have attributes that the table does not declare";
        found.add(table, Finding::new(path, message).label("of no key").help(help));
    }
}

fn indexes(table: &Resource<'_>, found: &mut Findings) {
    let mut names = BTreeSet::new();
    let mut held = 0;
    let hash = table.text("hash_key");
    if hash.is_some() && hash == table.text("range_key") {
        let message = format!("both keys of `{}` are the same attribute", table.address);
        found.add(table, Finding::new("range_key", message).help("leave `range_key` out, or name another attribute"));
    }
    if table.count(LOCAL) > 0 && table.is_absent("range_key") {
        let message = format!("`{}` has local indexes and no `range_key`", table.address);
        let help = "give the table a `range_key`, or make the index one of `global_secondary_indexes`";
        found.add(table, Finding::new(LOCAL, message).help(help));
    }
    for index in table.each(GLOBAL).into_iter().chain(table.each(LOCAL)) {
        let at = |key: &str| format!("{index}.{key}");
        let name = table.text(&at("name")).unwrap_or("an index");
        if !names.insert(name) && table.text(&at("name")).is_some() {
            let message = format!("`{}` has two indexes that are called `{name}`", table.address);
            found.add(table, Finding::new(&at("name"), message).help("give one of them another name"));
        }
        let range = table.text(&at("range_key"));
        if range.is_some() && range == table.text(&at("hash_key")) {
            let message = format!("both keys of the index `{name}` of `{}` are the same attribute", table.address);
            found.add(table, Finding::new(&at("range_key"), message).help("name another attribute, or none"));
        }
        if index.starts_with(LOCAL) && range.is_some() && range == hash {
            let message = format!("the index `{name}` of `{}` orders by the table's own hash key", table.address);
            found.add(table, Finding::new(&at("range_key"), message).help("name another attribute"));
        }
        let (sort, others) = (table.text(&at("projection_type")), at("non_key_attributes"));
        let is_list_known = table.value(&others).is_some() || table.is_absent(&others);
        held += table.count(&others);
        match sort {
            Some("INCLUDE") if is_list_known && table.count(&others) == 0 => {
                let message =
                    format!("the index `{name}` of `{}` holds further attributes, and names none", table.address);
                let help = "list them in `non_key_attributes`, or say `projection_type: \"KEYS_ONLY\"`";
                found.add(table, Finding::new(&at("projection_type"), message).help(help));
            }
            Some(sort @ ("ALL" | "KEYS_ONLY")) if table.count(&others) > 0 => {
                let message =
                    format!("the index `{name}` of `{}` is of type {sort} and lists attributes", table.address);
                let help = "say `projection_type: \"INCLUDE\"`, or leave `non_key_attributes` out";
                found.add(table, Finding::new(&others, message).help(help));
            }
            _ => {}
        }
    }
    if held > MOST_HELD {
        let message =
            format!("the indexes of `{}` name {held} further attributes; DynamoDB takes {MOST_HELD}", table.address);
        found.add(table, Finding::new(GLOBAL, message).help("say `projection_type: \"ALL\"` for some of them"));
    }
}

/// A finding about a time to live whose attribute is a key of the table.
fn expiry(table: &Resource<'_>, found: &mut Findings) {
    let path = "ttl.attribute_name";
    let Some(name) = table.text(path) else { return };
    let declared = table.each("attributes").into_iter().find(|item| table.text(&format!("{item}.name")) == Some(name));
    let sort = declared.and_then(|item| table.text(&format!("{item}.type")));
    if let Some(sort) = sort.filter(|sort| *sort != "N") {
        let message =
            format!("items of `{}` are to expire by `{name}`, which is of type {sort}; they never do", table.address);
        found.add(table, Finding::new(path, message).help("name an attribute that holds a number: seconds since 1970"));
    }
}

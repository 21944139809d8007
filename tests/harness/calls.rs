//! `docs/calls.md`: how many calls a life takes, kept in the repository, so that a call more is seen in review.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use dr_tests_support::repository;

/// The engine's calls, in the order of a life.
const OPERATIONS: &[&str] =
    &["look_up", "create", "configure", "settle", "read", "find", "claim", "update", "delete", "deleted"];

/// Two tests may write their parts of the page at once.
static PAGE: Mutex<()> = Mutex::new(());

fn page() -> PathBuf {
    repository().join("docs/calls.md")
}

/// Compares the part of the page under a heading.
pub(crate) fn compare(heading: &str, body: &str) {
    let _alone = PAGE.lock().unwrap_or_else(PoisonError::into_inner);
    let text = std::fs::read_to_string(page()).unwrap();
    let mut actual = String::new();
    for (number, part) in text.split("\n## ").enumerate() {
        let title = part.lines().next().unwrap_or_default();
        match number {
            0 => actual.push_str(part),
            _ if title == heading => {
                let words = part.split("\n| ").next().unwrap_or_default().trim_end();
                actual.push_str(&format!("\n## {words}\n\n{body}"));
            }
            _ => actual.push_str(&format!("\n## {part}")),
        }
    }
    let assert = snapbox::Assert::new().action_env("SNAPSHOTS");
    assert.eq(actual, snapbox::Data::read_from(&page(), None).raw());
}

/// The engine's calls by kind and operation, as a table.
pub(crate) fn of_the_engine(calls: &BTreeMap<String, BTreeMap<String, u64>>) -> String {
    let mut rows = table(&["kind"], OPERATIONS);
    for (kind, counted) in calls.iter().filter(|(_, counted)| !counted.is_empty()) {
        let cell = |op: &&str| counted.get(*op).map_or(String::new(), u64::to_string);
        rows.push_str(&row(std::iter::once(format!("`{kind}`")).chain(OPERATIONS.iter().map(cell))));
    }
    rows
}

/// AWS's calls for each of the engine's, by kind and operation.
#[cfg(feature = "emulators")]
pub(crate) fn of_aws(calls: &crate::emulated::Noted) -> String {
    let mut rows = table(&["kind", "operation", "calls"], &[]);
    let place = |op: &str| OPERATIONS.iter().position(|known| *known == op);
    let mut sorted: Vec<_> = calls.iter().filter(|(_, made)| !made.is_empty()).collect();
    sorted.sort_by_key(|((kind, op), _)| (*kind, place(op)));
    for ((kind, op), made) in sorted {
        let times = |(name, count): (&&str, &u64)| match count {
            1 => (*name).to_owned(),
            _ => format!("{name} × {count}"),
        };
        let made: Vec<String> = made.iter().map(times).collect();
        rows.push_str(&row([format!("`{kind}`"), format!("`{op}`"), made.join(", ")].into_iter()));
    }
    rows
}

fn table(first: &[&str], rest: &[&str]) -> String {
    let names = || first.iter().chain(rest);
    row(names().map(|name| format!("`{name}`"))) + row(names().map(|_| "---".to_owned())).as_str()
}

fn row(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

//! Event patterns, and filters of messages that are written the same way.
//!
//! From "Amazon EventBridge event patterns" and "Comparison operators", as read in November 2026. What is not of one of
//! the forms there is refused by the service as an invalid pattern.

use super::document::{Passage, Reading};
use super::flaw::Flaw;
use crate::schema::closest;

const OPERATORS: &[&str] =
    &["prefix", "suffix", "anything-but", "numeric", "cidr", "exists", "equals-ignore-case", "wildcard"];
/// What `anything-but` may have inside.
const OF_TEXTS: &[&str] = &["prefix", "suffix", "equals-ignore-case", "wildcard"];
const COMPARISONS: &[&str] = &["=", "<", "<=", ">", ">="];
/// Either of several patterns.
const OR: &str = "$or";

/// What is wrong with a pattern whose outermost fields are probably some of these, and which has so many characters at
/// most.
pub(super) fn flaws(whole: &Passage<'_>, fields: &[&str], most: usize) -> Vec<Flaw> {
    let mut found = Vec::new();
    match whole.seen() {
        Reading::Map(entries) => {
            if entries.is_empty() {
                found.push(whole.flaw("is empty: a pattern says at least one thing"));
            }
            for (key, part) in &entries {
                if !fields.is_empty()
                    && !fields.contains(key)
                    && *key != OR
                    && let Some(near) = closest(key, fields.iter().copied())
                {
                    found.push(part.flaw_of_key("is no field of an event").help(format!("did you mean `{near}`?")));
                }
            }
            map(&entries, &mut found);
        }
        Reading::Unknown | Reading::Null | Reading::Text(_) => return found,
        _ => found.push(whole.flaw(format!("must be a map from fields to lists of what they may be, not {whole}"))),
    }
    if let Some(size) = whole.json().map(|json| json.chars().count()).filter(|size| *size > most) {
        found.push(whole.flaw(format!("has {size} characters; a pattern has {most} at most")));
    }
    found
}

fn map(entries: &[(&str, Passage<'_>)], found: &mut Vec<Flaw>) {
    for (key, part) in entries {
        match part.seen() {
            _ if *key == OR => either(part, found),
            Reading::Map(inner) if inner.is_empty() => {
                found.push(
                    part.flaw("is empty: say what it may be, in a list").help("`[#{ exists: true }]` takes everything"),
                );
            }
            Reading::Map(inner) => map(&inner, found),
            Reading::List(items) => {
                if items.is_empty() {
                    found.push(part.flaw("is an empty list, which nothing matches"));
                }
                items.iter().for_each(|item| found.extend(value(item)));
            }
            Reading::Unknown => {}
            _ => found.push(part.flaw(format!("must be a list, not {part}")).help(format!("write `[{part}]`"))),
        }
    }
}

fn either(part: &Passage<'_>, found: &mut Vec<Flaw>) {
    match part.seen() {
        Reading::List(items) if items.len() < 2 => {
            found.push(part.flaw("must have at least two patterns, of which either is to match"));
        }
        Reading::List(items) => {
            for item in items {
                match item.seen() {
                    Reading::Map(entries) => map(&entries, found),
                    Reading::Unknown => {}
                    _ => found.push(item.flaw(format!("must be a pattern, a map, not {item}"))),
                }
            }
        }
        Reading::Unknown => {}
        _ => found.push(part.flaw(format!("must be a list of patterns, not {part}"))),
    }
}

/// What is wrong with one of the things that a field may be.
fn value(item: &Passage<'_>) -> Option<Flaw> {
    let entries = match item.seen() {
        Reading::Map(entries) => entries,
        Reading::List(_) => {
            return Some(item.flaw("is a list inside of a list").help("take one pair of brackets away"));
        }
        _ => return None,
    };
    let [(operator, what)] = &entries[..] else {
        return Some(item.flaw(format!("must be a map with one operator, and has {} keys", entries.len())));
    };
    if !OPERATORS.contains(operator) {
        let flaw = what.flaw_of_key("is no operator of patterns");
        return Some(match closest(operator, OPERATORS.iter().copied()) {
            Some(near) => flaw.help(format!("did you mean `{near}`?")),
            None => flaw.help(format!("there are `{}`", OPERATORS.join("`, `"))),
        });
    }
    let text = |part: &Passage<'_>| matches!(part.seen(), Reading::Text(_) | Reading::Unknown);
    let wrong = |wants: &str| Some(what.flaw(format!("must be {wants}, not {what}")));
    match *operator {
        "exists" => match what.seen() {
            Reading::Bool(_) | Reading::Unknown => None,
            _ => wrong("true or false"),
        },
        "numeric" => numeric(what),
        "prefix" | "suffix" => match what.seen() {
            Reading::Map(inner) => match &inner[..] {
                [("equals-ignore-case", inner)] if text(inner) => None,
                _ => wrong("a text"),
            },
            _ if text(what) => None,
            _ => wrong("a text"),
        },
        "anything-but" => match what.seen() {
            Reading::Map(inner) => match &inner[..] {
                [(key, _)] if OF_TEXTS.contains(key) => None,
                _ => wrong(
                    "a text, a number, a list of them, or a map with `prefix`, `suffix`, `equals-ignore-case` or `wildcard`",
                ),
            },
            Reading::List(items) if items.is_empty() => wrong("a list with something in it"),
            _ => None,
        },
        _ if text(what) => None,
        _ => wrong("a text"),
    }
}

/// What is wrong with a comparison: `[">", 0, "<=", 5]`.
fn numeric(what: &Passage<'_>) -> Option<Flaw> {
    let Reading::List(items) = what.seen() else {
        let is_open = matches!(what.seen(), Reading::Unknown);
        return (!is_open).then(|| what.flaw(format!("must be a list such as [\">\", 0], not {what}")));
    };
    if !matches!(items.len(), 2 | 4) {
        return Some(what.flaw(format!("must have one or two comparisons with a number each, not {what}")));
    }
    items.chunks(2).find_map(|pair| {
        let [comparison, number] = pair else { return None };
        let is_one = comparison.text().is_none_or(|text| COMPARISONS.contains(&text));
        let is_text = matches!(comparison.seen(), Reading::Text(_) | Reading::Unknown);
        if !is_one || !is_text {
            let flaw = comparison.flaw(format!("is no comparison: {comparison}"));
            return Some(flaw.help(format!("there are `{}`", COMPARISONS.join("`, `"))));
        }
        (!matches!(number.seen(), Reading::Number(_) | Reading::Unknown))
            .then(|| number.flaw(format!("must be a number, not {number}")))
    })
}

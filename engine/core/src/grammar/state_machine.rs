//! State machines: definitions in the Amazon States Language.
//!
//! From the "Amazon States Language Specification" and "States language" in the Step Functions developer guide, as read
//! in November 2026.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Passage, Reading};
use super::flaw::{Flaw, shown};
use crate::schema::closest;

const TYPES: &[&str] = &["Task", "Pass", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"];
const TOP: &[&str] = &["Comment", "StartAt", "States", "TimeoutSeconds", "Version", "QueryLanguage", "ProcessorConfig"];
const OF_STATE: &[&str] = &[
    "Type",
    "Comment",
    "Next",
    "End",
    "InputPath",
    "OutputPath",
    "Parameters",
    "ResultPath",
    "ResultSelector",
    "Retry",
    "Catch",
    "Resource",
    "TimeoutSeconds",
    "TimeoutSecondsPath",
    "HeartbeatSeconds",
    "HeartbeatSecondsPath",
    "Credentials",
    "Result",
    "Choices",
    "Default",
    "Seconds",
    "SecondsPath",
    "Timestamp",
    "TimestampPath",
    "Error",
    "ErrorPath",
    "Cause",
    "CausePath",
    "Branches",
    "ItemProcessor",
    "Iterator",
    "ItemReader",
    "ItemSelector",
    "ItemBatcher",
    "ItemsPath",
    "Items",
    "MaxConcurrency",
    "MaxConcurrencyPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ResultWriter",
    "Label",
    "Arguments",
    "Output",
    "Assign",
    "QueryLanguage",
];
const WAITS: [&str; 4] = ["Seconds", "SecondsPath", "Timestamp", "TimestampPath"];
/// Characters of a state's name.
const LONGEST: usize = 80;
/// Bytes of a definition.
const MOST: usize = 1_048_576;
/// How deep branches may be in branches before they are not looked at.
const DEEPEST: usize = 16;

/// What is wrong with a definition.
pub(super) fn flaws(whole: &Passage<'_>) -> Vec<Flaw> {
    let mut found = Vec::new();
    machine(whole, DEEPEST, &mut found);
    if let Some(size) = whole.json().map(|json| json.len()).filter(|size| *size > MOST) {
        found.push(whole.flaw(format!("has {size} bytes; a definition has {MOST} at most")));
    }
    found
}

/// Where a state can go.
#[derive(Default)]
struct Ways<'a> {
    to: Vec<(Passage<'a>, &'a str)>,
    /// Whether the machine can end here, as far as is known.
    ends: bool,
    /// Whether it may go somewhere that is not known.
    open: bool,
}

fn machine(whole: &Passage<'_>, depth: usize, found: &mut Vec<Flaw>) {
    let entries = match whole.seen() {
        Reading::Map(entries) => entries,
        Reading::Unknown | Reading::Null | Reading::Text(_) => return,
        _ => {
            found.push(whole.flaw(format!("must be a map with `StartAt` and `States`, not {whole}")));
            return;
        }
    };
    if depth == 0 {
        return;
    }
    near_keys(&entries, TOP, "a state machine", found);
    let start = whole.get("StartAt");
    if start.is_none() {
        found.push(whole.flaw("needs `StartAt`: the name of the first state"));
    }
    let Some(states) = whole.get("States") else {
        found.push(whole.flaw("needs `States`: a map from names to states"));
        return;
    };
    let all = match states.seen() {
        Reading::Map(all) => all,
        Reading::Unknown => return,
        _ => {
            found.push(states.flaw(format!("must be a map from names to states, not {states}")));
            return;
        }
    };
    if all.is_empty() {
        found.push(states.flaw("is empty: there is at least one state"));
        return;
    }
    let names: BTreeSet<&str> = all.iter().map(|(name, _)| *name).collect();
    let mut ways = BTreeMap::new();
    let mut sound = true;
    for (name, part) in &all {
        if name.chars().count() > LONGEST {
            found.push(part.flaw_of_key(format!("is a name of more than {LONGEST} characters")));
        }
        let before = found.len();
        let of = state(part, depth, found);
        // Where it leads is not judged while it is wrong in itself.
        sound &= found.len() == before;
        for (place, to) in of.to.iter().filter(|(_, to)| !names.contains(to)) {
            sound = false;
            found.push(no_state(place, to, &names));
        }
        ways.insert(*name, of);
    }
    let Some(first) = start else { return };
    match first.seen() {
        Reading::Text(name) if !names.contains(name) => found.push(no_state(&first, name, &names)),
        Reading::Text(name) if sound => unreached(name, &all, &ways, found),
        Reading::Text(_) | Reading::Unknown => {}
        _ => found.push(first.flaw(format!("must be the name of a state, not {first}"))),
    }
}

fn no_state(place: &Passage<'_>, name: &str, names: &BTreeSet<&str>) -> Flaw {
    let flaw = place.flaw(format!("is {}, and there is no state of that name", shown(name)));
    match closest(name, names.iter().copied()) {
        Some(near) => flaw.help(format!("did you mean `{near}`?")),
        None => flaw,
    }
}

/// States that nothing leads to, and states that lead to no end.
fn unreached(first: &str, all: &[(&str, Passage<'_>)], ways: &BTreeMap<&str, Ways<'_>>, found: &mut Vec<Flaw>) {
    if ways.values().any(|way| way.open) {
        return;
    }
    let mut reached = BTreeSet::from([first]);
    let mut open = vec![first];
    while let Some(name) = open.pop() {
        for (_, to) in ways.get(name).iter().flat_map(|way| &way.to) {
            if reached.insert(to) {
                open.push(to);
            }
        }
    }
    // Backwards from the ends.
    let mut ending: BTreeSet<&str> = ways.iter().filter(|(_, way)| way.ends).map(|(name, _)| *name).collect();
    loop {
        let more: Vec<&str> = ways
            .iter()
            .filter(|(name, way)| !ending.contains(*name) && way.to.iter().any(|(_, to)| ending.contains(to)))
            .map(|(name, _)| *name)
            .collect();
        if more.is_empty() {
            break;
        }
        ending.extend(more);
    }
    for (name, part) in all {
        if !reached.contains(name) {
            found.push(
                part.flaw_of_key("is a state that no other leads to").help("name it in a `Next`, or take it out"),
            );
        } else if !ending.contains(name) {
            found.push(
                part.flaw_of_key("is a state from which the machine never ends")
                    .help("let a way out of it end: `End: true`, or a state `Succeed` or `Fail`"),
            );
        }
    }
}

fn near_keys(entries: &[(&str, Passage<'_>)], known: &[&str], what: &str, found: &mut Vec<Flaw>) {
    for (key, part) in entries.iter().filter(|(key, _)| !known.contains(key)) {
        if let Some(near) = closest(key, known.iter().copied()) {
            found.push(part.flaw_of_key(format!("is nothing that {what} has")).help(format!("did you mean `{near}`?")));
        }
    }
}

fn state<'a>(part: &Passage<'a>, depth: usize, found: &mut Vec<Flaw>) -> Ways<'a> {
    let unknown = || Ways { open: true, ..Ways::default() };
    let entries = match part.seen() {
        Reading::Map(entries) => entries,
        Reading::Unknown => return unknown(),
        _ => {
            found.push(part.flaw(format!("must be a state, a map, not {part}")));
            return unknown();
        }
    };
    near_keys(&entries, OF_STATE, "a state", found);
    let Some(kind) = part.get("Type") else {
        found.push(part.flaw("needs `Type`").help(format!("one of `{}`", TYPES.join("`, `"))));
        return unknown();
    };
    let Some(name) = kind.text() else { return unknown() };
    if !TYPES.contains(&name) {
        let flaw = kind.flaw(format!("must be one of {}, not {kind}", TYPES.join(", ")));
        found.push(match closest(name, TYPES.iter().copied()) {
            Some(near) => flaw.help(format!("did you mean \"{near}\"?")),
            None => flaw,
        });
        return unknown();
    }
    let mut ways = Ways::default();
    match name {
        "Choice" => choices(part, &mut ways, found),
        "Succeed" | "Fail" => ways.ends = true,
        _ => next_or_end(part, &mut ways, found),
    }
    if matches!(name, "Choice" | "Succeed" | "Fail") {
        for key in ["Next", "End"] {
            let what = format!("does not belong into a state `{name}`");
            found.extend(part.get(key).map(|wrong| wrong.flaw_of_key(what)));
        }
    }
    let may_fail = matches!(name, "Task" | "Parallel" | "Map");
    for key in ["Retry", "Catch"] {
        let Some(list) = part.get(key) else { continue };
        if may_fail {
            retriers(&list, key, &mut ways, found);
        } else {
            found.push(list.flaw_of_key(format!("does not belong into a state `{name}`")));
        }
    }
    match name {
        "Task" => task(part, found),
        "Wait" => wait(part, found),
        "Parallel" => match part.get("Branches") {
            None => found.push(part.flaw("needs `Branches`: a list of state machines")),
            Some(branches) => match branches.seen() {
                Reading::List(items) if items.is_empty() => {
                    found.push(branches.flaw("is empty: there is at least one branch"))
                }
                Reading::List(items) => items.iter().for_each(|item| machine(item, depth - 1, found)),
                Reading::Unknown => {}
                _ => found.push(branches.flaw(format!("must be a list of state machines, not {branches}"))),
            },
        },
        "Map" => match part.get("ItemProcessor").or_else(|| part.get("Iterator")) {
            None => found.push(part.flaw("needs `ItemProcessor`: the state machine that each item goes through")),
            Some(inner) => machine(&inner, depth - 1, found),
        },
        _ => {}
    }
    ways
}

fn next_or_end<'a>(part: &Passage<'a>, ways: &mut Ways<'a>, found: &mut Vec<Flaw>) {
    let end = part.get("End");
    let ends = end.as_ref().map(Passage::seen);
    if let (Some(end), Some(seen)) = (&end, &ends)
        && !matches!(seen, Reading::Bool(_) | Reading::Unknown)
    {
        found.push(end.flaw(format!("must be true or false, not {end}")));
        return;
    }
    let is_end = matches!(ends, Some(Reading::Bool(true) | Reading::Unknown));
    ways.ends = is_end;
    match (part.get("Next"), is_end) {
        (Some(next), true) => found.push(next.flaw_of_key("cannot stand beside `End: true`")),
        (Some(next), false) => way(&next, ways, found),
        (None, false) => found.push(part.flaw("needs `Next`, or `End: true`")),
        (None, true) => {}
    }
}

fn way<'a>(next: &Passage<'a>, ways: &mut Ways<'a>, found: &mut Vec<Flaw>) {
    match next.seen() {
        Reading::Text(name) => ways.to.push((next.clone(), name)),
        Reading::Unknown => ways.open = true,
        _ => found.push(next.flaw(format!("must be the name of a state, not {next}"))),
    }
}

fn choices<'a>(part: &Passage<'a>, ways: &mut Ways<'a>, found: &mut Vec<Flaw>) {
    part.get("Default").iter().for_each(|default| way(default, ways, found));
    let Some(list) = part.get("Choices") else {
        found.push(part.flaw("needs `Choices`: a list of rules, each with its `Next`"));
        return;
    };
    match list.seen() {
        Reading::List(items) if items.is_empty() => found.push(list.flaw("is empty: there is at least one rule")),
        Reading::List(items) => {
            for item in items {
                match item.seen() {
                    Reading::Map(entries) => {
                        match item.get("Next") {
                            Some(next) => way(&next, ways, found),
                            None => found.push(item.flaw("needs `Next`")),
                        }
                        let says = ["Variable", "And", "Or", "Not", "Condition"];
                        if !entries.iter().any(|(key, _)| says.contains(key)) {
                            found.push(item.flaw(
                                "needs a condition: `Variable` with a comparison, `And`, `Or`, `Not`, or `Condition`",
                            ));
                        }
                    }
                    Reading::Unknown => ways.open = true,
                    _ => found.push(item.flaw(format!("must be a rule, a map, not {item}"))),
                }
            }
        }
        Reading::Unknown => ways.open = true,
        _ => found.push(list.flaw(format!("must be a list of rules, not {list}"))),
    }
}

fn task(part: &Passage<'_>, found: &mut Vec<Flaw>) {
    match part.get("Resource") {
        None => found.push(part.flaw("needs `Resource`: the ARN of what it does")),
        Some(resource) => {
            if let Some(text) = resource.text()
                && !text.starts_with("arn:")
            {
                let flaw = resource.flaw(format!("is {}, which is no ARN", shown(text)));
                found.push(
                    flaw.help("give a function's ARN, or an integration such as `arn:aws:states:::lambda:invoke`"),
                );
            }
        }
    }
}

fn wait(part: &Passage<'_>, found: &mut Vec<Flaw>) {
    let given: Vec<Passage<'_>> = WAITS.iter().filter_map(|key| part.get(key)).collect();
    match &given[..] {
        [] => found.push(part.flaw(format!("needs one of `{}`", WAITS.join("`, `")))),
        [_] => {}
        [_, second, ..] => {
            found.push(second.flaw_of_key(format!("is one too many: there is one of `{}`", WAITS.join("`, `"))))
        }
    }
    if let Some(seconds) = part.get("Seconds")
        && let Some(number) = seconds.number()
        && !(0.0..=99_999_999.0).contains(&number)
    {
        found.push(seconds.flaw(format!("must be between 0 and 99999999, not {seconds}")));
    }
}

/// The list under `Retry` or `Catch`.
fn retriers<'a>(list: &Passage<'a>, key: &str, ways: &mut Ways<'a>, found: &mut Vec<Flaw>) {
    let items = match list.seen() {
        Reading::List(items) => items,
        Reading::Unknown => {
            ways.open |= key == "Catch";
            return;
        }
        _ => {
            found.push(list.flaw(format!("must be a list, not {list}")));
            return;
        }
    };
    for (index, item) in items.iter().enumerate() {
        match item.seen() {
            Reading::Map(_) => {}
            Reading::Unknown => {
                ways.open |= key == "Catch";
                continue;
            }
            _ => {
                found.push(item.flaw(format!("must be a map, not {item}")));
                continue;
            }
        }
        errors(item, index + 1 == items.len(), found);
        if key == "Catch" {
            match item.get("Next") {
                Some(next) => way(&next, ways, found),
                None => found.push(item.flaw("needs `Next`: where it goes with the error")),
            }
            continue;
        }
        for (number, least) in
            [("IntervalSeconds", 1.0), ("MaxAttempts", 0.0), ("BackoffRate", 1.0), ("MaxDelaySeconds", 1.0)]
        {
            if let Some(part) = item.get(number)
                && let Some(given) = part.number()
                && given < least
            {
                found.push(part.flaw(format!("must be at least {least}, not {part}")));
            }
        }
    }
}

fn errors(item: &Passage<'_>, is_last: bool, found: &mut Vec<Flaw>) {
    let Some(errors) = item.get("ErrorEquals") else {
        found.push(item.flaw("needs `ErrorEquals`: a list of errors").help("`[\"States.ALL\"]` is all of them"));
        return;
    };
    match errors.seen() {
        Reading::List(names) if names.is_empty() => found.push(errors.flaw("is empty: it names at least one error")),
        Reading::List(names) => {
            let all = names.iter().find(|name| name.text() == Some("States.ALL"));
            match all {
                Some(all) if names.len() > 1 => found.push(all.flaw("stands for every error, and stands alone")),
                Some(all) if !is_last => found.push(
                    all.flaw("stands for every error: what comes after it is never looked at").help("put it last"),
                ),
                _ => {}
            }
        }
        Reading::Unknown => {}
        _ => found.push(errors.flaw(format!("must be a list, not {errors}")).help(format!("write `[{errors}]`"))),
    }
}

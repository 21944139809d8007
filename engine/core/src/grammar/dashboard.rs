//! Bodies of dashboards.
//!
//! From "Dashboard body structure and syntax" of the CloudWatch API reference, as read in November 2026.

use super::document::{Passage, Reading};
use super::flaw::Flaw;
use crate::schema::closest;

const TOP: &[&str] = &["widgets", "start", "end", "periodOverride", "variables"];
const OF_WIDGET: &[&str] = &["type", "x", "y", "width", "height", "properties"];
const TYPES: &[&str] = &["metric", "text", "log", "alarm", "explorer", "custom"];
const VIEWS: &[&str] = &["timeSeries", "singleValue", "gauge", "bar", "pie", "table"];
/// Columns of the grid.
const COLUMNS: f64 = 24.0;
const HIGHEST: f64 = 1_000.0;
const MOST_WIDGETS: usize = 500;

/// What is wrong with a body.
pub(super) fn flaws(whole: &Passage<'_>) -> Vec<Flaw> {
    let mut found = Vec::new();
    let entries = match whole.seen() {
        Reading::Map(entries) => entries,
        Reading::Unknown | Reading::Null | Reading::Text(_) => return found,
        _ => return vec![whole.flaw(format!("must be a map with `widgets`, not {whole}"))],
    };
    unknown_keys(&entries, TOP, "a dashboard", &mut found);
    let Some(widgets) = whole.get("widgets") else {
        found.push(whole.flaw("needs `widgets`: the list of what it shows"));
        return found;
    };
    match widgets.seen() {
        Reading::List(items) => {
            if items.len() > MOST_WIDGETS {
                found.push(widgets.flaw(format!("has {} widgets; {MOST_WIDGETS} are possible", items.len())));
            }
            items.iter().for_each(|item| widget(item, &mut found));
        }
        Reading::Unknown => {}
        _ => found.push(widgets.flaw(format!("must be a list, not {widgets}"))),
    }
    found
}

/// Keys that are nearly one that is known. Others may be new.
fn unknown_keys(entries: &[(&str, Passage<'_>)], known: &[&str], what: &str, found: &mut Vec<Flaw>) {
    for (key, part) in entries.iter().filter(|(key, _)| !known.contains(key)) {
        if let Some(near) = closest(key, known.iter().copied()) {
            found.push(part.flaw_of_key(format!("is nothing that {what} has")).help(format!("did you mean `{near}`?")));
        }
    }
}

fn widget(whole: &Passage<'_>, found: &mut Vec<Flaw>) {
    let entries = match whole.seen() {
        Reading::Map(entries) => entries,
        Reading::Unknown => return,
        _ => {
            found.push(whole.flaw(format!("must be a widget, a map, not {whole}")));
            return;
        }
    };
    unknown_keys(&entries, OF_WIDGET, "a widget", found);
    for (key, least, most) in
        [("x", 0.0, COLUMNS - 1.0), ("y", 0.0, f64::MAX), ("width", 1.0, COLUMNS), ("height", 1.0, HIGHEST)]
    {
        let Some(part) = whole.get(key) else { continue };
        match part.seen() {
            Reading::Number(number) if number.fract() == 0.0 && (least..=most).contains(&number) => {}
            Reading::Unknown => {}
            _ if most < f64::MAX => {
                found.push(part.flaw(format!("must be an integer from {least} to {most}, not {part}")))
            }
            _ => found.push(part.flaw(format!("must be an integer of at least {least}, not {part}"))),
        }
    }
    let number = |key: &str| whole.get(key).and_then(|part| part.number());
    if let (Some(x), Some(width)) = (number("x"), number("width"))
        && x < COLUMNS
        && width <= COLUMNS
        && x + width > COLUMNS
        && let Some(part) = whole.get("width")
    {
        found.push(part.flaw(format!("reaches beyond the {COLUMNS} columns of the grid: {x} and {width}")));
    }
    let Some(kind) = whole.get("type") else {
        found.push(whole.flaw("needs `type`").help(format!("one of `{}`", TYPES.join("`, `"))));
        return;
    };
    let Some(name) = kind.text() else {
        if !matches!(kind.seen(), Reading::Unknown) {
            found.push(kind.flaw(format!("must be a text, not {kind}")));
        }
        return;
    };
    if !TYPES.contains(&name) {
        let flaw = kind.flaw(format!("must be one of {}, not {kind}", TYPES.join(", ")));
        found.push(match closest(name, TYPES.iter().copied()) {
            Some(near) => flaw.help(format!("did you mean \"{near}\"?")),
            None => flaw,
        });
        return;
    }
    let Some(properties) = whole.get("properties") else {
        found.push(whole.flaw("needs `properties`: what it shows"));
        return;
    };
    if !matches!(properties.seen(), Reading::Map(_) | Reading::Unknown) {
        found.push(properties.flaw(format!("must be a map, not {properties}")));
        return;
    }
    let needed = |key: &str, found: &mut Vec<Flaw>| {
        if matches!(properties.seen(), Reading::Map(_)) && properties.get(key).is_none() {
            found.push(properties.flaw(format!("needs `{key}`")));
        }
    };
    match name {
        "text" => needed("markdown", found),
        "log" => needed("query", found),
        "alarm" => needed("alarms", found),
        "metric" => metric(&properties, found),
        _ => {}
    }
}

fn metric(properties: &Passage<'_>, found: &mut Vec<Flaw>) {
    if let Some(view) = properties.get("view")
        && let Some(name) = view.text()
        && !VIEWS.contains(&name)
    {
        let flaw = view.flaw(format!("must be one of {}, not {view}", VIEWS.join(", ")));
        found.push(match closest(name, VIEWS.iter().copied()) {
            Some(near) => flaw.help(format!("did you mean \"{near}\"?")),
            None => flaw,
        });
    }
    if let Some(period) = properties.get("period")
        && let Some(seconds) = period.number()
        && ![1.0, 5.0, 10.0, 20.0, 30.0].contains(&seconds)
        && (seconds < 60.0 || seconds % 60.0 != 0.0)
    {
        found.push(period.flaw(format!("must be 1, 5, 10, 20, 30 or a multiple of 60 seconds, not {period}")));
    }
    let Some(metrics) = properties.get("metrics") else {
        if matches!(properties.seen(), Reading::Map(_)) && properties.get("annotations").is_none() {
            found.push(properties.flaw("needs `metrics`, or `annotations` with an alarm"));
        }
        return;
    };
    match metrics.seen() {
        Reading::List(items) => items.iter().for_each(|item| found.extend(of_metric(item))),
        Reading::Unknown => {}
        _ => found.push(metrics.flaw(format!("must be a list, not {metrics}"))),
    }
}

/// What is wrong with one metric: namespace, name, names and values of dimensions in turn, and maybe a map of options.
fn of_metric(item: &Passage<'_>) -> Option<Flaw> {
    let form = "write `[\"AWS/Lambda\", \"Errors\", \"FunctionName\", name]`";
    let parts = match item.seen() {
        Reading::List(parts) => parts,
        Reading::Unknown => return None,
        _ => return Some(item.flaw(format!("must be a list, not {item}")).help(form)),
    };
    let (last, texts) = match parts.split_last() {
        None => return Some(item.flaw("is empty").help(form)),
        Some((last, texts)) if matches!(last.seen(), Reading::Map(_)) => (Some(last), texts),
        Some(_) => (None, &parts[..]),
    };
    if let Some(wrong) =
        texts.iter().find(|part| !matches!(part.seen(), Reading::Text(_) | Reading::Unknown | Reading::Number(_)))
    {
        return Some(wrong.flaw(format!("must be a text, not {wrong}")).help(form));
    }
    let is_expression = last.is_some_and(|options| options.get("expression").is_some());
    // `...` stands for what the metric before has, and what is not known may be it.
    let short =
        texts.iter().any(|part| matches!(part.text(), Some("..."))) || texts.iter().any(|part| part.text().is_none());
    match texts.len() {
        0 if is_expression => None,
        0 => Some(item.flaw("names no metric").help(form)),
        1 if !short => Some(item.flaw("names a namespace and no metric").help(form)),
        count if count % 2 == 1 && !short => {
            Some(item.flaw("has a dimension without a value: names and values come in turn").help(form))
        }
        _ => None,
    }
}

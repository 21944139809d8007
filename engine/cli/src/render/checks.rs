//! The reference of checks: a list, one explained, and the page `docs/checks.md`.

use dr_core::checks::{self, Check, SHARED};
use dr_core::diagnostic::Severity;
use dr_core::schema::{Field, Kind};
use serde::Serialize;

use super::reference::wrapped;
use super::{QUIET, STRONG, pad, paint, shorten};

/// A check as `--json` gives it.
#[derive(Debug, Serialize)]
pub(crate) struct CheckShape<'a> {
    id: &'a str,
    name: &'a str,
    severity: Option<Severity>,
    severity_in_ephemeral: Option<Severity>,
    asks_that: &'a str,
    why: &'a str,
    mend: &'a str,
    source: &'a str,
    looks_at: Vec<String>,
}

/// The shape of a check.
pub(crate) fn json<'a>(check: &'a Check, kinds: &[&Kind]) -> CheckShape<'a> {
    CheckShape {
        id: check.id,
        name: check.name,
        severity: check.severity,
        severity_in_ephemeral: check.severity_in(true),
        asks_that: check.asks,
        why: check.why,
        mend: check.mend,
        source: check.source,
        looks_at: looked_at(check, kinds),
    }
}

/// What a finding does, in one word.
fn finding(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Error) => "error",
        Some(Severity::Warning) => "warning",
        Some(Severity::Info) => "note",
        None => "cannot be violated",
    }
}

/// What a finding does, and what it does in ephemeral environments where that differs.
fn findings(check: &Check) -> String {
    match check.ephemeral {
        Some(other) => {
            format!("{}; {} in ephemeral environments", finding(check.severity), finding(Some(other)))
        }
        None => finding(check.severity).to_owned(),
    }
}

/// Every check on a line.
pub(crate) fn list(width: usize) -> String {
    let column = checks::all().map(|check| check.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for check in checks::all() {
        let severity = finding(check.severity.filter(|_| check.severity != Some(Severity::Error)));
        let about = match check.severity {
            Some(Severity::Error) => check.asks.to_owned(),
            _ => format!("{} ({severity})", check.asks),
        };
        let room = width.saturating_sub(column + 7).max(20);
        let line = shorten(&about, room).into_owned();
        out.push_str(&format!("{}  {}  {line}\n", paint(STRONG, check.id), pad(check.name, column)));
    }
    out
}

/// Everything there is to know of one check.
pub(crate) fn explained(check: &Check, kinds: &[&Kind], width: usize) -> String {
    let mut out = format!("{}  {}\n", paint(STRONG, check.id), check.name);
    out.push_str(&wrapped(&format!("It asks that {}.", check.asks), 2, width));
    for (title, text) in [("Why", check.why), ("What to do", check.mend)] {
        if !text.is_empty() {
            out.push_str(&format!("\n{}\n{}", paint(STRONG, title), wrapped(text, 2, width)));
        }
    }
    let places = looked_at(check, kinds).join(", ").replace('`', "");
    out.push_str(&format!("\n{}\n{}", paint(STRONG, "Looks at"), wrapped(&places, 2, width)));
    out.push_str(&format!("\n{}\n{}", paint(STRONG, "A finding is"), wrapped(&findings(check), 2, width)));
    if !check.source.is_empty() {
        out.push_str(&format!("\n{}\n", paint(QUIET, format!("  {}", check.source))));
    }
    out
}

/// Every place that a check looks at.
fn looked_at(check: &Check, kinds: &[&Kind]) -> Vec<String> {
    fn walk(path: &str, fields: &[Field], check: &Check, places: &mut Vec<String>) {
        for field in fields {
            let path = format!("{path}.{}", field.name);
            if field.rules.iter().any(|rule| rule.id == check.id) {
                places.push(format!("`{path}`"));
            }
            if let Some(inner) = field.ty.block() {
                walk(&path, inner, check, places);
            }
        }
    }
    let mut places: Vec<String> = check.looks_at.iter().map(|path| format!("`{path}`")).collect();
    for kind in kinds {
        walk(kind.name, kind.args, check, &mut places);
        let others = kind.elsewhere.iter().filter(|other| other.id == check.id);
        places.extend(others.map(|other| format!("`{}.{}`", kind.name, other.argument)));
        if kind.companions.iter().any(|made| made.id == check.id) {
            places.push(format!("`{}`", kind.name));
        }
    }
    places.extend(SHARED.iter().filter(|(_, id, _)| *id == check.id).map(|(kind, ..)| format!("`{kind}`")));
    if places.is_empty() { vec!["every resource".to_owned()] } else { places }
}

/// The page of all checks, as Markdown.
#[cfg(test)]
pub(super) fn page(kinds: &[&Kind]) -> String {
    let mut out = String::from(
        "# Checks\n\nA plan looks over everything that is declared, before anything is made. `D` checks ask that the environment can \
         go completely,\nat any time; `C` checks ask for what AWS would refuse, often after minutes of an apply. An error refuses the \
         plan: every one is\nshown with its place and a way out, and the command ends with status 3. What is not known while planning is \
         checked when it is,\nbefore the call that needs it. `dr checks` lists the checks, `dr checks C01` explains one.\n\n\
         A resource may say why a check does not concern it, by its id or name: `allow: #{ D20: \"shared by all\" }`. The finding is \
         then a\nwarning that gives the reason. In an ephemeral environment a refusal of a `D` check takes no exception.\n\n\
         | check | name | asks that | finding | looks at |\n| --- | --- | --- | --- | --- |\n",
    );
    for check in checks::all() {
        let places = looked_at(check, kinds).join(", ");
        let row = [check.id, check.name, check.asks, &findings(check), &places].join(" | ");
        out.push_str(&format!("| {row} |\n"));
    }
    out.push_str("\n## Why, and what to do\n");
    for check in checks::all().filter(|check| !check.why.is_empty()) {
        out.push_str(&format!("\n**{} {}.** {} {}", check.id, check.name, check.why, check.mend));
        out.push_str(&match check.source.is_empty() {
            true => "\n".to_owned(),
            false => format!(" *Source: {}*\n", check.source),
        });
    }
    out
}

//! The reference of checks: a list, one explained, and the page `docs/checks.md`.

use std::borrow::Cow;

#[cfg(test)]
use dr_core::checks;
use dr_core::checks::{Check, SHARED};
use dr_core::diagnostic::Severity;
use dr_core::schema::{Field, Kind};
use dr_script::TeamCheck;
use serde::Serialize;

use super::reference::wrapped;
use super::{QUIET, STRONG, pad, paint, safe, shorten};

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
    source: Cow<'a, str>,
    looks_at: Vec<String>,
}

impl<'a> CheckShape<'a> {
    /// The shape of one of the engine's own checks.
    pub(crate) fn of(check: &'a Check, kinds: &[&Kind]) -> CheckShape<'a> {
        CheckShape {
            id: check.id,
            name: check.name,
            severity: check.severity,
            severity_in_ephemeral: check.severity_in(true),
            asks_that: check.asks,
            why: check.why,
            mend: check.mend,
            source: check.source.into(),
            looks_at: looked_at(check, kinds),
        }
    }

    /// The shape of one of the team's own checks. It has no id beside its name; its source is where it is declared.
    pub(crate) fn of_team(check: &'a TeamCheck) -> CheckShape<'a> {
        let places: Vec<String> = check.kinds.iter().map(|kind| format!("`{kind}`")).collect();
        CheckShape {
            id: &check.name,
            name: &check.name,
            severity: Some(check.severity),
            severity_in_ephemeral: Some(check.severity_in(true)),
            asks_that: &check.asks,
            why: &check.why,
            mend: &check.mend,
            source: check.span.as_ref().map(|span| format!("{}:{}", span.source, span.line)).unwrap_or_default().into(),
            looks_at: if places.is_empty() { vec![EVERYTHING.to_owned()] } else { places },
        }
    }

    /// Whether it goes by an id or a name.
    pub(crate) fn is_called(&self, given: &str) -> bool {
        self.id.eq_ignore_ascii_case(given) || self.name == given
    }

    /// What it goes by.
    pub(crate) fn names(&self) -> [&'a str; 2] {
        [self.id, self.name]
    }

    fn is_of_team(&self) -> bool {
        self.id == self.name
    }
}

/// What a check looks at that names nothing.
const EVERYTHING: &str = "every resource";

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
fn findings(check: &CheckShape<'_>) -> String {
    let (usual, ephemeral) = (finding(check.severity), finding(check.severity_in_ephemeral));
    if usual == ephemeral { usual.to_owned() } else { format!("{usual}; {ephemeral} in ephemeral environments") }
}

/// Every check on a line; those of the team with the place where they are declared.
pub(crate) fn list(all: &[CheckShape<'_>], width: usize) -> String {
    let column = all.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut out = String::new();
    for check in all {
        let mut about = check.asks_that.to_owned();
        if check.severity != Some(Severity::Error) {
            about = format!("{about} ({})", finding(check.severity));
        }
        let (id, place) = match check.is_of_team() {
            true => ("", format!("{}: ", check.source)),
            false => (check.id, String::new()),
        };
        let room = width.saturating_sub(column + 7).max(20);
        let line = format!("{place}{about}");
        out.push_str(&format!(
            "{}  {}  {}\n",
            paint(STRONG, pad(id, 3)),
            pad(check.name, column),
            safe(&shorten(&line, room))
        ));
    }
    out
}

/// Everything there is to know of one check.
pub(crate) fn explained(check: &CheckShape<'_>, width: usize) -> String {
    let mut out = match check.is_of_team() {
        true => format!("{}\n", paint(STRONG, check.name)),
        false => format!("{}  {}\n", paint(STRONG, check.id), check.name),
    };
    out.push_str(&wrapped(&safe(&format!("It asks that {}.", check.asks_that)), 2, width));
    for (title, text) in [("Why", check.why), ("What to do", check.mend)] {
        if !text.is_empty() {
            out.push_str(&format!("\n{}\n{}", paint(STRONG, title), wrapped(&safe(text), 2, width)));
        }
    }
    let places = check.looks_at.join(", ").replace('`', "");
    out.push_str(&format!("\n{}\n{}", paint(STRONG, "Looks at"), wrapped(&places, 2, width)));
    out.push_str(&format!("\n{}\n{}", paint(STRONG, "A finding is"), wrapped(&findings(check), 2, width)));
    if !check.source.is_empty() {
        out.push_str(&format!("\n{}\n", paint(QUIET, format!("  {}", safe(&check.source)))));
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
    }
    places.extend(SHARED.iter().filter(|(_, id, _)| *id == check.id).map(|(kind, ..)| format!("`{kind}`")));
    if places.is_empty() { vec![EVERYTHING.to_owned()] } else { places }
}

/// The page of all checks, as Markdown.
#[cfg(test)]
pub(super) fn page(kinds: &[&Kind]) -> String {
    let mut out = String::from(
        "# Checks\n\nA plan looks over everything that is declared, before anything is made. `D` checks ask that the environment can \
         go completely,\nat any time; `C` checks ask for what AWS would refuse, often after minutes of an apply; `O` checks ask the account itself \
         (quotas, what is on offer),\nwhenever a plan looks how things are. An error refuses the plan: every one is\nshown with its place and a way out, and the command ends with status 3. What is not known while planning is \
         checked when it is,\nbefore the call that needs it. `dr checks` lists the checks, `dr checks C01` explains one.\n\n\
         A resource may say why a check does not concern it, by its id or name: `allow: #{ D20: \"shared by all\" }`. The finding is \
         then a\nwarning that gives the reason. In an ephemeral environment a refusal of a `D` check takes no exception.\n\n\
         A project has [checks of its own](language.md#checks-of-your-own) beside these.\n\n\
         | check | name | asks that | finding | looks at |\n| --- | --- | --- | --- | --- |\n",
    );
    for check in checks::all() {
        let places = looked_at(check, kinds).join(", ");
        let findings = findings(&CheckShape::of(check, kinds));
        let row = [check.id, check.name, check.asks, &findings, &places].join(" | ");
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

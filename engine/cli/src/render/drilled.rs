//! The evidence of a drill, as text, as Markdown and as JSON.

use dr_core::failover::drill::{DrillCase, PastDrill};
use dr_core::recovery::{Figure, seconds};
use serde::Serialize;

use super::table::{Column, table};
use super::{GONE, NEW, QUIET, STRONG, paint, safe};
use crate::clock;
use crate::evidence::{DrillCheck, DrillEvidence, DrilledPart, SideChange, in_seconds};

/// The evidence as a person reads it.
pub(crate) fn text(evidence: &DrillEvidence) -> String {
    let (program, environment) = (paint(STRONG, &evidence.program), paint(STRONG, &evidence.environment));
    let mut out = format!("{program} · environment {environment} · drill (in a sandbox of its own)\n");
    out.push_str(&format!("{}\n\n", title(evidence)));
    for change in &evidence.changes {
        out.push_str(&format!("{}\n", paint(STRONG, heading(change))));
        out.push_str(&rows(&steps(change), &["STEP", "TOOK", "EXPECTED"]));
        out.push_str(&rows(&parts(change), PARTS));
        out.push('\n');
    }
    for check in &evidence.checks {
        let mark = if check.ok { paint(NEW, "holds ") } else { paint(GONE, "BROKEN") };
        out.push_str(&format!("{mark}  {}  {}\n", check.name, paint(QUIET, &check.found)));
    }
    for note in &evidence.notes {
        out.push_str(&format!("{} {note}\n", paint(QUIET, "note:")));
    }
    out.push_str(&format!("\n{}\n", verdict(evidence)));
    out
}

/// The columns of what was measured.
const PARTS: &[&str] = &["WHAT", "WORKS AFTER", "COMPUTED", "MISSING", "OLDEST", "COMPUTED", "REFUSED"];

fn rows(cells: &[Vec<String>], titles: &[&'static str]) -> String {
    if cells.is_empty() {
        return String::new();
    }
    let columns: Vec<Column> = titles.iter().map(|title| Column { title, is_quiet: false }).collect();
    table(&columns, cells)
}

/// The evidence as a document.
pub(crate) fn markdown(evidence: &DrillEvidence) -> String {
    let mut out = format!("# Drill of `{}` in `{}`\n\n{}\n\n", evidence.program, evidence.environment, title(evidence));
    out.push_str(&format!("Made on {} with the seed {}.\n\n", clock::minute(evidence.at), evidence.seed));
    out.push_str(&format!("**{}**\n\n", verdict(evidence)));
    if let Some(promise) = evidence.promise {
        let said = |seconds_: Option<u32>| seconds_.map_or("nothing".to_owned(), seconds);
        out.push_str(&format!(
            "Promised: requests in the other region within {}, everything within {}, at most the last {} missing.\n\n",
            said(promise.traffic),
            said(promise.time),
            said(promise.loss)
        ));
    }
    for change in &evidence.changes {
        out.push_str(&format!("## {}\n\n", heading(change)));
        out.push_str(&lines(&["Step", "Took", "Expected"], &steps(change)));
        let titles = ["What", "Works after", "Computed", "Missing", "Oldest", "Computed", "Refused"];
        out.push_str(&lines(&titles, &parts(change)));
    }
    out.push_str("## Checks\n\n");
    let row = |check: &DrillCheck| {
        vec![if check.ok { "holds" } else { "**broken**" }.to_owned(), check.name.clone(), check.found.clone()]
    };
    out.push_str(&lines(&["", "What", "Found"], &evidence.checks.iter().map(row).collect::<Vec<_>>()));
    for note in &evidence.notes {
        out.push_str(&format!("- {note}\n"));
    }
    out
}

/// A table of Markdown; nothing where it has no rows.
fn lines(titles: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let head: Vec<String> = titles.iter().map(|title| (*title).to_owned()).collect();
    let rule = vec!["---".to_owned(); titles.len()];
    format!("{}{}{}\n", line(&head), line(&rule), rows.iter().map(|row| line(row)).collect::<String>())
}

fn title(evidence: &DrillEvidence) -> String {
    let (primary, secondary) = (&evidence.primary, &evidence.secondary);
    match evidence.case {
        DrillCase::PrimaryLost => format!("{primary} is lost; {secondary} takes over; {primary} is back and goes on"),
        DrillCase::StandbyLost => format!("{secondary} is lost while {primary} works; {secondary} is back"),
        DrillCase::Planned => format!("{secondary} takes over from {primary} while both work; {primary} goes on"),
    }
}

fn heading(change: &SideChange) -> String {
    match change.manner {
        None => format!("{} goes on without {}", change.to, change.from),
        Some(manner) => {
            let noticed = match change.noticed_s {
                0 => String::new(),
                s => format!(", begun {} after the loss", seconds(s)),
            };
            format!("From {} to {}, {}{noticed}", change.from, change.to, manner.word())
        }
    }
}

fn steps(change: &SideChange) -> Vec<Vec<String>> {
    let step = |step: &crate::evidence::DrilledStep| {
        let took = if step.already { "was so already".to_owned() } else { in_seconds(step.took_ms) };
        vec![step.name.clone(), took, step.expected.to_string()]
    };
    change.steps.iter().map(step).collect()
}

fn parts(change: &SideChange) -> Vec<Vec<String>> {
    let part = |part: &DrilledPart| {
        let what = if part.is_traffic { "requests".to_owned() } else { part.address.to_string() };
        let missing = part.missing.map(|missing| missing.to_string()).unwrap_or_default();
        vec![
            what,
            part.time_ms.map_or("never".to_owned(), in_seconds),
            part.computed_time.to_string(),
            missing,
            part.oldest_ms.map(in_seconds).unwrap_or_default(),
            part.computed_loss.map(|loss: Figure| loss.to_string()).unwrap_or_default(),
            if part.is_traffic { String::new() } else { part.refused.to_string() },
        ]
    };
    change.parts.iter().map(part).collect()
}

fn verdict(evidence: &DrillEvidence) -> String {
    let broken = evidence.checks.iter().filter(|check| !check.ok).count();
    let figures = evidence.away().map(|away| {
        let time = match away.time_ms() {
            Some(ms) => format!("everything works after {}", in_seconds(ms)),
            None => format!("not everything works in {}", away.to),
        };
        match away.loss_ms() {
            None => format!("{time}; a store is missing altogether"),
            Some(0) => time,
            Some(ms) => format!("{time}; the oldest write that is missing is {} old", in_seconds(ms)),
        }
    });
    let figures = figures.unwrap_or_default();
    match broken {
        0 => format!("Everything holds: {figures}"),
        broken => format!("{broken} of {} checks are broken: {figures}", evidence.checks.len()),
    }
}

/// The drills that a state keeps, the last one first.
pub(crate) fn past(drills: &[PastDrill]) -> String {
    let titles = ["WHEN", "BY", "CASE", "WORKS AFTER", "COMPUTED", "MISSING", "COMPUTED", "RESULT"];
    let columns: Vec<Column> = titles.iter().map(|title| Column { title, is_quiet: false }).collect();
    let row = |drill: &PastDrill| {
        let case = match drill.case {
            DrillCase::PrimaryLost => "primary lost",
            DrillCase::StandbyLost => "stand-by lost",
            DrillCase::Planned => "planned",
        };
        vec![
            clock::minute(drill.at),
            safe(&drill.by).into_owned(),
            case.to_owned(),
            drill.time_ms.map_or("never".to_owned(), in_seconds),
            drill.computed_time.to_string(),
            drill.loss_ms.map_or("everything".to_owned(), in_seconds),
            drill.computed_loss.to_string(),
            if drill.ok { "holds" } else { "BROKEN" }.to_owned(),
        ]
    };
    table(&columns, &drills.iter().rev().map(row).collect::<Vec<_>>())
}

/// What a drill came to.
#[derive(Debug, Serialize)]
pub(crate) struct DrillJson<'a> {
    format: u32,
    ok: bool,
    /// After what time everything worked in the other region; null where something never did.
    time_ms: Option<u64>,
    /// How old the oldest write is that was missing there; null where a store is missing altogether.
    loss_ms: Option<u64>,
    #[serde(flatten)]
    evidence: &'a DrillEvidence,
}

/// The shape of what a drill came to.
pub(crate) fn shape(evidence: &DrillEvidence) -> DrillJson<'_> {
    let away = evidence.away();
    DrillJson {
        format: super::json::FORMAT,
        ok: evidence.went_well(),
        time_ms: away.and_then(SideChange::time_ms),
        loss_ms: away.map_or(Some(0), SideChange::loss_ms),
        evidence,
    }
}

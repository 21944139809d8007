//! The result of a rehearsal, as text and as JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use dr_core::address::Address;
use serde::Serialize;

use super::{GONE, NEW, QUIET, STRONG, contract, count, duration, pad, paint};
use crate::stage::{Act, Rehearsed};

/// How many of the slowest resources of each act are told.
const SLOWEST: usize = 3;

/// One line for each act with its slowest resources, and what is left.
pub(crate) fn text(program: &str, suffix: &str, rehearsed: &Rehearsed, all: bool) -> String {
    let (program, suffix) = (paint(STRONG, program), paint(STRONG, suffix));
    let mut out = format!("{program} · environment {suffix} · rehearsal (a sandbox of its own, nothing is kept)\n\n");
    for act in &rehearsed.acts {
        out.push_str(&format!("{}  {}\n", pad(act.name, 7), came_to(act)));
        for (address, took) in slowest(act, if all { usize::MAX } else { SLOWEST }) {
            out.push_str(&format!("         {}\n", paint(QUIET, format!("{}  {address}", duration::exact(took)))));
        }
    }
    out.push('\n');
    match rehearsed.left.len() {
        0 => out.push_str(&format!("{}\n", paint(NEW, "Nothing is left in the sandbox"))),
        number => {
            out.push_str(&format!("{}\n", paint(GONE, format!("{} left:", count(number, "resource")))));
            for left in &rehearsed.left {
                out.push_str(&format!(
                    "  {}  {}  {}\n",
                    left.kind,
                    left.region.as_deref().unwrap_or("global"),
                    left.id
                ));
            }
        }
    }
    let leaves = contract::leaves(&rehearsed.contract);
    if !leaves.is_empty() {
        out.push_str(&format!("The real cloud keeps for a while: {leaves}\n"));
    }
    out
}

fn came_to(act: &Act) -> String {
    if act.plan.is_refused() {
        return paint(GONE, "refused: see above");
    }
    let report = &act.report;
    let took = format!("{}, about {} planned", duration::exact(report.elapsed), duration::about(act.plan.estimate()));
    match report.is_complete() {
        true => format!("{} in {took}", count(report.done.len(), "step")),
        false => {
            let failed = format!("{} failed, {} skipped", report.failed.len(), report.skipped.len());
            format!("{} of {} in {took}", paint(GONE, failed), count(act.plan.steps.len(), "step"))
        }
    }
}

/// The resources that took longest, the longest first.
fn slowest(act: &Act, most: usize) -> Vec<(&Address, Duration)> {
    let mut all: Vec<(&Address, Duration)> = act.times.iter().map(|(address, took)| (address, *took)).collect();
    all.sort_by(|a, b| (b.1, a.0).cmp(&(a.1, b.0)));
    all.truncate(most);
    all
}

/// What a rehearsal came to.
#[derive(Debug, Serialize)]
pub(crate) struct RehearsalJson<'a> {
    format: u32,
    program: &'a str,
    environment: &'a str,
    ok: bool,
    acts: Vec<ActJson<'a>>,
    left: Vec<LeftJson<'a>>,
}

#[derive(Debug, Serialize)]
struct ActJson<'a> {
    act: &'a str,
    refused: bool,
    steps: usize,
    done: usize,
    failed: BTreeMap<&'a str, &'a str>,
    skipped: usize,
    estimate_ms: u64,
    elapsed_ms: u128,
    took_ms: BTreeMap<&'a str, u128>,
}

#[derive(Debug, Serialize)]
struct LeftJson<'a> {
    kind: &'a str,
    region: Option<&'a str>,
    id: &'a str,
}

/// The shape of what a rehearsal came to.
pub(crate) fn shape<'a>(program: &'a str, suffix: &'a str, rehearsed: &'a Rehearsed) -> RehearsalJson<'a> {
    let act = |act: &'a Act| ActJson {
        act: act.name,
        refused: act.plan.is_refused(),
        steps: act.plan.steps.len(),
        done: act.report.done.len(),
        failed: act.report.failed.iter().map(|f| (f.address.as_str(), &*f.error)).collect(),
        skipped: act.report.skipped.len(),
        estimate_ms: act.plan.estimate_ms,
        elapsed_ms: act.report.elapsed.as_millis(),
        took_ms: act.times.iter().map(|(address, took)| (address.as_str(), took.as_millis())).collect(),
    };
    let left = |l: &'a dr_sandbox::ShownResource| LeftJson { kind: l.kind, region: l.region.as_deref(), id: &l.id };
    RehearsalJson {
        format: super::json::FORMAT,
        program,
        environment: suffix,
        ok: rehearsed.went_well(),
        acts: rehearsed.acts.iter().map(act).collect(),
        left: rehearsed.left.iter().map(left).collect(),
    }
}

//! A recovery plan and what became of it: as text, and as JSON.

use std::collections::BTreeSet;
use std::time::Duration;

use dr_core::diagnostic::{Diagnostic, Severity};
use dr_core::failover::derive::sides;
use dr_core::failover::plan::{FailoverManner, PossibleLoss, RecoveryPlan};
use dr_core::failover::refuse::leads_requests;
use dr_core::failover::state::StepProgress;
use dr_core::record::Snapshot;
use dr_core::recovery::{Figure, seconds};
use dr_core::registry::Registry;
use dr_core::value::Str;
use dr_run::FailoverReport;
use serde::Serialize;

use super::{GONE, NEW, QUIET, STRONG, count, duration, paint, safe};
use crate::clock;
use crate::exit::Exit;

/// The plan, step by step, with reasons.
pub(crate) fn plan(plan: &RecoveryPlan, goes_on: bool, silent: &BTreeSet<Str>) -> String {
    let what = match plan.manner {
        FailoverManner::Planned => "planned, nothing is lost",
        FailoverManner::Unplanned => "unplanned, what has not got there is lost",
    };
    let mut out = format!("{} takes over from {} ({what})\n\n", paint(STRONG, &*plan.to), plan.from);
    for (number, step) in plan.steps.iter().enumerate() {
        out.push_str(&format!("{:>3}  {}\n", number + 1, safe(&step.name)));
        let needs: Vec<String> = step.needs.iter().map(|need| format!("{} in {}", need.call, need.region)).collect();
        out.push_str(&format!("     {}\n", paint(QUIET, safe(&step.why))));
        // What is so already needs nobody.
        let needs = if needs.is_empty() { "is so already".to_owned() } else { needs.join(", ") };
        out.push_str(&format!("     {}\n", paint(QUIET, format!("{needs}; takes {}", step.time))));
    }
    if !plan.losses.is_empty() {
        out.push_str("\nmay be lost\n");
        for loss in &plan.losses {
            out.push_str(&format!("  {}  {}\n", loss.address, behind(loss, &plan.from, silent)));
        }
    }
    if !plan.notes.is_empty() {
        out.push('\n');
        plan.notes.iter().for_each(|note| out.push_str(&format!("note: {}\n", safe(note))));
    }
    let again = if goes_on { "; it was begun, and what is done is not done again" } else { "" };
    out.push_str(&format!("\n{}, {}{again}\n", count(plan.steps.len(), "step"), plan.time()));
    out
}

/// How much of a store may be lost when a region is left.
fn behind(loss: &PossibleLoss, from: &Str, silent: &BTreeSet<Str>) -> String {
    let computed = match loss.computed {
        Figure { typical: None, .. } => "all of it: no other region has it".to_owned(),
        figure => format!("the last {figure}, as computed"),
    };
    match loss.lag_ms {
        Some(lag) => format!("the last {} ({computed})", milliseconds(lag)),
        None if loss.follower.is_some() && silent.contains(from) => {
            format!("not known: {from} does not answer ({computed})")
        }
        None => computed,
    }
}

fn milliseconds(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{ms} ms"),
        _ => seconds(u32::try_from(ms / 1_000).unwrap_or(u32::MAX)),
    }
}

/// The most that may be lost, in words.
pub(crate) fn lost(plan: &RecoveryPlan, silent: &BTreeSet<Str>) -> String {
    let lost = |loss: &PossibleLoss| format!("of `{}` {}", loss.address, behind(loss, &plan.from, silent));
    let all: Vec<String> = plan.losses.iter().map(lost).collect();
    if all.is_empty() { "nobody knows how much".into() } else { all.join("; ") }
}

/// The words of the command that goes on with it.
pub(crate) fn again<'p>(program: &'p str, plan: &'p RecoveryPlan) -> Vec<&'p str> {
    let mut words = vec!["failover", program, "--to", &plan.to];
    match plan.manner {
        FailoverManner::Planned => words.push("--planned"),
        FailoverManner::Unplanned => words.extend(["--unplanned", "--allow-data-loss"]),
    }
    words
}

/// That an environment is failed over or is being so, for whoever plans a change of it. `command` completes the words of
/// a command.
pub(crate) fn standing(
    snapshot: &Snapshot,
    registry: &Registry,
    program: &str,
    command: impl Fn(&[&str]) -> String,
) -> Option<Diagnostic> {
    let note = |message: String, help: String| {
        Diagnostic { severity: Severity::Info, ..Diagnostic::error(message) }.code("failover").help(help)
    };
    if let Some(run) = snapshot.recovery.unfinished() {
        let (plan, step) = (&run.plan, run.next().unwrap_or(run.steps.len()) + 1);
        let (to, word) = (&plan.to, plan.manner.word());
        let message = format!("a failover to {to} ({word}) is open, at step {step} of {}", plan.steps.len());
        return Some(note(message, format!("`{}` goes on with it", command(&again(program, plan)))));
    }
    let active = snapshot.recovery.active.as_ref()?;
    let (primary, _) = sides(snapshot, registry)?;
    if active.region == primary {
        return None;
    }
    let (since, word) = (clock::minute(active.since), active.manner.word());
    let message = format!("{} is active since {since} (UTC) by {}, {word}", active.region, safe(&active.by));
    Some(note(message, format!("`{}` makes {primary} active again", command(&["failback", program]))))
}

/// How it ended.
pub(crate) fn end(report: &FailoverReport, again: &str) -> String {
    let plan = &report.run.plan;
    let done = report.run.steps.iter().filter(|step| matches!(step, StepProgress::Done { .. })).count();
    let steps = count(plan.steps.len(), "step");
    match (&report.failed, report.run.end) {
        (Some(failed), _) => {
            let name = plan.steps.get(failed.step).map(|step| step.name.as_str()).unwrap_or_default();
            let mut out =
                format!("\n{}: the step `{}` failed: {}\n", paint(GONE, "error"), safe(name), safe(&failed.error));
            if let Some(help) = &failed.help {
                out.push_str(&format!("  {}: {}\n", paint(NEW, "hint"), safe(help)));
            }
            if failed.waits && plan.steps.get(failed.step).is_some_and(leads_requests) {
                out.push_str("Requests were not moved: Route 53 does not answer\n");
            }
            out.push_str(&format!("{done} of {steps} are done; `{again}` goes on with it\n"));
            out
        }
        (None, Some(_)) => {
            format!("\n{} is active after {}\n", plan.to, duration::exact(report.elapsed))
        }
        (None, None) => format!("\nStopped on request after {done} of {steps}; `{again}` goes on with it\n"),
    }
}

/// A failover.
#[derive(Debug, Serialize)]
pub(crate) struct FailoverJson<'a> {
    format: u32,
    program: &'a str,
    environment: &'a str,
    from: &'a str,
    to: &'a str,
    manner: FailoverManner,
    status: &'static str,
    time: Figure,
    steps: Vec<RecoveryStepJson<'a>>,
    losses: &'a [PossibleLoss],
    notes: &'a [String],
    failed: Option<FailedStepJson<'a>>,
    elapsed_ms: Option<u64>,
}

/// A step of it.
#[derive(Debug, Serialize)]
struct RecoveryStepJson<'a> {
    name: &'a str,
    act: &'a dr_core::failover::plan::RecoveryAct,
    why: &'a str,
    needs: &'a [dr_core::failover::plan::ControlPlane],
    time: Figure,
    progress: StepProgress,
}

/// The step that failed.
#[derive(Debug, Serialize)]
struct FailedStepJson<'a> {
    step: usize,
    error: &'a str,
    help: Option<&'a str>,
}

impl<'a> FailoverJson<'a> {
    /// The shape of a plan, and of what became of it.
    pub(crate) fn new(
        (program, environment): (&'a str, &'a str),
        plan: &'a RecoveryPlan,
        exit: Exit,
        report: Option<&'a FailoverReport>,
    ) -> FailoverJson<'a> {
        let progress = |number: usize| {
            report.and_then(|report| report.run.steps.get(number)).copied().unwrap_or(StepProgress::Waiting)
        };
        let step = |(number, step): (usize, &'a dr_core::failover::plan::RecoveryStep)| RecoveryStepJson {
            name: &step.name,
            act: &step.act,
            why: &step.why,
            needs: &step.needs,
            time: step.time,
            progress: progress(number),
        };
        let failed = report.and_then(|report| report.failed.as_ref());
        FailoverJson {
            format: super::json::FORMAT,
            program,
            environment,
            from: &plan.from,
            to: &plan.to,
            manner: plan.manner,
            status: match report {
                None => "planned",
                // The exit status says more: that a region was lost on the way.
                Some(report) if report.failed.is_some() && exit != Exit::Deferred => Exit::Failed.word(),
                Some(_) => exit.word(),
            },
            time: plan.time(),
            steps: plan.steps.iter().enumerate().map(step).collect(),
            losses: &plan.losses,
            notes: &plan.notes,
            failed: failed.map(|failed| FailedStepJson {
                step: failed.step,
                error: &failed.error,
                help: failed.help.as_deref(),
            }),
            elapsed_ms: report.map(|report| whole_ms(report.elapsed)),
        }
    }
}

fn whole_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

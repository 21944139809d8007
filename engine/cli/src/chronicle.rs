//! What is written down of a run of a plan or a failover, for `dr history`.

use std::collections::BTreeSet;

use dr_core::failover::plan::{FailoverManner, RecoveryPlan};
use dr_core::failover::state::StepProgress;
use dr_core::history::{PastRun, PastTakeover, RunEnd, RunResult};
use dr_core::plan::{Counts, Plan};
use dr_core::value::Str;
use dr_run::{FailoverReport, Report};

use crate::clock;
use crate::exit::CommandFailure;
use crate::render::plan::{Look, body, summary};
use crate::render::{deferred, failover};
use crate::session::Session;
use crate::shared;

/// How wide a plan is written down.
const WIDTH: usize = 120;
/// The most bytes of a plan that are kept: of a longer one, the beginning.
const LONGEST: usize = 32 << 10;
/// Of a plan with more steps, only the numbers are kept: the rest would be cut off anyway.
const MOST: usize = 5_000;

/// What is known before the first call.
///
/// # Errors
/// When the time is not known.
pub(crate) fn begun(session: &Session<'_>, plan: &Plan) -> Result<PastRun, CommandFailure> {
    let look = Look { registry: &session.registry, width: WIDTH, details: false };
    let steps = if plan.steps.len() > MOST { String::new() } else { body(plan, look) };
    let steps = anstream::adapter::strip_str(&steps).to_string();
    let summary = anstream::adapter::strip_str(&summary(plan)).to_string();
    Ok(PastRun {
        destroy: plan.destroy,
        takeover: None,
        began: clock::now()?,
        by: shared::who().into(),
        from: session.project.root.display().to_string().into(),
        counts: plan.counts(),
        plan: format!("{}\n{summary}\n", cut(&steps)).into(),
        end: None,
    })
}

/// A text, or its beginning with a word about that.
fn cut(text: &str) -> String {
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let end = text[..text.floor_char_boundary(LONGEST)].rfind('\n').unwrap_or(0);
    let left = text[end..].trim().lines().count();
    format!("{}\n… and {left} more lines, which are not kept\n", &text[..end])
}

/// What became of it.
pub(crate) fn ended(plan: &Plan, report: &Report) -> RunEnd {
    let is_failed = !report.failed.is_empty() || !report.output_errors.is_empty();
    let result = match (is_failed, report.remaining.is_empty()) {
        (true, _) => RunResult::Failed,
        (false, false) => RunResult::Interrupted,
        (false, true) if deferred::left(plan, report).iter().any(|one| one.is_missed) => RunResult::Deferred,
        (false, true) => RunResult::Done,
    };
    let failed = report.failed.iter().map(|failure| (failure.address.text(), failure.error.as_str().into()));
    let took_ms = u64::try_from(report.elapsed.as_millis()).unwrap_or(u64::MAX);
    RunEnd { result, took_ms, done: report.done.len(), failed: failed.collect() }
}

/// What is known of a failover before its first call.
pub(crate) fn takeover_begun(
    session: &Session<'_>,
    plan: &RecoveryPlan,
    (is_failback, goes_on): (bool, bool),
    silent: &BTreeSet<Str>,
    began: u64,
) -> PastRun {
    let steps = anstream::adapter::strip_str(&failover::plan(plan, goes_on, silent)).to_string();
    let is_lossy = plan.manner == FailoverManner::Unplanned;
    PastRun {
        destroy: false,
        takeover: Some(PastTakeover {
            from: plan.from.clone(),
            to: plan.to.clone(),
            manner: plan.manner,
            is_failback,
            agreed_loss: is_lossy.then(|| failover::lost(plan, silent).into()),
        }),
        began,
        by: shared::who().into(),
        from: session.project.root.display().to_string().into(),
        counts: Counts::default(),
        plan: cut(&steps).into(),
        end: None,
    }
}

/// What became of a failover.
pub(crate) fn takeover_ended(report: &FailoverReport) -> RunEnd {
    let run = &report.run;
    let result = match (&report.failed, run.end) {
        (Some(_), _) => RunResult::Failed,
        (None, Some(_)) => RunResult::Done,
        (None, None) => RunResult::Interrupted,
    };
    let name = |step: usize| run.plan.steps.get(step).map(|step| step.name.as_str()).unwrap_or_default();
    RunEnd {
        result,
        took_ms: u64::try_from(report.elapsed.as_millis()).unwrap_or(u64::MAX),
        done: run.steps.iter().filter(|step| matches!(step, StepProgress::Done { .. })).count(),
        failed: report.failed.iter().map(|one| (name(one.step).into(), one.error.as_str().into())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_plan_the_beginning_is_kept() {
        assert_eq!(cut("a\nb\n"), "a\nb\n");
        let long = "é line of some length\n".repeat(3_000);
        let kept = cut(&long);
        assert!(kept.len() < LONGEST + 100, "{}", kept.len());
        let (lines, last) = (kept.lines().count() - 1, kept.lines().last().unwrap().to_owned());
        assert_eq!(last, format!("… and {} more lines, which are not kept", 3_000 - lines));
        assert!(kept.lines().take(lines).all(|line| line == "é line of some length"));
    }
}

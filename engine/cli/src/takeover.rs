//! Takeovers: the way of `dr failover` and `dr failback` from a state to its recovery plan, through the question, to the
//! end of it.
//!
//! No program is read: all of it comes from the state.

use std::collections::BTreeSet;
use std::time::Duration;

use dr_core::cloud::BoxFuture;
use dr_core::failover::derive::{NoRecoveryPlan, recovery_plan, sides};
use dr_core::failover::plan::{FailoverManner, RecoveryPlan, RecoveryStep};
use dr_core::failover::refuse::{needed, needed_by, refusals};
use dr_core::plan::Goal;
use dr_core::value::Str;
use dr_run::{
    FailoverReport, FailoverWatch, Stack, StateChange, begin_failover, fail_over, measure_losses, silent_regions,
};

use crate::chronicle;
use crate::clock;
use crate::consent;
use crate::exit::{CommandFailure, Exit};
use crate::render::failover::{self, FailoverJson};
use crate::render::{NEW, QUIET, duration, json, paint, safe};
use crate::session::{OpenState, Session};
use crate::shared;
use crate::ui::Ui;
use crate::work::Work;

/// What somebody wants.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WantedTakeover<'a> {
    /// The program, or the path of its script.
    pub program: &'a str,
    /// The region that is to take over; the primary one when `None`.
    pub to: Option<&'a str>,
    /// How.
    pub manner: FailoverManner,
    /// Whether what has not got there may be lost.
    pub allow_data_loss: bool,
    /// The environment whose protection is lifted.
    pub unprotect: Option<&'a str>,
    /// Whether nobody is asked.
    pub yes: bool,
    /// Whether the plan is shown and nothing is done.
    pub dry_run: bool,
}

/// Lets a region take over.
///
/// # Errors
/// When there is nothing to take over, the plan is refused, nobody agrees, or the state cannot be read or written.
pub(crate) fn take_over(session: &Session<'_>, wanted: WantedTakeover<'_>) -> Result<Exit, CommandFailure> {
    let name = crate::load::name_of(&session.project, wanted.program)?;
    let stack = session.stack(&name);
    let held = session.hold_without_key_if_any(&stack)?;
    let Some(mut held) = held.filter(|held| !held.snapshot.records.is_empty()) else {
        return Err(session.unrecorded(&name)?.hint("a failover needs what `dr apply` has recorded"));
    };
    session.run(async |signals| {
        let mut work = Work::open(session, stack.clone(), &session.project.root, None).await?;
        signals.stop(&work.cancel);
        if !wanted.dry_run {
            work.resume(&mut held, Goal::Apply).await?;
        }
        let (mut plan, goes_on) = planned(session, &held, &wanted)?;
        session.ui.tell(&session.header(&name, &work.identity));
        let refused = work
            .with_engine(&held, false, async |engine| {
                measure_losses(engine, &mut plan.losses).await?;
                let silent = silent_regions(engine, &asked(&plan)).await;
                Ok(refusals(&plan, &silent))
            })
            .await?;
        let steps = failover::plan(&plan, goes_on);
        let is_result = wanted.dry_run && refused.is_empty() && !session.ui.json;
        if !is_result {
            session.ui.tell(&steps);
        }
        let shape = |plan: &RecoveryPlan, exit: Exit, report: Option<&FailoverReport>| {
            json::text(&FailoverJson::new((&name, &session.suffix), plan, exit, report))
        };
        if !refused.is_empty() {
            return Err(refusal(&plan, &refused));
        }
        if wanted.dry_run {
            let text = format!("{steps}Nothing was changed\n");
            return tell(session.ui, &shape(&plan, Exit::Done, None), &text).map(|()| Exit::Done);
        }
        if plan.manner == FailoverManner::Unplanned {
            consent::refuse_takeover(session, wanted.unprotect)?;
        }
        if plan.manner == FailoverManner::Unplanned && !wanted.allow_data_loss {
            return Err(CommandFailure::new(format!("an unplanned failover may lose data: {}", failover::lost(&plan)))
                .exit(Exit::Refused)
                .hint("say `--allow-data-loss` to agree, or `--planned` where both regions work"));
        }
        if !wanted.yes && !work.ask("\nLet it take over?").await? {
            session.ui.tell("Nothing was changed\n");
            return Ok(Exit::Failed);
        }
        session.ui.tell("\n");
        let (at, by) = (clock::now()?, Str::from(shared::who()));
        let watch = StepTeller { ui: session.ui, steps: plan.steps.len(), yes: wanted.yes, at };
        let past = chronicle::takeover_begun(session, &plan, (wanted.to.is_none(), goes_on), at);
        let (report, is_lost) = work
            .with_engine(&held, true, async |engine| {
                // It is written with the first thing that is waited for.
                drop(held.store.submit(StateChange::RunBegan(Box::new(past))));
                if !goes_on {
                    begin_failover(engine, plan.clone(), at, by.clone()).await?;
                }
                let report = fail_over(engine, &watch).await?;
                let ended = StateChange::RunEnded(chronicle::takeover_ended(&report));
                // A run without an end is told as one; what was done is in the report whatever becomes of this.
                let _ = held.store.commit(ended).await;
                let needed = report.failed.as_ref().and_then(|failed| plan.steps.get(failed.step)).map(needed_by);
                let silent = silent_regions(engine, &needed.unwrap_or_default()).await;
                Ok((report, !silent.is_empty()))
            })
            .await?;
        let exit = match (&report.failed, report.run.end) {
            (Some(_), _) if is_lost => Exit::Refused,
            (Some(_), _) => Exit::Failed,
            (None, Some(_)) => Exit::Done,
            (None, None) => Exit::Interrupted,
        };
        let again = session.command(&failover::again(&name, &plan));
        tell(session.ui, &shape(&plan, exit, Some(&report)), &failover::end(&report, &again)).map(|()| exit)
    })
}

/// The recovery plan: that of a failover that was begun, which is gone on with, or a new one.
fn planned(
    session: &Session<'_>,
    held: &OpenState,
    wanted: &WantedTakeover<'_>,
) -> Result<(RecoveryPlan, bool), CommandFailure> {
    let snapshot = &held.snapshot;
    let to = match (wanted.to, sides(snapshot, &session.registry)) {
        (Some(to), _) => Str::from(to),
        (None, Some((primary, _))) => primary,
        (None, None) => return Err(no_plan(held.store.stack(), &NoRecoveryPlan::OneRegion)),
    };
    if let Some(run) = snapshot.recovery.unfinished() {
        let plan = &run.plan;
        if plan.to == to && plan.manner == wanted.manner {
            return Ok((plan.clone(), true));
        }
        session.ui.tell(&format!(
            "A {} failover to {} was begun and has not come to its end; this one takes its place\n",
            plan.manner.word(),
            plan.to
        ));
    }
    let plan = recovery_plan(snapshot, &session.registry, &to, wanted.manner);
    plan.map(|plan| (plan, false)).map_err(|why| no_plan(held.store.stack(), &why))
}

fn no_plan(stack: &Stack, why: &NoRecoveryPlan) -> CommandFailure {
    let failure = CommandFailure::new(format!("`{stack}` cannot fail over: {why}")).exit(Exit::Refused);
    match why {
        NoRecoveryPlan::OneRegion => failure.hint("`dr apply` computes which regions a program is in, and records it"),
        NoRecoveryPlan::NoSide { region, primary, secondary } => failure.near(region, [&**primary, &**secondary]),
    }
}

/// The regions that are asked whether they answer.
fn asked(plan: &RecoveryPlan) -> BTreeSet<Str> {
    let mut all = needed(plan);
    all.insert(plan.to.clone());
    all
}

fn refusal(plan: &RecoveryPlan, why: &[String]) -> CommandFailure {
    let first = why.first().cloned().unwrap_or_default();
    let mut failure = CommandFailure::new(first).exit(Exit::Refused);
    for other in why.iter().skip(1) {
        failure = failure.hint(format!("also: {other}"));
    }
    match plan.manner {
        FailoverManner::Planned => failure
            .hint(format!("`--unplanned --allow-data-loss` needs {} alone, and loses what has not got there", plan.to)),
        FailoverManner::Unplanned => failure,
    }
}

/// A result as JSON or as text.
fn tell(ui: &Ui, shape: &str, text: &str) -> Result<(), CommandFailure> {
    ui.result(if ui.json { shape } else { text })
}

/// Tells of each step as it begins and ends.
struct StepTeller<'a> {
    ui: &'a Ui,
    steps: usize,
    yes: bool,
    /// When it began, for when the clock cannot be read.
    at: u64,
}

impl FailoverWatch for StepTeller<'_> {
    fn now(&self) -> u64 {
        clock::now().unwrap_or(self.at)
    }

    fn begins(&self, number: usize, step: &RecoveryStep) {
        self.ui.tell(&format!("  {}/{}  {}\n", number + 1, self.steps, safe(&step.name)));
    }

    fn done(&self, _: usize, _: &RecoveryStep, took: Duration, already: bool) {
        let text = match already {
            true => paint(QUIET, "was so already"),
            false => paint(NEW, format!("done in {}", duration::exact(took))),
        };
        self.ui.tell(&format!("       {text}\n"));
    }

    fn approve<'a>(&'a self, question: &'a str) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            if self.yes {
                return true;
            }
            if self.ui.question(question).is_err() {
                return false;
            }
            matches!(tokio::task::spawn_blocking(Ui::answer).await, Ok(Ok(true)))
        })
    }
}

//! Takeovers: the way of `dr failover` and `dr failback` from a state to its recovery plan, through the question, to the
//! end of it.
//!
//! No program is read: all of it comes from the state.

use std::collections::BTreeSet;
use std::time::Duration;

use dr_core::cloud::BoxFuture;
use dr_core::failover::derive::{NoRecoveryPlan, recovery_plan_now, sides};
use dr_core::failover::lacks::lacks;
use dr_core::failover::plan::{FailoverManner, RecoveryAct, RecoveryPlan, RecoveryStep};
use dr_core::failover::refuse::{leads_requests, needed, needed_by, refusals};
use dr_core::failover::state::{FailoverEnd, FailoverRun, StepProgress};
use dr_core::plan::Goal;
use dr_core::record::Snapshot;
use dr_core::value::Str;
use dr_run::{
    FailedStep, FailoverReport, FailoverWatch, Stack, StateChange, begin_failover, fail_over, measure_losses,
    silent_regions, steps_already, switched_now,
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
        session.ui.tell(&session.header(&name, &work.identity));
        let regions = sides(&held.snapshot, &session.registry).map(|(primary, secondary)| [primary, secondary]);
        let looked = work
            .with_engine(&held, false, async |engine| {
                let silent = silent_regions(engine, &regions.into_iter().flatten().collect()).await;
                // Where requests go now is not believed from the records.
                let (now, _) = switched_now(engine, &held.snapshot).await;
                let (mut plan, goes_on) = planned(session, &held, &now, &wanted, &silent)?;
                measure_losses(engine, &mut plan.losses).await?;
                let already = steps_already(engine, &mut plan).await?;
                let is_active = !goes_on && is_active(session, &held.snapshot, &plan, &already);
                let more = silent_regions(engine, &needed(&plan)).await;
                Ok((plan, goes_on, is_active, silent.into_iter().chain(more).collect::<BTreeSet<_>>()))
            })
            .await?;
        let (plan, goes_on, is_active, silent) = looked;
        let shape = |plan: &RecoveryPlan, exit: Exit, report: Option<&FailoverReport>| {
            json::text(&FailoverJson::new((&name, &session.suffix), plan, exit, report))
        };
        if silent.contains(&plan.to) {
            return Err(CommandFailure::new(format!("{} does not answer: it cannot take over", plan.to))
                .exit(Exit::Refused)
                .hint("nothing was changed; give the command again when it answers"));
        }
        let lacks = lacks(&held.snapshot, &session.registry, &plan.to);
        if let Some((first, others)) = lacks.split_first() {
            let failure = CommandFailure::new(format!("{} cannot take over: {first}", plan.to)).exit(Exit::Refused);
            let failure = others.iter().fold(failure, |failure, other| failure.hint(format!("also: {other}")));
            return Err(failure.hint(format!("`{}` makes what lacks", session.command(&["apply", &name]))));
        }
        if is_active {
            let said = format!("{} is active already; nothing was changed\n", plan.to);
            let report = all_already(&plan, clock::now()?);
            return tell(session.ui, &shape(&plan, Exit::Done, Some(&report)), &said).map(|()| Exit::Done);
        }
        let refused = refusals(&plan, &silent);
        let steps = failover::plan(&plan, goes_on, &silent);
        let is_result = wanted.dry_run && refused.is_empty() && !session.ui.json;
        if !is_result {
            session.ui.tell(&steps);
        }
        if plan.steps.is_empty() {
            let said = format!("Nothing has to be switched so that {} takes over; nothing was changed\n", plan.to);
            return tell(session.ui, &shape(&plan, Exit::Done, None), &said).map(|()| Exit::Done);
        }
        if !refused.is_empty() {
            return Err(refusal(session, &name, &plan, &refused));
        }
        if wanted.dry_run {
            let text = format!("{steps}Nothing was changed\n");
            return tell(session.ui, &shape(&plan, Exit::Done, None), &text).map(|()| Exit::Done);
        }
        if plan.manner == FailoverManner::Unplanned {
            consent::refuse_takeover(session, wanted.unprotect)?;
        }
        if plan.manner == FailoverManner::Unplanned && !wanted.allow_data_loss {
            return Err(CommandFailure::new(format!(
                "an unplanned failover may lose data: {}",
                failover::lost(&plan, &silent)
            ))
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
        let past = chronicle::takeover_begun(session, &plan, (wanted.to.is_none(), goes_on), &silent, at);
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
            (Some(failed), _) if requests_wait(&plan, failed) => Exit::Deferred,
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
    now: &Snapshot,
    wanted: &WantedTakeover<'_>,
    silent: &BTreeSet<Str>,
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
    let plan = recovery_plan_now(now, &session.registry, &to, wanted.manner, silent);
    plan.map(|plan| (plan, false)).map_err(|why| no_plan(held.store.stack(), &why))
}

fn no_plan(stack: &Stack, why: &NoRecoveryPlan) -> CommandFailure {
    let failure = CommandFailure::new(format!("`{stack}` cannot fail over: {why}")).exit(Exit::Refused);
    match why {
        NoRecoveryPlan::OneRegion => failure.hint("`dr apply` computes which regions a program is in, and records it"),
        NoRecoveryPlan::NoSide { region, primary, secondary } => failure.near(region, [&**primary, &**secondary]),
    }
}

/// Whether the region that is to take over does the work already: nothing has to be switched.
fn is_active(session: &Session<'_>, snapshot: &Snapshot, plan: &RecoveryPlan, already: &[bool]) -> bool {
    let recovery = &snapshot.recovery;
    let active = recovery.active.as_ref().map(|active| active.region.clone());
    let active = active.or(sides(snapshot, &session.registry).map(|(primary, _)| primary));
    let switches = |step: &RecoveryStep| matches!(step.act, RecoveryAct::Switch { .. } | RecoveryAct::Set { .. });
    active.as_ref() == Some(&plan.to)
        && recovery.unfinished().is_none()
        && plan.steps.iter().zip(already).all(|(step, already)| *already || !switches(step))
}

/// What a failover comes to in which nothing has to be switched.
fn all_already(plan: &RecoveryPlan, at: u64) -> FailoverReport {
    let steps = vec![StepProgress::Done { took_ms: 0, already: true }; plan.steps.len()];
    let end = Some(FailoverEnd::Done { at });
    let run = FailoverRun { plan: plan.clone(), began: at, by: shared::who().into(), steps, end };
    FailoverReport { run, failed: None, elapsed: Duration::ZERO }
}

/// Whether everything is done but to lead requests, which waits until Route 53 answers.
fn requests_wait(plan: &RecoveryPlan, failed: &FailedStep) -> bool {
    failed.waits && plan.manner == FailoverManner::Unplanned && plan.steps.get(failed.step).is_some_and(leads_requests)
}

fn refusal(session: &Session<'_>, name: &str, plan: &RecoveryPlan, why: &[String]) -> CommandFailure {
    let first = why.first().cloned().unwrap_or_default();
    let mut failure = CommandFailure::new(first).exit(Exit::Refused);
    if why.len() > 1 {
        failure = failure.hint(format!("{} more of its steps cannot be done for the same reason", why.len() - 1));
    }
    match plan.manner {
        FailoverManner::Planned => {
            let unplanned = RecoveryPlan { manner: FailoverManner::Unplanned, ..plan.clone() };
            let command = session.command(&failover::again(name, &unplanned));
            failure.hint(format!("`{command}` needs {} alone, and loses what has not got there", plan.to))
        }
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

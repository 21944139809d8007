//! A drill: a program's environment loses a region on a stage of its own, takes over with the other one, and goes home.
//!
//! Time is virtual, so an hour takes no time. What it finds out is measured by what requests and writes came to, not told
//! by those who fail over.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dr_core::address::Address;
use dr_core::cloud::BoxFuture;
use dr_core::failover::derive::recovery_plan;
use dr_core::failover::drill::DrillCase;
use dr_core::failover::plan::{FailoverManner, RecoveryStep};
use dr_core::failover::refuse::refusals;
use dr_core::graph::Graph;
use dr_core::plan::Goal;
use dr_core::recovery::{Figure, Recovery};
use dr_core::value::Str;
use dr_run::{FailoverWatch, Places, Silent, begin_failover, fail_over};
use tokio::time::sleep;

use crate::evidence::{
    DrillEvidence, DrilledPart, DrilledStep, SideChange, hold_against_computed, hold_against_promise, in_seconds,
    promised, writes,
};
use crate::exit::CommandFailure;
use crate::load::Program;
use crate::session::Session;
use crate::stage::{RehearsalStage, on_stage};

/// How long the application works before anything happens: longer than a copy takes.
const BEFORE: Duration = Duration::from_secs(16 * 60);
/// How long a region is lost.
const LOST: Duration = Duration::from_secs(2 * 60 * 60);
/// How long is waited until everybody has noticed something.
const SETTLING: Duration = Duration::from_secs(16 * 60);
/// How soon an application that nothing happens to does something again.
const AT_ONCE: Figure = Figure::of(1, 1);

/// What a drill is to do.
pub(crate) struct DrillWish {
    /// What the program was named as.
    pub named: String,
    /// Whether the other region takes over while both work.
    pub planned: bool,
    /// The region that is lost; the primary one where none is named.
    pub lost: Option<String>,
    /// What decides how long everything takes.
    pub seed: u64,
    /// Now, in seconds since 1970.
    pub at: u64,
}

impl DrillWish {
    fn case(&self, computed: &Recovery) -> Result<DrillCase, CommandFailure> {
        match self.lost.as_deref() {
            _ if self.planned => Ok(DrillCase::Planned),
            None => Ok(DrillCase::PrimaryLost),
            Some(region) if *region == *computed.primary => Ok(DrillCase::PrimaryLost),
            Some(region) if *region == *computed.secondary => Ok(DrillCase::StandbyLost),
            Some(region) => {
                let (primary, secondary) = (&computed.primary, &computed.secondary);
                let failure = CommandFailure::new(format!("{region} is none of the two regions of the program"));
                Err(failure.hint(format!("they are {primary} and {secondary}")))
            }
        }
    }
}

/// Makes a drill of what a program declares.
///
/// # Errors
/// When the stage cannot be made, when the environment cannot be made on it, and when nothing takes over in another
/// region. What fails after that is part of the evidence.
pub(crate) fn drill(
    session: &Session<'_>,
    program: &Program,
    graph: &Graph,
    wish: &DrillWish,
) -> Result<DrillEvidence, CommandFailure> {
    on_stage(session, program, Some(wish.seed), async |stage| {
        let made = stage.act("apply", Goal::Apply, graph).await?;
        if !made.is_done() {
            let failure =
                CommandFailure::new(format!("the environment of `{}` cannot be made in a sandbox", program.name));
            return Err(failure.hint(format!("`dr rehearse {}` tells why", wish.named)));
        }
        let Some(computed) = made.plan.recovery else {
            let failure =
                CommandFailure::new(format!("`{}` has nothing that takes over in another region", program.name));
            return Err(failure.hint("a drill is for programs whose stores or names are in two regions"));
        };
        let case = wish.case(&computed)?;
        let evidence = DrillEvidence {
            program: program.name.clone(),
            environment: session.suffix.clone(),
            at: wish.at,
            seed: wish.seed,
            case,
            primary: computed.primary.clone(),
            secondary: computed.secondary.clone(),
            computed,
            promise: promised(graph.promise.as_ref()),
            changes: Vec::new(),
            checks: Vec::new(),
            notes: Vec::new(),
        };
        let mut drill = Drill { stage, graph, wish, evidence };
        drill.stage.sandbox.use_program(&session.suffix, &program.name, &drill.evidence.primary);
        sleep(BEFORE).await;
        match case {
            DrillCase::PrimaryLost => drill.primary_lost().await?,
            DrillCase::StandbyLost => drill.standby_lost().await?,
            DrillCase::Planned => drill.planned().await?,
        }
        drill.destroy().await?;
        Ok(drill.evidence)
    })
}

/// A drill at work.
struct Drill<'s, 'a> {
    stage: &'s RehearsalStage<'a>,
    graph: &'s Graph,
    wish: &'s DrillWish,
    evidence: DrillEvidence,
}

impl Drill<'_, '_> {
    async fn primary_lost(&mut self) -> Result<(), CommandFailure> {
        let (primary, secondary) = self.sides();
        let sandbox = &self.stage.sandbox;
        let since = sandbox.moment();
        sandbox.switch_off(&primary);
        let noticed = sandbox.noticed();
        let noticed_s = noticed.most.or(noticed.typical).unwrap_or_default();
        sleep(Duration::from_secs(noticed_s.into())).await;
        let lost = BTreeSet::from([primary.clone()]);
        let mut change = self.fail_over(FailoverManner::Unplanned, &secondary, &lost).await?;
        change.noticed_s = noticed_s;
        sleep(SETTLING).await;
        let computed = self.evidence.computed.clone();
        self.measure(&mut change, since, &computed);
        self.held(change);
        let gone = Duration::from_micros(sandbox.moment() - since);
        sleep(LOST.saturating_sub(gone)).await;
        sandbox.switch_on(&primary);
        sleep(SETTLING).await;
        self.nothing_to_do("after the failover").await?;
        self.go_home().await
    }

    async fn planned(&mut self) -> Result<(), CommandFailure> {
        let (_, secondary) = self.sides();
        self.move_to(&secondary).await?;
        sleep(SETTLING).await;
        self.nothing_to_do("after the failover").await?;
        self.go_home().await
    }

    async fn standby_lost(&mut self) -> Result<(), CommandFailure> {
        let (primary, secondary) = self.sides();
        let sandbox = &self.stage.sandbox;
        let since = sandbox.moment();
        sandbox.switch_off(&secondary);
        sleep(LOST).await;
        let mut change = SideChange::nothing(&secondary, &primary);
        let mut computed = self.evidence.computed.clone();
        computed.lacks.clear();
        for part in computed.traffic.iter_mut().chain(&mut computed.stores) {
            (part.time, part.loss) = (AT_ONCE, part.loss.map(|_| Figure::ZERO));
        }
        self.measure(&mut change, since, &computed);
        let refused: u64 = change.parts.iter().map(|part| part.refused).sum();
        self.held(change);
        self.evidence.check(
            format!("nothing is refused in {primary} meanwhile"),
            refused == 0,
            format!("{} refused", writes(refused)),
        );
        sandbox.switch_on(&secondary);
        sleep(SETTLING).await;
        self.nothing_to_do("after the region is back").await
    }

    /// Everything goes back to the primary region.
    async fn go_home(&mut self) -> Result<(), CommandFailure> {
        let (primary, _) = self.sides();
        let lost = |drill: &Self| drill.stage.sandbox.balance(&primary).iter().map(|store| store.lost).sum::<u64>();
        let before = lost(self);
        self.move_to(&primary).await?;
        sleep(SETTLING).await;
        let now = lost(self);
        self.evidence.check("the way home loses nothing", now == before, format!("{} lost", writes(now - before)));
        self.nothing_to_do("after the way home").await?;
        if now > 0 {
            self.evidence.notes.push(format!("lost for good: {}", writes(now)));
        }
        let counts = |address: &Address| self.evidence.computed.stores.iter().any(|store| store.address == *address);
        for store in self.stage.sandbox.balance(&primary) {
            if store.elsewhere > 0 && counts(&store.address) {
                let (written, region) = (writes(store.elsewhere), &self.evidence.secondary);
                let note = format!("`{}`: nothing copies back what was written in {region}: {written}", store.address);
                self.evidence.notes.push(note);
            }
        }
        Ok(())
    }

    /// Another region takes over while both work.
    async fn move_to(&mut self, to: &Str) -> Result<(), CommandFailure> {
        let since = self.stage.sandbox.moment();
        let mut change = self.fail_over(FailoverManner::Planned, to, &BTreeSet::new()).await?;
        sleep(SETTLING).await;
        let mut computed = self.evidence.computed.clone();
        let time = change.steps.iter().fold(AT_ONCE, |sum, step| sum.then(step.expected));
        for part in computed.traffic.iter_mut().chain(&mut computed.stores) {
            // What is nowhere else takes no writes elsewhere. What was written last and is under way comes.
            let is_elsewhere = part.time != Figure::UNBOUNDED;
            (part.time, part.loss) = (if is_elsewhere { time } else { part.time }, None);
        }
        self.measure(&mut change, since, &computed);
        self.held(change);
        Ok(())
    }

    /// Makes a recovery plan and carries it out.
    async fn fail_over(
        &mut self,
        manner: FailoverManner,
        to: &Str,
        lost: &BTreeSet<Str>,
    ) -> Result<SideChange, CommandFailure> {
        let (primary, secondary) = self.sides();
        let from = if *to == secondary { primary } else { secondary };
        let mut change = SideChange { manner: Some(manner), ..SideChange::nothing(&from, to) };
        let snapshot = self.stage.store.snapshot()?;
        let plan = match recovery_plan(&snapshot, self.stage.registry(), to, manner) {
            Ok(plan) => plan,
            Err(why) => {
                change.failed = Some(why.to_string());
                return Ok(change);
            }
        };
        let refused = refusals(&plan, lost);
        if let Some(first) = refused.first() {
            change.failed = Some(first.clone());
            return Ok(change);
        }
        let (router, places) = (self.stage.router(), Places::default());
        let engine = self.stage.engine(&router, &places, &Silent);
        let watch = DrillWatch { at: self.wish.at, steps: Mutex::default() };
        begin_failover(&engine, plan, self.wish.at, "a drill".into()).await?;
        let report = fail_over(&engine, &watch).await?;
        change.steps = watch.steps.into_inner().unwrap_or_else(PoisonError::into_inner);
        change.failed = report.failed.map(|failed| {
            let name = report.run.plan.steps.get(failed.step).map_or("", |step| step.name.as_str());
            format!("the step `{name}` failed: {}", failed.error)
        });
        self.stage.sandbox.move_use(to);
        Ok(change)
    }

    /// Measures what a change of sides came to, of the parts that are computed.
    fn measure(&self, change: &mut SideChange, since: u64, computed: &Recovery) {
        let measured = self.stage.sandbox.measure(since, &change.to);
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        change.has_workers = measured.has_workers;
        if let (Some(time), Some(traffic)) = (measured.traffic, &computed.traffic) {
            change.parts.push(DrilledPart {
                address: traffic.address.clone(),
                is_traffic: true,
                time_ms: time.map(millis),
                computed_time: if computed.lacks.is_empty() { traffic.time } else { Figure::UNBOUNDED },
                missing: None,
                oldest_ms: None,
                computed_loss: None,
                refused: 0,
            });
        }
        for store in &computed.stores {
            let Some(found) = measured.stores.iter().find(|found| found.address == store.address) else { continue };
            change.parts.push(DrilledPart {
                address: store.address.clone(),
                is_traffic: false,
                time_ms: found.time.map(millis),
                computed_time: store.time,
                missing: store.loss.map(|_| found.missing),
                oldest_ms: store.loss.and(found.oldest).map(millis),
                computed_loss: store.loss,
                refused: found.refused,
            });
        }
    }

    /// Holds a change of sides against what it should be, and keeps it.
    fn held(&mut self, change: SideChange) {
        let name = format!("{} takes over", change.to);
        if change.manner.is_some() {
            let took: u64 = change.steps.iter().map(|step| step.took_ms).sum();
            let done = format!("{} steps in {}", change.steps.len(), in_seconds(took));
            self.evidence.check(name, change.failed.is_none(), change.failed.clone().unwrap_or(done));
        }
        hold_against_computed(&mut self.evidence, &change);
        if self.evidence.changes.is_empty() {
            hold_against_promise(&mut self.evidence, &change);
        }
        self.evidence.changes.push(change);
    }

    async fn nothing_to_do(&mut self, when: &str) -> Result<(), CommandFailure> {
        let plan = self.stage.plan(Goal::Apply, self.graph).await?;
        let found = match (plan.is_refused(), plan.is_empty()) {
            (true, _) => "the plan is refused".to_owned(),
            (false, true) => "nothing to do".to_owned(),
            (false, false) => format!("{} changes", plan.steps.len()),
        };
        self.evidence.check(format!("the plan {when} is empty"), !plan.is_refused() && plan.is_empty(), found);
        Ok(())
    }

    async fn destroy(&mut self) -> Result<(), CommandFailure> {
        let gone = self.stage.act("destroy", Goal::Destroy, &Graph::default()).await?;
        let left = self.stage.left()?;
        let found = match (gone.is_done(), left.len()) {
            (true, 0) => "nothing is left".to_owned(),
            (true, left) => format!("{left} resources are left"),
            (false, _) => format!("{} deletions failed", gone.report.failed.len()),
        };
        self.evidence.check("destroy leaves nothing", gone.is_done() && left.is_empty(), found);
        Ok(())
    }

    fn sides(&self) -> (Str, Str) {
        (self.evidence.primary.clone(), self.evidence.secondary.clone())
    }
}

impl SideChange {
    /// A change of sides of which nothing is done yet.
    fn nothing(from: &Str, to: &Str) -> SideChange {
        SideChange {
            from: from.clone(),
            to: to.clone(),
            manner: None,
            noticed_s: 0,
            steps: Vec::new(),
            failed: None,
            parts: Vec::new(),
            has_workers: true,
        }
    }
}

/// Takes note of how long each step takes, and says yes to every question.
struct DrillWatch {
    at: u64,
    steps: Mutex<Vec<DrilledStep>>,
}

impl FailoverWatch for DrillWatch {
    fn now(&self) -> u64 {
        self.at
    }

    fn begins(&self, _: usize, _: &RecoveryStep) {}

    fn done(&self, _: usize, step: &RecoveryStep, took: Duration, already: bool) {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let done = DrilledStep { name: step.name.clone(), took_ms, already, expected: step.time };
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).push(done);
    }

    fn approve<'a>(&'a self, _: &'a str) -> BoxFuture<'a, bool> {
        Box::pin(std::future::ready(true))
    }
}

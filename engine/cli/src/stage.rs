//! The stage of a rehearsal: an environment of its own, with its state in a temporary folder and its sandbox in memory.
//!
//! Its clock is virtual: whenever everything waits, it jumps to when something happens. What takes half an hour is over
//! at once, and is told as half an hour.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dr_core::address::Address;
use dr_core::checks::TeamRules;
use dr_core::cloud::{Cloud as _, Identity};
use dr_core::graph::Graph;
use dr_core::plan::{Contract, Goal, Plan, contract};
use dr_core::registry::Registry;
use dr_core::value::Str;
use dr_local::LocalCloud;
use dr_run::{Calls, Cancel, Engine, Gate, KeySource, Observer, Places, Progress, Report, Router, Silent, Store, What};
use dr_sandbox::{Sandbox, SandboxOptions, ShownResource, Speed};
use tokio::runtime::Builder;
use tokio::time::Instant;

use crate::exit::CommandFailure;
use crate::load::Program;
use crate::session::Session;

/// One plan of a rehearsal and what became of it.
pub(crate) struct Act {
    /// `apply`, `change` or `destroy`.
    pub name: &'static str,
    pub plan: Plan,
    pub report: Report,
    /// How long each resource took.
    pub times: BTreeMap<Address, Duration>,
}

impl Act {
    /// Whether it was carried out completely.
    pub(crate) fn is_done(&self) -> bool {
        !self.plan.is_refused() && self.report.is_complete()
    }
}

/// The result of a rehearsal.
pub(crate) struct Rehearsed {
    pub acts: Vec<Act>,
    /// How the resources were to be deleted.
    pub contract: Contract,
    /// What is still in the sandbox after that.
    pub left: Vec<ShownResource>,
}

impl Rehearsed {
    /// Whether nothing was refused, nothing failed and nothing is left.
    pub(crate) fn went_well(&self) -> bool {
        self.left.is_empty() && self.acts.iter().all(Act::is_done)
    }
}

/// Applies these graphs one after the other, and destroys everything. When one cannot be applied, what is there is
/// destroyed all the same.
///
/// # Errors
/// When the stage cannot be made. What fails on it is part of what is told.
pub(crate) fn play(session: &Session<'_>, program: &Program, graphs: &[Graph]) -> Result<Rehearsed, CommandFailure> {
    on_stage(session, program, None, async |stage| {
        let mut rehearsed = Rehearsed { acts: Vec::new(), contract: Contract::default(), left: Vec::new() };
        for (graph, name) in graphs.iter().zip(["apply", "change"]) {
            let act = stage.act(name, Goal::Apply, graph).await?;
            let is_done = act.is_done();
            rehearsed.acts.push(act);
            if !is_done {
                break;
            }
        }
        let before = stage.store.snapshot()?;
        let last = stage.act("destroy", Goal::Destroy, &Graph::default()).await?;
        rehearsed.contract = contract(&last.plan, &before, &session.registry);
        if !before.is_empty() {
            rehearsed.acts.push(last);
        }
        rehearsed.left = stage.left()?;
        Ok(rehearsed)
    })
}

/// Does something on a stage that is gone afterwards. With a seed, that decides what takes how long.
///
/// # Errors
/// When the stage cannot be made; and what the work gives.
pub(crate) fn on_stage<T>(
    session: &Session<'_>,
    program: &Program,
    seed: Option<u64>,
    work: impl AsyncFnOnce(&RehearsalStage<'_>) -> Result<T, CommandFailure>,
) -> Result<T, CommandFailure> {
    let folder = tempfile::Builder::new().prefix("dr-rehearsal-").tempdir();
    let folder = folder.map_err(|e| CommandFailure::new("cannot make a temporary folder").because(&e))?;
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.map_err(|e| CommandFailure::new("cannot start").because(&e))?;
    runtime.block_on(async {
        let options = SandboxOptions { speed: Speed::Real, seed, ..SandboxOptions::default() };
        let sandbox = Sandbox::in_memory(session.registry.clone(), options);
        let sandbox = sandbox.map_err(|e| CommandFailure::new("cannot open the sandbox").because(&e))?;
        let stack = session.stack(&program.name);
        let stage = RehearsalStage {
            session,
            program: Str::from(program.name.as_str()),
            identity: sandbox
                .identify()
                .await
                .map_err(|e| CommandFailure::new("cannot open the sandbox").because(&e))?,
            store: Store::open(folder.path(), &stack, &KeySource::StateDirectory)?,
            local: session.local(&stack, &program.folder, folder.path()),
            sandbox,
            gate: Gate::new(None),
            calls: Calls::new(),
            cancel: Cancel::new(),
        };
        work(&stage).await
    })
}

/// An environment of its own, with everything that a run needs.
pub(crate) struct RehearsalStage<'a> {
    session: &'a Session<'a>,
    program: Str,
    identity: Identity,
    pub store: Store,
    pub sandbox: Sandbox,
    local: LocalCloud,
    gate: Gate,
    calls: Calls,
    cancel: Cancel,
}

impl RehearsalStage<'_> {
    /// Makes a plan, and carries it out unless it is refused.
    ///
    /// # Errors
    /// When no plan can be made, or the state cannot be written.
    pub(crate) async fn act(&self, name: &'static str, goal: Goal, graph: &Graph) -> Result<Act, CommandFailure> {
        let plan = self.plan(goal, graph).await?;
        let watch = Stopwatch::default();
        let mut report = Report::default();
        if !plan.is_refused() {
            let snapshot = self.store.snapshot()?;
            self.local
                .tidy(&snapshot)
                .map_err(|e| CommandFailure::new("cannot put the packages in order").because(&e))?;
            let (router, places) = (self.router(), Places::default());
            report = dr_run::apply(&self.engine(&router, &places, &watch), &plan, snapshot).await?;
        }
        let times = watch.0.into_inner().unwrap_or_else(PoisonError::into_inner).took;
        Ok(Act { name, plan, report, times })
    }

    /// Makes a plan.
    ///
    /// # Errors
    /// When none can be made.
    pub(crate) async fn plan(&self, goal: Goal, graph: &Graph) -> Result<Plan, CommandFailure> {
        let (router, places) = (self.router(), Places::default());
        let snapshot = self.store.snapshot()?;
        let team = self.session.team_for(goal)?;
        let wanted = dr_run::Wanted {
            goal,
            program: &self.program,
            graph,
            snapshot: &snapshot,
            identity: &self.identity,
            refresh: true,
            lift: self.session.is_ephemeral(),
            aim: dr_core::selection::Aim::everything(),
            team: team.as_deref().map(|team| team as &dyn TeamRules),
        };
        Ok(dr_run::plan(&self.engine(&router, &places, &Silent), &wanted).await?)
    }

    /// What is in the sandbox.
    ///
    /// # Errors
    /// When that cannot be told.
    pub(crate) fn left(&self) -> Result<Vec<ShownResource>, CommandFailure> {
        self.sandbox.list().map_err(|e| CommandFailure::new("cannot look").because(&e))
    }

    /// The kinds.
    pub(crate) fn registry(&self) -> &Registry {
        &self.session.registry
    }

    /// The way to the sandbox and to what lives in the state alone.
    pub(crate) fn router(&self) -> Router<'_> {
        Router::new(&self.local, &self.sandbox)
    }

    /// What carries out one run, which knows of no place yet whether it answers.
    pub(crate) fn engine<'e>(
        &'e self,
        router: &'e Router<'e>,
        places: &'e Places,
        observer: &'e dyn Observer,
    ) -> Engine<'e> {
        Engine {
            store: &self.store,
            cloud: router,
            registry: &self.session.registry,
            gate: &self.gate,
            observer,
            cancel: &self.cancel,
            calls: &self.calls,
            places,
            patience: Duration::ZERO,
        }
    }
}

/// Takes note of how long each resource takes; the halves of a replacement count together.
#[derive(Default)]
struct Stopwatch(Mutex<Laps>);

#[derive(Default)]
struct Laps {
    started: BTreeMap<usize, Instant>,
    took: BTreeMap<Address, Duration>,
}

impl Observer for Stopwatch {
    fn on(&self, event: &Progress<'_>) {
        let Some(step) = event.step else { return };
        let mut laps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match event.what {
            What::Started => {
                laps.started.insert(step, Instant::now());
            }
            What::Done | What::Failed(_) => {
                if let Some(start) = laps.started.remove(&step) {
                    *laps.took.entry(event.address.clone()).or_default() += start.elapsed();
                }
            }
            _ => {}
        }
    }
}

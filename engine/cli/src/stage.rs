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
        self.left.is_empty() && self.acts.iter().all(|act| !act.plan.is_refused() && act.report.is_complete())
    }
}

/// Applies these graphs one after the other, and destroys everything. When one cannot be applied, what is there is
/// destroyed all the same.
///
/// # Errors
/// When the stage cannot be made. What fails on it is part of what is told.
pub(crate) fn play(session: &Session<'_>, program: &Program, graphs: &[Graph]) -> Result<Rehearsed, CommandFailure> {
    let folder = tempfile::Builder::new().prefix("dr-rehearsal-").tempdir();
    let folder = folder.map_err(|e| CommandFailure::new("cannot make a temporary folder").because(&e))?;
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.map_err(|e| CommandFailure::new("cannot start").because(&e))?;
    runtime.block_on(async {
        let options = SandboxOptions { speed: Speed::Real, ..SandboxOptions::default() };
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
            places: Places::default(),
            cancel: Cancel::new(),
        };
        let mut rehearsed = Rehearsed { acts: Vec::new(), contract: Contract::default(), left: Vec::new() };
        for (graph, name) in graphs.iter().zip(["apply", "change"]) {
            let act = stage.act(name, Goal::Apply, graph).await?;
            let is_done = !act.plan.is_refused() && act.report.is_complete();
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
        rehearsed.left = stage.sandbox.list().map_err(|e| CommandFailure::new("cannot look").because(&e))?;
        Ok(rehearsed)
    })
}

struct RehearsalStage<'a> {
    session: &'a Session<'a>,
    program: Str,
    identity: Identity,
    store: Store,
    sandbox: Sandbox,
    local: LocalCloud,
    gate: Gate,
    calls: Calls,
    places: Places,
    cancel: Cancel,
}

impl RehearsalStage<'_> {
    /// Makes a plan, and carries it out unless it is refused.
    async fn act(&self, name: &'static str, goal: Goal, graph: &Graph) -> Result<Act, CommandFailure> {
        let router = Router::new(&self.local, &self.sandbox);
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
        let plan = dr_run::plan(&self.engine(&router, &Silent), &wanted).await?;
        let watch = Stopwatch::default();
        let mut report = Report::default();
        if !plan.is_refused() {
            self.local
                .tidy(&snapshot)
                .map_err(|e| CommandFailure::new("cannot put the packages in order").because(&e))?;
            report = dr_run::apply(&self.engine(&router, &watch), &plan, snapshot).await?;
        }
        let times = watch.0.into_inner().unwrap_or_else(PoisonError::into_inner).took;
        Ok(Act { name, plan, report, times })
    }

    fn engine<'e>(&'e self, router: &'e Router<'e>, observer: &'e dyn Observer) -> Engine<'e> {
        Engine {
            store: &self.store,
            cloud: router,
            registry: &self.session.registry,
            gate: &self.gate,
            observer,
            cancel: &self.cancel,
            calls: &self.calls,
            places: &self.places,
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

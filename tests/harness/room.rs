//! A room: one program in one environment of its own, in a state folder of its own, on some cloud, driven through the
//! library as the commands drive it: evaluate, prepare, propose, apply.
//!
//! Every environment is made from a program's text; what a test wants to vary are the program's parameters.
#![allow(dead_code)] // Each test uses its own part of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dr_core::cloud::{Cloud, Identity};
use dr_core::diagnostic::Diagnostic;
use dr_core::graph::Graph;
use dr_core::plan::{Goal, Plan};
use dr_core::record::Snapshot;
use dr_core::registry::Registry;
use dr_core::value::{Str, Value};
use dr_local::{DiskWorld, LocalCloud};
use dr_run::{Calls, Cancel, Engine, Gate, KeySource, Places, Report, Router, Silent, Stack, Store, Wanted};
use dr_script::{Environment, Host, Limits, Request, Root, Setting};
use dr_tests_support::repository;

/// Why a test cannot go on, or what it found.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A program's text and the folder that it lies in.
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) folder: PathBuf,
}

/// An environment of a program.
pub(crate) struct Room {
    pub(crate) registry: Arc<Registry>,
    pub(crate) cloud: Arc<dyn Cloud>,
    pub(crate) program: Program,
    pub(crate) suffix: String,
    /// Whether the program is told that the environment is ephemeral.
    pub(crate) ephemeral: bool,
    host: Host,
    identity: Identity,
    local: LocalCloud,
    store: Store,
    gate: Gate,
    calls: Calls,
    places: Places,
    cancel: Cancel,
}

impl Room {
    /// Opens the environment `suffix` of a program, with its state in `state_dir`. At most `parallel` calls at once.
    pub(crate) async fn open(
        state_dir: &Path,
        cloud: Arc<dyn Cloud>,
        program: Program,
        suffix: &str,
        parallel: Option<usize>,
    ) -> Result<Room, Failure> {
        let registry = Arc::new(dr_kinds::registry());
        let roots = vec![
            Root { label: "program".into(), path: program.folder.clone() },
            Root { label: "stdlib".into(), path: repository().join("stdlib") },
        ];
        Ok(Room {
            host: Host::new(registry.clone(), roots, Limits::default()),
            identity: cloud.identify().await?,
            local: LocalCloud::new(Arc::new(DiskWorld::new(&program.folder)), state_dir, &program.name, suffix),
            store: Store::open(state_dir, &Stack::new(program.name.as_str(), suffix), &KeySource::StateDirectory)?,
            gate: Gate::new(parallel),
            calls: Calls::new(),
            places: Places::default(),
            cancel: Cancel::new(),
            suffix: suffix.to_owned(),
            ephemeral: true,
            registry,
            cloud,
            program,
        })
    }

    fn request(&self, settings: &[(&str, Value)]) -> Request {
        let settings: BTreeMap<String, Setting> =
            settings.iter().map(|(name, value)| ((*name).to_owned(), Setting::Value(value.clone()))).collect();
        Request {
            program: self.program.name.clone(),
            source_name: self.program.name.clone(),
            text: self.program.text.clone(),
            environment: Environment {
                suffix: self.suffix.clone(),
                name: self.suffix.clone(),
                ephemeral: self.ephemeral,
                ..Environment::default()
            },
            settings,
        }
    }

    /// The names of the program's parameters.
    pub(crate) fn parameters(&self) -> Result<Vec<String>, Failure> {
        Ok(self.host.parameters(&self.request(&[]))?.into_iter().map(|one| one.name).collect())
    }

    /// What the program declares with these parameters.
    pub(crate) fn declare(&self, settings: &[(&str, Value)]) -> Result<Graph, Failure> {
        Ok(self.host.evaluate(&self.request(settings))?.graph)
    }

    /// What is to be done for what is declared, after a look at everything that is there.
    pub(crate) async fn plan(&self, graph: &Graph) -> Result<Plan, Failure> {
        unrefused(self.propose(Goal::Apply, graph).await?)
    }

    /// What is to be done to take everything away, from the state alone.
    pub(crate) async fn plan_destroy(&self) -> Result<Plan, Failure> {
        unrefused(self.propose(Goal::Destroy, &Graph::default()).await?)
    }

    /// A plan, with what refuses it, if anything does.
    pub(crate) async fn propose(&self, goal: Goal, graph: &Graph) -> Result<Plan, Failure> {
        let snapshot = self.snapshot()?;
        let router = Router::new(&self.local, &*self.cloud);
        let (program, identity) = (&Str::from(self.program.name.as_str()), &self.identity);
        let wanted = Wanted {
            goal,
            program,
            graph,
            snapshot: &snapshot,
            identity,
            refresh: true,
            aim: dr_core::selection::Aim::everything(),
            lift: true,
            team: None,
        };
        Ok(dr_run::plan(&self.engine(&router), &wanted).await?)
    }

    /// Carries a plan out, to the end.
    pub(crate) async fn apply(&self, plan: &Plan) -> Result<Report, Failure> {
        let report = self.carry_out(plan).await?;
        if report.is_complete() {
            return Ok(report);
        }
        let mut said: Vec<String> = report.failed.iter().map(|f| format!("{}: {}", f.address, f.error)).collect();
        said.extend(report.output_errors.iter().map(|(name, error)| format!("output {name}: {error}")));
        Err(format!("not everything could be applied: {}", said.join("; ")).into())
    }

    /// Carries a plan out, as far as it can be.
    pub(crate) async fn carry_out(&self, plan: &Plan) -> Result<Report, Failure> {
        let router = Router::new(&self.local, &*self.cloud);
        let snapshot = self.snapshot()?;
        self.local.tidy(&snapshot)?;
        Ok(dr_run::apply(&self.engine(&router), plan, snapshot).await?)
    }

    /// What is recorded.
    pub(crate) fn snapshot(&self) -> Result<Snapshot, Failure> {
        Ok(self.store.snapshot()?)
    }

    fn engine<'e>(&'e self, router: &'e Router<'e>) -> Engine<'e> {
        Engine {
            store: &self.store,
            cloud: router,
            registry: &self.registry,
            gate: &self.gate,
            observer: &Silent,
            cancel: &self.cancel,
            calls: &self.calls,
            places: &self.places,
            patience: Duration::ZERO,
        }
    }
}

/// A plan that nothing refuses.
fn unrefused(plan: Plan) -> Result<Plan, Failure> {
    if !plan.is_refused() {
        return Ok(plan);
    }
    let found: Vec<String> = plan.diagnostics.iter().map(Diagnostic::to_string).collect();
    Err(format!("the plan is refused: {}", found.join("; ")).into())
}

//! A process: what one command does with an environment, as the command line does it, and how it may end early.
//!
//! A process has a runtime and a store of its own. When it dies, both are dropped as they are: what was on its way to the
//! disk and not there yet is lost.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use dr_core::cloud::{Cloud, Identity};
use dr_core::graph::Graph;
use dr_core::plan::{Goal, Plan, sound};
use dr_core::record::Snapshot;
use dr_core::value::Str;
use dr_core::world::{PackError, Package, World};
use dr_local::LocalCloud;
use dr_run::{
    Calls, Cancel, Engine, Gate, KeySource, Observer, Places, Progress, Report, Router, Stack, Stale, Store,
    StoreError, UnfitPlan, Wanted, plan_file,
};
use tokio::runtime::{Builder, Runtime};

use crate::cloud::{StrictCloud, identity};
use crate::faults::{Fault, Moment};
use crate::program::{ENVIRONMENT, PROGRAM, REGIONS, registry};
use crate::things::Thing;

/// What disturbs a command.
#[derive(Debug, Clone)]
pub enum Upset {
    /// Nothing.
    None,
    /// The process dies at the n-th call.
    AtCall(usize, Moment),
    /// The process dies when it tells of its n-th event: something was written, or is about to be done.
    AtEvent(usize),
    /// Somebody asks to stop at the n-th event.
    Stop(usize),
    /// Something goes wrong in the cloud.
    Fault(Fault),
}

impl Upset {
    /// Whether the command is expected to do all that it should nevertheless.
    pub fn passes(&self) -> bool {
        match self {
            Upset::None => true,
            Upset::Fault(fault) => fault.trouble.passes(),
            _ => false,
        }
    }
}

/// How a command ended.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
pub enum End {
    /// The plan was refused.
    Refused(Plan),
    /// It was carried out as far as possible. This is what was in the cloud when it was made.
    Applied(Plan, Report, BTreeMap<Str, Thing>),
    /// The process died.
    Died,
    /// The stored plan is for another state.
    Stale,
    /// The stored plan counts on what was only begun.
    Begun,
    /// Somebody asked to stop before there was a plan.
    Stopped,
}

impl End {
    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            End::Refused(_) => "Refused",
            End::Applied(..) => "Applied",
            End::Died => "Died",
            End::Stale => "Stale",
            End::Begun => "Begun",
            End::Stopped => "Stopped",
        }
    }
}

/// What a command is to do.
#[derive(Debug, Clone, Copy)]
pub enum Task<'a> {
    /// Make what is declared.
    Apply(&'a Graph),
    /// Take everything away.
    Destroy,
    /// Carry out the plan in a file.
    Stored(&'a Path),
}

/// How a command is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct How {
    /// Whether the plan looks how resources are.
    pub refresh: bool,
    /// The region that the plan is limited to.
    pub only: Option<usize>,
}

impl How {
    /// As most are.
    pub const USUAL: How = How { refresh: true, only: None };
}

/// Bytes that are as good as random, and nothing to pack.
struct NoWorld;

impl World for NoWorld {
    fn random(&self, count: usize) -> Vec<u8> {
        use sha2::Digest as _;
        static DRAWN: AtomicU64 = AtomicU64::new(0);
        let mut bytes = Vec::new();
        while bytes.len() < count {
            let number = DRAWN.fetch_add(1, Ordering::Relaxed);
            bytes.extend(sha2::Sha256::digest(number.to_le_bytes()));
        }
        bytes.truncate(count);
        bytes
    }
    fn pack(&self, folder: &str, _: &[Str], _: &mut dyn std::io::Write) -> Result<Package, PackError> {
        Err(PackError::Empty(folder.to_owned()))
    }
}

/// Counts what a run tells, and ends it where it should.
struct Watch<'a> {
    upset: &'a Upset,
    cloud: &'a StrictCloud,
    cancel: &'a Cancel,
    events: AtomicUsize,
}

impl Observer for Watch<'_> {
    fn on(&self, _: &Progress<'_>) {
        let number = self.events.fetch_add(1, Ordering::Relaxed) + 1;
        match self.upset {
            Upset::AtEvent(at) if *at == number => self.cloud.die(),
            Upset::Stop(at) if *at == number => self.cancel.request(),
            _ => {}
        }
    }
}

/// A process that has the environment open.
pub struct Process {
    runtime: Runtime,
    store: Store,
    dir: PathBuf,
}

impl Process {
    /// Opens the environment. What the last process was writing when it died is written to its end by then.
    pub fn start(dir: &Path) -> Process {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let store = loop {
            match Store::open(dir, &Stack::new(PROGRAM, ENVIRONMENT), &KeySource::StateDirectory) {
                Ok(store) => break store,
                Err(StoreError::Locked { .. }) => std::thread::yield_now(),
                Err(other) => panic!("the state cannot be opened: {other}"),
            }
        };
        Process { runtime, store, dir: dir.to_owned() }
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The state as somebody else sees it meanwhile.
    pub fn look(&self) -> Store {
        Store::look(&self.dir, &Stack::new(PROGRAM, ENVIRONMENT), &KeySource::StateDirectory).unwrap().unwrap()
    }

    pub fn snapshot(&self) -> Snapshot {
        self.store.snapshot().unwrap()
    }

    /// What is recorded, and what is known of what is open.
    pub fn known(&self) -> Snapshot {
        dr_run::as_far_as_known(&self.snapshot(), self.store.open_operations().unwrap().into_values())
    }

    /// Runs a command. A process that died is of no use any more.
    pub fn run(&self, cloud: &StrictCloud, task: Task<'_>, how: How, upset: &Upset) -> End {
        {
            let mut inside = cloud.inside();
            match upset {
                Upset::AtCall(number, moment) => inside.cut = Some((*number, *moment)),
                Upset::Fault(fault) => inside.fault = Some(fault.clone()),
                _ => {}
            }
        }
        let cancel = Cancel::new();
        let watch = Watch { upset, cloud, cancel: &cancel, events: AtomicUsize::new(0) };
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                () = cloud.died.notified() => End::Died,
                end = self.work(cloud, &watch, task, how) => end,
            }
        })
    }

    async fn work(&self, cloud: &StrictCloud, watch: &Watch<'_>, task: Task<'_>, how: How) -> End {
        let local = self.local();
        let router = Router::new(&local, cloud);
        let rooms = Rooms::new(how.only);
        let engine = rooms.engine(&self.store, &router, watch, watch.cancel);
        let graph = match task {
            Task::Stored(file) => {
                let goal = Goal::Apply;
                let resumption = dr_run::resume(&engine, &identity(), goal).await.unwrap();
                if !resumption.remaining.is_empty() {
                    return End::Stopped;
                }
                let snapshot = self.store.snapshot().unwrap();
                let plan = plan_file::read(file, self.store.sealer()).unwrap().plan;
                if dr_run::check_fresh(&plan, &Stack::new(PROGRAM, ENVIRONMENT), &identity(), &snapshot).is_err() {
                    return End::Stale;
                }
                match dr_run::check_kept(&plan, &snapshot, &self.store.open_operations().unwrap(), registry()) {
                    Ok(()) => {}
                    Err(UnfitPlan::Stale(Stale::Begun(_))) => return End::Begun,
                    Err(other) => panic!("a stored plan: {other:?}"),
                }
                let there = cloud.inside().things.clone();
                return match dr_run::apply(&engine, &plan, snapshot).await {
                    Ok(report) => End::Applied(plan, report, there),
                    Err(dr_run::ApplyError::Refused) => End::Refused(plan),
                    Err(dr_run::ApplyError::Stale(_)) => End::Stale,
                    Err(other) => panic!("a stored plan: {other:?}"),
                };
            }
            Task::Apply(graph) => Some(graph),
            Task::Destroy => None,
        };
        let goal = if graph.is_some() { Goal::Apply } else { Goal::Destroy };
        let resumption = dr_run::resume(&engine, &identity(), goal).await.unwrap();
        if !resumption.remaining.is_empty() {
            return End::Stopped;
        }
        let snapshot = self.store.snapshot().unwrap();
        let there = cloud.inside().things.clone();
        let Some(plan) = propose(&engine, graph, &snapshot, how.refresh).await else { return End::Stopped };
        if plan.is_refused() {
            return End::Refused(plan);
        }
        let mut report = dr_run::apply(&engine, &plan, snapshot).await.unwrap_or_else(|error| panic!("{error:?}"));
        report.failed.splice(0..0, resumption.failed);
        End::Applied(plan, report, there)
    }

    /// The plan alone.
    pub fn plan(&self, cloud: &StrictCloud, graph: Option<&Graph>, refresh: bool) -> Plan {
        let (local, cancel) = (self.local(), Cancel::new());
        let router = Router::new(&local, cloud);
        let rooms = Rooms::new(None);
        let engine = rooms.engine(&self.store, &router, &dr_run::Silent, &cancel);
        self.runtime.block_on(propose(&engine, graph, &self.known(), refresh)).unwrap()
    }

    /// Writes a plan to a file.
    pub fn keep(&self, file: &Path, plan: &Plan) {
        plan_file::write(file, plan, "program.rhai", self.store.sealer()).unwrap();
    }

    fn local(&self) -> LocalCloud {
        LocalCloud::new(Arc::new(NoWorld), &self.dir, PROGRAM, ENVIRONMENT)
    }
}

/// The plan, checked; none when somebody asked to stop.
async fn propose(engine: &Engine<'_>, graph: Option<&Graph>, snapshot: &Snapshot, refresh: bool) -> Option<Plan> {
    let (empty, program) = (Graph::default(), Str::from(PROGRAM));
    let identity: &Identity = &identity();
    let wanted = Wanted {
        lift: false,
        aim: dr_core::selection::Aim::everything(),
        team: None,
        goal: if graph.is_some() { Goal::Apply } else { Goal::Destroy },
        program: &program,
        graph: graph.unwrap_or(&empty),
        snapshot,
        identity,
        refresh,
    };
    let plan = dr_run::plan(engine, &wanted).await.ok()?;
    if !plan.is_refused() {
        assert_eq!(sound::check(&plan, snapshot, engine.registry), [], "{plan:?}");
    }
    Some(plan)
}

/// What an engine needs besides.
struct Rooms {
    gate: Gate,
    calls: Calls,
    places: Places,
}

impl Rooms {
    fn new(only: Option<usize>) -> Rooms {
        let only = only.map(|region| BTreeSet::from([REGIONS[region].into()]));
        Rooms { gate: Gate::new(None), calls: Calls::new(), places: Places::new(only) }
    }

    fn engine<'a>(
        &'a self,
        store: &'a Store,
        cloud: &'a dyn Cloud,
        observer: &'a dyn Observer,
        cancel: &'a Cancel,
    ) -> Engine<'a> {
        Engine {
            store,
            cloud,
            registry: registry(),
            gate: &self.gate,
            observer,
            cancel,
            calls: &self.calls,
            places: &self.places,
            patience: std::time::Duration::ZERO,
        }
    }
}

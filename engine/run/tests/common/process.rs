//! A process: one command's way through resuming, planning and applying.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use dr_core::expr::Expr;
use dr_core::failover::plan::RecoveryPlan;
use dr_core::graph::{Graph, Node, Options, Output, ReplaceOrder};
use dr_core::plan::{Goal, Plan};
use dr_core::record::Snapshot;
use dr_core::value::{Map, Str, Value};
use dr_local::{DiskWorld, LocalCloud};
use dr_run::{
    Cancel, FailoverReport, FailoverWatch, Observer, Places, Report, Resumption, Router, Silent, Store, StoreError,
    UnfitPlan, Wanted,
};

use super::memory::Machine;
use super::{Fake, Room, address, identity, registry, reopen, reopen_in};

/// Everything about one environment, on some cloud. Without a graph, everything is to go.
pub struct Process<'a> {
    pub dir: &'a Path,
    pub store: Store,
    pub cloud: &'a Fake,
    /// Whether a plan looks how resources are.
    pub refresh: bool,
    /// The places that plans are limited to, if they are.
    pub only: Option<BTreeSet<Str>>,
}

fn goal(graph: Option<&Graph>) -> Goal {
    if graph.is_some() { Goal::Apply } else { Goal::Destroy }
}

impl<'a> Process<'a> {
    pub async fn start(dir: &'a Path, cloud: &'a Fake) -> Process<'a> {
        Process { dir, store: reopen(dir).await, cloud, refresh: false, only: None }
    }

    /// The same, on a state that machines share.
    pub async fn start_in(machine: &Machine, dir: &'a Path, cloud: &'a Fake) -> Process<'a> {
        Process { dir, store: reopen_in(&machine.states).await, cloud, refresh: false, only: None }
    }

    fn room(&self) -> Room {
        Room { places: Places::new(self.only.clone()), ..Room::new() }
    }

    fn local(&self) -> LocalCloud {
        LocalCloud::new(Arc::new(DiskWorld::new(self.dir)), self.dir, "p", "e")
    }

    /// The plan, whether it is refused or not, and the state that it is for.
    pub async fn propose(&self, graph: Option<&Graph>) -> (Plan, Snapshot) {
        let snapshot = self.store.snapshot().unwrap();
        (self.propose_from(&snapshot, graph).await, snapshot)
    }

    /// The plan that is kept: made from what is recorded and from what is known of what is open.
    pub async fn keep(&self, graph: Option<&Graph>) -> Plan {
        let open = self.store.open_operations().unwrap();
        let snapshot = dr_run::as_far_as_known(&self.store.snapshot().unwrap(), open.into_values());
        let plan = self.propose_from(&snapshot, graph).await;
        assert!(!plan.is_refused(), "{:?}", plan.diagnostics);
        plan
    }

    async fn propose_from(&self, snapshot: &Snapshot, graph: Option<&Graph>) -> Plan {
        let (empty, local, room) = (Graph::default(), self.local(), self.room());
        let router = Router::new(&local, self.cloud);
        let wanted = Wanted {
            lift: false,
            aim: dr_core::selection::Aim::everything(),
            team: None,
            goal: goal(graph),
            program: &"p".into(),
            graph: graph.unwrap_or(&empty),
            snapshot,
            identity: &identity(),
            refresh: self.refresh,
        };
        dr_run::plan(&room.engine(&self.store, &router, &Silent), &wanted).await.unwrap()
    }

    /// A plan that is not refused.
    pub async fn plan(&self, graph: Option<&Graph>) -> (Plan, Snapshot) {
        let (plan, snapshot) = self.propose(graph).await;
        assert!(!plan.is_refused(), "{:?}", plan.diagnostics);
        (plan, snapshot)
    }

    /// Finds out what became of what was left open.
    pub async fn resume(&self, goal: Goal) -> Resumption {
        let (local, room) = (self.local(), self.room());
        let router = Router::new(&local, self.cloud);
        dr_run::resume(&room.engine(&self.store, &router, &Silent), &identity(), goal).await.unwrap()
    }

    /// Finds out what was left open, and applies a plan that was kept, as a command does.
    pub async fn run_kept(&self, plan: &Plan) -> Result<Report, UnfitPlan> {
        let (local, room) = (self.local(), self.room());
        let router = Router::new(&local, self.cloud);
        let engine = room.engine(&self.store, &router, &Silent);
        let goal = if plan.destroy { Goal::Destroy } else { Goal::Apply };
        dr_run::resume(&engine, &identity(), goal).await.unwrap();
        let (snapshot, open) = (self.store.snapshot().unwrap(), self.store.open_operations().unwrap());
        dr_run::check_fresh(plan, self.store.stack(), &identity(), &snapshot)?;
        dr_run::check_kept(plan, &snapshot, &open, &registry())?;
        Ok(dr_run::apply(&engine, plan, snapshot).await.unwrap())
    }

    /// Carries out what is left of a failover, or all of a new one, as a command does.
    pub async fn fail_over(
        &self,
        plan: &RecoveryPlan,
        watch: &dyn FailoverWatch,
        cancel: &Cancel,
    ) -> Result<FailoverReport, StoreError> {
        let room = Room { cancel: cancel.clone(), ..self.room() };
        let engine = room.engine(&self.store, self.cloud, &Silent);
        dr_run::resume(&engine, &identity(), Goal::Apply).await.unwrap();
        let open = self.store.snapshot().unwrap().recovery;
        if open.unfinished().is_none_or(|run| run.plan.to != plan.to) {
            dr_run::begin_failover(&engine, plan.clone(), watch.now(), "anna".into()).await?;
        }
        dr_run::fail_over(&engine, watch).await
    }

    /// Resumes, plans and applies, as a command does.
    pub async fn run(&self, graph: Option<&Graph>, observer: &dyn Observer, cancel: &Cancel) -> (Resumption, Report) {
        let local = self.local();
        let router = Router::new(&local, self.cloud);
        let room = Room { cancel: cancel.clone(), ..self.room() };
        let engine = room.engine(&self.store, &router, observer);
        let resumption = dr_run::resume(&engine, &identity(), goal(graph)).await.unwrap();
        let (plan, snapshot) = self.plan(graph).await;
        let report = dr_run::apply(&engine, &plan, snapshot).await.unwrap();
        (resumption, report)
    }
}

/// A resource: its address, its arguments, and what it depends on.
pub type Declared<'a> = (&'a str, &'a [(&'a str, Value)], Option<&'a str>);

/// Declares resources; each names the one before it, so that one follows the other, or nothing. Those of the component
/// `west` are in `eu-2`.
pub fn graph(nodes: &[Declared<'_>]) -> Graph {
    let mut graph = Graph { program: "p".into(), ..Graph::default() };
    for (text, args, needs) in nodes {
        let at = address(text);
        let kind = registry().get(at.kind()).unwrap();
        let mut args: Map<Expr> = args.iter().map(|(k, v)| ((*k).into(), Expr::Known(v.clone()))).collect();
        let options = Options {
            replace: text.contains("late").then_some(ReplaceOrder::DeleteFirst),
            depends_on: needs.iter().filter(|n| n.starts_with("random")).map(|n| address(n)).collect(),
            ..Options::default()
        };
        match needs {
            Some(other) if other.starts_with("random") => {
                args.insert("password".into(), Expr::attr(&address(other), "result"));
            }
            Some(other) if kind.arg("peer").is_some() => {
                args.insert("peer".into(), Expr::attr(&address(other), "arn"));
            }
            _ => {}
        }
        let region = if at.path() == "west" { "eu-2" } else { "eu-1" };
        let region = (kind.place == dr_core::schema::Place::Regional).then(|| Str::from(region));
        let node = Node { address: at.clone(), kind, region, args, options, site: Arc::default() };
        graph.nodes.insert(at, node);
    }
    let last = Expr::attr(&address("y.slow:c"), "arn");
    if graph.nodes.contains_key(&address("y.slow:c")) {
        graph.outputs.insert("arn".into(), Output { value: last, span: None });
    }
    graph
}

//! Preparing: what the planner wants to know and only the outside can tell.
//!
//! Look-ups whose arguments are known are answered, archives are packed to learn their hash, resources to be taken
//! over are read, and, with a refresh, everything in the records is read. Nothing is changed or written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::cloud::{CloudError, Live, Target};
use dr_core::compare;
use dr_core::diagnostic::Diagnostic;
use dr_core::expr::{AttrRef, Expr};
use dr_core::graph::{Graph, Node};
use dr_core::plan::{Action, Refreshed, agrees};
use dr_core::record::{Record, Snapshot};
use dr_core::schema::{Kind, Place};
use dr_core::secrecy::{mark, marked, revealed};
use dr_core::value::{Map, Str, Value};
use futures::StreamExt as _;

use crate::engine::{Broken, Call, Engine, Job};
use crate::local::LocalCloud;
use crate::retry::Retry;

/// Reads at work at once, over all services; the gate decides how many of them are calls.
const AT_WORK: usize = 512;

/// How far arguments of look-ups are followed through other resources.
const DEEPEST: usize = 8;

/// Somebody asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("stopped on request; nothing was changed")]
pub struct Interrupted;

/// What the planner wants to know, in the form in which it takes it.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    /// Attributes known before apply: answers of look-ups, contents of archives.
    pub known: BTreeMap<Address, Map<Value>>,
    /// What the refresh found.
    pub refreshed: BTreeMap<Address, Refreshed>,
    /// Resources to be taken over, as they are.
    pub imports: BTreeMap<Address, Arc<Record>>,
    /// What went wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Finds out what a plan for this graph and snapshot needs to know; with `refresh`, reads every record's resource.
///
/// # Errors
/// When somebody asked to stop. Everything else that goes wrong is among the diagnostics.
pub async fn prepare(
    engine: &Engine<'_>,
    local: &LocalCloud,
    graph: &Graph,
    snapshot: &Snapshot,
    refresh: bool,
) -> Result<Prepared, Interrupted> {
    let mut prepared = Prepared::default();
    if refresh {
        prepared.refresh(engine, snapshot).await?;
    }
    prepared.check_packages(local, snapshot);
    prepared.import(engine, graph, snapshot).await?;
    prepared.preview_archives(local, graph, snapshot);
    prepared.answer(engine, graph, snapshot).await?;
    Ok(prepared)
}

fn job<'a>(kind: &'static Kind, region: Option<&'a Str>, address: &'a Address) -> Job<'a> {
    Job {
        target: Target { kind, region: region.map(|r| &**r), address },
        step: None,
        action: Action::Read,
        op: address.text(),
        urgency: Default::default(),
        busy: None,
    }
}

/// The error of a call, or the request to stop.
fn failure(broken: Broken) -> Result<String, Interrupted> {
    match broken {
        Broken::Interrupted => Err(Interrupted),
        Broken::Call(error) => Ok(error.to_string()),
        Broken::Wrong { message, .. } => Ok(message),
        Broken::Store(error) => Ok(error.to_string()),
    }
}

impl Prepared {
    /// Reads what is there.
    async fn refresh(&mut self, engine: &Engine<'_>, snapshot: &Snapshot) -> Result<(), Interrupted> {
        let reads = snapshot.records.values().filter_map(|record| {
            let kind = engine.registry.get(&record.kind)?;
            (kind.place != Place::Local).then(|| read(engine, kind, record))
        });
        let mut found = Vec::with_capacity(snapshot.records.len());
        let mut failed = BTreeMap::new();
        let mut reads = futures::stream::iter(reads).buffer_unordered(AT_WORK);
        while let Some((record, result)) = reads.next().await {
            match result {
                Ok(None) => {}
                Ok(Some(refreshed)) => found.push((record.address.clone(), refreshed)),
                Err(broken) => {
                    let error = failure(broken)?;
                    let problem = Diagnostic::error(format!("cannot read `{}`: {error}", record.address))
                        .at(record.span.clone(), "declared here")
                        .help("plan with `--no-refresh` to go by what is recorded");
                    failed.insert(record.address.clone(), problem);
                }
            }
        }
        // Replies come in any order; the plan does not.
        self.diagnostics.extend(failed.into_values());
        found.sort_by(|a, b| a.0.cmp(&b.0));
        self.refreshed = found.into_iter().collect();
        Ok(())
    }

    /// An archive whose bytes are lost is made again.
    fn check_packages(&mut self, local: &LocalCloud, snapshot: &Snapshot) {
        for (address, record) in &snapshot.records {
            if !local.is_whole(record) {
                self.refreshed.insert(address.clone(), Refreshed::Gone);
            }
        }
    }

    /// Reads what is to be taken over.
    async fn import(&mut self, engine: &Engine<'_>, graph: &Graph, snapshot: &Snapshot) -> Result<(), Interrupted> {
        for (address, node) in &graph.nodes {
            let Some(id) = &node.options.import_id else { continue };
            if snapshot.records.contains_key(address) {
                continue;
            }
            let args = node.args.iter().filter_map(|(k, e)| Some((k.clone(), e.known()?.revealed()))).collect();
            let job = job(node.kind, node.region.as_ref(), address);
            let mut retry = Retry::looking(address.as_str());
            let found = engine.call(&job, &mut retry, Call::Read, || engine.cloud.read(job.target, id, &args)).await;
            let place = node.site.of(&["import_id".into()], false);
            match found {
                Ok(Some(live)) => {
                    let Live { args, outputs } = marked(node.kind, live);
                    let record = Record {
                        address: address.clone(),
                        kind: node.kind.name.into(),
                        region: node.region.clone(),
                        id: id.clone(),
                        args,
                        outputs,
                        needs: node.needs(),
                        protect: node.options.protect,
                        incomplete: false,
                        op: format!("import:{id}").into(),
                        span: node.site.span.clone(),
                    };
                    self.imports.insert(address.clone(), Arc::new(record));
                }
                Ok(None) => self.diagnostics.push(
                    Diagnostic::error(format!("there is no `{}` with the id `{id}` to take over", node.kind.name))
                        .at(place, "")
                        .help("leave `import_id` out to have it made"),
                ),
                Err(broken) => {
                    let error = failure(broken)?;
                    self.diagnostics.push(Diagnostic::error(format!("cannot read `{id}`: {error}")).at(place, ""));
                }
            }
        }
        Ok(())
    }

    /// Packs archives to learn what they will be.
    fn preview_archives(&mut self, local: &LocalCloud, graph: &Graph, snapshot: &Snapshot) {
        for (address, node) in &graph.nodes {
            if !LocalCloud::is_previewed(node.kind) {
                continue;
            }
            let args: Option<Map<Value>> =
                node.args.iter().map(|(k, e)| Some((k.clone(), self.reduce(graph, snapshot, e)?))).collect();
            let Some(args) = args else { continue };
            match local.preview(&args) {
                Ok(outputs) => {
                    self.known.insert(address.clone(), outputs);
                }
                Err(CloudError { message, .. }) => {
                    let place = node.site.of(&["source".into()], false);
                    self.diagnostics.push(Diagnostic::error(message).at(place, "this folder is to be packed"));
                }
            }
        }
    }

    /// Answers look-ups, as long as one makes the arguments of others known.
    async fn answer(&mut self, engine: &Engine<'_>, graph: &Graph, snapshot: &Snapshot) -> Result<(), Interrupted> {
        let mut open: BTreeSet<&Address> = graph.nodes.values().filter(|n| n.kind.lookup).map(|n| &n.address).collect();
        loop {
            let mut asked = Vec::new();
            for &address in &open {
                let node = &graph.nodes[address];
                let args: Option<Map<Value>> =
                    node.args.iter().map(|(k, e)| Some((k.clone(), self.reduce(graph, snapshot, e)?))).collect();
                asked.extend(args.map(|args| (node, args)));
            }
            if asked.is_empty() {
                return Ok(());
            }
            let calls = asked.iter().map(|(node, args)| async move {
                let open = revealed(args);
                let job = job(node.kind, node.region.as_ref(), &node.address);
                let mut retry = Retry::looking(node.address.as_str());
                engine.call(&job, &mut retry, Call::LookUp, || engine.cloud.look_up(job.target, &open)).await
            });
            let answers = futures::future::join_all(calls).await;
            for ((node, _), answer) in asked.iter().zip(answers) {
                open.remove(&node.address);
                match answer {
                    Ok(mut answer) => {
                        mark(node.kind.outputs, &mut answer);
                        self.known.insert(node.address.clone(), answer);
                    }
                    Err(broken) => {
                        let error = failure(broken)?;
                        let message = format!("`{}` cannot be answered: {error}", node.address);
                        self.diagnostics.push(Diagnostic::error(message).at(node.site.span.clone(), ""));
                    }
                }
            }
        }
    }

    /// The value of an expression, if it is known before anything is planned.
    fn reduce(&self, graph: &Graph, snapshot: &Snapshot, expr: &Expr) -> Option<Value> {
        let mut look = |r: &AttrRef| self.attribute(graph, snapshot, r, 0);
        match expr.reduce(&mut look) {
            Ok(Expr::Known(value)) => Some(value),
            // What cannot be computed is reported by the planner.
            _ => None,
        }
    }

    /// An attribute that will certainly be the same after the plan.
    fn attribute(&self, graph: &Graph, snapshot: &Snapshot, r: &AttrRef, depth: usize) -> Option<Value> {
        if let Some(value) = self.known.get(&r.address).and_then(|k| k.get(&r.attr)) {
            return Some(value.clone());
        }
        let node = graph.nodes.get(&r.address)?;
        if let Some(value) = node.args.get(&r.attr) {
            return self.certain(graph, snapshot, value, depth);
        }
        let record = snapshot.records.get(&r.address)?;
        self.is_steady(graph, snapshot, node, record, depth).then(|| record.attribute(&r.attr)).flatten()
    }

    fn certain(&self, graph: &Graph, snapshot: &Snapshot, expr: &Expr, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        match expr.reduce(&mut |r| self.attribute(graph, snapshot, r, depth + 1)) {
            Ok(Expr::Known(value)) => Some(value),
            _ => None,
        }
    }

    /// Whether a resource stays as it is: then what it computed stays too.
    fn is_steady(&self, graph: &Graph, snapshot: &Snapshot, node: &Node, record: &Record, depth: usize) -> bool {
        let gone = matches!(self.refreshed.get(&node.address), Some(Refreshed::Gone));
        let same_arg = |(name, expr): (&Str, &Expr)| {
            let Some(field) = node.kind.arg(name) else { return false };
            let wanted = self.certain(graph, snapshot, expr, depth + 1);
            wanted.is_some_and(|wanted| record.args.get(name).is_some_and(|is| compare::same(field, is, &wanted)))
        };
        !gone
            && !record.incomplete
            && *record.kind == *node.kind.name
            && record.region == node.region
            && node.args.iter().all(same_arg)
    }
}

async fn read<'r>(
    engine: &Engine<'_>,
    kind: &'static Kind,
    record: &'r Record,
) -> (&'r Record, Result<Option<Refreshed>, Broken>) {
    let job = job(kind, record.region.as_ref(), &record.address);
    let args = revealed(&record.args);
    let mut retry = Retry::looking(&job.op);
    let found = engine.call(&job, &mut retry, Call::Read, || engine.cloud.read(job.target, &record.id, &args)).await;
    let refreshed = match found {
        Ok(Some(live)) => {
            let live = marked(kind, live);
            Ok((!agrees(kind, record, &live)).then_some(Refreshed::Live(live)))
        }
        Ok(None) => Ok(Some(Refreshed::Gone)),
        Err(Broken::Call(error)) if error.class == dr_core::cloud::ErrorClass::Gone => Ok(Some(Refreshed::Gone)),
        Err(broken) => Err(broken),
    };
    (record, refreshed)
}

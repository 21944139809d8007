//! Preparing: what the planner wants to know and only the outside can tell.
//!
//! Look-ups whose arguments are known are answered, archives are packed to learn their hash, resources to be taken
//! over are read, and, with a refresh, everything in the records is read. Without one, only what an earlier run left
//! unfinished is: its record says what was begun, and not whether it is there. Nothing is changed or written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::checks::TeamRules;
use dr_core::cloud::{CloudError, ErrorClass, Identity};
use dr_core::diagnostic::Diagnostic;
use dr_core::graph::{Graph, Node};
use dr_core::plan::{Goal, Input, Refreshed, agrees, foresee, moved};
use dr_core::record::{Record, Snapshot};
use dr_core::region::{Aways, GLOBAL};
use dr_core::schema::{Kind, Place};
use dr_core::secrecy::{Secrets, mark, marked, revealed};
use dr_core::selection::Aim;
use dr_core::value::{Map, Str, Value};
use futures::StreamExt as _;
use futures::future::join_all;

use crate::engine::{Broken, CallKind, Engine, Job};
use crate::import::{self, Imports};
use crate::look::{Interrupted, failure, is_left_out, job};
use crate::retry::Retry;
use crate::unread::Unread;

/// Reads at work at once, over all services; the gate decides how many of them are calls.
const AT_WORK: usize = 512;

/// What a plan is to be made of.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Apply or destroy.
    pub goal: Goal,
    /// The program's name.
    pub program: &'a Str,
    /// What is declared; empty for a destroy.
    pub graph: &'a Graph,
    /// What is recorded.
    pub snapshot: &'a Snapshot,
    /// The cloud.
    pub identity: &'a Identity,
    /// Whether to look how all resources are now, not only the unfinished ones.
    pub refresh: bool,
    /// What a person limits the plan to.
    pub aim: &'a Aim,
    /// Whether protection from deletion may be switched off where it stands in the way.
    pub lift: bool,
    /// The team's own checks, where it has any.
    pub team: Option<&'a dyn TeamRules>,
}

impl<'a> Wanted<'a> {
    /// What the planner takes, as far as it is known without asking anybody.
    pub(crate) fn input(&self, engine: &Engine<'a>) -> Input<'a> {
        Input {
            goal: self.goal,
            graph: self.graph,
            snapshot: self.snapshot,
            refreshed: &NOTHING.refreshed,
            known: &NOTHING.known,
            imports: &NOTHING.imports,
            away: &NOTHING.away,
            aim: self.aim,
            lift: self.lift,
            registry: engine.registry,
            environment: &engine.store.stack().environment,
            program: self.program,
            identity: self.identity,
            team: self.team,
        }
    }
}

/// What is known before anybody is asked.
static NOTHING: Prepared = Prepared {
    known: BTreeMap::new(),
    unread: Vec::new(),
    refreshed: BTreeMap::new(),
    imports: BTreeMap::new(),
    away: BTreeMap::new(),
    recalled: Vec::new(),
    unanswered: Vec::new(),
    diagnostics: Vec::new(),
};

/// What the planner wants to know, in the form in which it takes it.
#[derive(Debug, Clone, Default)]
pub struct Prepared {
    /// Attributes known before apply: answers of look-ups, contents of archives.
    pub known: BTreeMap<Address, Map<Value>>,
    /// What the refresh could not read.
    pub unread: Vec<Unread>,
    /// What the refresh found.
    pub refreshed: BTreeMap<Address, Refreshed>,
    /// Resources to be taken over, as they are.
    pub imports: BTreeMap<Address, Arc<Record>>,
    /// The places that the plan does without.
    pub away: Aways,
    /// Look-ups in those places whose last answers stand in.
    pub recalled: Vec<Address>,
    /// Look-ups in those places that were never answered.
    pub unanswered: Vec<Address>,
    /// What went wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// Finds out what a plan needs to know.
///
/// # Errors
/// When somebody asked to stop. Everything else that goes wrong is among the diagnostics.
pub async fn prepare(engine: &Engine<'_>, wanted: &Wanted<'_>) -> Result<Prepared, Interrupted> {
    let Wanted { graph, snapshot, program, refresh, .. } = *wanted;
    let mut prepared = Prepared::default();
    engine.supervise();
    prepared.refresh(engine, snapshot, refresh).await?;
    prepared.check_local(engine, snapshot);
    let Imports { found, problems } = import::read(engine, graph, &moved(graph, snapshot), program).await?;
    prepared.imports = found;
    prepared.diagnostics.extend(problems);
    prepared.answer(engine, &wanted.input(engine)).await?;
    prepared.away = find_away(engine, graph, snapshot).await?;
    Ok(prepared)
}

/// The places that a plan does without. Where nobody had to be asked so far, a sign of life is asked for: a plan that
/// makes the first resource of a region should know whether it answers.
async fn find_away(engine: &Engine<'_>, graph: &Graph, snapshot: &Snapshot) -> Result<Aways, Interrupted> {
    let recorded = snapshot.records.values().chain(&snapshot.deposed).filter_map(|record| record.region.clone());
    let mut places: BTreeSet<Str> = recorded.chain(graph.regions()).collect();
    let unheard = places.iter().filter(|p| !engine.places.is_known(p) && !engine.places.is_left_out(p));
    for asked in join_all(unheard.map(|place| engine.ask_place(place, || engine.cloud.reach(place)))).await {
        if matches!(asked, Err(Broken::Interrupted)) {
            return Err(Interrupted);
        }
    }
    places.insert(GLOBAL.into());
    Ok(engine.places.aways(places.iter().map(|place| &**place)))
}

impl Prepared {
    /// Reads what is there: everything, or what an earlier run left unfinished.
    async fn refresh(&mut self, engine: &Engine<'_>, snapshot: &Snapshot, everything: bool) -> Result<(), Interrupted> {
        let wanted = snapshot.records.values().filter(|record| everything || record.incomplete.is_some());
        let reads = wanted.filter_map(|record| {
            let kind = engine.registry.get(&record.kind)?;
            let is_read = kind.place != Place::Local && !is_left_out(engine, record.region.as_ref());
            is_read.then(|| read(engine, kind, record))
        });
        let mut found = Vec::with_capacity(snapshot.records.len());
        let mut unread = Vec::new();
        let mut reads = futures::stream::iter(reads).buffer_unordered(AT_WORK);
        while let Some((record, result)) = reads.next().await {
            match result {
                Ok(None) => {}
                Ok(Some(refreshed)) => found.push((record.address.clone(), refreshed)),
                Err(Broken::Interrupted) => return Err(Interrupted),
                // It is told once, of the region.
                Err(Broken::Silent { .. }) => {}
                // Without a refresh, what cannot be read is changed by what is recorded.
                Err(_) if !everything => {}
                Err(broken) => unread.push(Unread::new(record, &broken)),
            }
        }
        // Replies come in any order; the plan does not.
        unread.sort_by(|a, b| a.address.cmp(&b.address));
        self.unread = unread;
        found.sort_by(|a, b| a.0.cmp(&b.0));
        self.refreshed = found.into_iter().collect();
        Ok(())
    }

    /// What lives in the state alone and is not whole any more is made again: an archive whose bytes are lost.
    fn check_local(&mut self, engine: &Engine<'_>, snapshot: &Snapshot) {
        for (address, record) in &snapshot.records {
            let Some(kind) = engine.registry.get(&record.kind).filter(|kind| kind.place == Place::Local) else {
                continue;
            };
            if !engine.cloud.is_whole(kind, &record.outputs) {
                self.refreshed.insert(address.clone(), Refreshed::Gone);
            }
        }
    }

    /// Answers look-ups and packs archives, as long as one makes the arguments of others known.
    pub(crate) async fn answer(&mut self, engine: &Engine<'_>, input: &Input<'_>) -> Result<(), Interrupted> {
        let graph = input.graph;
        let asks = |node: &&Node| node.kind.lookup || node.kind.place == Place::Local;
        let mut open: BTreeSet<Address> = graph.nodes.values().filter(asks).map(|n| n.address.clone()).collect();
        while !open.is_empty() {
            let so_far = Input { refreshed: &self.refreshed, known: &self.known, imports: &self.imports, ..*input };
            let asked = foresee(&so_far, &open);
            if asked.is_empty() {
                break;
            }
            open.retain(|address| !asked.contains_key(address));
            let (look_ups, local): (Vec<_>, Vec<_>) = asked
                .iter()
                .filter_map(|(address, args)| Some((graph.nodes.get(address)?, args)))
                .partition(|(node, _)| node.kind.lookup);
            for (node, args) in local {
                self.preview(engine, node, args).await;
            }
            let answers = join_all(look_ups.iter().map(|(node, args)| ask(engine, input.snapshot, node, args))).await;
            for ((node, _), answer) in look_ups.iter().zip(answers) {
                match answer? {
                    Asked::Now(outputs) => drop(self.known.insert(node.address.clone(), outputs)),
                    Asked::Before(outputs, why) => {
                        self.known.insert(node.address.clone(), outputs);
                        match why {
                            None => self.recalled.push(node.address.clone()),
                            Some(message) => self.diagnostics.push(
                                Diagnostic::warning(message)
                                    .at(node.site.span.clone(), "")
                                    .help("its last answer stands in"),
                            ),
                        }
                    }
                    Asked::InVain => self.unanswered.push(node.address.clone()),
                    Asked::Failed(message) => {
                        self.diagnostics.push(Diagnostic::error(message).at(node.site.span.clone(), ""));
                    }
                }
            }
        }
        Ok(())
    }

    /// Asks what something that lives in the state alone will be: an archive is packed for that.
    async fn preview(&mut self, engine: &Engine<'_>, node: &Node, args: &Map<Value>) {
        let target = job(node.kind, node.region.as_ref(), &node.address).target;
        match engine.cloud.preview(target, &revealed(args)).await {
            Ok(None) => {}
            Ok(Some(outputs)) => {
                self.known.insert(node.address.clone(), outputs);
            }
            Err(CloudError { message, .. }) => {
                let place = node.site.of(&["source".into()], false);
                self.diagnostics.push(Diagnostic::error(message).at(place, "this folder is to be packed"));
            }
        }
    }
}

/// What came of a look-up.
enum Asked {
    /// It was answered.
    Now(Map<Value>),
    /// It was not, and this is its last answer; with what went wrong, when its region does answer.
    Before(Map<Value>, Option<String>),
    /// Its region does not answer, and there is no last answer.
    InVain,
    /// It cannot be answered, and why.
    Failed(String),
}

/// Asks a look-up, or what was recorded of it.
async fn ask(engine: &Engine<'_>, snapshot: &Snapshot, node: &Node, args: &Map<Value>) -> Result<Asked, Interrupted> {
    let last = snapshot.answers.get(node.kind.name, node.region.as_ref(), args).cloned();
    if let Some(last) = last.clone().filter(|_| is_left_out(engine, node.region.as_ref())) {
        return Ok(Asked::Before(last, None));
    }
    let open = revealed(args);
    let job = Job { secrets: Secrets::of([args]), ..job(node.kind, node.region.as_ref(), &node.address) };
    if node.kind.place == Place::Local {
        // It is read on this machine, by whoever tries again where that helps.
        return Ok(match (engine.cloud.look_up(job.target, &open).await, last) {
            (Ok(outputs), _) => Asked::Now(outputs),
            (Err(error), Some(last)) if error.class == ErrorClass::Gone => Asked::Before(last, Some(error.message)),
            (Err(error), _) => Asked::Failed(error.message),
        });
    }
    let unanswered = |why: String| format!("`{}` cannot be answered: {why}", node.address);
    let mut retry = Retry::looking(node.address.as_str());
    let answer = engine.call(&job, &mut retry, CallKind::LookUp, || engine.cloud.look_up(job.target, &open)).await;
    Ok(match (answer, last) {
        (Ok(mut outputs), _) => {
            mark(node.kind.outputs, &mut outputs);
            Asked::Now(outputs)
        }
        (Err(Broken::Silent { .. }), Some(last)) => Asked::Before(last, None),
        (Err(Broken::Silent { .. }), None) => Asked::InVain,
        (Err(broken), last) => match (broken.may_pass(), last) {
            (true, Some(last)) => Asked::Before(last, Some(unanswered(failure(broken)?))),
            _ => Asked::Failed(unanswered(failure(broken)?)),
        },
    })
}

async fn read<'r>(
    engine: &Engine<'_>,
    kind: &'static Kind,
    record: &'r Record,
) -> (&'r Record, Result<Option<Refreshed>, Broken>) {
    let job = Job { secrets: Secrets::of([&record.args]), ..job(kind, record.region.as_ref(), &record.address) };
    let args = revealed(&record.args);
    let mut retry = Retry::looking(&job.op);
    let found =
        engine.call(&job, &mut retry, CallKind::Read, || engine.cloud.read(job.target, &record.id, &args)).await;
    let refreshed = match found {
        Ok(Some(live)) => {
            let live = marked(kind, live);
            Ok((!agrees(kind, record, &live)).then_some(Refreshed::Live(live)))
        }
        Ok(None) => Ok(Some(Refreshed::Gone)),
        Err(Broken::Call(error)) if error.class == ErrorClass::Gone => Ok(Some(Refreshed::Gone)),
        Err(broken) => Err(broken),
    };
    (record, refreshed)
}

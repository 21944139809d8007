//! Discovery: what a stack has in the cloud although its state does not say so.
//!
//! A sweep tells what carries the stack's tags, with the address of each. What cannot be tagged is looked for where the
//! program declares it: under its parent, by its name, as soon as what it is made from is known. What lives in the state
//! alone is computed again where that is possible; of the rest it is recorded that its value was lost, if something that
//! was found has been made from it. Nothing is changed or written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::arn::{id_of, stand_ins};
use dr_core::cloud::{Intent, Live, Owner, Sought, TaggedResource};
use dr_core::expr::Expr;
use dr_core::graph::Node;
use dr_core::plan::{Action, Input, foresee_open, live_needs, propose};
use dr_core::record::{Record, Snapshot};
use dr_core::region::{GLOBAL, place};
use dr_core::registry::Registry;
use dr_core::schema::{Field, Kind, Place, Type};
use dr_core::secrecy::{Secrets, revealed};
use dr_core::solve::solve;
use dr_core::value::{Map, Str, Value};
use futures::StreamExt as _;

use crate::candidate::{Candidate, Sighting, Uses, rank};
use crate::engine::{Broken, CallKind, Engine, Job};
use crate::look::{Interrupted, failure, job};
use crate::prepare::{Prepared, Wanted};
use crate::retry::Retry;
use crate::step::observed;
use crate::sweep::sweep;

/// Reads at work at once; the gate decides how many of them are calls.
const AT_WORK: usize = 64;
/// How often what is found may make more known: as deep as things are made from each other.
const ROUNDS: usize = 40;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Discovery {
    /// What was found and is not recorded, by its address.
    pub records: BTreeMap<Address, Arc<Record>>,
    /// Of several with one address, those that a replacement has left.
    pub set_aside: Vec<Arc<Record>>,
    /// What was found and cannot be recorded, and why.
    pub unrecorded: Vec<(TaggedResource, String)>,
    /// The places that could not be asked, and why.
    pub unasked: BTreeMap<Str, String>,
    /// Secrets that the program says and no service gives back, by what has them: whether they are the ones that are
    /// there, nobody knows, so the next plan writes them.
    pub untold: BTreeSet<(Address, Str)>,
}

impl Discovery {
    /// How many resources of a cloud were found.
    pub fn number(&self, registry: &Registry) -> usize {
        let records = self.records.values().chain(&self.set_aside);
        records.filter(|r| registry.get(&r.kind).is_some_and(|kind| kind.place != Place::Local)).count()
    }

    /// What is recorded, with what was found.
    pub fn laid_over(&self, mut snapshot: Snapshot) -> Snapshot {
        snapshot.records.extend(self.records.iter().map(|(address, record)| (address.clone(), record.clone())));
        snapshot.deposed.extend(self.set_aside.iter().cloned());
        snapshot
    }
}

/// Looks in these places for what the stack has and its state does not say; where `declared`, only for what the program
/// declares, since a state that is there may have been told to forget the rest. In places that are `partly` recorded, what
/// has no tags is looked for only once something with tags was found: what is new there is nobody's loss.
///
/// # Errors
/// When somebody asked to stop. What cannot be found out is among what is returned.
pub async fn discover(
    engine: &Engine<'_>,
    wanted: &Wanted<'_>,
    (places, partly): (&BTreeSet<Str>, &BTreeSet<Str>),
    declared: bool,
) -> Result<Discovery, Interrupted> {
    let sought = Sought { environment: &engine.store.stack().environment, program: Some(wanted.program) };
    let all: BTreeSet<Str> = places.union(partly).cloned().collect();
    let mut swept = sweep(engine, sought, &all).await?;
    swept.unasked.retain(|place, _| places.contains(place));
    let recorded: BTreeSet<&str> = wanted.snapshot.records.keys().map(Address::as_str).collect();
    swept.found.retain(|found| {
        let is_partly = !places.contains(found.region.as_deref().unwrap_or(GLOBAL));
        !is_partly || found.address.as_deref().is_none_or(|address| !recorded.contains(address))
    });
    if declared {
        let nodes = wanted.graph.nodes.values();
        let all = nodes.flat_map(|node| node.options.former().chain([&node.address])).map(Address::as_str);
        let all: BTreeSet<&str> = all.collect();
        swept.found.retain(|found| found.address.as_deref().is_some_and(|address| all.contains(address)));
    }
    let mut search = StackSearch {
        engine,
        wanted,
        snapshot: wanted.snapshot.clone(),
        candidates: BTreeMap::new(),
        live: BTreeMap::new(),
        ops: wanted.snapshot.records.values().chain(&wanted.snapshot.deposed).map(|r| r.op.clone()).collect(),
        known: BTreeMap::new(),
        tried: BTreeMap::new(),
        result: Discovery { unasked: swept.unasked, ..Discovery::default() },
    };
    search.read(swept.found).await?;
    let is_found = !search.result.records.is_empty();
    if is_found || !(wanted.snapshot.is_empty() || places.is_empty()) {
        let places = if is_found { &all } else { places };
        let asked = places.iter().filter(|place| !search.result.unasked.contains_key(*place)).cloned().collect();
        search.complete(&asked).await?;
    }
    Ok(search.finish())
}

/// What is known so far.
struct StackSearch<'a, 'e> {
    engine: &'a Engine<'e>,
    wanted: &'a Wanted<'e>,
    /// What is recorded and what was found.
    snapshot: Snapshot,
    /// How each that was found was read.
    candidates: BTreeMap<Address, Candidate>,
    /// How each that was found is.
    live: BTreeMap<Address, Live>,
    /// The operations of all records.
    ops: BTreeSet<Str>,
    /// What look-ups answer, and what can be computed.
    known: BTreeMap<Address, Map<Value>>,
    /// With which arguments what cannot be tagged was looked for.
    tried: BTreeMap<Address, Map<Value>>,
    result: Discovery,
}

impl StackSearch<'_, '_> {
    /// Reads what a sweep found.
    async fn read(&mut self, found: Vec<TaggedResource>) -> Result<(), Interrupted> {
        let mut candidates = Vec::new();
        for found in found {
            match Candidate::of(&found, self.engine.registry) {
                Ok(candidate) if self.is_recorded(&candidate) => {}
                Ok(candidate) => candidates.push((found, candidate)),
                Err(why) => self.result.unrecorded.push((found, why)),
            }
        }
        let declared: BTreeSet<Address> = candidates.iter().map(|(_, candidate)| candidate.address.clone()).collect();
        let said = foresee_open(&self.wanted.input(self.engine), &declared);
        let engine = self.engine;
        let reads = candidates.into_iter().map(async |(found, mut candidate)| {
            candidate.args.extend(known(said.get(&candidate.address)));
            (found, engine.see(candidate).await)
        });
        let mut reads = futures::stream::iter(reads).buffered(AT_WORK);
        let mut by_address: BTreeMap<Address, Vec<Sighting>> = BTreeMap::new();
        while let Some((found, seen)) = reads.next().await {
            match seen? {
                Ok(Some(seen)) => by_address.entry(seen.candidate.address.clone()).or_default().push(seen),
                Ok(None) => {}
                Err((_, why)) => self.result.unrecorded.push((found, why)),
            }
        }
        drop(reads);
        let uses = Uses::new(by_address.values().flatten());
        for (address, seen) in by_address {
            let mut ranked = rank(seen, &uses, &known(said.get(&address))).into_iter();
            if let Some(recorded) = self.wanted.snapshot.records.get(&address) {
                let why = format!(
                    "`{address}` is recorded as `{}`; if that is not there any more, forget it with `dr state rm {address}` first",
                    recorded.id
                );
                self.result.unrecorded.extend(ranked.map(|seen| (tagged(seen.candidate), why.clone())));
                continue;
            }
            if let Some(first) = ranked.next() {
                self.take(first);
            }
            let aside = ranked.map(|seen| Arc::new(self.record(seen).0));
            let aside: Vec<Arc<Record>> = aside.collect();
            self.result.set_aside.extend(aside);
        }
        Ok(())
    }

    fn is_recorded(&self, candidate: &Candidate) -> bool {
        let is =
            |r: &Arc<Record>| *r.kind == *candidate.kind.name && r.region == candidate.region && r.id == candidate.id;
        self.snapshot.records.values().chain(&self.snapshot.deposed).any(is)
    }

    /// The record of what was seen, and how it is.
    fn record(&mut self, seen: Sighting) -> (Record, Live) {
        let Sighting { candidate: Candidate { kind, region, address, id, op, .. }, live, incomplete } = seen;
        // An operation names one record. Copies that a service makes bear the tags of what they are copies of.
        let op = op.filter(|op| !self.ops.contains(op)).unwrap_or_else(|| rebuilt(&address, &id));
        self.ops.insert(op.clone());
        let node = self.wanted.graph.nodes.get(&address);
        let record = Record {
            address,
            kind: kind.name.into(),
            region,
            id,
            args: Map::new(),
            outputs: Map::new(),
            needs: node.map(Node::needs).unwrap_or_default(),
            given: Vec::new(),
            protect: node.is_some_and(|node| node.options.protect),
            incomplete,
            op,
            switched: Map::new(),
            tagged_as: None,
            span: node.and_then(|node| node.site.span.clone()),
        };
        (observed(kind, record, live.clone()), live)
    }

    /// Takes what was seen for what bears its address.
    fn take(&mut self, seen: Sighting) {
        if seen.candidate.kind.place != Place::Local {
            self.candidates.insert(seen.candidate.address.clone(), seen.candidate.clone());
        }
        let (record, live) = self.record(seen);
        let (address, record) = (record.address.clone(), Arc::new(record));
        self.live.insert(address.clone(), live);
        self.snapshot.records.insert(address.clone(), record.clone());
        self.result.records.insert(address, record);
    }

    /// Finds what else there is, as long as one thing makes others known.
    async fn complete(&mut self, places: &BTreeSet<Str>) -> Result<(), Interrupted> {
        for _ in 0..ROUNDS {
            let before = self.snapshot.records.clone();
            let mut prepared = Prepared::default();
            let snapshot = std::mem::take(&mut self.snapshot);
            let input = Input { snapshot: &snapshot, ..self.wanted.input(self.engine) };
            prepared.answer(self.engine, &input).await?;
            let all: BTreeSet<Address> = input.graph.nodes.keys().cloned().collect();
            let said = foresee_open(&Input { known: &prepared.known, ..input }, &all);
            self.snapshot = snapshot;
            self.known = prepared.known;
            self.say(&said);
            self.look_around(&said, places).await?;
            self.recall(&said);
            if self.snapshot.records == before && !self.read_again(&said).await? {
                break;
            }
        }
        Ok(())
    }

    /// Reads once more what was read before all of its arguments were known: kinds give back as it was given what their
    /// services do not tell. Says whether there was any.
    async fn read_again(&mut self, said: &BTreeMap<Address, Map<Expr>>) -> Result<bool, Interrupted> {
        let mut again = Vec::new();
        for candidate in self.candidates.values_mut() {
            let mut args = candidate.args.clone();
            args.extend(known(said.get(&candidate.address)));
            if args != candidate.args {
                candidate.args = args;
                again.push(candidate.clone());
            }
        }
        let any = !again.is_empty();
        let engine = self.engine;
        let mut reads =
            futures::stream::iter(again.into_iter().map(|candidate| engine.see(candidate))).buffered(AT_WORK);
        while let Some(seen) = reads.next().await {
            if let Ok(Some(Sighting { candidate, live, .. })) = seen? {
                self.live.insert(candidate.address, live);
            }
        }
        Ok(any)
    }

    /// Records what lived in the state alone, where something that was found has been made from it: with its value, if
    /// that can be read off; else the value was lost.
    fn recall(&mut self, said: &BTreeMap<Address, Map<Expr>>) {
        let graph = self.wanted.graph;
        let found = graph.nodes.values().filter(|node| self.live.contains_key(&node.address));
        let used: BTreeSet<Address> = found.flat_map(|node| node.args.values().flat_map(Expr::addresses)).collect();
        for node in used.iter().filter_map(|address| graph.nodes.get(address)) {
            let recorded = self.snapshot.records.get(&node.address);
            if node.kind.place != Place::Local || recorded.is_some_and(|record| !record.outputs.is_empty()) {
                continue;
            }
            let told = self.read_off(node, said);
            if recorded.is_some() && told.is_none() {
                continue;
            }
            let op = rebuilt(&node.address, "");
            let candidate = Candidate {
                kind: node.kind,
                region: None,
                address: node.address.clone(),
                id: op,
                op: None,
                args: Map::new(),
            };
            let outputs = told.unwrap_or_default();
            self.take(Sighting { candidate, live: Live { outputs, ..Live::default() }, incomplete: None });
        }
    }

    /// The attributes of something that lived in the state alone, as those who were made from it tell them.
    fn read_off(&self, node: &Node, said: &BTreeMap<Address, Map<Expr>>) -> Option<Map<Value>> {
        let target = job(node.kind, None, &node.address).target;
        let args = known(said.get(&node.address));
        let each = self.live.iter().filter_map(|(address, live)| Some((said.get(address)?, live)));
        let mut told = each.flat_map(|(said, live)| {
            said.iter().filter_map(|(name, expr)| Some(solve(expr, live.args.get(name)?))).flatten()
        });
        told.find_map(|(of, value)| {
            let is_its = of.address == node.address;
            is_its.then(|| self.engine.cloud.recall(target, &args, &of.attr, &value)).flatten()
        })
    }

    /// Lays how things are over what the program says of them: what services never give back is as the program has it.
    fn say(&mut self, said: &BTreeMap<Address, Map<Expr>>) {
        for (address, record) in &mut self.result.records {
            let (Some(args), Some(live)) = (said.get(address), self.live.get(address)) else { continue };
            let Some(kind) = self.engine.registry.get(&record.kind) else { continue };
            let mut live = live.clone();
            if let Some(outputs) = self.known.get(address).filter(|_| kind.place == Place::Local) {
                live.outputs.clone_from(outputs);
            }
            let is_local = kind.place == Place::Local;
            let bare = Record { args: known(Some(args)), outputs: Map::new(), ..Record::clone(record) };
            // What lives in the state alone is as the program says.
            if is_local {
                live.args.clone_from(&bare.args);
            }
            let mut now = observed(kind, bare, live.clone());
            let ignored = self.wanted.graph.nodes.get(address).map_or(&[][..], |node| &node.options.ignore_changes);
            for name in unknowable(kind, ignored, &mut now, &live) {
                self.result.untold.insert((address.clone(), name));
            }
            if now != **record {
                *record = Arc::new(now);
                self.snapshot.records.insert(address.clone(), record.clone());
            }
        }
    }

    /// Looks for what is declared and was not found: by the id that its arguments make, or under its parent.
    async fn look_around(
        &mut self,
        said: &BTreeMap<Address, Map<Expr>>,
        places: &BTreeSet<Str>,
    ) -> Result<(), Interrupted> {
        let mut missing = Vec::new();
        for node in self.wanted.graph.nodes.values() {
            let is_asked = place(node.kind, node.region.as_deref()).is_some_and(|place| places.contains(place));
            let is_sought = !node.kind.lookup && is_asked && !self.snapshot.records.contains_key(&node.address);
            let Some(args) = said.get(&node.address).filter(|_| is_sought) else { continue };
            let args = known(Some(args));
            if self.tried.get(&node.address) != Some(&args) {
                missing.push((node, args));
            }
        }
        self.tried.extend(missing.iter().map(|(node, args)| (node.address.clone(), args.clone())));
        let (engine, program) = (self.engine, self.wanted.program);
        let looks = missing.into_iter().map(async |(node, args)| look_for(engine, program, node, args).await);
        let mut looks = futures::stream::iter(looks).buffered(AT_WORK);
        let mut found = Vec::new();
        while let Some(seen) = looks.next().await {
            match seen? {
                Ok(seen) => found.extend(seen),
                Err((candidate, why)) => self.result.unrecorded.push((tagged(candidate), why)),
            }
        }
        drop(looks);
        for seen in found {
            if !self.is_recorded(&seen.candidate) {
                self.take(seen);
            }
        }
        Ok(())
    }

    /// What was found, with what each needs: as the next plan would write it, or as values say.
    fn finish(mut self) -> Discovery {
        let snapshot = Snapshot { deposed: self.result.set_aside.clone(), ..self.snapshot };
        let mut needs = live_needs(&snapshot, self.engine.registry);
        for record in self.result.records.values_mut().chain(&mut self.result.set_aside) {
            let is_declared = self.wanted.graph.nodes.contains_key(&record.address);
            if let Some(needs) = needs.remove(&record.op).filter(|_| !is_declared) {
                *record = Arc::new(Record { needs, ..Record::clone(record) });
            }
        }
        let input = Input { snapshot: &snapshot, known: &self.known, ..self.wanted.input(self.engine) };
        let steps = propose(&input).steps.into_iter();
        for step in steps.filter(|step| matches!(step.action, Action::Record | Action::Update)) {
            if let Some(record) = self.result.records.get_mut(&step.address) {
                let (needs, given, protect) = (step.needs, step.given, step.protect);
                *record = Arc::new(Record { needs, given, protect, ..Record::clone(record) });
            }
        }
        self.result
    }
}

/// Takes secrets out of a record of which nobody knows whether they are what is there: those that no service gives back.
/// Each becomes a text that no program says, so that the next plan writes it; but for what plans are to leave alone. Returns
/// their names.
fn unknowable(kind: &Kind, ignored: &[Str], record: &mut Record, live: &Live) -> Vec<Str> {
    let mut names = Vec::new();
    let is_secret = |field: &&Field| field.sensitive && field.ty == Type::Str;
    for field in kind.args.iter().filter(is_secret).filter(|field| ignored.iter().all(|name| **name != *field.name)) {
        // What is only written is given back as it was given.
        let is_told = !field.write_only && live.args.contains_key(field.name);
        if let Some(value) = record.args.get_mut(field.name).filter(|_| !is_told && kind.place != Place::Local) {
            *value = Value::str("").secret();
            names.push(field.name.into());
        }
    }
    names
}

/// Looks for what a node declares and no sweep has found.
async fn look_for(
    engine: &Engine<'_>,
    program: &Str,
    node: &Node,
    args: Map<Value>,
) -> Result<Result<Option<Sighting>, (Candidate, String)>, Interrupted> {
    let whole = stand_ins(node.kind).into_iter().chain(args.clone()).collect::<Map<Value>>();
    let whole = revealed(&whole).into_owned();
    let candidate = |id: Str| Candidate {
        kind: node.kind,
        region: node.region.clone(),
        address: node.address.clone(),
        id,
        op: None,
        args: whole.clone(),
    };
    let can_be_tagged = node.kind.tags().is_some();
    if !can_be_tagged && node.kind.args.iter().all(|field| is_there(node, &args, field)) {
        let environment = engine.store.stack().environment.clone();
        let intent = Intent::unknown(environment, program.clone(), node.address.clone());
        let job = Job { secrets: Secrets::of([&args]), ..job(node.kind, node.region.as_ref(), &node.address) };
        let mut retry = Retry::looking(node.address.as_str());
        match engine.call(&job, &mut retry, CallKind::Find, || engine.cloud.find(job.target, &whole, &intent)).await {
            Ok(Some(id)) => return engine.see(candidate(id)).await,
            Ok(None) | Err(Broken::Silent { .. }) => {}
            Err(broken) if broken.is_absent() => {}
            Err(broken) => return Ok(Err((candidate("?".into()), failure(broken)?))),
        }
    }
    // It may be there and be otherwise by now.
    let Some(id) = id_of(node.kind, &args) else { return Ok(Ok(None)) };
    match engine.see(candidate(id.into())).await? {
        Ok(Some(seen)) if can_be_tagged => own(engine, program, seen).await,
        other => Ok(other),
    }
}

/// Whether an argument is known, or not given at all.
fn is_there(node: &Node, args: &Map<Value>, field: &Field) -> bool {
    let is_told = field.write_only || field.sensitive || args.contains_key(field.name);
    is_told || node.args.get(field.name).is_none_or(Expr::is_null)
}

/// What was seen under a name, if its tags say that it is the stack's.
async fn own(
    engine: &Engine<'_>,
    program: &Str,
    seen: Sighting,
) -> Result<Result<Option<Sighting>, (Candidate, String)>, Interrupted> {
    let Candidate { region, address, id, .. } = &seen.candidate;
    let job = job(seen.candidate.kind, region.as_ref(), address);
    let mut retry = Retry::looking(address.as_str());
    match engine.call(&job, &mut retry, CallKind::Owner, || engine.cloud.owner(job.target, id, &seen.live)).await {
        Ok(Some(Owner { environment, program: whose, address: tagged })) => {
            let is_ours = environment == engine.store.stack().environment
                && whose == *program
                && tagged.is_none_or(|tagged| *tagged == *address.as_str());
            Ok(Ok(is_ours.then_some(seen)))
        }
        Ok(None) => Ok(Ok(None)),
        Err(broken) => {
            let why = failure(broken)?;
            Ok(Err((seen.candidate, why)))
        }
    }
}

/// What is known of the arguments that a program says.
fn known(said: Option<&Map<Expr>>) -> Map<Value> {
    let known = |(name, value): (&Str, &Expr)| Some((name.clone(), value.known().filter(|v| !v.is_null())?.clone()));
    said.into_iter().flatten().filter_map(known).collect()
}

/// The operation of something whose tags do not say which made it.
fn rebuilt(address: &Address, id: &str) -> Str {
    format!("rebuilt:{address}:{id}").into()
}

/// A candidate, as a sweep tells it.
fn tagged(candidate: Candidate) -> TaggedResource {
    let Candidate { kind, region, address, id, op, .. } = candidate;
    TaggedResource { kind: Some(kind.name.into()), region, id, address: Some(address.text()), program: None, op }
}

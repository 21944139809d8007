//! What a stack has in the cloud although its state does not say so: looked for, taken over, and told.
//!
//! An apply must not make things twice because a state, or a part of it, is gone. So before a plan is made, every place is
//! looked at in which the program declares something that the state does not record: one sweep each. A state that is there
//! gets back only what the program declares: the rest it may have been told to forget.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::address::Address;
use dr_core::diagnostic::Diagnostic;
use dr_core::graph::Graph;
use dr_core::plan::{Goal, Plan};
use dr_core::record::Record;
use dr_core::region::place;
use dr_core::registry::Registry;
use dr_core::value::Str;
use dr_run::{Discovery, Engine, Stack, StateChange, Store, Wanted};

use crate::clock;
use crate::exit::CommandFailure;
use crate::render::{count, safe};
use crate::session::{OpenState, Session};
use crate::shared;
use crate::work::Work;

/// Takes over what the stack has in places of which its state says nothing: those in which something is declared, or, for a
/// destroy without a state, all that the account has. `keeps` says whether it is written into the
/// state, which is made if there is none; else it only counts for the plan.
///
/// # Errors
/// When it is interrupted, or the state cannot be opened or written.
pub(crate) async fn take_over(
    session: &Session<'_>,
    work: &mut Work<'_>,
    stack: &Stack,
    held: Option<OpenState>,
    graph: &Graph,
    (goal, keeps): (Goal, bool),
) -> Result<Option<OpenState>, CommandFailure> {
    let mut partly = BTreeSet::new();
    let places = match (goal, &held) {
        (Goal::Apply, _) => {
            let places = unrecorded_places(session, graph, held.as_ref())?;
            partly = partly_recorded(graph, held.as_ref())?.difference(&places).cloned().collect();
            places
        }
        (Goal::Destroy, Some(held)) if !held.snapshot.is_empty() || !held.store.open_operations()?.is_empty() => {
            BTreeSet::new()
        }
        (Goal::Destroy, _) => work.everywhere().await?,
    };
    if places.is_empty() && partly.is_empty() {
        return Ok(held);
    }
    // What was emptied is no less there than what was filled.
    let is_there = held.as_ref().is_some_and(|held| !held.snapshot.is_empty() || held.snapshot.position > 0);
    let found = work.discover(held.as_ref(), graph, (&places, &partly), is_there).await?;
    let (number, unasked) = (work.number_of(&found), &found.unasked);
    work.tell_of(notes((&found, goal), &session.registry, number, unasked));
    if found.records.is_empty() && found.set_aside.is_empty() {
        return Ok(held);
    }
    if !keeps {
        let OpenState { store, snapshot } = match held {
            Some(held) => held,
            None => OpenState { store: Store::nothing(stack), snapshot: Default::default() },
        };
        return Ok(Some(OpenState { store, snapshot: found.laid_over(snapshot) }));
    }
    let mut held = match held {
        Some(held) => held,
        None => session.hold(stack)?,
    };
    work.record(&mut held, graph, &found).await?;
    Ok(Some(held))
}

/// The places in which something is declared and nothing is recorded or begun.
fn unrecorded_places(
    session: &Session<'_>,
    graph: &Graph,
    held: Option<&OpenState>,
) -> Result<BTreeSet<Str>, CommandFailure> {
    let declared = graph.nodes.values().filter(|node| !node.kind.lookup);
    let mut places: BTreeSet<Str> =
        declared.filter_map(|node| place(node.kind, node.region.as_deref()).map(Str::from)).collect();
    let place_of = |record: &Record| {
        let kind = session.registry.get(&record.kind)?;
        place(kind, record.region.as_deref()).map(str::to_owned)
    };
    if let Some(OpenState { store, snapshot }) = held {
        let begun = store.open_operations()?;
        let begun: Vec<String> = begun.values().filter_map(|open| place_of(open.record())).collect();
        let recorded = snapshot.records.values().chain(&snapshot.deposed).filter_map(|record| place_of(record));
        for place in recorded.chain(begun) {
            places.remove(&*place);
        }
    }
    Ok(places)
}

/// The places in which something is declared that can carry tags and is neither recorded, at its address or a former one,
/// nor begun.
fn partly_recorded(graph: &Graph, held: Option<&OpenState>) -> Result<BTreeSet<Str>, CommandFailure> {
    let Some(OpenState { store, snapshot }) = held else { return Ok(BTreeSet::new()) };
    let begun: BTreeSet<Address> =
        store.open_operations()?.values().map(|open| open.record().address.clone()).collect();
    let is_known = |address: &Address| snapshot.records.contains_key(address) || begun.contains(address);
    let nodes = graph.nodes.values().filter(|node| !node.kind.lookup && node.kind.tags().is_some());
    let missing = nodes.filter(|node| !node.options.former().chain([&node.address]).any(is_known));
    Ok(missing.filter_map(|node| place(node.kind, node.region.as_deref()).map(Str::from)).collect())
}

/// What is said of it with the plan.
fn notes(
    (found, goal): (&Discovery, Goal),
    registry: &Registry,
    number: usize,
    unasked: &BTreeMap<Str, String>,
) -> Vec<Diagnostic> {
    let mut notes = Vec::new();
    if number > 0 {
        let exist = if number == 1 { "exists" } else { "exist" };
        let taken = match (goal, number) {
            (Goal::Destroy, _) => "`dr destroy --from-tags` destroys what is planned here",
            (Goal::Apply, 1) => "it is taken over",
            (Goal::Apply, _) => "they are taken over",
        };
        let number = count(number, "resource");
        let message = format!("{number} of this environment {exist} already, and its state does not say so: {taken}");
        let note = Diagnostic::warning(message).code("found");
        notes.push(note.help(format!("found in {}", places(found, registry))));
    }
    for (tagged, why) in &found.unrecorded {
        let address = tagged.address.as_deref().unwrap_or("?");
        let message =
            format!("`{}` exists already, as `{}`, and cannot be taken over: {why}", safe(&tagged.id), safe(address));
        notes.push(Diagnostic::warning(message).code("found"));
    }
    if !found.untold.is_empty() {
        let message = format!("{}: no service tells whether that is what is there", untold(found));
        let note = Diagnostic::warning(message).code("found");
        notes.push(note.help("it is written as the program says; `ignore_changes` leaves it alone"));
    }
    for (place, why) in unasked {
        let message =
            format!("{place} could not be asked whether something of this environment is there already: {why}");
        let note = Diagnostic::warning(message).code("found");
        notes.push(note.help("what is there and not recorded would be made twice"));
    }
    notes
}

/// The secrets that no service tells, in words.
pub(crate) fn untold(found: &Discovery) -> String {
    let each = found.untold.iter().map(|(address, name)| format!("`{name}` of `{address}`"));
    each.collect::<Vec<_>>().join(", ")
}

/// Where what was found is, with numbers.
pub(crate) fn places(found: &Discovery, registry: &Registry) -> String {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for record in found.records.values().chain(&found.set_aside) {
        if let Some(place) = registry.get(&record.kind).and_then(|kind| place(kind, record.region.as_deref())) {
            *places.entry(place).or_default() += 1;
        }
    }
    let places: Vec<String> = places.iter().map(|(place, number)| format!("{place} ({number})")).collect();
    places.join(", ")
}

impl Work<'_> {
    /// Looks in these places for what the stack has and its state does not say, and in those that are partly recorded for
    /// what carries its tags; where `declared`, only for what the
    /// program declares. Places that the user leaves out are not
    /// asked.
    ///
    /// # Errors
    /// When it is interrupted.
    pub(crate) async fn discover(
        &self,
        held: Option<&OpenState>,
        graph: &Graph,
        (places, partly): (&BTreeSet<Str>, &BTreeSet<Str>),
        declared: bool,
    ) -> Result<Discovery, CommandFailure> {
        let (places, partly) = (self.asked(places), self.asked(partly));
        let look = async |engine: &Engine<'_>, wanted: &Wanted<'_>| {
            Ok(dr_run::discover(engine, wanted, (&places, &partly), declared).await?)
        };
        self.with_plan_engine(held, graph, look).await
    }

    /// Writes what was found into the state, and makes again what can be computed of it.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub(crate) async fn record(
        &mut self,
        held: &mut OpenState,
        graph: &Graph,
        found: &Discovery,
    ) -> Result<(), CommandFailure> {
        let identity = self.identity.clone();
        let store = held.store.clone();
        let is_dated = held.snapshot.lifetime.is_some();
        self.with_plan_engine(Some(held), graph, async |engine, _| Ok(dr_run::record(engine, &identity, found).await?))
            .await?;
        if !is_dated {
            // Nothing says any more when it was applied: its time to live counts from now on.
            store.note_apply(clock::now()?, shared::who().into()).await?;
        }
        held.snapshot = store.snapshot()?;
        Ok(())
    }

    /// Writes the outputs of the program and the answers of its look-ups into the state, where a plan knows them and nothing
    /// has to be done before. Says whether it did.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub(crate) async fn record_outputs(&self, held: &mut OpenState, plan: &Plan) -> Result<bool, CommandFailure> {
        if plan.is_refused() || !plan.steps.is_empty() || !plan.deferred.is_empty() {
            return Ok(false);
        }
        dr_run::record_outputs(&held.store, plan).await?;
        held.snapshot = held.store.snapshot()?;
        Ok(true)
    }

    /// Records what a plan has computed of the recovery: the two regions come from the program, and a failover needs them
    /// while no plan can be applied.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub(crate) async fn record_recovery(&self, held: &mut OpenState, plan: &Plan) -> Result<(), CommandFailure> {
        if plan.recovery.is_some() && plan.recovery != held.snapshot.recovery.computed {
            held.store.commit(StateChange::Recovery(plan.recovery.clone().map(Box::new))).await?;
            held.snapshot = held.store.snapshot()?;
        }
        Ok(())
    }
}

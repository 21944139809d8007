//! Candidates: resources that a sweep found, each read as its kind reads it, and which of several bears an address.
//!
//! Identity tags say the kind and the address, ids and ARNs the rest. Two resources with one address are what a
//! replacement that did not come to its end has left: the one that others refer to counts, then the one that is as the
//! program says.

use std::collections::BTreeMap;

use dr_core::address::Address;
use dr_core::arn::named;
use dr_core::cloud::{Live, Settled, TaggedResource};
use dr_core::record::Unfinished;
use dr_core::registry::Registry;
use dr_core::schema::{Kind, Place};
use dr_core::secrecy::{Secrets, marked, revealed};
use dr_core::value::{Map, Str, Value};

use crate::engine::{Broken, CallKind, Engine, Job};
use crate::look::{Interrupted, failure, job};
use crate::retry::Retry;

/// Where something is, and what it is called there.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    pub(crate) kind: &'static Kind,
    pub(crate) region: Option<Str>,
    pub(crate) address: Address,
    pub(crate) id: Str,
    /// The operation in its tags.
    pub(crate) op: Option<Str>,
    /// Arguments to read it with.
    pub(crate) args: Map<Value>,
}

/// A candidate that is there.
#[derive(Debug, Clone)]
pub(crate) struct Sighting {
    pub(crate) candidate: Candidate,
    pub(crate) live: Live,
    pub(crate) incomplete: Option<Unfinished>,
}

impl Candidate {
    /// What a sweep found, as its kind knows it.
    ///
    /// # Errors
    /// Why nobody can tell.
    pub(crate) fn of(found: &TaggedResource, registry: &Registry) -> Result<Candidate, String> {
        let address = found.address.as_deref().ok_or("its tags do not say its address")?;
        let address = Address::parse(address).map_err(|_| "the address in its tags is none".to_owned())?;
        let kind = registry.get(address.kind()).filter(|kind| !kind.lookup && kind.place != Place::Local);
        let kind = kind.ok_or_else(|| format!("this version of dr does not know the kind `{}`", address.kind()))?;
        let (id, args) = named(kind, &found.id).ok_or("its id cannot be told from its ARN")?;
        let region = found.region.clone().filter(|_| kind.place == Place::Regional);
        Ok(Candidate { kind, region, address, id: id.into(), op: found.op.clone(), args })
    }
}

impl Engine<'_> {
    /// A candidate as it is; `None` when it is not there. The error says why it cannot be told.
    ///
    /// # Errors
    /// When somebody asked to stop.
    pub(crate) async fn see(
        &self,
        candidate: Candidate,
    ) -> Result<Result<Option<Sighting>, (Candidate, String)>, Interrupted> {
        let Candidate { kind, region, address, id, args, .. } = &candidate;
        let job = Job { secrets: Secrets::of([args]), ..job(kind, region.as_ref(), address) };
        let mut retry = Retry::looking(address.as_str());
        let args = &*revealed(args);
        let read = self.call(&job, &mut retry, CallKind::Read, || self.cloud.read(job.target, id, args)).await;
        let live = match read {
            Ok(Some(live)) => marked(kind, live),
            Ok(None) => return Ok(Ok(None)),
            Err(broken) if broken.is_absent() => return Ok(Ok(None)),
            Err(broken) => {
                let why = failure(broken)?;
                return Ok(Err((candidate, why)));
            }
        };
        let settled = self.call(&job, &mut retry, CallKind::Settle, || self.cloud.settle(job.target, id, args)).await;
        let incomplete = match settled {
            Ok(Settled::Ready) => None,
            Ok(Settled::Failed(_)) => Some(Unfinished::Failed),
            // The next plan goes on with it, and finds out.
            Ok(Settled::Wait(_)) => Some(Unfinished::Begun),
            Err(Broken::Interrupted) => return Err(Interrupted),
            Err(_) => Some(Unfinished::Begun),
        };
        Ok(Ok(Some(Sighting { candidate, live, incomplete })))
    }
}

/// Puts the candidates of one address into an order: the one that bears it comes first. `wanted` is what the program says
/// of it.
pub(crate) fn rank(mut seen: Vec<Sighting>, all: &Uses, wanted: &Map<Value>) -> Vec<Sighting> {
    let agrees = |seen: &Sighting| {
        let same = |(name, value): &(&Str, &Value)| {
            seen.live.args.get(*name).is_some_and(|is| is.revealed() == value.revealed())
        };
        wanted.iter().filter(same).count()
    };
    seen.sort_by_cached_key(|one| {
        let is_whole = one.incomplete.is_none();
        std::cmp::Reverse((all.of(one), agrees(one), is_whole, one.candidate.id.clone()))
    });
    seen
}

/// How often values are mentioned by the resources that were found.
#[derive(Debug, Default)]
pub(crate) struct Uses(BTreeMap<String, usize>);

impl Uses {
    /// The texts in the arguments of these.
    pub(crate) fn new<'s>(seen: impl Iterator<Item = &'s Sighting>) -> Uses {
        let mut uses = Uses::default();
        for value in seen.flat_map(|seen| seen.live.args.values()) {
            uses.add(value);
        }
        uses
    }

    fn add(&mut self, value: &Value) {
        match value.reveal() {
            Value::Str(text) => *self.0.entry(text.to_string()).or_default() += 1,
            Value::List(items) => items.iter().for_each(|item| self.add(item)),
            Value::Map(map) => map.values().for_each(|value| self.add(value)),
            _ => {}
        }
    }

    /// How often others mention the id or the ARN of this one.
    fn of(&self, seen: &Sighting) -> usize {
        let arn = seen.live.outputs.get("arn").and_then(Value::as_str);
        let names = [Some(&*seen.candidate.id), arn.filter(|arn| **arn != *seen.candidate.id)];
        names.into_iter().flatten().filter_map(|name| self.0.get(name)).sum()
    }
}

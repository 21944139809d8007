//! Resources with a tag, whoever made them: each place is searched, and each resource is read as its kind reads it. Nothing
//! is changed or recorded.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::address::{Address, check_name};
use dr_core::arn::{kind_of, named};
use dr_core::cloud::{Live, TaggedResource};
use dr_core::schema::{Kind, Place};
use dr_core::value::{Map, Str, Value};
use futures::StreamExt as _;
use futures::future::join_all;

use crate::candidate::Candidate;
use crate::engine::{Broken, Engine};
use crate::look::{Interrupted, failure};

/// Reads at work at once; the gate decides how many of them are calls.
const AT_WORK: usize = 32;

/// A resource that is there and that nobody records.
#[derive(Debug, Clone)]
pub struct ExistingResource {
    /// Its kind.
    pub kind: &'static Kind,
    /// Its region; `None` for what belongs to none.
    pub region: Option<Str>,
    /// Its id.
    pub id: Str,
    /// Its arguments as they are, secrets marked.
    pub args: Map<Value>,
    /// Its computed attributes.
    pub outputs: Map<Value>,
}

/// What bears a tag.
#[derive(Debug, Clone, Default)]
pub struct FoundByTag {
    /// What was found, by kind, region and id.
    pub resources: Vec<ExistingResource>,
    /// What was found and cannot be taken over, and why.
    pub left: Vec<(TaggedResource, String)>,
    /// The places that could not be asked, and why.
    pub unasked: BTreeMap<Str, String>,
}

/// Finds the resources that have a tag, in these places.
///
/// # Errors
/// When somebody asked to stop.
pub async fn find_by_tag(
    engine: &Engine<'_>,
    tag: (&str, &str),
    places: &BTreeSet<Str>,
) -> Result<FoundByTag, Interrupted> {
    engine.supervise();
    let mut result = FoundByTag::default();
    let ask = async |place: &Str| (place.clone(), engine.ask_place(place, || engine.cloud.tagged(tag, place)).await);
    let mut found: Vec<TaggedResource> = Vec::new();
    for (place, answer) in join_all(places.iter().map(ask)).await {
        match answer {
            Ok(more) => found.extend(more),
            Err(Broken::Silent { .. }) => drop(result.unasked.insert(place, "it does not answer".to_owned())),
            Err(broken) => drop(result.unasked.insert(place, failure(broken)?)),
        }
    }
    // What belongs to no region may be found in several.
    found.sort_by(|a, b| (&a.kind, &a.region, &a.id).cmp(&(&b.kind, &b.region, &b.id)));
    found.dedup();
    let mut candidates = Vec::new();
    for one in found {
        match candidate(engine, &one) {
            Ok(candidate) => candidates.push((one, candidate)),
            Err(why) => result.left.push((one, why)),
        }
    }
    let reads = candidates.into_iter().map(async |(one, candidate)| (one, engine.see(candidate).await));
    let mut reads = futures::stream::iter(reads).buffered(AT_WORK);
    while let Some((one, seen)) = reads.next().await {
        match seen? {
            Ok(Some(seen)) => {
                let (Candidate { kind, region, id, .. }, Live { args, outputs }) = (seen.candidate, seen.live);
                result.resources.push(ExistingResource { kind, region, id, args, outputs });
            }
            // The tagging service goes on naming for hours what was deleted.
            Ok(None) => {}
            Err((_, why)) => result.left.push((one, format!("it cannot be read: {why}"))),
        }
    }
    result.resources.sort_by(|a, b| (a.kind.name, &a.region, &a.id).cmp(&(b.kind.name, &b.region, &b.id)));
    Ok(result)
}

/// What was found, as its kind knows it. The error says why it is left alone.
fn candidate(engine: &Engine<'_>, found: &TaggedResource) -> Result<Candidate, String> {
    if let Some(program) = &found.program {
        return Err(format!("it belongs to the program `{program}`; look it up instead, or give it up there first"));
    }
    let kind = found
        .kind
        .as_deref()
        .and_then(|kind| engine.registry.get(kind))
        .or_else(|| kind_of(engine.registry.iter(), &found.id));
    let kind = kind.ok_or("there is no kind for it")?;
    let (id, args) = named(kind, &found.id).ok_or("its id cannot be told from its ARN")?;
    let region = found.region.clone().filter(|_| kind.place == Place::Regional);
    if kind.place == Place::Regional && region.is_none() {
        return Err("nothing tells its region".to_owned());
    }
    // Nothing has an address yet; messages need one.
    let name = if check_name(&id).is_ok() { &*id } else { "found" };
    let address = Address::new("", kind.name, name).map_err(|_| "it can have no address".to_owned())?;
    Ok(Candidate { kind, region, address, id: id.into(), op: None, args })
}

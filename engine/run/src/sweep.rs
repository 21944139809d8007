//! Sweeping: what the cloud still has of an environment, asked of the cloud and not of the state.
//!
//! Each place is asked by itself, so that one that cannot be asked keeps nobody from looking elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use dr_core::cloud::{Sought, TaggedResource};
use dr_core::region::GLOBAL;
use dr_core::value::Str;
use futures::future::join_all;

use crate::engine::{Broken, Engine};
use crate::look::{Interrupted, failure};

/// What a sweep came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// What carries the environment's tags.
    pub found: Vec<TaggedResource>,
    /// The places that could not be asked, and why.
    pub unasked: BTreeMap<Str, String>,
}

/// All places that the account has: its regions, and what is in none. The error says why nobody can tell.
///
/// # Errors
/// When somebody asked to stop.
pub async fn everywhere(engine: &Engine<'_>) -> Result<Result<BTreeSet<Str>, String>, Interrupted> {
    match engine.ask_place(GLOBAL, || engine.cloud.regions()).await {
        Ok(regions) => Ok(Ok(regions.into_iter().chain([GLOBAL.into()]).collect())),
        Err(broken) => Ok(Err(failure(broken)?)),
    }
}

/// Looks for what carries the tags of an environment, or of one of its programs.
///
/// # Errors
/// When somebody asked to stop.
pub async fn sweep(engine: &Engine<'_>, sought: Sought<'_>, places: &BTreeSet<Str>) -> Result<Swept, Interrupted> {
    engine.supervise();
    let ask = async |place: &Str| {
        let found = engine.ask_place(place, || engine.cloud.sweep(sought, place)).await;
        (place.clone(), found)
    };
    let mut swept = Swept::default();
    for (place, found) in join_all(places.iter().map(ask)).await {
        match found {
            Ok(found) => swept.found.extend(found),
            Err(Broken::Silent { .. }) => drop(swept.unasked.insert(place, "it does not answer".to_owned())),
            Err(broken) => drop(swept.unasked.insert(place, failure(broken)?)),
        }
    }
    // What belongs to no region may be found in several.
    swept.found.sort_by(|a, b| (&a.kind, &a.region, &a.id).cmp(&(&b.kind, &b.region, &b.id)));
    swept.found.dedup();
    Ok(swept)
}

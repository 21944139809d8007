//! The search for leftovers: what is still in the account, and is no recorded resource.

use dr_core::leftover::{Leftover, LeftoverDeparture, PlaceSearch, Trail};
use dr_core::region::GLOBAL;
use dr_core::registry::Registry;
use dr_core::schema::Place;
use dr_core::value::{Str, Value};

use crate::state::{Entry, SandboxState};

/// A second, in the microseconds of the sandbox's clock.
const SECOND: u64 = 1_000_000;

/// What a trail leads to in a place.
pub(crate) fn search(
    state: &SandboxState,
    registry: &Registry,
    trail: &Trail<'_>,
    place: &str,
    now: u64,
) -> PlaceSearch {
    let mut search = PlaceSearch { looked: looked(registry, trail, place), ..PlaceSearch::default() };
    for remnant in state.remnants().filter(|r| r.place() == place && r.until.is_none_or(|until| until > now)) {
        if let Some(told) = remnant.told(trail) {
            let found = Leftover::new(&remnant.what, remnant.region.as_deref(), &remnant.id, told);
            search.found.push(match remnant.until {
                Some(until) => found.going(LeftoverDeparture::At(until / SECOND)),
                None => found,
            });
        }
    }
    // What bears no tags is told by its name.
    let untagged = state.iter().filter(|e| e.data.environment.is_empty() && !e.is_deleting());
    for entry in untagged.filter(|entry| entry.data.region.as_deref().unwrap_or(GLOBAL) == place) {
        let region = entry.data.region.as_deref();
        if let Some(told) = names(entry).find_map(|name| trail.of_name(region, name)) {
            search.found.push(Leftover::new(entry.kind.name, region, &entry.data.id, told));
        }
    }
    search.found.sort_by(|a, b| (&a.what, &a.id).cmp(&(&b.what, &b.id)));
    search
}

fn names(entry: &Entry) -> impl Iterator<Item = &str> {
    let named = entry.kind.args.iter().filter(|field| entry.kind.identifies(field) && field.refers.is_none());
    let named = named.filter_map(|field| entry.data.args.get(field.name).and_then(Value::as_str));
    std::iter::once(&*entry.data.id).chain(named)
}

/// What is looked for in a place, in words.
fn looked(registry: &Registry, trail: &Trail<'_>, place: &str) -> Vec<Str> {
    let is_here = |global: bool| global == (place == GLOBAL);
    let kinds = registry.iter().filter(|kind| is_here(kind.place == Place::Global));
    let mut looked: Vec<Str> = kinds.filter_map(|kind| Some(kind.leaves?.many.into())).collect();
    if place == GLOBAL {
        looked.push("records in zones of others".into());
    } else {
        let made = ["final snapshots", "automated backups", "log groups of what was deleted", "network interfaces"];
        looked.extend(made.map(Str::from));
    }
    looked.push(format!("what bears no tags and is called `…-{}`", trail.sought.environment).into());
    looked.sort();
    looked.dedup();
    looked
}

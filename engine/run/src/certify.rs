//! Certifying: whether anything of an environment is left, asked of the cloud in every place it could be.
//!
//! What was recorded is read once more; what bears the environment's tags is swept up; and each service is asked for what
//! deletions leave behind and what it makes by itself. What could not be looked at is named: nobody says then that nothing
//! is left.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use dr_core::cloud::{ErrorClass, Sought, TaggedResource};
use dr_core::former::former;
use dr_core::leftover::{FormerResource, Leftover, LeftoverDeparture, LeftoverSign, PlaceSearch, Trail, UnseenPart};
use dr_core::record::Record;
use dr_core::region::{GLOBAL, place};
use dr_core::schema::Place;
use dr_core::secrecy::{Secrets, revealed};
use dr_core::value::Str;
use futures::StreamExt as _;
use futures::future::join_all;

use crate::engine::{Broken, CallKind, Engine, Job};
use crate::look::{Interrupted, failure, job};
use crate::retry::Retry;

/// How many resources are looked at at once.
const AT_WORK: usize = 64;
/// How long to wait before a service that is busy is asked again.
const PAUSES: [Duration; 3] = [Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(3)];

/// What is looked for in every place before anything else.
pub const TAGGED: &str = "what bears the environment's tags";

/// What is to be certified.
#[derive(Debug, Clone, Copy)]
pub struct CertifyWanted<'a> {
    /// Whose things are looked for.
    pub sought: Sought<'a>,
    /// What was recorded before it was deleted; nothing where no state tells.
    pub records: &'a [Arc<Record>],
    /// Suffixes of other environments that end as this one's does.
    pub others: &'a [String],
    /// Where to look.
    pub places: &'a BTreeSet<Str>,
}

/// What was looked for and found, by place.
pub type Searches = BTreeMap<Str, PlaceSearch>;

/// Looks once in every place.
///
/// # Errors
/// When somebody asked to stop.
pub async fn certify(engine: &Engine<'_>, wanted: CertifyWanted<'_>) -> Result<Searches, Interrupted> {
    // Neither waits for the other: they ask different services for different things.
    let (mut searches, others) = futures::try_join!(recorded(engine, wanted.records), others(engine, wanted))?;
    for (place, more) in others {
        add(searches.entry(place).or_default(), more);
    }
    for search in searches.values_mut() {
        once_each(&mut search.found);
    }
    Ok(searches)
}

/// Looks in every place for what is not recorded: by tags first, which tell whether others have something there, too.
async fn others(engine: &Engine<'_>, wanted: CertifyWanted<'_>) -> Result<Searches, Interrupted> {
    let CertifyWanted { sought, records, others, places } = wanted;
    let mut searches: Searches = places.iter().map(|place| (place.clone(), PlaceSearch::default())).collect();
    let former: Vec<FormerResource> =
        records.iter().filter_map(|record| Some(former(record, engine.registry.get(&record.kind)?))).collect();
    let is_alone = tagged(engine, sought, &mut searches).await?;
    let trail = Trail { sought, former: &former, is_alone, others };
    let ask = async |place: &Str| (place.clone(), leftovers(engine, &trail, place).await);
    for (place, found) in join_all(places.iter().map(ask)).await {
        let search = searches.entry(place).or_default();
        match found {
            Ok(more) => add(search, more),
            Err(broken) => unseen(search, "what deletions leave and services make", broken)?,
        }
    }
    Ok(searches)
}

/// Adds what else was looked for in a place.
fn add(search: &mut PlaceSearch, more: PlaceSearch) {
    search.looked.extend(more.looked);
    search.found.extend(more.found);
    search.unseen.extend(more.unseen);
}

/// Asks for leftovers in a place, and again for a while where a service is busy.
async fn leftovers(engine: &Engine<'_>, trail: &Trail<'_>, place: &Str) -> Result<PlaceSearch, Broken> {
    let mut pauses = PAUSES.into_iter();
    loop {
        let search = engine.ask_place(place, || engine.cloud.leftovers(trail, place)).await?;
        let may_pass = search.unseen.iter().any(|part| part.may_pass);
        match pauses.next().filter(|_| may_pass) {
            Some(pause) => engine.rest(Some(place), pause).await?,
            None => return Ok(search),
        }
    }
}

/// Reads what was recorded: whatever is there is left.
async fn recorded(engine: &Engine<'_>, records: &[Arc<Record>]) -> Result<Searches, Interrupted> {
    let asked = records.iter().filter_map(|record| {
        let kind = engine.registry.get(&record.kind).filter(|kind| kind.place != Place::Local && !kind.lookup)?;
        let place = place(kind, record.region.as_deref())?.into();
        Some(async move {
            let job =
                Job { secrets: Secrets::of([&record.args]), ..job(kind, record.region.as_ref(), &record.address) };
            let (args, mut retry) = (revealed(&record.args), Retry::looking(&job.op));
            let read = || engine.cloud.read(job.target, &record.id, &args);
            (record, place, engine.call(&job, &mut retry, CallKind::Read, read).await)
        })
    });
    let mut reads = futures::stream::iter(asked).buffer_unordered(AT_WORK);
    let mut searches = Searches::new();
    let mut numbers: BTreeMap<Str, usize> = BTreeMap::new();
    while let Some((record, place, live)) = reads.next().await {
        let place: Str = place;
        let search = searches.entry(place.clone()).or_default();
        *numbers.entry(place).or_default() += 1;
        match live {
            Ok(None) => {}
            Ok(Some(_)) => {
                let told = (LeftoverSign::Record, Some(&record.address.text()));
                search.found.push(Leftover::new(&record.kind, record.region.as_deref(), &record.id, told));
            }
            Err(Broken::Call(error)) if error.class == ErrorClass::Gone => {}
            Err(broken) => unseen(search, record.address.as_str(), broken)?,
        }
    }
    for (place, number) in numbers {
        let what =
            if number == 1 { "the one that was recorded".into() } else { format!("{number} that were recorded") };
        searches.entry(place).or_default().looked.push(what.into());
    }
    Ok(searches)
}

/// Sweeps up what bears the environment's tags. Whether no program has anything there but those that are looked for.
async fn tagged(engine: &Engine<'_>, sought: Sought<'_>, searches: &mut Searches) -> Result<bool, Interrupted> {
    let all = Sought { program: None, ..sought };
    let places: Vec<Str> = searches.keys().cloned().collect();
    let ask = async |place: &Str| (place.clone(), engine.ask_place(place, || engine.cloud.sweep(all, place)).await);
    let mut is_alone = true;
    for (place, found) in join_all(places.iter().map(ask)).await {
        let search = searches.entry(place.clone()).or_default();
        match found {
            Ok(found) => {
                search.looked.push(TAGGED.into());
                for one in found {
                    match one.program.as_deref().zip(sought.program) {
                        Some((program, sought)) if program != sought => is_alone = false,
                        // What belongs to no region may be found in several.
                        _ if one.region.as_deref().unwrap_or(GLOBAL) == &*place => search.found.push(by_tags(one)),
                        _ => {}
                    }
                }
            }
            Err(broken) => unseen(search, TAGGED, broken)?,
        }
    }
    Ok(is_alone)
}

fn by_tags(found: TaggedResource) -> Leftover {
    let told = (LeftoverSign::Tags, found.address.as_ref());
    Leftover::new(found.kind.as_deref().unwrap_or("resource"), found.region.as_deref(), &found.id, told)
}

fn unseen(search: &mut PlaceSearch, what: &str, broken: Broken) -> Result<(), Interrupted> {
    let why = match broken {
        Broken::Silent { .. } => "it does not answer".to_owned(),
        broken => failure(broken)?,
    };
    search.unseen.push(UnseenPart { what: what.into(), why, may_pass: false });
    Ok(())
}

/// Leaves out what was found in several ways: the first way tells most.
fn once_each(found: &mut Vec<Leftover>) {
    let is_same = |a: &Leftover, b: &Leftover| {
        let is_thing = |one: &Leftover| matches!(one.sign, LeftoverSign::Record | LeftoverSign::Tags);
        a.region == b.region
            && (a.id == b.id || (is_thing(a) && is_thing(b) && a.address.is_some() && a.address == b.address))
    };
    found.sort_by(|a, b| (a.sign, &a.what, &a.id).cmp(&(b.sign, &b.what, &b.id)));
    let mut kept: Vec<Leftover> = Vec::new();
    for one in found.drain(..) {
        if !kept.iter().any(|other| is_same(other, &one)) {
            kept.push(one);
        }
    }
    *found = kept;
}

/// Whether something that is left stays there unless somebody deletes it.
pub fn stays(leftover: &Leftover) -> bool {
    leftover.departure == LeftoverDeparture::Stays
}

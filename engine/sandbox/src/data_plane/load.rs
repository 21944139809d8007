//! Load: an application's requests and writes while regions go off and come back, and what became of them.
//!
//! It asks and writes once a second of its own accord: whenever something is about to change, the seconds before that are
//! made up for. So it takes no time of whoever fails over meanwhile. Names are asked by several clients, each of which
//! keeps an answer as long as it may. Writes go to where requests are led, but for a store that one member leads: there
//! they go to that one.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use dr_core::address::Address;
use dr_core::recovery::{Figure, NameAnswer, NameWiring, StoreFlow};
use dr_core::value::Str;

use crate::Sandbox;
use crate::data_plane::book::{Beat, KeptAnswer, LoadBook, StoredItem};
use crate::inner::{Core, WiredProgram, micros};

/// How many clients ask for each name.
const CLIENTS: usize = 8;
/// Between two writes, in microseconds.
const SECOND: u64 = 1_000_000;

/// What was measured of a change of sides.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Measured {
    /// After what time every client was led to the other region, where names lead there; `None` inside where it never was.
    pub traffic: Option<Option<Duration>>,
    /// Each store.
    pub stores: Vec<MeasuredStore>,
    /// Whether a function does the work in the other region, where functions do it.
    pub has_workers: bool,
}

/// What was measured of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasuredStore {
    /// The store.
    pub address: Address,
    /// After what time it took writes in the other region; `None` where it never did.
    pub time: Option<Duration>,
    /// How many writes of before were not there then.
    pub missing: u64,
    /// How long before the change the oldest of these was made.
    pub oldest: Option<Duration>,
    /// How many writes it refused meanwhile.
    pub refused: u64,
}

/// What became of all that was written to a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreBalance {
    /// The store.
    pub address: Address,
    /// How many writes it took.
    pub written: u64,
    /// How many of them are in no region any more.
    pub lost: u64,
    /// How many of them are there, and not in the region that is asked about.
    pub elsewhere: u64,
}

impl Sandbox {
    /// From now on what is there of a program is used. Its application works in a region, as far as no name leads there.
    pub fn use_program(&self, environment: &str, program: &str, home: &str) {
        let mut core = self.core();
        let next = core.now().saturating_add(SECOND);
        core.load = Some(LoadBook {
            environment: environment.into(),
            program: program.into(),
            home: home.into(),
            next,
            kept: BTreeMap::new(),
            items: BTreeMap::new(),
            beats: Vec::new(),
        });
        core.before_change = Some(Core::make_up);
    }

    /// From now on the application works in this region, as far as no name leads there.
    pub fn move_use(&self, region: &str) {
        let mut core = self.core();
        core.make_up();
        if let Some(load) = &mut core.load {
            load.home = region.into();
        }
    }

    /// Now, in microseconds since 1970.
    pub fn moment(&self) -> u64 {
        self.core().now()
    }

    /// What was so since a moment at which the other region, `to`, was to take over; nothing where the program is not used.
    pub fn measure(&self, since: u64, to: &str) -> Measured {
        let mut core = self.core();
        core.make_up();
        let now = core.now();
        let Some((load, wired)) = core.used() else { return Measured::default() };
        let has_names = !wired.wiring.names.is_empty();
        let traffic = has_names.then(|| so_after(&load, since, |beat| beat.led.as_deref() == Some(to)));
        let stores = wired.wiring.stores.iter().map(|store| {
            let is_open = |beat: &Beat| {
                beat.open.get(&store.address).is_some_and(|open| open.iter().any(|region| **region == *to))
            };
            let time = so_after(&load, since, is_open);
            // A store that never works there lacks what it lacks now.
            let at = time.map_or(now, |time| since.saturating_add(micros(time)));
            let items = load.items.get(&store.address).into_iter().flatten().filter(|item| item.written <= since);
            let missing: Vec<u64> = items
                .filter(|item| core.arrives(store, item, to).is_none_or(|arrival| arrival > at))
                .map(|item| item.written)
                .collect();
            let refused = load.since(since).iter().filter(|beat| beat.refused.contains(&store.address));
            MeasuredStore {
                address: store.address.clone(),
                time,
                missing: missing.len() as u64,
                oldest: missing.iter().min().map(|written| Duration::from_micros(since - written)),
                refused: refused.count() as u64,
            }
        });
        let has_workers = wired.wiring.workers.as_ref().is_none_or(|workers| workers.contains(to));
        let measured = Measured { traffic, stores: stores.collect(), has_workers };
        core.load = Some(load);
        measured
    }

    /// How soon somebody begins to act, after the primary region is lost; nothing where the program is not used.
    pub fn noticed(&self) -> Figure {
        let mut core = self.core();
        let Some((load, wired)) = core.used() else { return Figure::ZERO };
        let noticed = wired.wiring.noticed();
        core.load = Some(load);
        noticed
    }

    /// What became of everything that was written, seen from a region; nothing where the program is not used.
    pub fn balance(&self, region: &str) -> Vec<StoreBalance> {
        let mut core = self.core();
        core.make_up();
        let now = core.now();
        let Some((load, wired)) = core.used() else { return Vec::new() };
        let balance = wired.wiring.stores.iter().map(|store| {
            let items = load.items.get(&store.address).map(Vec::as_slice).unwrap_or_default();
            let lost = items.iter().filter(|item| core.is_lost(store, item)).count();
            let here = |item: &&StoredItem| core.arrives(store, item, region).is_some_and(|arrival| arrival <= now);
            let there = items.iter().filter(here).count();
            StoreBalance {
                address: store.address.clone(),
                written: items.len() as u64,
                lost: lost as u64,
                elsewhere: (items.len() - lost - there) as u64,
            }
        });
        let balance = balance.collect();
        core.load = Some(load);
        balance
    }
}

impl Core {
    /// Makes up for the requests and writes of the seconds until now.
    fn make_up(&mut self) {
        let now = self.now();
        let Some((mut load, wired)) = self.used() else { return };
        while load.next <= now {
            self.beat(&mut load, &wired);
            load.next = load.next.saturating_add(SECOND);
        }
        self.load = Some(load);
    }

    /// Takes out what is in use, with what is there of it.
    fn used(&mut self) -> Option<(LoadBook, Arc<WiredProgram>)> {
        let load = self.load.take()?;
        let wired = self.wired(&load.environment, &load.program);
        Some((load, wired))
    }

    /// Asks for each name and writes to each store, once.
    fn beat(&self, load: &mut LoadBook, wired: &WiredProgram) {
        let at = load.next;
        let mut led: Vec<Option<Str>> = Vec::new();
        for name in &wired.wiring.names {
            // Whoever asks at one moment is told the same.
            let answer = OnceCell::new();
            for client in 0..CLIENTS {
                let key = (name.name.clone(), client);
                let known = load.kept.get(&key);
                let kept = match known.filter(|kept| kept.until > at) {
                    Some(kept) => kept.clone(),
                    None => {
                        let fresh = answer.get_or_init(|| self.ask(name, at));
                        let mut until = at.saturating_add(fresh.keeps);
                        if known.is_none() {
                            // They have not all asked at the same moment.
                            until -= fresh.keeps * client as u64 / CLIENTS as u64;
                        }
                        KeptAnswer { region: fresh.region.clone(), until }
                    }
                };
                led.push(kept.region.clone());
                load.kept.insert(key, kept);
            }
        }
        // Not all of them write at the same time.
        let app = match led.get(load.beats.len() % led.len().max(1)) {
            Some(region) => region.clone(),
            None => Some(load.home.clone()),
        };
        let (mut open, mut refused) = (BTreeMap::new(), Vec::new());
        for store in &wired.wiring.stores {
            let regions = store.flow.regions().into_iter();
            let regions: Vec<Str> = regions.filter(|region| self.takes_writes(wired, store, region, at)).collect();
            let to = match &store.flow {
                StoreFlow::Led { .. } => regions.first(),
                _ => regions.iter().find(|region| Some(*region) == app.as_ref()),
            };
            match to {
                Some(region) => {
                    let (region, number) = (region.clone(), load.beats.len() as u64);
                    let items = load.items.entry(store.address.clone()).or_default();
                    items.push(StoredItem { written: at, region, number });
                }
                None => refused.push(store.address.clone()),
            }
            open.insert(store.address.clone(), regions);
        }
        let works = |region: &Str| {
            let workers = wired.wiring.workers.as_ref();
            !self.outages.is_off(region, at) && workers.is_none_or(|workers| workers.contains(region))
        };
        let first = led.first().cloned().flatten();
        let led = first.filter(|first| led.iter().all(|region| region.as_ref() == Some(first)) && works(first));
        load.beats.push(Beat { at, led, open, refused });
    }

    /// What a name answers.
    fn ask(&self, name: &NameWiring, at: u64) -> FreshAnswer {
        let is_healthy = |answer: &&NameAnswer| self.is_healthy(&answer.watch, at);
        let answer = name.answers.iter().find(is_healthy).or_else(|| name.answers.first());
        let keeps = Duration::from_secs(answer.map_or(0, |answer| answer.kept).into());
        FreshAnswer {
            region: answer.and_then(|answer| answer.region.clone()),
            keeps: micros(self.speed().scale(keeps)),
        }
    }
}

/// An answer, and how long it may be kept, in microseconds.
struct FreshAnswer {
    region: Option<Str>,
    keeps: u64,
}

/// How long after a moment something became so and stayed so; `None` where it is not so in the end.
fn so_after(load: &LoadBook, since: u64, is_so: impl Fn(&Beat) -> bool) -> Option<Duration> {
    let so = load.since(since).iter().rev().take_while(|beat| is_so(beat));
    so.last().map(|beat| Duration::from_micros(beat.at - since))
}

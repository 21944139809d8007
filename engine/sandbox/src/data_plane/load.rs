//! Load: an application's requests and writes while regions go off and come back, and what became of them.
//!
//! Whoever plays it calls [`Load::beat`] once a second. Names are asked by several clients, each of which keeps an answer
//! as long as it may. Writes go to where requests are led, but for a store that one member leads: there they go to that one.

use std::collections::BTreeMap;
use std::time::Duration;

use dr_core::address::Address;
use dr_core::recovery::{NameAnswer, StoreFlow, StoreWiring};
use dr_core::value::Str;

use crate::Sandbox;
use crate::data_plane::copies::StoredItem;
use crate::inner::{Core, micros};

/// How many clients ask for each name.
const CLIENTS: usize = 8;

/// The requests and writes of a program's application.
#[derive(Debug)]
pub struct Load<'a> {
    sandbox: &'a Sandbox,
    environment: Str,
    program: Str,
    /// Where the application works, as far as no name leads there.
    home: Str,
    kept: BTreeMap<(Str, usize), KeptAnswer>,
    items: BTreeMap<Address, Vec<StoredItem>>,
    refused: BTreeMap<Address, u64>,
    beats: Vec<Beat>,
}

/// An answer that a client keeps.
#[derive(Debug, Clone)]
struct KeptAnswer {
    region: Option<Str>,
    until: u64,
}

/// What was so at a moment.
#[derive(Debug)]
struct Beat {
    at: u64,
    /// The region that every client of every name was led to; `None` where they are led to several, or to none.
    led: Option<Str>,
    /// The regions that take writes, of each store.
    open: BTreeMap<Address, Vec<Str>>,
}

/// What was measured of a change of sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// After what time every client was led to the other region, where names lead there; `None` inside where it never was.
    pub traffic: Option<Option<Duration>>,
    /// Each store.
    pub stores: Vec<MeasuredStore>,
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
    /// Begins to use what is there of a program, whose application works in a region.
    pub fn load(&self, environment: &str, program: &str, home: &str) -> Load<'_> {
        Load {
            sandbox: self,
            environment: environment.into(),
            program: program.into(),
            home: home.into(),
            kept: BTreeMap::new(),
            items: BTreeMap::new(),
            refused: BTreeMap::new(),
            beats: Vec::new(),
        }
    }

    /// Now, in microseconds since 1970.
    pub fn moment(&self) -> u64 {
        self.core().now()
    }
}

impl Load<'_> {
    /// From now on the application works in this region, as far as no name leads there.
    pub fn move_to(&mut self, region: &str) {
        self.home = region.into();
    }

    /// Asks for each name and writes to each store, once.
    pub fn beat(&mut self) {
        let mut core = self.sandbox.core();
        let now = core.now();
        let wired = core.wired(&self.environment, &self.program);
        let number = self.beats.len();
        let mut led: Vec<Option<Str>> = Vec::new();
        for name in &wired.wiring.names {
            for client in 0..CLIENTS {
                let key = (name.name.clone(), client);
                let kept = self.kept.get(&key).filter(|kept| kept.until > now).cloned();
                let kept = kept.unwrap_or_else(|| {
                    let is_healthy = |answer: &&NameAnswer| core.is_healthy(&answer.watch, now);
                    let answer = name.answers.iter().find(is_healthy).or_else(|| name.answers.first());
                    let keeps = Duration::from_secs(answer.map_or(0, |answer| answer.kept).into());
                    let until = now.saturating_add(micros(core.speed().scale(keeps)));
                    KeptAnswer { region: answer.and_then(|answer| answer.region.clone()), until }
                });
                led.push(kept.region.clone());
                self.kept.insert(key, kept);
            }
        }
        // Not all of them write at the same time.
        let app = match led.get(number % led.len().max(1)) {
            Some(region) => region.clone(),
            None => Some(self.home.clone()),
        };
        let mut open = BTreeMap::new();
        for store in &wired.wiring.stores {
            let regions = store.flow.regions().into_iter();
            let regions: Vec<Str> = regions.filter(|region| core.takes_writes(&wired, store, region, now)).collect();
            let to = match &store.flow {
                StoreFlow::Led { .. } => regions.first(),
                _ => regions.iter().find(|region| Some(*region) == app.as_ref()),
            };
            match to {
                Some(region) => self.items.entry(store.address.clone()).or_default().push(StoredItem {
                    written: now,
                    region: region.clone(),
                    number: number as u64,
                }),
                None => *self.refused.entry(store.address.clone()).or_default() += 1,
            }
            open.insert(store.address.clone(), regions);
        }
        let first = led.first().cloned().flatten();
        let led = first.filter(|first| led.iter().all(|region| region.as_ref() == Some(first)));
        let led = led.filter(|region| {
            !core.outages.is_off(region, now)
                && wired.wiring.workers.as_ref().is_none_or(|workers| workers.contains(region))
        });
        self.beats.push(Beat { at: now, led, open });
    }

    /// What was so since a moment at which the other region, `to`, was to take over.
    pub fn measure(&self, since: u64, to: &str) -> Measured {
        let mut core = self.sandbox.core();
        let now = core.now();
        let wired = core.wired(&self.environment, &self.program);
        let traffic =
            (!wired.wiring.names.is_empty()).then(|| self.so_after(since, |beat| beat.led.as_deref() == Some(to)));
        let stores = wired.wiring.stores.iter().map(|store| {
            let is_open = |beat: &Beat| {
                beat.open.get(&store.address).is_some_and(|open| open.iter().any(|region| **region == *to))
            };
            let time = self.so_after(since, is_open);
            // A store that never works there lacks what it lacks now.
            let at = time.map_or(now, |time| since.saturating_add(micros(time)));
            let items = self.items.get(&store.address).into_iter().flatten().filter(|item| item.written < since);
            let missing: Vec<u64> = items
                .filter(|item| core.arrives(store, item, to).is_none_or(|arrival| arrival > at))
                .map(|item| item.written)
                .collect();
            MeasuredStore {
                address: store.address.clone(),
                time,
                missing: missing.len() as u64,
                oldest: missing.iter().min().map(|written| Duration::from_micros(since - written)),
                refused: self.refused.get(&store.address).copied().unwrap_or_default(),
            }
        });
        Measured { traffic, stores: stores.collect() }
    }

    /// What became of everything that was written, seen from a region.
    pub fn balance(&self, region: &str) -> Vec<StoreBalance> {
        let mut core = self.sandbox.core();
        let now = core.now();
        let wired = core.wired(&self.environment, &self.program);
        let balance = |core: &Core, store: &StoreWiring| {
            let items = self.items.get(&store.address).map(Vec::as_slice).unwrap_or_default();
            let lost = items.iter().filter(|item| core.is_lost(store, item)).count();
            let here = |item: &&StoredItem| core.arrives(store, item, region).is_some_and(|arrival| arrival <= now);
            let there = items.iter().filter(here).count();
            StoreBalance {
                address: store.address.clone(),
                written: items.len() as u64,
                lost: lost as u64,
                elsewhere: (items.len() - lost - there) as u64,
            }
        };
        wired.wiring.stores.iter().map(|store| balance(&core, store)).collect()
    }

    /// How long after a moment something became so and stayed so; `None` where it is not so in the end.
    fn so_after(&self, since: u64, is_so: impl Fn(&Beat) -> bool) -> Option<Duration> {
        let beats = self.beats.iter().filter(|beat| beat.at >= since);
        let so = beats.rev().take_while(|beat| is_so(beat));
        so.last().map(|beat| Duration::from_micros(beat.at - since))
    }
}

//! Wired: what is there of a program, as names, checks and stores.

use std::collections::BTreeMap;
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::recovery::{StoreFlow, StoreWiring, wiring};
use dr_core::value::Str;

use crate::inner::{Core, WiredProgram};
use crate::judge::{Whose, is_of};
use crate::role::writes_at;
use crate::state::Entry;

impl Core {
    /// What is there of a program.
    pub(super) fn wired(&mut self, environment: &Str, program: &Str) -> Arc<WiredProgram> {
        let revision = self.state.revision();
        let fits = |wired: &&Arc<WiredProgram>| {
            (&wired.environment, &wired.program, wired.revision) == (environment, program, revision)
        };
        if let Some(wired) = self.wired.as_ref().filter(fits) {
            return wired.clone();
        }
        let whose = Whose { environment, program, address: "" };
        let (mut all, mut by_address) = (Vec::new(), BTreeMap::new());
        for (key, entry) in self.state.keyed().filter(|(_, entry)| is_of(entry, whose)) {
            let Ok(address) = Address::parse(&entry.data.address) else { continue };
            by_address.insert(address.clone(), key);
            let place = (entry.kind, entry.data.region.as_deref());
            all.push(self.there(address, place, &entry.data.args, whose, &mut Vec::new()));
        }
        let wiring = wiring(environment, &all);
        drop(all);
        let (environment, program) = (environment.clone(), program.clone());
        let wired = Arc::new(WiredProgram { revision, environment, program, wiring, by_address });
        self.wired = Some(wired.clone());
        wired
    }

    /// The resource at an address of a program.
    pub(super) fn at_address(&self, wired: &WiredProgram, address: &Address) -> Option<&Entry> {
        self.state.get(*wired.by_address.get(address)?)
    }

    /// Whether a store takes writes in a region.
    pub(super) fn takes_writes(&self, wired: &WiredProgram, store: &StoreWiring, region: &str, now: u64) -> bool {
        let is_there = store.flow.regions().iter().any(|there| **there == *region);
        is_there
            && !self.outages.is_off(region, now)
            && match &store.flow {
                StoreFlow::Led { .. } => self.writer(wired, store, now).as_deref() == Some(region),
                StoreFlow::Shared(_) | StoreFlow::Copied { .. } | StoreFlow::Alone(_) => true,
            }
    }

    /// The region of the member that writes and is ready to, of a store that one member leads.
    pub(super) fn writer(&self, wired: &WiredProgram, store: &StoreWiring, now: u64) -> Option<Str> {
        let StoreFlow::Led { members, .. } = &store.flow else { return None };
        let writes = |entry: &Entry| entry.data.ready_at <= now && writes_at(entry, now) == Some(true);
        let mut members = members.iter();
        let found = members.find(|(member, _)| self.at_address(wired, member).is_some_and(writes));
        found.map(|(_, region)| region.clone())
    }
}

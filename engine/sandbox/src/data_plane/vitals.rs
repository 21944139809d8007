//! Vitals: what a service tells of one resource from moment to moment.

use std::time::Duration;

use dr_core::address::Address;
use dr_core::cloud::{CloudError, Vitals};
use dr_core::recovery::StoreFlow;

use crate::inner::{Core, ResourceKey};
use crate::role::writes_at;

impl Core {
    /// How a resource is doing: how far a follower is behind, whether a health check calls its endpoint healthy.
    pub(crate) fn vitals(&mut self, at: ResourceKey<'_>) -> Result<Vitals, CloudError> {
        let now = self.now();
        let entry = self.entry(at)?;
        let (environment, program) = (entry.data.environment.clone(), entry.data.program.clone());
        let (writes, region) = (writes_at(entry, now), entry.data.region.clone());
        let Ok(address) = Address::parse(&entry.data.address) else { return Ok(Vitals::default()) };
        let wired = self.wired(&environment, &program);
        let look_again = Some(self.speed().scale(at.kind.pace));
        let healthy = wired.wiring.checks.get(&address).map(|watch| self.is_healthy(watch, now));
        let store = wired.wiring.stores.iter().find(|store| store.followers.contains(&address));
        let store = store.filter(|_| writes != Some(true));
        let lag = store.and_then(|store| {
            let lag = self.lag(store.lag, store.address.as_str(), now);
            // Whoever follows what is off falls behind.
            let mut others: Vec<_> = match &store.flow {
                StoreFlow::Led { .. } => self.writer(&wired, store, now).into_iter().collect(),
                flow => flow.regions(),
            };
            others.retain(|other| Some(other) != region.as_ref());
            let off = others.iter().filter_map(|other| self.outages.off_since(other, now)).min();
            match off {
                // It was off before anything was asked: nobody knows what it has written.
                Some(0) => None,
                Some(since) => Some(Duration::from_micros(lag.saturating_add(now - since))),
                None => Some(Duration::from_micros(lag)),
            }
        });
        Ok(Vitals { lag, healthy, look_again })
    }
}

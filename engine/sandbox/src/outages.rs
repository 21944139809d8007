//! Outages: when which place was off. They begin and end at any moment, also while calls are under way.

use std::collections::BTreeMap;

use dr_core::value::Str;

/// A time in which a place was off, in microseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Outage {
    /// Since when.
    pub(crate) from: u64,
    /// Until when; the end of time while it lasts.
    pub(crate) until: u64,
}

/// The outages of all places, each place's in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outages(BTreeMap<Str, Vec<Outage>>);

impl Outages {
    /// A place is off from now on.
    pub(crate) fn begin(&mut self, place: &str, now: u64) {
        if !self.is_off(place, now) {
            self.0.entry(place.into()).or_default().push(Outage { from: now, until: u64::MAX });
        }
    }

    /// A place is back.
    pub(crate) fn end(&mut self, place: &str, now: u64) {
        if let Some(last) = self.0.get_mut(place).and_then(|all| all.last_mut()) {
            last.until = last.until.min(now);
        }
    }

    /// The outages of a place.
    pub(crate) fn of(&self, place: &str) -> &[Outage] {
        self.0.get(place).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a place is off at a time.
    pub(crate) fn is_off(&self, place: &str, at: u64) -> bool {
        self.of(place).iter().any(|outage| outage.from <= at && at < outage.until)
    }

    /// Since when a place is off at a time.
    pub(crate) fn off_since(&self, place: &str, at: u64) -> Option<u64> {
        let outage = self.of(place).iter().find(|outage| outage.from <= at && at < outage.until);
        outage.map(|outage| outage.from)
    }

    /// Since when a place that is on is so; 0 where it was never off.
    pub(crate) fn on_since(&self, place: &str, at: u64) -> u64 {
        self.of(place).iter().map(|outage| outage.until).filter(|until| *until <= at).max().unwrap_or_default()
    }

    /// The first outage of any of these places between two times that begins before the second one.
    pub(crate) fn between(&self, places: [&str; 2], from: u64, to: u64) -> Option<Outage> {
        let all = places.into_iter().flat_map(|place| self.of(place)).copied();
        all.filter(|outage| outage.from < to && from < outage.until).min_by_key(|outage| outage.from)
    }
}

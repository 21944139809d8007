//! Copies: when what is written in one region is there in another one, and what never is.

use dr_core::recovery::{Figure, StoreFlow, StoreWiring};

use crate::data_plane::book::StoredItem;
use crate::draw::draw;
use crate::inner::{Core, micros};

/// How much longer than usual a copy may take where nothing bounds it.
const WITHOUT_BOUND: f64 = 60.0;
/// The share of copies that take as long as they usually do at most.
const USUAL: f64 = 0.9;

impl Core {
    /// How long a copy takes, in microseconds: never more than the figure's longest time.
    pub(super) fn lag(&self, figure: Figure, store: &str, number: u64) -> u64 {
        let usual = f64::from(figure.typical.or(figure.most).unwrap_or_default());
        let most = figure.most.map_or(usual * (1.0 + WITHOUT_BOUND), f64::from);
        let seconds = match self.options.seed {
            None => usual,
            Some(seed) => {
                let drawn =
                    |what: u8| draw([&seed.to_le_bytes()[..], store.as_bytes(), &[what], &number.to_le_bytes()]);
                if drawn(0) < USUAL { usual * drawn(1) } else { usual + (most - usual) * drawn(1) }
            }
        };
        micros(self.speed().scale(std::time::Duration::try_from_secs_f64(seconds).unwrap_or_default()))
    }

    /// When an item is there in a region; `None` where it never comes, as far as can be told now.
    pub(super) fn arrives(&self, store: &StoreWiring, item: &StoredItem, to: &str) -> Option<u64> {
        if self.is_lost(store, item) {
            return None;
        }
        if *item.region == *to {
            return Some(item.written);
        }
        self.travels(store, item, to)
    }

    /// Whether an item was lost: another member took the writes before it had come there.
    pub(super) fn is_lost(&self, store: &StoreWiring, item: &StoredItem) -> bool {
        let StoreFlow::Led { members, .. } = &store.flow else { return false };
        let region =
            |address: &str| members.iter().find(|(member, _)| member.as_str() == address).map(|(_, region)| region);
        let mut later = self.switches.iter().filter(|switch| switch.at >= item.written);
        later.any(|switch| match region(&switch.to) {
            Some(to) if switch.loses && *to != item.region => {
                self.travels(store, item, to).is_none_or(|arrival| arrival > switch.at)
            }
            _ => false,
        })
    }

    fn travels(&self, store: &StoreWiring, item: &StoredItem, to: &str) -> Option<u64> {
        match &store.flow {
            StoreFlow::Led { .. } | StoreFlow::Shared(_) => {}
            StoreFlow::Copied { from, is_mutual, .. } if *item.region == **from || *is_mutual => {}
            StoreFlow::Copied { .. } | StoreFlow::Alone(_) => return None,
        }
        let lag = self.lag(store.lag, store.address.as_str(), item.number);
        let (mut from, mut at) = (item.written, item.written.saturating_add(lag));
        // While either region is off nothing comes; then it takes its time again.
        while let Some(outage) = self.outages.between([&item.region, to], from, at) {
            if outage.until == u64::MAX {
                return None;
            }
            (from, at) = (outage.until, outage.until.saturating_add(lag));
        }
        // A change of roles that loses nothing waits for what is under way.
        if let StoreFlow::Led { members, .. } = &store.flow {
            let is_there =
                |address: &str| members.iter().any(|(member, region)| member.as_str() == address && **region == *to);
            let waits = self.switches.iter().find(|s| !s.loses && s.at >= item.written && is_there(&s.to));
            at = waits.map_or(at, |switch| at.min(switch.over_at));
        }
        Some(at)
    }
}

//! The computed recovery: traffic and each store, with the sums over them.

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use crate::address::Address;
use crate::value::Str;

/// The recovery of a program from the loss of its primary region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// The region that is lost.
    pub primary: Str,
    /// The region that takes over.
    pub secondary: Str,
    /// How soon requests reach the secondary region; `None` where no DNS record of the program fails over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traffic: Option<RecoveryPart>,
    /// What each store does, the worst first.
    pub stores: Vec<RecoveryPart>,
    /// Why nothing takes over at all, such as a missing function. Empty where the secondary region can take over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
}

/// The recovery of one part: of the traffic, or of a store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryPart {
    /// The resource that it is about.
    pub address: Address,
    /// How it recovers, in words.
    pub how: String,
    /// How soon it works in the other region.
    pub time: Figure,
    /// How much of what was written last is missing there. `None` for what holds nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loss: Option<Figure>,
    /// What would shorten it the most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shorten: Option<String>,
}

impl Recovery {
    /// How soon everything works in the other region. Traffic and stores recover side by side.
    pub fn time(&self) -> Figure {
        if !self.lacks.is_empty() {
            return Figure::UNBOUNDED;
        }
        self.parts().fold(Figure::ZERO, |sum, part| sum.beside(part.time))
    }

    /// How much is missing there at most, of the store that lacks the most.
    pub fn loss(&self) -> Figure {
        self.stores.iter().filter_map(|store| store.loss).fold(Figure::ZERO, Figure::beside)
    }

    /// The part that takes longest, if there is any.
    pub fn slowest(&self) -> Option<&RecoveryPart> {
        self.parts().reduce(|slowest, part| if part.time.exceeds(slowest.time) { part } else { slowest })
    }

    /// The store that lacks the most, if there is any.
    pub fn loosest(&self) -> Option<&RecoveryPart> {
        let loss = |part: &RecoveryPart| part.loss.unwrap_or(Figure::ZERO);
        self.stores.iter().reduce(|loosest, store| if loss(store).exceeds(loss(loosest)) { store } else { loosest })
    }

    fn parts(&self) -> impl Iterator<Item = &RecoveryPart> {
        self.traffic.iter().chain(&self.stores)
    }
}

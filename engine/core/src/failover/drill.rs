//! Past drills: what a state keeps of them, so that the next one can be compared.

use serde::{Deserialize, Serialize};

use crate::recovery::figure::Figure;
use crate::value::Str;

/// How many drills are kept.
pub const KEPT: usize = 50;

/// What a drill lets happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrillCase {
    /// The primary region is lost.
    PrimaryLost,
    /// The secondary region is lost: nothing is to happen.
    StandbyLost,
    /// The other region takes over while both work.
    Planned,
}

/// A drill that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastDrill {
    /// When, in seconds since 1970.
    pub at: u64,
    /// Who made it, in words.
    pub by: Str,
    /// What happened in it.
    pub case: DrillCase,
    /// What decided how long everything took.
    pub seed: u64,
    /// How soon everything was to work in the other region.
    pub computed_time: Figure,
    /// How much was to be missing there.
    pub computed_loss: Figure,
    /// After how many milliseconds everything worked there; `None` where something never did.
    pub time_ms: Option<u64>,
    /// How many milliseconds old the oldest write was that was missing; `None` where a store was missing altogether.
    pub loss_ms: Option<u64>,
    /// Whether everything was as it must be.
    pub ok: bool,
}

impl PastDrill {
    /// What is worse by the figures that are computed now, in words; nothing where nothing is.
    pub fn regressions(&self, time: Figure, loss: Figure) -> Vec<String> {
        let both = [
            ("the time until everything works in the other region", time, self.computed_time),
            ("what is missing there", loss, self.computed_loss),
        ];
        let worse = both.into_iter().filter(|(_, now, before)| now.exceeds(*before));
        worse
            .map(|(what, now, before)| format!("{what} is computed as {now}; at the last drill it was {before}"))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_worse_is_a_regression() {
        let past = |time, loss| PastDrill {
            at: 1,
            by: "anna".into(),
            case: DrillCase::PrimaryLost,
            seed: 1,
            computed_time: time,
            computed_loss: loss,
            time_ms: None,
            loss_ms: None,
            ok: true,
        };
        let (short, long) = (Figure::of(10, 20), Figure::of(10, 30));
        assert!(past(short, short).regressions(short, short).is_empty());
        assert!(past(long, long).regressions(short, short).is_empty());
        assert!(past(Figure::UNBOUNDED, long).regressions(long, long).is_empty());
        assert_eq!(past(short, long).regressions(long, long).len(), 1);
        assert_eq!(past(short, short).regressions(Figure::UNBOUNDED, long).len(), 2);
    }
}

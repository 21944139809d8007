//! Figures: a recovery time, or the age of the oldest write that may be lost, in seconds.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Seconds: the typical value and the guaranteed one. `None` where there is no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Figure {
    /// As it usually is.
    pub typical: Option<u32>,
    /// At most, as long as every service does what it promises.
    pub most: Option<u32>,
}

impl Figure {
    /// None at all.
    pub const ZERO: Figure = Figure { typical: Some(0), most: Some(0) };
    /// Without an end.
    pub const UNBOUNDED: Figure = Figure { typical: None, most: None };

    /// Both figures.
    pub const fn of(typical: u32, most: u32) -> Figure {
        Figure { typical: Some(typical), most: Some(most) }
    }

    /// One after the other.
    #[must_use]
    pub fn then(self, next: Figure) -> Figure {
        let sum = |a: Option<u32>, b: Option<u32>| Some(a?.saturating_add(b?));
        Figure { typical: sum(self.typical, next.typical), most: sum(self.most, next.most) }
    }

    /// Both at once: the longer one counts.
    #[must_use]
    pub fn beside(self, other: Figure) -> Figure {
        let longer = |a: Option<u32>, b: Option<u32>| Some(a?.max(b?));
        Figure { typical: longer(self.typical, other.typical), most: longer(self.most, other.most) }
    }

    /// Whichever comes first.
    #[must_use]
    pub fn or_sooner(self, other: Figure) -> Figure {
        let sooner = |a: Option<u32>, b: Option<u32>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) | (None, one) => one,
        };
        Figure { typical: sooner(self.typical, other.typical), most: sooner(self.most, other.most) }
    }

    /// Whether this is longer than another one, at most.
    pub fn exceeds(self, other: Figure) -> bool {
        let end =
            |figure: Figure| (figure.most.map_or(u64::MAX, u64::from), figure.typical.map_or(u64::MAX, u64::from));
        end(self) > end(other)
    }
}

/// Seconds in words: `90 s`, `15 min`, `1 h 30 min`.
pub fn seconds(seconds: u32) -> String {
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes, rest) {
        (0, 0, s) => format!("{s} s"),
        (0, m, s) if m < 5 && s > 0 => format!("{} s", m * 60 + s),
        (0, m, 0) => format!("{m} min"),
        (0, m, s) => format!("{m} min {s} s"),
        (h, 0, _) => format!("{h} h"),
        (h, m, _) => format!("{h} h {m} min"),
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.typical, self.most) {
            (Some(typical), Some(most)) if typical == most => write!(f, "{}", seconds(most)),
            (Some(typical), Some(most)) => write!(f, "{}, at most {}", seconds(typical), seconds(most)),
            (Some(typical), None) => write!(f, "{}, without a bound", seconds(typical)),
            (None, _) => write!(f, "without a bound"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_bound_has_none_in_a_sum_either() {
        let (a, b, open) = (Figure::of(10, 20), Figure::of(1, 50), Figure { typical: Some(5), most: None });
        assert_eq!(a.then(b), Figure::of(11, 70));
        assert_eq!(a.then(open), Figure { typical: Some(15), most: None });
        assert_eq!(a.beside(b), Figure::of(10, 50));
        assert_eq!(a.beside(Figure::UNBOUNDED), Figure::UNBOUNDED);
        assert_eq!(a.or_sooner(Figure::UNBOUNDED), a);
        assert_eq!(a.or_sooner(b), Figure::of(1, 20));
        assert_eq!(Figure::of(u32::MAX, u32::MAX).then(a), Figure::of(u32::MAX, u32::MAX));
        assert!(open.exceeds(Figure::of(5, u32::MAX)) && Figure::UNBOUNDED.exceeds(open) && !a.exceeds(a));
        assert!(b.exceeds(a) && Figure::of(11, 20).exceeds(a));
    }

    #[test]
    fn seconds_are_said_as_people_say_them() {
        for (number, said) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (90, "90 s"),
            (180, "3 min"),
            (330, "5 min 30 s"),
            (900, "15 min"),
            (3600, "1 h"),
            (5400, "1 h 30 min"),
            (86_400, "24 h"),
        ] {
            assert_eq!(seconds(number), said);
        }
        assert_eq!(Figure::of(150, 180).to_string(), "150 s, at most 3 min");
        assert_eq!(Figure::of(900, 900).to_string(), "15 min");
        assert_eq!(Figure { typical: Some(1), most: None }.to_string(), "1 s, without a bound");
        assert_eq!(Figure::UNBOUNDED.to_string(), "without a bound");
    }
}

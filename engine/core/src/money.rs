//! Amounts of money.

use std::fmt;
use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// An amount of US dollars, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Dollars(pub i64);

impl fmt::Display for Dollars {
    /// `$494`, `$3.65`, `-$0.40`: whole dollars from ten on.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = (self.0.abs() + 5) / 10;
        match cents {
            0..1_000 => write!(f, "{sign}${}.{:02}", cents / 100, cents % 100),
            _ => write!(f, "{sign}${}", (cents + 50) / 100),
        }
    }
}

impl Add for Dollars {
    type Output = Dollars;
    fn add(self, other: Dollars) -> Dollars {
        Dollars(self.0 + other.0)
    }
}

impl Sub for Dollars {
    type Output = Dollars;
    fn sub(self, other: Dollars) -> Dollars {
        Dollars(self.0 - other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_at_a_glance() {
        for (mills, said) in [
            (0, "$0.00"),
            (4, "$0.00"),
            (5, "$0.01"),
            (400, "$0.40"),
            (-400, "-$0.40"),
            (3_650, "$3.65"),
            (9_994, "$9.99"),
            (9_996, "$10"),
            (493_860, "$494"),
            (1_234_567, "$1235"),
        ] {
            assert_eq!(Dollars(mills).to_string(), said, "{mills}");
        }
    }
}

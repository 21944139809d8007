//! How a sandbox is opened: its pace, its faults, its account.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use dr_core::value::Str;

use crate::fault::Faults;

/// How a sandbox behaves. The default is an account of zeros at the pace of the real cloud, without faults.
#[derive(Debug, Clone)]
pub struct SandboxOptions {
    /// How fast time passes for what takes time.
    pub speed: Speed,
    /// What goes wrong, if anything shall.
    pub faults: Option<Faults>,
    /// Regions that cannot be reached, each with how many changes are taken there before it falls silent; `global` for the
    /// services that belong to none.
    pub regions_down: BTreeMap<Str, u64>,
    /// What decides how long changes of roles take and how far copies are behind; as it usually is without.
    pub seed: Option<u64>,
    /// The account's number.
    pub account: Str,
}

impl Default for SandboxOptions {
    fn default() -> SandboxOptions {
        SandboxOptions {
            speed: Speed::Real,
            faults: None,
            regions_down: BTreeMap::new(),
            seed: None,
            account: Str::from("000000000000"),
        }
    }
}

/// How fast time passes. Written as `real`, as a factor (`60` makes a minute a second), or as `instant`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Speed {
    /// Things take as long as their kinds say.
    #[default]
    Real,
    /// Things take that many times less; positive and finite.
    Factor(f64),
    /// Nothing takes time.
    Instant,
}

impl Speed {
    /// A duration of the real cloud at this speed.
    pub fn scale(self, real: Duration) -> Duration {
        match self {
            Speed::Real => real,
            Speed::Factor(factor) => Duration::try_from_secs_f64(real.as_secs_f64() / factor).unwrap_or(real),
            Speed::Instant => Duration::ZERO,
        }
    }
}

/// That a text is no speed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a speed: write `real`, `instant`, or how many times faster than real, e.g. `60`")]
pub struct SpeedError(String);

impl FromStr for Speed {
    type Err = SpeedError;
    fn from_str(text: &str) -> Result<Speed, SpeedError> {
        match text {
            "real" => Ok(Speed::Real),
            "instant" => Ok(Speed::Instant),
            _ => match text.parse::<f64>() {
                Ok(factor) if factor.is_finite() && factor > 0.0 => Ok(Speed::Factor(factor)),
                _ => Err(SpeedError(text.to_owned())),
            },
        }
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Speed::Real => f.write_str("real"),
            Speed::Factor(factor) => write!(f, "{factor}"),
            Speed::Instant => f.write_str("instant"),
        }
    }
}

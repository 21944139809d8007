//! The time of day, in seconds since 1970: when something was applied, and when an environment expires.
//!
//! `DR_NOW` sets it, so that a schedule can be tried without waiting for it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::args::variable;
use crate::exit::CommandFailure;

/// The variable that sets the time.
const NOW: &str = "DR_NOW";
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// The last time that can be written with four digits of a year.
const LATEST: u64 = 253_402_300_799;

/// What time it is.
///
/// # Errors
/// When `DR_NOW` is set to what is no time.
pub(crate) fn now() -> Result<u64, CommandFailure> {
    let time = match variable(NOW) {
        None => SystemTime::now(),
        Some(text) => humantime::parse_rfc3339_weak(&text).map_err(|_| {
            CommandFailure::new(format!("{NOW}: `{text}` is not a time"))
                .hint("write it in UTC: `2026-11-30T18:00:00Z`; or do not set it")
        })?,
    };
    Ok(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

/// What time it is, whatever `DR_NOW` says: a cloud does not go by it.
pub(crate) fn real() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A time for programs: `2026-11-30T18:00:00Z`.
pub(crate) fn exact(time: u64) -> String {
    humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(time.min(LATEST))).to_string()
}

/// A time for people, in UTC: `2026-11-30 18:00`.
pub(crate) fn minute(time: u64) -> String {
    exact(time).replace('T', " ").chars().take("2026-11-30 18:00".len()).collect()
}

/// A length of time in its largest unit, rounded down: `3d`, `17h`, `40m`.
pub(crate) fn rough(seconds: u64) -> String {
    match seconds {
        0..HOUR => format!("{}m", seconds / MINUTE),
        HOUR..DAY => format!("{}h", seconds / HOUR),
        _ => format!("{}d", seconds / DAY),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_utc_and_lengths_in_one_unit() {
        for (time, all, short) in [
            (0, "1970-01-01T00:00:00Z", "1970-01-01 00:00"),
            (1_796_061_723, "2026-11-30T18:02:03Z", "2026-11-30 18:02"),
            (u64::MAX, "9999-12-31T23:59:59Z", "9999-12-31 23:59"),
        ] {
            assert_eq!((exact(time).as_str(), minute(time).as_str()), (all, short));
        }
        for (seconds, words) in [
            (0, "0m"),
            (59, "0m"),
            (60, "1m"),
            (3_599, "59m"),
            (3_600, "1h"),
            (86_399, "23h"),
            (86_400, "1d"),
            (40 * 86_400, "40d"),
        ] {
            assert_eq!(rough(seconds), words, "{seconds}");
        }
    }
}

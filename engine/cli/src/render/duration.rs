//! Durations as people say them.

use std::time::Duration;

/// A rough duration: `under a second`, `45s`, `3m40s`, `1h05m`. Above a minute, seconds are rounded to ten.
pub(crate) fn about(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 1.0 {
        return "under a second".into();
    }
    let whole = seconds.round() as u64;
    match whole {
        0..60 => format!("{whole}s"),
        60..3600 => {
            let tens = (whole + 5) / 10 * 10;
            if tens.is_multiple_of(60) { format!("{}m", tens / 60) } else { format!("{}m{:02}s", tens / 60, tens % 60) }
        }
        _ => {
            let minutes = (whole + 30) / 60;
            format!("{}h{:02}m", minutes / 60, minutes % 60)
        }
    }
}

/// A duration that somebody has set: `7 days`, `1 hour`, `20 minutes`, `30 seconds`.
pub(crate) fn whole(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let unit = units.into_iter().find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit));
    let (unit, name) = unit.unwrap_or((1, "second"));
    super::count(usize::try_from(seconds / unit).unwrap_or(usize::MAX), name)
}

/// A measured duration: `0.3s`, `12.0s`, `3m40s`, `1h05m10s`.
pub(crate) fn exact(duration: Duration) -> String {
    let tenths = duration.as_millis() / 100;
    let whole = duration.as_secs();
    match whole {
        0..60 => format!("{}.{}s", tenths / 10, tenths % 10),
        60..3600 => format!("{}m{:02}s", whole / 60, whole % 60),
        _ => format!("{}h{:02}m{:02}s", whole / 3600, whole / 60 % 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rough_durations_are_rounded() {
        for (ms, text) in [
            (0, "under a second"),
            (999, "under a second"),
            (1_400, "1s"),
            (59_400, "59s"),
            (60_000, "1m"),
            (219_000, "3m40s"),
            (3_596_000, "60m"),
            (3_900_000, "1h05m"),
        ] {
            assert_eq!(about(Duration::from_millis(ms)), text, "{ms}");
        }
    }

    #[test]
    fn measured_durations_are_not() {
        for (ms, text) in [(0, "0.0s"), (349, "0.3s"), (59_999, "59.9s"), (61_500, "1m01s"), (3_661_000, "1h01m01s")] {
            assert_eq!(exact(Duration::from_millis(ms)), text, "{ms}");
        }
    }
}

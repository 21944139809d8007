//! The clock by which leases are judged: time since this machine was started, sleep of the machine included.
//!
//! It never goes back and nobody can set it. It says nothing about any other machine's clock.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// The time since this machine was started.
pub(crate) fn now() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    let part = |number: i64| u64::try_from(number).unwrap_or_default();
    Duration::from_secs(part(time.tv_sec)) + Duration::from_nanos(part(time.tv_nsec))
}

//! Health: what a health check says at a time, of endpoints that are there while their region is.
//!
//! An endpoint is asked from many places, by each at its own seconds. A place changes its mind after so many answers in a
//! row; the check fails when few enough places call the endpoint healthy.

use dr_core::recovery::HealthWatch;

use crate::draw::draw;
use crate::inner::{Core, micros};
use crate::outages::Outage;

/// From how many places an endpoint is asked.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html>
const PLACES: u64 = 16;
/// An endpoint is healthy while more than this share of the places call it so, in percent. From the same page.
const ENOUGH: u64 = 18;

impl Core {
    /// Whether what is looked at counts as healthy.
    pub(super) fn is_healthy(&self, watch: &HealthWatch, at: u64) -> bool {
        match watch {
            HealthWatch::Fixed(is_healthy) => *is_healthy,
            HealthWatch::Endpoint { region: None, inverted, .. } => !inverted,
            HealthWatch::Endpoint { check, region: Some(region), interval, failures, inverted } => {
                let salt = check.as_ref().map_or("", |address| address.as_str());
                let interval = micros(self.speed().scale(std::time::Duration::from_secs((*interval).into())));
                let all = self.outages.of(region);
                let calls_it_so = |place: &u64| {
                    let phase = self.phase(salt, *place, interval);
                    is_up(all, at, |edge| after(edge, phase, interval, *failures))
                };
                let healthy = (0..PLACES).filter(calls_it_so).count() as u64;
                (healthy * 100 > PLACES * ENOUGH) != *inverted
            }
            HealthWatch::Alarm(region, figure) => {
                let takes = micros(self.speed().scale(self.takes(*figure, &["alarm", region])));
                is_up(self.outages.of(region), at, |edge| edge.saturating_add(takes))
            }
            HealthWatch::Count(all, needed) => all.iter().filter(|watch| self.is_healthy(watch, at)).count() >= *needed,
        }
    }

    /// At which moment of each interval a place asks.
    fn phase(&self, salt: &str, place: u64, interval: u64) -> u64 {
        let seed = self.options.seed.unwrap_or_default().to_le_bytes();
        let share = draw([&seed[..], salt.as_bytes(), &[0], &place.to_le_bytes()]);
        (share * interval as f64) as u64
    }
}

/// When so many answers in a row were of one sort, since that sort began.
fn after(edge: u64, phase: u64, interval: u64, answers: u32) -> u64 {
    if interval == 0 {
        return edge;
    }
    let until_first = (phase + interval - edge % interval) % interval;
    edge.saturating_add(until_first).saturating_add(interval.saturating_mul(u64::from(answers.max(1)) - 1))
}

/// Whether something counts as up: it is noticed at a time after each change how it is, if it still is so then.
fn is_up(outages: &[Outage], at: u64, noticed: impl Fn(u64) -> u64) -> bool {
    let mut is_up = true;
    for (number, outage) in outages.iter().enumerate().filter(|(_, outage)| outage.from <= at) {
        let fails_at = noticed(outage.from);
        if fails_at < outage.until && fails_at <= at {
            is_up = false;
        }
        let next = outages.get(number + 1).map_or(u64::MAX, |next| next.from);
        if outage.until <= at {
            let back_at = noticed(outage.until);
            is_up |= back_at < next && back_at <= at;
        }
    }
    is_up
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_changes_its_mind_after_so_many_answers() {
        // Asked at 3, 13, 23, ...
        for (edge, answers, expected) in [(0, 1, 3), (3, 1, 3), (4, 1, 13), (4, 3, 33), (23, 2, 33)] {
            assert_eq!(after(edge, 3, 10, answers), expected, "{edge} {answers}");
        }
        assert_eq!(after(7, 0, 0, 3), 7);
    }

    #[test]
    fn what_is_over_before_it_is_noticed_is_not_noticed() {
        let all =
            [Outage { from: 100, until: 120 }, Outage { from: 200, until: 300 }, Outage { from: 310, until: 400 }];
        let said = |at| is_up(&all, at, |edge| edge + 30);
        for (at, expected) in
            [(99, true), (140, true), (229, true), (230, false), (305, false), (335, false), (429, false), (430, true)]
        {
            assert_eq!(said(at), expected, "{at}");
        }
    }
}

//! Evidence: what a drill has measured, held against what was computed and against what the program promises.

use dr_core::address::Address;
use dr_core::failover::drill::{DrillCase, PastDrill};
use dr_core::failover::plan::FailoverManner;
use dr_core::graph::RecoveryPromise;
use dr_core::recovery::{Figure, Recovery, seconds};
use dr_core::value::Str;
use serde::Serialize;

/// Everything that a drill found out.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DrillEvidence {
    pub(crate) program: String,
    pub(crate) environment: String,
    /// When it was made, in seconds since 1970.
    pub(crate) at: u64,
    /// What decided how long everything took.
    pub(crate) seed: u64,
    pub(crate) case: DrillCase,
    pub(crate) primary: Str,
    pub(crate) secondary: Str,
    /// What the plan has computed.
    pub(crate) computed: Recovery,
    pub(crate) promise: Option<PromisedFigures>,
    /// The way to the other region, and the way home.
    pub(crate) changes: Vec<SideChange>,
    pub(crate) checks: Vec<DrillCheck>,
    /// What a person has to know beside that.
    pub(crate) notes: Vec<String>,
}

/// What the program promises, in seconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct PromisedFigures {
    pub(crate) traffic: Option<u32>,
    pub(crate) time: Option<u32>,
    pub(crate) loss: Option<u32>,
}

/// One region takes over from another one.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct SideChange {
    pub(crate) from: Str,
    pub(crate) to: Str,
    /// How; `None` where nothing was to be done.
    pub(crate) manner: Option<FailoverManner>,
    /// After how many seconds somebody began to act, of those that are counted.
    pub(crate) noticed_s: u32,
    pub(crate) steps: Vec<DrilledStep>,
    /// Why it did not come to its end.
    pub(crate) failed: Option<String>,
    /// Each part.
    pub(crate) parts: Vec<DrilledPart>,
    /// Whether a function does the work in the region that takes over, where functions do it.
    pub(crate) has_workers: bool,
}

/// A step of a recovery plan that was carried out.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DrilledStep {
    pub(crate) name: String,
    pub(crate) took_ms: u64,
    /// Whether everything was as it should be.
    pub(crate) already: bool,
    /// How long it was to take.
    pub(crate) expected: Figure,
}

/// What was measured of the traffic or of a store.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DrilledPart {
    /// The resource; the record where it is the traffic.
    pub(crate) address: Address,
    pub(crate) is_traffic: bool,
    /// After what time it worked in the other region; `None` where it never did.
    pub(crate) time_ms: Option<u64>,
    /// How long it was to take at most.
    pub(crate) computed_time: Figure,
    /// How many writes were missing there then; `None` where nothing is lost by this change.
    pub(crate) missing: Option<u64>,
    /// How long before the oldest of these was made.
    pub(crate) oldest_ms: Option<u64>,
    /// How old it may be.
    pub(crate) computed_loss: Option<Figure>,
    /// How many writes were refused meanwhile.
    pub(crate) refused: u64,
}

/// Something that must be so.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct DrillCheck {
    pub(crate) name: String,
    pub(crate) ok: bool,
    /// What was found.
    pub(crate) found: String,
}

impl DrillEvidence {
    /// Whether everything was as it must be.
    pub(crate) fn went_well(&self) -> bool {
        self.checks.iter().all(|check| check.ok)
    }

    /// Notes that something must be so.
    pub(crate) fn check(&mut self, name: impl Into<String>, ok: bool, found: impl Into<String>) {
        self.checks.push(DrillCheck { name: name.into(), ok, found: found.into() });
    }

    /// What is kept of it.
    pub(crate) fn kept(&self, by: Str) -> PastDrill {
        let away = self.away();
        PastDrill {
            at: self.at,
            by,
            case: self.case,
            seed: self.seed,
            computed_time: self.computed.time(),
            computed_loss: self.computed.loss(),
            time_ms: away.and_then(SideChange::time_ms),
            loss_ms: away.map_or(Some(0), SideChange::loss_ms),
            ok: self.went_well(),
        }
    }

    /// The way to the other region.
    pub(crate) fn away(&self) -> Option<&SideChange> {
        self.changes.first()
    }
}

impl SideChange {
    /// After what time everything worked in the other region; `None` where something never did.
    pub(crate) fn time_ms(&self) -> Option<u64> {
        if !self.has_workers || self.failed.is_some() {
            return None;
        }
        self.parts.iter().try_fold(0, |sum: u64, part| Some(sum.max(part.time_ms?)))
    }

    /// How old the oldest write is that was missing, of all stores; `None` where a store is not there at all.
    pub(crate) fn loss_ms(&self) -> Option<u64> {
        let is_gone = |part: &DrilledPart| part.time_ms.is_none() && part.missing.is_some_and(|missing| missing > 0);
        let oldest = self.parts.iter().filter_map(|part| part.oldest_ms).max().unwrap_or_default();
        (!self.parts.iter().any(is_gone)).then_some(oldest)
    }

    /// After what time requests reached the other region, where names lead there.
    pub(crate) fn traffic_ms(&self) -> Option<Option<u64>> {
        let mut traffic = self.parts.iter().filter(|part| part.is_traffic);
        traffic.next().map(|part| part.time_ms)
    }
}

/// What was promised, where anything was.
pub(crate) fn promised(promise: Option<&RecoveryPromise>) -> Option<PromisedFigures> {
    promise.map(|promise| PromisedFigures { traffic: promise.traffic, time: promise.time, loss: promise.loss })
}

/// Holds what was measured against what was computed, part by part.
pub(crate) fn hold_against_computed(evidence: &mut DrillEvidence, change: &SideChange) {
    for part in &change.parts {
        let name = if part.is_traffic { "requests".to_owned() } else { format!("`{}`", part.address) };
        let measured = part.time_ms.map_or("never".to_owned(), |ms| format!("after {}", in_seconds(ms)));
        let ok = within(part.time_ms, part.computed_time.most);
        evidence.check(
            format!("{name} in {} as soon as was computed", change.to),
            ok,
            format!("{measured}; computed: {}", part.computed_time),
        );
        if let Some(computed) = part.computed_loss {
            let found = match part.oldest_ms {
                Some(oldest) => {
                    let missing = writes(part.missing.unwrap_or_default());
                    format!("{missing} missing, the oldest {} old", in_seconds(oldest))
                }
                None => "nothing missing".to_owned(),
            };
            evidence.check(
                format!("{name} lacks no more than was computed"),
                within(Some(part.oldest_ms.unwrap_or_default()), computed.most),
                format!("{found}; computed: {computed}"),
            );
        }
    }
}

/// Holds what was measured against what the program promises.
pub(crate) fn hold_against_promise(evidence: &mut DrillEvidence, change: &SideChange) {
    let Some(promise) = evidence.promise else { return };
    let said = |ms: Option<u64>, promised: u32| {
        format!("{}; promised: {}", ms.map_or("never".to_owned(), in_seconds), seconds(promised))
    };
    if let Some((traffic, promised)) = change.traffic_ms().zip(promise.traffic) {
        evidence.check(
            "requests reach the other region as promised",
            within(traffic, Some(promised)),
            said(traffic, promised),
        );
    }
    if let Some(promised) = promise.time {
        let time = change.time_ms();
        evidence.check(
            "everything works in the other region as promised",
            within(time, Some(promised)),
            said(time, promised),
        );
    }
    if let Some(promised) = promise.loss {
        let loss = change.loss_ms();
        let found =
            loss.map_or_else(|| format!("everything; promised: {}", seconds(promised)), |ms| said(Some(ms), promised));
        evidence.check("no more is missing than promised", within(loss, Some(promised)), found);
    }
}

/// Whether a time keeps to a bound. What never ends keeps to none, and everything to one that is not there.
fn within(ms: Option<u64>, most: Option<u32>) -> bool {
    match (ms, most) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(ms), Some(most)) => ms <= u64::from(most) * 1000,
    }
}

/// Milliseconds in words, in whole seconds where it is more than one.
pub(crate) fn in_seconds(ms: u64) -> String {
    match ms {
        0 => "0 s".to_owned(),
        ms if ms < 10_000 => format!("{}.{} s", ms / 1000, ms % 1000 / 100),
        ms => seconds(u32::try_from(ms.div_ceil(1000)).unwrap_or(u32::MAX)),
    }
}

/// A number of writes.
pub(crate) fn writes(number: u64) -> String {
    if number == 1 { "1 write".to_owned() } else { format!("{number} writes") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_ends_keeps_to_no_bound() {
        for (ms, most, ok) in [
            (Some(5_000), Some(5), true),
            (Some(5_001), Some(5), false),
            (None, Some(5), false),
            (None, None, true),
            (Some(1), None, true),
        ] {
            assert_eq!(within(ms, most), ok, "{ms:?} {most:?}");
        }
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        for (ms, said) in
            [(0, "0 s"), (40, "0.0 s"), (1_500, "1.5 s"), (10_001, "11 s"), (89_000, "89 s"), (900_000, "15 min")]
        {
            assert_eq!(in_seconds(ms), said);
        }
    }
}

//! The lease of a stack: when somebody who waits may take it, and how long its holder may rely on it.
//!
//! No clock is compared with another machine's. A waiter counts, by its own clock, how long the lease's counter has stood
//! still since it first saw it so. The holder counts, by its own, from before it sent its last sign of life. So the
//! holder stops relying on the lease before any waiter can take it.
//!
//! A holder that does not notice in time is stopped by the log: whoever takes the lease claims the next position there.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dr_core::state_log::{LeaseHolder, LeaseRow};

use crate::clock;

/// How many signs of life a holder gives in the time that it may be silent.
const BEATS: u32 = 6;
/// How many times a waiter looks in that time.
const LOOKS: u32 = 24;

/// How long a holder waits between two signs of life.
pub(crate) fn beat(silence: Duration) -> Duration {
    silence / BEATS
}

/// What a waiter knows of a lease that it would like to have.
#[derive(Debug)]
pub(crate) struct LeaseWatch {
    seen: Option<LeaseRow>,
    /// When it was first seen so.
    since: Duration,
}

/// What a waiter may do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum LeaseVerdict {
    /// Nobody has it.
    Free,
    /// Its holder may be alive: look again after this time.
    Wait(Duration),
    /// Its holder is alive.
    Alive(LeaseHolder),
    /// Its holder was silent for longer than it may be.
    Silent(LeaseHolder),
}

impl LeaseWatch {
    /// A waiter that has seen the lease as this, now.
    pub(crate) fn new(row: Option<LeaseRow>, now: Duration) -> LeaseWatch {
        LeaseWatch { seen: row, since: now }
    }

    /// What a waiter may do who sees the lease as this, now.
    pub(crate) fn judge(&mut self, row: Option<&LeaseRow>, now: Duration) -> LeaseVerdict {
        let Some(LeaseRow { holder: Some(holder), .. }) = row else { return LeaseVerdict::Free };
        if self.seen.as_ref() != row {
            *self = LeaseWatch::new(row.cloned(), now);
            return LeaseVerdict::Alive(holder.clone());
        }
        let left = holder.silence.saturating_sub(now.saturating_sub(self.since));
        match left.is_zero() {
            true => LeaseVerdict::Silent(holder.clone()),
            false => LeaseVerdict::Wait(left.min(holder.silence / LOOKS)),
        }
    }
}

/// The lease as whoever takes it writes it.
pub(crate) fn taken(was: Option<&LeaseRow>, holder: LeaseHolder) -> LeaseRow {
    LeaseRow { epoch: was.map_or(0, |row| row.epoch).saturating_add(1), counter: 0, holder: Some(holder) }
}

/// The lease after a sign of life.
pub(crate) fn raised(was: &LeaseRow) -> LeaseRow {
    LeaseRow { counter: was.counter.wrapping_add(1), ..was.clone() }
}

/// The lease as its holder gives it back.
pub(crate) fn given_back(was: &LeaseRow) -> LeaseRow {
    LeaseRow { counter: was.counter.wrapping_add(1), holder: None, ..was.clone() }
}

/// Whether the holder of a lease still has it, as far as it knows.
#[derive(Debug)]
pub(crate) struct Tenure {
    state: Mutex<TenureState>,
    changed: Condvar,
    silence: Duration,
}

#[derive(Debug)]
struct TenureState {
    row: LeaseRow,
    /// When the last sign of life was sent that was heard.
    sent: Duration,
    /// The last position that is known to be the holder's.
    position: u64,
    /// Who has it now, once somebody else has.
    lost: Option<String>,
}

/// What a holder may do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TenureVerdict {
    /// It has the lease.
    Held,
    /// It must not rely on it before its next sign of life was heard.
    Doubtful,
    /// Somebody else has it.
    Lost(String),
}

impl Tenure {
    /// The tenure of somebody who asked for a lease at this time and got it.
    pub(crate) fn new(row: LeaseRow, sent: Duration) -> Tenure {
        let silence = row.holder.as_ref().map(|holder| holder.silence).unwrap_or_default();
        Tenure {
            state: Mutex::new(TenureState { row, sent, position: 0, lost: None }),
            changed: Condvar::new(),
            silence,
        }
    }

    fn state(&self) -> MutexGuard<'_, TenureState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The lease as the holder wrote it last.
    pub(crate) fn row(&self) -> LeaseRow {
        self.state().row.clone()
    }

    /// The last position that is known to be the holder's, or that it has read.
    pub(crate) fn position(&self) -> u64 {
        self.state().position
    }

    /// The log is known up to this position.
    pub(crate) fn reach(&self, position: u64) {
        self.state().position = position;
    }

    /// A sign of life that was sent at this time was heard.
    pub(crate) fn renew(&self, row: LeaseRow, sent: Duration) {
        let mut state = self.state();
        (state.row, state.sent) = (row, sent);
        self.changed.notify_all();
    }

    /// Somebody else has the lease.
    pub(crate) fn lose(&self, to: &str) {
        self.state().lost.get_or_insert_with(|| to.to_owned());
        self.changed.notify_all();
    }

    /// Who else has the lease, once somebody has.
    pub(crate) fn lost(&self) -> Option<String> {
        self.state().lost.clone()
    }

    /// What the holder may do now.
    pub(crate) fn judge(&self, now: Duration) -> TenureVerdict {
        self.verdict(&self.state(), now)
    }

    fn verdict(&self, state: &TenureState, now: Duration) -> TenureVerdict {
        match &state.lost {
            Some(to) => TenureVerdict::Lost(to.clone()),
            // A call that begins now takes a while.
            None if now.saturating_sub(state.sent) < self.silence * 2 / 3 => TenureVerdict::Held,
            None => TenureVerdict::Doubtful,
        }
    }

    /// Waits until there is no doubt, but no longer than this.
    pub(crate) fn wait(&self, patience: Duration) -> TenureVerdict {
        let doubtful = |state: &mut TenureState| self.verdict(state, clock::now()) == TenureVerdict::Doubtful;
        let waited = self.changed.wait_timeout_while(self.state(), patience, doubtful);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        self.verdict(&state, clock::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SILENCE: Duration = Duration::from_secs(30);

    fn holder(writer: &str) -> LeaseHolder {
        LeaseHolder { writer: writer.into(), name: format!("{writer}@host").into(), silence: SILENCE }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_waiter_takes_over_only_what_stood_still_for_the_whole_time_by_its_own_clock() {
        let row = taken(None, holder("a"));
        let mut watch = LeaseWatch::new(Some(row.clone()), at(1000));
        assert!(matches!(watch.judge(Some(&row), at(1000)), LeaseVerdict::Wait(_)));
        assert_eq!(watch.judge(Some(&row), at(1029)), LeaseVerdict::Wait(at(1)));
        assert_eq!(watch.judge(Some(&row), at(1030)), LeaseVerdict::Silent(holder("a")));
        // A sign of life begins the time anew.
        let row = raised(&row);
        assert_eq!(watch.judge(Some(&row), at(1031)), LeaseVerdict::Alive(holder("a")));
        assert!(matches!(watch.judge(Some(&row), at(1060)), LeaseVerdict::Wait(_)));
        assert_eq!(watch.judge(Some(&row), at(1061)), LeaseVerdict::Silent(holder("a")));
        assert_eq!(watch.judge(Some(&given_back(&row)), at(1061)), LeaseVerdict::Free);
        assert_eq!(watch.judge(None, at(1061)), LeaseVerdict::Free);
        // Whoever took it in the same epoch's place is somebody else.
        let next = taken(Some(&row), holder("b"));
        assert_eq!((next.epoch, next.counter), (2, 0));
        assert_eq!(watch.judge(Some(&next), at(2000)), LeaseVerdict::Alive(holder("b")));
    }

    #[test]
    fn a_holder_doubts_before_any_waiter_can_take_over() {
        let row = taken(None, holder("a"));
        let tenure = Tenure::new(row.clone(), at(100));
        assert_eq!(tenure.judge(at(119)), TenureVerdict::Held);
        assert_eq!(tenure.judge(at(120)), TenureVerdict::Doubtful);
        // It was seen at the earliest when it was sent.
        let mut watch = LeaseWatch::new(Some(row.clone()), at(100));
        assert!(matches!(watch.judge(Some(&row), at(120)), LeaseVerdict::Wait(_)));
        tenure.renew(raised(&row), at(125));
        assert_eq!(tenure.judge(at(126)), TenureVerdict::Held);
        assert_eq!(tenure.row().counter, 1);
        tenure.lose("b@host");
        tenure.lose("c@host");
        assert_eq!(tenure.judge(at(126)), TenureVerdict::Lost("b@host".into()));
        assert_eq!(tenure.wait(Duration::ZERO), TenureVerdict::Lost("b@host".into()));
    }

    #[test]
    fn whoever_waits_without_doubt_does_not_wait() {
        let tenure = Tenure::new(taken(None, holder("a")), clock::now());
        assert_eq!(tenure.wait(Duration::from_secs(600)), TenureVerdict::Held);
        let tenure = Tenure::new(taken(None, LeaseHolder { silence: Duration::ZERO, ..holder("a") }), clock::now());
        assert_eq!(tenure.wait(Duration::ZERO), TenureVerdict::Doubtful);
    }
}

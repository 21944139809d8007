//! Places: which regions answer in this run, and which the user leaves out.
//!
//! A place is a region, or `global` for services that belong to none. All that a run does shares what is known of them,
//! so that a region that is down costs a few seconds once, however many resources live there:
//!
//! - Any answer counts, a refusal too. What does not count is an error on the way ([`ErrorClass::Transient`]).
//! - A place that has never answered gets [`FIRST_WORD`] from the first call on. If calls fail until then, it is
//!   doubtful. One that has answered gets the budgets of its calls; it is doubtful when one of them is spent and nothing
//!   was heard for [`QUIET`].
//! - A doubtful place is asked for any sign of life ([`Cloud::reach`]). If there is none, it is silent. Otherwise only
//!   what failed does not answer: one service, or one resource.
//! - Once a place is silent, nobody waits for it any longer, and no call is made there for the rest of the run.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dr_core::cloud::{Cloud, CloudError, ErrorClass};
use dr_core::region::{Away, Aways};
use dr_core::value::Str;
use tokio::sync::watch;
use tokio::time::Instant;

/// How long a place that has never answered may take.
const FIRST_WORD: Duration = Duration::from_secs(3);
/// How many calls must have failed before a place that has never answered is given up: one or two fail by chance.
const FAILED: u32 = 3;
/// For how long nothing was heard of a place that had answered, before it is given up with a call that failed for good.
const QUIET: Duration = Duration::from_secs(60);

/// What is known of the places.
#[derive(Debug)]
pub struct Places {
    /// The places that a plan is limited to, if it is.
    only: Option<BTreeSet<Str>>,
    heard: Mutex<BTreeMap<Str, Heard>>,
    /// One asks at a time.
    turn: tokio::sync::Mutex<()>,
    /// Counts the places that have become silent, so that whoever waits looks again.
    silent: watch::Sender<usize>,
}

/// What was heard of one place.
#[derive(Debug, Clone, Copy)]
struct Heard {
    /// When it was first asked.
    asked: Instant,
    /// When it last answered.
    answered: Option<Instant>,
    failed: u32,
    silent: bool,
}

/// What to do about a call that failed on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The place does not answer: give up.
    Silent,
    /// It may not be there: ask for a sign of life.
    Doubtful,
    /// Try again, at the latest after this time.
    Within(Duration),
    /// The place is there: the call's own budget counts.
    There,
}

impl Default for Places {
    fn default() -> Places {
        Places::new(None)
    }
}

impl Places {
    /// Nothing heard of any place. With `only`, everything else is left out.
    pub fn new(only: Option<BTreeSet<Str>>) -> Places {
        Places { only, heard: Mutex::default(), turn: Default::default(), silent: watch::Sender::new(0) }
    }

    /// Why a plan does without a place, if it does.
    pub fn away(&self, place: &str) -> Option<Away> {
        if self.is_left_out(place) {
            return Some(Away::LeftOut);
        }
        self.is_silent(place).then_some(Away::Silent)
    }

    /// Those of these places that a plan does without.
    pub fn aways<'p>(&self, places: impl IntoIterator<Item = &'p str>) -> Aways {
        places.into_iter().filter_map(|place| Some((place.into(), self.away(place)?))).collect()
    }

    /// Whether the user leaves a place out.
    pub fn is_left_out(&self, place: &str) -> bool {
        self.only.as_ref().is_some_and(|only| !only.contains(place))
    }

    /// Whether a place was found not to answer.
    pub fn is_silent(&self, place: &str) -> bool {
        self.heard().get(place).is_some_and(|heard| heard.silent)
    }

    /// Whether a place has answered, or was found not to.
    pub(crate) fn is_known(&self, place: &str) -> bool {
        self.heard().get(place).is_some_and(|heard| heard.silent || heard.answered.is_some())
    }

    /// Returns when a place is found not to answer.
    pub(crate) async fn fell_silent(&self, place: &str) {
        let mut changes = self.silent.subscribe();
        while !self.is_silent(place) {
            if changes.changed().await.is_err() {
                // The sender is in `self`, so it is there as long as somebody waits.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Takes note that a call is made.
    pub(crate) fn asks(&self, place: &str) {
        let mut heard = self.heard();
        if !heard.contains_key(place) {
            heard.insert(place.into(), Heard { asked: Instant::now(), answered: None, failed: 0, silent: false });
        }
    }

    /// Takes note of how a call ended.
    pub(crate) fn ended(&self, place: &str, error: Option<&CloudError>) {
        if let Some(heard) = self.heard().get_mut(place) {
            match error {
                Some(error) if error.class == ErrorClass::Transient => heard.failed += 1,
                _ => heard.answered = Some(Instant::now()),
            }
        }
    }

    /// What to do about a call that failed on the way.
    pub(crate) fn judge(&self, place: &str) -> Verdict {
        let all = self.heard();
        let Some(heard) = all.get(place) else { return Verdict::There };
        let passed = heard.asked.elapsed();
        match (heard.silent, heard.answered) {
            (true, _) => Verdict::Silent,
            (false, Some(_)) => Verdict::There,
            (false, None) if passed < FIRST_WORD => Verdict::Within(FIRST_WORD - passed),
            (false, None) if heard.failed < FAILED => Verdict::Within(FIRST_WORD),
            (false, None) => Verdict::Doubtful,
        }
    }

    /// Whether nothing was heard of a place for so long that a call which failed for good makes it doubtful.
    pub(crate) fn is_quiet(&self, place: &str) -> bool {
        let all = self.heard();
        all.get(place).is_some_and(|heard| heard.answered.is_none_or(|at| at.elapsed() >= QUIET))
    }

    /// Asks a doubtful place for a sign of life, one after another. Says whether there is none.
    pub(crate) async fn stays_silent(&self, cloud: &dyn Cloud, place: &str) -> bool {
        let _turn = self.turn.lock().await;
        if self.is_silent(place) || !self.is_quiet(place) {
            return self.is_silent(place);
        }
        let sign = cloud.reach(place).await;
        self.ended(place, sign.as_ref().err());
        if !sign.is_err_and(|error| error.class == ErrorClass::Transient) {
            return false;
        }
        if let Some(heard) = self.heard().get_mut(place) {
            heard.silent = true;
        }
        self.silent.send_modify(|count| *count += 1);
        true
    }

    fn heard(&self) -> MutexGuard<'_, BTreeMap<Str, Heard>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

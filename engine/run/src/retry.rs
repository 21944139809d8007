//! Retrying: how often, how long, and when to give up.
//!
//! Each class of error has a budget of waiting time for an operation. Delays grow exponentially with the failures of one
//! call and carry some jitter, so that many steps that failed together do not come back together. The jitter is derived
//! from the operation, which makes a run repeatable. What is retried is always the same call with the same token.

use std::time::Duration;

use dr_core::cloud::{CloudError, ErrorClass};

/// How a class of errors is retried.
#[derive(Debug, Clone, Copy)]
struct Budget {
    /// The first delay.
    first: Duration,
    /// The longest delay.
    longest: Duration,
    /// How long to wait in total before giving up.
    total: Duration,
}

const fn budget(first_ms: u64, longest_s: u64, total_s: u64) -> Budget {
    Budget {
        first: Duration::from_millis(first_ms),
        longest: Duration::from_secs(longest_s),
        total: Duration::from_secs(total_s),
    }
}

/// The budget of a class; `None` for errors that trying again does not cure.
fn budget_of(class: ErrorClass) -> Option<(usize, Budget)> {
    match class {
        ErrorClass::Throttled => Some((0, budget(250, 20, 15 * 60))),
        ErrorClass::Transient => Some((1, budget(250, 10, 3 * 60))),
        ErrorClass::NotYetConsistent => Some((2, budget(500, 5, 5 * 60))),
        // Network interfaces of functions keep subnets and security groups for up to three quarters of an hour.
        ErrorClass::Conflict => Some((3, budget(1000, 15, 60 * 60))),
        ErrorClass::Denied | ErrorClass::Invalid | ErrorClass::Gone | ErrorClass::Exists => None,
    }
}

/// What a call that only looks may wait in total for something that fails on the way: somebody waits for a plan, and
/// giving up loses nothing.
const LOOKING: Duration = Duration::from_secs(20);

/// The retries of one operation.
#[derive(Debug, Clone)]
pub struct Retry {
    /// What failures of each class may cost at most, when that is less than usual.
    most: [Duration; 4],
    seed: u32,
    failed: u32,
    tries: [u32; 4],
    spent: [Duration; 4],
}

impl Retry {
    /// No failures so far.
    pub fn new(op: &str) -> Retry {
        let seed = crc32fast::hash(op.as_bytes());
        Retry { most: [Duration::MAX; 4], seed, failed: 0, tries: [0; 4], spent: [Duration::ZERO; 4] }
    }

    /// No failures so far, of a call that only looks.
    pub fn looking(op: &str) -> Retry {
        let [throttled, _, not_yet, conflict] = [Duration::MAX; 4];
        Retry { most: [throttled, LOOKING, not_yet, conflict], ..Retry::new(op) }
    }

    /// No failures so far, of what is tried before a plan is made: what cannot be done soon is left to the plan, and
    /// what something else is in the way of is not waited for.
    pub fn brief(op: &str) -> Retry {
        Retry { most: [Duration::MAX, LOOKING, LOOKING, Duration::ZERO], ..Retry::new(op) }
    }

    /// No failures so far, of a question whose answer a plan can do without.
    pub fn asking(op: &str) -> Retry {
        let [throttled, transient] = [10, 1].map(Duration::from_secs);
        Retry { most: [throttled, transient, Duration::ZERO, Duration::ZERO], ..Retry::new(op) }
    }

    /// How many calls have failed.
    pub fn failed(&self) -> u32 {
        self.failed
    }

    /// Takes note of a failure. Returns how long to wait before the call may be made again, or `None` to give up.
    pub fn after(&mut self, error: &CloudError) -> Option<Duration> {
        self.failed += 1;
        let (class, budget) = budget_of(error.class)?;
        let total = budget.total.min(self.most[class]);
        if self.spent[class] >= total {
            return None;
        }
        let grown = budget.first.saturating_mul(1 << self.tries[class].min(16)).min(budget.longest);
        let delay = match error.retry_after {
            Some(asked) => asked.min(total) + grown.mul_f64(0.1 * self.jitter()),
            None => grown.mul_f64(0.5 + 0.5 * self.jitter()),
        };
        self.tries[class] += 1;
        self.spent[class] += delay;
        Some(delay)
    }

    /// A call went well: the next one that fails is made again soon. What was spent stays spent.
    pub fn went_well(&mut self) {
        self.tries = [0; 4];
    }

    /// Takes note of time that went by because of a failure, besides the delays.
    pub fn spend(&mut self, class: ErrorClass, time: Duration) {
        if let Some((class, _)) = budget_of(class) {
            self.spent[class] += time;
        }
    }

    /// From 0 to 1; the same for the same operation and failure.
    fn jitter(&self) -> f64 {
        let mut hash = crc32fast::Hasher::new_with_initial(self.seed);
        hash.update(&self.failed.to_le_bytes());
        f64::from(hash.finalize()) / f64::from(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(class: ErrorClass) -> CloudError {
        CloudError::new(class, "x:Y", "Z", "")
    }

    fn delays(op: &str, class: ErrorClass) -> Vec<Duration> {
        let mut retry = Retry::new(op);
        std::iter::from_fn(|| retry.after(&error(class))).collect()
    }

    #[test]
    fn budgets_end_and_delays_repeat_for_the_same_operation_only() {
        for (class, total) in [
            (ErrorClass::Throttled, 15 * 60),
            (ErrorClass::Transient, 3 * 60),
            (ErrorClass::NotYetConsistent, 5 * 60),
            (ErrorClass::Conflict, 60 * 60),
        ] {
            let waits = delays("a", class);
            assert_eq!(waits, delays("a", class));
            assert_ne!(waits, delays("b", class));
            let sum: Duration = waits.iter().sum();
            assert!((total..total + 30).contains(&sum.as_secs()), "{class:?}: {sum:?}");
            assert!(waits[0] < waits[waits.len() - 1]);
        }
        for class in [ErrorClass::Denied, ErrorClass::Invalid, ErrorClass::Gone, ErrorClass::Exists] {
            assert_eq!(delays("a", class), []);
        }
    }

    #[test]
    fn who_only_looks_gives_up_sooner() {
        let mut retry = Retry::looking("a");
        let waits: Vec<Duration> = std::iter::from_fn(|| retry.after(&error(ErrorClass::Transient))).collect();
        let sum: Duration = waits.iter().sum();
        assert!(sum >= LOOKING && sum < LOOKING * 2, "{sum:?}");
        let mut retry = Retry::looking("a");
        let waits: Vec<Duration> = std::iter::from_fn(|| retry.after(&error(ErrorClass::Throttled))).collect();
        assert_eq!(waits, delays("a", ErrorClass::Throttled));
    }

    #[test]
    fn what_is_tried_before_a_plan_waits_for_nothing_that_is_in_its_way() {
        assert_eq!(Retry::brief("a").after(&error(ErrorClass::Conflict)), None);
        for class in [ErrorClass::Transient, ErrorClass::NotYetConsistent] {
            let mut retry = Retry::brief("a");
            let sum: Duration = std::iter::from_fn(|| retry.after(&error(class))).sum();
            assert!(sum >= LOOKING && sum < LOOKING * 2, "{class:?}: {sum:?}");
        }
    }

    #[test]
    fn a_call_that_goes_well_makes_the_next_delays_short_and_gives_nothing_back() {
        let mut retry = Retry::new("a");
        let throttled = error(ErrorClass::Throttled);
        let waits: Vec<Duration> = (0..6).filter_map(|_| retry.after(&throttled)).collect();
        retry.went_well();
        let next = retry.after(&throttled).unwrap();
        assert!(next <= Duration::from_millis(250) && waits[5] > Duration::from_secs(3), "{next:?} after {waits:?}");
        let rest: Duration = std::iter::from_fn(|| retry.after(&throttled)).sum();
        let sum = waits.iter().sum::<Duration>() + next + rest;
        assert!((15 * 60..16 * 60).contains(&sum.as_secs()), "{sum:?}");
    }

    #[test]
    fn time_spent_otherwise_counts() {
        let mut retry = Retry::new("a");
        retry.spend(ErrorClass::Transient, Duration::from_secs(3 * 60));
        assert_eq!(retry.after(&error(ErrorClass::Transient)), None);
        assert!(retry.after(&error(ErrorClass::Throttled)).is_some());
        retry.spend(ErrorClass::Denied, Duration::from_secs(1));
    }

    #[test]
    fn the_service_says_how_long() {
        let asked = Duration::from_secs(30);
        let slow = CloudError { retry_after: Some(asked), ..error(ErrorClass::Throttled) };
        let delay = Retry::new("a").after(&slow).unwrap();
        assert!(delay >= asked && delay < asked + Duration::from_secs(1), "{delay:?}");
    }

    #[test]
    fn classes_have_budgets_of_their_own() {
        let mut retry = Retry::new("a");
        while retry.after(&error(ErrorClass::Transient)).is_some() {}
        assert!(retry.after(&error(ErrorClass::Conflict)).is_some());
    }
}

//! The gate: how many calls are made at once, and how fast.
//!
//! Each service in each region has a lane of its own. A lane starts with a number of slots and no limit to their rate.
//! When the service says that there are too many calls, the lane lowers its slots and its rate by a part, down to a floor;
//! with every call that goes well it gets a fixed amount back. So a service that is called too often is called less, and
//! one that others call too often does not bring this run to a standstill. Over all lanes there may be a cap (`--parallel`). Who waits is let
//! in by urgency: the longest remaining path first. A slot is held for one call and never while waiting for anything
//! else.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dr_core::value::Str;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Calls at once to one service in one region, unless it throttles.
pub const SLOTS: usize = 32;
/// The slots that a lane keeps. A call that waits before the engine makes it again holds none.
const LEAST_SLOTS: f64 = 8.0;
/// Calls a second, once a service throttles.
const FIRST_RATE: f64 = 20.0;
/// The rate that a lane keeps, in calls a second.
const LEAST_RATE: f64 = 2.0;
/// A rate above this is none.
const ANY_RATE: f64 = 40.0;
/// What a throttled call leaves of rate and slots.
const LESS: f64 = 0.7;
/// What a request leaves that was throttled within its call, and made again there after a wait of its own. A call is made of
/// several: with what a throttled call costs, a service that others call too often would bring the lane down to its floor.
const LESS_WITHIN: f64 = 0.95;
/// What a call that goes well adds to the rate.
const MORE: f64 = 1.0;
/// Calls that were made together fail together: only the first of them within this time slows the lane down.
const SAME_BURST: Duration = Duration::from_millis(200);

/// Call slots. Cloning gives another handle to the same.
#[derive(Debug, Clone)]
pub struct Gate(Arc<Mutex<GateState>>);

#[derive(Debug)]
struct GateState {
    cap: usize,
    in_flight: usize,
    /// The number of each lane, by service and region.
    numbers: BTreeMap<&'static str, BTreeMap<Str, usize>>,
    lanes: Vec<Lane>,
    /// Counts those who wait, so that equals are served in order.
    arrivals: u64,
}

#[derive(Debug)]
struct Lane {
    in_flight: usize,
    /// How many calls at once; a fraction, because recovery is slow.
    slots: f64,
    /// How many calls a second, if that is limited.
    rate: Option<f64>,
    /// When the next call may start.
    next: Option<Instant>,
    slowed: Option<Instant>,
    waiting: BinaryHeap<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    urgency: Duration,
    arrival: Reverse<u64>,
    sender: oneshot::Sender<Signal>,
}

/// What somebody who waits is told.
#[derive(Debug)]
enum Signal {
    /// Come in.
    Enter(Slot),
    /// Look again.
    Look,
}

impl PartialEq for Waiter {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}
impl Eq for Waiter {}
impl PartialOrd for Waiter {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Waiter {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.urgency, self.arrival).cmp(&(other.urgency, other.arrival))
    }
}

/// The right to make one call. Given back when dropped.
#[derive(Debug)]
pub struct Slot {
    gate: Gate,
    lane: usize,
    held: bool,
}

/// Whether a lane lets somebody in.
enum Admission {
    Free,
    Full,
    NotBefore(Instant),
}

impl Gate {
    /// A gate with a cap over all services, or none.
    pub fn new(parallel: Option<usize>) -> Gate {
        Gate(Arc::new(Mutex::new(GateState {
            cap: parallel.unwrap_or(usize::MAX).max(1),
            in_flight: 0,
            numbers: BTreeMap::new(),
            lanes: Vec::new(),
            arrivals: 0,
        })))
    }

    fn state(&self) -> MutexGuard<'_, GateState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a slot.
    pub async fn enter(&self, service: &'static str, region: Option<&str>, urgency: Duration) -> Slot {
        let mut arrival = None;
        loop {
            let (receiver, until) = {
                let mut state = self.state();
                let lane = state.lane(service, region.unwrap_or(""));
                // Whoever comes while others wait takes the queue, unless the queue itself sent it to look.
                let entry = match (arrival, state.lanes[lane].waiting.is_empty()) {
                    (None, false) => Admission::Full,
                    _ => state.entry(lane),
                };
                let until = match entry {
                    Admission::Free => {
                        state.occupy(lane);
                        return Slot { gate: self.clone(), lane, held: true };
                    }
                    Admission::NotBefore(until) => Some(until),
                    Admission::Full => None,
                };
                let arrived = *arrival.get_or_insert(state.arrivals);
                state.arrivals += 1;
                let (sender, receiver) = oneshot::channel();
                state.lanes[lane].waiting.push(Waiter { urgency, arrival: Reverse(arrived), sender });
                (receiver, until)
            };
            let signal = match until {
                None => receiver.await,
                Some(until) => {
                    tokio::select! {
                        signal = receiver => signal,
                        () = tokio::time::sleep_until(until) => {
                            // The time has come for whoever is first in the lane; that may be this one.
                            self.admit();
                            continue;
                        }
                    }
                }
            };
            if let Ok(Signal::Enter(slot)) = signal {
                return slot;
            }
        }
    }

    /// A service said that there are too many calls, of a request that was made again within its call.
    pub(crate) fn throttled(&self, service: &str, region: Option<&str>) {
        let mut state = self.state();
        let lane = state.numbers.get(service).and_then(|regions| regions.get(region.unwrap_or("")).copied());
        if let Some(lane) = lane {
            state.lanes[lane].slow_down(LESS_WITHIN, None);
        }
    }

    /// Lets in whoever can come in.
    fn admit(&self) {
        let mut state = self.state();
        for lane in 0..state.lanes.len() {
            self.admit_to(&mut state, lane);
        }
    }

    fn admit_to(&self, state: &mut GateState, lane: usize) {
        while !state.lanes[lane].waiting.is_empty() {
            let entry = state.entry(lane);
            if matches!(entry, Admission::Full) {
                return;
            }
            let Some(waiter) = state.lanes[lane].waiting.pop() else { return };
            if waiter.sender.is_closed() {
                continue;
            }
            if matches!(entry, Admission::NotBefore(_)) {
                // It must set itself a clock.
                if waiter.sender.send(Signal::Look).is_ok() {
                    return;
                }
                continue;
            }
            state.occupy(lane);
            if let Err(Signal::Enter(mut slot)) =
                waiter.sender.send(Signal::Enter(Slot { gate: self.clone(), lane, held: true }))
            {
                slot.held = false;
                state.leave(lane);
            }
        }
    }
}

impl GateState {
    fn lane(&mut self, service: &'static str, region: &str) -> usize {
        if let Some(&number) = self.numbers.get(service).and_then(|regions| regions.get(region)) {
            return number;
        }
        let number = self.lanes.len();
        self.numbers.entry(service).or_default().insert(region.into(), number);
        self.lanes.push(Lane {
            in_flight: 0,
            slots: SLOTS as f64,
            rate: None,
            next: None,
            slowed: None,
            waiting: BinaryHeap::new(),
        });
        number
    }

    fn entry(&self, lane: usize) -> Admission {
        let lane = &self.lanes[lane];
        if self.in_flight >= self.cap || lane.in_flight as f64 + 1.0 > lane.slots {
            return Admission::Full;
        }
        match lane.next {
            Some(next) if next > Instant::now() => Admission::NotBefore(next),
            _ => Admission::Free,
        }
    }

    fn occupy(&mut self, lane: usize) {
        self.in_flight += 1;
        let lane = &mut self.lanes[lane];
        lane.in_flight += 1;
        lane.next = lane.pause().map(|pause| Instant::now() + pause);
    }

    fn leave(&mut self, lane: usize) {
        self.in_flight -= 1;
        self.lanes[lane].in_flight -= 1;
    }
}

impl Lane {
    /// Between the starts of two calls, if there is to be any time.
    fn pause(&self) -> Option<Duration> {
        self.rate.map(|rate| Duration::from_secs_f64(rate.recip()))
    }

    /// The service said that there are too many calls.
    fn slow_down(&mut self, less: f64, retry_after: Option<Duration>) {
        let now = Instant::now();
        if self.slowed.is_none_or(|at| now - at >= SAME_BURST) {
            self.slowed = Some(now);
            self.slots = (self.slots * less).max(LEAST_SLOTS);
            self.rate = Some(self.rate.map_or(FIRST_RATE, |rate| (rate * less).max(LEAST_RATE)));
        }
        let next = now + retry_after.or(self.pause()).unwrap_or_default();
        self.next = Some(self.next.map_or(next, |at| at.max(next)));
    }
}

impl Slot {
    /// The call went well: the lane recovers a little.
    pub fn went_well(self) {
        let mut state = self.gate.state();
        let lane = &mut state.lanes[self.lane];
        if lane.slots < SLOTS as f64 {
            lane.slots = (lane.slots + 1.0 / lane.slots).min(SLOTS as f64);
        }
        lane.rate = lane.rate.map(|rate| rate + MORE).filter(|rate| *rate < ANY_RATE);
    }

    /// The service said that there are too many calls: fewer at once, and slower. `retry_after` is what it asked for.
    pub fn throttled(self, retry_after: Option<Duration>) {
        self.gate.state().lanes[self.lane].slow_down(LESS, retry_after);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if !self.held {
            return;
        }
        let mut state = self.gate.state();
        state.leave(self.lane);
        if state.in_flight.saturating_add(1) >= state.cap {
            // The cap kept others out too. The most urgent of all lanes comes first.
            let mut order: Vec<(Reverse<Option<Duration>>, usize)> = state
                .lanes
                .iter()
                .enumerate()
                .map(|(i, lane)| (Reverse(lane.waiting.peek().map(|w| w.urgency)), i))
                .collect();
            order.sort_unstable();
            for (_, lane) in order {
                self.gate.admit_to(&mut state, lane);
            }
        } else {
            self.gate.admit_to(&mut state, self.lane);
        }
    }
}

//! The scheduler: which steps may run now, and in which order they are wanted.
//!
//! Pure: it holds no clock and starts nothing. A step is ready when everything it comes after is done; ready steps
//! come longest remaining path first, so that the critical path never waits behind something short. When a step
//! fails, what depends on it is skipped and nothing else.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::dag::Dag;

/// What the scheduler must know of a step. A step's number is its index.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Task {
    /// The steps that must be done first.
    pub after: Vec<usize>,
    /// For some of those, how long after their end they typically still stand in the way. It makes them more urgent and
    /// the whole longer; nobody waits for it: what is in the way may be gone sooner, and trying finds out.
    pub lags: Vec<(usize, Duration)>,
    /// How long it typically takes.
    pub cost: Duration,
}

impl Task {
    /// How long after its end a step that this one comes after still stands in its way.
    fn lag(&self, before: usize) -> Duration {
        self.lags.iter().find(|(step, _)| *step == before).map(|(_, lag)| *lag).unwrap_or_default()
    }
}

/// When each step can start at the earliest, when nothing limits how much runs at once.
///
/// # Errors
/// When steps wait for each other, or for one that is not there.
pub fn earliest(tasks: &[Task]) -> Result<Vec<Duration>, Cycle> {
    let (_, sorted) = ordered(tasks)?;
    let mut starts = vec![Duration::ZERO; tasks.len()];
    for i in sorted {
        let task = &tasks[i];
        let ends = task.after.iter().map(|&before| starts[before] + tasks[before].cost + task.lag(before));
        starts[i] = ends.max().unwrap_or_default();
    }
    Ok(starts)
}

/// Who waits for whom, and an order that respects it.
fn ordered(tasks: &[Task]) -> Result<(Dag, Vec<usize>), Cycle> {
    let dag = Dag::new(tasks.iter().map(|t| &*t.after)).map_err(|e| Cycle(vec![e.by, e.number]))?;
    let order = dag.order(|i| &tasks[i].after);
    match order.cycle {
        Some(mut cycle) => {
            // In the order in which they would have to be done.
            cycle.reverse();
            Err(Cycle(cycle))
        }
        None => Ok((dag, order.sorted)),
    }
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepEnd {
    /// Well.
    Done(usize),
    /// Not well.
    Failed(usize),
}

/// Steps that wait for each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("steps wait for each other: {0:?}")]
pub struct Cycle(pub Vec<usize>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StepState {
    Waiting,
    Offered,
    Done,
    Failed,
    Skipped,
}

/// The scheduler of one run.
#[derive(Debug)]
pub struct Scheduler {
    /// Who comes after each step.
    followers: Vec<Vec<usize>>,
    /// How many of the steps before are not done.
    missing: Vec<usize>,
    /// The longest path from the start of each step to the end of the run.
    remaining: Vec<Duration>,
    state: Vec<StepState>,
    ready: BinaryHeap<(Duration, Reverse<usize>)>,
    unfinished: usize,
}

impl Scheduler {
    /// A scheduler for these steps.
    ///
    /// # Errors
    /// When steps wait for each other, or for one that is not there.
    pub fn new(tasks: &[Task]) -> Result<Scheduler, Cycle> {
        let count = tasks.len();
        let (Dag { followers, missing }, sorted) = ordered(tasks)?;
        let mut remaining = vec![Duration::ZERO; count];
        for &i in sorted.iter().rev() {
            let longest = followers[i].iter().map(|&f| remaining[f] + tasks[f].lag(i)).max().unwrap_or_default();
            remaining[i] = tasks[i].cost + longest;
        }
        let ready = (0..count).filter(|&i| missing[i] == 0).map(|i| (remaining[i], Reverse(i))).collect();
        Ok(Scheduler {
            followers,
            missing,
            remaining,
            state: vec![StepState::Waiting; count],
            ready,
            unfinished: count,
        })
    }

    /// The most urgent step that is ready and was not offered yet.
    pub fn ready(&mut self) -> Option<usize> {
        let (_, Reverse(step)) = self.ready.pop()?;
        self.state[step] = StepState::Offered;
        Some(step)
    }

    /// Takes note of how a step ended. Returns the steps that are skipped because of it, in order.
    ///
    /// An event for a step that was not offered, or that has ended, changes nothing.
    pub fn on(&mut self, event: StepEnd) -> Vec<usize> {
        let (StepEnd::Done(step) | StepEnd::Failed(step)) = event;
        if self.state.get(step) != Some(&StepState::Offered) {
            return Vec::new();
        }
        self.unfinished -= 1;
        match event {
            StepEnd::Done(step) => {
                self.state[step] = StepState::Done;
                for i in 0..self.followers[step].len() {
                    let follower = self.followers[step][i];
                    self.missing[follower] -= 1;
                    if self.missing[follower] == 0 && self.state[follower] == StepState::Waiting {
                        self.ready.push((self.remaining[follower], Reverse(follower)));
                    }
                }
                Vec::new()
            }
            StepEnd::Failed(step) => {
                self.state[step] = StepState::Failed;
                self.skip_followers(step)
            }
        }
    }

    fn skip_followers(&mut self, step: usize) -> Vec<usize> {
        let mut skipped = Vec::new();
        let mut stack = vec![step];
        while let Some(i) = stack.pop() {
            for &f in &self.followers[i] {
                if self.state[f] == StepState::Waiting {
                    self.state[f] = StepState::Skipped;
                    self.unfinished -= 1;
                    skipped.push(f);
                    stack.push(f);
                }
            }
        }
        skipped.sort_unstable();
        skipped
    }

    /// Whether every step has ended or was skipped.
    pub fn is_finished(&self) -> bool {
        self.unfinished == 0
    }

    /// How urgent a step is: the longest path from its start to the end of the run.
    pub fn remaining(&self, step: usize) -> Duration {
        self.remaining.get(step).copied().unwrap_or_default()
    }

    /// The least time that any schedule needs, when nothing limits how much runs at once.
    pub fn critical_path(&self) -> Duration {
        self.remaining.iter().max().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(cost: u64, after: &[usize]) -> Task {
        Task { after: after.to_vec(), cost: Duration::from_secs(cost), lags: Vec::new() }
    }

    #[test]
    fn the_longest_path_comes_first() {
        // 0 is short with nothing behind it; 1 starts the critical path.
        let mut s = Scheduler::new(&[task(5, &[]), task(1, &[]), task(9, &[1])]).unwrap();
        assert_eq!(s.critical_path(), Duration::from_secs(10));
        assert_eq!((s.ready(), s.ready(), s.ready()), (Some(1), Some(0), None));
        s.on(StepEnd::Done(1));
        assert_eq!(s.ready(), Some(2));
    }

    #[test]
    fn what_still_stands_in_the_way_makes_urgent_and_long_and_holds_nobody() {
        // 1 is over soon, but 3 can typically not be done until 20 seconds later.
        let held = Task { lags: vec![(1, Duration::from_secs(20))], ..task(1, &[0, 1]) };
        let tasks = [task(9, &[]), task(2, &[]), held, task(1, &[2])];
        let mut s = Scheduler::new(&tasks).unwrap();
        assert_eq!(s.critical_path(), Duration::from_secs(2 + 20 + 1 + 1));
        let starts: Vec<u64> = earliest(&tasks).unwrap().iter().map(Duration::as_secs).collect();
        assert_eq!(starts, [0, 0, 22, 23]);
        assert_eq!((s.ready(), s.ready(), s.ready()), (Some(1), Some(0), None));
        s.on(StepEnd::Done(1));
        s.on(StepEnd::Done(0));
        assert_eq!(s.ready(), Some(2), "it may be gone sooner");
        assert!(earliest(&[task(1, &[1]), task(1, &[0])]).is_err());
    }

    #[test]
    fn a_failure_stops_what_depends_on_it_and_nothing_else() {
        let mut s = Scheduler::new(&[task(1, &[]), task(1, &[0]), task(1, &[1]), task(1, &[])]).unwrap();
        s.ready();
        s.ready();
        assert_eq!(s.on(StepEnd::Failed(0)), [1, 2]);
        assert!(!s.is_finished());
        assert_eq!(s.on(StepEnd::Done(3)), [0usize; 0]);
        assert!(s.is_finished());
    }

    #[test]
    fn cycles_and_strangers_are_refused() {
        assert_eq!(Scheduler::new(&[task(1, &[1]), task(1, &[0])]).unwrap_err(), Cycle(vec![1, 0]));
        assert!(Scheduler::new(&[task(1, &[7])]).is_err());
    }

    #[test]
    fn events_out_of_order_change_nothing() {
        let mut s = Scheduler::new(&[task(1, &[]), task(1, &[0])]).unwrap();
        s.on(StepEnd::Done(1));
        assert_eq!(s.ready(), Some(0));
        s.on(StepEnd::Done(0));
        s.on(StepEnd::Done(0));
        assert_eq!((s.ready(), s.ready()), (Some(1), None));
    }

    #[test]
    fn who_waits_for_two_waits_for_both() {
        let mut s = Scheduler::new(&[task(1, &[]), task(1, &[]), task(1, &[0, 1])]).unwrap();
        assert_eq!((s.ready(), s.ready(), s.ready()), (Some(0), Some(1), None));
        s.on(StepEnd::Done(0));
        assert_eq!(s.ready(), None);
        s.on(StepEnd::Done(1));
        assert_eq!(s.ready(), Some(2));
    }

    #[test]
    fn whoever_fails_takes_along_what_waits_for_somebody_else_too() {
        let mut s = Scheduler::new(&[task(1, &[]), task(1, &[]), task(1, &[0, 1]), task(1, &[2])]).unwrap();
        assert_eq!((s.ready(), s.ready()), (Some(0), Some(1)));
        assert_eq!(s.on(StepEnd::Failed(0)), [2, 3]);
        // What is skipped does not start, and is skipped once.
        assert_eq!(s.on(StepEnd::Done(1)), [0usize; 0]);
        assert_eq!(s.ready(), None);
        assert!(s.is_finished());
        let mut both = Scheduler::new(&[task(1, &[]), task(1, &[]), task(1, &[0, 1])]).unwrap();
        assert_eq!((both.ready(), both.ready()), (Some(0), Some(1)));
        assert_eq!((both.on(StepEnd::Failed(1)), both.on(StepEnd::Failed(0))), (vec![2], vec![]));
    }

    #[test]
    fn the_rest_of_a_path_counts_from_its_step() {
        let s = Scheduler::new(&[task(3, &[]), task(2, &[0]), task(7, &[0]), task(1, &[1, 2])]).unwrap();
        let seconds: Vec<u64> = (0..5).map(|step| s.remaining(step).as_secs()).collect();
        assert_eq!(seconds, [11, 3, 8, 1, 0], "a step that is not there is not urgent");
        assert_eq!(s.critical_path(), Duration::from_secs(11));
        let nothing = Scheduler::new(&[]).unwrap();
        assert!(nothing.is_finished() && nothing.critical_path().is_zero());
    }
}

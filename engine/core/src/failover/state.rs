//! What a state keeps of recovery: what the last apply has computed, which side is active, and how far a failover is.
//!
//! Each step is written down before its first call and when it is done. What may follow what is decided here, in
//! [`RecoveryState::take`], before anything is written; so whoever reads the state after a kill knows which steps are
//! done, and which one may be.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::failover::drill::{self, PastDrill};
use crate::failover::plan::{FailoverManner, RecoveryPlan};
use crate::recovery::report::Recovery;
use crate::value::Str;

/// What a state keeps of recovery. Times are seconds since 1970, by the clock of whoever ran the command.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct RecoveryState {
    /// What the last apply has computed; `None` where everything is in one region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<Recovery>,
    /// The side that is active since a failover; `None` where there was none: then it is the primary one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<ActiveSide>,
    /// The last failover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<FailoverRun>,
    /// The drills, the last one last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drills: Vec<PastDrill>,
}

/// The side that is active since a failover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActiveSide {
    /// Its region.
    pub region: Str,
    /// Since when.
    pub since: u64,
    /// Who made it so, in words.
    pub by: Str,
    /// How.
    pub manner: FailoverManner,
}

/// A failover that was begun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailoverRun {
    /// What it does.
    pub plan: RecoveryPlan,
    /// When it began.
    pub began: u64,
    /// Who began it, in words.
    pub by: Str,
    /// How far each step is.
    pub steps: Vec<StepProgress>,
    /// How it ended; `None` when it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<FailoverEnd>,
}

/// How far a step of a failover is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepProgress {
    /// It was not begun.
    Waiting,
    /// Its call may have been made.
    Begun,
    /// It is done.
    Done {
        /// How long it took, in milliseconds.
        took_ms: u64,
        /// Whether everything was as it should be, so that no call was made.
        already: bool,
    },
}

/// How a failover ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailoverEnd {
    /// Every step is done.
    Done {
        /// When.
        at: u64,
    },
    /// Another failover was begun in its place.
    GivenUp {
        /// When.
        at: u64,
    },
}

/// What happens to a failover.
#[derive(Debug, Clone, PartialEq)]
pub enum FailoverEvent {
    /// One begins. Another one that has not ended is given up.
    Began {
        /// What it does.
        plan: Box<RecoveryPlan>,
        /// When.
        at: u64,
        /// Who begins it, in words.
        by: Str,
    },
    /// A step is about to make its first call, or to make it once more.
    StepBegan {
        /// The number of the step.
        step: usize,
    },
    /// A step is done.
    StepDone {
        /// The number of the step.
        step: usize,
        /// How long it took, in milliseconds.
        took_ms: u64,
        /// Whether everything was as it should be.
        already: bool,
    },
    /// All steps are done.
    Ended {
        /// When.
        at: u64,
    },
}

/// What must not be written about a failover.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FailoverOrder {
    /// Nothing was begun.
    #[error("no failover was begun")]
    NotBegun,
    /// There is no such step.
    #[error("the failover has no step {0}")]
    NoStep(usize),
    /// An earlier step is not done.
    #[error("step {step} of the failover comes after step {open}, which is not done")]
    TooSoon {
        /// The step.
        step: usize,
        /// The earlier one.
        open: usize,
    },
    /// It was not begun, or it is done.
    #[error("step {0} of the failover is not under way")]
    NotUnderWay(usize),
}

impl RecoveryState {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        *self == RecoveryState::default()
    }

    /// Keeps a drill, and the last of those before it.
    pub fn keep_drill(&mut self, drill: PastDrill) {
        self.drills.push(drill);
        self.drills.drain(..self.drills.len().saturating_sub(drill::KEPT));
    }

    /// A failover that was begun and has not come to its end.
    pub fn unfinished(&self) -> Option<&FailoverRun> {
        self.run.as_ref().filter(|run| run.end.is_none())
    }

    /// Takes an event.
    ///
    /// # Errors
    /// When it does not follow from what is there. Then nothing has changed.
    pub fn take(&mut self, event: FailoverEvent) -> Result<(), FailoverOrder> {
        match event {
            FailoverEvent::Began { plan, at, by } => {
                let steps = vec![StepProgress::Waiting; plan.steps.len()];
                self.run = Some(FailoverRun { plan: *plan, began: at, by, steps, end: None });
            }
            FailoverEvent::StepBegan { step } => {
                let progress = self.open_step(step)?;
                match progress {
                    StepProgress::Done { .. } => return Err(FailoverOrder::NotUnderWay(step)),
                    StepProgress::Waiting | StepProgress::Begun => *progress = StepProgress::Begun,
                }
            }
            FailoverEvent::StepDone { step, took_ms, already } => {
                let progress = self.open_step(step)?;
                match progress {
                    StepProgress::Begun => *progress = StepProgress::Done { took_ms, already },
                    StepProgress::Waiting | StepProgress::Done { .. } => return Err(FailoverOrder::NotUnderWay(step)),
                }
            }
            FailoverEvent::Ended { at } => {
                let run = self.run.as_mut().filter(|run| run.end.is_none()).ok_or(FailoverOrder::NotBegun)?;
                if let Some(open) = run.next() {
                    return Err(FailoverOrder::TooSoon { step: run.steps.len(), open });
                }
                run.end = Some(FailoverEnd::Done { at });
                let (region, manner) = (run.plan.to.clone(), run.plan.manner);
                // Whoever makes the rest of it so has not made it active.
                if self.active.as_ref().is_none_or(|active| active.region != region) {
                    self.active = Some(ActiveSide { region, since: at, by: run.by.clone(), manner });
                }
            }
        }
        Ok(())
    }

    /// Gives resources the addresses that they have from now on. Returns whether anything is called otherwise.
    pub fn rename(&mut self, new: &dyn Fn(&Address) -> Option<Address>) -> bool {
        let mut all: Vec<&mut Address> = Vec::new();
        if let Some(computed) = &mut self.computed {
            all.extend(computed.traffic.iter_mut().chain(&mut computed.stores).map(|part| &mut part.address));
        }
        if let Some(run) = &mut self.run {
            all.extend(run.plan.addresses_mut());
        }
        let renamed = all.into_iter().filter_map(|address| Some((new(address)?, address)));
        renamed.map(|(new, address)| *address = new).count() > 0
    }

    /// A step whose turn it is, in a failover that has not ended.
    fn open_step(&mut self, step: usize) -> Result<&mut StepProgress, FailoverOrder> {
        let run = self.run.as_mut().filter(|run| run.end.is_none()).ok_or(FailoverOrder::NotBegun)?;
        if let Some(open) = run.next().filter(|open| *open < step && step < run.steps.len()) {
            return Err(FailoverOrder::TooSoon { step, open });
        }
        run.steps.get_mut(step).ok_or(FailoverOrder::NoStep(step))
    }
}

impl FailoverRun {
    /// The first step that is not done.
    pub fn next(&self) -> Option<usize> {
        self.steps.iter().position(|step| !matches!(step, StepProgress::Done { .. }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failover::plan::{FORMAT, RecoveryAct, RecoveryStep};
    use crate::recovery::figure::Figure;

    fn plan(to: &str, steps: usize) -> Box<RecoveryPlan> {
        let step = |number: usize| RecoveryStep {
            name: format!("step {number}"),
            act: RecoveryAct::Approve { question: "?".into() },
            why: String::new(),
            needs: Vec::new(),
            time: Figure::ZERO,
        };
        let (from, manner, steps) = ("east".into(), FailoverManner::Planned, (0..steps).map(step).collect());
        Box::new(RecoveryPlan { format: FORMAT, from, to: to.into(), manner, steps, losses: vec![], notes: vec![] })
    }

    fn began(to: &str, at: u64) -> FailoverEvent {
        FailoverEvent::Began { plan: plan(to, 2), at, by: "anna".into() }
    }

    fn done(step: usize) -> FailoverEvent {
        FailoverEvent::StepDone { step, took_ms: 7, already: false }
    }

    #[test]
    fn steps_are_begun_and_done_in_their_order() {
        use FailoverEvent::{Ended, StepBegan};
        // What was taken so far, what comes next, and why it must not.
        let all: Vec<(Vec<FailoverEvent>, FailoverEvent, Option<FailoverOrder>)> = vec![
            (vec![], StepBegan { step: 0 }, Some(FailoverOrder::NotBegun)),
            (vec![], Ended { at: 1 }, Some(FailoverOrder::NotBegun)),
            (vec![began("west", 1)], StepBegan { step: 0 }, None),
            (vec![began("west", 1)], StepBegan { step: 1 }, Some(FailoverOrder::TooSoon { step: 1, open: 0 })),
            (vec![began("west", 1)], StepBegan { step: 2 }, Some(FailoverOrder::NoStep(2))),
            (vec![began("west", 1)], done(0), Some(FailoverOrder::NotUnderWay(0))),
            (vec![began("west", 1)], Ended { at: 2 }, Some(FailoverOrder::TooSoon { step: 2, open: 0 })),
            (vec![began("west", 1), StepBegan { step: 0 }], StepBegan { step: 0 }, None),
            (vec![began("west", 1), StepBegan { step: 0 }], done(0), None),
            (vec![began("west", 1), StepBegan { step: 0 }, done(0)], done(0), Some(FailoverOrder::NotUnderWay(0))),
            (
                vec![began("west", 1), StepBegan { step: 0 }, done(0)],
                StepBegan { step: 0 },
                Some(FailoverOrder::NotUnderWay(0)),
            ),
            (vec![began("west", 1), StepBegan { step: 0 }, done(0)], StepBegan { step: 1 }, None),
        ];
        for (before, event, refused) in all {
            let mut state = RecoveryState::default();
            before.iter().for_each(|event| state.take(event.clone()).unwrap());
            let was = state.clone();
            assert_eq!(state.take(event.clone()).err(), refused, "{event:?}");
            assert_eq!(
                state == was,
                refused.is_some()
                    || was
                        .run
                        .as_ref()
                        .is_some_and(|run| { event == StepBegan { step: 0 } && run.steps[0] == StepProgress::Begun })
            );
        }
    }

    #[test]
    fn who_made_a_side_active_stays_told_until_another_one_is() {
        let mut state = RecoveryState::default();
        let mut all = |to: &str, at: u64| {
            state.take(began(to, at)).unwrap();
            assert!(state.unfinished().is_some());
            for step in 0..2 {
                state.take(FailoverEvent::StepBegan { step }).unwrap();
                state.take(done(step)).unwrap();
            }
            state.take(FailoverEvent::Ended { at }).unwrap();
            assert!(state.unfinished().is_none());
            assert_eq!(state.take(FailoverEvent::StepBegan { step: 0 }), Err(FailoverOrder::NotBegun));
            state.active.clone().map(|active| (active.region.to_string(), active.since))
        };
        assert_eq!(all("west", 10), Some(("west".into(), 10)));
        assert_eq!(all("west", 20), Some(("west".into(), 10)));
        assert_eq!(all("east", 30), Some(("east".into(), 30)));
    }

    #[test]
    fn another_failover_takes_the_place_of_one_that_was_not_ended() {
        let mut state = RecoveryState::default();
        state.take(began("west", 1)).unwrap();
        state.take(FailoverEvent::StepBegan { step: 0 }).unwrap();
        state.take(began("east", 2)).unwrap();
        let run = state.unfinished().unwrap();
        assert_eq!((&*run.plan.to, run.next()), ("east", Some(0)));
        assert_eq!(state.active, None);
    }

    #[test]
    fn a_state_is_read_as_it_was_written() {
        let mut state = RecoveryState::default();
        state.take(began("west", 1)).unwrap();
        state.take(FailoverEvent::StepBegan { step: 0 }).unwrap();
        state.take(done(0)).unwrap();
        let text = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<RecoveryState>(&text).unwrap(), state);
    }
}

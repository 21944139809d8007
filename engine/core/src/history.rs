//! Histories: the runs of plans and the failovers that changed a stack, or tried to, as long as they are kept.
//!
//! A run is written down before its first call, and again when it ends. One that was killed has no end.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::failover::plan::FailoverManner;
use crate::plan::Counts;
use crate::value::Str;

/// How many runs are kept.
pub const KEPT: usize = 50;

/// A run of a plan, or a failover.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastRun {
    /// Whether everything was to go.
    pub destroy: bool,
    /// What a failover was to do; `None` for a run of a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub takeover: Option<PastTakeover>,
    /// When it began: seconds since 1970, by the clock of whoever ran it.
    pub began: u64,
    /// Who ran it, in words: a person and a machine, or the run of a pipeline.
    pub by: Str,
    /// The folder of the project from which it was run.
    pub from: Str,
    /// What the plan was to do.
    pub counts: Counts,
    /// The plan as it was shown, without colours. Secrets are not in it.
    pub plan: Str,
    /// How it ended; `None` when it was killed, or is at work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<RunEnd>,
}

/// What a failover was to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastTakeover {
    /// The region that was left.
    pub from: Str,
    /// The region that was to take over.
    pub to: Str,
    /// How.
    pub manner: FailoverManner,
    /// Whether it was a failback.
    pub is_failback: bool,
    /// The loss that was agreed to, in words; `None` where nothing is lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agreed_loss: Option<Str>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEnd {
    /// What became of it.
    pub result: RunResult,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// How many steps were done.
    pub done: usize,
    /// The steps that failed: addresses, or the name of a failover's step, with what went wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<(Str, Str)>,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunResult {
    /// All of it is done.
    Done,
    /// All is done but what waits for a region.
    Deferred,
    /// A step failed.
    Failed,
    /// Somebody stopped it.
    Interrupted,
}

/// The runs that are kept, by their number. Numbers are never given again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History {
    runs: BTreeMap<u64, Arc<PastRun>>,
}

impl History {
    /// A run begins. Returns its number and those of the runs that are not kept any more.
    pub fn begin(&mut self, run: PastRun) -> (u64, Vec<u64>) {
        let number = self.runs.last_key_value().map_or(0, |(number, _)| *number) + 1;
        self.runs.insert(number, Arc::new(run));
        let many = self.runs.len().saturating_sub(KEPT);
        let gone: Vec<u64> = self.runs.keys().copied().take(many).collect();
        gone.iter().for_each(|number| drop(self.runs.remove(number)));
        (number, gone)
    }

    /// The last run ends. Returns its number; `None` when none is open.
    pub fn end(&mut self, end: RunEnd) -> Option<u64> {
        let (number, run) = self.runs.iter_mut().next_back().filter(|(_, run)| run.end.is_none())?;
        Arc::make_mut(run).end = Some(end);
        Some(*number)
    }

    /// A run that was read.
    pub fn insert(&mut self, number: u64, run: PastRun) {
        self.runs.insert(number, Arc::new(run));
    }

    /// The run with a number.
    pub fn get(&self, number: u64) -> Option<&Arc<PastRun>> {
        self.runs.get(&number)
    }

    /// The runs, the first one first.
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = (u64, &PastRun)> {
        self.runs.iter().map(|(number, run)| (*number, &**run))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(began: u64) -> PastRun {
        let (by, from, plan) = ("anna@laptop".into(), "/p".into(), "".into());
        PastRun { destroy: false, takeover: None, began, by, from, counts: Counts::default(), plan, end: None }
    }

    #[test]
    fn the_last_runs_are_kept_and_numbers_go_on() {
        let mut history = History::default();
        let end = RunEnd { result: RunResult::Done, took_ms: 1, done: 1, failed: Vec::new() };
        assert_eq!(history.end(end.clone()), None);
        for began in 1..=KEPT as u64 {
            assert_eq!(history.begin(run(began)), (began, vec![]));
        }
        assert_eq!(history.end(end.clone()), Some(KEPT as u64));
        assert_eq!(history.end(end), None, "it has ended");
        assert_eq!(history.begin(run(99)), (KEPT as u64 + 1, vec![1]));
        let kept: Vec<u64> = history.runs().map(|(number, _)| number).collect();
        assert_eq!((kept.len(), kept[0]), (KEPT, 2));
        assert!(history.get(1).is_none() && history.get(2).is_some_and(|run| run.end.is_none()));
    }
}

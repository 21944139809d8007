//! Lanes: the ready steps of each service and region, the most urgent first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use dr_core::plan::Plan;
use dr_core::schema::Kind;

/// Ready steps of one service and region.
pub(crate) struct ReadySteps {
    pub(crate) ready: BinaryHeap<(Duration, Reverse<usize>)>,
    /// Steps at work: begun, not ended, and not waiting.
    pub(crate) busy: Arc<AtomicUsize>,
}

/// The lanes of a plan, and the number of the lane that each step is in.
pub(crate) fn lanes(plan: &Plan, kinds: &[&'static Kind]) -> (Vec<ReadySteps>, Vec<usize>) {
    let mut numbers: BTreeMap<(&str, Option<&str>), usize> = BTreeMap::new();
    let mut lanes = Vec::new();
    let lane_of = plan.steps.iter().zip(kinds).map(|(step, kind)| {
        *numbers.entry((kind.service(), step.region.as_deref())).or_insert_with(|| {
            lanes.push(ReadySteps { ready: BinaryHeap::new(), busy: Arc::default() });
            lanes.len() - 1
        })
    });
    let lane_of = lane_of.collect();
    (lanes, lane_of)
}

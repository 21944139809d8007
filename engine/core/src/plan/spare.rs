//! Sparing: a plan that deletes everything but some resources, and whatever has to stay because of those.

use std::collections::BTreeSet;

use crate::address::Address;
use crate::plan::{Action, Plan, Step};

impl Plan {
    /// Takes the deletion of these resources out of the plan, and every step that comes after one of those: what a spared
    /// resource uses stays, too, as do what would take it along and what goes by the same call. Returns the steps that are left out.
    pub fn spare(&mut self, spared: &BTreeSet<Address>) -> Vec<Step> {
        let mut is_out: Vec<bool> =
            self.steps.iter().map(|s| s.action == Action::Delete && spared.contains(&s.address)).collect();
        loop {
            let out = || self.steps.iter().zip(&is_out).filter(|(_, is_out)| **is_out).map(|(step, _)| step);
            let takes_along: BTreeSet<Address> = out().filter_map(|step| step.implied_by.clone()).collect();
            let batches: BTreeSet<usize> = out().filter_map(|step| step.batch).collect();
            let stays = |step: &Step| {
                step.after.iter().any(|&before| is_out.get(before) == Some(&true))
                    || step.batch.is_some_and(|first| batches.contains(&first))
                    || (step.action == Action::Delete && takes_along.contains(&step.address))
            };
            let more: Vec<usize> = (0..self.steps.len()).filter(|&i| !is_out[i] && stays(&self.steps[i])).collect();
            if more.is_empty() {
                break;
            }
            more.into_iter().for_each(|i| is_out[i] = true);
        }
        let mut numbers = vec![None; self.steps.len()];
        (0..self.steps.len()).filter(|&i| !is_out[i]).enumerate().for_each(|(new, old)| numbers[old] = Some(new));
        let mut out = Vec::new();
        for (mut step, is_out) in std::mem::take(&mut self.steps).into_iter().zip(is_out) {
            if is_out {
                out.push(step);
                continue;
            }
            step.after = step.after.iter().filter_map(|&before| numbers[before]).collect();
            step.batch = step.batch.and_then(|first| numbers[first]);
            self.steps.push(step);
        }
        out
    }
}

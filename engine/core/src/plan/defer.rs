//! Deferring: which steps wait for a later plan because a region is away.
//!
//! A region is away when it does not answer, or when the plan is limited to others. A step waits when its own call goes
//! to such a region, when it needs something that a waiting step brings, when it goes into one call with a waiting step,
//! and when it is the deletion before a creation that waits. Whoever needs only what is recorded of a resource there runs. A later plan, made when the region is back,
//! finds what waited again: nothing of it is kept.
//!
//! A person may limit a plan to resources (`Aim`), or leave some out. What is not meant comes along as far as something that
//! is meant comes after it; what is left out takes with it whatever needs it.
//!
//! What belongs to no region is a place of its own. Left out on purpose, it comes along as far as a step that runs comes
//! after it; otherwise `--region` could not make anything that needs a new role.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::expr::Expr;
use crate::graph::ReplaceOrder;
use crate::plan::input::Input;
use crate::plan::linger::tasks;
use crate::plan::{Action, PlannedOutput, Step};
use crate::region::{Away, GLOBAL, place};
use crate::registry::Registry;
use crate::schedule::Scheduler;
use crate::schema::Place;
use crate::value::{Map, Str};

/// A step that waits for a later plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deferred {
    /// The step. What comes before it is left out: a later plan says it anew.
    pub step: Step,
    /// Why it waits.
    pub why: WaitReason,
    /// The place whose absence it waits for in the end. Empty where a person left something out.
    pub place: Str,
}

impl Deferred {
    /// Whether the plan was asked for this step, so that what it was asked for is not all done. To write something down
    /// anew is nothing that anybody asks for.
    pub fn is_missed(&self) -> bool {
        self.why != WaitReason::Away(Away::LeftOut) && !self.place.is_empty() && self.step.action != Action::Record
    }
}

/// Why a step waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitReason {
    /// Its own place is away.
    Away(Away),
    /// A person left it out, or aimed at something else.
    LeftOut,
    /// It comes after a step that waits.
    Step {
        /// That step's resource.
        address: Address,
    },
    /// It needs a value that a step which waits brings.
    Value {
        /// That step's resource.
        address: Address,
    },
    /// It goes into one call with a step that waits.
    Together {
        /// That step's resource.
        address: Address,
    },
    /// It is deleted for the sake of a successor that cannot be made yet.
    Successor,
    /// It lives in the state alone, and only steps that wait need its value. It may have been given to what is there
    /// already, and cannot be looked at yet.
    Needed {
        /// One of those steps' resources.
        address: Address,
    },
}

/// Takes the steps that wait out of arranged steps.
pub(super) fn split(input: &Input<'_>, steps: &mut Vec<Step>) -> Vec<Deferred> {
    if input.away.is_empty() && input.aim.is_everything() {
        return Vec::new();
    }
    let mut waiting = Deferral::new(input, steps);
    let start = (0..steps.len()).filter(|&i| !waiting.may_come_along(i)).collect();
    waiting.hold(start);
    let along = waiting.along();
    waiting.hold((0..steps.len()).filter(|&i| !along[i]).collect());
    waiting.hold_unneeded();
    let held = waiting.held;
    let mut numbers = vec![None; steps.len()];
    let kept = held.iter().enumerate().filter(|(_, held)| held.is_none()).map(|(i, _)| i);
    kept.enumerate().for_each(|(new, old)| numbers[old] = Some(new));
    let mut deferred = Vec::new();
    for (mut step, held) in std::mem::take(steps).into_iter().zip(held) {
        match held {
            None => {
                step.after = step.after.iter().filter_map(|&before| numbers[before]).collect();
                step.batch = step.batch.and_then(|first| numbers[first]);
                steps.push(step);
            }
            Some((why, place)) => {
                step.after.clear();
                step.batch = None;
                deferred.push(Deferred { step, why, place });
            }
        }
    }
    deferred
}

/// How long the longest path of arranged steps typically takes.
pub(super) fn estimate(steps: &[Step], registry: &Registry) -> Duration {
    Scheduler::new(&tasks(steps, registry)).map(|scheduler| scheduler.critical_path()).unwrap_or_default()
}

/// Outputs that would change by what waits keep the value that they have.
pub(super) fn keep_outputs(input: &Input<'_>, deferred: &[Deferred], outputs: &mut Map<PlannedOutput>) {
    let makes: BTreeMap<&Address, &Step> =
        deferred.iter().map(|d| &d.step).filter(|s| s.action != Action::Delete).map(|s| (&s.address, s)).collect();
    if makes.is_empty() {
        return;
    }
    for (name, output) in outputs.iter_mut() {
        let Some(declared) = input.graph.outputs.get(name) else { continue };
        let mut waits = false;
        declared.value.each_ref(&mut |r| {
            waits |= makes.get(&r.address).is_some_and(|step| brings(input.registry, step, &r.attr))
        });
        let same = match (&output.before, &output.after) {
            (Some(before), Some(Expr::Known(after))) => before.revealed() == after.revealed(),
            _ => false,
        };
        if waits && !same {
            output.after = output.before.clone().map(Expr::Known);
            output.kept = true;
        }
    }
}

/// Whether a step that waits would change an attribute. Whatever is made, or read by the step itself, has all of them
/// anew.
fn brings(registry: &Registry, step: &Step, attr: &str) -> bool {
    step.action != Action::Update || changes(registry, step, attr)
}

/// Whether a change in place changes an attribute. What a service may give anew with any change counts.
fn changes(registry: &Registry, step: &Step, attr: &str) -> bool {
    let volatile = || registry.get(&step.kind)?.output(attr).map(|field| field.volatile);
    step.changes.iter().any(|change| &*change.path == attr) || volatile().unwrap_or(false)
}

struct Deferral<'a> {
    input: &'a Input<'a>,
    steps: &'a [Step],
    /// The place of each step's call, if it makes one.
    places: Vec<Option<&'a str>>,
    /// For each step, those that come after it with the need of it.
    followers: Vec<Vec<(usize, WaitReason)>>,
    held: Vec<Option<(WaitReason, Str)>>,
}

impl<'a> Deferral<'a> {
    fn new(input: &'a Input<'a>, steps: &'a [Step]) -> Deferral<'a> {
        let mut followers = vec![Vec::new(); steps.len()];
        let mut deletes: BTreeMap<&Address, usize> = BTreeMap::new();
        let mut batches: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (i, step) in steps.iter().enumerate() {
            for &before in &step.after {
                if let Some(why) = need(input, step, &steps[before]) {
                    followers[before].push((i, why));
                }
            }
            if step.action == Action::Delete && step.replacement == Some(ReplaceOrder::DeleteFirst) {
                deletes.insert(&step.address, i);
            }
            if let Some(first) = step.batch {
                batches.entry(first).or_default().push(i);
            }
        }
        for (i, step) in steps.iter().enumerate().filter(|(_, s)| s.action == Action::Create) {
            let old = step.replacement.and_then(|_| deletes.get(&step.address));
            followers[i].extend(old.map(|&delete| (delete, WaitReason::Successor)));
        }
        for members in batches.values() {
            for (i, member) in members.iter().flat_map(|i| members.iter().map(move |member| (*i, *member))) {
                let together = WaitReason::Together { address: steps[i].address.clone() };
                followers[i].extend((i != member).then_some((member, together)));
            }
        }
        if !input.aim.is_everything() {
            // What goes along with something goes whenever that does.
            let goes = |parent: &Address| steps.iter().position(|s| s.action == Action::Delete && s.address == *parent);
            for (i, step) in steps.iter().enumerate() {
                if let Some(parent) = step.implied_by.as_ref().and_then(goes) {
                    followers[i].push((parent, WaitReason::Together { address: step.address.clone() }));
                }
            }
        }
        let places = steps.iter().map(|step| place_of(input, step)).collect();
        Deferral { input, steps, places, followers, held: vec![None; steps.len()] }
    }

    fn away(&self, step: usize) -> Option<Away> {
        self.input.away.get(self.places[step]?).copied()
    }

    /// Whether a step is left out on purpose and comes along where it is needed.
    fn may_come_along(&self, step: usize) -> bool {
        let address = &self.steps[step].address;
        match self.away(step) {
            Some(away) => self.places[step] == Some(GLOBAL) && away == Away::LeftOut,
            None => self.input.aim.misses(address) && !self.input.aim.excludes(address),
        }
    }

    /// Why a step by itself does not run, if it does not, and the place that it waits for.
    fn out(&self, step: usize) -> Option<(WaitReason, Str)> {
        if let (Some(away), Some(place)) = (self.away(step), self.places[step]) {
            return Some((WaitReason::Away(away), place.into()));
        }
        let address = &self.steps[step].address;
        let is_out = self.input.aim.excludes(address) || self.input.aim.misses(address);
        is_out.then(|| (WaitReason::LeftOut, "".into()))
    }

    /// Holds those of these steps whose places are away, and what needs them.
    fn hold(&mut self, steps: Vec<usize>) {
        let mut open = Vec::new();
        for step in steps {
            if let (None, Some(out)) = (&self.held[step], self.out(step)) {
                self.held[step] = Some(out);
                open.push(step);
            }
        }
        open.reverse();
        while let Some(step) = open.pop() {
            let Some((_, place)) = self.held[step].clone() else { continue };
            for &(follower, ref why) in &self.followers[step] {
                if self.held[follower].is_none() {
                    let left_out = self.out(follower).filter(|_| self.may_come_along(follower));
                    self.held[follower] = Some(left_out.unwrap_or_else(|| (why.clone(), place.clone())));
                    open.push(follower);
                }
            }
        }
    }

    /// Holds what would get a value that nobody knows yet, where all that needs it waits for a place that is away.
    fn hold_unneeded(&mut self) {
        // What comes first needs nothing of what comes later.
        for step in (0..self.steps.len()).rev() {
            let Step { kind, address, action, replacement, .. } = &self.steps[step];
            let is_local = self.input.registry.get(kind).is_some_and(|kind| kind.place == Place::Local);
            let is_new = *action == Action::Create && replacement.is_none();
            if !is_local || !is_new || self.held[step].is_some() || self.input.known.contains_key(address) {
                continue;
            }
            let needed = self.followers[step].iter().map(|(follower, _)| (follower, self.held[*follower].as_ref()));
            let first = needed.clone().find_map(|(follower, held)| Some((*follower, held?.1.clone())));
            if let Some((follower, place)) = first.filter(|(_, place)| !place.is_empty())
                && needed.clone().all(|(_, held)| held.is_some())
            {
                let address = self.steps[follower].address.clone();
                self.held[step] = Some((WaitReason::Needed { address }, place));
            }
        }
    }

    /// For each step, whether it runs or comes along with one that does.
    fn along(&self) -> Vec<bool> {
        let mut before = vec![Vec::new(); self.steps.len()];
        for (step, followers) in self.followers.iter().enumerate() {
            for (follower, why) in followers {
                before[*follower].push(step);
                if *why == WaitReason::Successor {
                    before[step].push(*follower);
                }
            }
        }
        let runs = |i: &usize| self.held[*i].is_none() && !self.may_come_along(*i);
        let mut open: Vec<usize> = (0..self.steps.len()).filter(runs).collect();
        let mut along = vec![false; self.steps.len()];
        open.iter().for_each(|&i| along[i] = true);
        while let Some(step) = open.pop() {
            for &needed in &before[step] {
                if !along[needed] {
                    along[needed] = true;
                    open.push(needed);
                }
            }
        }
        along
    }
}

/// The place that a step's call goes to. What only the state is told makes none, nor does what goes along with something.
fn place_of<'a>(input: &Input<'a>, step: &'a Step) -> Option<&'a str> {
    if matches!(step.action, Action::Record | Action::Forget) || step.implied_by.is_some() {
        return None;
    }
    place(input.registry.get(&step.kind)?, step.region.as_deref())
}

/// What a step needs of one that it comes after. Nothing, when that one only changes something in place of which this one
/// takes what stays as it is.
fn need(input: &Input<'_>, step: &Step, before: &Step) -> Option<WaitReason> {
    let address = before.address.clone();
    let unknown = step.args.values().any(|value| reads(value, &address, &|_| true));
    if unknown {
        return Some(WaitReason::Value { address });
    }
    let node = input.graph.nodes.get(&step.address).filter(|_| step.action != Action::Delete);
    let taken = step.needs.iter().any(|need| need.address == address);
    if let (Action::Update, true, Some(node)) = (before.action, taken, node)
        && !node.options.depends_on.contains(&address)
    {
        // A copy of its settings is made anew whatever changes.
        let copies = |name: &Str| node.kind.arg(name).is_some_and(|field| field.copies);
        if node.args.iter().any(|(name, value)| copies(name) && reads(value, &address, &|_| true)) {
            return Some(WaitReason::Step { address });
        }
        let value =
            node.args.values().any(|value| reads(value, &address, &|attr| changes(input.registry, before, attr)));
        return value.then_some(WaitReason::Value { address });
    }
    Some(WaitReason::Step { address })
}

/// Whether an expression reads such an attribute of a resource.
fn reads(value: &Expr, address: &Address, such: &dyn Fn(&str) -> bool) -> bool {
    let mut found = false;
    value.each_ref(&mut |r| found |= r.address == *address && such(&r.attr));
    found
}

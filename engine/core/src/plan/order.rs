//! The order of steps: what must be done before what.
//!
//! Creates and changes follow references. Deletes follow facts: a resource goes after everything that blocks its
//! deletion, and what a deletion takes along needs no call of its own. Replacements put both together; what must be
//! deleted first pulls along the replacements of everything that blocks it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::address::Address;
use crate::graph::ReplaceOrder;
use crate::plan::hold::{Hold, Holds};
use crate::plan::{Action, Step, batch, free, linger};
use crate::record::Record;
use crate::registry::Registry;
use crate::schedule::{Cycle, Scheduler, Task};

/// Why no order is possible.
pub(super) enum Stuck {
    /// Steps wait for each other.
    Cycle {
        /// The steps, in the order in which they would have to be done.
        steps: Vec<usize>,
        /// Whether one of them waits for a name that another gives up.
        names: bool,
    },
    /// Something that goes is referred to by something that stays.
    Held {
        /// The delete.
        step: usize,
        /// What refers to it.
        by: Hold,
    },
}

/// What the order depends on besides the steps.
pub(super) struct Facts<'a> {
    pub(super) registry: &'a Registry,
    pub(super) holds: &'a Holds,
    /// The resources for which the program itself says which half of a replacement comes first.
    pub(super) chosen: &'a BTreeSet<&'a Address>,
}

/// Fills in what each step comes after. Returns how long the longest path typically takes.
///
/// Two replacements that exchange their names wait for each other as long as both are to be made first. Then one of
/// them is deleted first, where nothing stands in the way of that.
pub(super) fn arrange(steps: &mut [Step], facts: &Facts<'_>) -> Result<Duration, Stuck> {
    let mut tried: BTreeSet<Address> = BTreeSet::new();
    let mut before: Option<Vec<Option<ReplaceOrder>>> = None;
    let mut first: Option<Stuck> = None;
    loop {
        let stuck = match attempt(steps, facts) {
            Ok(estimate) => return Ok(estimate),
            Err(stuck) => stuck,
        };
        // What was tried does not help: back to where it was.
        if let (Stuck::Held { .. }, Some(before)) = (&stuck, before.take()) {
            steps.iter_mut().zip(before).for_each(|(step, order)| step.replacement = order);
            continue;
        }
        let next = match &stuck {
            Stuck::Cycle { steps: cycle, names: true } => cycle.iter().find_map(|&i| {
                let step = &steps[i];
                let free = step.replacement == Some(ReplaceOrder::CreateFirst) && !facts.chosen.contains(&step.address);
                (free && !tried.contains(&step.address)).then(|| step.address.clone())
            }),
            _ => None,
        };
        let Some(address) = next else { return Err(first.unwrap_or(stuck)) };
        before = Some(steps.iter().map(|s| s.replacement).collect());
        for step in steps.iter_mut().filter(|s| s.address == address && s.replacement.is_some()) {
            step.replacement = Some(ReplaceOrder::DeleteFirst);
        }
        tried.insert(address);
        first = first.or(Some(stuck));
    }
}

/// As [`attempt_apart`], with as many batches as the order allows: where the members of one wait for each other by way of
/// something else, each is a call of its own.
fn attempt(steps: &mut [Step], facts: &Facts<'_>) -> Result<Duration, Stuck> {
    let mut apart = BTreeSet::new();
    loop {
        match attempt_apart(steps, facts, &apart) {
            Err(Stuck::Cycle { steps: cycle, names }) => {
                let batch = cycle.iter().find_map(|&i| steps[i].batch);
                if batch.is_none_or(|first| !apart.insert(first)) {
                    return Err(Stuck::Cycle { steps: cycle, names });
                }
            }
            other => return other,
        }
    }
}

/// One attempt, without the batches whose first members are `apart`.
fn attempt_apart(steps: &mut [Step], facts: &Facts<'_>, apart: &BTreeSet<usize>) -> Result<Duration, Stuck> {
    let index = Index::new(steps);
    settle_replacements(steps, &index);
    if let Some((step, by)) = held(steps, facts.holds) {
        return Err(Stuck::Held { step, by });
    }
    let implied = implied_deletes(steps, facts.registry, &index);
    let mut after: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); steps.len()];
    for (i, step) in steps.iter().enumerate() {
        match step.action {
            Action::Delete => delete_after(i, steps, &index, &implied, &mut after),
            Action::Forget => after[i].extend(index.users(&step.address)),
            _ => make_after(i, step, steps, &index, &mut after),
        }
    }
    let batches = batch::find(steps, facts.registry, &implied, apart);
    let names = free::names(steps, facts.registry);
    for &(taker, giver) in &names {
        // What is replaced within a batch gives its name up by the batch's own call.
        let by_the_call = steps[giver].replacement.is_some()
            && batches[taker].is_some()
            && index.makes.get(&steps[giver].address).is_some_and(|&make| batches[make] == batches[taker]);
        if !by_the_call {
            after[taker].insert(giver);
        }
    }
    batch::join(&batches, &mut after);
    batch::follow(steps, facts.registry, &batches, &mut after);
    steps.iter_mut().zip(batches).for_each(|(step, batch)| step.batch = batch);
    let after: Vec<Vec<usize>> = after.into_iter().map(|list| list.into_iter().collect()).collect();
    let tasks: Vec<Task> = steps
        .iter()
        .zip(after)
        .enumerate()
        .map(|(i, (step, after))| {
            let typical = if implied.contains_key(&i) { 0 } else { step.typical_ms };
            let lags = linger::lags(steps, step, &after, facts.registry);
            Task { after, cost: Duration::from_millis(typical), lags }
        })
        .collect();
    let scheduler = Scheduler::new(&tasks).map_err(|Cycle(steps)| {
        let next = |i: usize| steps[(i + 1) % steps.len()];
        let names = (0..steps.len()).any(|i| names.contains(&(next(i), steps[i])));
        Stuck::Cycle { steps, names }
    })?;
    for (i, task) in tasks.into_iter().enumerate() {
        steps[i].after = task.after;
        if let Some(&parent) = implied.get(&i) {
            steps[i].implied_by = Some(steps[parent].address.clone());
            steps[i].typical_ms = 0;
        }
    }
    Ok(scheduler.critical_path())
}

/// Something that is to be deleted while something else keeps referring to it. What refers by a name or another
/// attribute of a successor turns to that one, but only once it is there.
fn held(steps: &[Step], holds: &Holds) -> Option<(usize, Hold)> {
    steps.iter().enumerate().filter(|(_, s)| s.action == Action::Delete).find_map(|(i, step)| {
        let first = step.replacement == Some(ReplaceOrder::DeleteFirst);
        let hold = holds.of(&step.address).iter().find(|hold| match &hold.bound_to {
            Some(op) => step.prior.as_ref().is_some_and(|p| p.op == *op),
            None => first,
        });
        Some((i, hold?.clone()))
    })
}

/// For a resource that is changed in place and was in the way of another's deletion: whether it no longer is once it
/// is changed.
fn turns_away(user: &Step, from: &Address) -> Option<bool> {
    let blocked = user.prior.iter().flat_map(|p| &p.needs).any(|n| n.blocks_delete && n.address == *from);
    (user.action == Action::Update && blocked)
        .then(|| !user.needs.iter().any(|n| n.blocks_delete && n.address == *from))
}

/// Steps by address, and who needs whom.
struct Index {
    /// The step that makes, changes or reads what goes by an address.
    makes: BTreeMap<Address, usize>,
    /// The steps that delete what goes or went by an address.
    deletes: BTreeMap<Address, Vec<usize>>,
    /// For each address, the deletes of what blocks its deletion.
    blocked_by: BTreeMap<Address, Vec<usize>>,
    /// For each address, the steps that change what was made from it until now.
    used_by: BTreeMap<Address, BTreeSet<usize>>,
}

impl Index {
    fn new(steps: &[Step]) -> Index {
        let mut index = Index {
            makes: BTreeMap::new(),
            deletes: BTreeMap::new(),
            blocked_by: BTreeMap::new(),
            used_by: BTreeMap::new(),
        };
        for (i, step) in steps.iter().enumerate() {
            if step.action == Action::Delete {
                index.deletes.entry(step.address.clone()).or_default().push(i);
                for need in step.prior.iter().flat_map(|p| &p.needs).filter(|n| n.blocks_delete) {
                    index.blocked_by.entry(need.address.clone()).or_default().push(i);
                }
                continue;
            }
            if step.action != Action::Forget {
                index.makes.insert(step.address.clone(), i);
            }
            if step.action == Action::Create {
                continue;
            }
            for need in step.prior.iter().flat_map(|p| &p.needs) {
                index.used_by.entry(need.address.clone()).or_default().insert(i);
            }
        }
        index
    }

    /// The steps that delete what needs something, or turn it to something else: what is forgotten is known until then.
    fn users(&self, address: &Address) -> impl Iterator<Item = usize> {
        let deletes = self.blocked_by.get(address).into_iter().flatten();
        deletes.chain(self.used_by.get(address).into_iter().flatten()).copied()
    }
}

/// What must be deleted before its successor is made pulls along whatever blocks that deletion and is made from that
/// successor: it cannot be made anew first either.
fn settle_replacements(steps: &mut [Step], index: &Index) {
    let mut queue: Vec<usize> = (0..steps.len())
        .filter(|&i| steps[i].action == Action::Delete && steps[i].replacement == Some(ReplaceOrder::DeleteFirst))
        .collect();
    while let Some(first) = queue.pop() {
        let Some(&successor) = index.makes.get(&steps[first].address) else { continue };
        let blockers = reach(first, |i| index.blocked_by.get(&steps[i].address).cloned().unwrap_or_default());
        let pulled: Vec<usize> = blockers
            .into_iter()
            .filter(|&b| steps[b].replacement == Some(ReplaceOrder::CreateFirst))
            .filter(|&b| {
                index.makes.get(&steps[b].address).is_some_and(|&make| {
                    let needs =
                        |i: usize| steps[i].needs.iter().filter_map(|n| index.makes.get(&n.address).copied()).collect();
                    reach(make, needs).contains(&successor)
                })
            })
            .collect();
        for delete in pulled {
            let address = steps[delete].address.clone();
            steps[delete].replacement = Some(ReplaceOrder::DeleteFirst);
            if let Some(&make) = index.makes.get(&address) {
                steps[make].replacement = Some(ReplaceOrder::DeleteFirst);
            }
            queue.push(delete);
        }
    }
}

/// Everything that can be reached from a step, the step itself left out.
fn reach(from: usize, next: impl Fn(usize) -> Vec<usize>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let mut stack = next(from);
    while let Some(step) = stack.pop() {
        if step != from && found.insert(step) {
            stack.extend(next(step));
        }
    }
    found
}

/// Deletes that another one takes along, with that one. What is also in the way of something else, which does not go
/// along, goes by itself: that one need not wait until everything is gone.
fn implied_deletes(steps: &[Step], registry: &Registry, index: &Index) -> BTreeMap<usize, usize> {
    let mut implied = BTreeMap::new();
    for (i, step) in steps.iter().enumerate() {
        let (Action::Delete, Some(record)) = (step.action, &step.prior) else { continue };
        // What keeps another from being deleted goes first.
        let Some(kind) = registry.get(&record.kind).filter(|_| step.lifts.is_empty()) else { continue };
        let Some(reference) = kind.deleted_with.and_then(|f| kind.arg(f)).and_then(|f| f.refers) else { continue };
        let value = kind.deleted_with.and_then(|f| record.args.get(f));
        let parent =
            record.needs.iter().flat_map(|n| index.deletes.get(&n.address).into_iter().flatten()).find(|&&d| {
                steps[d].prior.as_ref().is_some_and(|p: &std::sync::Arc<Record>| {
                    *p.kind == *reference.kind() && p.attribute(reference.attr()).as_ref() == value
                })
            });
        // What must go before its successor is made cannot wait for a parent that goes later.
        let late = |p: usize| {
            step.replacement == Some(ReplaceOrder::DeleteFirst)
                && steps[p].replacement != Some(ReplaceOrder::DeleteFirst)
        };
        if let Some(&parent) = parent.filter(|&&p| !late(p)) {
            implied.insert(i, parent);
        }
    }
    loop {
        let in_the_way: Vec<usize> =
            implied.keys().copied().filter(|&i| blocks_others(i, steps, index, &implied)).collect();
        if in_the_way.is_empty() {
            return implied;
        }
        implied.retain(|i, _| !in_the_way.contains(i));
    }
}

/// Whether a delete is in the way of one that does not go along with the same one.
fn blocks_others(i: usize, steps: &[Step], index: &Index, implied: &BTreeMap<usize, usize>) -> bool {
    let family = root(i, implied);
    let needs = steps[i].prior.iter().flat_map(|record| &record.needs).filter(|need| need.blocks_delete);
    let mut blocked = needs.flat_map(|need| index.deletes.get(&need.address).into_iter().flatten());
    blocked.any(|&other| root(other, implied) != family)
}

/// A delete comes after the deletes of what blocks it, and after everything that used it has turned to something else.
fn delete_after(
    i: usize,
    steps: &[Step],
    index: &Index,
    implied: &BTreeMap<usize, usize>,
    after: &mut [BTreeSet<usize>],
) {
    let step = &steps[i];
    // What goes along with another is gone when that one is; whatever blocks it blocks that one.
    let waits = match implied.get(&i) {
        Some(&parent) => {
            after[i].insert(parent);
            root(parent, implied)
        }
        None => i,
    };
    for &blocker in index.blocked_by.get(&step.address).into_iter().flatten() {
        // What goes along with this one waits for it, not the other way round.
        if blocker != waits && !implied.contains_key(&blocker) {
            after[waits].insert(blocker);
        }
    }
    if step.replacement == Some(ReplaceOrder::DeleteFirst) {
        let users = index.used_by.get(&step.address).into_iter().flatten();
        after[waits].extend(users.filter(|&&u| turns_away(&steps[u], &step.address) == Some(true)));
        return;
    }
    after[waits].extend(index.used_by.get(&step.address).into_iter().flatten());
    if step.replacement == Some(ReplaceOrder::CreateFirst)
        && let Some(&create) = index.makes.get(&step.address)
    {
        after[waits].insert(create);
    }
}

fn root(mut step: usize, implied: &BTreeMap<usize, usize>) -> usize {
    // A chain of things that go along ends at what is really deleted; its length bounds the walk.
    for _ in 0..=implied.len() {
        match implied.get(&step) {
            Some(&parent) => step = parent,
            None => break,
        }
    }
    step
}

/// A create or change comes after what it is made from; a create after the delete of its old self, if that goes first.
fn make_after(i: usize, step: &Step, steps: &[Step], index: &Index, after: &mut [BTreeSet<usize>]) {
    for need in &step.needs {
        if let Some(&make) = index.makes.get(&need.address)
            && make != i
        {
            after[i].insert(make);
        }
    }
    if step.replacement == Some(ReplaceOrder::DeleteFirst) {
        let old = index.deletes.get(&step.address).into_iter().flatten();
        after[i].extend(old.filter(|&&d| steps[d].replacement.is_some()));
    }
}

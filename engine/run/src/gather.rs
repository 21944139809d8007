//! Gathering: the members of a batch come together for one call.
//!
//! Each step of a batch goes its own way, with an intent and a record of its own; only the call that would create, change
//! or delete is made for all of them at once. Whoever comes first waits; whoever comes last makes the call. A member that
//! needs no call, or has had its own, is not waited for. When one fails before the call, none of the others makes it: the
//! service takes the changes as a whole or not at all.
//!
//! Waiting holds no call slot and does not count as being at work, so that batches cannot wait for each other.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dr_core::address::Address;
use dr_core::cloud::{
    BatchChange, BatchItem, Cloud, CloudError, CloudResult, ErrorClass, Identity, Intent, Live, Owner, RoleChange,
    Settled, Sought, TaggedResource, Target, Vitals,
};
use dr_core::leftover::{PlaceSearch, Trail};
use dr_core::record::Record;
use dr_core::schema::Kind;
use dr_core::secrecy::revealed;
use dr_core::value::{Map, Str, Value};
use tokio::sync::Notify;

use crate::cancel::Cancel;
use crate::engine::Engine;
use crate::gate::Gate;
use crate::store::Store;

/// What one member wants of the call.
struct CallPart {
    kind: &'static Kind,
    region: Option<Str>,
    address: Address,
    change: MemberChange,
    /// What goes along by the same call: the id and arguments of what the member's resource replaces.
    along: Option<(Str, Map<Value>)>,
}

enum MemberChange {
    Create { args: Map<Value>, intent: Intent },
    Update { id: Str, old: Map<Value>, new: Map<Value> },
    Delete { id: Str, last: Map<Value> },
}

#[derive(Default)]
struct GatheringRound {
    /// How many members are still to be waited for, those that wait included.
    expected: usize,
    waiting: BTreeMap<usize, CallPart>,
    is_calling: bool,
    /// The answers that members have not taken yet.
    answers: BTreeMap<usize, Result<Str, CloudError>>,
    /// Who failed before the call, and stops the others.
    failed: Option<Address>,
}

/// The place where the members of one batch meet.
pub(crate) struct Gathering<'a> {
    cloud: &'a dyn Cloud,
    gate: &'a Gate,
    cancel: &'a Cancel,
    store: &'a Store,
    round: Mutex<GatheringRound>,
    news: Notify,
}

impl<'a> Gathering<'a> {
    /// A place for so many members.
    pub(crate) fn new(members: usize, engine: &Engine<'a>) -> Gathering<'a> {
        let round = Mutex::new(GatheringRound { expected: members, ..GatheringRound::default() });
        let Engine { cloud, gate, cancel, store, .. } = *engine;
        Gathering { cloud, gate, cancel, store, round, news: Notify::new() }
    }

    fn round(&self) -> MutexGuard<'_, GatheringRound> {
        self.round.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A member failed before the call: the others must not make it.
    pub(crate) fn fail(&self, address: &Address) {
        self.round().failed.get_or_insert_with(|| address.clone());
        self.news.notify_waiters();
    }

    fn leave(&self) {
        let mut round = self.round();
        round.expected = round.expected.saturating_sub(1);
        drop(round);
        self.news.notify_waiters();
    }

    /// Waits for the others, and gives what the call gave for this member.
    async fn meet(&self, number: usize, part: CallPart, busy: &AtomicUsize) -> Result<Str, CloudError> {
        let (kind, address) = (part.kind, part.address.clone());
        let mut is_stopping = false;
        self.round().waiting.insert(number, part);
        self.news.notify_waiters();
        loop {
            let mut news = pin!(self.news.notified());
            news.as_mut().enable();
            let parts = {
                let mut round = self.round();
                if let Some(answer) = round.answers.remove(&number) {
                    return answer;
                }
                if let Some(failed) = round.failed.clone().filter(|_| !round.is_calling) {
                    round.waiting.remove(&number);
                    let why = format!("`{failed}` failed, which is to be changed by the same call as `{address}`");
                    return Err(CloudError::new(ErrorClass::Invalid, kind.name, "NotAlone", why));
                }
                let all_here = !round.is_calling && round.waiting.len() >= round.expected;
                all_here.then(|| {
                    round.is_calling = true;
                    std::mem::take(&mut round.waiting)
                })
            };
            if let Some(parts) = parts {
                self.call(parts).await;
                continue;
            }
            busy.fetch_sub(1, Ordering::Relaxed);
            tokio::select! {
                biased;
                () = news => {}
                () = self.cancel.requested(), if !is_stopping => is_stopping = true,
            }
            busy.fetch_add(1, Ordering::Relaxed);
            // What is under way is waited for; nobody starts another call.
            if is_stopping && self.round().waiting.remove(&number).is_some() {
                return Err(CloudError::new(ErrorClass::Throttled, kind.name, "Stopped", "stopped on request"));
            }
        }
    }

    /// Makes the call, and leaves each member its answer.
    async fn call(&self, parts: BTreeMap<usize, CallPart>) {
        let mut items = Vec::new();
        for part in parts.values() {
            let at = Target { kind: part.kind, region: part.region.as_deref(), address: &part.address };
            if let Some((id, last)) = &part.along {
                items.push(BatchItem { at, change: BatchChange::Delete { id, last } });
            }
            let change = match &part.change {
                MemberChange::Create { args, intent } => BatchChange::Create { args, intent },
                MemberChange::Update { id, old, new } => BatchChange::Update { id, old, new },
                MemberChange::Delete { id, last } => BatchChange::Delete { id, last },
            };
            items.push(BatchItem { at, change });
        }
        let result = match items.first() {
            Some(first) => {
                let slot = self.gate.enter(first.at.kind.service(), first.at.region, Duration::MAX).await;
                let result = match self.store.check_ours().await {
                    Ok(()) => self.cloud.batch(&items).await,
                    // Whoever asks again is told why.
                    Err(error) => {
                        let why = error.to_string();
                        Err(CloudError::new(ErrorClass::Throttled, first.at.kind.name, "Stopped", why))
                    }
                };
                match &result {
                    Err(e) if e.class == ErrorClass::Throttled => slot.throttled(e.retry_after),
                    _ => slot.went_well(),
                }
                result
            }
            None => Ok(Vec::new()),
        };
        // That one is gone says nothing about the others, and none of them was changed. Whoever is asked again knows more.
        let result = result.map_err(|error| match error.class {
            ErrorClass::Gone if items.len() > 1 => CloudError { class: ErrorClass::Conflict, ..error },
            _ => error,
        });
        let mut ids = result.map(Vec::into_iter);
        let mut round = self.round();
        for (number, part) in &parts {
            let answer = match &mut ids {
                Ok(ids) => {
                    if part.along.is_some() {
                        ids.next();
                    }
                    Ok(ids.next().unwrap_or_default())
                }
                Err(error) => Err(error.clone()),
            };
            round.answers.insert(*number, answer);
        }
        round.is_calling = false;
        drop(round);
        self.news.notify_waiters();
    }
}

/// The cloud as a member of a batch sees it.
pub(crate) struct Member<'a> {
    gathering: Arc<Gathering<'a>>,
    number: usize,
    busy: Arc<AtomicUsize>,
    /// What goes along with a creation.
    along: Option<Arc<Record>>,
    has_left: AtomicBool,
}

impl<'a> Member<'a> {
    pub(crate) fn new(
        gathering: Arc<Gathering<'a>>,
        number: usize,
        busy: Arc<AtomicUsize>,
        along: Option<Arc<Record>>,
    ) -> Member<'a> {
        Member { gathering, number, busy, along, has_left: AtomicBool::new(false) }
    }

    fn leave(&self) {
        if !self.has_left.swap(true, Ordering::Relaxed) {
            self.gathering.leave();
        }
    }

    async fn meet(&self, at: Target<'_>, change: MemberChange) -> Result<Str, CloudError> {
        let along = match (&change, &self.along) {
            (MemberChange::Create { .. }, Some(old)) => Some((old.id.clone(), revealed(&old.args).into_owned())),
            _ => None,
        };
        let part =
            CallPart { kind: at.kind, region: at.region.map(Str::from), address: at.address.clone(), change, along };
        self.gathering.meet(self.number, part, &self.busy).await
    }

    /// The cloud, for whatever comes after the member's own call.
    fn after(&self) -> &'a dyn Cloud {
        self.leave();
        self.gathering.cloud
    }
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Cloud for Member<'_> {
    fn identify(&self) -> CloudResult<'_, Identity> {
        self.gathering.cloud.identify()
    }
    fn find<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Option<Str>> {
        self.gathering.cloud.find(at, args, intent)
    }
    fn create<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Str> {
        Box::pin(self.meet(at, MemberChange::Create { args: args.clone(), intent: intent.clone() }))
    }
    fn configure<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        intent: &'a Intent,
    ) -> CloudResult<'a, bool> {
        self.after().configure(at, id, args, intent)
    }
    fn settle<'a>(&'a self, at: Target<'a>, id: &'a str, args: &'a Map<Value>) -> CloudResult<'a, Settled> {
        self.after().settle(at, id, args)
    }
    fn read<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Option<Live>> {
        self.after().read(at, id, last)
    }
    fn owner<'a>(&'a self, at: Target<'a>, id: &'a str, live: &'a Live) -> CloudResult<'a, Option<Owner>> {
        self.gathering.cloud.owner(at, id, live)
    }
    fn claim<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        intent: &'a Intent,
    ) -> CloudResult<'a, ()> {
        self.gathering.cloud.claim(at, id, args, intent)
    }
    fn update<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        old: &'a Map<Value>,
        new: &'a Map<Value>,
    ) -> CloudResult<'a, ()> {
        let change = MemberChange::Update { id: id.into(), old: old.clone(), new: new.clone() };
        Box::pin(async move { self.meet(at, change).await.map(|_| ()) })
    }
    fn delete<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, ()> {
        let change = MemberChange::Delete { id: id.into(), last: last.clone() };
        Box::pin(async move { self.meet(at, change).await.map(|_| ()) })
    }
    fn deleted<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Settled> {
        self.after().deleted(at, id, last)
    }
    fn switch<'a>(&'a self, at: Target<'a>, id: &'a str, change: &'a RoleChange<'a>) -> CloudResult<'a, ()> {
        self.gathering.cloud.switch(at, id, change)
    }
    fn vitals<'a>(&'a self, at: Target<'a>, id: &'a str, last: &'a Map<Value>) -> CloudResult<'a, Vitals> {
        self.gathering.cloud.vitals(at, id, last)
    }
    fn look_up<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>) -> CloudResult<'a, Map<Value>> {
        self.gathering.cloud.look_up(at, args)
    }
    fn reach<'a>(&'a self, place: &'a str) -> CloudResult<'a, ()> {
        self.gathering.cloud.reach(place)
    }
    fn sweep<'a>(&'a self, sought: Sought<'a>, place: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        self.gathering.cloud.sweep(sought, place)
    }
    fn tagged<'a>(&'a self, tag: (&'a str, &'a str), place: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        self.gathering.cloud.tagged(tag, place)
    }
    fn leftovers<'a>(&'a self, trail: &'a Trail<'a>, place: &'a str) -> CloudResult<'a, PlaceSearch> {
        self.gathering.cloud.leftovers(trail, place)
    }

    fn regions(&self) -> CloudResult<'_, Vec<Str>> {
        self.gathering.cloud.regions()
    }
}

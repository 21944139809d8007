//! The outside of a call: counting, regions that are down, faults, and how long it takes.
//!
//! A call that changes something has its effect halfway through its latency, so that a process can be killed, and a
//! future dropped, before the effect as well as between the effect and the reply. The latency is part of the time that
//! the kind takes, not on top of it: what the kind's facts promise is counted from the start of the call. Calls that
//! only look are answered at once.

use std::collections::BTreeSet;
use std::time::Duration;

use dr_core::cloud::{
    BatchChange, BatchItem, Cloud, CloudError, CloudResult, ErrorClass, Identity, Intent, Live, Owner, RoleChange,
    Settled, Sought, TaggedResource, Target, Vitals,
};
use dr_core::leftover::{PlaceSearch, Trail};
use dr_core::region::{GLOBAL, of_partition, place};
use dr_core::schema::{Kind, Place};
use dr_core::value::{Map, Str, Value};
use tokio::time::Instant;

use crate::Sandbox;
use crate::act::Timing;
use crate::batch::ItemChange;
use crate::call::{Call, broke};
use crate::fault::Fault;
use crate::inner::{Core, ResourceKey};
use crate::search::search;
use crate::switch::RoleWish;

/// How long a call that changes something takes, at real speed.
const LATENCY: Duration = Duration::from_millis(30);

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Op {
    /// Its name in counts and faults.
    name: &'static str,
    /// Its verb in the names of calls: `sqs:CreateQueue`.
    verb: &'static str,
    changes: bool,
}

impl Op {
    const fn look(name: &'static str, verb: &'static str) -> Op {
        Op { name, verb, changes: false }
    }
    const fn change(name: &'static str, verb: &'static str) -> Op {
        Op { name, verb, changes: true }
    }
}

const FIND: Op = Op::look("find", "Find");
const CREATE: Op = Op::change("create", "Create");
const CONFIGURE: Op = Op::look("configure", "Configure");
const SETTLE: Op = Op::look("settle", "Describe");
const READ: Op = Op::look("read", "Get");
const CLAIM: Op = Op::change("claim", "Tag");
const UPDATE: Op = Op::change("update", "Update");
const DELETE: Op = Op::change("delete", "Delete");
const DELETED: Op = Op::look("deleted", "Describe");
const SWITCH: Op = Op::change("switch", "Switch");
const VITALS: Op = Op::look("vitals", "Measure");
const BATCH: Op = Op::change("batch", "Change");
const LOOK_UP: Op = Op::look("look_up", "LookUp");

/// What the effect of a call gets to know about the call.
struct Passing {
    call: Call,
    /// When it began.
    start: Instant,
    /// What happens to it, if anything.
    fault: Option<Fault>,
}

impl Sandbox {
    /// The way to a call's effect. `takes` is what the whole change takes, of which the call is a part. Also gives the
    /// time that the way back takes.
    async fn arrive(&self, op: Op, at: Target<'_>, takes: Duration) -> Result<(Passing, Duration), CloudError> {
        let start = Instant::now();
        let call = Call { kind: at.kind, verb: op.verb };
        let (fault, half) = {
            let mut core = self.core();
            *core.calls.entry((at.kind.name, op.name)).or_default() += 1;
            let place = place(at.kind, at.region);
            if let Some(message) = down(&core, place) {
                return Err(call.fails(ErrorClass::Transient, "RegionUnavailable", message));
            }
            if let Some(place) = place.filter(|_| op.changes) {
                core.count_down(place);
            }
            let fault = core.dice.as_mut().and_then(|dice| dice.throw(op.name, at.address.text()));
            let latency = if op.changes { LATENCY.min(takes) } else { Duration::ZERO };
            (fault, core.speed().scale(latency) / 2)
        };
        pass(half).await;
        match fault {
            Some(Fault::Throttled) => {
                Err(call.fails(ErrorClass::Throttled, "ThrottlingException", "there were too many calls"))
            }
            Some(Fault::Transient) => {
                Err(call.fails(ErrorClass::Transient, "ServiceUnavailable", "the service could not be reached"))
            }
            Some(Fault::LostRequest) if op.changes => {
                pass(half).await;
                Err(call.got_lost())
            }
            _ => Ok((Passing { call, start, fault }, half)),
        }
    }

    /// Makes a call that only looks. Those that come together look once at what others did.
    async fn look<T>(
        &self,
        op: Op,
        at: Target<'_>,
        effect: impl FnOnce(&mut Core, &Passing) -> Result<T, CloudError> + Send,
    ) -> Result<T, CloudError> {
        let (passing, _) = self.arrive(op, at, Duration::ZERO).await?;
        let looks = self.gather().await;
        let mut core = self.core();
        core.look_since(looks).map_err(|e| passing.call.broke(&e))?;
        effect(&mut core, &passing)
    }

    /// Makes a call that changes something, together with those that come at the same time.
    async fn change<T: Send + 'static>(
        &self,
        op: Op,
        at: Target<'_>,
        takes: Duration,
        effect: impl FnOnce(&mut Core, &Passing) -> Result<T, CloudError> + Send + 'static,
    ) -> Result<T, CloudError> {
        let (passing, half) = self.arrive(op, at, takes).await?;
        let Passing { call, fault, .. } = passing;
        let answer = self.queue.add(call, move |core| effect(core, &passing));
        self.gather().await;
        self.queue.make_all(&self.core);
        let result = answer.await.unwrap_or_else(|_| Err(call.got_lost()));
        pass(half).await;
        if fault == Some(Fault::LostReply) && result.is_ok() {
            return Err(call.got_lost());
        }
        result
    }

    /// Lets others come along, where it costs something to go alone. Gives the number of looks before that.
    async fn gather(&self) -> Option<u64> {
        let looks = self.core().looks();
        if looks.is_some() {
            tokio::task::yield_now().await;
        }
        looks
    }
}

impl Passing {
    fn timing(&self) -> Timing {
        Timing { start: self.start, stale: self.fault == Some(Fault::Stale) }
    }
}

/// Lets time pass.
async fn pass(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// Why a place cannot be reached, if it cannot.
fn down(core: &Core, place: Option<&str>) -> Option<String> {
    let place = place.filter(|place| core.outages.is_off(place, core.now()))?;
    Some(format!("{place} cannot be reached"))
}

/// Whether a place answers a call that is about the place and not about one resource.
fn answers(core: &Core, place: &str, call: &str) -> Result<(), CloudError> {
    match down(core, Some(place)) {
        Some(message) => Err(CloudError::new(ErrorClass::Transient, call, "RegionUnavailable", message)),
        None => Ok(()),
    }
}

/// The resource that a call is about. Only regional kinds are told apart by region.
fn key<'a>(at: Target<'a>, id: &'a str, passing: &Passing) -> ResourceKey<'a> {
    let region = at.region.filter(|_| at.kind.place == Place::Regional);
    ResourceKey { kind: at.kind, region, id, call: passing.call }
}

/// The resource that a change is about, for whoever makes it.
struct Named {
    kind: &'static Kind,
    region: Option<Str>,
    id: Str,
}

impl Named {
    fn new(at: Target<'_>, id: &str) -> Named {
        let region = at.region.filter(|_| at.kind.place == Place::Regional);
        Named { kind: at.kind, region: region.map(Str::from), id: id.into() }
    }

    fn key(&self, passing: &Passing) -> ResourceKey<'_> {
        ResourceKey { kind: self.kind, region: self.region.as_deref(), id: &self.id, call: passing.call }
    }
}

/// What a settling call says when it is slow.
fn not_yet(core: &Core, kind: &Kind) -> Settled {
    Settled::Wait(Some(core.speed().scale(kind.pace)))
}

impl Cloud for Sandbox {
    fn identify(&self) -> CloudResult<'_, Identity> {
        let account = self.account.clone();
        Box::pin(async move { Ok(Identity { cloud: "sandbox".into(), account, endpoint: None }) })
    }

    fn find<'a>(&'a self, at: Target<'a>, _: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Option<Str>> {
        Box::pin(self.look(FIND, at, move |core, _| Ok(core.made_by(at.kind, intent))))
    }

    fn create<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Str> {
        let (named, args, intent) = (Named::new(at, ""), args.clone(), intent.clone());
        Box::pin(self.change(CREATE, at, at.kind.create, move |core, passing| {
            core.create(named.key(passing), &args, &intent, passing.timing())
        }))
    }

    fn configure<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>, _: &'a Intent) -> CloudResult<'a, bool> {
        // Creation sets everything here; what is left is that the resource must be there.
        Box::pin(self.look(CONFIGURE, at, move |core, passing| core.entry(key(at, id, passing)).map(|_| false)))
    }

    fn settle<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Settled> {
        Box::pin(self.look(SETTLE, at, move |core, passing| match core.settle(key(at, id, passing))? {
            Settled::Ready if passing.fault == Some(Fault::Slow) => Ok(not_yet(core, at.kind)),
            settled => Ok(settled),
        }))
    }

    fn read<'a>(&'a self, at: Target<'a>, id: &'a str, args: &'a Map<Value>) -> CloudResult<'a, Option<Live>> {
        Box::pin(self.look(READ, at, move |core, passing| {
            let live = core.read(key(at, id, passing), args);
            let young = core.dice.as_ref().is_some_and(|dice| dice.made(at.address.as_str()));
            if passing.fault == Some(Fault::Stale) && live.is_some() && young {
                let message = format!("{} `{id}` is not visible yet", at.kind.name);
                return Err(passing.call.fails(ErrorClass::NotYetConsistent, "NotYetVisible", message));
            }
            Ok(live)
        }))
    }

    fn owner<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Live) -> CloudResult<'a, Option<Owner>> {
        Box::pin(self.look(READ, at, move |core, passing| Ok(core.owner(key(at, id, passing)))))
    }

    fn claim<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, ()> {
        let (named, intent) = (Named::new(at, id), intent.clone());
        Box::pin(self.change(CLAIM, at, Duration::ZERO, move |core, passing| core.claim(named.key(passing), &intent)))
    }

    fn update<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        _: &'a Map<Value>,
        new: &'a Map<Value>,
    ) -> CloudResult<'a, ()> {
        let (named, new) = (Named::new(at, id), new.clone());
        Box::pin(self.change(UPDATE, at, at.kind.update, move |core, passing| {
            core.update(named.key(passing), &new, passing.timing())
        }))
    }

    fn delete<'a>(&'a self, at: Target<'a>, id: &'a str, args: &'a Map<Value>) -> CloudResult<'a, ()> {
        let (named, args) = (Named::new(at, id), args.clone());
        Box::pin(self.change(DELETE, at, at.kind.delete, move |core, passing| {
            core.delete(named.key(passing), &args, passing.start)
        }))
    }

    fn deleted<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Settled> {
        Box::pin(self.look(DELETED, at, move |core, passing| match core.deleted(key(at, id, passing)) {
            Settled::Ready if passing.fault == Some(Fault::Slow) => Ok(not_yet(core, at.kind)),
            settled => Ok(settled),
        }))
    }

    fn batch<'a>(&'a self, items: &'a [BatchItem<'a>]) -> CloudResult<'a, Vec<Str>> {
        let Some(first) = items.first() else { return Box::pin(std::future::ready(Ok(Vec::new()))) };
        let named = items.iter().map(|item| {
            let id = match item.change {
                BatchChange::Create { .. } => "",
                BatchChange::Update { id, .. } | BatchChange::Delete { id, .. } => id,
            };
            (Named::new(item.at, id), ItemChange::from(item.change))
        });
        let named: Vec<(Named, ItemChange)> = named.collect();
        Box::pin(self.change(BATCH, first.at, first.at.kind.update, move |core, passing| {
            let items = named.iter().map(|(named, change)| (named.key(passing), change));
            core.batch(passing.call, &items.collect::<Vec<_>>(), passing.timing())
        }))
    }

    fn switch<'a>(&'a self, at: Target<'a>, id: &'a str, change: &'a RoleChange<'a>) -> CloudResult<'a, ()> {
        let named = Named::new(at, id);
        let RoleChange { via, member, id, may_lose, .. } = *change;
        let wish = RoleWish { member: member.kind, region: member.region.map(Str::from), id: id.into(), may_lose };
        // The service of the member's region is asked, whatever else is down.
        let asked = Target { region: Some(via), ..at };
        Box::pin(self.change(SWITCH, asked, at.kind.update, move |core, passing| {
            core.switch(named.key(passing), &wish, passing.start)
        }))
    }

    fn vitals<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Vitals> {
        Box::pin(self.look(VITALS, at, move |core, passing| core.vitals(key(at, id, passing))))
    }

    fn look_up<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>) -> CloudResult<'a, Map<Value>> {
        Box::pin(self.look(LOOK_UP, at, move |core, passing| {
            if !at.kind.lookup {
                let message = format!("{} is not a look-up", at.kind.name);
                return Err(passing.call.fails(ErrorClass::Invalid, "NotALookUp", message));
            }
            // A look-up is made somewhere, also when its kind is global.
            let at = ResourceKey { region: at.region, ..key(at, "", passing) };
            Ok(core.find_existing(at, args)?.unwrap_or_else(|| core.answer(at, args)))
        }))
    }

    fn reach<'a>(&'a self, place: &'a str) -> CloudResult<'a, ()> {
        Box::pin(async move {
            let mut core = self.core();
            *core.calls.entry(("cloud", "reach")).or_default() += 1;
            answers(&core, place, "sts:GetCallerIdentity")
        })
    }

    fn sweep<'a>(&'a self, sought: Sought<'a>, place: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        Box::pin(async move {
            let name = "tagging:GetResources";
            let mut core = self.core();
            *core.calls.entry(("cloud", "sweep")).or_default() += 1;
            answers(&core, place, name)?;
            core.look().map_err(|e| broke(name, &e))?;
            let ours = core.state.iter().filter(|e| {
                let data = &e.data;
                !e.is_deleting()
                    && e.kind.tags().is_some()
                    && sought.fits(&data.environment, &data.program)
                    && data.region.as_deref().unwrap_or(GLOBAL) == place
            });
            let mut found: Vec<TaggedResource> = ours
                .map(|e| TaggedResource {
                    kind: Some(e.kind.name.into()),
                    region: e.data.region.clone(),
                    id: e.data.id.clone(),
                    address: Some(e.data.address.clone()),
                    program: Some(e.data.program.clone()),
                    op: Some(e.data.op.clone()),
                })
                .collect();
            found.sort_by(|a, b| (&a.kind, &a.region, &a.id).cmp(&(&b.kind, &b.region, &b.id)));
            Ok(found)
        })
    }

    fn tagged<'a>(&'a self, tag: (&'a str, &'a str), place: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        Box::pin(async move {
            let name = "tagging:GetResources";
            let mut core = self.core();
            *core.calls.entry(("cloud", "tagged")).or_default() += 1;
            answers(&core, place, name)?;
            core.look().map_err(|e| broke(name, &e))?;
            Ok(core.bearing(tag, place))
        })
    }

    fn leftovers<'a>(&'a self, trail: &'a Trail<'a>, place: &'a str) -> CloudResult<'a, PlaceSearch> {
        Box::pin(async move {
            let name = "sandbox:SearchLeftovers";
            let mut core = self.core();
            *core.calls.entry(("cloud", "leftovers")).or_default() += 1;
            answers(&core, place, name)?;
            core.look().map_err(|e| broke(name, &e))?;
            let now = core.now();
            Ok(search(&core.state, &core.registry, trail, place, now))
        })
    }

    fn regions(&self) -> CloudResult<'_, Vec<Str>> {
        Box::pin(async move {
            let mut core = self.core();
            *core.calls.entry(("cloud", "regions")).or_default() += 1;
            core.look().map_err(|e| broke("ec2:DescribeRegions", &e))?;
            let used = core.state.iter().filter_map(|entry| entry.data.region.clone());
            let all: BTreeSet<Str> = of_partition("aws").into_iter().chain(used).collect();
            Ok(all.into_iter().collect())
        })
    }
}

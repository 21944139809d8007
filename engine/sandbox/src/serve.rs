//! The outside of a call: counting, regions that are down, faults, and how long it takes.
//!
//! A call that changes something has its effect halfway through its latency, so that a process can be killed, and a
//! future dropped, before the effect as well as between the effect and the reply. The latency is part of the time that
//! the kind takes, not on top of it: what the kind's facts promise is counted from the start of the call. Calls that
//! only look are answered at once.

use std::time::Duration;

use dr_core::cloud::{Cloud, CloudError, CloudResult, ErrorClass, Found, Identity, Intent, Live, Settled, Target};
use dr_core::schema::{Kind, Place};
use dr_core::value::{Map, Str, Value};
use tokio::time::Instant;

use crate::Sandbox;
use crate::act::{Core, Key};
use crate::fault::Fault;

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
const UPDATE: Op = Op::change("update", "Update");
const DELETE: Op = Op::change("delete", "Delete");
const DELETED: Op = Op::look("deleted", "Describe");
const LOOK_UP: Op = Op::look("look_up", "LookUp");

/// What the effect of a call gets to know about the call.
struct Call {
    /// Its name.
    name: String,
    /// When it began.
    start: Instant,
    /// What happens to it, if anything.
    fault: Option<Fault>,
}

impl Sandbox {
    /// Makes a call. `takes` is what the whole change takes, of which the call is a part.
    async fn call<T>(
        &self,
        op: Op,
        at: Target<'_>,
        takes: Duration,
        effect: impl FnOnce(&mut Core, &Call) -> Result<T, CloudError> + Send,
    ) -> Result<T, CloudError> {
        let start = Instant::now();
        let name = name_of(at.kind, op);
        let (fault, half) = {
            let mut core = self.core();
            *core.calls.entry((at.kind.name, op.name)).or_default() += 1;
            up(&core, at.region, &name)?;
            let fault = core.dice.as_mut().and_then(|dice| dice.throw(op.name, at.address.text()));
            let latency = if op.changes { LATENCY.min(takes) } else { Duration::ZERO };
            (fault, core.speed().scale(latency) / 2)
        };
        let fail = |class, code: &str, message: &str| CloudError::new(class, &name, code, message);
        pass(half).await;
        match fault {
            Some(Fault::Throttled) => {
                return Err(fail(ErrorClass::Throttled, "ThrottlingException", "there were too many calls"));
            }
            Some(Fault::Transient) => {
                return Err(fail(ErrorClass::Transient, "ServiceUnavailable", "the service could not be reached"));
            }
            Some(Fault::LostRequest) if op.changes => {
                pass(half).await;
                let mut error = fail(ErrorClass::Transient, "RequestTimeout", "there was no reply");
                error.maybe_done = true;
                return Err(error);
            }
            _ => {}
        }
        let call = Call { name, start, fault };
        let result = effect(&mut self.core(), &call);
        pass(half).await;
        if call.fault == Some(Fault::LostReply) && op.changes && result.is_ok() {
            let mut error = CloudError::new(ErrorClass::Transient, &call.name, "RequestTimeout", "there was no reply");
            error.maybe_done = true;
            return Err(error);
        }
        result
    }
}

/// Lets time pass.
async fn pass(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// That a region can be reached.
fn up(core: &Core, region: Option<&str>, call: &str) -> Result<(), CloudError> {
    match region.filter(|region| core.options.regions_down.contains(*region)) {
        Some(region) => {
            let message = format!("{region} cannot be reached");
            Err(CloudError::new(ErrorClass::Transient, call, "RegionUnavailable", message))
        }
        None => Ok(()),
    }
}

/// The name of a call: `sqs:CreateQueue`.
fn name_of(kind: &Kind, op: Op) -> String {
    let mut name = format!("{}:{}", kind.service(), op.verb);
    for word in kind.short().split('_') {
        let mut letters = word.chars();
        name.extend(letters.next().map(|c| c.to_ascii_uppercase()));
        name.push_str(letters.as_str());
    }
    name
}

/// The resource that a call is about. Only regional kinds are told apart by region.
fn key<'a>(at: Target<'a>, id: &'a str, call: &'a Call) -> Key<'a> {
    let region = at.region.filter(|_| at.kind.place == Place::Regional);
    Key { kind: at.kind, region, id, call: &call.name }
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
        Box::pin(self.call(FIND, at, Duration::ZERO, move |core, call| core.find(at.kind, &intent.op, &call.name)))
    }

    fn create<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Str> {
        Box::pin(self.call(CREATE, at, at.kind.create, move |core, call| {
            core.create(key(at, "", call), args, intent, call.start, call.fault == Some(Fault::Stale))
        }))
    }

    fn configure<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>, _: &'a Intent) -> CloudResult<'a, ()> {
        // Creation sets everything here; what is left is that the resource must be there.
        Box::pin(self.call(CONFIGURE, at, Duration::ZERO, move |core, call| core.exists(key(at, id, call))))
    }

    fn settle<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Settled> {
        Box::pin(self.call(SETTLE, at, Duration::ZERO, move |core, call| match core.settle(key(at, id, call))? {
            Settled::Ready if call.fault == Some(Fault::Slow) => Ok(not_yet(core, at.kind)),
            settled => Ok(settled),
        }))
    }

    fn read<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Option<Live>> {
        Box::pin(self.call(READ, at, Duration::ZERO, move |core, call| {
            let live = core.read(key(at, id, call))?;
            let young = core.dice.as_ref().is_some_and(|dice| dice.made(at.address.as_str()));
            if call.fault == Some(Fault::Stale) && live.is_some() && young {
                let message = format!("{} `{id}` is not visible yet", at.kind.name);
                return Err(CloudError::new(ErrorClass::NotYetConsistent, &call.name, "NotYetVisible", message));
            }
            Ok(live)
        }))
    }

    fn update<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        _: &'a Map<Value>,
        new: &'a Map<Value>,
    ) -> CloudResult<'a, ()> {
        Box::pin(self.call(UPDATE, at, at.kind.update, move |core, call| {
            core.update(key(at, id, call), new, call.start, call.fault == Some(Fault::Stale))
        }))
    }

    fn delete<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, ()> {
        Box::pin(self.call(DELETE, at, at.kind.delete, move |core, call| core.delete(key(at, id, call), call.start)))
    }

    fn deleted<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Settled> {
        Box::pin(self.call(DELETED, at, Duration::ZERO, move |core, call| match core.deleted(key(at, id, call))? {
            Settled::Ready if call.fault == Some(Fault::Slow) => Ok(not_yet(core, at.kind)),
            settled => Ok(settled),
        }))
    }

    fn look_up<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>) -> CloudResult<'a, Map<Value>> {
        Box::pin(self.call(LOOK_UP, at, Duration::ZERO, move |core, call| {
            if !at.kind.lookup {
                let message = format!("{} is not a look-up", at.kind.name);
                return Err(CloudError::new(ErrorClass::Invalid, &call.name, "NotALookUp", message));
            }
            // A look-up is made somewhere, also when its kind is global.
            let at = Key { region: at.region, ..key(at, "", call) };
            Ok(core.answer(at, args))
        }))
    }

    fn sweep<'a>(&'a self, program: &'a str, environment: &'a str, regions: &'a [Str]) -> CloudResult<'a, Vec<Found>> {
        Box::pin(async move {
            let name = "tagging:GetResources";
            let mut core = self.core();
            *core.calls.entry(("cloud", "sweep")).or_default() += 1;
            regions.iter().try_for_each(|region| up(&core, Some(region), name))?;
            core.look().map_err(|e| e.in_call(name))?;
            let ours = core.state.iter().filter(|e| {
                let data = &e.data;
                !e.is_deleting()
                    && *data.program == *program
                    && *data.environment == *environment
                    && data.region.as_ref().is_none_or(|region| regions.contains(region))
            });
            let mut found: Vec<Found> = ours
                .map(|e| Found {
                    kind: Some(e.kind.name.into()),
                    region: e.data.region.clone(),
                    id: e.data.id.clone(),
                    address: Some(e.data.address.clone()),
                })
                .collect();
            found.sort_by(|a, b| (&a.kind, &a.region, &a.id).cmp(&(&b.kind, &b.region, &b.id)));
            Ok(found)
        })
    }
}

//! A cloud in memory that refuses what a service refuses ([`things`](crate::things)): its calls, what goes wrong with them,
//! and what it must never be asked.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use dr_core::cloud::{
    BatchItem, Cloud, CloudError, CloudResult, ErrorClass, Identity, Intent, Live, Owner, Settled, Sought,
    TaggedResource, Target,
};
use dr_core::leftover::{PlaceSearch, Trail};
use dr_core::value::{Map, Str, Value};
use tokio::sync::Notify;

use crate::faults::{Moment, Verdict};
use crate::program::{ENVIRONMENT, PROGRAM};
use crate::things::{Inside, Thing, by_key, gone, key, no_answer};

/// A cloud in memory.
#[derive(Default)]
pub struct StrictCloud {
    inside: Mutex<Inside>,
    /// Tells when the process dies.
    pub died: Notify,
}

pub fn identity() -> Identity {
    Identity { cloud: "strict".into(), account: "1".into(), endpoint: None }
}

impl StrictCloud {
    pub fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Another command begins.
    pub fn begin(&self) {
        let mut inside = self.inside();
        (inside.calls, inside.dead, inside.cut, inside.fault) = (0, false, None, None);
        inside.guarded.clear();
        inside.log.push("--".into());
        inside.pass_time();
    }

    /// Makes something that belongs to somebody else, or to another environment.
    pub fn found(&self, at: Target<'_>, args: &Map<Value>, tagged: bool) -> Option<Str> {
        let mut inside = self.inside();
        let id = inside.create(at, args, None).ok()?;
        inside.things.get_mut(&id)?.tagged = tagged;
        Some(id)
    }

    /// The process is dead: nothing comes back any more.
    pub fn die(&self) {
        self.inside().dead = true;
        self.died.notify_one();
    }

    fn call<'a, T: Send + 'a>(
        &'a self,
        call: &'static str,
        at: Target<'a>,
        act: impl FnOnce(&mut Inside) -> Result<T, CloudError> + Send + 'a,
    ) -> CloudResult<'a, T> {
        Box::pin(async move {
            let (number, cut) = {
                let mut inside = self.inside();
                inside.calls += 1;
                (inside.calls, inside.cut)
            };
            if cut == Some((number, Moment::Before)) {
                self.die();
            }
            if self.inside().dead {
                std::future::pending::<()>().await;
            }
            let result = {
                let mut inside = self.inside();
                let away = at.region.is_some_and(|region| inside.off.contains(region));
                let verdict = match &mut inside.fault {
                    _ if away => Verdict::Fail(no_answer()),
                    Some(fault) => fault.judge(call),
                    None => Verdict::Go,
                };
                let result = match verdict {
                    Verdict::Go => act(&mut inside),
                    Verdict::Fail(error) => Err(error),
                    Verdict::Lose(error) => act(&mut inside).and(Err(error)),
                    Verdict::Break => {
                        let before: BTreeSet<Str> = inside.things.keys().cloned().collect();
                        let result = act(&mut inside);
                        inside
                            .things
                            .iter_mut()
                            .filter(|(id, _)| !before.contains(*id))
                            .for_each(|(_, t)| t.broken = true);
                        result
                    }
                };
                let outcome = match &result {
                    Ok(_) => String::new(),
                    Err(error) => format!(": {} {}", error.code, error.message),
                };
                inside.log.push(format!("{number} {call} {}{outcome}", at.address));
                result
            };
            if cut == Some((number, Moment::After)) {
                self.die();
                std::future::pending::<()>().await;
            }
            result
        })
    }
}

impl Cloud for StrictCloud {
    fn identify(&self) -> CloudResult<'_, Identity> {
        Box::pin(std::future::ready(Ok(identity())))
    }
    fn find<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Option<Str>> {
        self.call("find", at, move |inside| {
            let (wanted, ours) = (key(at.kind, at.region, args), Some(&intent.op));
            let fits = |thing: &Thing| match by_key(at.kind) {
                true => thing.kind.name == at.kind.name && thing.key() == wanted && thing.args == *args,
                false => thing.op.as_ref() == ours,
            };
            Ok(inside.things.iter().find(|(_, thing)| fits(thing)).map(|(id, _)| id.clone()))
        })
    }
    fn create<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Str> {
        self.call("create", at, move |inside| inside.create(at, args, Some(&intent.op)))
    }
    fn configure<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>, _: &'a Intent) -> CloudResult<'a, bool> {
        self.call("configure", at, move |inside| {
            inside.things.get_mut(id).ok_or_else(|| gone(id))?.configured = true;
            Ok(true)
        })
    }
    fn settle<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Settled> {
        self.call("settle", at, move |inside| {
            let thing = inside.things.get_mut(id).ok_or_else(|| gone(id))?;
            if thing.broken || thing.going.is_some() {
                return Ok(Settled::Failed("it broke, or is being deleted".into()));
            }
            let ready = thing.coming == 0;
            thing.coming = thing.coming.saturating_sub(1);
            Ok(if ready { Settled::Ready } else { Settled::Wait(None) })
        })
    }
    fn read<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Option<Live>> {
        self.call("read", at, move |inside| {
            let fits = |t: &&Thing| t.kind.name == at.kind.name && t.region.as_deref() == at.region;
            Ok(inside.things.get(id).filter(fits).map(|thing| {
                let mut args = thing.args.clone();
                args.retain(|name, _| !at.kind.arg(name).is_some_and(|field| field.write_only));
                Live { args, outputs: thing.outputs(id) }
            }))
        })
    }
    fn owner<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Live) -> CloudResult<'a, Option<Owner>> {
        self.call("owner", at, move |inside| {
            let owner = |suffix: &str| Owner { environment: suffix.into(), program: PROGRAM.into(), address: None };
            Ok(inside.things.get(id).filter(|_| !by_key(at.kind)).and_then(|thing| match (&thing.op, thing.tagged) {
                (Some(_), _) => Some(owner(ENVIRONMENT)),
                (None, true) => Some(owner("pr-2")),
                (None, false) => None,
            }))
        })
    }
    fn claim<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        intent: &'a Intent,
    ) -> CloudResult<'a, ()> {
        let _ = (args, intent);
        self.call("claim", at, move |inside| match inside.things.contains_key(id) {
            true => Ok(()),
            false => Err(CloudError::new(ErrorClass::Gone, "x:Claim", "NotFound", "it is not there")),
        })
    }
    fn update<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        _: &'a Map<Value>,
        new: &'a Map<Value>,
    ) -> CloudResult<'a, ()> {
        self.call("update", at, move |inside| inside.update(at, id, new))
    }
    fn delete<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, ()> {
        self.call("delete", at, move |inside| inside.delete(&id.into()))
    }
    fn deleted<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Settled> {
        self.call("deleted", at, move |inside| Ok(inside.deleted(&id.into())))
    }
    fn batch<'a>(&'a self, items: &'a [BatchItem<'a>]) -> CloudResult<'a, Vec<Str>> {
        let Some(first) = items.first() else { return Box::pin(std::future::ready(Ok(Vec::new()))) };
        self.call("batch", first.at, move |inside| inside.batch(items))
    }
    fn look_up<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>) -> CloudResult<'a, Map<Value>> {
        self.call("look_up", at, move |_| {
            let name = args.get("name").map(Value::to_text).unwrap_or_default();
            Ok(Map::from([("arn".into(), Value::from(format!("found:{name}")))]))
        })
    }
    fn reach<'a>(&'a self, place: &'a str) -> CloudResult<'a, ()> {
        let away = self.inside().off.contains(place);
        Box::pin(std::future::ready(if away { Err(no_answer()) } else { Ok(()) }))
    }
    fn sweep<'a>(&'a self, _: Sought<'a>, _: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
    fn tagged<'a>(&'a self, _: (&'a str, &'a str), _: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
    fn leftovers<'a>(&'a self, _: &'a Trail<'a>, _: &'a str) -> CloudResult<'a, PlaceSearch> {
        Box::pin(async { Ok(PlaceSearch::default()) })
    }
    fn regions(&self) -> CloudResult<'_, Vec<Str>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}

//! A small cloud in memory, and plans written by hand. Deterministic: no clock of its own, no chance.
#![allow(clippy::unwrap_used)] // A test that cannot go on says so.
#![allow(dead_code)] // Each test file uses a part of it.

pub mod memory;
pub mod process;
pub mod ruin;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use dr_core::address::Address;
use dr_core::cloud::{
    BatchChange, BatchItem, Cloud, CloudError, CloudResult, ErrorClass, Identity, Intent, Live, Owner, RoleChange,
    Settled, Sought, TaggedResource, Target, Vitals,
};
use dr_core::expr::Expr;
use dr_core::graph::{Graph, ReplaceOrder};
use dr_core::leftover::{PlaceSearch, Trail};
use dr_core::online::{Objection, Quota, Wishes};
use dr_core::plan::{Action, FORMAT, Goal, Plan, PlannedOutput, Step};
use dr_core::record::{Need, Record, Snapshot};
use dr_core::registry::Registry;
use dr_core::schema::{Field, Kind, Lit, Place, Presence, Reference, Scope, Type};
use dr_core::value::{Map, Str, Value};
use dr_run::{
    Calls, Cancel, Engine, Gate, KeySource, Observer, Places, Report, Stack, States, Store, StoreError, Wanted,
};

const ARGS: &[Field] = &[
    Field { presence: Presence::Optional, replace: true, ..Field::new("name", "", Type::Str) },
    Field { presence: Presence::Optional, ..Field::new("size", "", Type::Int) },
    Field { presence: Presence::Optional, ..Field::new("peer", "", Type::Str) },
    Field { presence: Presence::Optional, sensitive: true, write_only: true, ..Field::new("password", "", Type::Str) },
    Field { presence: Presence::Computed, ..Field::new("zone", "", Type::Str) },
    Field { presence: Presence::Default(Lit::Bool(false)), ..Field::new("on", "", Type::Bool) },
];
const OUTPUTS: &[Field] = &[
    Field::new("arn", "", Type::Str),
    Field { sensitive: true, ..Field::new("token", "", Type::Str) },
    Field { switched: true, ..Field::new("is_writer", "", Type::Bool) },
];

/// A kind that is there at once.
pub static QUICK: Kind = Kind { pace: Duration::from_millis(100), ..Kind::new("x.quick", "", ARGS, OUTPUTS) };
/// A kind that takes a minute to come and half a minute to go.
pub static SLOW: Kind =
    Kind { create: Duration::from_secs(60), delete: Duration::from_secs(30), ..Kind::new("y.slow", "", ARGS, OUTPUTS) };
/// Has a name that is the only one in its region, and keeps what it holds from being deleted.
pub static NAMED: Kind = Kind {
    pace: Duration::from_millis(100),
    unique: Some((&["name"], Scope::Region)),
    ..Kind::new(
        "x.named",
        "",
        &[
            Field { presence: Presence::Optional, replace: true, ..Field::new("name", "", Type::Str) },
            Field { presence: Presence::Optional, ..Field::new("size", "", Type::Int) },
            Field { presence: Presence::Optional, replace: true, ..Field::new("class", "", Type::Str) },
            Field { presence: Presence::Optional, switched: true, ..Field::new("role", "", Type::Str) },
            Field {
                presence: Presence::Optional,
                refers: Some(Reference { to: "x.quick.arn", blocks_delete: true }),
                ..Field::new("holds", "", Type::Str)
            },
        ],
        OUTPUTS,
    )
};
/// A kind that can be tagged.
pub static TAGGED: Kind = Kind {
    pace: Duration::from_millis(100),
    ..Kind::new(
        "x.tagged",
        "",
        &[
            Field { presence: Presence::Optional, ..Field::new("size", "", Type::Int) },
            Field { presence: Presence::Optional, tags: true, ..Field::new("tags", "", Type::Map(&Type::Str)) },
        ],
        OUTPUTS,
    )
};
/// A look-up.
pub static LOOK: Kind = Kind { lookup: true, ..Kind::new("x.look", "", ARGS, OUTPUTS) };
const fn by_default(name: &'static str, ty: Type, value: Lit) -> Field {
    Field { presence: Presence::Default(value), replace: true, ..Field::new(name, "", ty) }
}

/// Random values.
pub static PASSWORD: Kind = Kind {
    place: Place::Local,
    ..Kind::new(
        "random.password",
        "",
        &[
            by_default("length", Type::Int, Lit::Int(20)),
            by_default("lower", Type::Bool, Lit::Bool(true)),
            by_default("upper", Type::Bool, Lit::Bool(true)),
            by_default("numeric", Type::Bool, Lit::Bool(true)),
            by_default("special", Type::Bool, Lit::Bool(false)),
            by_default("override_special", Type::Str, Lit::Str("")),
            by_default("min_lower", Type::Int, Lit::Int(0)),
            by_default("min_upper", Type::Int, Lit::Int(0)),
            by_default("min_numeric", Type::Int, Lit::Int(0)),
            by_default("min_special", Type::Int, Lit::Int(0)),
        ],
        &[Field { sensitive: true, ..Field::new("result", "", Type::Str) }],
    )
};
/// Archives.
pub static ARCHIVE: Kind = Kind {
    place: Place::Local,
    ..Kind::new(
        "archive.zip",
        "",
        &[Field::new("source", "", Type::Str)],
        &[
            Field::new("package", "", Type::Str),
            Field::new("sha256_base64", "", Type::Str),
            Field::new("size", "", Type::Int),
        ],
    )
};

pub fn registry() -> Registry {
    Registry::new([&QUICK, &SLOW, &NAMED, &TAGGED, &LOOK, &PASSWORD, &ARCHIVE])
}

/// A resource in the cloud.
#[derive(Debug, Clone, PartialEq)]
pub struct Thing {
    pub op: Str,
    pub address: Str,
    pub kind: &'static str,
    pub args: Map<Value>,
    pub configured: bool,
    /// When it is ready, or gone, in seconds of the test's clock.
    pub ready: Option<tokio::time::Instant>,
    pub going: Option<tokio::time::Instant>,
}

/// What a call is to fail with, and whether it has its effect nevertheless.
#[derive(Debug, Clone)]
pub struct Fault {
    pub call: &'static str,
    pub address: &'static str,
    pub error: CloudError,
    pub effect: bool,
    pub times: usize,
}

#[derive(Default)]
pub struct Inside {
    pub things: BTreeMap<Str, Thing>,
    pub made: u64,
    pub log: Vec<String>,
    pub faults: Vec<Fault>,
    /// Whether a creation writes over what is there and gives its id, as some services do.
    pub adopts: bool,
    /// Whether the id of something is its name.
    pub names_are_ids: bool,
    /// Whose what was made by others is.
    pub owners: BTreeMap<Str, Owner>,
    /// What a sweep finds, wherever it looks.
    pub swept: Vec<TaggedResource>,
    /// Addresses that never become ready.
    pub broken: Vec<&'static str>,
    /// The id of what takes the writes, where anything does.
    pub writer: Option<Str>,
    /// How often the writes went to another.
    pub switches: usize,
    /// How far behind something is, by its id, each time that it is asked.
    pub lags: BTreeMap<Str, VecDeque<u64>>,
    /// How many calls are at work now, and were at most.
    pub at_work: usize,
    pub most: usize,
}

type Hook = Box<dyn Fn(&str, &Inside) + Send + Sync>;

/// A cloud in memory.
#[derive(Default)]
pub struct Fake {
    pub inside: Mutex<Inside>,
    /// Regions that do not answer. The reply of a call is lost when its region falls silent before [`Fake::hook`] returns.
    pub down: Arc<Mutex<BTreeSet<&'static str>>>,
    /// Called before and after the effect of each call.
    pub hook: Mutex<Option<Hook>>,
    /// How long a call takes.
    pub latency: Duration,
    /// Whether times of the kinds are kept.
    pub timed: bool,
    /// How much longer everything takes than is usual; then nothing says how long it takes.
    pub delay: Duration,
    /// How many of each kind it takes in a region; it objects to more in advance.
    pub quota: Option<Quota>,
    /// What it shows instead of what it was given.
    pub quiet: Option<Quiet>,
}

/// Changes arguments without a word.
pub type Quiet = Box<dyn Fn(&mut Map<Value>) + Send + Sync>;

pub fn identity() -> Identity {
    Identity { cloud: "fake".into(), account: "1".into(), endpoint: None }
}

impl Fake {
    pub fn with(things: BTreeMap<Str, Thing>) -> Fake {
        let made = things.len() as u64 + 1000;
        Fake { inside: Mutex::new(Inside { things, made, ..Inside::default() }), ..Fake::default() }
    }

    pub fn fail(&self, call: &'static str, address: &'static str, class: ErrorClass, times: usize) {
        let error = CloudError::new(class, "x:Call", "Code", "message");
        self.inside.lock().unwrap().faults.push(Fault { call, address, error, effect: false, times });
    }

    /// Nothing fails any more.
    pub fn mend(&self) {
        self.inside.lock().unwrap().faults.clear();
    }

    /// How often a call was made.
    pub fn count(&self, call: &str) -> usize {
        self.log().iter().filter(|c| c.as_str() == call || c.starts_with(&format!("{call} "))).count()
    }

    /// The ids of what is there and does not go, sorted.
    pub fn ids(&self) -> Vec<Str> {
        let inside = self.inside.lock().unwrap();
        inside.things.iter().filter(|(_, t)| t.going.is_none()).map(|(id, _)| id.clone()).collect()
    }

    /// The effect happens and the reply is lost.
    pub fn lose(&self, call: &'static str, address: &'static str, times: usize) {
        let mut error = CloudError::new(ErrorClass::Transient, "x:Call", "Timeout", "no reply");
        error.maybe_done = true;
        self.inside.lock().unwrap().faults.push(Fault { call, address, error, effect: true, times });
    }

    pub fn log(&self) -> Vec<String> {
        self.inside.lock().unwrap().log.clone()
    }

    /// The addresses of what is there and does not go, sorted, with repetitions.
    pub fn addresses(&self) -> Vec<String> {
        let inside = self.inside.lock().unwrap();
        let mut all: Vec<String> =
            inside.things.values().filter(|t| t.going.is_none()).map(|t| t.address.to_string()).collect();
        all.sort();
        all
    }

    fn hooked(&self, what: &str) {
        let hook = self.hook.lock().unwrap();
        if let Some(hook) = &*hook {
            hook(what, &self.inside.lock().unwrap());
        }
    }

    fn call<'a, T: Send + 'a>(
        &'a self,
        call: &'static str,
        at: Target<'a>,
        act: impl FnOnce(&mut Inside) -> Result<T, CloudError> + Send + 'a,
    ) -> CloudResult<'a, T> {
        Box::pin(async move {
            {
                let mut inside = self.inside.lock().unwrap();
                inside.at_work += 1;
                inside.most = inside.most.max(inside.at_work);
                inside.log.push(format!("{call} {}", at.address));
            }
            if !self.latency.is_zero() {
                tokio::time::sleep(self.latency).await;
            }
            self.hooked(&format!("before {call} {}", at.address));
            let result = {
                let mut inside = self.inside.lock().unwrap();
                inside.at_work -= 1;
                let fits = |f: &&mut Fault| f.call == call && f.address == at.address.as_str() && f.times > 0;
                let down = at.region.is_some_and(|region| self.down.lock().unwrap().contains(region));
                match inside.faults.iter_mut().find(fits) {
                    _ if down => Err(unreachable_region()),
                    Some(fault) => {
                        fault.times -= 1;
                        let fault = fault.clone();
                        if fault.effect {
                            act(&mut inside)?;
                        }
                        Err(fault.error)
                    }
                    None => act(&mut inside),
                }
            };
            self.hooked(&format!("after {call} {}", at.address));
            if result.is_ok() && at.region.is_some_and(|region| self.down.lock().unwrap().contains(region)) {
                return Err(CloudError { maybe_done: true, ..unreachable_region() });
            }
            result
        })
    }

    fn wait(&self, until: Option<tokio::time::Instant>) -> Settled {
        let now = tokio::time::Instant::now();
        match until.filter(|at| *at > now) {
            Some(at) => Settled::Wait(self.delay.is_zero().then(|| at - now)),
            None => Settled::Ready,
        }
    }

    fn time(&self, duration: Duration) -> Option<tokio::time::Instant> {
        self.timed.then(|| tokio::time::Instant::now() + duration + self.delay)
    }
}

fn unreachable_region() -> CloudError {
    CloudError::new(ErrorClass::Transient, "x:Call", "RegionUnavailable", "the region cannot be reached")
}

fn missing() -> CloudError {
    CloudError::new(ErrorClass::Gone, "x:Call", "NotFound", "it is not there")
}

impl Cloud for Fake {
    fn identify(&self) -> CloudResult<'_, Identity> {
        Box::pin(std::future::ready(Ok(identity())))
    }
    fn find<'a>(&'a self, at: Target<'a>, _: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Option<Str>> {
        self.call("find", at, |inside| {
            Ok(inside.things.iter().find(|(_, t)| t.op == intent.op).map(|(id, _)| id.clone()))
        })
    }
    fn create<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>, intent: &'a Intent) -> CloudResult<'a, Str> {
        assert!(!args.values().any(Value::has_secret), "a cloud gets arguments without marks");
        self.call("create", at, |inside| {
            let name = args.get("name");
            if name.is_some() && inside.things.values().any(|t| t.going.is_none() && t.args.get("name") == name) {
                return Err(CloudError::new(ErrorClass::Exists, "x:Create", "AlreadyExists", "the name is taken"));
            }
            if let Some(id) = inside.things.keys().next().filter(|_| inside.adopts) {
                return Ok(id.clone());
            }
            inside.made += 1;
            let id: Str = match name.filter(|_| inside.names_are_ids) {
                Some(name) => name.to_text().into(),
                None => format!("id-{}", inside.made).into(),
            };
            let thing = Thing {
                op: intent.op.clone(),
                address: at.address.text(),
                kind: at.kind.name,
                args: args.clone(),
                configured: false,
                ready: self.time(at.kind.create),
                going: None,
            };
            inside.things.insert(id.clone(), thing);
            Ok(id)
        })
    }
    fn configure<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>, _: &'a Intent) -> CloudResult<'a, bool> {
        self.call("configure", at, move |inside| {
            inside.things.get_mut(id).ok_or_else(missing)?.configured = true;
            // A name is all that this cloud takes when it creates.
            Ok(at.kind.name != NAMED.name)
        })
    }
    fn settle<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Settled> {
        self.call("settle", at, move |inside| {
            if inside.broken.contains(&at.address.as_str()) {
                return Ok(Settled::Failed("it is broken".into()));
            }
            let thing = inside.things.get(id).ok_or_else(missing)?;
            match thing.going {
                Some(_) => Ok(Settled::Failed("it is being deleted".into())),
                None => Ok(self.wait(thing.ready)),
            }
        })
    }
    fn read<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Option<Live>> {
        self.call("read", at, move |inside| {
            Ok(inside.things.get(id).map(|thing| {
                let mut args = thing.args.clone();
                args.remove("password");
                args.insert("zone".into(), Value::str("zone-b"));
                self.quiet.iter().for_each(|quiet| quiet(&mut args));
                let arn = Value::from(format!("arn:{id}"));
                let token = Value::from(format!("hidden-{id}"));
                let mut outputs = Map::from([("arn".into(), arn), ("token".into(), token)]);
                if let Some(writer) = &inside.writer {
                    outputs.insert("is_writer".into(), Value::Bool(**writer == *id));
                }
                Live { args, outputs }
            }))
        })
    }
    fn owner<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Live) -> CloudResult<'a, Option<Owner>> {
        self.call("owner", at, move |inside| Ok(inside.owners.get(id).cloned()))
    }
    fn claim<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        args: &'a Map<Value>,
        intent: &'a Intent,
    ) -> CloudResult<'a, ()> {
        let _ = args;
        self.call("claim", at, move |inside| {
            let Intent { environment, program, .. } = intent.clone();
            inside.things.get(id).ok_or_else(missing)?;
            let address = Some(intent.address.text());
            inside.owners.insert(id.into(), Owner { environment, program, address });
            Ok(())
        })
    }
    fn update<'a>(
        &'a self,
        at: Target<'a>,
        id: &'a str,
        _: &'a Map<Value>,
        new: &'a Map<Value>,
    ) -> CloudResult<'a, ()> {
        self.call("update", at, move |inside| {
            inside.things.get_mut(id).ok_or_else(missing)?.args = new.clone();
            Ok(())
        })
    }
    fn delete<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, ()> {
        self.call("delete", at, move |inside| {
            let (going, arn) = (self.time(at.kind.delete), Value::from(format!("arn:{id}")));
            if inside.things.values().any(|t| t.going.is_none() && t.args.get("holds") == Some(&arn)) {
                return Err(CloudError::new(ErrorClass::Conflict, "x:Delete", "InUse", "something holds it"));
            }
            match (inside.things.get_mut(id), going) {
                (Some(thing), Some(_)) => thing.going = thing.going.or(going),
                _ => {
                    inside.things.remove(id);
                }
            }
            Ok(())
        })
    }
    fn deleted<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Settled> {
        self.call("deleted", at, move |inside| {
            let settled = match inside.things.get(id) {
                None => Settled::Ready,
                Some(Thing { going: None, .. }) => Settled::Failed("it is not being deleted".into()),
                Some(thing) => self.wait(thing.going),
            };
            if settled == Settled::Ready {
                inside.things.remove(id);
            }
            Ok(settled)
        })
    }
    /// Takes deletions alone.
    fn batch<'a>(&'a self, items: &'a [BatchItem<'a>]) -> CloudResult<'a, Vec<Str>> {
        let Some(first) = items.first() else { return Box::pin(std::future::ready(Ok(Vec::new()))) };
        self.call("batch", first.at, move |inside| {
            let mut delete = |item: &BatchItem<'_>| match item.change {
                BatchChange::Delete { id, .. } => {
                    inside.things.remove(id);
                    Ok("".into())
                }
                _ => Err(CloudError::new(ErrorClass::Invalid, "x:Batch", "NoDeletion", "it is no deletion")),
            };
            items.iter().map(&mut delete).collect()
        })
    }
    fn switch<'a>(&'a self, _: Target<'a>, _: &'a str, change: &'a RoleChange<'a>) -> CloudResult<'a, ()> {
        self.call("switch", change.member, move |inside| {
            assert_eq!(Some(change.via), change.member.region);
            let thing = inside.things.get_mut(change.id).ok_or_else(missing)?;
            if thing.ready.is_some_and(|ready| ready > tokio::time::Instant::now()) {
                return Err(CloudError::new(
                    ErrorClass::Conflict,
                    "x:Switch",
                    "InvalidState",
                    "it is promoted already",
                ));
            }
            thing.ready = self.time(Duration::from_secs(90));
            inside.writer = Some(change.id.into());
            inside.switches += 1;
            Ok(())
        })
    }
    fn vitals<'a>(&'a self, at: Target<'a>, id: &'a str, _: &'a Map<Value>) -> CloudResult<'a, Vitals> {
        self.call("vitals", at, move |inside| {
            let lag = inside.lags.get_mut(id).and_then(VecDeque::pop_front).map(Duration::from_millis);
            Ok(Vitals { lag, healthy: lag.map(|lag| lag.is_zero()), look_again: None })
        })
    }
    fn objections<'a>(&'a self, at: Target<'a>, wishes: &'a Wishes) -> CloudResult<'a, Vec<Objection>> {
        let Some(quota) = self.quota else { return Box::pin(std::future::ready(Ok(Vec::new()))) };
        self.call("objections", at, move |_| Ok(wishes.beyond(quota, "things").into_iter().collect()))
    }
    fn look_up<'a>(&'a self, at: Target<'a>, args: &'a Map<Value>) -> CloudResult<'a, Map<Value>> {
        self.call("look_up", at, move |_| {
            let name = args.get("name").map(Value::to_text).unwrap_or_default();
            Ok(Map::from([("arn".into(), Value::from(format!("found:{name}")))]))
        })
    }
    fn reach<'a>(&'a self, place: &'a str) -> CloudResult<'a, ()> {
        self.inside.lock().unwrap().log.push(format!("reach {place}"));
        let down = self.down.lock().unwrap().contains(place);
        Box::pin(std::future::ready(if down { Err(unreachable_region()) } else { Ok(()) }))
    }
    fn sweep<'a>(&'a self, _: Sought<'a>, _: &'a str) -> CloudResult<'a, Vec<TaggedResource>> {
        let found = self.inside.lock().unwrap().swept.clone();
        Box::pin(std::future::ready(Ok(found)))
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

pub fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

/// A step of a plan written by hand.
pub fn step(action: Action, at: &str, after: &[usize], args: &[(&str, Expr)]) -> Step {
    let address = address(at);
    let kind = registry().get(address.kind()).unwrap();
    let mut needs = std::collections::BTreeSet::new();
    for (_, value) in args {
        needs.extend(value.addresses());
    }
    let typical = match action {
        Action::Create => kind.create,
        Action::Delete => kind.delete,
        _ => Duration::ZERO,
    };
    Step {
        kind: kind.name.into(),
        region: (kind.place == Place::Regional).then(|| "eu-1".into()),
        action,
        reasons: Vec::new(),
        changes: Vec::new(),
        prior: None,
        args: args.iter().map(|(k, v)| (Str::from(*k), v.clone())).collect(),
        known: Map::new(),
        needs: needs.into_iter().map(|address| Need { address, blocks_delete: true }).collect(),
        given: Vec::new(),
        protect: false,
        allow: Map::new(),
        span: None,
        keys: Vec::new(),
        after: after.to_vec(),
        replacement: None,
        implied_by: None,
        lifts: Vec::new(),
        batch: None,
        typical_ms: typical.as_millis() as u64,
        address,
    }
}

pub fn with_prior(mut step: Step, prior: &Record) -> Step {
    step.prior = Some(Arc::new(prior.clone()));
    step
}

pub fn replacing(mut step: Step, order: ReplaceOrder) -> Step {
    step.replacement = Some(order);
    step
}

pub fn plan(id: &str, snapshot: &Snapshot, steps: Vec<Step>) -> Plan {
    Plan {
        format: FORMAT,
        id: id.into(),
        program: "p".into(),
        environment: "e".into(),
        identity: identity(),
        position: snapshot.position,
        destroy: false,
        moves: Vec::new(),
        steps,
        deferred: Vec::new(),
        at_risk: Vec::new(),
        unchanged: 0,
        outputs: Map::new(),
        answers: Map::new(),
        ephemeral: false,
        namesakes: Vec::new(),
        recovery: None,
        diagnostics: Vec::new(),
        estimate_ms: 0,
    }
}

pub fn output(plan: &mut Plan, name: &str, value: Expr) {
    plan.outputs.insert(name.into(), PlannedOutput { after: Some(value), ..PlannedOutput::default() });
}

pub fn open(dir: &Path) -> Store {
    Store::open(dir, &Stack::new("p", "e"), &KeySource::StateDirectory).unwrap()
}

/// The same after the one that had it open was dropped: what that one had begun to write is written to its end before
/// the lock is free.
pub async fn reopen(dir: &Path) -> Store {
    reopen_in(&states(dir)).await
}

/// The states in a folder.
pub fn states(dir: &Path) -> States {
    States { folder: dir.to_owned(), keys: KeySource::StateDirectory, shared: None }
}

/// The same, wherever states are.
pub async fn reopen_in(states: &States) -> Store {
    loop {
        match states.open(&Stack::new("p", "e")) {
            Ok(store) => return store,
            Err(StoreError::Locked { .. }) => tokio::task::yield_now().await,
            Err(other) => panic!("{other}"),
        }
    }
}

/// Everything a run needs besides store and cloud.
pub struct Room {
    pub registry: Registry,
    pub gate: Gate,
    pub cancel: Cancel,
    pub calls: Calls,
    pub places: Places,
}

impl Room {
    pub fn new() -> Room {
        Room {
            registry: registry(),
            gate: Gate::new(None),
            cancel: Cancel::new(),
            calls: Calls::new(),
            places: Places::default(),
        }
    }

    pub fn engine<'a>(&'a self, store: &'a Store, cloud: &'a dyn Cloud, observer: &'a dyn Observer) -> Engine<'a> {
        Engine {
            store,
            cloud,
            registry: &self.registry,
            gate: &self.gate,
            observer,
            cancel: &self.cancel,
            calls: &self.calls,
            places: &self.places,
            patience: Duration::ZERO,
        }
    }
}

/// Applies a plan with everything at its default.
pub async fn run(store: &Store, cloud: &dyn Cloud, plan: &Plan) -> Report {
    let room = Room::new();
    let engine = room.engine(store, cloud, &dr_run::Silent);
    dr_run::apply(&engine, plan, store.snapshot().unwrap()).await.unwrap()
}

/// What a plan of this program is made of.
pub fn wanted<'a>(graph: &'a Graph, snapshot: &'a Snapshot, refresh: bool) -> Wanted<'a> {
    static PROGRAM: LazyLock<Str> = LazyLock::new(|| "p".into());
    static IDENTITY: LazyLock<Identity> = LazyLock::new(identity);
    Wanted {
        goal: Goal::Apply,
        program: &PROGRAM,
        graph,
        snapshot,
        identity: &IDENTITY,
        refresh,
        lift: false,
        aim: dr_core::selection::Aim::everything(),
        team: None,
    }
}

/// Takes note of everything.
#[derive(Default)]
pub struct Notes(pub Mutex<VecDeque<String>>);

impl Observer for Notes {
    fn on(&self, event: &dr_run::Progress<'_>) {
        self.0.lock().unwrap().push_back(format!("{} {:?}", event.address, event.what));
    }
}

/// Every byte of every file below a folder.
pub fn all_bytes(dir: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut paths: Vec<_> = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            bytes.extend(all_bytes(&path));
        } else {
            bytes.extend(std::fs::read(path).unwrap());
        }
    }
    bytes
}

pub fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_dir(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

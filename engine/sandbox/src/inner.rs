//! The sandbox behind its handle's mutex: memory and log, changed together.
//!
//! Whoever changes something first takes the log's lock and reads what others wrote, so that it is judged against what
//! is really there. What is judged possible shows in memory at once and is noted; all that was noted is written before the
//! lock is given back and anybody is answered. When that fails, memory is made anew from the log.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use dr_core::address::Address;
use dr_core::cloud::{CloudError, ErrorClass};
use dr_core::recovery::{Wiring, role_change};
use dr_core::registry::Registry;
use dr_core::schema::Kind;
use dr_core::value::Str;
use tokio::time::Instant;

use crate::call::Call;
use crate::data_plane::book::LoadBook;
use crate::error::SandboxError;
use crate::fault::Dice;
use crate::log::{Log, LogLine, LogLock};
use crate::make::Maker;
use crate::options::{SandboxOptions, Speed};
use crate::outages::Outages;
use crate::remains::Remains;
use crate::remnant::Remnant;
use crate::role::{RoleSwitch, role_fields};
use crate::rules::Rules;
use crate::state::{Data, Entry, SandboxState};
use crate::template;

/// The sandbox behind its handle's mutex.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) registry: Arc<Registry>,
    pub(crate) options: SandboxOptions,
    pub(crate) dice: Option<Dice>,
    /// Calls by kind and operation.
    pub(crate) calls: BTreeMap<(&'static str, &'static str), u64>,
    pub(crate) state: SandboxState,
    pub(crate) rules: Rules,
    pub(crate) left: Vec<Remains>,
    /// When which place was off.
    pub(crate) outages: Outages,
    /// The changes of roles that were made through this handle.
    pub(crate) switches: Vec<RoleSwitch>,
    /// What was last seen of a program as names, checks and stores.
    pub(crate) wired: Option<Arc<WiredProgram>>,
    /// What uses what is there, if anything does.
    pub(crate) load: Option<LoadBook>,
    /// What is called before anything changes.
    pub(crate) before_change: Option<fn(&mut Core)>,
    clock: Clock,
    log: Option<Log>,
    /// How often it was looked for what others did.
    looks: u64,
}

/// What is there of a program, as names, checks and stores.
#[derive(Debug)]
pub(crate) struct WiredProgram {
    /// The state that it is of.
    pub(crate) revision: u64,
    pub(crate) environment: Str,
    pub(crate) program: Str,
    pub(crate) wiring: Wiring,
    /// Its resources.
    pub(crate) by_address: BTreeMap<Address, u64>,
}

/// When the clock of a sandbox with a seed begins, in microseconds since 1970: the same seed is the same run.
const SEEDED: u64 = 1_767_225_600_000_000;

/// Microseconds since 1970, taken from the wall once and from tokio since.
#[derive(Debug)]
struct Clock {
    base: u64,
    start: Instant,
}

impl Clock {
    fn new(seed: Option<u64>) -> Clock {
        let wall = || micros(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default());
        Clock { base: seed.map_or_else(wall, |_| SEEDED), start: Instant::now() }
    }

    fn at(&self, instant: Instant) -> u64 {
        self.base + micros(instant.saturating_duration_since(self.start))
    }
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX / 2)
}

/// A resource that a call is about.
#[derive(Clone, Copy)]
pub(crate) struct ResourceKey<'a> {
    pub(crate) kind: &'static Kind,
    pub(crate) region: Option<&'a str>,
    pub(crate) id: &'a str,
    /// The call, for its errors.
    pub(crate) call: Call,
}

impl Core {
    pub(crate) fn new(
        dir: Option<&Path>,
        registry: Arc<Registry>,
        options: SandboxOptions,
    ) -> Result<Core, SandboxError> {
        let problems = template::check(&registry);
        if !problems.is_empty() {
            return Err(SandboxError::Facts(problems));
        }
        let log = dir.map(|dir| Log::open(dir, &options.account)).transpose()?;
        let mut core = Core {
            dice: options.faults.clone().map(Dice::new),
            calls: BTreeMap::new(),
            state: SandboxState::new(&registry),
            rules: Rules::new(&registry),
            left: Vec::new(),
            outages: Outages::default(),
            switches: Vec::new(),
            wired: None,
            load: None,
            before_change: None,
            clock: Clock::new(options.seed),
            registry,
            options,
            log,
            looks: 0,
        };
        // What is off from the beginning has been so for long.
        let off = core.options.regions_down.iter().filter(|(_, changes)| **changes == 0);
        off.for_each(|(place, _)| core.outages.begin(place, 0));
        core.change(|_| ())?;
        Ok(core)
    }

    pub(crate) fn speed(&self) -> Speed {
        self.options.speed
    }

    pub(crate) fn now(&self) -> u64 {
        self.clock.at(Instant::now())
    }

    /// Makes changes, and returns when they are written.
    pub(crate) fn change<T>(&mut self, make: impl FnOnce(&mut Core) -> T) -> Result<T, SandboxError> {
        let _held = self.begin()?;
        let made = make(self);
        if let Some(log) = &mut self.log
            && let Err(error) = log.write()
        {
            log.rewind();
            return Err(error);
        }
        self.shorten();
        Ok(made)
    }

    /// Takes the lock and learns what others did.
    fn begin(&mut self) -> Result<Option<LogLock>, SandboxError> {
        let Some(log) = &mut self.log else {
            self.state.expire(self.now());
            return Ok(None);
        };
        if log.is_behind() {
            // Whoever made a change panicked before it was written.
            log.rewind();
        }
        let held = log.hold()?;
        self.learn(Some(&held))?;
        Ok(Some(held))
    }

    /// Learns what others did.
    pub(crate) fn look(&mut self) -> Result<(), SandboxError> {
        self.learn(None)
    }

    /// How often it was looked for what others did; `None` where there are no others.
    pub(crate) fn looks(&self) -> Option<u64> {
        self.log.is_some().then_some(self.looks)
    }

    /// Learns what others did, unless that was done since `looks` were counted.
    pub(crate) fn look_since(&mut self, looks: Option<u64>) -> Result<(), SandboxError> {
        if self.looks() == looks {
            return self.look();
        }
        self.state.expire(self.now());
        Ok(())
    }

    fn learn(&mut self, held: Option<&LogLock>) -> Result<(), SandboxError> {
        let now = self.now();
        self.looks += 1;
        if let Some(mut log) = self.log.take() {
            let learnt = self.take_in(&mut log, held, now);
            if learnt.is_err() {
                // Whatever was taken in, it is not all of it.
                log.rewind();
            }
            self.log = Some(log);
            learnt?;
        }
        self.state.expire(now);
        Ok(())
    }

    fn take_in(&mut self, log: &mut Log, held: Option<&LogLock>, now: u64) -> Result<(), SandboxError> {
        let news = log.news(held)?;
        if news.afresh {
            self.state.clear();
        }
        news.changes
            .into_iter()
            .try_for_each(|(line, change)| self.apply(change, now).map_err(|why| log.damaged(line, why)))
    }

    /// Takes over a change from the log. What it says about time holds at most for as long as it would take at this
    /// handle's speed.
    fn apply(&mut self, change: LogLine<'_>, now: u64) -> Result<(), String> {
        let speed = self.speed();
        let registry = self.registry.clone();
        let known =
            |name: &str| registry.get(name).ok_or_else(|| format!("it is of a kind `{name}` that is not known"));
        let latest = |time: u64, from: u64, real: Duration| time.min(from.saturating_add(micros(speed.scale(real))));
        match change {
            LogLine::Sandbox { .. } => {}
            LogLine::Put { kind, resource } => {
                let kind = known(&kind)?;
                let mut data = resource.into_owned();
                let mut longest = kind.create.max(kind.update);
                if role_fields(kind).is_some() {
                    let most = [true, false].into_iter().filter_map(|may_lose| role_change(may_lose).most).max();
                    longest = longest.max(Duration::from_secs(most.unwrap_or_default().into()));
                }
                data.ready_at = latest(data.ready_at, now, longest);
                data.turns_at = latest(data.turns_at, now, longest);
                if let Some(gone_at) = data.gone_at {
                    let gone_at = latest(gone_at, now, kind.delete);
                    data.gone_at = Some(gone_at);
                    data.blocked_until = latest(data.blocked_until, gone_at, kind.name_blocked);
                    let held = kind.holds.map(|holding| holding.typical).unwrap_or_default();
                    data.held_until = latest(data.held_until, gone_at, held);
                }
                self.make_sensitive(kind, &mut data);
                self.state.put(kind, data);
            }
            LogLine::Delete { kind, region, id, gone_at, blocked_until, held_until } => {
                let kind = known(&kind)?;
                let gone_at = latest(gone_at, now, kind.delete);
                // It may be gone already: by its time, when it is deleted once more on its way out.
                if let Some((key, _)) = self.state.find(kind, region.as_deref(), &id) {
                    let held = kind.holds.map(|holding| holding.typical).unwrap_or_default();
                    let held_until = latest(held_until, gone_at, held);
                    self.state.leave(key, gone_at, latest(blocked_until, gone_at, kind.name_blocked), held_until);
                    self.state.expire(now);
                }
            }
            LogLine::Remnant { remnant } => self.state.keep_remnant(remnant.into_owned()),
            LogLine::Block { name, until } => {
                let kind = known(name.split(' ').next().unwrap_or_default())?;
                self.state.block(name.into_owned(), latest(until, now, kind.delete + kind.name_blocked));
            }
            LogLine::Hold { kind, value, by, until } => {
                let (kind, holder) = (known(&kind)?, known(by.split(' ').next().unwrap_or_default())?);
                let held = holder.holds.map(|holding| holding.typical).unwrap_or_default();
                self.state.hold(kind.name, &value, &by, latest(until, now, holder.delete + held));
            }
        }
        Ok(())
    }

    /// Tells whoever wants to know that something is about to change.
    pub(crate) fn about_to_change(&mut self) {
        if let Some(tell) = self.before_change {
            tell(self);
        }
    }

    /// Notes changes, and lets them show.
    pub(crate) fn commit(&mut self, changes: Vec<LogLine<'_>>) -> Result<(), SandboxError> {
        self.about_to_change();
        let now = self.now();
        if let Some(log) = &mut self.log {
            log.note(&changes)?;
        }
        for change in changes {
            // What was judged possible a moment ago cannot be refused now; the log will say so too.
            let _ = self.apply(change, now);
        }
        Ok(())
    }

    /// Writes the log anew when most of it is history.
    fn shorten(&mut self) {
        let now = self.now();
        if let Some(log) = &mut self.log
            && log.is_long(self.state.len())
        {
            self.state.unblock(now);
            let puts = self.state.iter().map(|entry| LogLine::Put {
                kind: Cow::Borrowed(entry.kind.name),
                resource: Cow::Borrowed(&entry.data),
            });
            let blocks = self.state.blocks().map(|(name, until)| LogLine::Block { name: Cow::Borrowed(name), until });
            let holds = self.state.holds().map(|held| LogLine::Hold {
                kind: Cow::Borrowed(held.kind),
                value: Cow::Borrowed(&held.value),
                by: Cow::Borrowed(&held.by),
                until: held.until,
            });
            let remnants = self.state.remnants().map(|remnant| LogLine::Remnant { remnant: Cow::Borrowed(remnant) });
            // The changes themselves are written. A log that cannot be shortened is long, but whole.
            let _ = log.rewrite(puts.chain(blocks).chain(holds).chain(remnants));
        }
    }

    pub(crate) fn put(&mut self, kind: &'static Kind, data: Data) -> Result<(), SandboxError> {
        self.commit(vec![LogLine::Put { kind: Cow::Borrowed(kind.name), resource: Cow::Owned(data) }])
    }

    /// Keeps what is left of something.
    pub(crate) fn keep(&mut self, remnants: Vec<Remnant>) -> Result<(), SandboxError> {
        let line = |remnant| LogLine::Remnant { remnant: Cow::Owned(remnant) };
        self.commit(remnants.into_iter().map(line).collect())
    }

    /// Lets resources go at a time.
    pub(crate) fn remove(&mut self, keys: &[u64], gone_at: u64, block: bool) -> Result<(), SandboxError> {
        let speed = self.speed();
        let changes = keys.iter().filter_map(|key| self.state.get(*key)).map(|entry| LogLine::Delete {
            kind: Cow::Borrowed(entry.kind.name),
            region: entry.data.region.clone(),
            id: entry.data.id.clone(),
            gone_at,
            blocked_until: if block { gone_at + micros(speed.scale(entry.kind.name_blocked)) } else { 0 },
            held_until: match entry.kind.holds.filter(|holding| block && holding.is_of(&entry.data.args)) {
                Some(holding) if !speed.scale(holding.typical).is_zero() => {
                    gone_at + micros(speed.scale(holding.typical))
                }
                _ => 0,
            },
        });
        let changes = changes.collect();
        self.commit(changes)
    }

    /// Lets the next write fail.
    #[cfg(test)]
    pub(crate) fn forbid_writing(&mut self) {
        self.log.iter_mut().for_each(Log::forbid_writing);
    }

    pub(crate) fn entry(&self, at: ResourceKey<'_>) -> Result<&Entry, CloudError> {
        self.state.find(at.kind, at.region, at.id).map(|(_, entry)| entry).ok_or_else(|| {
            let message = format!("there is no {} `{}`{}", at.kind.name, at.id, in_region(at.region));
            at.call.fails(ErrorClass::Gone, "NotFound", message)
        })
    }

    /// So long after the start of a call, at this speed.
    pub(crate) fn later(&self, start: Instant, real: Duration) -> u64 {
        self.clock.at(start) + micros(self.speed().scale(real))
    }

    /// When what takes so long is ready; 0 when it takes no time, so that an instant sandbox's log says nothing of when.
    pub(crate) fn ready_at(&self, start: Instant, real: Duration) -> u64 {
        if self.speed().scale(real).is_zero() { 0 } else { self.later(start, real) }
    }

    /// Makes the attributes that are missing.
    pub(crate) fn make_outputs(&self, kind: &'static Kind, data: &mut Data) {
        let mut maker = Maker {
            kind,
            account: &self.options.account,
            region: data.region.as_deref(),
            op: &data.op,
            revision: data.revision,
            args: std::mem::take(&mut data.args),
            outputs: std::mem::take(&mut data.outputs),
            id: Some(data.id.clone()),
        };
        maker.finish();
        (data.args, data.outputs) = (maker.args, maker.outputs);
    }

    /// Makes sensitive attributes anew: the log does not have them.
    fn make_sensitive(&self, kind: &'static Kind, data: &mut Data) {
        let mut any = false;
        for field in kind.outputs.iter().filter(|f| f.sensitive) {
            if data.outputs.get(field.name).is_some_and(|value| !value.has_secret()) {
                data.outputs.remove(field.name);
                any = true;
            }
        }
        if any {
            self.make_outputs(kind, data);
        }
    }
}

fn in_region(region: Option<&str>) -> String {
    region.map(|region| format!(" in {region}")).unwrap_or_default()
}

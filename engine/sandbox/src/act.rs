//! The effects of calls. Everything here happens at one instant, with no waiting inside.

use std::borrow::Cow;
use std::time::Duration;

use dr_core::cloud::{CloudError, ErrorClass, Intent, Live, Owner, Settled};
use dr_core::schema::{Kind, Place, Presence};
use dr_core::value::{Map, Str, Value, intern};
use tokio::time::Instant;

use crate::check::taken;
use crate::inner::{Core, ResourceKey};
use crate::judge::Whose;
use crate::make::Maker;
use crate::refer::held;
use crate::remains::remains;
use crate::role::outputs_at;
use crate::seal::seal;
use crate::state::{Data, Entry, Removal};

/// When a call began, and whether what was made a moment ago is not visible to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    pub(crate) start: Instant,
    pub(crate) stale: bool,
}

impl Core {
    /// Creates. A second call for the same operation gives the same id, as a client token does.
    pub(crate) fn create(
        &mut self,
        at: ResourceKey<'_>,
        args: &Map<Value>,
        intent: &Intent,
        timing: Timing,
    ) -> Result<Str, CloudError> {
        if let Some(id) = self.made_by(at.kind, intent) {
            return Ok(id);
        }
        let data = self.new_data(at, args, intent, timing)?;
        let id = data.id.clone();
        self.put(at.kind, data).map_err(|e| at.call.broke(&e))?;
        Ok(id)
    }

    /// The id of what an operation has created already.
    pub(crate) fn made_by(&self, kind: &'static Kind, intent: &Intent) -> Option<Str> {
        if !intent.knows_operation() {
            return self.there_as(kind, intent);
        }
        let made = self.state.of_op(&intent.op).filter(|entry| entry.kind.name == kind.name && !entry.is_deleting());
        made.map(|entry| entry.data.id.clone())
    }

    /// The id of what is there at the address of an intent: stands for a look under its parent, by its name.
    fn there_as(&self, kind: &'static Kind, intent: &Intent) -> Option<Str> {
        let is = |entry: &&Entry| {
            let Data { environment, program, address, .. } = &entry.data;
            let ours = environment == &intent.environment && program == &intent.program;
            entry.kind.name == kind.name && ours && **address == *intent.address.as_str() && !entry.is_deleting()
        };
        self.state.iter().find(is).map(|entry| entry.data.id.clone())
    }

    /// The resource that a creation makes, if it may.
    pub(crate) fn new_data(
        &self,
        at: ResourceKey<'_>,
        args: &Map<Value>,
        intent: &Intent,
        timing: Timing,
    ) -> Result<Data, CloudError> {
        let kind = at.kind;
        if !held(kind) {
            let message = format!("{} is not a kind that a cloud creates", kind.name);
            return Err(at.call.fails(ErrorClass::Invalid, "NotCreatable", message));
        }
        if kind.place == Place::Regional && at.region.is_none() {
            let message = format!("{} lives in a region; none is given", kind.name);
            return Err(at.call.fails(ErrorClass::Invalid, "MissingRegion", message));
        }
        self.check_references(at, args, timing.stale)?;

        let account = self.options.account.clone();
        let mut maker = Maker {
            kind,
            account: &account,
            region: at.region,
            op: &intent.op,
            revision: 0,
            args: args.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect(),
            outputs: Map::new(),
            id: None,
        };
        let id = maker.identify();
        self.check_free(at, &maker.args, None)?;
        if let Some((_, entry)) = self.state.find(kind, at.region, &id) {
            return Err(taken(entry, at.call, self.now()));
        }
        self.check_neighbours(at, &maker.args)?;
        self.check_rules(at, args, None, Whose::of_intent(intent))?;
        maker.finish();
        let (mut args, outputs) = (maker.args, maker.outputs);
        let sealed = seal(kind.args, &mut args, &intent.op);
        let mut data = Data {
            region: at.region.map(Str::from),
            id,
            op: intent.op.clone(),
            program: intent.program.clone(),
            environment: intent.environment.clone(),
            address: intent.address.text(),
            args,
            outputs,
            sealed,
            revision: 0,
            ready_at: self.ready_at(timing.start, kind.create),
            gone_at: None,
            blocked_until: 0,
            held_until: 0,
            turns_at: 0,
            is_stale: false,
        };
        self.cast(kind, &mut data, None);
        Ok(data)
    }

    /// Changes in place. The same arguments again change nothing.
    pub(crate) fn update(&mut self, at: ResourceKey<'_>, new: &Map<Value>, timing: Timing) -> Result<(), CloudError> {
        let entry = self.entry(at)?;
        match self.changed_data(at, entry, new, timing)? {
            Some(data) => self.put(at.kind, data).map_err(|e| at.call.broke(&e)),
            None => Ok(()),
        }
    }

    /// What a change makes of a resource, if it may; `None` when it is so already.
    pub(crate) fn changed_data(
        &self,
        at: ResourceKey<'_>,
        entry: &Entry,
        new: &Map<Value>,
        timing: Timing,
    ) -> Result<Option<Data>, CloudError> {
        if entry.is_deleting() {
            return Err(taken(entry, at.call, self.now()));
        }
        let mut data = entry.data.clone();
        self.check_references(at, new, timing.stale)?;
        let mut args = new.clone();
        let mut sealed = seal(at.kind.args, &mut args, &data.op);
        // What the service chose stays, unless it is given now.
        for field in at.kind.args.iter().filter(|f| f.presence == Presence::Computed && !new.contains_key(f.name)) {
            if let Some(value) = data.args.get(field.name) {
                args.insert(intern(field.name), value.clone());
            }
            if let Some(hash) = data.sealed.get(field.name) {
                sealed.insert(field.name.to_owned(), hash.clone());
            }
        }
        if args == data.args && sealed == data.sealed {
            return Ok(None);
        }
        let now = self.now();
        if data.ready_at > now {
            let message = format!("{} is still being created or changed", entry.describe());
            return Err(at.call.must_wait("ResourceInUse", message, Duration::from_micros(data.ready_at - now)));
        }
        self.check_free(at, &args, Some(&data.args))?;
        self.check_neighbours(at, &args)?;
        self.check_rules(at, new, Some(&data.args), Whose::of_data(&data))?;
        (data.args, data.sealed) = (args, sealed);
        data.revision += 1;
        data.outputs.retain(|name, _| !at.kind.output(name).is_some_and(|f| f.volatile));
        self.make_outputs(at.kind, &mut data);
        self.cast(at.kind, &mut data, Some(&entry.data));
        data.ready_at = self.ready_at(timing.start, at.kind.update);
        Ok(Some(data))
    }

    /// Starts a deletion, with everything that goes along.
    pub(crate) fn delete(&mut self, at: ResourceKey<'_>, args: &Map<Value>, start: Instant) -> Result<(), CloudError> {
        let Some((key, entry)) = self.state.find(at.kind, at.region, at.id) else { return Ok(()) };
        if entry.is_deleting() {
            return Ok(());
        }
        let args = &at_parting(at.kind, &entry.data.args, args);
        match self.state.removal(key) {
            Removal::Goes(mut keys) => {
                self.check_unprotected(at, &keys)?;
                self.check_parting(at, args, &keys)?;
                if let Some((by, until)) = self.state.held(key) {
                    let message = format!("{} is still in use by what is left of {by}", entry.describe());
                    let wait = Duration::from_micros(until.saturating_sub(self.now()));
                    return Err(at.call.must_wait("DependencyViolation", message, wait));
                }
                // What was on its way already goes at its own time.
                keys.retain(|key| self.state.get(*key).is_some_and(|e| !e.is_deleting()));
                let gone_at = self.later(start, at.kind.delete);
                let going = keys.iter().filter_map(|key| self.state.get(*key));
                let left: Vec<_> = going
                    .flat_map(|entry| {
                        let is_asked = entry.kind.name == at.kind.name && *entry.data.id == *at.id;
                        let left = remains(entry, if is_asked { args } else { &entry.data.args }).into_iter();
                        left.map(|left| (left.kept(entry, gone_at), left))
                    })
                    .collect();
                let (remnants, left): (Vec<_>, Vec<_>) = left.into_iter().unzip();
                self.left.extend(left);
                self.remove(&keys, gone_at, true).map_err(|e| at.call.broke(&e))?;
                self.keep(remnants).map_err(|e| at.call.broke(&e))
            }
            Removal::Blocked(by) => {
                let mut names: Vec<String> =
                    by.iter().take(3).filter_map(|k| self.state.get(*k)).map(Entry::describe).collect();
                if by.len() > names.len() {
                    names.push(format!("{} more", by.len() - names.len()));
                }
                let message = format!("{} is used by {}", entry.describe(), names.join(", "));
                Err(at.call.fails(ErrorClass::Conflict, "DependencyViolation", message))
            }
        }
    }

    /// Whether a creation or change is finished.
    pub(crate) fn settle(&self, at: ResourceKey<'_>) -> Result<Settled, CloudError> {
        let now = self.now();
        let entry = self.entry(at)?;
        Ok(match entry.is_deleting() {
            true => Settled::Failed(format!("{} is being deleted", entry.describe())),
            false => self.settled(entry, now),
        })
    }

    /// Whether a deletion is finished.
    pub(crate) fn deleted(&self, at: ResourceKey<'_>) -> Settled {
        let now = self.now();
        match self.state.find(at.kind, at.region, at.id) {
            None => Settled::Ready,
            Some((_, Entry { data: Data { gone_at: Some(gone_at), .. }, .. })) => {
                Settled::Wait(Some(Duration::from_micros(gone_at.saturating_sub(now))))
            }
            Some((_, entry)) => Settled::Failed(format!("{} is not being deleted", entry.describe())),
        }
    }

    /// The resource as it is. A secret that its service gives back is told where these arguments have it: only its hash
    /// is kept.
    pub(crate) fn read(&self, at: ResourceKey<'_>, said: &Map<Value>) -> Option<Live> {
        let (_, entry) = self.state.find(at.kind, at.region, at.id)?;
        let Entry { data, .. } = entry;
        let mut args = data.args.clone();
        for field in at.kind.args.iter().filter(|field| field.sensitive && !field.write_only) {
            let Some(value) = said.get(field.name) else { continue };
            let mut same = Map::from([(intern(field.name), value.clone())]);
            if seal(at.kind.args, &mut same, &data.op).get(field.name) == data.sealed.get(field.name) {
                args.insert(intern(field.name), value.clone());
            }
        }
        Some(Live { args, outputs: outputs_at(entry, self.now()) })
    }

    /// Whose it is, where its kind can carry tags.
    pub(crate) fn owner(&self, at: ResourceKey<'_>) -> Option<Owner> {
        let (_, entry) = self.state.find(at.kind, at.region, at.id).filter(|_| at.kind.tags().is_some())?;
        let Data { environment, program, address, .. } = &entry.data;
        if environment.is_empty() {
            return None;
        }
        Some(Owner { environment: environment.clone(), program: program.clone(), address: Some(address.clone()) })
    }

    /// Gives a resource the environment, program and address of an intent, where its kind can carry tags. The tag of the
    /// operation that made it stays.
    pub(crate) fn claim(&mut self, at: ResourceKey<'_>, intent: &Intent) -> Result<(), CloudError> {
        let Data { environment, program, address, .. } = &self.entry(at)?.data;
        let is = (environment, program, &**address) == (&intent.environment, &intent.program, intent.address.as_str());
        if is || at.kind.tags().is_none() {
            return Ok(());
        }
        let mut data = self.entry(at)?.data.clone();
        data.environment = intent.environment.clone();
        data.program = intent.program.clone();
        data.address = intent.address.text();
        self.put(at.kind, data).map_err(|e| at.call.broke(&e))
    }

    /// The attributes that a look-up answers.
    pub(crate) fn answer(&self, at: ResourceKey<'_>, args: &Map<Value>) -> Map<Value> {
        let op = Value::Map(args.clone()).to_json();
        let mut maker = Maker {
            kind: at.kind,
            account: &self.options.account,
            region: at.region,
            op: &op,
            revision: 0,
            args: args.clone(),
            outputs: Map::new(),
            id: None,
        };
        maker.identify();
        maker.finish();
        maker.outputs
    }
}

/// The arguments that decide about a deletion: those that are there, and those that only the call says.
fn at_parting<'a>(kind: &Kind, there: &'a Map<Value>, said: &Map<Value>) -> Cow<'a, Map<Value>> {
    let of_call = kind.args.iter().filter(|field| field.write_only && !field.rules.is_empty());
    let of_call = of_call.filter_map(|field| Some((intern(field.name), said.get(field.name)?.clone())));
    let of_call: Map<Value> = of_call.collect();
    if of_call.is_empty() {
        return Cow::Borrowed(there);
    }
    let mut all = there.clone();
    all.extend(of_call);
    Cow::Owned(all)
}

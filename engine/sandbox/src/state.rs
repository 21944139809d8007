//! What is there, with indexes for every question a call asks: by id, by name, by operation, by the values that others
//! refer to it by, and who refers to it. No call looks at every resource.
//!
//! The indexes are functions of the resources: [`SandboxState::put`] and [`SandboxState::remove`] keep them so, and
//! nothing else changes a resource.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hasher as _};
use std::sync::OnceLock;

use dr_core::compare::canonical;
use dr_core::registry::Registry;
use dr_core::schema::{Field, Kind, Scope};
use dr_core::value::{Map, Str, Value, intern};
use serde::{Deserialize, Serialize};

use crate::refer::{FoundReference, References};
use crate::remnant::Remnant;

/// What is kept of a resource besides its kind. Times are microseconds since 1970.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Data {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<Str>,
    pub(crate) id: Str,
    pub(crate) op: Str,
    pub(crate) program: Str,
    pub(crate) environment: Str,
    pub(crate) address: Str,
    pub(crate) args: Map<Value>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) outputs: Map<Value>,
    /// Hashes of the arguments that are not kept.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) sealed: BTreeMap<String, Str>,
    /// How often it was changed in place.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) revision: u64,
    /// When its creation or last change is finished.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) ready_at: u64,
    /// When it is gone, if it is being deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gone_at: Option<u64>,
    /// Until when its name is blocked, if it is being deleted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) blocked_until: u64,
    /// Until when it still holds what it used, if it is being deleted.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) held_until: u64,
    /// From when on it takes the writes of its group, if it is to.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(crate) turns_at: u64,
    /// Whether it may lack what another member of its group took: then it is made anew as a copy of that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_stale: bool,
}

pub(crate) fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A resource.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) kind: &'static Kind,
    pub(crate) data: Data,
}

impl Entry {
    pub(crate) fn is_deleting(&self) -> bool {
        self.data.gone_at.is_some()
    }

    /// For messages: ``ec2.subnet `subnet-1` (primary/ec2.subnet:a)``.
    pub(crate) fn describe(&self) -> String {
        format!("{} `{}` ({})", self.kind.name, self.data.id, self.data.address)
    }
}

/// How one resource holds on to another.
#[derive(Debug, Clone, Copy, Default)]
struct Tie {
    /// The other cannot be deleted before.
    blocks: bool,
    /// The other takes it along.
    follows: bool,
}

/// What a deletion would do.
pub(crate) enum Removal {
    /// These go, the one asked for first.
    Goes(Vec<u64>),
    /// These hold on to one of them.
    Blocked(Vec<u64>),
}

/// 128 bits of hash in place of a text, in indexes: ARNs and addresses are long and begin alike, so comparing them is
/// what would take the time. It lives in memory only.
type Mark = u128;

fn mark(of: &str, text: &str) -> Mark {
    let half = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        hasher.write_u8(seed);
        hasher.write(of.as_bytes());
        hasher.write_u8(0xff);
        hasher.write(text.as_bytes());
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}

/// A value of a kind that others refer to, and a resource.
type Link = (Mark, u64);

/// That something which is gone still holds what is known by a value.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) kind: &'static str,
    pub(crate) value: Str,
    /// What held it.
    pub(crate) by: String,
    pub(crate) until: u64,
}

/// Everything in the account.
#[derive(Debug)]
pub(crate) struct SandboxState {
    references: References,
    /// How often anything has changed.
    revision: u64,
    next: u64,
    entries: BTreeMap<u64, Box<Entry>>,
    by_op: BTreeMap<Mark, u64>,
    by_name: BTreeMap<Mark, u64>,
    /// Who has a value that it is known by.
    known: BTreeSet<Link>,
    /// Who has equal values of arguments among which not everything can stand side by side.
    neighbours: BTreeSet<Link>,
    /// Who refers to a value.
    ties: BTreeMap<Link, Tie>,
    /// When the ones that are being deleted are gone.
    due: BTreeSet<(u64, u64)>,
    /// Names that cannot be used until a time.
    blocked: BTreeMap<String, u64>,
    /// What is held by something that is gone, by its kind and the value that it is known by.
    held: BTreeMap<Mark, Held>,
    /// What is in the account and is no resource, by what it is, region and id.
    remnants: BTreeMap<(Str, Option<Str>, Str), Remnant>,
    /// When the first of these is held no longer.
    next_release: u64,
    /// Who has a value that resources of any kind may be meant by, and in which attribute: made when it is first asked for.
    meant: OnceLock<BTreeMap<Link, Str>>,
}

impl SandboxState {
    pub(crate) fn new(registry: &Registry) -> SandboxState {
        SandboxState::with(References::new(registry))
    }

    fn with(references: References) -> SandboxState {
        SandboxState {
            references,
            revision: 0,
            next: 0,
            entries: BTreeMap::new(),
            by_op: BTreeMap::new(),
            by_name: BTreeMap::new(),
            known: BTreeSet::new(),
            neighbours: BTreeSet::new(),
            ties: BTreeMap::new(),
            due: BTreeSet::new(),
            blocked: BTreeMap::new(),
            held: BTreeMap::new(),
            remnants: BTreeMap::new(),
            next_release: u64::MAX,
            meant: OnceLock::new(),
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        let revision = self.revision + 1;
        *self = SandboxState { revision, ..SandboxState::with(std::mem::take(&mut self.references)) };
    }

    /// A number that is another one after each change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn get(&self, key: u64) -> Option<&Entry> {
        self.entries.get(&key).map(|entry| &**entry)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values().map(|entry| &**entry)
    }

    /// Everything, each with what it is known by here.
    pub(crate) fn keyed(&self) -> impl Iterator<Item = (u64, &Entry)> {
        self.entries.iter().map(|(key, entry)| (*key, &**entry))
    }

    /// How many lines it takes to say what there is.
    pub(crate) fn len(&self) -> usize {
        self.entries.len() + self.blocked.len() + self.held.len() + self.remnants.len()
    }

    /// The resource of a kind and id in a region.
    pub(crate) fn find(&self, kind: &'static Kind, region: Option<&str>, id: &str) -> Option<(u64, &Entry)> {
        self.of_id(kind, id).find(|(_, e)| e.data.region.as_deref() == region)
    }

    /// The resources of a kind and id in all regions.
    pub(crate) fn of_id(&self, kind: &'static Kind, id: &str) -> impl Iterator<Item = (u64, &Entry)> {
        self.known_as(mark(kind.name, id)).filter(move |(_, e)| *e.data.id == *id)
    }

    pub(crate) fn of_op(&self, op: &str) -> Option<&Entry> {
        self.by_op.get(&mark("", op)).and_then(|key| self.get(*key))
    }

    pub(crate) fn of_name(&self, name: &str) -> Option<&Entry> {
        self.by_name.get(&mark("", name)).and_then(|key| self.get(*key))
    }

    /// The resources of a kind that may not stand beside one with these arguments, and more.
    pub(crate) fn neighbours(&self, kind: &'static Kind, args: &Map<Value>) -> impl Iterator<Item = (u64, &Entry)> {
        let keys: BTreeSet<u64> = surroundings(kind, args)
            .flat_map(|place| self.neighbours.range((place, 0)..=(place, u64::MAX)))
            .map(|(_, key)| *key)
            .collect();
        keys.into_iter().filter_map(|key| Some((key, self.get(key)?)))
    }

    /// Until when a name is blocked.
    pub(crate) fn blocked_until(&self, name: &str) -> Option<u64> {
        self.blocked.get(name).copied()
    }

    /// The names that are blocked.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (&str, u64)> {
        self.blocked.iter().map(|(name, until)| (name.as_str(), *until))
    }

    pub(crate) fn block(&mut self, name: String, until: u64) {
        self.blocked.insert(name, until);
    }

    /// What is in the account and is no resource.
    pub(crate) fn remnants(&self) -> impl Iterator<Item = &Remnant> {
        self.remnants.values()
    }

    pub(crate) fn keep_remnant(&mut self, remnant: Remnant) {
        let key = (remnant.what.clone(), remnant.region.clone(), remnant.id.clone());
        self.remnants.insert(key, remnant);
    }

    /// What is held by something that is gone.
    pub(crate) fn holds(&self) -> impl Iterator<Item = &Held> {
        self.held.values()
    }

    /// What held a resource and still holds it although it is gone, and until when.
    pub(crate) fn held(&self, key: u64) -> Option<(&str, u64)> {
        let entry = self.entries.get(&key)?;
        let values = self.values(entry.kind, &entry.data);
        let held = values.iter().filter_map(|value| self.held.get(&mark(entry.kind.name, value)));
        held.max_by_key(|held| held.until).map(|held| (&*held.by, held.until))
    }

    pub(crate) fn hold(&mut self, kind: &'static str, value: &str, by: &str, until: u64) {
        let held = || Held { kind, value: value.into(), by: by.to_owned(), until };
        self.next_release = self.next_release.min(until);
        let known = self.held.entry(mark(kind, value)).or_insert_with(held);
        if known.until < until {
            *known = held();
        }
    }

    /// The references in arguments; see [`References::within`].
    pub(crate) fn references(&self, kind: &'static Kind, args: &Map<Value>) -> Vec<FoundReference> {
        self.references.within(kind, args)
    }

    /// The resource that a reference means, seen from a region: one there, if it can be told apart by that.
    pub(crate) fn resolve(&self, found: &FoundReference, region: Option<&str>) -> Option<&Entry> {
        let there = |kind: &str| self.known_as(mark(kind, &found.value)).map(|(_, e)| e).filter(|e| !e.is_deleting());
        let mut best = None;
        for entry in there(found.kind) {
            if best.is_none() || entry.data.region.as_deref() == region {
                best = Some(entry);
            }
        }
        if best.is_none() && found.attr.ends_with("arn") && !found.value.starts_with("arn:") {
            best = self.references.referrers(found.kind).find_map(|k| there(k).find(|e| e.data.id == found.value));
        }
        best
    }

    /// The resources that are meant by texts in these arguments where any kind can stand, each with path and attribute:
    /// by the whole text, or by what follows its last slash. A text that means several, means none.
    pub(crate) fn mentions(
        &self,
        kind: &'static Kind,
        args: &Map<Value>,
        region: Option<&str>,
    ) -> Vec<(String, Str, &Entry)> {
        let texts = self.references.open(kind, args);
        if texts.is_empty() {
            return Vec::new();
        }
        let meant = self.meant();
        let one = |text: &str| {
            let value = mark("", text);
            let all = meant.range((value, 0)..=(value, u64::MAX));
            let mut all =
                all.filter_map(|((_, key), attr)| Some((attr.clone(), self.get(*key).filter(|e| !e.is_deleting())?)));
            let first = all.next()?;
            let Some(second) = all.next() else { return Some(first) };
            let near = |(_, e): &(Str, &Entry)| e.data.region.as_deref() == region;
            let mut near = [first, second].into_iter().chain(all).filter(near);
            near.next().filter(|_| near.next().is_none())
        };
        let found = texts.into_iter().filter_map(|(path, text)| {
            let (attr, entry) = one(&text).or_else(|| one(text.rsplit_once('/')?.1))?;
            Some((path, attr, entry))
        });
        found.collect()
    }

    /// Whether a reference means what a service made along with a resource: an attribute is called after it, as the main
    /// route table of a network.
    pub(crate) fn is_made(&self, found: &FoundReference) -> bool {
        let value = mark("", &found.value);
        let short = found.kind.split_once('.').map_or(found.kind, |(_, short)| short);
        self.meant().range((value, 0)..=(value, u64::MAX)).any(|(_, attr)| attr.contains(short))
    }

    fn meant(&self) -> &BTreeMap<Link, Str> {
        self.meant.get_or_init(|| {
            let all = self.entries.iter().flat_map(|(key, entry)| {
                meanings(entry.kind, &entry.data).map(|(value, attr)| ((mark("", value), *key), attr))
            });
            all.collect()
        })
    }

    /// Puts a resource in, in place of the one with its kind, region and id if there is one.
    pub(crate) fn put(&mut self, kind: &'static Kind, data: Data) {
        let old = self.find(kind, data.region.as_deref(), &data.id).map(|(key, _)| key);
        let key = old.unwrap_or(self.next);
        if old.is_some() {
            self.take(key);
        } else {
            self.next += 1;
        }
        for value in self.values(kind, &data) {
            self.known.insert((mark(kind.name, &value), key));
        }
        self.neighbours.extend(surroundings(kind, &data.args).map(|place| (place, key)));
        for found in self.references.within(kind, &data.args) {
            let tie = self.ties.entry((mark(found.kind, &found.value), key)).or_default();
            tie.blocks |= found.blocks;
            tie.follows |= kind.deleted_with == Some(found.arg);
        }
        if let Some(name) = unique_name(kind, data.region.as_deref(), &data.args) {
            self.blocked.remove(&name);
            self.by_name.insert(mark("", &name), key);
        }
        if let Some(gone_at) = data.gone_at {
            self.due.insert((gone_at, key));
        }
        if let Some(meant) = self.meant.get_mut() {
            meant.extend(meanings(kind, &data).map(|(value, attr)| ((mark("", value), key), attr)));
        }
        self.by_op.insert(mark("", &data.op), key);
        self.revision += 1;
        self.entries.insert(key, Box::new(Entry { kind, data }));
    }

    /// Takes a resource out of everything.
    pub(crate) fn take(&mut self, key: u64) -> Option<Box<Entry>> {
        let entry = self.entries.remove(&key)?;
        self.revision += 1;
        let (kind, data) = (entry.kind, &entry.data);
        for value in self.values(kind, data) {
            self.known.remove(&(mark(kind.name, &value), key));
        }
        for place in surroundings(kind, &data.args) {
            self.neighbours.remove(&(place, key));
        }
        for found in self.references.within(kind, &data.args) {
            self.ties.remove(&(mark(found.kind, &found.value), key));
        }
        if let Some(name) = unique_name(kind, data.region.as_deref(), &data.args) {
            let name = mark("", &name);
            if self.by_name.get(&name) == Some(&key) {
                self.by_name.remove(&name);
            }
        }
        if let Some(gone_at) = data.gone_at {
            self.due.remove(&(gone_at, key));
        }
        if let Some(meant) = self.meant.get_mut() {
            meanings(kind, data).for_each(|(value, _)| drop(meant.remove(&(mark("", value), key))));
        }
        let op = mark("", &data.op);
        if self.by_op.get(&op) == Some(&key) {
            self.by_op.remove(&op);
        }
        Some(entry)
    }

    /// Notes that a resource is on its way out.
    pub(crate) fn leave(&mut self, key: u64, gone_at: u64, blocked_until: u64, held_until: u64) {
        self.revision += 1;
        if let Some(entry) = self.entries.get_mut(&key) {
            if let Some(before) = entry.data.gone_at.replace(gone_at) {
                self.due.remove(&(before, key));
            }
            (entry.data.blocked_until, entry.data.held_until) = (blocked_until, held_until);
            self.due.insert((gone_at, key));
        }
    }

    /// Removes what is gone by now, blocks its names, and keeps in mind what it still holds.
    pub(crate) fn expire(&mut self, now: u64) {
        if self.next_release <= now {
            self.held.retain(|_, held| held.until > now);
            self.next_release = self.held.values().map(|held| held.until).min().unwrap_or(u64::MAX);
        }
        while let Some(&(gone_at, key)) = self.due.first()
            && gone_at <= now
        {
            self.due.pop_first();
            let Some(entry) = self.take(key) else { continue };
            if entry.data.held_until > now {
                self.keep_holding(&entry);
            }
            let Entry { kind, data } = *entry;
            if data.blocked_until > now
                && let Some(name) = unique_name(kind, data.region.as_deref(), &data.args)
            {
                self.blocked.insert(name, data.blocked_until);
            }
        }
    }

    /// Lets what is gone hold what it used.
    fn keep_holding(&mut self, entry: &Entry) {
        let Some(holding) = entry.kind.holds else { return };
        let by = entry.describe();
        for found in self.references.within(entry.kind, &entry.data.args) {
            if found.blocks && holding.by.contains(&found.arg) {
                self.hold(found.kind, &found.value, &by, entry.data.held_until);
            }
        }
    }

    /// Forgets blocks that are over, and what is left no more.
    pub(crate) fn unblock(&mut self, now: u64) {
        self.blocked.retain(|_, until| *until > now);
        self.remnants.retain(|_, remnant| remnant.until.is_none_or(|until| until > now));
    }

    /// What deleting a resource would do.
    pub(crate) fn removal(&self, key: u64) -> Removal {
        let mut going = BTreeSet::from([key]);
        let mut order = vec![key];
        let mut holding = BTreeMap::new();
        let mut queue = VecDeque::from([key]);
        while let Some(next) = queue.pop_front() {
            for (other, tie) in self.holders(next) {
                if tie.follows && going.insert(other) {
                    order.push(other);
                    queue.push_back(other);
                }
                if tie.blocks {
                    holding.insert(other, ());
                }
            }
        }
        let blockers: Vec<u64> = holding.into_keys().filter(|other| !going.contains(other)).collect();
        if blockers.is_empty() { Removal::Goes(order) } else { Removal::Blocked(blockers) }
    }

    /// What refers to a resource and goes with it.
    pub(crate) fn policies(&self, key: u64) -> impl Iterator<Item = &Entry> {
        self.holders(key)
            .into_iter()
            .filter(|(_, tie)| tie.blocks || tie.follows)
            .filter_map(|(other, _)| self.get(other))
    }

    /// Who refers to a resource and would refer to nothing without it.
    fn holders(&self, key: u64) -> Vec<(u64, Tie)> {
        let mut holders = Vec::new();
        let Some(entry) = self.entries.get(&key) else { return holders };
        for value in self.values(entry.kind, &entry.data) {
            let value = mark(entry.kind.name, &value);
            for ((_, other), tie) in self.ties.range((value, 0)..=(value, u64::MAX)) {
                if *other != key && self.means_only(entry, key, value, *other) {
                    holders.push((*other, *tie));
                }
            }
        }
        holders
    }

    /// Whether `other`, which refers to a value, means this resource and no other. Among several of the same value it
    /// means those of its own region, if there are any.
    fn means_only(&self, entry: &Entry, key: u64, value: Mark, other: u64) -> bool {
        let region = self.entries.get(&other).and_then(|e| e.data.region.as_deref());
        let near = |e: &Entry| e.data.region.as_deref() == region;
        let mut rivals = self.known_as(value).filter(|(k, e)| *k != key && !e.is_deleting());
        if near(entry) { !rivals.any(|(_, e)| near(e)) } else { rivals.next().is_none() }
    }

    fn known_as(&self, value: Mark) -> impl Iterator<Item = (u64, &Entry)> {
        self.known.range((value, 0)..=(value, u64::MAX)).filter_map(|(_, key)| Some((*key, self.get(*key)?)))
    }

    /// The values that a resource is known by: its id, and whatever fields of other kinds refer to it by.
    fn values(&self, kind: &'static Kind, data: &Data) -> BTreeSet<Str> {
        let mut values = BTreeSet::from([data.id.clone()]);
        for attr in self.references.sought(kind.name) {
            match data.outputs.get(attr).or_else(|| data.args.get(attr)) {
                Some(Value::Str(text)) => {
                    values.insert(text.clone());
                }
                Some(Value::Int(number)) => {
                    values.insert(number.to_string().into());
                }
                Some(Value::List(items)) => {
                    values.extend(items.iter().filter_map(Value::as_str).map(Str::from));
                }
                _ => {}
            }
        }
        values
    }
}

/// The values that a resource of any kind may be meant by, each with its attribute: what the service made, and its name.
fn meanings<'a>(kind: &'static Kind, data: &'a Data) -> impl Iterator<Item = (&'a str, Str)> {
    let made = data.outputs.iter().filter_map(|(name, value)| Some((value.as_str()?, name.clone())));
    let named = kind.unique.into_iter().flat_map(|(fields, _)| fields.iter());
    let named = named.filter(|name| kind.arg(name).is_some_and(|field| field.refers.is_none()));
    let named = named.filter_map(|name| Some((data.args.get(*name)?.as_str()?, intern(name))));
    // What is called as what it belongs to is not meant by that.
    let own = |text: &str| {
        let is_other = |field: &Field| {
            field.refers.is_some() && data.args.get(field.name).is_some_and(|v| v.as_str() == Some(text))
        };
        !kind.args.iter().any(is_other)
    };
    std::iter::once((&*data.id, intern("id"))).chain(named).chain(made).filter(move |(text, _)| own(text))
}

/// The places that a resource shares with its neighbours: one for each set of arguments that its kind's exclusions are
/// told among.
fn surroundings(kind: &'static Kind, args: &Map<Value>) -> impl Iterator<Item = Mark> {
    let places: BTreeSet<Mark> = { kind.exclusions.iter() }
        .map(|exclusion| {
            let mut place = String::new();
            for name in exclusion.among {
                place.push_str(name);
                if let (Some(field), Some(value)) = (kind.arg(name), args.get(*name)) {
                    place.push_str(&canonical(field, value).to_json());
                }
            }
            mark(kind.name, &place)
        })
        .collect();
    places.into_iter()
}

/// What must be the only one of its kind, and where; `None` when nothing must, or when it has none of it.
pub(crate) fn unique_name(kind: &Kind, region: Option<&str>, args: &Map<Value>) -> Option<String> {
    let (fields, scope) = kind.unique?;
    let mut name = String::from(kind.name);
    if scope == Scope::Region {
        name.push(' ');
        name.push_str(region.unwrap_or_default());
    }
    let mut given = false;
    for field in fields {
        // A character that no name has.
        name.push('\u{1f}');
        if let Some(value) = args.get(*field) {
            given = true;
            let text = value.to_text();
            let folds = kind.arg(field).is_some_and(|f| f.ignore_case);
            name.push_str(&if folds { text.to_lowercase() } else { text });
        }
    }
    given.then_some(name)
}

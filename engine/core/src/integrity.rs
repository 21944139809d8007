//! Integrity: what must be true of every state, as numbered invariants.
//!
//! | | |
//! | --- | --- |
//! | S01 | One real resource (kind, region and id) belongs to one record, whether current or set aside. |
//! | S02 | A record is kept under its own address. |
//! | S03 | The kind of a record is the kind in its address. |
//! | S04 | No record lacks its kind, its id or the operation that made it. |
//! | S05 | What is set aside is not also current: address and operation name one record. |
//! | S06 | Nothing needs itself. |
//! | S07 | An open operation is about what is recorded: what it deletes, and what it has set aside. |
//! | S08 | A record, or the address that one is to have, is the matter of one open operation at most. |
//! | S09 | Nothing recorded is replaced by the record of something else. |
//! | S10 | Every need leads to a record, or to a look-up, which has none. |
//!
//! S01 to S08 hold after every change, and are checked when a state is read ([`check`]) and before it is written (by
//! whoever holds it, with an [`ResourceOwners`]; each check costs a look into a map). S09 is about changes alone. S10 holds when
//! nothing is open and the last run was complete ([`check_settled`]): what something needs may be gone while that
//! itself could not be deleted yet, was deleted by somebody else, or goes along with it.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Address;
use crate::journal::{Deposed, Journal, Open};
use crate::record::{Record, Snapshot};
use crate::registry::Registry;
use crate::value::Str;

/// Something that is not true although it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({rule})")]
pub struct Violation {
    /// The invariant: `S01`.
    pub rule: &'static str,
    /// What is wrong, and with which record.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl Violation {
    fn new(rule: &'static str, message: String, help: &str) -> Violation {
        Violation { rule, message, help: help.to_owned() }
    }

    /// S01: the resource with this id, which `record` is about, is recorded elsewhere.
    pub fn owned_elsewhere(record: &Record, id: &str, owner: &Address) -> Violation {
        let Record { address, kind, .. } = record;
        Violation::new(
            "S01",
            format!("`{address}` and `{owner}` are the same {kind}, `{id}`"),
            "one resource has one address: take one of the two out of the program, or give them different names",
        )
    }

    /// S05: what was set aside would become current.
    pub fn set_aside(record: &Record) -> Violation {
        Violation::new(
            "S05",
            format!("`{}`, made by the operation {}, was set aside", record.address, record.op),
            "plan again: what the plan was made from has changed",
        )
    }

    /// S07: an operation is about a record that is not there.
    pub fn unrecorded(op: &str, record: &Deposed) -> Violation {
        Violation::new(
            "S07",
            format!(
                "`{}`, made by the operation {}, is not recorded, but the operation {op} is about it",
                record.address, record.op
            ),
            "plan again: what the plan was made from has changed",
        )
    }

    /// S07: what is not recorded is to move.
    pub fn nothing_to_move(from: &Address, to: &Address) -> Violation {
        Violation::new(
            "S07",
            format!("`{from}` is not recorded, so it cannot become `{to}`"),
            "plan again: what the plan was made from has changed",
        )
    }

    /// S07: an operation ends with something that it is not about.
    pub fn another(op: &str, record: &Record, about: &Record) -> Violation {
        Violation::new(
            "S07",
            format!("the operation {op} is about `{}`, not about `{}`", about.address, record.address),
            "this is a fault of `dr`",
        )
    }

    /// S08: two operations about the same thing.
    pub fn busy(address: &Address, open: &str) -> Violation {
        Violation::new(
            "S08",
            format!("`{address}` still has an open operation of an earlier run, {open}"),
            "run `dr apply` or `dr destroy` with the program: both first find out what became of it",
        )
    }

    /// S09: a record would be lost.
    pub fn occupied(address: &Address) -> Violation {
        Violation::new(
            "S09",
            format!("another resource is recorded as `{address}`"),
            "plan again: it has to move or go first",
        )
    }

    /// S04: an id is missing.
    pub fn without_id(address: &Address) -> Violation {
        Violation::new("S04", format!("`{address}` has no id"), "this is a fault of `dr` or of the cloud's reply")
    }
}

/// What makes two records be about the same resource.
type ResourceIdentity = (Str, Option<Str>, Str);

fn identity(record: &Record) -> ResourceIdentity {
    (record.kind.clone(), record.region.clone(), record.id.clone())
}

/// Which record each real resource belongs to.
#[derive(Debug, Clone, Default)]
pub struct ResourceOwners {
    owners: BTreeMap<ResourceIdentity, Deposed>,
    /// Records of a damaged state that belong to nobody else's resource, beside those in `owners`.
    doubles: BTreeMap<ResourceIdentity, Vec<Deposed>>,
}

impl ResourceOwners {
    /// The record that the resource of a record belongs to.
    pub fn of(&self, record: &Record) -> Option<&Deposed> {
        self.owners.get(&identity(record))
    }

    /// The record that a resource with this id belongs to, of the kind and in the region of `like`.
    pub fn of_id(&self, like: &Record, id: &Str) -> Option<&Deposed> {
        self.owners.get(&(like.kind.clone(), like.region.clone(), id.clone()))
    }

    /// Takes note of a record. Returns whose resource it is if that is another's.
    pub fn insert(&mut self, record: &Record) -> Option<&Deposed> {
        let (identity, own) = (identity(record), Deposed::of(record));
        if self.owners.get(&identity).is_none_or(|owner| *owner == own) {
            self.owners.insert(identity, own);
            return None;
        }
        self.doubles.entry(identity.clone()).or_default().push(own);
        self.owners.get(&identity)
    }

    /// Forgets a record.
    pub fn remove(&mut self, record: &Record) {
        let (identity, own) = (identity(record), Deposed::of(record));
        let doubles = self.doubles.get_mut(&identity);
        if self.owners.get(&identity) == Some(&own) {
            match doubles.and_then(Vec::pop) {
                Some(next) => self.owners.insert(identity, next),
                None => self.owners.remove(&identity),
            };
        } else if let Some(doubles) = doubles {
            doubles.retain(|double| *double != own);
        }
    }
}

/// What an operation is about: an address, or a record that was set aside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// What goes by the address, now or from then on.
    Current(Address),
    /// What was set aside.
    SetAside(Deposed),
}

impl Matter {
    /// What an open operation is about.
    pub fn of(open: &Open) -> Vec<Matter> {
        let address = || Matter::Current(open.record().address.clone());
        match open {
            Open::Create { deposed: Some(deposed), .. } => vec![address(), Matter::SetAside(deposed.clone())],
            Open::Delete { deposed: true, record, .. } => vec![Matter::SetAside(Deposed::of(record))],
            _ => vec![address()],
        }
    }

    /// The address that it goes or went by.
    pub fn address(&self) -> &Address {
        match self {
            Matter::Current(address) | Matter::SetAside(Deposed { address, .. }) => address,
        }
    }
}

/// What is wrong with a record by itself: S03, S04, S06. `with_id` says whether it must have an id already.
pub fn check_record(record: &Record, with_id: bool) -> Vec<Violation> {
    let Record { address, kind, id, op, .. } = record;
    let mut found = Vec::new();
    if address.kind() != &**kind {
        let message = format!("the record of `{address}` says that it is a {kind}");
        found.push(Violation::new("S03", message, "put the state folder back from a copy"));
    }
    if with_id && id.is_empty() {
        found.push(Violation::without_id(address));
    }
    if op.is_empty() {
        let message = format!("`{address}` was made by no operation");
        found.push(Violation::new("S04", message, "put the state folder back from a copy"));
    }
    if record.needs.iter().any(|need| need.address == *address) {
        let message = format!("`{address}` needs itself");
        found.push(Violation::new("S06", message, "apply the program again: that writes the record anew"));
    }
    found
}

/// Everything that is wrong with a state: S01 to S08.
pub fn check(snapshot: &Snapshot, journal: &Journal) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut owners = ResourceOwners::default();
    let mut names = BTreeSet::new();
    for (address, record) in &snapshot.records {
        if *address != record.address {
            let message = format!("the record of `{}` is kept as `{address}`", record.address);
            found.push(Violation::new("S02", message, "put the state folder back from a copy"));
        }
    }
    for record in snapshot.records.values().chain(&snapshot.deposed) {
        found.extend(check_record(record, true));
        if let Some(owner) = owners.insert(record)
            && !names.contains(&Deposed::of(record))
        {
            found.push(Violation::owned_elsewhere(record, &record.id, &owner.address));
        }
        if !names.insert(Deposed::of(record)) {
            let message = format!("`{}` is recorded twice: as current and as set aside", record.address);
            found.push(Violation::new("S05", message, "put the state folder back from a copy"));
        }
    }
    found.extend(unfounded(snapshot, journal).iter().map(|(op, lost)| Violation::unrecorded(op, lost)));
    let mut busy = BTreeMap::new();
    for (op, open) in journal.open() {
        let record = open.record();
        found.extend(check_record(record, !matches!(open, Open::Create { .. })));
        for matter in Matter::of(open) {
            if let Some(other) = busy.insert(matter, op) {
                found.push(Violation::busy(&record.address, other));
            }
        }
    }
    found
}

/// The open operations that are about what is not recorded, and what that is: S07.
pub fn unfounded<'j>(snapshot: &Snapshot, journal: &'j Journal) -> Vec<(&'j Str, Deposed)> {
    if journal.open().is_empty() {
        return Vec::new();
    }
    let set_aside: BTreeSet<Deposed> = snapshot.deposed.iter().map(|record| Deposed::of(record)).collect();
    let is_recorded = |name: &Deposed| {
        set_aside.contains(name) || snapshot.records.get(&name.address).is_some_and(|record| record.op == name.op)
    };
    let lost = |open: &Open| {
        let about = Deposed::of(open.record());
        match open {
            Open::Create { deposed, .. } => deposed.clone().filter(|deposed| !set_aside.contains(deposed)),
            Open::Update { .. } => None,
            Open::Delete { deposed: true, .. } => Some(about).filter(|about| !set_aside.contains(about)),
            Open::Delete { .. } => Some(about).filter(|about| !is_recorded(about)),
        }
    };
    journal.open().iter().filter_map(|(op, open)| Some((op, lost(open)?))).collect()
}

/// What is wrong with a state that a complete run has left: S10.
pub fn check_settled(snapshot: &Snapshot, registry: &Registry) -> Vec<Violation> {
    let known = |address: &Address| {
        snapshot.records.contains_key(address) || registry.get(address.kind()).is_some_and(|kind| kind.lookup)
    };
    let records = snapshot.records.values();
    let needs = records.flat_map(|record| record.needs.iter().map(move |need| (record, need)));
    needs
        .filter(|(_, need)| !known(&need.address))
        .map(|(record, need)| {
            let message = format!("`{}` needs `{}`, which is not recorded", record.address, need.address);
            Violation::new("S10", message, "apply the program again: that writes the record anew")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::cloud::Intent;
    use crate::journal::JournalEvent;
    use crate::record::Need;

    fn record(address: &str, id: &str, op: &str) -> Record {
        let address = Address::parse(address).unwrap();
        let kind = address.kind().into();
        Record {
            address,
            kind,
            region: None,
            id: id.into(),
            args: Default::default(),
            outputs: Default::default(),
            needs: Vec::new(),
            given: Vec::new(),
            protect: false,
            incomplete: None,
            switched: Default::default(),
            tagged_as: None,
            op: op.into(),
            span: None,
        }
    }

    fn snapshot(records: &[Record], deposed: &[Record]) -> Snapshot {
        Snapshot {
            records: records.iter().map(|r| (r.address.clone(), Arc::new(r.clone()))).collect(),
            deposed: deposed.iter().map(|r| Arc::new(r.clone())).collect(),
            ..Snapshot::default()
        }
    }

    fn rules(snapshot: &Snapshot, events: Vec<JournalEvent>) -> Vec<&'static str> {
        let found = check(snapshot, &Journal::replay(events).unwrap());
        assert!(found.iter().all(|v| !v.help.is_empty() && v.to_string().ends_with(&format!("({})", v.rule))));
        found.iter().map(|v| v.rule).collect()
    }

    #[test]
    fn a_sound_state_is_sound() {
        let (old, other) = (record("x.y:a", "0", "o0"), record("x.y:b", "9", "o9"));
        let state = snapshot(&[record("x.y:b", "2", "o2"), record("x.z:a", "1", "o1")], &[old.clone(), other.clone()]);
        let intent =
            Intent { op: "o3".into(), environment: "e".into(), program: "p".into(), address: old.address.clone() };
        let open = vec![
            JournalEvent::Creating {
                intent,
                record: Box::new(record("x.y:a", "", "o3")),
                deposed: Some(Deposed::of(&old)),
            },
            JournalEvent::Deleting { op: "d".into(), record: Box::new(other), deposed: true },
            JournalEvent::Updating { op: "u".into(), record: Box::new(record("x.y:b", "2", "o2")) },
        ];
        assert_eq!(rules(&state, open), [""; 0]);
    }

    #[test]
    fn every_invariant_is_noticed() {
        let (a, b) = (record("x.y:a", "1", "o1"), record("x.y:b", "2", "o2"));
        let twin = |region: Option<&str>| Record { region: region.map(Into::into), id: "1".into(), ..b.clone() };
        assert_eq!(rules(&snapshot(&[a.clone(), twin(None)], &[]), vec![]), ["S01"]);
        assert_eq!(rules(&snapshot(std::slice::from_ref(&a), &[twin(None)]), vec![]), ["S01"]);
        assert_eq!(rules(&snapshot(&[a.clone(), twin(Some("eu-1"))], &[]), vec![]), [""; 0]);
        let mut misplaced = snapshot(std::slice::from_ref(&a), &[]);
        misplaced.records.insert(b.address.clone(), Arc::new(record("x.y:c", "3", "o3")));
        assert_eq!(rules(&misplaced, vec![]), ["S02"]);
        assert_eq!(rules(&snapshot(&[Record { kind: "x.z".into(), ..a.clone() }], &[]), vec![]), ["S03"]);
        assert_eq!(rules(&snapshot(&[record("x.y:a", "", "o1")], &[]), vec![]), ["S04"]);
        assert_eq!(rules(&snapshot(&[record("x.y:a", "1", "")], &[]), vec![]), ["S04"]);
        assert_eq!(rules(&snapshot(std::slice::from_ref(&a), std::slice::from_ref(&a)), vec![]), ["S05"]);
        let needs = vec![Need { address: a.address.clone(), blocks_delete: false }];
        assert_eq!(rules(&snapshot(&[Record { needs, ..a.clone() }], &[]), vec![]), ["S06"]);
        let delete = |record: &Record, deposed| JournalEvent::Deleting {
            op: "d".into(),
            record: Box::new(record.clone()),
            deposed,
        };
        let state = snapshot(std::slice::from_ref(&a), std::slice::from_ref(&b));
        for (record, deposed, found) in [(&a, false, false), (&b, true, false), (&a, true, true)] {
            assert_eq!(rules(&state, vec![delete(record, deposed)]).contains(&"S07"), found, "{}", record.address);
        }
        assert_eq!(rules(&state, vec![delete(&record("x.y:c", "3", "o3"), false)]), ["S07"]);
        let update = JournalEvent::Updating { op: "u".into(), record: Box::new(a.clone()) };
        assert_eq!(rules(&state, vec![delete(&a, false), update]), ["S08"]);
        let intent =
            Intent { op: "o3".into(), environment: "e".into(), program: "p".into(), address: b.address.clone() };
        let record = Box::new(record("x.y:b", "", "o3"));
        let create = JournalEvent::Creating { intent, record, deposed: Some(Deposed::of(&b)) };
        assert_eq!(rules(&state, vec![delete(&b, true), create]), ["S08"]);
    }

    #[test]
    fn what_is_needed_is_there_once_all_is_done() {
        use crate::schema::Kind;
        static LOOK: Kind = Kind { lookup: true, ..Kind::new("x.look", "", &[], &[]) };
        let registry = Registry::new([&LOOK]);
        let need = |text: &str| Need { address: Address::parse(text).unwrap(), blocks_delete: true };
        let needs = vec![need("x.y:a"), need("x.look:l"), need("x.y:gone")];
        let state = snapshot(&[record("x.y:a", "1", "o"), Record { needs, ..record("x.y:b", "2", "o") }], &[]);
        let found = check_settled(&state, &registry);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].to_string(), "`x.y:b` needs `x.y:gone`, which is not recorded (S10)");
    }

    #[test]
    fn owners_survive_a_damaged_state() {
        let (a, b) = (record("x.y:a", "1", "o1"), record("x.y:b", "1", "o2"));
        for first in [&a, &b] {
            let mut owners = ResourceOwners::default();
            assert!(owners.insert(&a).is_none() && owners.insert(&a).is_none());
            assert_eq!(owners.insert(&b).map(|o| o.address.clone()), Some(a.address.clone()));
            owners.remove(first);
            let other = if first == &a { &b } else { &a };
            assert_eq!(owners.of(&a), Some(&Deposed::of(other)));
            owners.remove(other);
            assert_eq!(owners.of(&a), None);
        }
    }
}

//! What changes make of the contents, and which they must not make.

use dr_core::history::{KEPT, PastRun, RunEnd, RunResult};

use super::*;
use dr_core::cloud::Intent;
use dr_core::record::Need;

fn record(address: &str, id: &str, op: &str) -> Record {
    let json = format!(r#"{{"address":"{address}","kind":"x.y","id":"{id}","args":{{}},"op":"{op}"}}"#);
    serde_json::from_str(&json).unwrap()
}

fn close(op: &str, record: Record) -> StateChange {
    StateChange::Close { op: op.into(), record: Arc::new(record) }
}

/// Gives records other addresses.
fn moved(moves: &[(&str, &str)]) -> StateChange {
    let address = |text: &str| Address::parse(text).unwrap();
    StateChange::Move(moves.iter().map(|(from, to)| Move { from: address(from), to: address(to) }).collect())
}

fn creating(record: Record, deposed: Option<&Record>) -> StateChange {
    let intent =
        Intent { op: record.op.clone(), environment: "e".into(), program: "p".into(), address: record.address.clone() };
    let event = JournalEvent::Creating { intent, record: Box::new(record), deposed: deposed.map(Deposed::of) };
    StateChange::Append { event }
}

fn identified(op: &str, id: &str) -> StateChange {
    StateChange::Append { event: JournalEvent::Identified { op: op.into(), id: id.into() } }
}

fn updating(op: &str, record: Record) -> StateChange {
    StateChange::Append { event: JournalEvent::Updating { op: op.into(), record: Box::new(record) } }
}

fn deleting(op: &str, record: &Record, deposed: bool) -> StateChange {
    StateChange::Append { event: JournalEvent::Deleting { op: op.into(), record: Box::new(record.clone()), deposed } }
}

fn remove(op: &str, record: &Record, deposed: bool) -> StateChange {
    StateChange::Remove { op: op.into(), record: Arc::new(record.clone()), deposed }
}

fn abandon(op: &str) -> StateChange {
    StateChange::Abandon { op: op.into() }
}

/// Contents with these records.
fn with(records: &[Record]) -> Contents {
    let mut contents = Contents::default();
    for record in records {
        contents.take(close("", record.clone())).unwrap();
    }
    contents
}

/// What edits say, row by row.
fn words(edits: &[RowEdit]) -> Vec<String> {
    let word = |edit: &RowEdit| match edit {
        RowEdit::Begun(op, row) => format!("{}begun {op}", if row.is_some() { "+" } else { "-" }),
        RowEdit::Identified(op, row) => format!("{}id {op}", if row.is_some() { "+" } else { "-" }),
        RowEdit::Current(address, Some(record)) => format!("+{address}={}", record.id),
        RowEdit::Current(address, None) => format!("-{address}"),
        RowEdit::SetAside(name, Some(record)) => format!("+{}#{}={}", name.address, name.op, record.id),
        RowEdit::SetAside(name, None) => format!("-{}#{}", name.address, name.op),
        RowEdit::Answers(_) => "answers".into(),
        RowEdit::Run(number, run) => format!("{}run {number}", if run.is_some() { "+" } else { "-" }),
        RowEdit::Recovery(state) => format!("{}recovery", if state.is_some() { "+" } else { "-" }),
        RowEdit::Outputs(outputs) => format!("outputs {}", outputs.as_ref().map_or(0, |outputs| outputs.len())),
    };
    edits.iter().map(word).collect()
}

/// The rows that a change writes.
fn take(contents: &mut Contents, change: StateChange) -> Vec<String> {
    let edits = contents.take(change).unwrap();
    sound(contents);
    words(&edits)
}

/// The invariant that a change would break, or "journal". Nothing may have changed.
fn refused(contents: &mut Contents, change: StateChange) -> &'static str {
    let before = (contents.snapshot(), contents.journal().clone(), contents.head.clone());
    let refusal = contents.take(change).unwrap_err();
    assert_eq!((contents.snapshot(), contents.journal().clone(), contents.head.clone()), before);
    match refusal {
        RefusedChange::Journal(_) => "journal",
        RefusedChange::Violation(violation) => violation.rule,
        RefusedChange::Failover(_) => "failover",
    }
}

fn sound(contents: &Contents) {
    assert_eq!(integrity::check(&contents.snapshot(), contents.journal()), []);
}

#[test]
fn a_creation_sets_aside_what_it_replaces_and_takes_over_its_address() {
    let (old, new) = (record("x.y:a", "1", "o1"), record("x.y:a", "", "o2"));
    let mut contents = with(std::slice::from_ref(&old));
    let begun = creating(new.clone(), Some(&old));
    assert_eq!(take(&mut contents, begun), ["-x.y:a", "+x.y:a#o1=1", "+begun o2"]);
    assert_eq!(take(&mut contents, identified("o2", "2")), ["+id o2"]);
    let done = close("o2", Record { id: "2".into(), ..new });
    assert_eq!(take(&mut contents, done), ["-begun o2", "-id o2", "+x.y:a=2"]);
    assert_eq!(take(&mut contents, deleting("d", &old, true)), ["+begun d"]);
    assert_eq!(take(&mut contents, remove("d", &old, true)), ["-begun d", "-x.y:a#o1"]);
    assert_eq!((contents.snapshot().records.len(), contents.head.position), (1, 6));
    assert!(contents.journal().open().is_empty());
}

#[test]
fn what_was_set_aside_returns_when_its_successor_comes_to_nothing() {
    let old = record("x.y:a", "1", "o1");
    let mut contents = with(std::slice::from_ref(&old));
    let before = contents.snapshot();
    take(&mut contents, creating(record("x.y:a", "", "o2"), Some(&old)));
    assert_eq!(take(&mut contents, abandon("o2")), ["-begun o2", "-id o2", "-x.y:a#o1", "+x.y:a=1"]);
    let after = contents.snapshot();
    assert_eq!((after.records, after.deposed), (before.records, before.deposed));
    assert!(after.position > before.position, "what was planned before is stale");
}

#[test]
fn made_again_under_the_same_key_it_is_the_same_resource() {
    let old = record("x.y:a", "key", "o1");
    let mut contents = with(std::slice::from_ref(&old));
    take(&mut contents, creating(record("x.y:a", "", "o2"), Some(&old)));
    contents.take(identified("o2", "key")).unwrap();
    let done = close("o2", record("x.y:a", "key", "o2"));
    assert_eq!(take(&mut contents, done), ["-begun o2", "-id o2", "-x.y:a#o1", "+x.y:a=key"]);
    // Whoever wants to delete the old one would delete the new one.
    assert_eq!(refused(&mut contents, deleting("d", &old, true)), "S07");
}

#[test]
fn a_resource_belongs_to_the_last_one_that_asked_for_it() {
    let old = record("x.y:a", "key", "o1");
    let mut contents = with(std::slice::from_ref(&old));
    take(&mut contents, creating(record("x.y:b", "", "o2"), None));
    take(&mut contents, identified("o2", "key"));
    // While somebody is about to change it, nobody can say whose it is.
    take(&mut contents, updating("u", old.clone()));
    assert_eq!(refused(&mut contents, close("o2", record("x.y:b", "key", "o2"))), "S08");
    take(&mut contents, abandon("u"));
    let done = close("o2", record("x.y:b", "key", "o2"));
    assert_eq!(take(&mut contents, done), ["-begun o2", "-id o2", "-x.y:a", "+x.y:b=key"]);
    assert_eq!(refused(&mut contents, deleting("d", &old, false)), "S07");
    assert_eq!(take(&mut contents, remove("", &old, false)), [""; 0]);
}

#[test]
fn what_one_call_deletes_and_makes_again_under_its_key_belongs_to_whoever_made_it() {
    // Deleted under one address, made under another.
    let old = record("x.y:a", "key", "o1");
    let mut contents = with(std::slice::from_ref(&old));
    take(&mut contents, creating(record("x.y:b", "", "o2"), None));
    take(&mut contents, deleting("d", &old, false));
    take(&mut contents, identified("o2", "key"));
    let done = close("o2", record("x.y:b", "key", "o2"));
    assert_eq!(take(&mut contents, done), ["-begun o2", "-id o2", "-begun d", "-x.y:a", "+x.y:b=key"]);
    assert_eq!(take(&mut contents, remove("d", &old, false)), [""; 0]);
    // Two that exchange their keys, each set aside by its successor.
    let (a, b) = (record("x.y:a", "1", "o1"), record("x.y:b", "2", "o2"));
    let mut contents = with(&[a.clone(), b.clone()]);
    take(&mut contents, creating(record("x.y:a", "", "o3"), Some(&a)));
    take(&mut contents, creating(record("x.y:b", "", "o4"), Some(&b)));
    take(&mut contents, identified("o3", "2"));
    take(&mut contents, identified("o4", "1"));
    let first = close("o3", record("x.y:a", "2", "o3"));
    let rows = ["-begun o3", "-id o3", "+begun o4", "-id o4", "-x.y:b#o2", "+x.y:a=2"];
    assert_eq!(take(&mut contents, first), rows);
    let second = close("o4", record("x.y:b", "1", "o4"));
    assert_eq!(take(&mut contents, second), ["-begun o4", "-id o4", "-x.y:a#o1", "+x.y:b=1"]);
    assert_eq!(take(&mut contents, remove("d", &a, true)), [""; 0]);
}

#[test]
fn what_is_gone_gives_way_to_what_is_made_anew_under_its_name() {
    let old = record("x.y:a", "name", "o1");
    let mut contents = with(std::slice::from_ref(&old));
    take(&mut contents, creating(record("x.y:a", "", "o2"), None));
    take(&mut contents, identified("o2", "name"));
    let done = close("o2", record("x.y:a", "name", "o2"));
    assert_eq!(take(&mut contents, done), ["-begun o2", "-id o2", "+x.y:a=name"]);
    assert_eq!(&*contents.snapshot().records.values().next().unwrap().op, "o2");
}

#[test]
fn what_is_gone_owns_no_id_while_it_is_made_anew() {
    let (a, b) = (record("x.y:a", "1", "o1"), record("x.y:b", "2", "o2"));
    // One of two that exchange their keys is gone, or both are.
    for gone in [false, true] {
        for first in ["o3", "o4"] {
            let mut contents = with(&[a.clone(), b.clone()]);
            take(&mut contents, creating(record("x.y:a", "", "o3"), None));
            take(&mut contents, creating(record("x.y:b", "", "o4"), (!gone).then_some(&b)));
            take(&mut contents, identified("o3", "2"));
            take(&mut contents, identified("o4", "1"));
            let end = |contents: &mut Contents, op: &str| match op {
                "o3" => take(contents, close("o3", record("x.y:a", "2", "o3"))),
                _ => take(contents, close("o4", record("x.y:b", "1", "o4"))),
            };
            let rows = end(&mut contents, first);
            let lost = if first == "o4" {
                "-x.y:a"
            } else if gone {
                "-x.y:b"
            } else {
                "-x.y:b#o2"
            };
            assert!(rows.iter().any(|row| row == lost), "{rows:?}");
            // What is still being made is busy as before.
            let (other, address) = if first == "o3" { ("o4", "x.y:b") } else { ("o3", "x.y:a") };
            assert_eq!(refused(&mut contents, creating(record(address, "", "o5"), None)), "S08");
            end(&mut contents, other);
            let snapshot = contents.snapshot();
            let ids: Vec<&str> = snapshot.records.values().map(|record| &*record.id).collect();
            assert_eq!((ids, snapshot.deposed.len()), (vec!["2", "1"], 0), "{gone} {first}");
            assert!(contents.journal().open().is_empty() && contents.busy.is_empty());
        }
    }
}

#[test]
fn moves_happen_all_at_once() {
    let old = record("x.y:b", "0", "o0");
    let mut contents = with(std::slice::from_ref(&old));
    let change = creating(record("x.y:b", "", "o2"), Some(&old));
    for change in [change, identified("o2", "2"), close("o2", record("x.y:b", "2", "o2"))] {
        contents.take(change).unwrap();
    }
    contents.take(close("", record("x.y:a", "1", "o1"))).unwrap();
    // Two change places, and what was set aside goes along with one of them.
    let edits = take(&mut contents, moved(&[("x.y:a", "x.y:b"), ("x.y:b", "x.y:a")]));
    assert_eq!(edits, ["-x.y:a", "-x.y:b", "-x.y:b#o0", "+x.y:b=1", "+x.y:a=2", "+x.y:a#o0=0"]);
    // Where somebody stays nobody goes, and nobody goes where another goes.
    assert_eq!(refused(&mut contents, moved(&[("x.y:b", "x.y:a")])), "S09");
    assert_eq!(refused(&mut contents, moved(&[("x.y:a", "x.y:c"), ("x.y:b", "x.y:c")])), "S09");
    // What moves is there, goes to one place, and stays what it is.
    assert_eq!(refused(&mut contents, moved(&[("x.y:c", "x.y:d")])), "S07");
    assert_eq!(refused(&mut contents, moved(&[("x.y:b", "x.y:c"), ("x.y:b", "x.y:d")])), "S07");
    assert_eq!(refused(&mut contents, moved(&[("x.y:b", "x.z:b")])), "S03");
    // Where something is being made nobody goes.
    take(&mut contents, creating(record("x.y:d", "", "o3"), None));
    assert_eq!(refused(&mut contents, moved(&[("x.y:b", "x.y:d")])), "S08");
}

#[test]
fn what_is_open_moves_along() {
    let needing = |address: &str, id: &str, op: &str, needs: &str| {
        let needs = vec![Need { address: Address::parse(needs).unwrap(), blocks_delete: true }];
        Record { needs, ..record(address, id, op) }
    };
    let old = record("x.y:c", "3", "o3");
    let (a, b) = (record("x.y:a", "1", "o1"), record("x.y:b", "2", "o2"));
    let mut contents = with(&[a.clone(), b.clone(), old.clone()]);
    // Something goes, something changes, something takes the place of another, and something is made that needs one.
    for change in [
        deleting("d", &a, false),
        updating("u", needing("x.y:b", "2", "o2", "x.y:a")),
        creating(needing("x.y:c", "", "o4", "x.y:b"), Some(&old)),
        identified("o4", "4"),
        creating(needing("x.y:e", "", "o5", "x.y:a"), None),
    ] {
        take(&mut contents, change);
    }
    let edits = take(&mut contents, moved(&[("x.y:a", "x.y:b"), ("x.y:b", "x.y:d")]));
    let rows = ["-x.y:a", "-x.y:b", "+x.y:b=1", "+x.y:d=2", "+begun d", "+begun o4", "-id o4", "+begun o5", "-id o5"];
    assert_eq!(edits, [&rows[..], &["+begun u"]].concat());
    let open = contents.journal().open();
    let about = |op: &str| {
        let record = open[op].record();
        let needs: Vec<&str> = record.needs.iter().map(|need| need.address.as_str()).collect();
        format!("{} {:?} {}", record.address, record.id, needs.join(" "))
    };
    assert_eq!(about("d"), "x.y:b \"1\" ");
    assert_eq!(about("u"), "x.y:d \"2\" x.y:b");
    assert_eq!(about("o4"), "x.y:c \"4\" x.y:d");
    assert_eq!(about("o5"), "x.y:e \"\" x.y:b");
    // What is about to be changed is busy under its new address alone, and ends under it.
    assert_eq!(refused(&mut contents, deleting("d2", &record("x.y:b", "1", "o1"), false)), "S08");
    take(&mut contents, creating(record("x.y:a", "", "o6"), None));
    assert_eq!(take(&mut contents, remove("d", &record("x.y:b", "1", "o1"), false)), ["-begun d", "-x.y:b"]);
    assert_eq!(take(&mut contents, abandon("u")), ["-begun u"]);
}

#[test]
fn what_would_break_an_invariant_is_refused_before_it_is_written() {
    let (a, b) = (record("x.y:a", "1", "o1"), record("x.y:b", "2", "o2"));
    let mut contents = with(&[a.clone(), b.clone()]);
    let all = &mut contents;
    // S01: somebody else's resource, taken over, moved twice, made, or changed.
    assert_eq!(refused(all, close("", record("x.y:c", "1", "o3"))), "S01");
    assert_eq!(refused(all, updating("u", record("x.y:c", "1", "o3"))), "S01");
    assert_eq!(refused(all, close("", record("x.y:c", "1", "o1"))), "S01");
    // S03, S04, S06.
    assert_eq!(refused(all, creating(Record { kind: "x.z".into(), ..record("x.y:c", "", "o3") }, None)), "S03");
    assert_eq!(refused(all, updating("u", record("x.y:a", "", "o1"))), "S04");
    assert_eq!(refused(all, close("", record("x.y:c", "", "o3"))), "S04");
    assert_eq!(refused(all, creating(record("x.y:c", "", ""), None)), "S04");
    let own = vec![Need { address: a.address.clone(), blocks_delete: true }];
    assert_eq!(refused(all, updating("u", Record { needs: own, ..a.clone() })), "S06");
    // S05: what was set aside is changed by nobody.
    let old = record("x.y:s", "9", "o9");
    take(all, close("", old.clone()));
    take(all, creating(record("x.y:s", "", "o8"), Some(&old)));
    take(all, identified("o8", "8"));
    take(all, remove("o8", &record("x.y:s", "8", "o8"), false));
    assert_eq!(refused(all, updating("u", old.clone())), "S05");
    assert_eq!(refused(all, close("", old)), "S05");
    // S07: what is not there, or is there in another sense.
    assert_eq!(refused(all, deleting("d", &a, true)), "S07");
    assert_eq!(refused(all, deleting("d", &record("x.y:a", "1", "o0"), false)), "S07");
    assert_eq!(refused(all, creating(record("x.y:a", "", "o3"), Some(&record("x.y:a", "1", "o0")))), "S07");
    // S09: the record of something else would be lost.
    assert_eq!(refused(all, close("", record("x.y:b", "3", "o3"))), "S09");
    assert_eq!(refused(all, updating("u", record("x.y:b", "1", "o1"))), "S09");
    // S08: something is still open there.
    take(all, deleting("d", &a, false));
    assert_eq!(refused(all, creating(record("x.y:a", "", "o3"), None)), "S08");
    assert_eq!(refused(all, updating("u", a.clone())), "S08");
    assert_eq!(refused(all, deleting("d2", &a, false)), "S08");
    assert_eq!(refused(all, creating(record("x.y:c", "", "o3"), Some(&a))), "S08");
    take(all, abandon("d"));
    // S04 once an id is known.
    take(all, creating(record("x.y:c", "", "o3"), None));
    assert_eq!(refused(all, identified("o3", "")), "S04");
    // The table of the journal.
    assert_eq!(refused(all, identified("u", "9")), "journal");
    assert_eq!(refused(all, abandon("nobody")), "journal");
    assert_eq!(refused(all, close("o3", record("x.y:c", "3", "o3"))), "journal");
    take(all, identified("o3", "3"));
    assert_eq!(refused(all, abandon("o3")), "journal");
    take(all, close("o3", record("x.y:c", "3", "o3")));
}

#[test]
fn a_removal_takes_only_what_it_is_about() {
    let a = record("x.y:a", "1", "o1");
    let mut contents = with(&[record("x.y:a", "2", "o2")]);
    assert_eq!(take(&mut contents, remove("", &a, false)), [""; 0]);
    assert_eq!(take(&mut contents, remove("", &a, true)), [""; 0]);
    assert_eq!(take(&mut contents, remove("", &record("x.y:a", "2", "o2"), false)), ["-x.y:a"]);
}

#[test]
fn an_empty_environment_is_nobodys() {
    let identity = Identity { cloud: "c".into(), account: "1".into(), endpoint: None };
    let bind = StateChange::Bind { program: "p".into(), environment: "e".into(), identity: identity.clone() };
    let mut contents = Contents::default();
    assert_eq!(take(&mut contents, bind), [""; 0]);
    assert_eq!((contents.head.position, contents.head.program.as_deref()), (0, Some("p")));
    assert_eq!(contents.snapshot().program, None);
    let a = record("x.y:a", "1", "o1");
    take(&mut contents, close("", a.clone()));
    assert_eq!(take(&mut contents, StateChange::Outputs(Map::from([("x".into(), Value::from(1))]))), ["outputs 1"]);
    assert_eq!(take(&mut contents, StateChange::Release), [""; 0]);
    assert_eq!(contents.snapshot().identity, Some(identity));
    take(&mut contents, remove("", &a, false));
    // What it puts out is somebody's, too.
    assert_eq!(take(&mut contents, StateChange::Release), [""; 0]);
    assert!(contents.snapshot().program.is_some());
    assert_eq!(take(&mut contents, StateChange::Outputs(Map::new())), ["outputs 0"]);
    assert_eq!(take(&mut contents, StateChange::Release), [""; 0]);
    assert_eq!((contents.head.program.clone(), contents.head.position), (None, 4));
}

/// Long random walks: whatever is taken leaves a sound state, and what is in memory is what the rows say.
#[test]
fn every_state_that_changes_lead_to_is_sound_and_is_what_its_rows_say() {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |bound: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % bound as u64) as usize
    };
    let (mut taken, mut refused) = (0, 0);
    for walk in 0..200 {
        let mut contents = Contents::default();
        let mut rows: (BTreeMap<Address, Arc<Record>>, BTreeMap<Deposed, Arc<Record>>) = Default::default();
        let mut events: BTreeMap<(Str, u8), JournalEvent> = BTreeMap::new();
        for step in 0..60 {
            let address = ["x.y:a", "x.y:b", "x.y:c"][next(3)];
            let id = ["1", "2", "3", "4"][next(4)];
            let known: Vec<Arc<Record>> =
                contents.current.values().chain(contents.set_aside.values()).cloned().collect();
            let open: Vec<Str> = contents.journal().open().keys().cloned().collect();
            let known = (!known.is_empty()).then(|| known[next(known.len())].clone());
            let op: Str = match open.is_empty() || next(3) == 0 {
                true => format!("{walk}-{step}").into(),
                false => open[next(open.len())].clone(),
            };
            let fresh = record(address, if next(4) == 0 { id } else { "" }, &op);
            let change = match (next(10), known) {
                (0 | 1, known) => creating(fresh, known.as_deref().filter(|_| next(2) == 0)),
                (2 | 3, _) => identified(&op, id),
                (4, Some(known)) => updating(&op, Record { address: fresh.address, ..Record::clone(&known) }),
                (5, Some(known)) => deleting(&op, &known, next(2) == 0),
                (6, Some(known)) => remove(&op, &known, next(2) == 0),
                (7, _) => abandon(&op),
                (8, Some(known)) => moved(&[(known.address.as_str(), fresh.address.as_str())]),
                _ => match contents.journal().open().get(&op).map(|open| open.record().clone()) {
                    Some(record) => close(&op, record),
                    None => close(&op, Record { id: id.into(), ..fresh }),
                },
            };
            match contents.take(change) {
                Err(_) => refused += 1,
                Ok(edits) => {
                    taken += 1;
                    for edit in edits {
                        match edit {
                            RowEdit::Current(key, Some(record)) => drop(rows.0.insert(key, record)),
                            RowEdit::Current(key, None) => drop(rows.0.remove(&key)),
                            RowEdit::SetAside(key, Some(record)) => drop(rows.1.insert(key, record)),
                            RowEdit::SetAside(key, None) => drop(rows.1.remove(&key)),
                            RowEdit::Begun(op, Some(event)) => drop(events.insert((op, 0), *event)),
                            RowEdit::Identified(op, Some(event)) => drop(events.insert((op, 1), *event)),
                            RowEdit::Begun(op, None) => drop(events.remove(&(op, 0))),
                            RowEdit::Identified(op, None) => drop(events.remove(&(op, 1))),
                            RowEdit::Outputs(_) | RowEdit::Answers(_) | RowEdit::Recovery(_) | RowEdit::Run(..) => {}
                        }
                    }
                }
            }
            sound(&contents);
            assert_eq!(contents.current, rows.0);
            assert_eq!(contents.set_aside, rows.1);
            let journal = Journal::replay(events.values().cloned()).unwrap();
            assert_eq!(*contents.journal(), journal);
            let (current, aside) = (rows.0.values().cloned().collect(), rows.1.values().cloned().collect());
            let read = Contents::new(contents.head.clone(), Default::default(), current, aside, journal);
            assert_eq!((read.snapshot(), read.busy), (contents.snapshot(), contents.busy.clone()));
        }
    }
    assert!(taken > 2_000 && refused > 2_000, "{taken} {refused}");
}

#[test]
fn a_lifetime_begins_with_the_first_apply_of_what_is_empty_and_ends_with_the_last_resource() {
    let mut contents = Contents::default();
    let apply = |contents: &mut Contents, at: u64, by: &str| {
        contents.take(StateChange::Applied { at, by: by.into() }).unwrap();
    };
    apply(&mut contents, 5, "zoe");
    assert_eq!(contents.snapshot().lifetime, None, "nothing came of it");
    apply(&mut contents, 10, "anna");
    contents.take(close("", record("x.y:a", "i", "o"))).unwrap();
    contents.take(StateChange::Extend { until: 99 }).unwrap();
    apply(&mut contents, 20, "ben");
    let expected = Lifetime { created: 10, applied: 20, by: "ben".into(), extended: Some(99) };
    assert_eq!(contents.snapshot().lifetime, Some(expected));
    assert_eq!(contents.head.position, 1, "no plan is made for another state because of it");
    contents.take(remove("", &record("x.y:a", "i", "o"), false)).unwrap();
    contents.take(StateChange::Release).unwrap();
    assert_eq!(contents.head.lifetime, None);
    contents.take(StateChange::Extend { until: 99 }).unwrap();
    assert_eq!(contents.head.lifetime, None, "there is nothing to extend");
}

#[test]
fn a_run_is_written_down_twice_and_makes_no_plan_stale() {
    let mut contents = Contents::default();
    let run = || {
        let (by, from, plan) = ("anna".into(), "/p".into(), "1 to create".into());
        let counts = Default::default();
        let (takeover, end) = (None, None);
        StateChange::RunBegan(Box::new(PastRun { destroy: false, takeover, began: 7, by, from, counts, plan, end }))
    };
    let end = || RunEnd { result: RunResult::Done, took_ms: 9, done: 1, failed: Vec::new() };
    assert_eq!(take(&mut contents, run()), ["+run 1"]);
    assert_eq!(take(&mut contents, StateChange::RunEnded(end())), ["+run 1"]);
    assert_eq!(take(&mut contents, StateChange::RunEnded(end())), [""; 0]);
    for number in 2..=KEPT {
        assert_eq!(take(&mut contents, run()), [format!("+run {number}")]);
    }
    assert_eq!(take(&mut contents, run()), ["-run 1".to_owned(), format!("+run {}", KEPT + 1)]);
    assert_eq!(contents.head.position, 0);
    // They stay when everything else is gone.
    assert_eq!(take(&mut contents, StateChange::Release), [""; 0]);
    assert_eq!((contents.is_empty(), contents.history.runs().count()), (true, KEPT));
}

#[test]
fn a_failover_makes_plans_stale_and_follows_what_moves_and_goes_with_everything() {
    use dr_core::failover::plan::{AwaitedCondition, FORMAT, FailoverManner, RecoveryAct, RecoveryPlan, RecoveryStep};
    use dr_core::failover::state::FailoverEvent;
    use dr_core::recovery::figure::Figure;

    let mut contents = with(&[record("x.y:a", "i", "o")]);
    let condition = AwaitedCondition::Ready { address: Address::parse("x.y:a").unwrap() };
    let step = RecoveryStep {
        name: "see".into(),
        act: RecoveryAct::Await { condition, patience_s: 1 },
        why: String::new(),
        needs: Vec::new(),
        time: Figure::ZERO,
    };
    let plan = RecoveryPlan {
        format: FORMAT,
        from: "east".into(),
        to: "west".into(),
        manner: FailoverManner::Planned,
        steps: vec![step],
        losses: Vec::new(),
        notes: Vec::new(),
    };
    let event = |event| StateChange::Failover(event);
    let ended = || event(FailoverEvent::Ended { at: 9 });
    assert_eq!(refused(&mut contents, ended()), "failover");
    let began = event(FailoverEvent::Began { plan: Box::new(plan), at: 7, by: "anna".into() });
    assert_eq!(take(&mut contents, began), ["+recovery"]);
    assert_eq!(contents.head.position, 2);
    assert_eq!(refused(&mut contents, ended()), "failover");
    assert_eq!(take(&mut contents, moved(&[("x.y:a", "x.y:b")])), ["+recovery", "-x.y:a", "+x.y:b=i"]);
    let run = contents.snapshot().recovery.run.unwrap();
    let RecoveryAct::Await { condition, .. } = &run.plan.steps[0].act else { panic!("{run:?}") };
    assert_eq!(condition.address().as_str(), "x.y:b");
    for done in [FailoverEvent::StepBegan { step: 0 }, FailoverEvent::StepDone { step: 0, took_ms: 1, already: true }] {
        assert_eq!(take(&mut contents, event(done)), ["+recovery"]);
    }
    assert_eq!(take(&mut contents, ended()), ["+recovery"]);
    assert_eq!(contents.snapshot().recovery.active.map(|active| active.region), Some("west".into()));
    let gone = record("x.y:b", "i", "o");
    contents.take(remove("", &gone, false)).unwrap();
    assert_eq!(take(&mut contents, StateChange::Release), ["-recovery"]);
    assert!(contents.snapshot().recovery.is_empty());
}

#[test]
fn what_was_computed_makes_no_plan_stale() {
    let mut contents = with(&[record("x.y:a", "i", "o")]);
    let computed = dr_core::recovery::Recovery {
        primary: "east".into(),
        secondary: "west".into(),
        traffic: None,
        stores: Vec::new(),
        lacks: Vec::new(),
    };
    let change = || StateChange::Recovery(Some(Box::new(computed.clone())));
    assert_eq!(take(&mut contents, change()), ["+recovery"]);
    assert_eq!(take(&mut contents, change()), [""; 0]);
    assert_eq!(take(&mut contents, StateChange::Recovery(None)), ["-recovery"]);
    assert_eq!(contents.head.position, 1);
}

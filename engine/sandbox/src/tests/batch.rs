//! What cannot stand side by side, and changes that are made together because of that.

use dr_core::cloud::{BatchChange, BatchItem, Cloud as _, CloudError, ErrorClass, Settled};
use dr_core::value::{Map, Str, Value};

use super::{Thing, args, instant, options, refused, registry, thing};
use crate::{Sandbox, Speed};

/// What is to become of a thing.
#[derive(Clone, Copy)]
enum To<'a> {
    Be(&'a str),
    Become(&'a Str, &'a str),
    Go(&'a Str),
}

async fn together(s: &Sandbox, changes: &[(&Thing, To<'_>)]) -> Result<Vec<Str>, CloudError> {
    let maps: Vec<Map<Value>> = { changes.iter() }
        .map(|(_, to)| match to {
            To::Be(json) | To::Become(_, json) => args(json),
            To::Go(_) => Map::new(),
        })
        .collect();
    let none = Map::new();
    let items: Vec<BatchItem<'_>> = { changes.iter().zip(&maps) }
        .map(|((thing, to), map)| {
            let change = match *to {
                To::Be(_) => BatchChange::Create { args: map, intent: &thing.intent },
                To::Become(id, _) => BatchChange::Update { id, old: &none, new: map },
                To::Go(id) => BatchChange::Delete { id, last: &none },
            };
            BatchItem { at: thing.at(), change }
        })
        .collect();
    s.batch(&items).await
}

/// What a thing says now, or that it is gone.
async fn says(s: &Sandbox, thing: &Thing, id: &str) -> Option<String> {
    let live = thing.read(s, id).await.unwrap()?;
    Some(Value::Map(live.args).to_json())
}

const EAST_FIRST: &str = r#"{"name":"api","type":"CNAME","set":"east","role":"PRIMARY"}"#;
const EAST_SECOND: &str = r#"{"name":"api","type":"CNAME","set":"east","role":"SECONDARY"}"#;
const WEST_FIRST: &str = r#"{"name":"api","type":"CNAME","set":"west","role":"PRIMARY"}"#;
const WEST_SECOND: &str = r#"{"name":"API","type":"CNAME","set":"west","role":"SECONDARY"}"#;

#[tokio::test]
async fn what_excludes_each_other_is_refused_one_by_one_and_taken_together() {
    // What is there, what is wanted instead, and what is refused of that alone.
    for (before, after, field) in [
        ([EAST_FIRST, WEST_SECOND], [EAST_SECOND, WEST_FIRST], "role"),
        (
            [r#"{"name":"api","type":"A","set":"a","weight":1}"#, r#"{"name":"api","type":"A","set":"b","weight":2}"#],
            [r#"{"name":"api","type":"A","set":"a"}"#, r#"{"name":"api","type":"A","set":"b"}"#],
            "weight",
        ),
    ] {
        let s = instant();
        let things = [thing("dns.record", "one"), thing("dns.record", "two")];
        let ids = [things[0].create(&s, before[0]).await.unwrap(), things[1].create(&s, before[1]).await.unwrap()];
        for i in 0..2 {
            let message = refused(things[i].update(&s, &ids[i], after[i]).await, ErrorClass::Invalid, "Conflicting");
            assert!(message.contains(&format!("`{field}`")), "{message}");
        }
        let changes = [(&things[0], To::Become(&ids[0], after[0])), (&things[1], To::Become(&ids[1], after[1]))];
        // Once more, as after a lost reply, changes nothing.
        for _ in 0..2 {
            assert_eq!(together(&s, &changes).await.unwrap(), ids);
            for i in 0..2 {
                assert_eq!(says(&s, &things[i], &ids[i]).await, Some(Value::Map(args(after[i])).to_json()));
            }
        }
    }
}

#[tokio::test]
async fn what_excludes_what_is_there_comes_together_with_its_end() {
    for (before, after, field) in [
        (r#"{"name":"api","type":"CNAME"}"#, vec![r#"{"name":"Api","type":"A"}"#], "type"),
        (r#"{"name":"api","type":"A"}"#, vec![r#"{"name":"api","type":"CNAME"}"#], "type"),
        (
            r#"{"name":"api","type":"A","set":""}"#,
            vec![
                r#"{"name":"api","type":"A","set":"b","weight":1}"#,
                r#"{"name":"api","type":"A","set":"g","weight":1}"#,
            ],
            "set",
        ),
    ] {
        let s = instant();
        let old = thing("dns.record", "old");
        let id = old.create(&s, before).await.unwrap();
        let new: Vec<Thing> = (0..after.len()).map(|i| thing("dns.record", &format!("new{i}"))).collect();
        let message = refused(new[0].create(&s, after[0]).await, ErrorClass::Invalid, "Conflicting");
        assert!(message.contains(&format!("`{field}`")) && message.contains("dns.record:old"), "{message}");
        let mut changes: Vec<_> = new.iter().zip(&after).map(|(thing, json)| (thing, To::Be(json))).collect();
        changes.push((&old, To::Go(&id)));
        let ids = together(&s, &changes).await.unwrap();
        assert_eq!(together(&s, &changes).await.unwrap(), ids);
        assert_eq!(ids.last().map(|id| &**id), Some(""));
        assert_eq!(old.deleted(&s, &id).await.unwrap(), Settled::Ready);
        for (thing, id) in new.iter().zip(&ids) {
            assert_eq!(thing.find(&s).await.unwrap().as_ref(), Some(id));
        }
    }
}

#[tokio::test]
async fn one_that_is_made_anew_under_its_own_id_is_not_deleted_by_a_second_attempt() {
    let s = instant();
    let (old, new) = (thing("dns.record", "old"), thing("dns.record", "new"));
    let id = old.create(&s, EAST_FIRST).await.unwrap();
    let changes = [(&old, To::Go(&id)), (&new, To::Be(EAST_SECOND))];
    for _ in 0..2 {
        assert_eq!(together(&s, &changes).await.unwrap(), ["".into(), id.clone()]);
        assert_eq!(new.find(&s).await.unwrap().as_ref(), Some(&id));
    }
}

#[tokio::test]
async fn all_of_a_batch_is_made_or_nothing_also_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Sandbox::open(dir.path(), registry(), options(Speed::Instant)).unwrap();
    let s = open();
    let (east, west, third) = (thing("dns.record", "east"), thing("dns.record", "west"), thing("dns.record", "third"));
    let east_id = east.create(&s, EAST_FIRST).await.unwrap();
    let west_id = west.create(&s, WEST_SECOND).await.unwrap();
    // The third wants a role that one of the others gets.
    let changes = [
        (&east, To::Go(&east_id)),
        (&west, To::Become(&west_id, WEST_FIRST)),
        (&third, To::Be(r#"{"name":"api","type":"CNAME","set":"third","role":"PRIMARY"}"#)),
    ];
    refused(together(&s, &changes).await, ErrorClass::Invalid, "Conflicting");
    for s in [&s, &open()] {
        assert_eq!(says(s, &east, &east_id).await, Some(Value::Map(args(EAST_FIRST)).to_json()));
        assert_eq!(says(s, &west, &west_id).await, Some(Value::Map(args(WEST_SECOND)).to_json()));
        assert_eq!(third.find(s).await.unwrap(), None);
    }
    together(&s, &changes[..2]).await.unwrap();
    for s in [&s, &open()] {
        assert_eq!(says(s, &east, &east_id).await, None);
        assert_eq!(says(s, &west, &west_id).await, Some(Value::Map(args(WEST_FIRST)).to_json()));
    }
}

#[tokio::test]
async fn only_kinds_that_say_so_change_together() {
    let s = instant();
    let key = thing("kms.key", "k");
    let id = key.create(&s, "{}").await.unwrap();
    let message = refused(together(&s, &[(&key, To::Go(&id))]).await, ErrorClass::Invalid, "NoBatches");
    assert!(message.contains("kms.key"), "{message}");
    let record = thing("dns.record", "r");
    let gone: Str = "gone".into();
    refused(together(&s, &[(&record, To::Become(&gone, EAST_FIRST))]).await, ErrorClass::Gone, "NotFound");
    assert_eq!(together(&s, &[(&record, To::Go(&gone))]).await.unwrap(), [Str::from("")]);
}

//! Rows that were damaged, records that were set aside, and flushes that are shared.

use super::*;
use dr_core::value::{Map, Value};

fn record(name: &str) -> Arc<Record> {
    let args = Map::from([("password".into(), Value::str(name).secret())]);
    let json = format!(r#"{{"address":"x.y:{name}","kind":"x.y","id":"i","args":{{}},"op":"o"}}"#);
    Arc::new(Record { args, ..serde_json::from_str(&json).unwrap() })
}

async fn store(dir: &Path) -> Store {
    let store = Store::open(dir, "e", &KeySource::StateDirectory).unwrap();
    for name in ["a", "b"] {
        let change = StateChange::Close { op: name.into(), record: record(name) };
        store.commit(change).await.unwrap();
    }
    store
}

fn chain(error: &dyn std::error::Error) -> String {
    let source = error.source().map(|s| format!(": {}", chain(s))).unwrap_or_default();
    format!("{error}{source}")
}

#[tokio::test]
async fn a_damaged_row_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    let whole = store.inner.records.get("x.y:a").unwrap().unwrap();
    let other = store.inner.records.get("x.y:b").unwrap().unwrap();
    let changed = |at: usize, by: u8| {
        let mut bytes = whole.to_vec();
        bytes[at] ^= by;
        bytes
    };
    for (bytes, why) in [
        (changed(20, 1), "checksum"),
        (changed(2, 1), "checksum"),
        (whole[..3].to_vec(), "too short"),
        (whole[..30].to_vec(), "checksum"),
        (changed(0, 8), "form 9"),
        (other.to_vec(), "checksum"),
    ] {
        store.inner.records.insert("x.y:a", bytes).unwrap();
        let error = chain(&store.snapshot().unwrap_err());
        assert!(error.contains("`x.y:a` in `records`") && error.contains(why), "{error}");
    }
    // A secret from another row, under a checksum that fits.
    let place = RowPlace { tree: RECORDS, key: "x.y:a" };
    let carried: Record = RowPlace { tree: RECORDS, key: "x.y:b" }.decode(&other).unwrap();
    store.inner.records.insert("x.y:a", place.encode(&carried).unwrap()).unwrap();
    let error = chain(&store.snapshot().unwrap_err());
    assert!(error.contains("records/x.y:a") && error.contains("was moved there"), "{error}");
    store.inner.records.insert("x.y:a", whole).unwrap();
    assert_eq!(store.snapshot().unwrap().records.len(), 2);
    store.inner.journal.insert("op/0", b"x").unwrap();
    assert!(chain(&store.open_operations().unwrap_err()).contains("`op/0` in `journal`"));
}

#[tokio::test]
async fn what_was_set_aside_returns_when_its_successor_is_abandoned() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    let intent = dr_core::cloud::Intent {
        op: "new".into(),
        environment: "e".into(),
        program: "p".into(),
        address: record("a").address.clone(),
    };
    let event = JournalEvent::Creating { intent, record: Box::new(Record::clone(&record("a"))) };
    let before = store.snapshot().unwrap();
    store.commit(StateChange::Append { event, depose: Some(record("a")) }).await.unwrap();
    let during = store.snapshot().unwrap();
    assert_eq!((during.records.len(), during.deposed.len()), (1, 1));
    store.commit(StateChange::Abandon { op: "new".into() }).await.unwrap();
    let after = store.snapshot().unwrap();
    assert_eq!((after.records, after.deposed), (before.records, before.deposed));
    assert!(after.position > before.position);
    assert!(store.inner.journal.is_empty());
}

#[tokio::test]
async fn writers_that_wait_together_share_a_flush() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path()).await;
    let (_, flushes) = store.commits_and_flushes();
    let changes = (0..100).map(|i| store.commit(StateChange::Abandon { op: i.to_string().into() }));
    futures::future::join_all(changes).await.into_iter().for_each(|r| r.unwrap());
    assert!(store.commits_and_flushes().1 <= flushes + 2);
    assert_eq!(store.snapshot().unwrap().position, 102);
}

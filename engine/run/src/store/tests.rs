//! Flushes that are shared, changes that are refused, and writes that fail.

use std::sync::Arc;

use super::*;
use crate::log::GroupLog;
use dr_core::answer::{Answer, Answers};
use dr_core::value::{Map, Value};

fn record(name: &str, id: &str) -> Arc<Record> {
    let json = format!(r#"{{"address":"x.y:{name}","kind":"x.y","id":"{id}","args":{{}},"op":"{name}"}}"#);
    Arc::new(serde_json::from_str(&json).unwrap())
}

fn close(name: &str, id: &str) -> StateChange {
    StateChange::Close { op: name.into(), record: record(name, id) }
}

fn open(dir: &Path) -> Store {
    Store::open(dir, &Stack::new("p", "e"), &KeySource::StateDirectory).unwrap()
}

#[tokio::test]
async fn writers_that_wait_together_share_a_flush() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let (commits, flushes) = store.commits_and_flushes();
    let outputs = |i: i64| StateChange::Outputs(Map::from([("x".into(), Value::from(i))]));
    let changes = (0..100).map(|i| store.commit(outputs(i)));
    futures::future::join_all(changes).await.into_iter().for_each(|r| r.unwrap());
    let now = store.commits_and_flushes();
    assert_eq!(now.0, commits + 100);
    assert!((flushes + 1..=flushes + 2).contains(&now.1), "{} flushes", now.1 - flushes);
    assert_eq!(store.snapshot().unwrap().position, 100);
}

#[tokio::test]
async fn a_change_that_is_refused_takes_no_other_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let wanted = [close("a", "1"), close("b", "1"), StateChange::Abandon { op: "none".into() }, close("c", "2")];
    let results = futures::future::join_all(wanted.map(|change| store.commit(change))).await;
    let said: Vec<String> =
        results.iter().map(|r| r.as_ref().err().map(ToString::to_string).unwrap_or_default()).collect();
    assert_eq!(
        said,
        [
            "",
            "the state of `p/e` does not allow this: `x.y:b` and `x.y:a` are the same x.y, `1` (S01)",
            "the state of `p/e` does not allow this: the operation none is not open, so it cannot be that it comes to nothing",
            "",
        ]
    );
    assert!(results.iter().filter_map(|r| r.as_ref().err()).all(|error| error.help().is_some()));
    assert_eq!(store.snapshot().unwrap().records.len(), 2);
    drop(store);
    assert_eq!(open(dir.path()).snapshot().unwrap().records.len(), 2);
}

#[tokio::test]
async fn after_a_write_that_failed_nothing_more_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.commit(close("a", "1")).await.unwrap();
    // The log cannot take more than it has.
    {
        let mut medium = lock(&store.inner.medium);
        let Some(Medium::Disk(halves)) = medium.as_mut() else { panic!("it is on the disk") };
        halves.log = GroupLog::full();
    }
    for name in ["b", "c"] {
        let error = store.commit(close(name, name)).await.unwrap_err();
        assert!(matches!(&error, StoreError::File { path, .. } if path.ends_with("e/p/log")), "{error}");
        assert!(error.help().is_some_and(|help| help.contains("make room")), "{error}");
        assert!(store.snapshot().is_err() && store.open_operations().is_err());
    }
    drop(store);
    let records = open(dir.path()).snapshot().unwrap().records;
    assert_eq!(records.keys().map(|a| a.as_str()).collect::<Vec<_>>(), ["x.y:a"]);
}

#[tokio::test]
async fn an_id_belongs_to_the_record_that_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.commit(close("a", "1")).await.unwrap();
    let owner = |id: &str| store.owner(&record("b", ""), &id.into()).unwrap();
    assert!(owner("1").is_some() && owner("2").is_none());
}

#[tokio::test]
async fn a_state_is_released_once_nothing_is_there_and_not_before() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let identity = Identity { cloud: "test".into(), account: "1".into(), endpoint: None };
    store.bind(&identity).await.unwrap();
    store.commit(close("a", "1")).await.unwrap();
    store.release().await.unwrap();
    assert!(store.snapshot().unwrap().program.is_some());
    let gone = StateChange::Remove { op: "a".into(), record: record("a", "1"), deposed: false };
    store.commit(gone).await.unwrap();
    store.release().await.unwrap();
    let released = store.snapshot().unwrap();
    // A snapshot of nothing belongs to nobody in any case: what counts is what is kept.
    let kept = |store: &Store| lock(&store.inner.contents).head.clone();
    assert_eq!((kept(&store).program, kept(&store).identity), (None, None));
    // There is nothing to write any more.
    store.release().await.unwrap();
    assert_eq!(store.snapshot().unwrap().position, released.position);
    drop(store);
    let head = kept(&open(dir.path()));
    assert_eq!((head.program, head.identity), (None, None));
}

/// Each change that is one is a group of its own in the log, one number after the other; what changes nothing is none.
#[tokio::test]
async fn what_changes_something_is_written_as_the_next_group_and_nothing_else_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let identity = Identity { cloud: "test".into(), account: "1".into(), endpoint: None };
    let bind = || StateChange::Bind { program: "p".into(), environment: "e".into(), identity: identity.clone() };
    let outputs = Map::from([("arn".into(), Value::str("found"))]);
    let answer = Answer { kind: "x.look".into(), region: None, args: Map::new(), outputs };
    let answers = Answers::from(vec![answer]);
    let log = || std::fs::metadata(dir.path().join("e/p/log")).unwrap().len();
    let group = || lock(&store.inner.contents).head.group;
    for (what, change, writes) in [
        ("whose it is", bind(), true),
        ("the same once more", bind(), false),
        ("a record", close("a", "1"), true),
        ("what is refused", close("b", "1"), false),
        ("what is not open", StateChange::Abandon { op: "none".into() }, false),
        ("answers", StateChange::Answers(answers.clone()), true),
        ("a release of what is not empty", StateChange::Release, false),
        ("outputs", StateChange::Outputs(Map::from([("x".into(), Value::from(1))])), true),
    ] {
        let before = (log(), group());
        let _ = store.commit(change).await;
        assert_eq!(group(), before.1 + u64::from(writes), "{what}");
        assert_eq!(log() > before.0, writes, "{what}");
    }
    let said = store.snapshot().unwrap();
    assert_eq!((&said.answers, &said.identity), (&answers, &Some(identity)));
    drop(store);
    assert_eq!(open(dir.path()).snapshot().unwrap(), said);
}

#[tokio::test]
async fn what_is_not_sound_is_found_when_a_state_is_opened_or_looked_at() {
    for (ids, rules) in [(["1", "2"], &[][..]), (["1", "1"], &["S01"])] {
        let dir = tempfile::tempdir().unwrap();
        let store = open(dir.path());
        {
            // What no change would be allowed to make.
            let (mut contents, mut medium) = (lock(&store.inner.contents), lock(&store.inner.medium));
            contents.head.group += 1;
            let edits = ["a", "b"].iter().zip(ids).map(|(name, id)| record(name, id));
            let edits: Vec<RowEdit> = edits.map(|r| RowEdit::Current(r.address.clone(), Some(r))).collect();
            store.inner.put(medium.as_mut(), &edits, &contents.head).unwrap();
        }
        drop(store);
        let found = |store: &Store| store.findings().iter().map(|found| found.rule).collect::<Vec<_>>();
        let look = Store::look(dir.path(), &Stack::new("p", "e"), &KeySource::StateDirectory).unwrap().unwrap();
        assert_eq!((found(&look), look.snapshot().unwrap().records.len()), (rules.to_vec(), 2));
        assert_eq!(found(&open(dir.path())), rules);
    }
}

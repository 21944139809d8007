//! A state goes out as one value and comes in again, from a folder and a table alike; what does not fit is refused.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::sync::Arc;

use common::memory::{Machine, MemoryLog};
use common::{Fake, address, identity, output, plan, reopen_in, run, states, step};
use dr_core::cloud::Identity;
use dr_core::expr::Expr;
use dr_core::journal::JournalEvent;
use dr_core::plan::Action;
use dr_core::record::{Record, Snapshot};
use dr_core::value::{Map, Value};
use dr_run::{PortableState, Stack, StateChange, States, StoreError, UnfitState};

const SECRET: &str = "correct-horse-battery-staple";

fn stack() -> Stack {
    Stack::new("p", "e")
}

/// A state with secrets, and an operation that is open.
async fn make(states: &States) -> Snapshot {
    let store = states.open(&stack()).unwrap();
    let secret = Expr::Known(Value::str(SECRET).secret());
    let steps =
        ["a", "b"].map(|name| step(Action::Create, &format!("x.quick:{name}"), &[], &[("password", secret.clone())]));
    let mut planned = plan("1", &Snapshot::default(), steps.into());
    output(&mut planned, "all", secret);
    assert!(run(&store, &Fake::default(), &planned).await.is_complete());
    let record = Record::clone(&store.snapshot().unwrap().records[&address("x.quick:a")]);
    let event = JournalEvent::Updating { op: "up".into(), record: Box::new(record) };
    store.commit(StateChange::Append { event }).await.unwrap();
    store.snapshot().unwrap()
}

/// A folder, and a table of those who have the key in the same folder.
fn places(dir: &tempfile::TempDir) -> [States; 2] {
    let log: Arc<MemoryLog> = Arc::default();
    [states(dir.path()), Machine::new(&log, "anna@one", dir.path()).states]
}

#[tokio::test(start_paused = true)]
async fn a_state_that_went_out_comes_in_again() {
    for (from, to) in [(0, 1), (1, 0), (0, 0), (1, 1)] {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let [source, target] = [&places(&one)[from], &places(&two)[to]];
        let said = make(source).await;
        std::fs::copy(one.path().join("secrets.key"), two.path().join("secrets.key")).unwrap();
        let text = serde_json::to_string(&source.export(&stack()).unwrap().unwrap()).unwrap();
        assert!(!text.contains(SECRET) && text.contains("$sealed"), "{text}");
        let state: PortableState = serde_json::from_str(&text).unwrap();
        assert_eq!((state.stack(), state.cloud.clone()), (stack(), Some(identity())));
        assert_eq!(target.import(&stack(), &state, &identity()).unwrap(), 2);
        let store = reopen_in(target).await;
        let now = store.snapshot().unwrap();
        assert_eq!((&now.records, &now.outputs, now.position), (&said.records, &said.outputs, said.position));
        assert_eq!(store.open_operations().unwrap().len(), 1);
        assert_eq!(now.outputs["all"].to_text(), SECRET);
        // It goes on from there, and nothing is written over it.
        store.commit(StateChange::Outputs(Map::new())).await.unwrap();
        drop(store);
        let error = target.import(&stack(), &state, &identity()).unwrap_err();
        assert!(matches!(error, UnfitState::Store(StoreError::Occupied { .. })), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_is_refused_and_nothing_is_written() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    make(&states(dir.path())).await;
    let whole = serde_json::to_value(states(dir.path()).export(&stack()).unwrap().unwrap()).unwrap();
    let there = states(other.path());
    let refused = |why: &str, to: &Stack, identity: &Identity, change: &dyn Fn(&mut serde_json::Value)| {
        let mut changed = whole.clone();
        change(&mut changed);
        let state: PortableState = serde_json::from_value(changed).unwrap();
        let error = there.import(to, &state, identity).unwrap_err();
        assert!(error.to_string().contains(why), "{why}: {error}");
        assert!(!there.exists(to).unwrap(), "{why}");
    };
    refused("the form 7", &stack(), &identity(), &|state| state["format"] = 7.into());
    refused("not of `p/f`", &Stack::new("p", "f"), &identity(), &|_| {});
    refused("not of `q/e`", &Stack::new("q", "e"), &identity(), &|_| {});
    refused("not of `p/e`", &stack(), &identity(), &|state| state["meta"]["head"]["program"] = "q".into());
    let account = Identity { account: "2".into(), ..identity() };
    refused("not on fake account 2", &stack(), &account, &|_| {});
    let row = |tree: &'static str, key: &'static str| move |state: &mut serde_json::Value| state[tree][key] = 1.into();
    refused("`x.quick:a` in `records`", &stack(), &identity(), &row("records", "x.quick:a"));
    refused("`up/0` in `journal`", &stack(), &identity(), &row("journal", "up/0"));
    refused("`colour` in `meta`", &stack(), &identity(), &row("meta", "colour"));
    refused("`key` in `meta`", &stack(), &identity(), &|state| {
        drop(state["meta"].as_object_mut().unwrap().remove("key"))
    });
    refused("it is the record of", &stack(), &identity(), &|state| {
        state["records"]["x.quick:c"] = state["records"]["x.quick:a"].clone();
    });
    refused("are the same x.quick", &stack(), &identity(), &|state| {
        state["records"]["x.quick:b"]["id"] = state["records"]["x.quick:a"]["id"].clone();
    });
}

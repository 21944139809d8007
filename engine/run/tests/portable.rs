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
use serde_json::json;

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
    for other in [("p", "other"), ("q", "e")] {
        let foreign = format!("this is the state of `p/e`, not of `{}/{}`", other.0, other.1);
        refused(&foreign, &Stack::new(other.0, other.1), &identity(), &|state| {
            (state["program"], state["environment"]) = (other.0.into(), other.1.into());
        });
    }
    refused("are the same x.quick", &stack(), &identity(), &|state| {
        state["records"]["x.quick:b"]["id"] = state["records"]["x.quick:a"]["id"].clone();
    });
    refused("its position is larger", &stack(), &identity(), &|state| {
        state["meta"]["head"]["position"] = u64::MAX.into();
    });
    refused("its group is larger", &stack(), &identity(), &|state| state["meta"]["head"]["group"] = u64::MAX.into());
    refused("the year 9999", &stack(), &identity(), &|state| {
        state["meta"]["head"]["lifetime"] = json!({"created": 1, "applied": u64::MAX, "by": "anna"});
    });
    refused("its number is none", &stack(), &identity(), &|state| {
        let run = json!({"destroy": false, "began": 1, "by": "anna", "from": "/p", "counts": {"create": 0, "update": 0,
            "replace": 0, "delete": 0, "import": 0, "forget": 0, "unchanged": 0, "deferred": 0}, "plan": ""});
        state["meta"]["run/18446744073709551615"] = run;
    });
    refused("the head in `meta` says fake account 1", &stack(), &identity(), &|state| {
        state["cloud"]["account"] = "2".into();
    });
    let sealed = |text: &str| {
        let text = text.to_owned();
        move |state: &mut serde_json::Value| {
            state["records"]["x.quick:a"]["args"]["password"] = json!({"$sealed": text})
        }
    };
    refused("was never sealed", &stack(), &identity(), &sealed("AAAA"));
    refused("was never sealed", &stack(), &identity(), &sealed("no base64"));
    // With the key at hand, a seal that it does not open is noticed.
    std::fs::copy(dir.path().join("secrets.key"), other.path().join("secrets.key")).unwrap();
    refused("is damaged or was moved there", &stack(), &identity(), &sealed(&"A".repeat(80)));
    refused("is damaged or was moved there", &stack(), &identity(), &|state| {
        state["records"]["x.quick:a"]["args"]["password"] = state["records"]["x.quick:b"]["args"]["password"].clone();
    });
}

#[tokio::test(start_paused = true)]
async fn records_that_nobody_here_could_have_written_are_not_believed() {
    let dir = tempfile::tempdir().unwrap();
    make(&states(dir.path())).await;
    let mut whole = serde_json::to_value(states(dir.path()).export(&stack()).unwrap().unwrap()).unwrap();
    for record in whole["records"].as_object_mut().unwrap().values_mut() {
        record["region"] = "eu-west-1".into();
    }
    whole["journal"]["up/0"]["updating"]["record"]["region"] = "eu-west-1".into();
    let checked = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut changed = whole.clone();
        change(&mut changed);
        let state: PortableState = serde_json::from_value(changed).unwrap();
        state.check_records(&common::registry()).map_err(|error| error.to_string())
    };
    assert_eq!(checked(&|_| {}), Ok(()));
    let refused = |why: &str, change: &dyn Fn(&mut serde_json::Value)| {
        let error = checked(change).unwrap_err();
        assert!(error.contains(why), "{why}: {error}");
    };
    let need = |of: &str| json!([{"address": of, "blocks_delete": true}]);
    refused("there is no region `mars`", &|state| state["records"]["x.quick:a"]["region"] = "mars".into());
    refused("has no region", &|state| drop(state["records"]["x.quick:b"].as_object_mut().unwrap().remove("region")));
    refused("the secret `password` of `x.quick:b` is not sealed", &|state| {
        state["records"]["x.quick:b"]["args"]["password"] = SECRET.into();
    });
    refused("the secret `token` of `x.quick:a` is not sealed", &|state| {
        state["records"]["x.quick:a"]["outputs"]["token"] = SECRET.into();
    });
    refused("in a circle: x.quick:a, x.quick:b", &|state| {
        state["records"]["x.quick:a"]["needs"] = need("x.quick:b");
        state["records"]["x.quick:b"]["needs"] = need("x.quick:a");
    });
    for (kind, why) in [("x.strange", "which this version of dr does not know"), ("x.look", "is a look-up")] {
        refused(why, &|state| {
            let mut record = state["records"]["x.quick:a"].clone();
            let address = format!("{kind}:c");
            (record["address"], record["kind"]) = (address.as_str().into(), kind.into());
            (record["id"], record["op"]) = ("c".into(), "c".into());
            state["records"][address] = record;
        });
    }
}

//! Whether what a plan deletes is the stack's: told by its tags, or by the operation that made it.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use common::{Fake, Room, open, plan, run, step, with_prior};
use dr_core::cloud::{ErrorClass, Owner};
use dr_core::plan::Action;
use dr_core::value::Str;
use dr_run::Silent;

/// What is said of three resources, of which the second is this one's owner and made by this operation.
async fn said(owner: Option<(&str, &str)>, op: Option<&str>, fails: Option<&'static str>) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    let (store, cloud) = (open(dir.path()), Fake::default());
    let names = ["x.tagged:a", "x.tagged:b", "x.quick:c"];
    let steps = names.map(|name| step(Action::Create, name, &[], &[])).to_vec();
    let report = run(&store, &cloud, &plan("make", &store.snapshot().unwrap(), steps)).await;
    assert!(report.is_complete(), "{:?}", report.failed);
    let snapshot = store.snapshot().unwrap();
    let record = |name: &str| snapshot.records.values().find(|r| r.address.as_str() == name).unwrap().clone();
    {
        let mut inside = cloud.inside.lock().unwrap();
        for name in ["x.tagged:a", "x.tagged:b"] {
            let owner = if name.ends_with('b') { owner } else { Some(("e", "p")) };
            let owner = owner.map(|(environment, program)| Owner {
                environment: environment.into(),
                program: program.into(),
                address: None,
            });
            match owner {
                Some(owner) => drop(inside.owners.insert(record(name).id.clone(), owner)),
                None => drop(inside.owners.remove(&record(name).id)),
            }
        }
        if let Some(op) = op {
            inside.things.get_mut(&record("x.tagged:b").id).unwrap().op = Str::from(op);
        }
    }
    if let Some(call) = fails {
        cloud.fail(call, "x.tagged:b", ErrorClass::Denied, 99);
    }
    let steps = names.map(|name| with_prior(step(Action::Delete, name, &[], &[]), &record(name))).to_vec();
    let room = Room::new();
    let engine = room.engine(&store, &cloud, &Silent);
    let found = dr_run::foreign(&engine, &plan("end", &snapshot, steps), dr_run::ForeignIf::NotShownOwn).await.unwrap();
    found.into_iter().map(|one| format!("{}: {}", one.address, one.why)).collect()
}

#[tokio::test]
async fn what_is_the_stacks_by_its_tags_or_by_its_operation_may_go_and_nothing_else() {
    let none: [&str; 0] = [];
    assert_eq!(said(Some(("e", "p")), None, None).await, none);
    // No service tells its tags, and the service itself finds it by the operation.
    assert_eq!(said(None, None, None).await, none);
    for (owner, op, fails, why) in [
        (Some(("other", "p")), None, None, "it belongs to the environment `other` of the program `p`"),
        (Some(("e", "other")), None, None, "it belongs to the environment `e` of the program `other`"),
        (None, Some("another"), None, "it bears no tags that say whose it is"),
        (Some(("e", "p")), None, Some("owner"), "nobody can tell whose it is"),
        (Some(("e", "p")), None, Some("read"), "nobody can tell whose it is"),
        (None, None, Some("find"), "nobody can tell whose it is"),
    ] {
        let found = said(owner, op, fails).await;
        assert_eq!(found.len(), 1, "{why}: {found:?}");
        assert!(found[0].starts_with(&format!("x.tagged:b: {why}")), "{found:?}");
    }
}

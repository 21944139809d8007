//! The state on disk: what comes back, what is refused, what is not to be seen.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

mod common;

use std::sync::Arc;

use common::{Fake, Room, address, all_bytes, identity, open, output, plan, run, step, wanted};
use dr_core::answer::Answer;
use dr_core::expr::{Expr, PartKey};
use dr_core::plan::{Action, FORMAT, Plan};
use dr_core::record::{Record, Snapshot};
use dr_core::value::{Map, Value};
use dr_local::{DiskWorld, LocalCloud};
use dr_run::plan_file::StoredPlan;
use dr_run::{KeySource, PlanFileError, Router, Stack, StateChange, Store, StoreError, plan_file};

const SECRET: &str = "correct-horse-battery-staple";

#[tokio::test(start_paused = true)]
async fn secrets_come_back_and_are_nowhere_in_clear() {
    let dir = tempfile::tempdir().unwrap();
    let cloud = Fake::default();
    let password = Expr::Known(Value::str(SECRET));
    let sealed_key = Value::Map(Map::from([("$sealed".into(), Value::str("mine"))]));
    let mut planned = plan(
        "1",
        &Snapshot::default(),
        vec![
            step(Action::Create, "x.quick:a", &[], &[("password", password)]),
            step(Action::Create, "random.password:p", &[], &[("length", Value::Int(20).into())]),
            step(
                Action::Create,
                "x.quick:b",
                &[1],
                &[("password", Expr::attr(&address("random.password:p"), "result"))],
            ),
        ],
    );
    output(&mut planned, "password", Expr::attr(&address("x.quick:a"), "password"));
    output(&mut planned, "map", Expr::Known(sealed_key.clone()));
    let generated;
    {
        let store = open(dir.path());
        let local = LocalCloud::new(Arc::new(DiskWorld::new(dir.path())), dir.path(), "p", "e");
        let router = Router::new(&local, &cloud);
        let report = run(&store, &router, &planned).await;
        assert!(report.is_complete(), "{:?}", report.failed);
        let record = &store.snapshot().unwrap().records[&address("random.password:p")];
        generated = record.outputs["result"].to_text();
        assert_eq!(generated.len(), 20);
        assert!(!record.id.contains(&generated));
        // A plan that was stored is state, too.
        let snapshot = store.snapshot().unwrap();
        let mut second = plan(
            "2",
            &snapshot,
            vec![common::with_prior(
                step(Action::Update, "x.quick:a", &[], &[("password", Expr::Known(Value::str(SECRET).secret()))]),
                &snapshot.records[&address("x.quick:a")],
            )],
        );
        output(&mut second, "o", Expr::Known(Value::str(SECRET).secret()));
        plan_file::write(&dir.path().join("stored.plan"), &second, "programs/p.rhai", store.sealer()).unwrap();
        // And what was begun.
        let event = dr_core::journal::JournalEvent::Deleting {
            op: "open".into(),
            record: Box::new(dr_core::record::Record::clone(&snapshot.records[&address("x.quick:a")])),
            deposed: false,
        };
        store.commit(StateChange::Append { event }).await.unwrap();
    }
    let store = common::reopen(dir.path()).await;
    let snapshot = store.snapshot().unwrap();
    let a = &snapshot.records[&address("x.quick:a")];
    assert_eq!(a.args["password"], Value::str(SECRET).secret());
    assert_eq!(snapshot.outputs["password"], Value::str(SECRET).secret());
    assert_eq!(snapshot.outputs["map"], sealed_key);
    let open = &store.open_operations().unwrap()["open"];
    assert!(matches!(open, dr_core::journal::Open::Delete { record, .. } if record.args["password"].has_secret()));
    let bytes = all_bytes(dir.path());
    for secret in [SECRET, &generated, "hidden-id-"] {
        assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret} is on disk in clear");
    }
    assert!(bytes.windows(7).any(|w| w == b"$sealed"));
}

#[tokio::test(start_paused = true)]
async fn one_process_at_a_time_and_the_other_is_told_who() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let error = Store::open(dir.path(), &Stack::new("p", "e"), &KeySource::default()).unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }));
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    // Another environment is another matter.
    assert!(Store::open(dir.path(), &Stack::new("p", "other"), &KeySource::default()).is_ok());
    // So is another program of the same one.
    assert!(Store::open(dir.path(), &Stack::new("q", "e"), &KeySource::default()).is_ok());
    drop(store);
    assert!(Store::open(dir.path(), &Stack::new("p", "e"), &KeySource::default()).is_ok());
    assert_eq!(dr_run::environments(dir.path()).unwrap(), ["e", "other"]);
    assert_eq!(dr_run::programs(dir.path(), "e").unwrap(), ["p".into(), "q".into()]);
    assert_eq!(dr_run::environments(&dir.path().join("none")).unwrap(), [""; 0]);
    let open =
        |program: &str, suffix: &str| Store::open(dir.path(), &Stack::new(program, suffix), &KeySource::default());
    for name in ["", "..", "a/b", ".x", "a b"] {
        assert!(matches!(open("p", name), Err(StoreError::Name(_))), "{name}");
        assert!(matches!(open(name, "e"), Err(StoreError::Program(_))), "{name}");
    }
    assert!(matches!(open("p", "_x"), Err(StoreError::Name(_))));
}

#[tokio::test]
async fn a_look_says_who_works_on_the_stack_and_what_cannot_be_checked() {
    let (dir, killed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let look = |dir: &std::path::Path| {
        let store = Store::look(dir, &Stack::new("p", "e"), &KeySource::StateDirectory).unwrap().unwrap();
        let unchecked = store.unchecked().map(str::to_owned);
        (store.snapshot().unwrap(), store.in_use().map(str::to_owned), unchecked)
    };
    let store = open(dir.path());
    store.commit(StateChange::Outputs(Map::from([("x".into(), Value::from(1))]))).await.unwrap();
    let snapshot = store.snapshot().unwrap();
    let own = format!("process {}", std::process::id());
    assert_eq!(look(dir.path()), (snapshot.clone(), Some(own), None));
    assert_eq!((store.in_use(), store.unchecked()), (None, None), "it is the one who works");
    // Somebody was killed, and the stack cannot be locked to compare its log with its database.
    common::copy_dir(dir.path(), killed.path());
    let folder = killed.path().join("e/p");
    std::fs::remove_file(folder.join("holder")).unwrap();
    std::fs::remove_file(folder.join("lock")).unwrap();
    std::fs::create_dir(folder.join("lock")).unwrap();
    let (seen, in_use, unchecked) = look(killed.path());
    assert_eq!((seen, in_use), (snapshot.clone(), None));
    let why = unchecked.unwrap();
    assert!(why.contains(&*folder.join("lock").to_string_lossy()), "{why}");
    std::fs::remove_dir(folder.join("lock")).unwrap();
    assert_eq!(look(killed.path()), (snapshot.clone(), None, None));
    drop(store);
    drop(common::reopen(dir.path()).await);
    assert_eq!(look(dir.path()), (snapshot, None, None));
}

#[tokio::test(start_paused = true)]
async fn a_stack_belongs_to_its_cloud_until_it_is_empty() {
    let dir = tempfile::tempdir().unwrap();
    let (store, cloud) = (open(dir.path()), Fake::default());
    run(&store, &cloud, &plan("1", &Snapshot::default(), vec![step(Action::Create, "x.quick:a", &[], &[])])).await;
    let elsewhere = dr_core::cloud::Identity { cloud: "other".into(), ..identity() };
    let error = store.bind(&elsewhere).await.unwrap_err();
    assert!(error.to_string().contains("`p/e` belongs to the program `p` on fake account 1"), "{error}");
    assert!(store.bind(&identity()).await.is_ok());
    let snapshot = store.snapshot().unwrap();
    let prior = &snapshot.records[&address("x.quick:a")];
    let delete = common::with_prior(step(Action::Delete, "x.quick:a", &[], &[]), prior);
    assert!(run(&store, &cloud, &plan("2", &snapshot, vec![delete])).await.is_complete());
    let empty = store.snapshot().unwrap();
    assert!(empty.is_empty() && empty.program.is_none() && empty.identity.is_none());
    assert!(empty.position > snapshot.position, "what was planned before is stale");
    assert!(store.bind(&elsewhere).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_files_of_another_stack_are_refused_by_all_who_read_them() {
    // Whole folders, and one half beside the other of the own state.
    for (what, halves) in [("folder", &["log", "db"][..]), ("log", &["log"]), ("database", &["db"])] {
        for (program, environment) in [("q", "e"), ("p", "other"), ("q", "other")] {
            let when = format!("{what} of p/e as {program}/{environment}");
            let dir = tempfile::tempdir().unwrap();
            let states = common::states(dir.path());
            let other = Stack::new(program, environment);
            let create = || step(Action::Create, "x.quick:a", &[], &[]);
            let (store, cloud) = (open(dir.path()), Fake::default());
            run(&store, &cloud, &plan("1", &Snapshot::default(), vec![create()])).await;
            let made = store.snapshot().unwrap().records.values().next().unwrap().clone();
            drop(store);
            drop(common::reopen(dir.path()).await);
            let target = dir.path().join(environment).join(program);
            if halves.len() == 1 {
                let store = states.open(&other).unwrap();
                store.bind(&identity()).await.unwrap();
                let (id, op) = ("other".into(), "other".into());
                let record = Record { address: address("x.quick:b"), id, op, ..Record::clone(&made) };
                let change = StateChange::Close { op: record.op.clone(), record: record.into() };
                store.commit(change).await.unwrap();
                drop(store);
            }
            std::fs::create_dir_all(&target).unwrap();
            for half in halves {
                let (from, to) = (dir.path().join("e/p").join(half), target.join(half));
                if from.is_dir() {
                    let _ = std::fs::remove_dir_all(&to);
                    common::copy_dir(&from, &to);
                } else {
                    std::fs::copy(&from, &to).unwrap();
                }
            }
            let named = format!("holds the state of `p/e`, not of `{program}/{environment}`");
            let error = states.open(&other).unwrap_err();
            assert!(error.to_string().contains(&named) && error.help().is_some(), "{when}: {error}");
            let damage = states.verify(&other).unwrap().unwrap().damage;
            assert_eq!(damage.len(), halves.len(), "{when}: {damage:?}");
            assert!(damage.iter().all(|one| one.what.contains(&named) && !one.is_mended), "{when}: {damage:?}");
            assert!(states.repair(&other).is_err(), "{when}");
            // Whoever only looks reads the log.
            if halves.contains(&"log") {
                for error in [states.look(&other).unwrap_err(), states.survey(&other).unwrap_err()] {
                    assert!(error.to_string().contains(&named), "{when}: {error}");
                }
                assert!(states.export(&other).is_err(), "{when}");
            }
            assert_eq!(states.look(&Stack::new("p", "e")).unwrap().unwrap().snapshot().unwrap().records.len(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_database_that_lost_something_gets_it_back() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("e/p/db/db");
    drop(open(dir.path()));
    let before = std::fs::read(&file).unwrap();
    let store = common::reopen(dir.path()).await;
    store.bind(&identity()).await.unwrap();
    store.commit(StateChange::Outputs(Map::from([("x".into(), Value::from(1))]))).await.unwrap();
    let position = store.snapshot().unwrap().position;
    drop(store);
    drop(common::reopen(dir.path()).await);
    let whole = std::fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    let last = whole.iter().rposition(|b| *b != 0).unwrap();
    flipped[last] ^= 1;
    for damaged in [&before, &flipped] {
        std::fs::write(&file, damaged).unwrap();
        let store = common::reopen(dir.path()).await;
        assert_eq!(store.snapshot().unwrap().position, position);
        let said: Vec<String> = store.mended().iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|said| said.contains("e/p/db`") && said.contains("log")), "{said:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn keys_are_not_mixed_up() {
    let dir = tempfile::tempdir().unwrap();
    let phrase = |text: &str| KeySource::Passphrase(text.into());
    drop(Store::open(dir.path(), &Stack::new("p", "e"), &phrase("right")).unwrap());
    let error = Store::open(dir.path(), &Stack::new("p", "e"), &KeySource::StateDirectory).unwrap_err();
    assert!(error.to_string().contains("cannot use the key file"), "{error}");
    assert!(!dir.path().join("secrets.key").exists(), "a key that opens nothing was made");
    drop(Store::open(dir.path(), &Stack::new("p", "other"), &KeySource::StateDirectory).unwrap());
    for wrong in [phrase("wrong"), KeySource::StateDirectory] {
        let error = Store::open(dir.path(), &Stack::new("p", "e"), &wrong).unwrap_err();
        assert!(error.to_string().contains("sealed with another key"), "{error}");
    }
    assert!(Store::open(dir.path(), &Stack::new("p", "e"), &phrase("right")).is_ok());
    assert_eq!(format!("{:?}", phrase("right")), "Passphrase");
}

#[tokio::test(start_paused = true)]
async fn stored_plans_come_back_whole_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let (store, cloud) = (open(dir.path()), Fake::default());
    run(
        &store,
        &cloud,
        &plan(
            "1",
            &Snapshot::default(),
            vec![step(Action::Create, "x.quick:a", &[], &[("password", Expr::str(SECRET))])],
        ),
    )
    .await;
    let snapshot = store.snapshot().unwrap();
    let secret = Expr::Known(Value::str(SECRET).secret());
    let reference = Expr::attr(&address("x.quick:a"), "arn");
    let mixed = Expr::concat(vec![secret.clone(), reference.clone()]).unwrap();
    let part = Expr::Get(
        Arc::new(Expr::map(Map::from([("k".into(), secret.clone()), ("r".into(), reference)]))),
        PartKey::Name("x".into()),
    );
    let update = step(Action::Update, "x.quick:a", &[], &[("password", secret), ("name", mixed), ("peer", part)]);
    let mut stored = plan("2", &snapshot, vec![common::with_prior(update, &snapshot.records[&address("x.quick:a")])]);
    let secret = |name: &str| Map::from([(name.into(), Value::str(SECRET).secret())]);
    let answer = Answer { kind: "x.look".into(), region: None, args: secret("name"), outputs: secret("token") };
    stored.answers.insert("x.look:l".into(), answer);
    let path = dir.path().join("p.plan");
    plan_file::write(&path, &stored, "programs/p.rhai", store.sealer()).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!text.contains(SECRET));
    let StoredPlan { plan: back, source } = plan_file::read(&path, store.sealer()).unwrap();
    assert_eq!(source, "programs/p.rhai");
    assert_eq!(back, stored);
    let reveal = |p: &Plan| p.steps[0].args["password"].known().map(Value::to_text);
    assert_eq!(reveal(&back).as_deref(), Some(SECRET));

    let other = Store::open(dir.path(), &Stack::new("p", "other"), &KeySource::Passphrase("x".into())).unwrap();
    let read = |text: &str, sealer| {
        std::fs::write(&path, text).unwrap();
        plan_file::read(&path, sealer).unwrap_err()
    };
    assert!(matches!(read(&text, other.sealer()), PlanFileError::ForeignKey(_)));
    let changed = text.replace("\"position\":", "\"position\":1");
    assert_ne!(changed, text);
    assert!(matches!(read(&changed, store.sealer()), PlanFileError::Damaged(_)));
    assert!(matches!(read(&text[..text.len() / 2], store.sealer()), PlanFileError::Damaged(_)));
    let format = text.replacen(&format!("\"format\":{FORMAT}"), "\"format\":9", 1);
    assert!(matches!(read(&format, store.sealer()), PlanFileError::Format { format: 9, .. }));
    for foreign in ["", "{}", "hello\nworld", "{\"file\":\"x\",\"format\":1}"] {
        assert!(matches!(read(foreign, store.sealer()), PlanFileError::NotAPlan(_)), "{foreign}");
    }
    std::fs::write(&path, [0xff, 0xfe, 0]).unwrap();
    assert!(matches!(plan_file::read(&path, store.sealer()), Err(PlanFileError::NotAPlan(_))));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_reads_all_and_tells_what_differs() {
    let dir = tempfile::tempdir().unwrap();
    let (store, cloud, room) = (open(dir.path()), Fake::default(), Room::new());
    let steps = ["x.quick:a", "x.quick:b", "x.quick:same"]
        .map(|a| step(Action::Create, a, &[], &[("password", Expr::str("s"))]));
    run(&store, &cloud, &plan("1", &Snapshot::default(), steps.to_vec())).await;
    let snapshot = store.snapshot().unwrap();
    let gone = &snapshot.records[&address("x.quick:b")];
    let changed = &snapshot.records[&address("x.quick:a")];
    {
        let mut inside = cloud.inside.lock().unwrap();
        inside.things.remove(&gone.id);
        inside.things.get_mut(&changed.id).unwrap().args.insert("size".into(), Value::Int(9));
    }
    let engine = room.engine(&store, &cloud, &dr_run::Silent);
    let prepared = dr_run::prepare(&engine, &wanted(&Default::default(), &snapshot, true)).await.unwrap();
    use dr_core::plan::Refreshed;
    assert_eq!(prepared.refreshed[&address("x.quick:b")], Refreshed::Gone);
    let Refreshed::Live(live) = &prepared.refreshed[&address("x.quick:a")] else { panic!("gone") };
    assert!(live.outputs["token"].has_secret());
    assert_eq!(live.args["size"], Value::Int(9));
    assert_eq!(prepared.refreshed.len(), 2, "what is as it was is not told");
    let calls = cloud.log().len();
    let prepared = dr_run::prepare(&engine, &wanted(&Default::default(), &snapshot, false)).await.unwrap();
    assert!(prepared.refreshed.is_empty() && cloud.log().len() == calls);
}

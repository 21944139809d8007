//! A state of a real run that was stopped on its way, and what may happen to its files.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use dr_core::cloud::Intent;
use dr_core::expr::Expr;
use dr_core::graph::ReplaceOrder;
use dr_core::integrity;
use dr_core::journal::{Deposed, JournalEvent, Open};
use dr_core::plan::Action;
use dr_core::record::{Record, Snapshot};
use dr_core::value::{Map, Str, Value};
use dr_run::{StateChange, Store};

use super::{Fake, address, copy_dir, identity, open, output, plan, reopen, replacing, run, step, with_prior};

/// What a state says.
pub type Said = (Snapshot, BTreeMap<Str, Open>);

pub fn said(store: &Store) -> Said {
    (store.snapshot().unwrap(), store.open_operations().unwrap())
}

/// A state in the folder `dir`, and the same as a kill leaves it in `killed`.
pub async fn make(dir: &Path, killed: &Path) -> Said {
    let cloud = Fake::default();
    let store = open(dir);
    let secret = || Expr::Known(Value::str("correct horse").secret());
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    for (i, group) in names.chunks(2).enumerate() {
        let steps =
            group.iter().map(|name| step(Action::Create, &format!("x.quick:{name}"), &[], &[("password", secret())]));
        let mut planned = plan(&i.to_string(), &store.snapshot().unwrap(), steps.collect());
        output(&mut planned, "all", Expr::Known(Value::str("hidden").secret()));
        assert!(run(&store, &cloud, &planned).await.is_complete());
    }
    // A replacement whose old half could not be deleted, and one whose reply never came.
    let now = store.snapshot().unwrap();
    let record = |name: &str| now.records[&address(&format!("x.quick:{name}"))].clone();
    let create = |name: &str| {
        let create = step(Action::Create, &format!("x.quick:{name}"), &[], &[("name", Expr::str(name))]);
        replacing(with_prior(create, &record(name)), ReplaceOrder::CreateFirst)
    };
    let steps = vec![create("a"), create("b")];
    assert!(run(&store, &cloud, &plan("r", &now, steps)).await.is_complete());
    let append = async |event| store.commit(StateChange::Append { event }).await.unwrap();
    let old = record("c");
    let (op, program) = (Str::from("open"), Str::from("p"));
    let intent = Intent { op: op.clone(), environment: "e".into(), program, address: old.address.clone() };
    let new = Record { op, id: "".into(), outputs: Map::new(), ..Record::clone(&old) };
    append(JournalEvent::Creating { intent, record: Box::new(new), deposed: Some(Deposed::of(&old)) }).await;
    append(JournalEvent::Identified { op: "open".into(), id: "id-new".into() }).await;
    append(JournalEvent::Updating { op: "up".into(), record: Box::new(Record::clone(&record("d"))) }).await;
    append(JournalEvent::Deleting { op: "down".into(), record: Box::new(Record::clone(&record("e"))), deposed: false })
        .await;
    let said = said(&store);
    assert_eq!((said.0.records.len(), said.0.deposed.len(), said.1.len()), (7, 3, 3));
    assert_eq!(said.0.identity, Some(identity()));
    assert_eq!(integrity::check(&said.0, &Default::default()), []);
    copy_dir(dir, killed);
    drop(store);
    // The next time a database is opened, it makes an index.
    for _ in 0..2 {
        drop(reopen(dir).await);
    }
    said
}

/// Something that happens to a file.
#[derive(Debug, Clone)]
pub enum Damage {
    Flip(usize, u8),
    Cut(usize),
    Gone,
    Folder,
    Empty,
    Foreign,
    Longer,
}

impl Damage {
    pub fn happen(&self, path: &Path) {
        let change = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = std::fs::read(path).unwrap();
            change(&mut bytes);
            std::fs::write(path, bytes).unwrap();
        };
        match *self {
            Damage::Flip(at, bit) => change(&|bytes| bytes[at] ^= 1 << bit),
            Damage::Cut(length) => change(&|bytes| bytes.truncate(length)),
            Damage::Gone => std::fs::remove_file(path).unwrap(),
            Damage::Folder => {
                std::fs::remove_file(path).unwrap();
                std::fs::create_dir(path).unwrap();
            }
            Damage::Empty => change(&|bytes| bytes.clear()),
            Damage::Foreign => change(&|bytes| *bytes = b"something else entirely, and not even short\n".repeat(40)),
            Damage::Longer => change(&|bytes| bytes.extend_from_slice(b"and one thing more")),
        }
    }
}

/// Everything that happens to a file of so many bytes: all places of a short one, about `each` of a long one.
pub fn damages(bytes: &[u8], seed: &mut u64, each: usize) -> Vec<Damage> {
    let mut next = |bound: usize| {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        (*seed % bound as u64) as usize
    };
    let mut all = vec![Damage::Gone, Damage::Folder, Damage::Empty, Damage::Foreign, Damage::Longer];
    // Most of a database's file is not used.
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    if used > 0 {
        match used <= each {
            true => all.extend((0..used).map(|at| Damage::Flip(at, next(8) as u8))),
            false => all.extend((0..each).map(|_| Damage::Flip(next(used), next(8) as u8))),
        }
        match bytes.len() <= each / 4 {
            true => all.extend((0..bytes.len()).map(Damage::Cut)),
            false => all.extend((0..each / 4).map(|_| Damage::Cut(next(used)))),
        }
    }
    all
}

/// Every file below a folder, by its path from there.
pub fn files(folder: &Path, below: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder.join(below)).unwrap() {
        let entry = entry.unwrap();
        let path = below.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => files(folder, &path, found),
            false => found.push(path),
        }
    }
    found.sort();
}

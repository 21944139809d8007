//! The contract of a plan and what becomes of it: each program is applied and destroyed in the sandbox at the pace of the
//! real cloud, in virtual time, in an ephemeral environment and in one that stays. What was foretold before anything was
//! there is what the destroy then plans: the order, the time, and what is left.
#![allow(clippy::unwrap_used)] // A test that cannot go on says so.

#[path = "harness/room.rs"]
mod room;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use dr_core::address::Address;
use dr_core::plan::{Contract, LeftBehind, Plan, contract};
use dr_core::value::Value;
use dr_run::Report;
use dr_sandbox::{Sandbox, SandboxOptions, Speed};
use dr_tests_support::repository;

use crate::room::{Program, Room};

const DOMAIN: (&str, &str) = ("base_domain", "pay.dr-lab.net");

/// A program, what is set, and how many keys it leaves.
const PROGRAMS: &[(&str, &[(&str, &str)])] = &[
    ("payment_alb", &[DOMAIN]),
    ("payment_http", &[DOMAIN]),
    ("payment_rest", &[DOMAIN]),
    ("trading", &[]),
    ("transactions", &[]),
];

/// Fails where two contracts differ, and tells in what.
fn agree(name: &str, one: &Contract, other: &Contract) {
    for (a, b) in one.departures.iter().zip(&other.departures) {
        assert_eq!(a, b, "{name}");
    }
    assert_eq!(one, other, "{name}");
}

/// What is left for a while: whose it is, what, and for how long.
fn leaves(contract: &Contract) -> BTreeSet<(String, String, Duration)> {
    let of = |left: &LeftBehind| {
        let (one, lasts) = (left.what.one.to_owned(), left.lasts);
        left.of.iter().map(move |address| (address.to_string(), one.clone(), lasts)).collect::<Vec<_>>()
    };
    contract.leaves.iter().flat_map(of).collect()
}

/// Fails where something goes long before something else that was to go before it.
fn in_order(name: &str, foretold: &Contract, plan: &Plan, report: &Report) {
    let ends: BTreeMap<&Address, u64> =
        foretold.departures.iter().map(|row| (&row.address, row.start_ms + row.takes_ms)).collect();
    let tolerance = foretold.estimate_ms / 10;
    let mut latest = 0;
    for step in report.done.iter().map(|number| &plan.steps[*number]).filter(|step| step.implied_by.is_none()) {
        let end = ends[&step.address];
        assert!(
            end + tolerance >= latest,
            "{name}: {} was foretold at {end} ms, and went after {latest}",
            step.address
        );
        latest = latest.max(end);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_foretold_of_a_destroy_is_what_it_does() {
    for (name, set) in PROGRAMS {
        for (suffix, ephemeral) in [("pr-1", true), ("stage", false)] {
            kept(name, set, suffix, ephemeral).await;
        }
    }
}

/// A program's contract, from the first plan to the end of the destroy.
async fn kept(name: &str, set: &[(&str, &str)], suffix: &str, ephemeral: bool) {
    let dir = tempfile::tempdir().unwrap();
    let options = SandboxOptions { speed: Speed::Real, ..SandboxOptions::default() };
    let sandbox = Arc::new(Sandbox::in_memory(Arc::new(dr_kinds::registry()), options).unwrap());
    let folder = repository().join("programs");
    let text = std::fs::read_to_string(folder.join(format!("{name}.rhai"))).unwrap();
    let program = Program { name: name.into(), text, folder };
    let mut room = Room::open(dir.path(), sandbox.clone(), program, suffix, None).await.unwrap();
    room.ephemeral = ephemeral;
    let settings: Vec<(&str, Value)> = set.iter().map(|(key, value)| (*key, Value::str(value))).collect();
    let graph = room.declare(&settings).unwrap();
    let name = &format!("{name} in {suffix}");

    let plan = room.plan(&graph).await.unwrap();
    let foretold = contract(&plan, &room.snapshot().unwrap(), &room.registry);
    assert!(foretold.is_kept() && foretold.allowed == 0, "{name}: {foretold:?}");
    room.apply(&plan).await.unwrap();
    // Once it is there, it is foretold the same.
    let again = room.plan(&graph).await.unwrap();
    agree(name, &contract(&again, &room.snapshot().unwrap(), &room.registry), &foretold);

    let destroy = room.plan_destroy().await.unwrap();
    agree(name, &contract(&destroy, &room.snapshot().unwrap(), &room.registry), &foretold);
    let report = room.apply(&destroy).await.unwrap();
    let (took, estimate) = (report.elapsed, foretold.estimate());
    println!("{name}: {} resources, {took:?}, foretold {estimate:?}", foretold.departures.len());
    let off = took.abs_diff(estimate);
    assert!(off <= estimate / 10, "{name}: it took {took:?}, and {estimate:?} was foretold");
    assert!(room.snapshot().unwrap().is_empty() && sandbox.list().unwrap().is_empty(), "{name}: something is left");
    in_order(name, &foretold, &destroy, &report);
    let left = sandbox.remains().into_iter();
    let left: BTreeSet<_> =
        left.map(|one| (one.address.to_string(), one.what, one.lasts.unwrap_or_default())).collect();
    assert_eq!(left, leaves(&foretold), "{name}");

    // A function in a network keeps its subnets for 20 minutes.
    let holds = foretold.departures.iter().filter_map(|d| d.holds).map(|holds| holds.typical).max();
    assert_eq!(holds, (!name.starts_with("transactions")).then_some(Duration::from_secs(20 * 60)), "{name}");
    assert!(estimate >= holds.unwrap_or_default(), "{name}: {estimate:?}");
    let keys: usize = foretold.leaves.iter().filter(|l| l.what.many.starts_with("keys")).map(|l| l.of.len()).sum();
    let are_keys =
        |d: &&dr_core::plan::ContractRow| d.address.kind().starts_with("kms.") && !d.address.kind().ends_with("alias");
    assert_eq!(keys, foretold.departures.iter().filter(are_keys).count(), "{name}");
}

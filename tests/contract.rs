//! The contract of a plan and what becomes of it: each program is applied and destroyed in the sandbox at the pace of the
//! real cloud, in virtual time. What was foretold before anything was there is what the destroy then plans and takes.
#![allow(clippy::unwrap_used)] // A test that cannot go on says so.

#[path = "harness/room.rs"]
mod room;

use std::sync::Arc;
use std::time::Duration;

use dr_core::plan::{Contract, contract};
use dr_core::value::Value;
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

#[tokio::test(start_paused = true)]
async fn what_is_foretold_of_a_destroy_is_what_it_does() {
    for (name, set) in PROGRAMS {
        let dir = tempfile::tempdir().unwrap();
        let options = SandboxOptions { speed: Speed::Real, ..SandboxOptions::default() };
        let sandbox = Arc::new(Sandbox::in_memory(Arc::new(dr_kinds::registry()), options).unwrap());
        let folder = repository().join("programs");
        let text = std::fs::read_to_string(folder.join(format!("{name}.rhai"))).unwrap();
        let program = Program { name: (*name).into(), text, folder };
        let room = Room::open(dir.path(), sandbox.clone(), program, "pr-1", None).await.unwrap();
        let settings: Vec<(&str, Value)> = set.iter().map(|(key, value)| (*key, Value::str(value))).collect();
        let graph = room.declare(&settings).unwrap();

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

        // A function in a network keeps its subnets for 20 minutes.
        let holds = foretold.departures.iter().filter_map(|d| d.holds).map(|holds| holds.typical).max();
        assert_eq!(holds, (*name != "transactions").then_some(Duration::from_secs(20 * 60)), "{name}");
        assert!(estimate >= holds.unwrap_or_default(), "{name}: {estimate:?}");
        let keys: usize = foretold.leaves.iter().filter(|l| l.what.many.starts_with("keys")).map(|l| l.of.len()).sum();
        let are_keys = |d: &&dr_core::plan::ContractRow| {
            d.address.kind().starts_with("kms.") && !d.address.kind().ends_with("alias")
        };
        assert_eq!(keys, foretold.departures.iter().filter(are_keys).count(), "{name}");
    }
}

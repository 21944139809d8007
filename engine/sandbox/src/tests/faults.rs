//! Faults: decided by the call, not by when it comes; and regions that are down.

use super::*;
use crate::Faults;
use std::collections::{BTreeMap, BTreeSet};

fn faulty(faults: Faults) -> Sandbox {
    Sandbox::in_memory(registry(), SandboxOptions { faults: Some(faults), ..options(Speed::Instant) }).unwrap()
}

/// What happens to the first calls about some things, in a given order of things.
async fn history(seed: u64, order: &[usize]) -> Vec<(usize, Vec<String>)> {
    let s = faulty(Faults::bad_day(seed));
    let mut all = Vec::new();
    for i in order {
        let vpc = thing("net.vpc", &format!("v{i}"));
        let mut ends = Vec::new();
        for _ in 0..6 {
            let created = vpc.create(&s, "{}").await;
            ends.push(created.map_or_else(|e| format!("{} {}", e.code, e.maybe_done), |id| id.to_string()));
        }
        all.push((*i, ends));
    }
    all.sort();
    all
}

#[tokio::test]
async fn faults_follow_from_the_seed_and_not_from_the_order() {
    let forward: Vec<usize> = (0..20).collect();
    let backward: Vec<usize> = (0..20).rev().collect();
    let first = history(7, &forward).await;
    assert_eq!(first, history(7, &backward).await);
    assert_ne!(first, history(8, &forward).await);
    let ends: BTreeSet<&str> =
        first.iter().flat_map(|(_, ends)| ends).filter(|e| !e.starts_with("vpc-")).map(|e| &**e).collect();
    assert!(ends.len() > 1, "a bad day has faults of several sorts: {ends:?}");
}

#[tokio::test]
async fn each_fault_is_what_it_says() {
    use ErrorClass::{Throttled, Transient};
    let none = Faults::none(1);
    let cases = [
        (Faults { throttled: 1.0, ..none.clone() }, Throttled, "ThrottlingException", false, false),
        (Faults { transient: 1.0, ..none.clone() }, Transient, "ServiceUnavailable", false, false),
        (Faults { lost_request: 1.0, ..none.clone() }, Transient, "RequestTimeout", true, false),
        (Faults { lost_reply: 1.0, ..none.clone() }, Transient, "RequestTimeout", true, true),
    ];
    for (faults, class, code, maybe_done, done) in cases {
        let s = faulty(faults);
        let vpc = thing("net.vpc", "v");
        let error = vpc.create(&s, "{}").await.unwrap_err();
        assert_eq!((error.class, &*error.code, error.maybe_done), (class, code, maybe_done));
        assert_eq!(&*error.call, "net:CreateVpc");
        assert_eq!(s.list().unwrap().len() == 1, done, "{code}");
        if maybe_done {
            // What only looks loses nothing.
            assert_eq!(vpc.find(&s).await.unwrap().is_some(), done);
        }
    }
}

#[tokio::test]
async fn a_lost_reply_of_an_update_or_delete_has_its_effect_once() {
    let s = faulty(Faults { lost_reply: 1.0, ..Faults::none(1) });
    let queue = thing("sqs.queue", "q");
    queue.create(&s, r#"{"name": "q"}"#).await.unwrap_err();
    let id = queue.find(&s).await.unwrap().unwrap();
    assert!(queue.update(&s, &id, r#"{"name": "q", "delay": 9}"#).await.unwrap_err().maybe_done);
    assert_eq!(queue.read(&s, &id).await.unwrap().unwrap().args["delay"], Value::Int(9));
    assert!(queue.delete(&s, &id).await.unwrap_err().maybe_done);
    assert_eq!(queue.read(&s, &id).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_slow_says_not_yet() {
    let s = faulty(Faults { slow: 1.0, ..Faults::none(1) });
    let vpc = thing("net.vpc", "v");
    let id = vpc.create(&s, "{}").await.unwrap();
    assert_eq!(vpc.settle(&s, &id).await.unwrap(), wait(Duration::ZERO));
    vpc.delete(&s, &id).await.unwrap();
    assert_eq!(vpc.deleted(&s, &id).await.unwrap(), wait(Duration::ZERO));
    // Half the time is not for ever.
    let s = faulty(Faults { slow: 0.5, ..Faults::none(1) });
    let id = vpc.create(&s, "{}").await.unwrap();
    let mut looks = 0;
    while vpc.settle(&s, &id).await.unwrap() != Settled::Ready {
        looks += 1;
        assert!(looks < 100);
    }
}

#[tokio::test]
async fn what_is_young_is_not_seen_at_first() {
    let s = faulty(Faults { stale: 1.0, ..Faults::none(1) });
    let (vpc, subnet) = (thing("net.vpc", "v"), thing("net.subnet", "s"));
    let id = vpc.create(&s, "{}").await.unwrap();
    for _ in 0..3 {
        refused(vpc.read(&s, &id).await, ErrorClass::NotYetConsistent, "NotYetVisible");
        let young = subnet.create(&s, &format!(r#"{{"vpc_id": "{id}"}}"#)).await;
        refused(young, ErrorClass::NotYetConsistent, "NotYetVisible");
    }
    assert!(vpc.read(&s, &id).await.unwrap().is_some());
    subnet.create(&s, &format!(r#"{{"vpc_id": "{id}"}}"#)).await.unwrap();
    // What was there before this handle is not young, and what is not there is not late.
    let absent = thing("net.vpc", "absent");
    assert_eq!(absent.read(&s, "vpc-nope").await.unwrap(), None);
}

#[tokio::test]
async fn a_region_falls_silent_after_so_many_changes_there() {
    let regions_down = BTreeMap::from([(EAST.into(), 2), (WEST.into(), 1)]);
    let s = Sandbox::in_memory(registry(), SandboxOptions { regions_down, ..options(Speed::Instant) }).unwrap();
    let (vpc, other, role) = (thing("net.vpc", "v"), thing("net.vpc", "o"), thing("iam.role", "r"));
    let id = vpc.create(&s, "{}").await.unwrap();
    // Looks do not count, nor does what is elsewhere.
    for _ in 0..3 {
        assert!(vpc.read(&s, &id).await.unwrap().is_some());
    }
    vpc.clone().in_region(WEST).create(&s, "{}").await.unwrap();
    role.create(&s, r#"{"name": "r"}"#).await.unwrap();
    s.reach(EAST).await.unwrap();
    other.create(&s, "{}").await.unwrap();
    // Not even a look is answered then; what was made is there.
    refused(vpc.read(&s, &id).await, ErrorClass::Transient, "RegionUnavailable");
    refused(vpc.delete(&s, &id).await, ErrorClass::Transient, "RegionUnavailable");
    refused(s.reach(EAST).await, ErrorClass::Transient, "RegionUnavailable");
    refused(s.reach(WEST).await, ErrorClass::Transient, "RegionUnavailable");
    assert_eq!(s.list().unwrap().len(), 4);
    role.read(&s, "r").await.unwrap();
}

#[tokio::test]
async fn a_region_that_is_down_answers_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let up = Sandbox::open(dir.path(), registry(), options(Speed::Instant)).unwrap();
    let (vpc, role) = (thing("net.vpc", "v"), thing("iam.role", "r"));
    let id = vpc.create(&up, "{}").await.unwrap();
    let down = SandboxOptions { regions_down: BTreeMap::from([(EAST.into(), 0)]), ..options(Speed::Instant) };
    let s = Sandbox::open(dir.path(), registry(), down).unwrap();
    fn unreachable<T: std::fmt::Debug>(result: Result<T, CloudError>) {
        refused(result, ErrorClass::Transient, "RegionUnavailable");
    }
    let (none, zones) = (Map::new(), thing("aws.zones", "z"));
    unreachable(vpc.read(&s, &id).await);
    unreachable(vpc.delete(&s, &id).await);
    unreachable(vpc.create(&s, "{}").await);
    unreachable(s.find(vpc.at(), &none, &vpc.intent).await);
    unreachable(s.configure(vpc.at(), &id, &none, &vpc.intent).await);
    unreachable(s.settle(vpc.at(), &id, &none).await);
    unreachable(s.update(vpc.at(), &id, &none, &none).await);
    unreachable(s.deleted(vpc.at(), &id, &none).await);
    unreachable(s.owner(vpc.at(), &id, &Live::default()).await);
    unreachable(s.look_up(zones.at(), &none).await);
    unreachable(s.sweep(OURS, EAST).await);
    unreachable(s.reach(EAST).await);
    // What is elsewhere, and what is in no region, answers.
    s.look_up(zones.in_region(WEST).at(), &none).await.unwrap();
    s.reach(WEST).await.unwrap();
    s.reach(GLOBAL).await.unwrap();
    role.create(&s, r#"{"name": "r"}"#).await.unwrap();
    vpc.clone().in_region(WEST).create(&s, "{}").await.unwrap();
    for place in [WEST, GLOBAL] {
        assert_eq!(s.sweep(OURS, place).await.unwrap().len(), 1, "{place}");
    }
}

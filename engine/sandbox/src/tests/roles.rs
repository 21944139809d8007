//! Roles of the members of a group: who writes, how another one comes to write, and what that needs.

use super::*;
use dr_core::cloud::RoleChange;
use dr_core::recovery::{REBUILD, role_change};
use tokio::time::{Instant, sleep};

/// A group with a member in each of two regions, ready; the first one writes.
struct Pair {
    s: Sandbox,
    group: Thing,
    first: (Thing, Str),
    second: (Thing, Str),
}

async fn pair(seed: Option<u64>) -> Pair {
    let s = Sandbox::in_memory(registry(), SandboxOptions { seed, ..options(Speed::Real) }).unwrap();
    let (group, first, second) =
        (thing("db.group", "g"), thing("db.member", "a"), thing("db.member", "b").in_region(WEST));
    group.create(&s, r#"{"name": "g"}"#).await.unwrap();
    let one = first.create(&s, r#"{"group": "g"}"#).await.unwrap();
    let other = second.create(&s, r#"{"group": "g"}"#).await.unwrap();
    sleep(Duration::from_secs(20)).await;
    Pair { s, group, first: (first, one), second: (second, other) }
}

impl Pair {
    async fn switch(&self, to: &(Thing, Str), may_lose: bool) -> Result<(), CloudError> {
        let (member, via) = (to.0.at(), to.0.region.unwrap());
        let change = RoleChange { via, member, id: &to.1, arn: "arn", may_lose };
        self.s.switch(self.group.at(), "g", &change).await
    }

    /// Who writes, as each member tells; one whose region is off tells nothing.
    async fn writes(&self) -> [Option<bool>; 2] {
        let mut all = [None; 2];
        for (said, (member, id)) in all.iter_mut().zip([&self.first, &self.second]) {
            let live = member.read(&self.s, id).await.ok().flatten();
            *said = live.and_then(|live| live.outputs["writes"].as_bool());
        }
        all
    }

    async fn settle(&self, of: &(Thing, Str)) -> Duration {
        let start = Instant::now();
        while let Settled::Wait(wait) = of.0.settle(&self.s, &of.1).await.unwrap() {
            sleep(wait.unwrap()).await;
        }
        start.elapsed()
    }
}

const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn most(figure: dr_core::recovery::Figure) -> Duration {
    secs(figure.most.unwrap().into())
}

#[tokio::test(start_paused = true)]
async fn the_first_member_writes_and_a_change_in_place_leaves_the_roles() {
    let pair = pair(None).await;
    assert_eq!(pair.writes().await, [Some(true), Some(false)]);
    let (second, id) = &pair.second;
    second.update(&pair.s, id, r#"{"group": "g", "size": 2}"#).await.unwrap();
    assert_eq!(pair.writes().await, [Some(true), Some(false)]);
    sleep(secs(2)).await;
    // Whoever leaves its group writes; whoever has none does so from the beginning.
    second.update(&pair.s, id, r#"{"size": 2}"#).await.unwrap();
    assert_eq!(pair.writes().await, [Some(true), Some(true)]);
    let alone = thing("db.member", "c");
    let made = alone.create(&pair.s, "{}").await.unwrap();
    assert_eq!(alone.read(&pair.s, &made).await.unwrap().unwrap().outputs["writes"], Value::Bool(true));
}

#[tokio::test(start_paused = true)]
async fn a_switchover_takes_its_time_in_which_nobody_writes() {
    for seed in [None, Some(1), Some(2), Some(3)] {
        let pair = pair(seed).await;
        let start = Instant::now();
        pair.switch(&pair.second, false).await.unwrap();
        // Asked for again it is under way already, and nothing begins anew.
        pair.switch(&pair.second, false).await.unwrap();
        assert_eq!(pair.writes().await, [Some(false), Some(false)]);
        pair.settle(&pair.second).await;
        assert_eq!(pair.writes().await, [Some(false), Some(true)]);
        let took = start.elapsed();
        assert!(took <= most(role_change(false)) + secs(1) && took >= secs(60), "{took:?}");
        if seed.is_none() {
            assert_eq!(took, secs(role_change(false).typical.unwrap().into()));
        }
        pair.switch(&pair.first, false).await.unwrap();
        pair.settle(&pair.first).await;
        assert_eq!(pair.writes().await, [Some(true), Some(false)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_switchover_needs_both_regions_and_members_that_are_ready() {
    let pair = pair(None).await;
    pair.s.switch_off(EAST);
    let said = refused(pair.switch(&pair.second, false).await, ErrorClass::Invalid, "InvalidGlobalClusterState");
    assert!(said.contains("us-east-1 cannot be reached"), "{said}");
    assert_eq!(pair.writes().await, [None, Some(false)]);
    pair.s.switch_on(EAST);
    pair.s.switch_off(WEST);
    refused(pair.switch(&pair.second, false).await, ErrorClass::Transient, "RegionUnavailable");
    pair.s.switch_on(WEST);
    let (first, id) = &pair.first;
    first.update(&pair.s, id, r#"{"group": "g", "size": 2}"#).await.unwrap();
    refused(pair.switch(&pair.second, false).await, ErrorClass::Conflict, "InvalidClusterState");
    pair.settle(&pair.first).await;
    pair.switch(&pair.second, false).await.unwrap();

    let stranger = (thing("db.member", "c"), thing("db.member", "c").create(&pair.s, "{}").await.unwrap());
    refused(pair.switch(&stranger, false).await, ErrorClass::Invalid, "NotAMember");
    let nobody = (thing("db.member", "n"), "nobody".into());
    refused(pair.switch(&nobody, true).await, ErrorClass::Gone, "NotFound");
}

#[tokio::test(start_paused = true)]
async fn a_failover_needs_its_own_region_alone_and_the_other_member_is_made_anew() {
    for seed in [None, Some(7), Some(8)] {
        let pair = pair(seed).await;
        pair.s.switch_off(EAST);
        let start = Instant::now();
        pair.switch(&pair.second, true).await.unwrap();
        pair.settle(&pair.second).await;
        assert_eq!(pair.writes().await, [None, Some(true)]);
        assert!(start.elapsed() <= most(role_change(true)) + secs(1), "{:?}", start.elapsed());
        sleep(secs(3600)).await;
        pair.s.switch_on(EAST);
        // It is there, follows, and is not ready before it was made anew.
        assert_eq!(pair.writes().await, [Some(false), Some(true)]);
        refused(pair.switch(&pair.first, false).await, ErrorClass::Conflict, "InvalidClusterState");
        let rebuilt = pair.settle(&pair.first).await;
        assert!(rebuilt <= most(REBUILD) && rebuilt >= secs(300), "{rebuilt:?}");
        pair.switch(&pair.first, false).await.unwrap();
        pair.settle(&pair.first).await;
        assert_eq!(pair.writes().await, [Some(true), Some(false)]);
    }
}

#[tokio::test(start_paused = true)]
async fn roles_are_kept_on_disk() {
    let dir = tempfile::tempdir().unwrap();
    let s = Sandbox::open(dir.path(), registry(), options(Speed::Real)).unwrap();
    let (group, first, second) =
        (thing("db.group", "g"), thing("db.member", "a"), thing("db.member", "b").in_region(WEST));
    group.create(&s, r#"{"name": "g"}"#).await.unwrap();
    let one = first.create(&s, r#"{"group": "g"}"#).await.unwrap();
    let other = second.create(&s, r#"{"group": "g"}"#).await.unwrap();
    sleep(secs(20)).await;
    let change = RoleChange { via: WEST, member: second.at(), id: &other, arn: "", may_lose: false };
    s.switch(group.at(), "g", &change).await.unwrap();
    sleep(secs(200)).await;
    drop(s);
    let s = Sandbox::open(dir.path(), registry(), options(Speed::Real)).unwrap();
    sleep(secs(600)).await;
    let writes = async |thing: &Thing, id: &str| thing.read(&s, id).await.unwrap().unwrap().outputs["writes"].clone();
    assert_eq!(writes(&first, &one).await, Value::Bool(false));
    assert_eq!(writes(&second, &other).await, Value::Bool(true));
}

//! How long things take, with tokio's clock paused: exact.

use super::*;
use crate::Phase;
use tokio::time::{Instant, advance};

const fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn real() -> Sandbox {
    Sandbox::in_memory(registry(), options(Speed::Real)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_creation_takes_what_its_kind_says_from_the_call_on() {
    let s = real();
    let vpc = thing("net.vpc", "v");
    let start = Instant::now();
    let id = vpc.create(&s, "{}").await.unwrap();
    let latency = start.elapsed();
    assert_eq!(latency, Duration::from_millis(30));
    assert_eq!(vpc.settle(&s, &id).await.unwrap(), wait(secs(3) - latency));
    assert_eq!(s.list().unwrap()[0].phase, Phase::Settling);
    advance(secs(3) - latency - Duration::from_millis(1)).await;
    assert_eq!(vpc.settle(&s, &id).await.unwrap(), wait(Duration::from_millis(1)));
    advance(Duration::from_millis(1)).await;
    assert_eq!(vpc.settle(&s, &id).await.unwrap(), Settled::Ready);
    assert_eq!(start.elapsed(), secs(3));
}

#[tokio::test(start_paused = true)]
async fn changes_and_deletions_take_their_time_too() {
    let s = real();
    let queue = thing("sqs.queue", "q");
    let id = queue.create(&s, r#"{"name": "q"}"#).await.unwrap();
    let busy = queue.update(&s, &id, r#"{"name": "q", "delay": 1}"#).await.unwrap_err();
    assert_eq!((&*busy.code, busy.class), ("ResourceInUse", ErrorClass::Conflict));
    // The call before took half its latency until it was refused; the rest of it passed afterwards.
    assert_eq!(busy.retry_after, Some(secs(2) - Duration::from_millis(45)));
    advance(secs(2)).await;

    let start = Instant::now();
    queue.update(&s, &id, r#"{"name": "q", "delay": 1}"#).await.unwrap();
    assert_eq!(queue.settle(&s, &id).await.unwrap(), wait(secs(5) - start.elapsed()));
    // The same change again is the same change.
    queue.update(&s, &id, r#"{"name": "q", "delay": 1}"#).await.unwrap();
    assert_eq!(queue.settle(&s, &id).await.unwrap(), wait(secs(5) - start.elapsed()));
    advance(secs(5)).await;

    assert!(matches!(queue.deleted(&s, &id).await.unwrap(), Settled::Failed(_)));
    let start = Instant::now();
    queue.delete(&s, &id).await.unwrap();
    let left = secs(10) - start.elapsed();
    assert_eq!(queue.deleted(&s, &id).await.unwrap(), wait(left));
    assert!(matches!(queue.settle(&s, &id).await.unwrap(), Settled::Failed(_)));
    assert!(queue.read(&s, &id).await.unwrap().is_some(), "it is there until it is gone");
    assert_eq!(s.sweep(OURS, EAST).await.unwrap(), []);
    assert_eq!(s.list().unwrap()[0].phase, Phase::Deleting);
    advance(left).await;
    assert_eq!(queue.deleted(&s, &id).await.unwrap(), Settled::Ready);
    assert_eq!(queue.read(&s, &id).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_name_stays_blocked_for_a_while() {
    let s = real();
    let (old, new) = (thing("sqs.queue", "q"), thing("sqs.queue", "r"));
    let id = old.create(&s, r#"{"name": "q"}"#).await.unwrap();
    let start = Instant::now();
    old.delete(&s, &id).await.unwrap();
    let busy = new.create(&s, r#"{"name": "q"}"#).await.unwrap_err();
    assert_eq!((&*busy.code, busy.class), ("BeingDeleted", ErrorClass::Conflict));
    advance(secs(10)).await;
    let blocked = new.create(&s, r#"{"name": "q"}"#).await.unwrap_err();
    assert_eq!((&*blocked.code, blocked.class), ("NameRecentlyDeleted", ErrorClass::Conflict));
    let left = secs(70) + Duration::from_millis(15) - start.elapsed();
    assert_eq!(blocked.retry_after, Some(left), "counted from when the call had come half its way");
    new.clone().in_region(WEST).create(&s, r#"{"name": "q"}"#).await.unwrap();
    advance(left).await;
    new.create(&s, r#"{"name": "q"}"#).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_is_on_the_way_out_still_holds_what_it_uses_and_cannot_be_used() {
    let s = real();
    let (vpc, subnet) = (thing("net.vpc", "v"), thing("net.subnet", "s"));
    let vpc_id = vpc.create(&s, "{}").await.unwrap();
    let id = subnet.create(&s, &format!(r#"{{"vpc_id": "{vpc_id}"}}"#)).await.unwrap();
    subnet.delete(&s, &id).await.unwrap();
    refused(vpc.delete(&s, &vpc_id).await, ErrorClass::Conflict, "DependencyViolation");
    advance(secs(1)).await;
    vpc.delete(&s, &vpc_id).await.unwrap();
    let late = thing("net.subnet", "t").create(&s, &format!(r#"{{"vpc_id": "{vpc_id}"}}"#)).await;
    refused(late, ErrorClass::Invalid, "NotFound");
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_may_still_hold_what_it_used() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Sandbox::open(dir.path(), registry(), options(Speed::Real)).unwrap();
    let (s, other) = (open(), open());
    let (vpc, subnet, key, worker) =
        (thing("net.vpc", "v"), thing("net.subnet", "s"), thing("kms.key", "k"), thing("fn.worker", "w"));
    let vpc_id = vpc.create(&s, "{}").await.unwrap();
    let subnet_id = subnet.create(&s, &format!(r#"{{"vpc_id": "{vpc_id}"}}"#)).await.unwrap();
    let key_id = key.create(&s, "{}").await.unwrap();
    let uses = format!(r#"{{"key": "{key_id}", "network": {{"subnets": ["{subnet_id}"]}}}}"#);
    let id = worker.create(&s, &uses).await.unwrap();
    let start = Instant::now();
    worker.delete(&s, &id).await.unwrap();
    advance(secs(5)).await;
    assert_eq!(worker.read(&s, &id).await.unwrap(), None, "it is gone");
    key.delete(&s, &key_id).await.unwrap();
    // Another handle, which knows only what is written, says the same.
    for handle in [&s, &other] {
        let held = subnet.delete(handle, &subnet_id).await.unwrap_err();
        assert_eq!((held.class, &*held.code), (ErrorClass::Conflict, "DependencyViolation"), "{held}");
        assert!(held.message.contains("what is left of fn.worker"), "{held}");
    }
    advance(secs(105).saturating_sub(start.elapsed())).await;
    subnet.delete(&s, &subnet_id).await.unwrap();

    // Outside of a network it holds nothing, and where nothing takes time, neither does this.
    let alone = thing("fn.worker", "a");
    let fast = instant();
    let vpc_id = vpc.create(&fast, "{}").await.unwrap();
    let subnet_id = subnet.create(&fast, &format!(r#"{{"vpc_id": "{vpc_id}"}}"#)).await.unwrap();
    let id = alone.create(&fast, &format!(r#"{{"network": {{"subnets": ["{subnet_id}"]}}}}"#)).await.unwrap();
    alone.delete(&fast, &id).await.unwrap();
    subnet.delete(&fast, &subnet_id).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn speed_divides_everything() {
    for (speed, call, whole) in [("60", 500, 50_000), ("0.5", 60_000, 6_000_000), ("instant", 0, 0)] {
        let s = Sandbox::in_memory(registry(), options(speed.parse().unwrap())).unwrap();
        let vpc = thing("net.vpc", "v");
        let start = Instant::now();
        let id = vpc.create(&s, "{}").await.unwrap();
        let whole = Duration::from_micros(whole);
        // tokio's timer counts whole milliseconds, so a latency of half of one is at most two of them.
        let latency = start.elapsed();
        assert!(
            latency >= Duration::from_micros(call) && latency <= Duration::from_micros(call + 2_000),
            "{latency:?}"
        );
        let left = whole.saturating_sub(latency);
        let settled = vpc.settle(&s, &id).await.unwrap();
        assert_eq!(settled, if left.is_zero() { Settled::Ready } else { wait(left) }, "{speed}");
        assert_eq!(s.core().speed().to_string(), speed);
    }
    for bad in ["", "0", "-1", "inf", "NaN", "fast"] {
        assert!(bad.parse::<Speed>().unwrap_err().to_string().contains("`real`, `instant`"), "{bad}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_begun_is_finished_at_another_speed_and_no_later() {
    let dir = tempfile::tempdir().unwrap();
    let open = |speed| Sandbox::open(dir.path(), registry(), options(speed)).unwrap();
    let (vpc, queue) = (thing("net.vpc", "v"), thing("sqs.queue", "q"));
    let first = open(Speed::Real);
    let id = vpc.create(&first, "{}").await.unwrap();
    let queue_id = queue.create(&first, r#"{"name": "q"}"#).await.unwrap();
    queue.delete(&first, &queue_id).await.unwrap();

    let again = open(Speed::Real);
    let Settled::Wait(Some(left)) = vpc.settle(&again, &id).await.unwrap() else { panic!() };
    assert!(left > secs(2) && left <= secs(3), "{left:?}");
    let Settled::Wait(Some(left)) = queue.deleted(&again, &queue_id).await.unwrap() else { panic!() };
    assert!(left > secs(9) && left <= secs(10), "{left:?}");

    let fast = open(Speed::Instant);
    assert_eq!(vpc.settle(&fast, &id).await.unwrap(), Settled::Ready);
    assert_eq!(queue.deleted(&fast, &queue_id).await.unwrap(), Settled::Ready);
    queue.create(&fast, r#"{"name": "q"}"#).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_has_its_effect_or_not_but_never_half() {
    for (after, there) in [(5, false), (20, true)] {
        let s = real();
        let vpc = thing("net.vpc", "v");
        let dropped = tokio::time::timeout(Duration::from_millis(after), vpc.create(&s, "{}")).await;
        assert!(dropped.is_err());
        assert_eq!(vpc.find(&s).await.unwrap().is_some(), there, "{after} ms");
    }
}

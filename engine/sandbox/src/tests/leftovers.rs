//! What a search finds of what is in the account and is no recorded resource.

use dr_core::leftover::{LeftoverDeparture, LeftoverSign, Trail};

use super::*;
use crate::PlantedThing;

const TRAIL: Trail<'static> = Trail { sought: OURS, former: &[], is_alone: true, others: &[] };

fn planted(what: &str, region: Option<&str>, id: &str, of: &[&str], until: Option<u64>) -> PlantedThing {
    let of = of.iter().map(|name| Str::from(*name)).collect();
    PlantedThing { what: what.into(), region: region.map(Str::from), id: id.into(), of, until }
}

/// The ids that are found in a place.
async fn found(s: &Sandbox, trail: &Trail<'_>, place: &str) -> Vec<String> {
    let search = s.leftovers(trail, place).await.unwrap();
    assert!(!search.looked.is_empty() && search.unseen.is_empty(), "{search:?}");
    search.found.iter().map(|one| one.id.to_string()).collect()
}

#[tokio::test]
async fn what_was_planted_is_found_where_it_is_and_as_long_as_it_is_there() {
    let s = instant();
    let later = 4_000_000_000;
    for thing in [
        planted("log group", Some(EAST), "/aws/lambda/a-pr-7", &[], None),
        planted("snapshot", Some(EAST), "s-1", &["db-pr-7"], Some(later)),
        planted("snapshot", Some(EAST), "s-2", &["db-pr-7"], Some(1)),
        planted("snapshot", Some(EAST), "s-3", &["db-pr-77"], None),
        planted("record", None, "a.pr-7.example.org", &[], None),
    ] {
        s.tamper_plant(thing).unwrap();
    }
    assert_eq!(found(&s, &TRAIL, EAST).await, ["/aws/lambda/a-pr-7", "s-1"]);
    assert_eq!(found(&s, &TRAIL, WEST).await, [""; 0]);
    assert_eq!(found(&s, &TRAIL, GLOBAL).await, ["a.pr-7.example.org"]);
    let search = s.leftovers(&TRAIL, EAST).await.unwrap();
    let said: Vec<_> = search.found.iter().map(|one| (one.sign, one.departure)).collect();
    assert_eq!(
        said,
        [(LeftoverSign::Suffix, LeftoverDeparture::Stays), (LeftoverSign::Suffix, LeftoverDeparture::At(later))]
    );
    // Where others may have made it, the suffix tells nothing.
    assert_eq!(found(&s, &Trail { is_alone: false, ..TRAIL }, EAST).await, [""; 0]);
    assert_eq!(s.list().unwrap(), [], "none of it is a resource");
}

#[tokio::test]
async fn what_lost_its_tags_is_nobodys_and_is_found_by_its_name() {
    let s = instant();
    let queue = thing("sqs.queue", "q");
    let id = queue.create(&s, r#"{"name": "orders-pr-7"}"#).await.unwrap();
    assert_eq!(found(&s, &TRAIL, EAST).await, [""; 0], "a sweep finds it");
    s.tamper_untag("sqs.queue", &id).unwrap();
    assert_eq!(found(&s, &TRAIL, EAST).await, [&*id]);
    assert_eq!(s.sweep(OURS, EAST).await.unwrap(), []);
    let live = queue.read(&s, &id).await.unwrap().unwrap();
    assert_eq!(s.owner(queue.at(), &id, &live).await.unwrap(), None);
    assert!(s.list().unwrap()[0].tags.keys().all(|tag| &**tag != "dr:env"));
}

#[tokio::test]
async fn what_is_left_is_on_disk_and_survives_a_log_that_is_written_anew() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Sandbox::open(dir.path(), registry(), options(Speed::Instant)).unwrap();
    open().tamper_plant(planted("log group", Some(EAST), "a-pr-7", &[], None)).unwrap();
    let s = open();
    for number in 0..700 {
        let vpc = thing("net.vpc", &format!("v{number}"));
        let id = vpc.create(&s, "{}").await.unwrap();
        vpc.delete(&s, &id).await.unwrap();
    }
    assert_eq!(found(&open(), &TRAIL, EAST).await, ["a-pr-7"]);
}

//! The recovery plan of a state: its steps in their order, for either side and manner; and what refuses it.
#![allow(clippy::unwrap_used, clippy::panic)] // A test that cannot go on says so.

use std::collections::BTreeSet;
use std::sync::Arc;

use dr_core::address::Address;
use dr_core::failover::derive::{NoRecoveryPlan, recovery_plan, recovery_plan_now, sides};
use dr_core::failover::lacks::lacks;
use dr_core::failover::led::led_names;
use dr_core::failover::plan::{FailoverManner, RecoveryAct, RecoveryPlan};
use dr_core::failover::refuse::{needed, refusals};
use dr_core::failover::state::RecoveryState;
use dr_core::record::{Record, Snapshot};
use dr_core::recovery::figure::Figure;
use dr_core::recovery::{Recovery, RecoveryPart};
use dr_core::registry::Registry;
use dr_core::schema::{Field, Kind, Place, Presence, Type};
use dr_core::value::Value;
use serde_json::{Value as Json, json};

const fn given(name: &'static str, ty: Type) -> Field {
    Field { presence: Presence::Optional, ..Field::new(name, "", ty) }
}
const ARN: &[Field] = &[Field::new("arn", "", Type::Str)];
const fn kind(name: &'static str, args: &'static [Field]) -> Kind {
    Kind::new(name, "", args, ARN)
}
const fn global(kind: Kind) -> Kind {
    Kind { place: Place::Global, ..kind }
}
static KINDS: [Kind; 9] = [
    global(kind("rds.global_cluster", &[])),
    kind("rds.cluster", &[given("global_cluster_identifier", Type::Str), given("master_username", Type::Str)]),
    kind("rds.cluster_instance", &[given("cluster_identifier", Type::Str)]),
    kind("dynamodb.table", &[given("name", Type::Str)]),
    kind("dynamodb.table_replica", &[given("table_name", Type::Str)]),
    kind("lambda.function", &[given("reserved_concurrent_executions", Type::Int)]),
    kind("lambda.event_source_mapping", &[given("enabled", Type::Bool)]),
    global(kind("route53.health_check", &[])),
    global(kind(
        "route53.record",
        &[
            given("zone_id", Type::Str),
            given("name", Type::Str),
            given("type", Type::Str),
            Field { switched: true, ..given("failover", Type::Str) },
            given("health_check_id", Type::Str),
            given("ttl", Type::Int),
        ],
    )),
];

fn registry() -> Registry {
    Registry::new(&KINDS)
}

fn record(address: &str, id: &str, args: Json) -> Record {
    let at = Address::parse(address).unwrap();
    let region = match at.path() {
        "primary" => Some("us-east-1"),
        "secondary" => Some("us-west-2"),
        _ => None,
    };
    let region = region.filter(|_| registry().get(at.kind()).unwrap().place == Place::Regional);
    serde_json::from_value(json!({
        "address": address, "kind": at.kind(), "region": region, "id": id, "args": args, "op": "o",
        "outputs": { "arn": format!("arn:{id}") },
    }))
    .unwrap()
}

/// A program of all that fails over.
fn records() -> Vec<Record> {
    let dns = |role: &str, check: &str| json!({ "zone_id": "Z", "name": "api.x", "type": "A", "failover": role, "health_check_id": check, "ttl": 30 });
    vec![
        record("rds.global_cluster:db", "db", json!({})),
        record("primary/rds.cluster:db", "db-1", json!({ "global_cluster_identifier": "db", "master_username": "u" })),
        record("secondary/rds.cluster:db", "db-2", json!({ "global_cluster_identifier": "db" })),
        record("primary/rds.cluster_instance:db", "i-1", json!({ "cluster_identifier": "db-1" })),
        record("secondary/rds.cluster_instance:db", "i-2", json!({ "cluster_identifier": "db-2" })),
        record("primary/dynamodb.table:t", "t", json!({ "name": "t" })),
        record("secondary/dynamodb.table_replica:t", "t", json!({ "table_name": "t" })),
        record("primary/lambda.function:f", "f-1", json!({ "reserved_concurrent_executions": 10 })),
        record("secondary/lambda.function:f", "f-2", json!({ "reserved_concurrent_executions": 2 })),
        record("primary/lambda.event_source_mapping:m", "m-1", json!({ "enabled": true })),
        record("secondary/lambda.event_source_mapping:m", "m-2", json!({ "enabled": false })),
        record("route53.health_check:one", "h-1", json!({})),
        record("route53.health_check:other", "h-2", json!({})),
        record("route53.record:one", "r-1", dns("PRIMARY", "h-1")),
        record("route53.record:other", "r-2", dns("SECONDARY", "h-2")),
    ]
}

fn snapshot(records: Vec<Record>) -> Snapshot {
    let records = records.into_iter().map(|record| (record.address.clone(), Arc::new(record))).collect();
    Snapshot { records, ..Snapshot::default() }
}

fn plan(to: &str, manner: FailoverManner) -> RecoveryPlan {
    recovery_plan(&snapshot(records()), &registry(), to, manner).unwrap()
}

fn names(plan: &RecoveryPlan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.name.as_str()).collect()
}

const WEST: &str = "us-west-2";
const EAST: &str = "us-east-1";

#[test]
fn the_steps_of_either_side_and_manner_come_in_their_order() {
    let sleeping = "`secondary/lambda.event_source_mapping:m`";
    let working = "`primary/lambda.event_source_mapping:m`";
    let reserved = "set `reserved_concurrent_executions` of `secondary/lambda.function:f` to";
    assert_eq!(
        names(&plan(WEST, FailoverManner::Planned)),
        [
            "see that `secondary/rds.cluster:db` is ready",
            "wait until `secondary/rds.cluster:db` has caught up",
            "wait until `secondary/dynamodb.table_replica:t` has caught up",
            &format!("{reserved} 10"),
            &format!("set `enabled` of {working} to false"),
            "let `secondary/rds.cluster:db` write",
            &format!("set `enabled` of {sleeping} to true"),
            "see that `secondary/lambda.function:f` is ready",
            "see that `route53.health_check:other` is healthy",
            "lead requests for api.x to us-west-2",
        ]
    );
    assert_eq!(
        names(&plan(WEST, FailoverManner::Unplanned)),
        [
            "see that `secondary/rds.cluster:db` is ready",
            &format!("{reserved} 10"),
            "let `secondary/rds.cluster:db` write",
            &format!("set `enabled` of {sleeping} to true"),
            "see that `secondary/lambda.function:f` is ready",
        ]
    );
    assert_eq!(
        names(&plan(EAST, FailoverManner::Planned)),
        [
            "see that `primary/rds.cluster:db` is ready",
            "wait until `primary/rds.cluster:db` has caught up",
            &format!("set `enabled` of {sleeping} to false"),
            "let `primary/rds.cluster:db` write",
            &format!("set `enabled` of {working} to true"),
            "see that `primary/lambda.function:f` is ready",
            "see that `route53.health_check:one` is healthy",
            "lead requests for api.x to us-east-1",
            &format!("{reserved} 2"),
        ]
    );
}

#[test]
fn two_records_change_places_by_one_step() {
    for (to, first, second) in [(WEST, "other", "one"), (EAST, "one", "other")] {
        let plan = plan(to, FailoverManner::Planned);
        let dns = plan.steps.iter().find(|step| step.name.starts_with("lead")).unwrap();
        let RecoveryAct::Set { changes } = &dns.act else { panic!("{dns:?}") };
        let told: Vec<_> = changes.iter().map(|c| (c.address.name(), c.value.clone())).collect();
        assert_eq!(told, [(first, Value::str("PRIMARY")), (second, Value::str("SECONDARY"))]);
        // The change is everywhere, and old answers are kept for their time.
        assert_eq!(dns.time, Figure::of(90, 90));
        assert_eq!(dns.needs.iter().map(|need| &*need.region).collect::<Vec<_>>(), [EAST]);
    }
}

#[test]
fn steps_are_called_differently_and_say_why_and_what_they_need() {
    for (to, manner) in [
        (WEST, FailoverManner::Planned),
        (WEST, FailoverManner::Unplanned),
        (EAST, FailoverManner::Planned),
        (EAST, FailoverManner::Unplanned),
    ] {
        let plan = plan(to, manner);
        assert_eq!(names(&plan).into_iter().collect::<BTreeSet<_>>().len(), plan.steps.len());
        assert!(plan.steps.iter().all(|step| !step.why.is_empty() && !step.needs.is_empty()));
        assert!(plan.time().exceeds(Figure::ZERO));
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<RecoveryPlan>(&text).unwrap(), plan);
    }
}

#[test]
fn an_unplanned_plan_needs_nothing_of_the_region_that_is_left() {
    for (to, from) in [(WEST, EAST), (EAST, WEST)] {
        let plan = plan(to, FailoverManner::Unplanned);
        assert_eq!(needed(&plan), BTreeSet::from([to.into()]));
        assert!(refusals(&plan, &BTreeSet::from([from.into()])).is_empty());
        let told = refusals(&plan, &BTreeSet::from([to.into()]));
        assert_eq!(told.len(), plan.steps.len(), "{told:?}");
    }
    // What leads requests comes last, and waits for Route 53.
    let all = recovery_plan_now(&snapshot(records()), &registry(), WEST, FailoverManner::Unplanned, &BTreeSet::new());
    let all = all.unwrap();
    assert!(names(&all).last().unwrap().starts_with("lead"));
    assert!(refusals(&all, &BTreeSet::from([EAST.into()])).is_empty());
}

/// The state of `records`, without health checks and with the failover roles exchanged where that is asked for.
fn with_roles(are_watched: [bool; 2], exchanged: bool) -> Snapshot {
    let mut all = records();
    for (name, is_watched, role) in [("one", are_watched[0], "SECONDARY"), ("other", are_watched[1], "PRIMARY")] {
        let is = |record: &&mut Record| record.address.as_str() == format!("route53.record:{name}");
        let found = all.iter_mut().find(is).unwrap();
        if !is_watched {
            found.args.remove("health_check_id");
        }
        if exchanged {
            found.switched.insert("failover".into(), Value::str(role));
        }
    }
    snapshot(all)
}

#[test]
fn requests_are_left_to_a_health_check_only_where_one_watches_a_region_that_is_lost() {
    for (to, from) in [(WEST, EAST), (EAST, WEST)] {
        for case in 0..16 {
            let bit = |bit: u32| case & (1 << bit) != 0;
            let (are_watched, exchanged, is_lost) = ([bit(0), bit(1)], bit(2), bit(3));
            let state = with_roles(are_watched, exchanged);
            let leads_to = if exchanged { WEST } else { EAST };
            let told: Vec<_> = led_names(&state, &registry()).into_iter().map(|led| led.region).collect();
            assert_eq!(told, [leads_to.into()]);
            let silent: BTreeSet<_> = is_lost.then(|| from.into()).into_iter().collect();
            let plan = recovery_plan_now(&state, &registry(), to, FailoverManner::Unplanned, &silent).unwrap();
            let is_watched = are_watched[usize::from(leads_to == WEST)];
            let shall_move = !is_lost || (leads_to == from && !is_watched);
            let moves = names(&plan).iter().filter(|name| name.starts_with("lead requests")).count();
            assert_eq!(moves == 1, shall_move, "{to} {are_watched:?} {exchanged} {is_lost}: {:?}", names(&plan));
            let is_told = plan.notes.iter().any(|note| note.contains("follow by themselves"));
            assert_eq!(is_told, is_lost && leads_to == from && is_watched, "{:?}", plan.notes);
        }
    }
}

#[test]
fn a_region_without_what_does_the_work_cannot_take_over() {
    assert!([EAST, WEST].iter().all(|to| lacks(&snapshot(records()), &registry(), to).is_empty()));
    let part = RecoveryPart {
        address: Address::parse("rds.global_cluster:db").unwrap(),
        how: String::new(),
        time: Figure::ZERO,
        loss: None,
        shorten: None,
    };
    let (primary, secondary) = (EAST.into(), WEST.into());
    let computed = Recovery { primary, secondary, traffic: None, stores: vec![part], lacks: Vec::new() };
    let recovery = RecoveryState { computed: Some(computed), ..RecoveryState::default() };
    for (gone, told) in [
        ("secondary/rds.cluster:db", "`rds.global_cluster:db` has no cluster in us-west-2"),
        ("secondary/rds.cluster_instance:db", "`secondary/rds.cluster:db` has no instance: nothing answers there"),
        ("secondary/lambda.function:f", "no function does the work in us-west-2"),
        ("rds.global_cluster:db", "`rds.global_cluster:db` is not recorded: no cluster of it can be made to write"),
    ] {
        let mut all = records();
        all.retain(|record| record.address.as_str() != gone);
        let state = Snapshot { recovery: recovery.clone(), ..snapshot(all) };
        assert_eq!(lacks(&state, &registry(), WEST), [told]);
    }
    let mut all = records();
    let unfinished = Some(dr_core::record::Unfinished::Begun);
    all.iter_mut()
        .filter(|r| r.address.as_str() == "secondary/lambda.function:f")
        .for_each(|r| r.incomplete = unfinished);
    assert_eq!(lacks(&snapshot(all.clone()), &registry(), WEST), ["`secondary/lambda.function:f` is not finished"]);
    assert!(lacks(&snapshot(all), &registry(), EAST).is_empty());
}

#[test]
fn a_planned_plan_needs_both_regions() {
    let plan = plan(WEST, FailoverManner::Planned);
    let told = refusals(&plan, &BTreeSet::from([EAST.into()]));
    assert!(
        told.iter().any(|why| why.starts_with("the step `let `secondary/rds.cluster:db` write` needs")),
        "{told:?}"
    );
    assert!(refusals(&plan, &BTreeSet::new()).is_empty());
    // Route 53 is a place of its own: it may be silent while its home region answers.
    assert!(needed(&plan).contains("global"));
    let told = refusals(&plan, &BTreeSet::from(["global".into()]));
    assert!(told.iter().all(|why| why.ends_with(", and Route 53 does not answer")), "{told:?}");
    assert!(
        told.iter().any(|why| why.starts_with("the step `lead requests for api.x to us-west-2` needs")),
        "{told:?}"
    );
}

#[test]
fn what_may_be_lost_is_what_was_computed_and_what_follows_tells_more() {
    let part = |address: &str, loss: Option<Figure>| RecoveryPart {
        address: Address::parse(address).unwrap(),
        how: String::new(),
        time: Figure::ZERO,
        loss,
        shorten: None,
    };
    let stores = vec![
        part("rds.global_cluster:db", Some(Figure::of(1, 5))),
        part("primary/dynamodb.table:t", Some(Figure::of(1, 1))),
        part("primary/lambda.function:f", None),
    ];
    let computed = Recovery { primary: EAST.into(), secondary: WEST.into(), traffic: None, stores, lacks: Vec::new() };
    let recovery = RecoveryState { computed: Some(computed), ..RecoveryState::default() };
    let state = Snapshot { recovery, ..snapshot(records()) };
    let plan = recovery_plan(&state, &registry(), WEST, FailoverManner::Unplanned).unwrap();
    let told: Vec<_> =
        plan.losses.iter().map(|loss| (loss.follower.as_ref().map(Address::as_str), loss.computed)).collect();
    assert_eq!(
        told,
        [
            (Some("secondary/rds.cluster:db"), Figure::of(1, 5)),
            (Some("secondary/dynamodb.table_replica:t"), Figure::of(1, 1)),
        ]
    );
    let planned = recovery_plan(&state, &registry(), WEST, FailoverManner::Planned).unwrap();
    assert!(planned.losses.is_empty());
}

#[test]
fn what_is_in_one_region_or_another_one_has_no_plan() {
    let one = snapshot(vec![record("primary/lambda.function:f", "f", json!({}))]);
    assert_eq!(sides(&one, &registry()), None);
    let planned = FailoverManner::Planned;
    assert_eq!(recovery_plan(&one, &registry(), WEST, planned).unwrap_err(), NoRecoveryPlan::OneRegion);
    let error = recovery_plan(&snapshot(records()), &registry(), "eu-west-1", planned).unwrap_err();
    assert_eq!(error.to_string(), "eu-west-1 is neither us-east-1 nor us-west-2, the two regions of this environment");
}

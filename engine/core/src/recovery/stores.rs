//! Stores: for each, the time until the secondary region takes its writes, and the writes that may be lost.

use std::collections::BTreeSet;

use super::detect::{self, DECISION, OPERATOR};
use super::figure::Figure;
use super::report::RecoveryPart;
use crate::address::Address;
use crate::checks::{Planned, Resource};

/// How long an Aurora global database takes until the other region writes after an unplanned failover. AWS names no bound;
/// operators report one to five minutes for the promotion and up to fifteen for the whole.
const PROMOTION: Figure = Figure::of(300, 900);
/// How long it takes when both regions work and nothing may be lost. AWS says minutes and names no bound.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-disaster-recovery.html>
const SWITCHOVER: Figure = Figure::of(120, 300);
/// How long it takes until a cluster that wrote before an unplanned failover follows the other one, once its region is
/// back: it is copied anew. AWS names no bound.
pub const REBUILD: Figure = Figure::of(600, 1800);
/// What an instance takes that must be made first, where the other region's cluster has none.
const FIRST_INSTANCE: Figure = Figure::of(480, 900);
/// What a paused Aurora Serverless takes to resume.
/// <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html>
const RESUME: Figure = Figure::of(15, 30);
/// How far a follower of Aurora is usually behind, and how far it may be when no alarm watches it.
const AURORA_LAG: u32 = 1;
const AURORA_UNWATCHED: u32 = 5;
/// How far a replica of a table is usually behind. AWS promises nothing: an alarm tells when it is more.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables_HowItWorks.html>
const TABLE_LAG: u32 = 1;
/// How long an object usually takes to be copied to another region, and at most with a promise of S3's.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-time-control.html>
const COPIED: u32 = 60;
const COPIED_IN_TIME: u32 = 900;
/// What a state machine needs beside the promotion: a change of records is there everywhere, and the other region was
/// asked whether it works.
const RECORDS: u32 = 60;
const VALIDATED: u32 = 60;

/// How long it takes until another member of a global database writes.
pub fn role_change(may_lose: bool) -> Figure {
    if may_lose { PROMOTION } else { SWITCHOVER }
}

/// Where a store of one region is followed in another one: both regions.
pub(super) fn followers<'a>(planned: &'a Planned<'_>) -> Vec<(&'a str, &'a str)> {
    let mut all = Vec::new();
    for replica in planned.of("dynamodb.table_replica") {
        all.extend(replica.text("source_region").zip(replica.region));
    }
    for global in planned.of("rds.global_cluster") {
        let (writers, readers): (Vec<_>, Vec<_>) = members(planned, global).partition(|cluster| writes(cluster));
        for reader in readers {
            all.extend(writers.first().and_then(|writer| writer.region).zip(reader.region));
        }
    }
    for replication in planned.of("s3.bucket_replication") {
        let from = planned.target(replication, "bucket").and_then(|bucket| bucket.region);
        let to = copies(planned, replication).into_iter().find_map(|(bucket, _)| bucket.region);
        all.extend(from.zip(to).filter(|(from, to)| from != to));
    }
    all
}

/// Every store of the primary region, but those whose loss is tolerated, and those that only keep what services log.
pub(super) fn look(planned: &Planned<'_>, primary: &str, tolerated: &[Address]) -> Vec<RecoveryPart> {
    let counts = |resource: &&Resource<'_>| !tolerated.contains(resource.address);
    let in_primary = |resource: &&Resource<'_>| resource.region == Some(primary) && counts(resource);
    let mut all: Vec<RecoveryPart> = Vec::new();
    all.extend(planned.of("rds.global_cluster").filter(counts).map(|global| global_database(planned, global)));
    let alone = |cluster: &&Resource<'_>| !cluster.is_given("global_cluster_identifier");
    all.extend(
        planned.of("rds.cluster").filter(in_primary).filter(alone).map(|cluster| unfollowed(cluster, "database")),
    );
    all.extend(planned.of("dynamodb.table").filter(in_primary).map(|one| table(planned, one)));
    let keeps_logs =
        |bucket: &Resource<'_>| planned.users(bucket, "elbv2.load_balancer", "access_logs.bucket").next().is_some();
    let buckets = planned.of("s3.bucket").filter(in_primary).filter(|bucket| !keeps_logs(bucket));
    let copied = copied(planned);
    all.extend(buckets.filter(|bucket| !copied.contains(bucket.address)).map(|one| bucket(planned, one)));
    all
}

/// A store that nobody follows: what was written is lost with its region.
fn unfollowed(store: &Resource<'_>, what: &str) -> RecoveryPart {
    RecoveryPart {
        address: store.address.clone(),
        how: format!("no other region has this {what}"),
        time: Figure::UNBOUNDED,
        loss: Some(Figure::UNBOUNDED),
        shorten: Some("have it followed in the secondary region, or say that its loss is tolerated".to_owned()),
    }
}

fn table(planned: &Planned<'_>, table: &Resource<'_>) -> RecoveryPart {
    let Some(_) = planned.users(table, "dynamodb.table_replica", "table_name").next() else {
        return unfollowed(table, "table");
    };
    let watched = detect::alarm_on(planned, "ReplicationLatency", "TableName", table).and_then(detect::allowed_lag);
    RecoveryPart {
        address: table.address.clone(),
        how: "both regions take writes".to_owned(),
        time: Figure::ZERO,
        loss: Some(Figure::of(TABLE_LAG, watched.unwrap_or(TABLE_LAG).max(TABLE_LAG))),
        shorten: None,
    }
}

/// The rules by which a bucket's objects are copied: each with the bucket that they go to, and whether S3 promises how soon.
fn copies<'p, 'a>(planned: &'p Planned<'a>, replication: &Resource<'_>) -> Vec<(&'p Resource<'a>, bool)> {
    let rules = replication.each("rules");
    let rules = rules.iter().filter(|rule| replication.text(&format!("{rule}.status")) != Some("Disabled"));
    let copy = |rule: &String| {
        let to = planned.target(replication, &format!("{rule}.destination.bucket"))?;
        Some((to, replication.is_given(&format!("{rule}.destination.replication_time"))))
    };
    rules.filter_map(copy).collect()
}

/// The buckets that objects of other buckets are copied to.
fn copied<'p>(planned: &'p Planned<'_>) -> BTreeSet<&'p Address> {
    let all = planned.of("s3.bucket_replication").flat_map(|replication| {
        let of = planned.target(replication, "bucket").map(|of| of.address);
        copies(planned, replication).into_iter().map(|(to, _)| to.address).filter(move |to| Some(*to) != of)
    });
    all.collect()
}

/// The buckets of other regions that a bucket's objects are copied to, each with whether S3 promises how soon.
fn away<'p, 'a>(planned: &'p Planned<'a>, bucket: &Resource<'_>) -> Vec<(&'p Resource<'a>, bool)> {
    let replication = planned.users(bucket, "s3.bucket_replication", "bucket").next();
    let mut copies = replication.map(|replication| copies(planned, replication)).unwrap_or_default();
    copies.retain(|(to, _)| to.region != bucket.region);
    copies
}

/// The buckets of other regions that a bucket's objects are copied to.
pub(super) fn copies_of<'p, 'a>(planned: &'p Planned<'a>, bucket: &Resource<'_>) -> Vec<&'p Resource<'a>> {
    away(planned, bucket).into_iter().map(|(to, _)| to).collect()
}

fn bucket(planned: &Planned<'_>, bucket: &Resource<'_>) -> RecoveryPart {
    let copies = away(planned, bucket);
    if copies.is_empty() {
        return unfollowed(bucket, "bucket");
    }
    let is_timed = copies.iter().all(|(_, timed)| *timed);
    let most = is_timed.then_some(COPIED_IN_TIME);
    RecoveryPart {
        address: bucket.address.clone(),
        how: match is_timed {
            true => "objects are copied within 15 minutes".to_owned(),
            false => "objects are copied, and nothing says how soon".to_owned(),
        },
        time: Figure::ZERO,
        loss: Some(Figure { typical: Some(COPIED), most }),
        shorten: (!is_timed).then(|| "let S3 promise it: `replication_time: 15` of the rule's destination".to_owned()),
    }
}

/// The clusters of a global database.
pub(super) fn members<'p, 'a>(
    planned: &'p Planned<'a>,
    global: &Resource<'_>,
) -> impl Iterator<Item = &'p Resource<'a>> {
    planned.users(global, "rds.cluster", "global_cluster_identifier")
}

/// Whether a cluster is the one that the database was begun with: a follower has no user of its own.
fn writes(cluster: &Resource<'_>) -> bool {
    cluster.is_given("master_username") || cluster.is_true("manage_master_user_password")
}

fn global_database(planned: &Planned<'_>, global: &Resource<'_>) -> RecoveryPart {
    let followers: Vec<_> = members(planned, global).filter(|cluster| !writes(cluster)).collect();
    let Some(follower) = followers.first() else { return unfollowed(global, "database") };
    let mut promotion = PROMOTION;
    let mut how = Vec::new();
    let mut shorten = None;
    if planned.users(follower, "rds.cluster_instance", "cluster_identifier").next().is_none() {
        promotion = FIRST_INSTANCE.then(promotion);
        how.push("the other region has no instance until one is made".to_owned());
        shorten = Some("give the cluster of the secondary region an instance".to_owned());
    }
    if follower.number("serverlessv2_scaling_configuration.min_capacity") == Some(0.0) {
        promotion = RESUME.then(promotion);
        how.push("it may be paused".to_owned());
    }
    let machine = planned.of("stepfunctions.state_machine").find_map(|machine| {
        let run = run(machine, promotion)?;
        Some((machine, run))
    });
    let (noticed, is_started) = match machine {
        Some((machine, _)) => match started(planned, machine) {
            Some(noticed) => (noticed, true),
            None => (OPERATOR.then(DECISION), false),
        },
        None => (OPERATOR.then(DECISION), false),
    };
    how.push(match (machine, is_started) {
        (Some((machine, run)), true) => format!("`{}` is started by an event and takes {run}", machine.address.name()),
        (Some((machine, run)), false) => {
            format!("an operator starts `{}`, which takes {run}, within {}", machine.address.name(), noticed)
        }
        (None, _) => format!("an operator promotes it within {noticed}, which takes {promotion}"),
    });
    let run = machine.map_or(promotion, |(_, run)| run);
    shorten = shorten.or_else(|| (!is_started).then(|| "let an alarm start the failover, not an operator".to_owned()));
    let alarm = detect::alarm_on(planned, "AuroraGlobalDBReplicationLag", "DBClusterIdentifier", follower);
    let most = alarm.and_then(detect::allowed_lag).unwrap_or(AURORA_UNWATCHED).max(AURORA_LAG);
    RecoveryPart {
        address: global.address.clone(),
        how: how.join("; "),
        time: noticed.then(run),
        loss: Some(Figure::of(AURORA_LAG, most)),
        shorten,
    }
}

/// How long a state machine takes that fails a global database over, at most until it is given up; `None` for others.
fn run(machine: &Resource<'_>, promotion: Figure) -> Option<Figure> {
    let states = machine.keys("definition.States");
    let at = |state: &str, key: &str| format!("definition.States.{state}.{key}");
    let calls =
        |call: &str| states.iter().any(|state| machine.text(&at(state, "Resource")).is_some_and(|r| r.ends_with(call)));
    if !calls(":failoverGlobalCluster") && !calls(":switchoverGlobalCluster") {
        return None;
    }
    let waits = states.iter().filter_map(|state| u32::try_from(machine.int(&at(state, "Seconds"))?).ok());
    let mut beside: u32 = waits.fold(0, u32::saturating_add);
    beside = beside.saturating_add(if calls(":changeResourceRecordSets") { RECORDS + RECORDS } else { 0 });
    beside = beside.saturating_add(if calls("lambda:invoke") { VALIDATED } else { 0 });
    let timeout = machine.int("definition.TimeoutSeconds").and_then(|seconds| u32::try_from(seconds).ok());
    Some(Figure { typical: promotion.typical.map(|t| t.saturating_add(beside)), most: timeout })
}

/// How soon a failover of the databases starts by itself; `None` where an operator starts it.
pub(super) fn starter(planned: &Planned<'_>) -> Option<Figure> {
    let mut machines = planned.of("stepfunctions.state_machine");
    machines.find(|machine| run(machine, PROMOTION).is_some()).and_then(|machine| started(planned, machine))
}

/// How soon a state machine is started by itself: by a rule of events that an alarm or a health check sets off.
fn started(planned: &Planned<'_>, machine: &Resource<'_>) -> Option<Figure> {
    planned.users(machine, "events.target", "arn").next()?;
    let alarms = planned.of("cloudwatch.metric_alarm").map(detect::alarm);
    Some(alarms.fold(Figure::UNBOUNDED, Figure::or_sooner))
}

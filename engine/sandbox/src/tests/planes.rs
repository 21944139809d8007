//! The data plane: what requests, writes and health checks come to while a region is off, over many seeds.

use std::collections::BTreeMap;

use super::*;
use crate::Measured;
use dr_core::cloud::{RoleChange, Vitals};
use tokio::time::sleep;

const GLOBAL_CLUSTER: Kind =
    Kind { place: Place::Global, id: "{name}", ..Kind::new("rds.global_cluster", "", &[arg("name", Type::Str)], &[]) };
static KINDS: [&Kind; 10] = [
    &GLOBAL_CLUSTER,
    &Kind {
        id: "{region}-{hex:4}",
        ..Kind::new(
            "rds.cluster",
            "",
            &[
                Field {
                    member: true,
                    switched: true,
                    ..refers("global_cluster_identifier", "rds.global_cluster.id", true)
                },
                arg("master_username", Type::Str),
                secret(arg("master_password", Type::Str)),
                arg("storage_encrypted", Type::Bool),
            ],
            &[Field { switched: true, ..volatile(like("is_writer", Type::Bool, "true")) }],
        )
    },
    &Kind::new("rds.cluster_instance", "", &[refers("cluster_identifier", "rds.cluster.id", true)], &[]),
    &Kind { id: "{name}", ..Kind::new("dynamodb.table", "", &[arg("name", Type::Str)], &[]) },
    &Kind::new(
        "dynamodb.table_replica",
        "",
        &[refers("table_name", "dynamodb.table.name", true), arg("source_region", Type::Str)],
        &[],
    ),
    &Kind { id: "{bucket}", ..Kind::new("s3.bucket", "", &[arg("bucket", Type::Str)], &[]) },
    &Kind::new(
        "s3.bucket_replication",
        "",
        &[
            refers("bucket", "s3.bucket.bucket", true),
            arg(
                "rules",
                Type::List(&Type::Object(&[arg(
                    "destination",
                    Type::Object(&[
                        refers("bucket", "s3.bucket.bucket", true),
                        arg("replication_time", Type::Int),
                        arg("metrics", Type::Int),
                    ]),
                )])),
            ),
        ],
        &[],
    ),
    &Kind {
        place: Place::Global,
        id: "{name}/{set_identifier}",
        ..Kind::new(
            "route53.record",
            "",
            &[
                arg("name", Type::Str),
                arg("ttl", Type::Int),
                arg("records", Type::List(&Type::Str)),
                arg("set_identifier", Type::Str),
                Field { switched: true, ..arg("failover", Type::Str) },
                refers("health_check_id", "route53.health_check.id", true),
            ],
            &[],
        )
    },
    &Kind {
        place: Place::Global,
        id: "{uuid}",
        ..Kind::new(
            "route53.health_check",
            "",
            &[
                arg("type", Type::Str),
                arg("fully_qualified_domain_name", Type::Str),
                arg("request_interval", Type::Int),
                arg("failure_threshold", Type::Int),
                arg("inverted", Type::Bool),
            ],
            &[],
        )
    },
    &Kind::new("lambda.function", "", &[], &[]),
];

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// A program in a sandbox of its own.
struct Stage {
    s: Sandbox,
}

fn one(kind: &str, name: &str, region: Option<&'static str>) -> Thing {
    let kind = *KINDS.iter().find(|known| known.name == kind).unwrap();
    let intent = Intent {
        op: format!("op-{}-{name}", kind.name).into(),
        environment: "pr-7".into(),
        program: "payments".into(),
        address: Address::new("", kind.name, name).unwrap(),
    };
    Thing { kind, region, intent }
}

impl Stage {
    fn new(seed: u64) -> Stage {
        let options = SandboxOptions { seed: Some(seed), ..options(Speed::Real) };
        Stage { s: Sandbox::in_memory(Arc::new(Registry::new(KINDS)), options).unwrap() }
    }

    async fn make(&self, kind: &str, name: &str, region: Option<&'static str>, json: &str) -> Str {
        let id = one(kind, name, region).create(&self.s, json).await.unwrap();
        sleep(secs(2)).await;
        id
    }

    /// A name that fails over, whose checks ask so often.
    async fn name(&self, interval: u64, failures: u64, ttl: u64) {
        for (role, region) in [("PRIMARY", EAST), ("SECONDARY", WEST)] {
            let check = format!(
                r#"{{"type": "HTTPS", "fully_qualified_domain_name": "api.{region}.example.com",
                    "request_interval": {interval}, "failure_threshold": {failures}}}"#
            );
            let check = self.make("route53.health_check", role, None, &check).await;
            let record = format!(
                r#"{{"name": "pay.example.com", "ttl": {ttl}, "records": ["lb.{region}.example.com"],
                    "set_identifier": "{region}", "failover": "{role}", "health_check_id": "{check}"}}"#
            );
            self.make("route53.record", role, None, &record).await;
        }
    }

    /// A store of each sort, of which one is in one region alone.
    async fn stores(&self) {
        self.make("rds.global_cluster", "g", None, r#"{"name": "g"}"#).await;
        let first = r#"{"global_cluster_identifier": "g", "master_username": "u", "master_password": "p", "storage_encrypted": false}"#;
        let writer = self.make("rds.cluster", "east", Some(EAST), first).await;
        let instance = format!(r#"{{"cluster_identifier": "{writer}"}}"#);
        self.make("rds.cluster_instance", "east", Some(EAST), &instance).await;
        self.make(
            "rds.cluster",
            "west",
            Some(WEST),
            r#"{"global_cluster_identifier": "g", "storage_encrypted": false}"#,
        )
        .await;
        self.make("dynamodb.table", "t", Some(EAST), r#"{"name": "t"}"#).await;
        let replica = format!(r#"{{"table_name": "t", "source_region": "{EAST}"}}"#);
        self.make("dynamodb.table_replica", "t", Some(WEST), &replica).await;
        for (bucket, region) in
            [("timed", EAST), ("slow", EAST), ("timed-copy", WEST), ("slow-copy", WEST), ("own", EAST)]
        {
            self.make("s3.bucket", bucket, Some(region), &format!(r#"{{"bucket": "{bucket}"}}"#)).await;
        }
        for (bucket, time) in [("timed", r#", "replication_time": 15, "metrics": 15"#), ("slow", "")] {
            let rules = format!(
                r#"{{"bucket": "{bucket}", "rules": [{{"destination": {{"bucket": "{bucket}-copy"{time}}}}}]}}"#
            );
            self.make("s3.bucket_replication", bucket, Some(EAST), &rules).await;
        }
    }

    fn begin(&self) {
        self.s.use_program("pr-7", "payments", EAST);
    }

    async fn switch(&self, to: &'static str, may_lose: bool) {
        let (group, member) = (one("rds.global_cluster", "g", None), one("rds.cluster", to_name(to), Some(to)));
        let id = self.s.find(member.at(), &Map::new(), &member.intent).await.unwrap().unwrap();
        let change = RoleChange { via: to, member: member.at(), id: &id, arn: "", may_lose };
        self.s.switch(group.at(), "g", &change).await.unwrap();
    }

    async fn vitals(&self, of: Thing) -> Vitals {
        let id = self.s.find(of.at(), &Map::new(), &of.intent).await.unwrap().unwrap();
        self.s.vitals(of.at(), &id, &Map::new()).await.unwrap()
    }
}

fn to_name(region: &str) -> &'static str {
    if region == EAST { "east" } else { "west" }
}

fn store<'m>(measured: &'m Measured, name: &str) -> &'m crate::MeasuredStore {
    measured.stores.iter().find(|store| store.address.name() == name).unwrap()
}

#[tokio::test(start_paused = true)]
async fn requests_follow_as_soon_as_is_computed_and_no_sooner_than_answers_fail() {
    for (interval, failures, ttl) in [(30, 3, 60), (10, 3, 60), (10, 1, 0), (30, 10, 300), (10, 2, 5)] {
        for seed in 0..4 {
            let stage = Stage::new(seed);
            stage.name(interval, failures, ttl).await;
            stage.make("dynamodb.table", "t", Some(EAST), r#"{"name": "t"}"#).await;
            let replica = format!(r#"{{"table_name": "t", "source_region": "{EAST}"}}"#);
            stage.make("dynamodb.table_replica", "t", Some(WEST), &replica).await;
            stage.begin();
            sleep(secs(100 + seed)).await;
            assert_eq!(
                stage.s.measure(0, EAST).traffic.map(|t| t.is_some()),
                Some(true),
                "it leads to the first choice"
            );
            stage.s.switch_off(EAST);
            let since = stage.s.moment();
            let most = interval * failures + interval + ttl;
            sleep(secs(most + 1)).await;
            let took = stage.s.measure(since, WEST).traffic.flatten().unwrap_or(Duration::MAX);
            assert!(took <= secs(most), "{interval} {failures} {ttl} {seed}: {took:?}");
            assert!(took >= secs(interval * (failures - 1)), "{interval} {failures} {ttl} {seed}: {took:?}");
            // And back, when the first choice is healthy again.
            stage.s.switch_on(EAST);
            let since = stage.s.moment();
            sleep(secs(most + 1)).await;
            assert!(stage.s.measure(since, EAST).traffic.flatten().is_some_and(|took| took <= secs(most)));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_outage_that_is_over_soon_is_not_noticed() {
    let stage = Stage::new(3);
    stage.name(30, 3, 60).await;
    stage.stores().await;
    stage.begin();
    sleep(secs(10)).await;
    stage.s.switch_off(EAST);
    sleep(secs(50)).await;
    stage.s.switch_on(EAST);
    let since = stage.s.moment();
    sleep(secs(200)).await;
    assert_eq!(stage.s.measure(since, EAST).traffic.flatten(), Some(secs(1)));
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_after_an_outage_is_no_older_than_is_computed() {
    let mut missing = BTreeMap::<String, u64>::new();
    for seed in 0..8 {
        let stage = Stage::new(seed);
        stage.stores().await;
        stage.begin();
        sleep(secs(1_200)).await;
        stage.s.switch_off(EAST);
        let since = stage.s.moment();
        stage.s.move_use(WEST);
        sleep(secs(60)).await;
        stage.switch(WEST, true).await;
        sleep(secs(901)).await;
        let measured = stage.s.measure(since, WEST);
        for (name, time, oldest) in [("g", Some(961), 5), ("t", Some(1), 1), ("timed", Some(1), 900)] {
            let store = store(&measured, name);
            assert!(store.time <= time.map(secs) && store.time.is_some(), "{seed} {store:?}");
            assert!(store.oldest.unwrap_or_default() <= secs(oldest), "{seed} {store:?}");
            *missing.entry(name.to_owned()).or_default() += store.missing;
        }
        // Nothing bounds what is copied some time, and what is copied nowhere is not there at all.
        assert!(store(&measured, "slow").oldest > Some(secs(60)), "{seed}");
        let own = store(&measured, "own");
        assert_eq!((own.time, own.missing), (None, 1_200));
        // When the region is back, what was under way comes after all, but for the database: that was written anew.
        stage.s.switch_on(EAST);
        sleep(secs(4_000)).await;
        for balance in stage.s.balance(WEST) {
            let lost = if balance.address.name() == "g" { store(&measured, "g").missing } else { 0 };
            let elsewhere = if balance.address.name() == "own" { 1_200 } else { 0 };
            assert_eq!((balance.lost, balance.elsewhere), (lost, elsewhere), "{seed} {balance:?}");
        }
        // What was copied one way is not copied back.
        let timed = stage.s.balance(EAST).into_iter().find(|balance| balance.address.name() == "timed").unwrap();
        assert!(timed.elsewhere > 900, "{timed:?}");
    }
    assert!(missing.values().all(|count| *count > 0) && missing["g"] > 5, "{missing:?}");
}

#[tokio::test(start_paused = true)]
async fn a_switchover_loses_nothing() {
    for seed in 0..10 {
        let stage = Stage::new(seed);
        stage.stores().await;
        stage.begin();
        sleep(secs(60)).await;
        let since = stage.s.moment();
        stage.switch(WEST, false).await;
        sleep(secs(301)).await;
        let measured = stage.s.measure(since, WEST);
        let database = store(&measured, "g");
        assert!(database.time.is_some_and(|time| time <= secs(301) && time > secs(59)), "{database:?}");
        assert_eq!((database.missing, database.oldest), (0, None));
        assert!(database.refused > 50, "nobody writes meanwhile: {database:?}");
        assert!(stage.s.balance(WEST).iter().all(|balance| balance.lost == 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_tells_how_far_behind_and_how_healthy_something_is() {
    let stage = Stage::new(5);
    stage.name(10, 3, 60).await;
    stage.stores().await;
    let follower = || one("rds.cluster", "west", Some(WEST));
    let replica = || one("dynamodb.table_replica", "t", Some(WEST));
    let check = || one("route53.health_check", "PRIMARY", None);
    assert_eq!(stage.vitals(one("rds.cluster", "east", Some(EAST))).await.lag, None);
    assert_eq!(stage.vitals(one("dynamodb.table", "t", Some(EAST))).await.lag, None);
    for (of, most) in [(follower(), 5), (replica(), 1)] {
        let vitals = stage.vitals(of).await;
        assert!(vitals.lag.is_some_and(|lag| lag <= secs(most)) && vitals.healthy.is_none(), "{vitals:?}");
    }
    assert_eq!(stage.vitals(check()).await.healthy, Some(true));
    stage.s.switch_off(EAST);
    assert_eq!(stage.vitals(check()).await.healthy, Some(true), "nobody has noticed yet");
    sleep(secs(100)).await;
    assert_eq!(stage.vitals(check()).await.healthy, Some(false));
    assert!(stage.vitals(follower()).await.lag >= Some(secs(100)));
    assert!(stage.vitals(replica()).await.lag >= Some(secs(100)));
}

//! Replies of RDS that no emulator gives: everything that takes time, and global clusters whose writer has moved.

use dr_core::cloud::{Cloud as _, ErrorClass, RoleChange, Settled};
use dr_core::value::{Map, Value};

use super::state::GOING;
use crate::replay::{Reply, Subject, Wire, objections, ok, refused};

const EAST: &str = "arn:aws:rds:us-east-1:123456789012:cluster:east";
const WEST: &str = "arn:aws:rds:us-west-2:123456789012:cluster:west";

/// A cluster in the west that follows the one in the east, as it was declared.
fn west() -> Subject {
    let args = r#"{"cluster_identifier":"west","engine":"aurora-postgresql","engine_mode":"provisioned",
        "engine_version":"15.12","allow_major_version_upgrade":false,"global_cluster_identifier":"world",
        "enable_global_write_forwarding":true,"enable_local_write_forwarding":false,
        "manage_master_user_password":false,"storage_encrypted":true,"storage_type":"aurora",
        "backup_retention_period":1,"backtrack_window":0,"copy_tags_to_snapshot":false,
        "iam_database_authentication_enabled":false,"enable_http_endpoint":false,
        "enabled_cloudwatch_logs_exports":[],"deletion_protection":false,"skip_final_snapshot":true,
        "delete_automated_backups":true}"#;
    Subject { region: "us-west-2", ..Subject::new("rds.cluster", args) }
}

fn world() -> Subject {
    let args = r#"{"global_cluster_identifier":"world","engine":"aurora-postgresql","engine_version":"15.12",
        "allow_major_version_upgrade":false,"storage_encrypted":true,"deletion_protection":false}"#;
    Subject::new("rds.global_cluster", args)
}

/// The arguments with some changed.
fn with(subject: &Subject, changes: &str) -> Map<Value> {
    let mut args = subject.args.clone();
    args.extend(Value::from_json(changes).unwrap().as_map().unwrap().clone());
    args
}

/// A reply of the query protocol.
fn reply(call: &str, body: &str) -> Reply {
    ok(format!("<{call}Response><{call}Result>{body}</{call}Result></{call}Response>").leak())
}

/// A refusal of the query protocol.
fn refusal(code: &str, message: &str) -> Reply {
    refused(
        format!("<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>").leak(),
    )
}

/// Elements of one name.
fn elements(name: &str, bodies: impl IntoIterator<Item = String>) -> String {
    bodies.into_iter().map(|body| format!("<{name}>{body}</{name}>")).collect()
}

/// The ARN of the cluster in the east or the west.
fn arn(name: &str) -> &'static str {
    if name == "east" { EAST } else { WEST }
}

/// A description of a cluster in a state and of a version, with something added.
fn cluster(name: &str, status: &str, version: &str, more: &str) -> Reply {
    let body = format!(
        "<DBClusterIdentifier>{name}</DBClusterIdentifier><DBClusterArn>{}</DBClusterArn><Status>{status}</Status>\
         <EngineVersion>{version}</EngineVersion><StorageEncrypted>true</StorageEncrypted>{more}",
        arn(name)
    );
    reply("DescribeDBClusters", &format!("<DBClusters>{}</DBClusters>", elements("DBCluster", [body])))
}

/// A description of the global cluster: its writer, if it has one, and those that follow.
fn global(version: &str, writer: Option<&str>, followers: &[&str]) -> Reply {
    let part = |name: &str, writes| format!("<DBClusterArn>{}</DBClusterArn><IsWriter>{writes}</IsWriter>", arn(name));
    let parts = writer.map(|name| part(name, true)).into_iter().chain(followers.iter().map(|name| part(name, false)));
    let parts = elements("GlobalClusterMember", parts);
    let body = format!(
        "<GlobalClusterIdentifier>world</GlobalClusterIdentifier><Engine>aurora-postgresql</Engine>\
         <GlobalClusterArn>arn:aws:rds::123456789012:global-cluster:world</GlobalClusterArn><Status>available</Status>\
         <EngineVersion>{version}</EngineVersion><GlobalClusterMembers>{parts}</GlobalClusterMembers>"
    );
    let all = elements("GlobalClusterMember", [body]);
    reply("DescribeGlobalClusters", &format!("<GlobalClusters>{all}</GlobalClusters>"))
}

const OF_WORLD: &str = "<GlobalClusterIdentifier>world</GlobalClusterIdentifier>";

/// That a call has been taken.
fn done(call: &str) -> Reply {
    reply(call, "")
}

/// That there is no such cluster, or no such global one.
fn none() -> Reply {
    refusal("DBClusterNotFoundFault", "no such cluster")
}

fn no_world() -> Reply {
    refusal("GlobalClusterNotFoundFault", "no such global cluster")
}

/// What was asked, and where: `us-west-2 DeleteDBCluster`, with the cluster or instance that it was asked of.
fn asked(wire: &Wire) -> Vec<String> {
    let ask = |request: String| {
        let region = request.split_once("rds.").unwrap().1.split_once('.').unwrap().0.to_owned();
        let body = request.lines().last().unwrap().to_owned();
        let value = |name: &str| {
            let pair = body.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")))?;
            Some(pair.replace("%3A", ":"))
        };
        let what = ["DbClusterIdentifier", "DBClusterIdentifier", "DBInstanceIdentifier", "GlobalClusterIdentifier"];
        let what = what.into_iter().find_map(value).unwrap_or_default();
        let version = value("EngineVersion").map(|version| format!(" {version}")).unwrap_or_default();
        format!("{region} {} {what}{version}", value("Action").unwrap())
    };
    wire.requests().into_iter().map(ask).filter(|ask| !ask.contains(" Describe")).collect()
}

#[tokio::test]
async fn a_cluster_that_has_become_the_writer_lets_the_others_go_first() {
    const INSTANCES: &str = "<DBClusterMembers><DBClusterMember><DBInstanceIdentifier>w</DBInstanceIdentifier>\
        <IsClusterWriter>true</IsClusterWriter></DBClusterMember><DBClusterMember>\
        <DBInstanceIdentifier>r</DBInstanceIdentifier><IsClusterWriter>false</IsClusterWriter></DBClusterMember>\
        </DBClusterMembers>";
    let described = cluster("west", "available", "15.12", OF_WORLD);
    let alone = cluster("west", "available", "15.12", INSTANCES);
    let (aws, wire) = Wire::cloud(&[
        described,
        global("15.12", Some("west"), &["east"]),
        done("RemoveFromGlobalCluster"),
        described,
        global("15.12", Some("west"), &[]),
        done("RemoveFromGlobalCluster"),
        cluster("west", "promoting", "15.12", ""),
        alone,
        no_world(),
        done("DeleteDBInstance"),
        done("DeleteDBInstance"),
        done("DeleteDBCluster"),
        cluster("west", "deleting", "15.12", ""),
        none(),
    ])
    .await;
    let west = west();
    aws.delete(west.at(), "west", &west.args).await.unwrap();
    for expected in [Settled::Wait(None), Settled::Wait(None), GOING, Settled::Wait(None), Settled::Ready] {
        assert_eq!(aws.deleted(west.at(), "west", &west.args).await.unwrap(), expected);
    }
    let expected = [
        format!("us-east-1 RemoveFromGlobalCluster {EAST}"),
        format!("us-west-2 RemoveFromGlobalCluster {WEST}"),
        "us-west-2 DeleteDBInstance r".into(),
        "us-west-2 DeleteDBInstance w".into(),
        "us-west-2 DeleteDBCluster west".into(),
    ];
    assert_eq!(asked(&wire), expected);
}

#[tokio::test]
async fn a_cluster_that_follows_leaves_by_itself_and_may_have_left() {
    let left = refusal("InvalidParameterValue", "DBCluster west is not found in global cluster world");
    let world = global("15.12", Some("east"), &["west"]);
    let (aws, wire) = Wire::cloud(&[cluster("west", "available", "15.12", OF_WORLD), world, left]).await;
    let west = west();
    aws.delete(west.at(), "west", &west.args).await.unwrap();
    assert_eq!(asked(&wire), [format!("us-west-2 RemoveFromGlobalCluster {WEST}")]);
}

/// What a cluster in the west asks for when its program takes it out of the global cluster.
async fn parted(replies: &[Reply]) -> (Result<(), dr_core::cloud::CloudError>, Vec<String>) {
    let west = west();
    let mut alone = west.args.clone();
    alone.remove("global_cluster_identifier");
    let (aws, wire) = Wire::cloud(replies).await;
    let ended = aws.update(west.at(), "west", &west.args, &alone).await;
    (ended, asked(&wire))
}

#[tokio::test]
async fn a_cluster_leaves_a_global_one_in_place_the_writer_as_the_last() {
    let described = cluster("west", "available", "15.12", OF_WORLD);
    let left = [format!("us-west-2 RemoveFromGlobalCluster {WEST}")];
    for world in [global("15.12", Some("east"), &["west"]), global("15.12", Some("west"), &[])] {
        let (ended, asked) = parted(&[described, world, done("RemoveFromGlobalCluster")]).await;
        ended.unwrap();
        assert_eq!(asked, left);
    }
    // While others follow it, it is asked again.
    let (ended, asked) = parted(&[described, global("15.12", Some("west"), &["east"])]).await;
    assert_eq!((ended.unwrap_err().class, asked.len()), (ErrorClass::Conflict, 0));
    // Whoever was taken out already has nothing to do.
    for world in [global("15.12", Some("east"), &[]), no_world()] {
        let (ended, asked) = parted(&[cluster("west", "available", "15.12", ""), world]).await;
        ended.unwrap();
        assert_eq!(asked.len(), 0);
    }
}

#[tokio::test]
async fn a_cluster_that_cannot_go_yet_is_asked_again() {
    let busy = refusal(
        "InvalidDBClusterStateFault",
        "Cluster cannot be deleted, it still contains DB instances in non-deleting state.",
    );
    let (aws, _) = Wire::cloud(&[cluster("west", "available", "15.12", ""), no_world(), busy]).await;
    let west = west();
    assert_eq!(aws.deleted(west.at(), "west", &west.args).await.unwrap_err().class, ErrorClass::Conflict);
}

#[tokio::test]
async fn a_global_cluster_dismisses_what_is_left_in_it_the_writer_last() {
    let both = global("15.12", Some("west"), &["east"]);
    let (aws, wire) = Wire::cloud(&[
        both,
        done("RemoveFromGlobalCluster"),
        global("15.12", Some("west"), &[]),
        done("RemoveFromGlobalCluster"),
        global("15.12", None, &[]),
        done("DeleteGlobalCluster"),
        no_world(),
    ])
    .await;
    let world = world();
    aws.delete(world.at(), "world", &world.args).await.unwrap();
    for expected in [Settled::Wait(None), GOING, Settled::Ready] {
        assert_eq!(aws.deleted(world.at(), "world", &world.args).await.unwrap(), expected);
    }
    let expected = [
        format!("us-east-1 RemoveFromGlobalCluster {EAST}"),
        format!("us-west-2 RemoveFromGlobalCluster {WEST}"),
        "us-east-1 DeleteGlobalCluster world".into(),
    ];
    assert_eq!(asked(&wire), expected);
}

#[tokio::test]
async fn a_cluster_that_writes_after_a_switchover_is_no_difference() {
    // A writer says nothing of the forwarding that it asked for when it followed, and need not name its global cluster.
    let world = global("15.12", Some("west"), &["east"]);
    let (aws, _) = Wire::cloud(&[cluster("west", "available", "15.12", ""), world]).await;
    let west = west();
    let live = aws.read(west.at(), "west", &west.args).await.unwrap().unwrap();
    for name in ["global_cluster_identifier", "enable_global_write_forwarding", "engine_version", "storage_type"] {
        assert_eq!(live.args.get(name), west.args.get(name), "{name}");
    }
    // Whoever was really taken out of it is one of its own.
    let (aws, _) = Wire::cloud(&[cluster("west", "available", "15.12", ""), no_world()]).await;
    let live = aws.read(west.at(), "west", &west.args).await.unwrap().unwrap();
    assert_eq!(live.args.get("global_cluster_identifier"), None);
}

#[tokio::test]
async fn a_cluster_is_ready_once_nothing_is_pending() {
    const PENDING: &str = "<PendingModifiedValues><IAMDatabaseAuthenticationEnabled>true\
        </IAMDatabaseAuthenticationEnabled></PendingModifiedValues>";
    let west = west();
    for (reply, expected) in [
        (cluster("west", "creating", "15.12", ""), Settled::Wait(None)),
        (cluster("west", "available", "15.12", PENDING), Settled::Wait(None)),
        (cluster("west", "available", "15.12", "<PendingModifiedValues/>"), Settled::Ready),
        (
            cluster("west", "incompatible-network", "15.12", ""),
            Settled::Failed("the cluster is incompatible-network".into()),
        ),
        (
            cluster("west", "inaccessible-encryption-credentials-recoverable", "15.12", ""),
            Settled::Failed("the cluster is inaccessible-encryption-credentials-recoverable".into()),
        ),
    ] {
        let (aws, _) = Wire::cloud(&[reply]).await;
        assert_eq!(aws.settle(west.at(), "west", &west.args).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn a_minor_upgrade_goes_through_those_that_follow_and_then_the_writer() {
    let world = world();
    let new = with(&world, r#"{"engine_version":"15.15"}"#);
    let parts = global("15.12", Some("east"), &["west"]);
    let (aws, wire) = Wire::cloud(&[
        parts,
        cluster("east", "available", "15.12", ""),
        cluster("west", "available", "15.12", ""),
        done("ModifyDBCluster"),
        // One that is busy holds the others up.
        parts,
        cluster("east", "available", "15.12", ""),
        cluster("west", "upgrading", "15.12", ""),
        parts,
        cluster("east", "available", "15.12", ""),
        cluster("west", "available", "15.15", ""),
        done("ModifyDBCluster"),
        parts,
        cluster("east", "available", "15.15", ""),
        cluster("west", "available", "15.15", ""),
        global("15.15", Some("east"), &["west"]),
    ])
    .await;
    aws.update(world.at(), "world", &world.args, &new).await.unwrap();
    for expected in [Settled::Wait(None), Settled::Wait(None), Settled::Wait(None), Settled::Ready] {
        assert_eq!(aws.settle(world.at(), "world", &new).await.unwrap(), expected);
    }
    let expected = ["us-west-2 ModifyDBCluster west 15.15", "us-east-1 ModifyDBCluster east 15.15"];
    assert_eq!(asked(&wire), expected);
}

#[tokio::test]
async fn a_major_upgrade_is_one_of_the_whole_whoever_begins_it() {
    let (west, parts) = (west(), global("15.12", Some("east"), &["west"]));
    let new = with(&west, r#"{"engine_version":"16.8","allow_major_version_upgrade":true}"#);
    let (aws, wire) = Wire::cloud(&[
        cluster("west", "available", "15.12", OF_WORLD),
        parts,
        cluster("east", "available", "15.12", ""),
        cluster("west", "available", "15.12", OF_WORLD),
        done("ModifyGlobalCluster"),
        cluster("west", "upgrading", "15.12", OF_WORLD),
        cluster("west", "available", "16.8", OF_WORLD),
    ])
    .await;
    aws.update(west.at(), "west", &west.args, &new).await.unwrap();
    for expected in [Settled::Wait(None), Settled::Ready] {
        assert_eq!(aws.settle(west.at(), "west", &new).await.unwrap(), expected);
    }
    assert_eq!(asked(&wire), ["us-west-2 ModifyGlobalCluster world 16.8"]);
    assert!(wire.requests()[4].contains("AllowMajorVersionUpgrade=true"));
}

#[tokio::test]
async fn a_major_upgrade_of_a_cluster_of_its_own_takes_the_group_of_its_instances_along() {
    let mut alone = west();
    alone.args.remove("global_cluster_identifier");
    for (version, taken) in [("16.8", true), ("15.15", false)] {
        let new = format!(
            r#"{{"engine_version":"{version}","allow_major_version_upgrade":true,
                "db_instance_parameter_group_name":"new-family","db_cluster_parameter_group_name":"c"}}"#
        );
        let engine = cluster("west", "available", "15.12", "<Engine>aurora-postgresql</Engine>");
        let (aws, wire) = Wire::cloud(&[engine, done("ModifyDBCluster")]).await;
        aws.update(alone.at(), "west", &alone.args, &with(&alone, &new)).await.unwrap();
        let asked = &wire.requests()[1];
        assert!(asked.contains("DBClusterParameterGroupName=c"), "{asked}");
        assert_eq!(asked.contains("DBInstanceParameterGroupName=new-family"), taken, "{asked}");
    }
}

#[tokio::test]
async fn a_cluster_gets_its_own_group_back_once_the_whole_has_the_new_version() {
    const NEW: &str = r#"{"engine_version":"16.8","allow_major_version_upgrade":true,
        "db_cluster_parameter_group_name":"own16"}"#;
    let group = |version: &str, name: &str| {
        let group = format!("<DBClusterParameterGroup>{name}</DBClusterParameterGroup>");
        cluster("west", "available", version, &format!("{OF_WORLD}<Engine>aurora-postgresql</Engine>{group}"))
    };
    let (west, parts) = (west(), global("15.12", Some("east"), &["west"]));
    let (aws, wire) = Wire::cloud(&[
        group("15.12", "own15"),
        parts,
        cluster("east", "available", "15.12", ""),
        group("15.12", "own15"),
        done("ModifyGlobalCluster"),
        group("16.8", "default.aurora-postgresql16"),
        done("ModifyDBCluster"),
        group("16.8", "own16"),
    ])
    .await;
    let old = with(&west, r#"{"db_cluster_parameter_group_name":"own15"}"#);
    aws.update(west.at(), "west", &old, &with(&west, NEW)).await.unwrap();
    for expected in [Settled::Wait(None), Settled::Ready] {
        assert_eq!(aws.settle(west.at(), "west", &with(&west, NEW)).await.unwrap(), expected);
    }
    assert_eq!(asked(&wire), ["us-west-2 ModifyGlobalCluster world 16.8", "us-west-2 ModifyDBCluster west"]);
}

#[tokio::test]
async fn an_instance_is_ready_once_it_has_its_class() {
    let instance = |status: &str, class: &str| {
        let body = format!("<DBInstanceStatus>{status}</DBInstanceStatus><DBInstanceClass>{class}</DBInstanceClass>");
        reply("DescribeDBInstances", &format!("<DBInstances>{}</DBInstances>", elements("DBInstance", [body])))
    };
    let args = r#"{"identifier":"w","cluster_identifier":"west","engine":"aurora-postgresql","promotion_tier":1,
        "instance_class":"db.r6g.xlarge","publicly_accessible":false,"auto_minor_version_upgrade":true,
        "performance_insights_enabled":false,"monitoring_interval":0}"#;
    let writer = Subject::new("rds.cluster_instance", args);
    for (reply, expected) in [
        (instance("configuring-enhanced-monitoring", "db.r6g.xlarge"), Settled::Wait(None)),
        (instance("available", "db.r6g.large"), Settled::Wait(None)),
        (instance("available", "db.r6g.xlarge"), Settled::Ready),
        (
            instance("insufficient-capacity", "db.r6g.xlarge"),
            Settled::Failed("the instance is insufficient-capacity".into()),
        ),
    ] {
        let (aws, _) = Wire::cloud(&[reply]).await;
        assert_eq!(aws.settle(writer.at(), "w", &writer.args).await.unwrap(), expected);
    }
    let going = refusal("InvalidDBInstanceState", "Instance w is already being deleted.");
    let (aws, _) = Wire::cloud(&[going]).await;
    aws.delete(writer.at(), "w", &writer.args).await.unwrap();
}

#[tokio::test]
async fn a_parameter_that_lacks_the_users_mark_is_looked_for() {
    let parameters = |pairs: &[(&str, &str)]| {
        let bodies = pairs.iter().map(|(name, value)| {
            format!(
                "<ParameterName>{name}</ParameterName><ParameterValue>{value}</ParameterValue>\
                 <ApplyMethod>pending-reboot</ApplyMethod>"
            )
        });
        let all = elements("Parameter", bodies);
        reply("DescribeDBClusterParameters", &format!("<Parameters>{all}</Parameters>"))
    };
    let args = r#"{"name":"g","family":"aurora-postgresql15","description":"d","parameters":[
        {"name":"autovacuum","value":"1","apply_method":"immediate"},
        {"name":"log_statement","value":"ddl","apply_method":"immediate"}]}"#;
    let group = Subject::new("rds.cluster_parameter_group", args);
    let described = reply(
        "DescribeDBClusterParameterGroups",
        "<DBClusterParameterGroups><DBClusterParameterGroup><DBClusterParameterGroupArn>arn:g\
         </DBClusterParameterGroupArn></DBClusterParameterGroup></DBClusterParameterGroups>",
    );
    let tags = reply("ListTagsForResource", "<TagList/>");
    let all = parameters(&[("autovacuum", "1"), ("log_statement", "ddl"), ("shared_buffers", "many")]);
    let (aws, _) = Wire::cloud(&[described, parameters(&[("log_statement", "ddl")]), all, tags]).await;
    let live = aws.read(group.at(), "g", &group.args).await.unwrap().unwrap();
    assert_eq!(live.args.get("parameters"), group.args.get("parameters"));
    // What somebody else changed, set or reset reads as it is.
    let all = parameters(&[("autovacuum", "0"), ("log_statement", "ddl"), ("work_mem", "8")]);
    let (aws, _) =
        Wire::cloud(&[described, parameters(&[("log_statement", "ddl"), ("work_mem", "8")]), all, tags]).await;
    let live = aws.read(group.at(), "g", &group.args).await.unwrap().unwrap();
    let found = live.args.get("parameters").unwrap().to_json();
    assert!(found.contains(r#""name":"autovacuum","value":"0""#) && found.contains("work_mem"), "{found}");
}

#[tokio::test]
async fn a_version_is_the_latest_that_fits_or_the_next() {
    let version = |text: &str, global: bool| {
        let global = format!("<SupportsGlobalDatabases>{global}</SupportsGlobalDatabases>");
        format!("<EngineVersion>{text}</EngineVersion>{global}")
    };
    let all = ["14.6", "15.9", "15.10", "16.1"].map(|text| version(text, true));
    let all = elements("DBEngineVersion", all.into_iter().chain([version("15.99", false)]));
    let versions = reply("DescribeDBEngineVersions", &format!("<DBEngineVersions>{all}</DBEngineVersions>"));
    for (version, or_next, expected) in [
        ("15", false, Ok("15.10")),
        ("15.9", false, Ok("15.9")),
        ("15.4", true, Ok("15.9")),
        ("15.4", false, Err("the next is 15.9 (`or_next: true` takes it); of that major version: 15.9, 15.10")),
        ("15.11", true, Err("of that major version: 15.9, 15.10")),
        ("13", true, Err("nor can any other of that major version")),
    ] {
        let args = format!(
            r#"{{"engine":"aurora-postgresql","version":"{version}","or_next":{or_next},"supports_global_databases":true}}"#
        );
        let subject = Subject::new("rds.engine_version", &args);
        let (aws, _) = Wire::cloud(&[versions]).await;
        let answer = aws.look_up(subject.at(), &subject.args).await;
        match expected {
            Ok(expected) => assert_eq!(answer.unwrap().get("engine_version").unwrap().as_str(), Some(expected)),
            Err(expected) => {
                let error = answer.unwrap_err();
                assert!(error.message.ends_with(expected), "{version}: {error}");
            }
        }
    }
}

/// RDS's quotas, of which one is named.
fn quotas(name: &str, used: usize) -> Reply {
    let quota = format!("<AccountQuotaName>{name}</AccountQuotaName><Used>{used}</Used><Max>40</Max>");
    let inside = format!("<AccountQuotas><AccountQuota>{quota}</AccountQuota></AccountQuotas>");
    let result = format!("<DescribeAccountAttributesResult>{inside}</DescribeAccountAttributesResult>");
    ok(format!("<DescribeAccountAttributesResponse>{result}</DescribeAccountAttributesResponse>").leak())
}

#[tokio::test]
async fn clusters_that_cannot_be_made_are_objected_to() {
    const OFFERED: Reply = ok("<DescribeDBEngineVersionsResponse><DescribeDBEngineVersionsResult><DBEngineVersions>\
        <DBEngineVersion><EngineVersion>15.10</EngineVersion></DBEngineVersion>\
        <DBEngineVersion><EngineVersion>16.6</EngineVersion></DBEngineVersion>\
        </DBEngineVersions></DescribeDBEngineVersionsResult></DescribeDBEngineVersionsResponse>");
    for (version, used, expected) in [
        ("15.10", 39, &[][..]),
        ("15", 39, &[]),
        ("15.4", 39, &[("O02", "engine_version")]),
        ("15.10", 40, &[("O01", "")]),
        ("14.2", 41, &[("O02", "engine_version"), ("O01", "")]),
    ] {
        let args = format!(r#"{{"engine":"aurora-postgresql","engine_version":"{version}"}}"#);
        let found = objections("rds.cluster", &[&args], &[OFFERED, quotas("DBClusters", used)]).await;
        let said: Vec<_> = found.iter().map(|o| (o.check, o.argument)).collect();
        assert_eq!(said, expected, "{version} {used}: {found:?}");
    }
    // A version that is not known yet is not asked about.
    assert_eq!(objections("rds.cluster", &["{}"], &[quotas("DBClusters", 0)]).await, []);
}

#[tokio::test]
async fn classes_that_are_not_on_offer_are_objected_to_once_each() {
    let options = |inside: &str| {
        let result = format!("<OrderableDBInstanceOptions>{inside}</OrderableDBInstanceOptions>");
        let result =
            format!("<DescribeOrderableDBInstanceOptionsResult>{result}</DescribeOrderableDBInstanceOptionsResult>");
        ok(format!("<DescribeOrderableDBInstanceOptionsResponse>{result}</DescribeOrderableDBInstanceOptionsResponse>")
            .leak())
    };
    let offered = options("<OrderableDBInstanceOption><Engine>aurora-mysql</Engine></OrderableDBInstanceOption>");
    let (good, bad) = (
        r#"{"engine":"aurora-mysql","instance_class":"db.r6g.large"}"#,
        r#"{"engine":"aurora-mysql","instance_class":"db.r1.huge"}"#,
    );
    let found =
        objections("rds.cluster_instance", &[good, bad, good], &[options(""), offered, quotas("DBInstances", 1)]).await;
    let said: Vec<_> = found.iter().map(|o| (o.check, o.argument, o.wish)).collect();
    assert_eq!(said, [("O02", "instance_class", 1)]);
}

#[tokio::test]
async fn roles_change_in_the_region_that_writes_or_without_it_in_the_one_that_takes_over() {
    let (world, west) = (world(), west());
    for (may_lose, replies, expected) in [
        (
            false,
            vec![global("15.12", Some("east"), &["west"]), done("SwitchoverGlobalCluster")],
            "us-east-1 Switchover",
        ),
        (true, vec![done("FailoverGlobalCluster")], "us-west-2 Failover"),
    ] {
        let (aws, wire) = Wire::cloud(&replies).await;
        let change = RoleChange { via: "us-west-2", member: west.at(), id: "west", arn: WEST, may_lose };
        aws.switch(world.at(), "world", &change).await.unwrap();
        let asked = asked(&wire);
        assert!(asked.len() == 1 && asked[0].starts_with(expected), "{asked:?}");
        let request = wire.requests().pop().unwrap().replace("%3A", ":");
        assert!(request.contains(&format!("TargetDbClusterIdentifier={WEST}")), "{request}");
        assert_eq!(request.contains("AllowDataLoss=true"), may_lose, "{request}");
    }
}

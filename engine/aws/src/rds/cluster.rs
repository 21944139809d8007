//! `rds.cluster`: lifecycle. The id is its identifier.
//!
//! A cluster cannot be deleted while it has instances or is part of a global cluster, and the one that writes cannot
//! leave a global cluster before the others. So a deletion goes on step by step, each told by what is there: leave the
//! global cluster, delete the instances, delete the cluster. That order also holds where AWS refuses to delete the last
//! instance of a cluster that others follow, or that follows another.

use aws_sdk_rds::types::{ClusterPendingModifiedValues, DbCluster, LocalWriteForwardingStatus, WriteForwardingStatus};
use dr_core::cloud::{Intent, Settled, Vitals};
use dr_core::online::{Objection, Wishes};
use dr_kinds::rds::{Cluster, ClusterOut, ServerlessV2Scaling};

use super::change;
use super::cluster_instance;
use super::member;
use super::offer;
use super::state::{GOING, describe, is_stuck};
use super::tagging::retag;
use super::upgrade;
use super::values::{changed, differing, key, told};
use crate::connect::{Cx, MayBeGone as _};
use crate::lag::{LagMetric, lag};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

impl Lifecycle for Cluster {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let cluster = describe(cx, &args.cluster_identifier).await?;
        let ours = cluster.is_some_and(|cluster| tags::ours(cluster.tag_list(), intent));
        Ok(ours.then(|| args.cluster_identifier.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let cluster = change::creation(cx, args).set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        cx.call("rds:CreateDBCluster", cluster.send()).await?;
        Ok(args.cluster_identifier.clone())
    }

    async fn settle(cx: &Cx<'_>, id: &str, args: &Self) -> Result<Settled> {
        let Some(cluster) = describe(cx, id).await? else { return Ok(Settled::Wait(None)) };
        // One that tells no status is ready.
        let status = cluster.status().unwrap_or("available");
        if is_stuck(status) {
            return Ok(Settled::Failed(format!("the cluster is {status}")));
        }
        let none = ClusterPendingModifiedValues::builder().build();
        let pending = cluster.pending_modified_values().is_some_and(|pending| *pending != none);
        if status != "available" || pending {
            return Ok(Settled::Wait(None));
        }
        let Some(wanted) = args.engine_version.as_ref().filter(|wanted| !upgrade::has(&cluster, wanted)) else {
            return regroup(cx, id, &cluster, args).await;
        };
        match member::of(cx, &cluster, args.global_cluster_identifier.as_ref()).await? {
            Some(global) => upgrade::step(cx, &global, wanted, args.allow_major_version_upgrade).await,
            None => Ok(Settled::Wait(None)),
        }
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, ClusterOut)>> {
        let Some(cluster) = describe(cx, id).await? else { return Ok(None) };
        // Not to say so is not yet to be none: see there, before anybody makes it anew.
        let global = member::of(cx, &cluster, last.global_cluster_identifier.as_ref()).await?;
        let is_writer = global.as_ref().is_none_or(|global| member::writes(global, &cluster));
        let said = cluster.global_cluster_identifier.clone().filter(|id| !id.is_empty());
        let global = said.or(global.and_then(|global| global.global_cluster_identifier));
        let (live, mut out) = described(cluster, Cluster { global_cluster_identifier: global, ..last.clone() });
        if out.arn.is_empty() {
            out.arn = arn(cx, id);
        }
        out.is_writer = is_writer;
        Ok(Some((live, out)))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let arn = arn(cx, id);
        retag(cx, &arn, &old.tags, &new.tags).await?;
        if let (Some(global), None) = (&old.global_cluster_identifier, &new.global_cluster_identifier)
            && let Some(cluster) = describe(cx, id).await?
        {
            // It becomes a cluster of its own, which writes. The rest waits until it has.
            member::part(cx, &cluster, global).await?;
        }
        match differing(&old.enable_http_endpoint, &new.enable_http_endpoint) {
            Some(true) => {
                let endpoint = cx.rds().enable_http_endpoint().resource_arn(&arn).send();
                cx.call("rds:EnableHttpEndpoint", endpoint).await?;
            }
            Some(false) => {
                let endpoint = cx.rds().disable_http_endpoint().resource_arn(&arn).send();
                cx.call("rds:DisableHttpEndpoint", endpoint).await?;
            }
            None => {}
        }
        let mut change = change::modification(cx, id, old, new);
        let version = changed(&old.engine_version, &new.engine_version);
        let mut of_all = None;
        if let Some(wanted) = &version
            && let Some(cluster) = describe(cx, id).await?.filter(|cluster| !upgrade::has(cluster, wanted))
        {
            of_all = member::of(cx, &cluster, new.global_cluster_identifier.as_ref()).await?;
            let is_major = upgrade::is_major(&cluster, wanted);
            match &of_all {
                None => {
                    let own = change.unwrap_or_else(|| cx.rds().modify_db_cluster().db_cluster_identifier(id));
                    let own = own.apply_immediately(true).engine_version(wanted);
                    let own = own.set_allow_major_version_upgrade(new.allow_major_version_upgrade.then_some(true));
                    let group = new.db_instance_parameter_group_name.clone().filter(|_| is_major);
                    change = Some(own.set_db_instance_parameter_group_name(group));
                }
                // A group of the new family fits once the version is there: `settle` sees to it.
                Some(_) if is_major => {
                    let kept = old.db_cluster_parameter_group_name.clone();
                    let rest = Cluster { db_cluster_parameter_group_name: kept, ..new.clone() };
                    change = change::modification(cx, id, old, &rest);
                }
                Some(_) => {}
            }
        }
        if let Some(change) = change {
            cx.call("rds:ModifyDBCluster", change.send()).await?;
        }
        if let (Some(global), Some(wanted)) = (of_all, version) {
            // The rest of it is up to `settle`.
            upgrade::step(cx, &global, &wanted, new.allow_major_version_upgrade).await?;
        }
        Ok(())
    }

    async fn vitals(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Vitals> {
        if last.global_cluster_identifier.is_none() {
            return Ok(Vitals::default());
        }
        // It is measured where the cluster follows. The one that writes has no such metric.
        let dimensions = [("DBClusterIdentifier", id)];
        let metric =
            LagMetric { namespace: "AWS/RDS", name: "AuroraGlobalDBReplicationLag", dimensions: &dimensions };
        Ok(Vitals { lag: lag(cx, &metric).await?, ..Vitals::default() })
    }

    async fn objections(cx: &Cx<'_>, wishes: &Wishes) -> Result<Vec<Objection>> {
        let mut found = offer::versions(cx, wishes).await?;
        found.extend(offer::quota(cx, wishes, "DBClusters", "database clusters").await?);
        Ok(found)
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        depart(cx, id, last).await.map(drop)
    }

    async fn deleted(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Settled> {
        depart(cx, id, last).await
    }
}

/// Gives a cluster its own group of settings where an upgrade of the whole global cluster has put AWS's in its place.
async fn regroup(cx: &Cx<'_>, id: &str, cluster: &DbCluster, args: &Cluster) -> Result<Settled> {
    let has = cluster.db_cluster_parameter_group();
    match args.db_cluster_parameter_group_name.as_deref() {
        Some(wanted) if has.is_some_and(|has| has != wanted) => {
            let change = cx.rds().modify_db_cluster().db_cluster_identifier(id).apply_immediately(true);
            let change = change.db_cluster_parameter_group_name(wanted);
            cx.call("rds:ModifyDBCluster", change.send()).await?;
            Ok(Settled::Wait(None))
        }
        _ => Ok(Settled::Ready),
    }
}

fn arn(cx: &Cx<'_>, id: &str) -> String {
    cx.arn("rds", &format!("cluster:{id}"))
}

/// Takes the next steps towards its end.
async fn depart(cx: &Cx<'_>, id: &str, last: &Cluster) -> Result<Settled> {
    let Some(cluster) = describe(cx, id).await? else { return Ok(Settled::Ready) };
    // It is promoted while it leaves a global cluster.
    if matches!(cluster.status(), Some("deleting" | "promoting")) {
        return Ok(Settled::Wait(None));
    }
    if let Some(global) = member::of(cx, &cluster, last.global_cluster_identifier.as_ref()).await? {
        let own = global.global_cluster_members().iter().find(|part| part.db_cluster_arn() == cluster.db_cluster_arn());
        match own {
            Some(part) if part.is_writer() != Some(true) => member::leave(cx, &global, part).await?,
            _ => member::dismiss(cx, &global).await?,
        }
        return Ok(Settled::Wait(None));
    }
    if !cluster.db_cluster_members().is_empty() {
        delete_instances(cx, &cluster).await?;
    }
    let end = cx.rds().delete_db_cluster().db_cluster_identifier(id).skip_final_snapshot(last.skip_final_snapshot);
    let end = end.delete_automated_backups(last.delete_automated_backups).send();
    cx.call("rds:DeleteDBCluster", end).await.found()?;
    Ok(GOING)
}

/// Deletes the instances, those that read first: the one that writes would make another of them the writer. AWS deletes
/// a cluster whose instances are all going.
async fn delete_instances(cx: &Cx<'_>, cluster: &DbCluster) -> Result<()> {
    let mut members: Vec<_> = cluster.db_cluster_members().iter().collect();
    members.sort_by_key(|member| member.is_cluster_writer() == Some(true));
    for member in members {
        cluster_instance::delete(cx, member.db_instance_identifier().unwrap_or_default()).await?;
    }
    Ok(())
}

/// What a description says.
fn described(cluster: DbCluster, last: Cluster) -> (Cluster, ClusterOut) {
    let scaling = cluster.serverless_v2_scaling_configuration.filter(|scaling| scaling.max_capacity.is_some());
    let groups = cluster.vpc_security_groups.unwrap_or_default().into_iter();
    let (secret, runs) = (cluster.master_user_secret, cluster.engine_version);
    let iopt = cluster.storage_type.filter(|storage| storage == "aurora-iopt1");
    let window = cluster.preferred_maintenance_window;
    let out = ClusterOut {
        arn: cluster.db_cluster_arn.unwrap_or_default(),
        endpoint: cluster.endpoint.unwrap_or_default(),
        reader_endpoint: cluster.reader_endpoint.unwrap_or_default(),
        cluster_resource_id: cluster.db_cluster_resource_id.unwrap_or_default(),
        hosted_zone_id: cluster.hosted_zone_id.unwrap_or_default(),
        // A cluster of its own does; `read` asks the global cluster.
        is_writer: true,
        engine_version_actual: runs.clone().unwrap_or_default(),
        master_user_secret_arn: secret.as_ref().and_then(|secret| secret.secret_arn.clone()).unwrap_or_default(),
    };
    let live = Cluster {
        engine_version: told(last.engine_version.as_ref(), runs),
        engine_lifecycle_support: cluster.engine_lifecycle_support.or(last.engine_lifecycle_support),
        enable_global_write_forwarding: match cluster.global_write_forwarding_status {
            Some(WriteForwardingStatus::Enabled | WriteForwardingStatus::Enabling) => true,
            Some(WriteForwardingStatus::Disabled | WriteForwardingStatus::Disabling) => {
                cluster.global_write_forwarding_requested.unwrap_or_default()
            }
            // A cluster that writes itself does not say.
            _ => last.enable_global_write_forwarding,
        },
        enable_local_write_forwarding: match cluster.local_write_forwarding_status {
            Some(LocalWriteForwardingStatus::Disabled | LocalWriteForwardingStatus::Disabling) => false,
            Some(_) => true,
            None => last.enable_local_write_forwarding,
        },
        manage_master_user_password: secret.is_some(),
        port: cluster.port.map(i64::from).or(last.port),
        db_subnet_group_name: cluster.db_subnet_group.or(last.db_subnet_group_name),
        vpc_security_group_ids: groups.filter_map(|group| group.vpc_security_group_id).collect(),
        network_type: cluster.network_type.or(last.network_type),
        availability_zones: zones(last.availability_zones, cluster.availability_zones.unwrap_or_default()),
        db_cluster_parameter_group_name: cluster.db_cluster_parameter_group.or(last.db_cluster_parameter_group_name),
        serverlessv2_scaling_configuration: last.serverlessv2_scaling_configuration.and_then(|given| {
            let scaling = scaling?;
            Some(ServerlessV2Scaling {
                min_capacity: scaling.min_capacity.unwrap_or_default(),
                max_capacity: scaling.max_capacity.unwrap_or_default(),
                seconds_until_auto_pause: given
                    .seconds_until_auto_pause
                    .and_then(|_| scaling.seconds_until_auto_pause.map(i64::from)),
            })
        }),
        storage_encrypted: cluster.storage_encrypted.unwrap_or_default(),
        kms_key_id: key(last.kms_key_id.as_ref(), cluster.kms_key_id),
        storage_type: iopt.unwrap_or_else(|| change::STORAGE.to_owned()),
        backup_retention_period: cluster.backup_retention_period.map_or(last.backup_retention_period, i64::from),
        preferred_backup_window: cluster.preferred_backup_window.or(last.preferred_backup_window),
        preferred_maintenance_window: window.or(last.preferred_maintenance_window),
        backtrack_window: cluster.backtrack_window.unwrap_or_default(),
        copy_tags_to_snapshot: cluster.copy_tags_to_snapshot.unwrap_or_default(),
        iam_database_authentication_enabled: cluster.iam_database_authentication_enabled.unwrap_or_default(),
        enable_http_endpoint: cluster.http_endpoint_enabled.unwrap_or_default(),
        enabled_cloudwatch_logs_exports: cluster.enabled_cloudwatch_logs_exports.unwrap_or_default(),
        deletion_protection: cluster.deletion_protection.unwrap_or_default(),
        tags: tags::user(cluster.tag_list.as_deref().unwrap_or_default()),
        ..last
    };
    (live, out)
}

/// The zones as they are told. Where fewer than three are given, AWS adds some.
fn zones(given: Vec<String>, used: Vec<String>) -> Vec<String> {
    let enough = !given.is_empty() && given.iter().all(|zone| used.contains(zone));
    if enough { given } else { used }
}

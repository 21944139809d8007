//! Upgrades of a global cluster: one version for all its clusters.
//!
//! To another major version, AWS takes all of them at once. To another minor one, each is upgraded by itself: those that
//! follow first, the one that writes last. What is left to do is told by the clusters themselves, so that it does not
//! matter who began the upgrade: the global cluster's own change, or that of one of its clusters.

use aws_sdk_rds::types::{DbCluster, GlobalCluster};
use dr_core::cloud::Settled;

use super::member;
use super::state::{describe, is_stuck};
use super::values::stands_for;
use crate::connect::Cx;
use crate::lifecycle::Result;

/// Takes the next step of an upgrade. Ready once every cluster has the version.
pub(super) async fn step(cx: &Cx<'_>, global: &GlobalCluster, wanted: &str, may_be_major: bool) -> Result<Settled> {
    let engine = global.engine().unwrap_or_default();
    let runs = global.engine_version().unwrap_or_default();
    let mut behind = Vec::new();
    for part in global.global_cluster_members() {
        let Some((region, id)) = member::place(part) else { continue };
        let Some(cluster) = describe(&cx.at(region), id).await? else { continue };
        let status = cluster.status().unwrap_or("available");
        if is_stuck(status) {
            return Ok(Settled::Failed(format!("{id} in {region} is {status}")));
        }
        if status != "available" {
            return Ok(Settled::Wait(None));
        }
        if !has(&cluster, wanted) {
            behind.push((region, id, part.is_writer() == Some(true)));
        }
    }
    let is_major = major(engine, runs) != major(engine, wanted);
    if is_major || global.global_cluster_members().is_empty() {
        if stands_for(wanted, runs) {
            return Ok(Settled::Ready);
        }
        let change =
            cx.rds().modify_global_cluster().set_global_cluster_identifier(global.global_cluster_identifier.clone());
        let change = change.engine_version(wanted).set_allow_major_version_upgrade(may_be_major.then_some(true));
        cx.call("rds:ModifyGlobalCluster", change.send()).await?;
        return Ok(Settled::Wait(None));
    }
    let only_writer = behind.iter().all(|(_, _, writes)| *writes);
    for (region, id, _) in behind.iter().filter(|(_, _, writes)| *writes == only_writer) {
        let there = cx.at(region);
        let change = there.rds().modify_db_cluster().db_cluster_identifier(*id).apply_immediately(true);
        there.call("rds:ModifyDBCluster", change.engine_version(wanted).send()).await?;
    }
    Ok(if behind.is_empty() { Settled::Ready } else { Settled::Wait(None) })
}

/// Whether a cluster has a version, and is not about to have another.
pub(super) fn has(cluster: &DbCluster, wanted: &str) -> bool {
    let pending = cluster.pending_modified_values().and_then(|pending| pending.engine_version());
    cluster.engine_version().is_some_and(|runs| stands_for(wanted, runs)) && pending.is_none()
}

/// Whether a version is of another major version than the one that a cluster runs.
pub(super) fn is_major(cluster: &DbCluster, wanted: &str) -> bool {
    let engine = cluster.engine().unwrap_or_default();
    cluster.engine_version().is_some_and(|runs| major(engine, runs) != major(engine, wanted))
}

/// The major part of a version: `15` of PostgreSQL's `15.15`, `8.0` of MySQL's `8.0.mysql_aurora.3.08.2`.
pub(super) fn major<'v>(engine: &str, version: &'v str) -> &'v str {
    let parts = if engine == "aurora-mysql" { 2 } else { 1 };
    match version.match_indices('.').nth(parts - 1) {
        Some((end, _)) => &version[..end],
        None => version,
    }
}

//! `rds.global_cluster`: lifecycle. The id is its identifier.

use aws_sdk_rds::types;
use dr_core::cloud::{Intent, RoleChange, Settled};
use dr_kinds::rds::{GlobalCluster, GlobalClusterOut};

use super::member::{describe, dismiss, place};
use super::state::{GOING, is_stuck};
use super::tagging::retag;
use super::upgrade;
use super::values::{changed, stands_for, told};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

impl Lifecycle for GlobalCluster {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let id = &args.global_cluster_identifier;
        let ours = describe(cx, id).await?.is_some_and(|global| tags::ours(global.tag_list(), intent));
        Ok(ours.then(|| id.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let id = &args.global_cluster_identifier;
        let global = cx.rds().create_global_cluster().global_cluster_identifier(id).engine(&args.engine);
        let global = global.set_engine_version(args.engine_version.clone());
        let global = global.set_engine_lifecycle_support(args.engine_lifecycle_support.clone());
        let global = global.set_database_name(args.database_name.clone());
        let global = global.storage_encrypted(args.storage_encrypted);
        let global = global.deletion_protection(args.deletion_protection);
        let global = global.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        cx.call("rds:CreateGlobalCluster", global.send()).await?;
        Ok(id.clone())
    }

    async fn settle(cx: &Cx<'_>, id: &str, args: &Self) -> Result<Settled> {
        let Some(global) = describe(cx, id).await? else { return Ok(Settled::Wait(None)) };
        // One that tells no status is ready.
        let status = global.status().unwrap_or("available");
        if is_stuck(status) {
            return Ok(Settled::Failed(format!("the global cluster is {status}")));
        }
        let runs = global.engine_version().unwrap_or_default();
        let behind = args.engine_version.as_ref().filter(|wanted| !stands_for(wanted, runs));
        Ok(match behind {
            _ if status != "available" => Settled::Wait(None),
            None => Settled::Ready,
            // Once its parts have the version, so has it, a little later.
            Some(wanted) => match upgrade::step(cx, &global, wanted, args.allow_major_version_upgrade).await? {
                Settled::Ready => Settled::Wait(None),
                other => other,
            },
        })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, GlobalClusterOut)>> {
        let Some(global) = describe(cx, id).await? else { return Ok(None) };
        let arn = arn(cx, &global);
        let support = global.engine_lifecycle_support.or_else(|| last.engine_lifecycle_support.clone());
        let live = GlobalCluster {
            engine: global.engine.unwrap_or_else(|| last.engine.clone()),
            engine_version: told(last.engine_version.as_ref(), global.engine_version),
            engine_lifecycle_support: support,
            storage_encrypted: global.storage_encrypted.unwrap_or_default(),
            deletion_protection: global.deletion_protection.unwrap_or_default(),
            tags: tags::user(global.tag_list.as_deref().unwrap_or_default()),
            ..last.clone()
        };
        let global_cluster_resource_id = global.global_cluster_resource_id.unwrap_or_default();
        Ok(Some((live, GlobalClusterOut { arn, global_cluster_resource_id })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if old.deletion_protection != new.deletion_protection {
            let global = cx.rds().modify_global_cluster().global_cluster_identifier(id);
            let global = global.deletion_protection(new.deletion_protection);
            cx.call("rds:ModifyGlobalCluster", global.send()).await?;
        }
        if old.engine_version == new.engine_version && old.tags == new.tags {
            return Ok(());
        }
        let Some(global) = describe(cx, id).await? else { return Ok(()) };
        retag(cx, &arn(cx, &global), &old.tags, &new.tags).await?;
        if let Some(wanted) = changed(&old.engine_version, &new.engine_version) {
            // The rest of it is up to `settle`.
            upgrade::step(cx, &global, &wanted, new.allow_major_version_upgrade).await?;
        }
        Ok(())
    }

    async fn switch(cx: &Cx<'_>, id: &str, change: &RoleChange<'_>) -> Result<()> {
        if change.may_lose {
            let failover = cx.rds().failover_global_cluster().global_cluster_identifier(id);
            let failover = failover.target_db_cluster_identifier(change.arn).allow_data_loss(true);
            return cx.call("rds:FailoverGlobalCluster", failover.send()).await.map(drop);
        }
        // A switchover is asked of the region that writes.
        let global = describe(&cx.looking(), id).await?;
        let parts = global.as_ref().map_or(&[][..], types::GlobalCluster::global_cluster_members);
        let writer = parts.iter().find(|part| part.is_writer() == Some(true)).and_then(place);
        let there = cx.at(writer.map_or(cx.region(), |(region, _)| region));
        let switchover = there.rds().switchover_global_cluster().global_cluster_identifier(id);
        let switchover = switchover.target_db_cluster_identifier(change.arn).send();
        there.call("rds:SwitchoverGlobalCluster", switchover).await.map(drop)
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        depart(cx, id).await.map(drop)
    }

    async fn deleted(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<Settled> {
        depart(cx, id).await
    }
}

/// The ARN of the resource. It has no region in it.
fn arn(cx: &Cx<'_>, global: &types::GlobalCluster) -> String {
    let id = global.global_cluster_identifier().unwrap_or_default();
    global.global_cluster_arn.clone().unwrap_or_else(|| cx.at("").arn("rds", &format!("global-cluster:{id}")))
}

/// Takes the next step towards its end: parts that are left leave it, the one that writes last, then it goes.
async fn depart(cx: &Cx<'_>, id: &str) -> Result<Settled> {
    let Some(global) = describe(cx, id).await? else { return Ok(Settled::Ready) };
    if global.status() == Some("deleting") {
        return Ok(Settled::Wait(None));
    }
    if !global.global_cluster_members().is_empty() {
        dismiss(cx, &global).await?;
        return Ok(Settled::Wait(None));
    }
    let global = cx.rds().delete_global_cluster().global_cluster_identifier(id).send();
    cx.call("rds:DeleteGlobalCluster", global).await.found()?;
    Ok(GOING)
}

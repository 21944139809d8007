//! `dynamodb.table_replica`: lifecycle. The id is the table's name; the region is the replica's.
//!
//! Replicas are made and removed by updates of the table in the region it was made in (`source`), one at a time.
//! Settings of the replica alone are changed in its own region, where it shows up a little later. It cannot be tagged
//! when it is made: one without any `dr:op` counts as this operation's if the source table belongs to the same
//! environment.

use aws_sdk_dynamodb::types::{
    CreateReplicationGroupMemberAction, DeleteReplicationGroupMemberAction, ReplicaDescription, ReplicaStatus,
    ReplicationGroupUpdate, TableClass, TableStatus, UpdateReplicationGroupMemberAction,
};
use dr_core::cloud::{Intent, Settled, tag};
use dr_kinds::dynamodb::{TableReplica, TableReplicaOut};

use super::state::{describe, recovery, set_recovery};
use super::tagging::{list_tags, retag};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, gone};
use crate::tags::{self, Reported as _};

impl Lifecycle for TableReplica {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let source = cx.at(&args.source_region);
        let Some(table) = describe(&source, &args.table_name).await? else { return Ok(None) };
        if replica(cx, table.replicas()).is_none() {
            return Ok(None);
        }
        let tags = list_tags(cx, &arn(cx, &args.table_name)).await?;
        let ours = if tags.tags().contains_key(tag::OPERATION) {
            tags::ours(&*tags, intent)
        } else {
            let parent = list_tags(&source, table.table_arn().unwrap_or_default()).await?;
            tags::of_same_environment(&*parent, intent)
        };
        Ok(ours.then(|| args.table_name.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        let replica = CreateReplicationGroupMemberAction::builder().region_name(cx.region());
        let replica = replica.set_kms_master_key_id(args.kms_key_arn.clone());
        let replica = replica.table_class_override(TableClass::from(args.table_class.as_str()));
        let update = ReplicationGroupUpdate::builder().set_create(replica.build().ok()).build();
        update_source(cx, args, update).await?;
        Ok(args.table_name.clone())
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, intent: &Intent) -> Result<()> {
        retag(cx, &arn(cx, id), &Default::default(), &tags::given(&args.tags, intent)).await?;
        if args.point_in_time_recovery {
            set_recovery(cx, id, true).await?;
        }
        if args.deletion_protection_enabled {
            protect(cx, id, true).await?;
        }
        Ok(())
    }

    async fn settle(cx: &Cx<'_>, _id: &str, args: &Self) -> Result<Settled> {
        let Some(table) = describe(&cx.at(&args.source_region), &args.table_name).await? else {
            return Ok(Settled::Failed(format!("the table {} is gone", args.table_name)));
        };
        let Some(replica) = replica(cx, table.replicas()) else { return Ok(Settled::Wait(None)) };
        Ok(match replica.replica_status() {
            Some(ReplicaStatus::Active) if table.table_status() == Some(&TableStatus::Active) => Settled::Ready,
            Some(
                bad @ (ReplicaStatus::CreationFailed
                | ReplicaStatus::InaccessibleEncryptionCredentials
                | ReplicaStatus::RegionDisabled
                | ReplicaStatus::ReplicationNotAuthorized),
            ) => {
                let why = replica.replica_status_description().unwrap_or("DynamoDB does not say why");
                Settled::Failed(format!("{}: {why}", bad.as_str()))
            }
            _ => Settled::Wait(None),
        })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, TableReplicaOut)>> {
        let Some(table) = describe(cx, id).await? else { return Ok(None) };
        let class = table.table_class_summary().and_then(|summary| summary.table_class());
        let arn = arn(cx, id);
        // Where no key is named, the description names the one of AWS.
        let key = table.sse_description().and_then(|sse| sse.kms_master_key_arn.clone());
        let live = TableReplica {
            kms_key_arn: key.filter(|_| last.kms_key_arn.is_some()),
            point_in_time_recovery: recovery(cx, id).await?,
            table_class: class.unwrap_or(&TableClass::Standard).as_str().to_owned(),
            deletion_protection_enabled: table.deletion_protection_enabled.unwrap_or_default(),
            tags: tags::user(&*list_tags(cx, &arn).await?),
            ..last.clone()
        };
        let stream_arn = table.latest_stream_arn.unwrap_or_default();
        Ok(Some((live, TableReplicaOut { arn, stream_arn })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        retag(cx, &arn(cx, id), &old.tags, &new.tags).await?;
        if old.point_in_time_recovery != new.point_in_time_recovery {
            set_recovery(cx, id, new.point_in_time_recovery).await?;
        }
        if old.deletion_protection_enabled != new.deletion_protection_enabled {
            protect(cx, id, new.deletion_protection_enabled).await?;
        }
        if old.table_class != new.table_class {
            let replica = UpdateReplicationGroupMemberAction::builder().region_name(cx.region());
            let replica = replica.table_class_override(TableClass::from(new.table_class.as_str())).build();
            update_source(cx, new, ReplicationGroupUpdate::builder().set_update(replica.ok()).build()).await?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let replica = DeleteReplicationGroupMemberAction::builder().region_name(cx.region()).build();
        let update = ReplicationGroupUpdate::builder().set_delete(replica.ok()).build();
        update_source(cx, last, update).await.found().map(drop)
    }

    async fn deleted(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Settled> {
        // The table can be changed or deleted only once it does not list the replica any more.
        let table = describe(&cx.at(&last.source_region), &last.table_name).await?;
        Ok(gone(table.as_ref().and_then(|table| replica(cx, table.replicas()))))
    }
}

fn arn(cx: &Cx<'_>, table: &str) -> String {
    cx.arn("dynamodb", &format!("table/{table}"))
}

/// This region's replica among a table's.
fn replica<'t>(cx: &Cx<'_>, replicas: &'t [ReplicaDescription]) -> Option<&'t ReplicaDescription> {
    replicas.iter().find(|replica| replica.region_name() == Some(cx.region()))
}

async fn update_source(cx: &Cx<'_>, args: &TableReplica, update: ReplicationGroupUpdate) -> Result<()> {
    let source = cx.at(&args.source_region).dynamodb();
    let table = source.update_table().table_name(&args.table_name).replica_updates(update);
    cx.call("dynamodb:UpdateTable", table.send()).await.map(drop)
}

async fn protect(cx: &Cx<'_>, table: &str, on: bool) -> Result<()> {
    let table = cx.dynamodb().update_table().table_name(table).deletion_protection_enabled(on);
    cx.call("dynamodb:UpdateTable", table.send()).await.map(drop)
}

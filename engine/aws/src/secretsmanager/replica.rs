//! `secretsmanager.replica`: lifecycle. The id is the replica's ARN; the region is the replica's.
//!
//! Replicas are made and removed through the secret in its own region (`source`), which also says how they are. They have
//! no tags of their own but the secret's: one counts as this operation's if the secret belongs to the same environment.

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::{ReplicaRegionType, ReplicationStatusType, StatusType};
use dr_core::cloud::{Intent, Settled};
use dr_kinds::secretsmanager::{Replica, ReplicaOut};

use super::described::{describe, key, leave};
use crate::connect::Cx;
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

impl Lifecycle for Replica {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let secret = describe(&cx.at(&args.source_region), &args.secret_id).await?;
        let ours = secret
            .is_some_and(|secret| replica(cx, &secret).is_some() && tags::of_same_environment(secret.tags(), intent));
        Ok(ours.then(|| arn(cx, args)))
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        let replica = ReplicaRegionType::builder().region(cx.region()).set_kms_key_id(args.kms_key_id.clone()).build();
        let secret = cx.at(&args.source_region).secretsmanager().replicate_secret_to_regions();
        let secret = secret.secret_id(&args.secret_id).add_replica_regions(replica);
        let secret = secret.force_overwrite_replica_secret(args.force_overwrite_replica_secret);
        cx.call("secretsmanager:ReplicateSecretToRegions", secret.send()).await?;
        Ok(arn(cx, args))
    }

    async fn settle(cx: &Cx<'_>, _id: &str, args: &Self) -> Result<Settled> {
        let Some(secret) = describe(&cx.at(&args.source_region), &args.secret_id).await? else {
            return Ok(Settled::Failed(format!("the secret {} is gone", args.secret_id)));
        };
        let Some(replica) = replica(cx, &secret) else { return Ok(Settled::Wait(None)) };
        Ok(match replica.status() {
            Some(StatusType::InSync) => Settled::Ready,
            Some(StatusType::Failed) => {
                let why = replica.status_message().unwrap_or("Secrets Manager does not say why");
                Settled::Failed(format!("the secret was not copied to {}: {why}", cx.region()))
            }
            _ => Settled::Wait(None),
        })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, ReplicaOut)>> {
        let secret = describe(&cx.at(&last.source_region), &last.secret_id).await?;
        let Some(replica) = secret.as_ref().and_then(|secret| replica(cx, secret)) else { return Ok(None) };
        let kms_key_id = key(replica.kms_key_id(), last.kms_key_id.as_deref());
        Ok(Some((Replica { kms_key_id, ..last.clone() }, ReplicaOut { arn: id.to_owned() })))
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        leave(&cx.at(&last.source_region), &last.secret_id, &[cx.region().to_owned()]).await.map(drop)
    }
}

/// The replica's ARN: the secret's, with the other region.
fn arn(cx: &Cx<'_>, args: &Replica) -> String {
    let mut parts: Vec<&str> = args.secret_id.split(':').collect();
    if let Some(region) = parts.get_mut(3) {
        *region = cx.region();
    }
    parts.join(":")
}

/// This region's replica of a secret.
fn replica<'s>(cx: &Cx<'_>, secret: &'s DescribeSecretOutput) -> Option<&'s ReplicationStatusType> {
    secret.replication_status().iter().find(|replica| replica.region() == Some(cx.region()))
}

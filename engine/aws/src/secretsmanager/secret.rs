//! `secretsmanager.secret`: lifecycle. The id is the secret's ARN.
//!
//! A secret is deleted without a time to recover it, and only once Secrets Manager has removed its replicas.

use std::collections::BTreeMap;

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::{ReplicaRegionType, ReplicationStatusType, StatusType};
use dr_core::cloud::{CloudError, ErrorClass, Intent, Settled};
use dr_core::convert::Policy;
use dr_kinds::secretsmanager::{Secret, SecretOut, SecretReplica};

use super::{describe, token};
use crate::cx::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

/// The account's key for secrets, which stands for "no key of one's own".
const OWN_KEY: &str = "alias/aws/secretsmanager";

impl Lifecycle for Secret {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let secret = describe(cx, &args.name).await?.filter(|secret| tags::ours(secret.tags(), intent));
        Ok(secret.and_then(|secret| secret.arn))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let secret = cx.secretsmanager().create_secret().name(&args.name).client_request_token(token(intent));
        let secret = secret.set_description(Some(args.description.clone()).filter(|text| !text.is_empty()));
        let secret = secret.set_kms_key_id(args.kms_key_id.clone());
        let replicas: Vec<ReplicaRegionType> = args.replicas.iter().map(replica).collect();
        let secret = secret.set_add_replica_regions((!replicas.is_empty()).then_some(replicas));
        let secret = secret.force_overwrite_replica_secret(args.force_overwrite_replica_secret);
        let secret = secret.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        let reply = cx.call("secretsmanager:CreateSecret", secret.send()).await?;
        reply.arn.ok_or_else(|| cx.incomplete("secretsmanager:CreateSecret", "ARN"))
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        match &args.policy {
            Some(policy) => put_policy(cx, id, policy).await,
            None => Ok(()),
        }
    }

    async fn settle(cx: &Cx<'_>, id: &str, args: &Self) -> Result<Settled> {
        if args.replicas.is_empty() {
            return Ok(Settled::Ready);
        }
        let Some(secret) = describe(cx, id).await? else { return Ok(Settled::Wait(None)) };
        let replicas = secret.replication_status();
        if let Some(failed) = replicas.iter().find(|replica| replica.status == Some(StatusType::Failed)) {
            let why = failed.status_message().unwrap_or("Secrets Manager does not say why");
            let region = failed.region().unwrap_or_default();
            return Ok(Settled::Failed(format!("the secret was not copied to {region}: {why}")));
        }
        let all = replicas.iter().all(|replica| replica.status == Some(StatusType::InSync));
        Ok(if all { Settled::Ready } else { Settled::Wait(None) })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, SecretOut)>> {
        let Some(secret) = describe(cx, id).await? else { return Ok(None) };
        let policy = cx.secretsmanager().get_resource_policy().secret_id(id).send();
        let Some(policy) = cx.call("secretsmanager:GetResourcePolicy", policy).await.found()? else { return Ok(None) };
        let known: BTreeMap<&str, Option<&str>> =
            last.replicas.iter().map(|replica| (replica.region.as_str(), replica.kms_key_id.as_deref())).collect();
        let replicas = secret.replication_status().iter().filter_map(|replica| {
            let region = replica.region()?;
            let last_key = known.get(region).copied().flatten();
            Some(SecretReplica { region: region.to_owned(), kms_key_id: key(replica.kms_key_id(), last_key) })
        });
        let live = Secret {
            description: secret.description().unwrap_or_default().to_owned(),
            kms_key_id: key(secret.kms_key_id(), last.kms_key_id.as_deref()),
            replicas: replicas.collect(),
            policy: policy.resource_policy.filter(|text| !text.is_empty()).as_deref().map(Policy::parse),
            tags: tags::user(secret.tags()),
            ..last.clone()
        };
        Ok(Some((live, SecretOut { arn: id.to_owned() })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if (&old.description, &old.kms_key_id) != (&new.description, &new.kms_key_id) {
            let secret = cx.secretsmanager().update_secret().secret_id(id).description(&new.description);
            let key = (old.kms_key_id != new.kms_key_id).then(|| new.kms_key_id.as_deref().unwrap_or(OWN_KEY));
            cx.call("secretsmanager:UpdateSecret", secret.set_kms_key_id(key.map(str::to_owned)).send()).await?;
        }
        if old.policy != new.policy {
            match &new.policy {
                Some(policy) => put_policy(cx, id, policy).await?,
                None => {
                    let policy = cx.secretsmanager().delete_resource_policy().secret_id(id).send();
                    cx.call("secretsmanager:DeleteResourcePolicy", policy).await?;
                }
            }
        }
        if old.replicas != new.replicas {
            replicate(cx, id, new).await?;
        }
        let changes = tags::changes(&old.tags, &new.tags);
        if let Some(set) = changes.set {
            let secret = cx.secretsmanager().tag_resource().secret_id(id).set_tags(Some(tags::list(set)));
            cx.call("secretsmanager:TagResource", secret.send()).await?;
        }
        if changes.remove.is_some() {
            let secret = cx.secretsmanager().untag_resource().secret_id(id).set_tag_keys(changes.remove);
            cx.call("secretsmanager:UntagResource", secret.send()).await?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        let Some(secret) = describe(cx, id).await? else { return Ok(()) };
        leave(cx, id, regions(&secret, |_| true)).await?;
        let secret = cx.secretsmanager().delete_secret().secret_id(id);
        let secret = match last.recovery_window_in_days {
            0 => secret.force_delete_without_recovery(true),
            days => secret.recovery_window_in_days(days),
        };
        cx.call("secretsmanager:DeleteSecret", secret.send()).await.found().map(drop)
    }

    async fn deleted(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<Settled> {
        Ok(if describe(cx, id).await?.is_some() { Settled::Wait(None) } else { Settled::Ready })
    }
}

/// A key as an argument: the account's is none, unless it was given by its name.
fn key(reported: Option<&str>, last: Option<&str>) -> Option<String> {
    reported.filter(|key| *key != OWN_KEY || last == Some(OWN_KEY)).map(str::to_owned)
}

fn replica(replica: &SecretReplica) -> ReplicaRegionType {
    ReplicaRegionType::builder().region(&replica.region).set_kms_key_id(replica.kms_key_id.clone()).build()
}

/// The regions of a secret's replicas that a condition holds for.
fn regions(secret: &DescribeSecretOutput, condition: impl Fn(&ReplicationStatusType) -> bool) -> Vec<String> {
    let replicas = secret.replication_status().iter().filter(|replica| condition(replica));
    replicas.filter_map(|replica| replica.region.clone()).collect()
}

/// Removes and adds replicas until there are the wanted ones. A replica whose key changes is removed and added again.
async fn replicate(cx: &Cx<'_>, id: &str, new: &Secret) -> Result<()> {
    let Some(secret) = describe(cx, id).await? else { return Ok(()) };
    let fits = |replica: &ReplicationStatusType, wanted: &SecretReplica| {
        let wanted_key = wanted.kms_key_id.as_deref();
        replica.region() == Some(&wanted.region) && key(replica.kms_key_id(), wanted_key).as_deref() == wanted_key
    };
    let wanted = |replica: &ReplicationStatusType| new.replicas.iter().any(|wanted| fits(replica, wanted));
    leave(cx, id, regions(&secret, |replica| !wanted(replica))).await?;
    let there = |wanted: &SecretReplica| secret.replication_status().iter().any(|replica| fits(replica, wanted));
    let missing: Vec<_> = new.replicas.iter().filter(|wanted| !there(wanted)).map(replica).collect();
    if !missing.is_empty() {
        let secret = cx.secretsmanager().replicate_secret_to_regions().secret_id(id);
        let secret = secret.set_add_replica_regions(Some(missing));
        let secret = secret.force_overwrite_replica_secret(new.force_overwrite_replica_secret);
        cx.call("secretsmanager:ReplicateSecretToRegions", secret.send()).await?;
    }
    Ok(())
}

/// Removes the replicas of these regions. Says "conflict" while some are still going.
async fn leave(cx: &Cx<'_>, id: &str, regions: Vec<String>) -> Result<()> {
    const CALL: &str = "secretsmanager:RemoveRegionsFromReplication";
    if regions.is_empty() {
        return Ok(());
    }
    let secret = cx.secretsmanager().remove_regions_from_replication().secret_id(id);
    let reply = cx.call(CALL, secret.set_remove_replica_regions(Some(regions.clone())).send()).await.found()?;
    let left = reply.map(|reply| reply.replication_status.unwrap_or_default()).unwrap_or_default();
    let going = left.iter().filter_map(ReplicationStatusType::region).find(|region| regions.iter().any(|r| r == region));
    match going {
        None => Ok(()),
        Some(region) => {
            let why = format!("{}: the replica in {region} is still being removed", cx.address());
            Err(CloudError::new(ErrorClass::Conflict, CALL, "ReplicaGoing", why))
        }
    }
}

async fn put_policy(cx: &Cx<'_>, id: &str, policy: &Policy) -> Result<()> {
    let policy = cx.secretsmanager().put_resource_policy().secret_id(id).resource_policy(policy.text());
    cx.call("secretsmanager:PutResourcePolicy", policy.send()).await.map(drop)
}

//! AWS Key Management Service.

crate::lifecycle::service! { kms { alias::Alias, key::Key, replica_key::ReplicaKey } }

crate::tags::tag_type!(checked aws_sdk_kms::types::Tag, tag_key, tag_value);

#[cfg(test)]
mod tests;

use aws_sdk_kms::types::{KeyMetadata, KeyState, Tag};
use dr_core::cloud::Found;
use dr_core::convert::{Policy, Tags};

use crate::Aws;
use crate::cx::{Cx, MayBeGone as _, Phase, small};
use crate::lifecycle::Result;
use crate::tags;

/// The name of a key's only policy.
const POLICY: &str = "default";

/// What a key is, named by its id or by an alias, or `None`.
async fn describe(cx: &Cx<'_>, key: &str) -> Result<Option<KeyMetadata>> {
    let reply = cx.call("kms:DescribeKey", cx.kms().describe_key().key_id(key).send()).await.found()?;
    Ok(reply.and_then(|reply| reply.key_metadata))
}

/// Whether the key is going already, or will once its replicas are gone.
fn is_going(key: &KeyMetadata) -> bool {
    matches!(key.key_state, Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
}

/// The key, unless its deletion is scheduled.
async fn alive(cx: &Cx<'_>, id: &str) -> Result<Option<KeyMetadata>> {
    Ok(describe(cx, id).await?.filter(|key| !is_going(key)))
}

/// A key's id in its ARN.
fn key_id(arn: &str) -> &str {
    arn.rsplit_once('/').map_or(arn, |(_, id)| id)
}

async fn list_tags(cx: &Cx<'_>, id: &str) -> Result<Vec<Tag>> {
    let pages = cx.kms().list_resource_tags().key_id(id).into_paginator().items().send();
    cx.call("kms:ListResourceTags", pages.try_collect()).await
}

/// Turns some tags of a key into others.
async fn retag(cx: &Cx<'_>, id: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.kms().tag_resource(), cx.kms().untag_resource());
    let set = |tags| cx.call("kms:TagResource", set.key_id(id).set_tags(Some(tags::list(tags))).send());
    let remove = |names| cx.call("kms:UntagResource", remove.key_id(id).set_tag_keys(Some(names)).send());
    tags::change(old, new, set, remove).await
}

/// A key's policy, or `None` if there is no such key.
async fn policy(cx: &Cx<'_>, id: &str) -> Result<Option<Policy>> {
    let policy = cx.kms().get_key_policy().key_id(id).policy_name(POLICY).send();
    let Some(reply) = cx.call("kms:GetKeyPolicy", policy).await.found()? else { return Ok(None) };
    Ok(Some(Policy::parse(&reply.policy.unwrap_or_default())))
}

async fn put_policy(cx: &Cx<'_>, id: &str, policy: &Policy) -> Result<()> {
    let key = cx.kms().put_key_policy().key_id(id).policy_name(POLICY).policy(policy.text());
    cx.call("kms:PutKeyPolicy", key.send()).await.map(drop)
}

async fn set_description(cx: &Cx<'_>, id: &str, description: &str) -> Result<()> {
    let key = cx.kms().update_key_description().key_id(id).description(description);
    cx.call("kms:UpdateKeyDescription", key.send()).await.map(drop)
}

/// Lets the key be used, or not.
async fn enable(cx: &Cx<'_>, id: &str, on: bool) -> Result<()> {
    match on {
        true => cx.call("kms:EnableKey", cx.kms().enable_key().key_id(id).send()).await.map(drop),
        false => cx.call("kms:DisableKey", cx.kms().disable_key().key_id(id).send()).await.map(drop),
    }
}

/// Schedules the deletion of a key. That it is scheduled or gone already is success.
async fn schedule(cx: &Cx<'_>, id: &str, window: i64) -> Result<()> {
    let key = cx.kms().schedule_key_deletion().key_id(id).pending_window_in_days(small(window));
    cx.call("kms:ScheduleKeyDeletion", key.send()).await.found().map(drop)
}

/// Takes the keys out of what a sweep found whose deletion is scheduled: they keep their tags until the end.
pub(crate) async fn without_going(aws: &Aws, found: Vec<Found>) -> Result<Vec<Found>> {
    let mut rest = Vec::new();
    for found in found {
        if let (Some("kms.key" | "kms.replica_key"), Some(region)) = (found.kind.as_deref(), found.region.as_deref()) {
            let key = aws.clients.kms(region).describe_key().key_id(&*found.id).send();
            let key = aws.call("kms:DescribeKey", Phase::Look, key).await.found()?;
            if key.and_then(|reply| reply.key_metadata).is_none_or(|key| is_going(&key)) {
                continue;
            }
        }
        rest.push(found);
    }
    Ok(rest)
}

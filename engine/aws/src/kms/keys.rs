//! What keys of one region and replicas have in common.

use aws_sdk_kms::types::{KeyMetadata, KeyState};
use dr_core::convert::PolicyDocument;

use crate::connect::{Cx, MayBeGone as _, small};
use crate::lifecycle::Result;

/// The name of a key's only policy.
const POLICY: &str = "default";

/// What a key is, named by its id or by an alias, or `None`.
pub(super) async fn describe(cx: &Cx<'_>, key: &str) -> Result<Option<KeyMetadata>> {
    let reply = cx.call("kms:DescribeKey", cx.kms().describe_key().key_id(key).send()).await.found()?;
    Ok(reply.and_then(|reply| reply.key_metadata))
}

/// Whether the key is going already, or will once its replicas are gone.
pub(super) fn is_going(key: &KeyMetadata) -> bool {
    matches!(key.key_state, Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
}

/// The key, unless its deletion is scheduled.
pub(super) async fn alive(cx: &Cx<'_>, id: &str) -> Result<Option<KeyMetadata>> {
    Ok(describe(cx, id).await?.filter(|key| !is_going(key)))
}

/// A key's id in its ARN.
pub(super) fn key_id(arn: &str) -> &str {
    arn.rsplit_once('/').map_or(arn, |(_, id)| id)
}

/// A key's policy, or `None` if there is no such key.
pub(super) async fn policy(cx: &Cx<'_>, id: &str) -> Result<Option<PolicyDocument>> {
    let policy = cx.kms().get_key_policy().key_id(id).policy_name(POLICY).send();
    let Some(reply) = cx.call("kms:GetKeyPolicy", policy).await.found()? else { return Ok(None) };
    Ok(Some(PolicyDocument::parse(&reply.policy.unwrap_or_default())))
}

pub(super) async fn put_policy(cx: &Cx<'_>, id: &str, policy: &PolicyDocument) -> Result<()> {
    let key = cx.kms().put_key_policy().key_id(id).policy_name(POLICY).policy(policy.text());
    cx.call("kms:PutKeyPolicy", key.send()).await.map(drop)
}

pub(super) async fn set_description(cx: &Cx<'_>, id: &str, description: &str) -> Result<()> {
    let key = cx.kms().update_key_description().key_id(id).description(description);
    cx.call("kms:UpdateKeyDescription", key.send()).await.map(drop)
}

/// Lets the key be used, or not.
pub(super) async fn enable(cx: &Cx<'_>, id: &str, on: bool) -> Result<()> {
    match on {
        true => cx.call("kms:EnableKey", cx.kms().enable_key().key_id(id).send()).await.map(drop),
        false => cx.call("kms:DisableKey", cx.kms().disable_key().key_id(id).send()).await.map(drop),
    }
}

/// Schedules the deletion of a key. That it is scheduled or gone already is success.
pub(super) async fn schedule(cx: &Cx<'_>, id: &str, window: i64) -> Result<()> {
    let key = cx.kms().schedule_key_deletion().key_id(id).pending_window_in_days(small(window));
    cx.call("kms:ScheduleKeyDeletion", key.send()).await.found().map(drop)
}

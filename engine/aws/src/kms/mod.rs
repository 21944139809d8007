//! AWS Key Management Service.

crate::lifecycle::service! { kms { alias::Alias, key::Key } }

crate::tags::tag_type!(checked aws_sdk_kms::types::Tag, tag_key, tag_value);

#[cfg(test)]
mod tests;

use aws_sdk_kms::types::{KeyMetadata, KeyState};
use dr_core::cloud::Found;

use crate::Aws;
use crate::cx::{Cx, MayBeGone as _, Phase};
use crate::lifecycle::Result;

/// What a key is, named by its id or by an alias, or `None`.
async fn describe(cx: &Cx<'_>, key: &str) -> Result<Option<KeyMetadata>> {
    let reply = cx.call("kms:DescribeKey", cx.kms().describe_key().key_id(key).send()).await.found()?;
    Ok(reply.and_then(|reply| reply.key_metadata))
}

/// Whether the key is going already, or will once its replicas are gone.
fn is_going(key: &KeyMetadata) -> bool {
    matches!(key.key_state, Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
}

/// Takes the keys out of what a sweep found whose deletion is scheduled: they keep their tags until the end.
pub(crate) async fn without_going(aws: &Aws, found: Vec<Found>) -> Result<Vec<Found>> {
    let mut rest = Vec::new();
    for found in found {
        if let (Some("kms.key"), Some(region)) = (found.kind.as_deref(), found.region.as_deref()) {
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

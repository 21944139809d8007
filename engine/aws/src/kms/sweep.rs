//! Keys whose deletion is scheduled, which keep their tags until the end.

use dr_core::cloud::TaggedResource;

use super::keys::is_going;
use crate::connect::{CallPhase, Connection, MayBeGone as _};
use crate::lifecycle::Result;

/// Takes the keys out of what a sweep found whose deletion is scheduled: they keep their tags until the end.
pub(crate) async fn without_going(connection: &Connection, found: Vec<TaggedResource>) -> Result<Vec<TaggedResource>> {
    let mut rest = Vec::new();
    for found in found {
        if let (Some("kms.key" | "kms.replica_key"), Some(region)) = (found.kind.as_deref(), found.region.as_deref()) {
            let key = connection.clients.kms(region).describe_key().key_id(&*found.id).send();
            let key = connection.call("kms:DescribeKey", CallPhase::Look, key).await.found()?;
            if key.and_then(|reply| reply.key_metadata).is_none_or(|key| is_going(&key)) {
                continue;
            }
        }
        rest.push(found);
    }
    Ok(rest)
}

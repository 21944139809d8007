//! What Secrets Manager says of a secret, its key and its replicas.

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::ReplicationStatusType;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// The account's key for secrets, which stands for "no key of one's own".
pub(super) const OWN_KEY: &str = "alias/aws/secretsmanager";

/// The call that removes replicas.
pub(super) const REMOVE: &str = "secretsmanager:RemoveRegionsFromReplication";

/// The secret of this ARN or name, or `None`. One whose deletion is scheduled counts as gone.
pub(super) async fn describe(cx: &Cx<'_>, secret: &str) -> Result<Option<DescribeSecretOutput>> {
    let secret = cx.secretsmanager().describe_secret().secret_id(secret).send();
    let reply = cx.call("secretsmanager:DescribeSecret", secret).await.found()?;
    Ok(reply.filter(|secret| secret.deleted_date.is_none()))
}

/// A key as an argument: the account's is none, unless it was given by its name.
pub(super) fn key(reported: Option<&str>, last: Option<&str>) -> Option<String> {
    reported.filter(|key| *key != OWN_KEY || last == Some(OWN_KEY)).map(str::to_owned)
}

/// Starts or continues to remove a secret's replicas in these regions. Whether some are still there.
pub(super) async fn leave(cx: &Cx<'_>, secret: &str, regions: &[String]) -> Result<bool> {
    let secret = cx.secretsmanager().remove_regions_from_replication().secret_id(secret);
    let reply = cx.call(REMOVE, secret.set_remove_replica_regions(Some(regions.to_vec())).send()).await.found()?;
    let left = reply.map(|reply| reply.replication_status.unwrap_or_default()).unwrap_or_default();
    Ok(left.iter().filter_map(ReplicationStatusType::region).any(|left| regions.iter().any(|region| region == left)))
}

//! AWS Secrets Manager.

crate::lifecycle::service! {
    secretsmanager {
        replica::Replica, rotation::Rotation, secret::Secret, secret_version::SecretVersion
    }
}

crate::tags::tag_type!(optional aws_sdk_secretsmanager::types::Tag);

#[cfg(test)]
mod tests;

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::types::ReplicationStatusType;
use dr_core::cloud::Intent;
use dr_core::convert::Tags;

use crate::cx::{Cx, MayBeGone as _};
use crate::lifecycle::Result;
use crate::tags;

/// The account's key for secrets, which stands for "no key of one's own".
const OWN_KEY: &str = "alias/aws/secretsmanager";
/// The label that readers ask for. Secrets Manager moves it, and never takes it away.
const CURRENT: &str = "AWSCURRENT";
/// The call that removes replicas.
const REMOVE: &str = "secretsmanager:RemoveRegionsFromReplication";

/// The secret of this ARN or name, or `None`. One whose deletion is scheduled counts as gone.
async fn describe(cx: &Cx<'_>, secret: &str) -> Result<Option<DescribeSecretOutput>> {
    let secret = cx.secretsmanager().describe_secret().secret_id(secret).send();
    let reply = cx.call("secretsmanager:DescribeSecret", secret).await.found()?;
    Ok(reply.filter(|secret| secret.deleted_date.is_none()))
}

/// The operation's id as a token, which Secrets Manager wants to be of 32 characters or more.
fn token(intent: &Intent) -> String {
    format!("{:0>32}", &*intent.op)
}

/// The version that carries a label, and all its labels.
fn version(secret: &DescribeSecretOutput, label: &str) -> Option<(String, Vec<String>)> {
    let versions = secret.version_ids_to_stages()?.iter();
    let (version, stages) = { versions }.find(|(_, stages)| stages.iter().any(|stage| stage == label))?;
    Some((version.clone(), stages.clone()))
}

/// The id of the version after one: `a`, `a-2`, `a-3`; as long as a token must be.
fn following(version: &str) -> String {
    let next = match version.rsplit_once('-').and_then(|(first, number)| Some((first, number.parse::<u64>().ok()?))) {
        Some((first, number)) => format!("{first}-{}", number.saturating_add(1)),
        None => format!("{version}-2"),
    };
    format!("{next:0>32}")
}

/// A key as an argument: the account's is none, unless it was given by its name.
fn key(reported: Option<&str>, last: Option<&str>) -> Option<String> {
    reported.filter(|key| *key != OWN_KEY || last == Some(OWN_KEY)).map(str::to_owned)
}

/// Starts or continues to remove a secret's replicas in these regions. Whether some are still there.
async fn leave(cx: &Cx<'_>, secret: &str, regions: &[String]) -> Result<bool> {
    let secret = cx.secretsmanager().remove_regions_from_replication().secret_id(secret);
    let reply = cx.call(REMOVE, secret.set_remove_replica_regions(Some(regions.to_vec())).send()).await.found()?;
    let left = reply.map(|reply| reply.replication_status.unwrap_or_default()).unwrap_or_default();
    Ok(left.iter().filter_map(ReplicationStatusType::region).any(|left| regions.iter().any(|region| region == left)))
}

/// Turns some tags of a secret into others.
async fn retag(cx: &Cx<'_>, secret: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.secretsmanager().tag_resource(), cx.secretsmanager().untag_resource());
    let set =
        |tags| cx.call("secretsmanager:TagResource", set.secret_id(secret).set_tags(Some(tags::list(tags))).send());
    let remove =
        |names| cx.call("secretsmanager:UntagResource", remove.secret_id(secret).set_tag_keys(Some(names)).send());
    tags::change(old, new, set, remove).await
}

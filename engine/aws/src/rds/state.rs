//! How clusters and instances stand.

use std::time::Duration;

use aws_sdk_rds::types::DbCluster;
use dr_core::cloud::Settled;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// The cluster of this identifier, in the region of this context, or `None`.
pub(super) async fn describe(cx: &Cx<'_>, cluster: &str) -> Result<Option<DbCluster>> {
    let clusters = cx.rds().describe_db_clusters().db_cluster_identifier(cluster).send();
    let reply = cx.call("rds:DescribeDBClusters", clusters).await.found()?;
    Ok(reply.and_then(|reply| reply.db_clusters?.into_iter().next()))
}

/// That the last step of a deletion has been taken. It shows soon, though not at once.
pub(super) const GOING: Settled = Settled::Wait(Some(Duration::from_secs(1)));

/// Whether a status is one that a cluster or instance does not leave by itself, or leaves for the end.
pub(super) fn is_stuck(status: &str) -> bool {
    const STUCK: &[&str] = &["deleting", "insufficient-capacity", "restore-error", "stopped", "storage-full"];
    STUCK.contains(&status)
        || status.starts_with("inaccessible-encryption-credentials")
        || status.starts_with("incompatible-")
        || status.ends_with("failed")
}

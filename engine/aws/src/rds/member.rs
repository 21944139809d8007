//! Clusters as parts of a global cluster: which it is, and how they leave it.

use aws_sdk_rds::types::{DbCluster, GlobalCluster, GlobalClusterMember};

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// The global cluster of this identifier, or `None`.
pub(super) async fn describe(cx: &Cx<'_>, id: &str) -> Result<Option<GlobalCluster>> {
    let clusters = cx.rds().describe_global_clusters().global_cluster_identifier(id).send();
    let reply = cx.call("rds:DescribeGlobalClusters", clusters).await.found()?;
    Ok(reply.and_then(|reply| reply.global_clusters?.into_iter().next()))
}

/// The global cluster that a cluster is part of. One that does not say so itself is looked for where it was last.
pub(super) async fn of(cx: &Cx<'_>, cluster: &DbCluster, last: Option<&String>) -> Result<Option<GlobalCluster>> {
    let said = cluster.global_cluster_identifier().filter(|id| !id.is_empty());
    let Some(id) = said.or(last.map(String::as_str)) else { return Ok(None) };
    let global = describe(cx, id).await?;
    let arn = cluster.db_cluster_arn();
    Ok(global.filter(|global| global.global_cluster_members().iter().any(|part| part.db_cluster_arn() == arn)))
}

/// Whether a cluster is the part that writes.
pub(super) fn writes(global: &GlobalCluster, cluster: &DbCluster) -> bool {
    let own = global.global_cluster_members().iter().find(|part| part.db_cluster_arn() == cluster.db_cluster_arn());
    own.is_some_and(|part| part.is_writer() == Some(true))
}

/// Region and identifier of a part.
pub(super) fn place(part: &GlobalClusterMember) -> Option<(&str, &str)> {
    let mut parts = part.db_cluster_arn()?.splitn(7, ':').skip(3);
    Some((parts.next()?, parts.nth(2)?))
}

/// Takes those parts out that may leave now: all that follow, or, when there are none, the one that writes. Whoever
/// left already is no error.
pub(super) async fn dismiss(cx: &Cx<'_>, global: &GlobalCluster) -> Result<()> {
    let parts = global.global_cluster_members();
    let follow = parts.iter().any(|part| part.is_writer() != Some(true));
    for part in parts.iter().filter(|part| !follow || part.is_writer() != Some(true)) {
        leave(cx, global, part).await?;
    }
    Ok(())
}

/// Takes one part out, in its own region. It becomes a cluster of its own, after a while.
pub(super) async fn leave(cx: &Cx<'_>, global: &GlobalCluster, part: &GlobalClusterMember) -> Result<()> {
    let there = cx.at(place(part).map_or(cx.region(), |(region, _)| region));
    let change = there.rds().remove_from_global_cluster();
    let change = change.set_global_cluster_identifier(global.global_cluster_identifier.clone());
    let change = change.set_db_cluster_identifier(part.db_cluster_arn.clone());
    // What is gone is what is wanted, also while something is made.
    there.looking().call("rds:RemoveFromGlobalCluster", change.send()).await.found().map(drop)
}

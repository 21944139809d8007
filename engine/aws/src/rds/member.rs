//! Clusters as parts of a global cluster: which it is, and how they leave it.

use aws_sdk_rds::types::{DbCluster, GlobalCluster, GlobalClusterMember};
use dr_core::cloud::{CloudError, ErrorClass};

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// The call that takes a cluster out.
const LEAVE: &str = "rds:RemoveFromGlobalCluster";

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

/// Takes a cluster out of a global one, if it is still part of it. The one that writes leaves as the last.
pub(super) async fn part(cx: &Cx<'_>, cluster: &DbCluster, from: &String) -> Result<()> {
    // A global cluster that is gone has no parts.
    let Some(global) = of(&cx.looking(), cluster, Some(from)).await? else { return Ok(()) };
    let parts = global.global_cluster_members();
    let own = parts.iter().find(|part| part.db_cluster_arn() == cluster.db_cluster_arn());
    match own {
        Some(own) if own.is_writer() == Some(true) && parts.len() > 1 => {
            let why = format!("{}: it writes, and the clusters that follow it leave {from} first", cx.address());
            Err(CloudError::new(ErrorClass::Conflict, LEAVE, "HasFollowers", why))
        }
        Some(own) => leave(cx, &global, own).await,
        None => Ok(()),
    }
}

/// Takes one part out, in its own region. It becomes a cluster of its own, after a while.
pub(super) async fn leave(cx: &Cx<'_>, global: &GlobalCluster, part: &GlobalClusterMember) -> Result<()> {
    let there = cx.at(place(part).map_or(cx.region(), |(region, _)| region));
    let change = there.rds().remove_from_global_cluster();
    let change = change.set_global_cluster_identifier(global.global_cluster_identifier.clone());
    let change = change.set_db_cluster_identifier(part.db_cluster_arn.clone());
    // What is gone is what is wanted, also while something is made.
    there.looking().call(LEAVE, change.send()).await.found().map(drop)
}

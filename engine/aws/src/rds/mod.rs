//! Amazon Relational Database Service: Aurora.
//!
//! No call takes a token: everything has a name, which the service refuses to give twice, and the `dr:op` tag tells
//! whose it is. Changes take minutes; they are made at once, never kept for a maintenance window.
//!
//! Which cluster of a global one writes is asked whenever it matters, and never known from what was declared: a
//! switchover or failover may have changed it.

crate::lifecycle::service! {
    rds {
        cluster::Cluster,
        cluster_instance::ClusterInstance,
        cluster_parameter_group::ClusterParameterGroup,
        global_cluster::GlobalCluster,
        subnet_group::SubnetGroup,
    }
    look_ups { engine_version::EngineVersion }
}

mod change;
mod member;
#[cfg(test)]
mod tests;
mod upgrade;

crate::tags::tag_type!(optional aws_sdk_rds::types::Tag);

use std::time::Duration;

use aws_sdk_rds::types::{DbCluster, Tag};
use dr_core::cloud::Settled;
use dr_core::convert::Tags;

use crate::cx::{Cx, MayBeGone as _, small};
use crate::lifecycle::Result;
use crate::tags;

/// The cluster of this identifier, in the region of this context, or `None`.
async fn describe(cx: &Cx<'_>, cluster: &str) -> Result<Option<DbCluster>> {
    let clusters = cx.rds().describe_db_clusters().db_cluster_identifier(cluster).send();
    let reply = cx.call("rds:DescribeDBClusters", clusters).await.found()?;
    Ok(reply.and_then(|reply| reply.db_clusters?.into_iter().next()))
}

/// All tags of something that is not described with its tags.
async fn list_tags(cx: &Cx<'_>, arn: &str) -> Result<Vec<Tag>> {
    let tags = cx.rds().list_tags_for_resource().resource_name(arn).send();
    let reply = cx.call("rds:ListTagsForResource", tags).await.found()?;
    Ok(reply.and_then(|reply| reply.tag_list).unwrap_or_default())
}

/// Turns the tags of anything into others.
async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let set = |tags| {
        let tags = cx.rds().add_tags_to_resource().resource_name(arn).set_tags(Some(tags::list(tags)));
        cx.call("rds:AddTagsToResource", tags.send())
    };
    let remove = |names| {
        let tags = cx.rds().remove_tags_from_resource().resource_name(arn).set_tag_keys(Some(names));
        cx.call("rds:RemoveTagsFromResource", tags.send())
    };
    tags::change(old, new, set, remove).await
}

/// That the last step of a deletion has been taken. It shows soon, though not at once.
const GOING: Settled = Settled::Wait(Some(Duration::from_secs(1)));

/// Whether a status is one that a cluster or instance does not leave by itself, or leaves for the end.
fn is_stuck(status: &str) -> bool {
    const STUCK: &[&str] = &["deleting", "insufficient-capacity", "restore-error", "stopped", "storage-full"];
    STUCK.contains(&status)
        || status.starts_with("inaccessible-encryption-credentials")
        || status.starts_with("incompatible-")
        || status.ends_with("failed")
}

/// Whether a version is the wanted one, or starts with it: `15` stands for `15.15`.
fn stands_for(wanted: &str, version: &str) -> bool {
    version.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// A version as it is told: as it was given, while that stands for what runs.
fn told(given: Option<&String>, runs: Option<String>) -> Option<String> {
    match (given, runs) {
        (Some(given), Some(runs)) if stands_for(given, &runs) => Some(given.clone()),
        (given, runs) => runs.or_else(|| given.cloned()),
    }
}

/// A key as it is told. RDS answers with the ARN; what was given as an id or alias stays so.
fn key(given: Option<&String>, used: Option<String>) -> Option<String> {
    match given {
        Some(given) if !given.starts_with("arn:") && used.is_some() => Some(given.clone()),
        _ => used,
    }
}

/// What shall be set, where it is given and was not so before. What is left out stays as it is.
fn changed<T: Clone + PartialEq>(old: &Option<T>, new: &Option<T>) -> Option<T> {
    new.clone().filter(|new| old.as_ref() != Some(new))
}

/// What shall be set where it was not so before.
fn differing<T: Clone + PartialEq>(old: &T, new: &T) -> Option<T> {
    (old != new).then(|| new.clone())
}

//! Amazon DynamoDB.

crate::lifecycle::service! { dynamodb { table::Table, table_replica::TableReplica } }

mod change;
mod shape;
#[cfg(test)]
mod tests;

crate::tags::tag_type!(checked aws_sdk_dynamodb::types::Tag);

use aws_sdk_dynamodb::types::{PointInTimeRecoverySpecification, PointInTimeRecoveryStatus, TableDescription};
use dr_core::convert::Tags;

use crate::cx::{Cx, MayBeGone as _};
use crate::lifecycle::Result;
use crate::tags;

/// The table, as the region of this context has it, or `None`.
async fn describe(cx: &Cx<'_>, table: &str) -> Result<Option<TableDescription>> {
    let reply = cx.call("dynamodb:DescribeTable", cx.dynamodb().describe_table().table_name(table).send()).await;
    Ok(reply.found()?.and_then(|reply| reply.table))
}

/// All tags of a table.
async fn list_tags(cx: &Cx<'_>, arn: &str) -> Result<Vec<aws_sdk_dynamodb::types::Tag>> {
    let (mut tags, mut next) = (Vec::new(), None);
    loop {
        let page = cx.dynamodb().list_tags_of_resource().resource_arn(arn).set_next_token(next);
        let Some(page) = cx.call("dynamodb:ListTagsOfResource", page.send()).await.found()? else { break };
        tags.extend(page.tags.unwrap_or_default());
        next = page.next_token;
        if next.is_none() {
            break;
        }
    }
    Ok(tags)
}

/// Turns some tags of a table into others.
async fn retag(cx: &Cx<'_>, arn: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.dynamodb().tag_resource(), cx.dynamodb().untag_resource());
    let set = |tags| cx.call("dynamodb:TagResource", set.resource_arn(arn).set_tags(Some(tags::list(tags))).send());
    let remove = |names| cx.call("dynamodb:UntagResource", remove.resource_arn(arn).set_tag_keys(Some(names)).send());
    tags::change(old, new, set, remove).await
}

/// Whether a table can be restored to any second.
async fn recovery(cx: &Cx<'_>, table: &str) -> Result<bool> {
    let backups = cx.dynamodb().describe_continuous_backups().table_name(table).send();
    let reply = cx.call("dynamodb:DescribeContinuousBackups", backups).await.found()?;
    let backups = reply.and_then(|reply| reply.continuous_backups_description);
    let status = backups.and_then(|b| b.point_in_time_recovery_description?.point_in_time_recovery_status);
    Ok(status == Some(PointInTimeRecoveryStatus::Enabled))
}

/// Switches the recovery to any second on or off.
async fn set_recovery(cx: &Cx<'_>, table: &str, on: bool) -> Result<()> {
    let recovery = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(on).build();
    // `build` fails only without the one field that is set here.
    let backups = cx.dynamodb().update_continuous_backups().table_name(table);
    let backups = backups.set_point_in_time_recovery_specification(recovery.ok());
    cx.call("dynamodb:UpdateContinuousBackups", backups.send()).await.map(drop)
}

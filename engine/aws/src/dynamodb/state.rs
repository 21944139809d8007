//! How a table stands in a region, and whether it can be restored to any second.

use aws_sdk_dynamodb::types::{PointInTimeRecoverySpecification, PointInTimeRecoveryStatus, TableDescription};

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// The table, as the region of this context has it, or `None`.
pub(super) async fn describe(cx: &Cx<'_>, table: &str) -> Result<Option<TableDescription>> {
    let reply = cx.call("dynamodb:DescribeTable", cx.dynamodb().describe_table().table_name(table).send()).await;
    Ok(reply.found()?.and_then(|reply| reply.table))
}

/// Whether a table can be restored to any second.
pub(super) async fn recovery(cx: &Cx<'_>, table: &str) -> Result<bool> {
    let backups = cx.dynamodb().describe_continuous_backups().table_name(table).send();
    let reply = cx.call("dynamodb:DescribeContinuousBackups", backups).await.found()?;
    let backups = reply.and_then(|reply| reply.continuous_backups_description);
    let status = backups.and_then(|b| b.point_in_time_recovery_description?.point_in_time_recovery_status);
    Ok(status == Some(PointInTimeRecoveryStatus::Enabled))
}

/// Switches the recovery to any second on or off.
pub(super) async fn set_recovery(cx: &Cx<'_>, table: &str, on: bool) -> Result<()> {
    let recovery = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(on).build();
    // `build` fails only without the one field that is set here.
    let backups = cx.dynamodb().update_continuous_backups().table_name(table);
    let backups = backups.set_point_in_time_recovery_specification(recovery.ok());
    cx.call("dynamodb:UpdateContinuousBackups", backups.send()).await.map(drop)
}

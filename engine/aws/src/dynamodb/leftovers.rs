//! Leftovers of DynamoDB: backups of deleted tables.

use std::time::Duration;

use aws_sdk_dynamodb::types::{BackupType, BackupTypeFilter};
use dr_core::leftover::{Leftover, LeftoverDeparture, Trail};
use dr_core::money::Dollars;

use crate::connect::{CallPhase, Connection};
use crate::leftover_look::LeftoverLook;
use crate::lifecycle::Result;

/// How long the last backup of a table that could be restored is kept, for nothing.
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/pointintimerecovery_beforeyoubegin.html>
const KEPT: Duration = Duration::from_secs(35 * 24 * 60 * 60);

/// What this service is asked for.
pub(crate) const LEFTOVERS: &[LeftoverLook] = &[LeftoverLook {
    what: "backups of tables",
    is_global: false,
    ask: |connection, region, trail| Box::pin(backups(connection, region, trail)),
}];

async fn backups(connection: &Connection, region: &str, trail: &Trail<'_>) -> Result<Vec<Leftover>> {
    let client = connection.clients.dynamodb(region);
    let (mut left, mut start) = (Vec::new(), None);
    loop {
        let asked = client.list_backups().backup_type(BackupTypeFilter::All).set_exclusive_start_backup_arn(start);
        let page = connection.call("dynamodb:ListBackups", CallPhase::Look, asked.send()).await?;
        for backup in page.backup_summaries() {
            let (Some(table), Some(arn)) = (backup.table_name(), backup.backup_arn()) else { continue };
            let Some(told) = trail.of_name(Some(region), table) else { continue };
            let one = Leftover::new("backup of a table", Some(region), arn, told);
            left.push(match backup.backup_type() {
                Some(BackupType::System) => {
                    let expiry = backup.backup_expiry_date_time().and_then(|date| u64::try_from(date.secs()).ok());
                    let departure = expiry.map_or(LeftoverDeparture::within(KEPT), LeftoverDeparture::At);
                    Leftover { monthly: Some(Dollars(0)), ..one.going(departure) }
                }
                _ => one,
            });
        }
        start = page.last_evaluated_backup_arn;
        if start.is_none() {
            return Ok(left);
        }
    }
}

//! Leftovers of RDS: snapshots and automated backups of deleted clusters.

use std::time::Duration;

use aws_sdk_rds::types::{DbClusterAutomatedBackup, DbClusterSnapshot, Filter};
use dr_core::leftover::{Leftover, LeftoverDeparture, Trail};

use crate::connect::{CallPhase, Connection};
use crate::leftover_look::LeftoverLook;
use crate::lifecycle::Result;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What this service is asked for.
pub(crate) const LEFTOVERS: &[LeftoverLook] = &[
    LeftoverLook {
        what: "snapshots of clusters",
        is_global: false,
        ask: |connection, region, trail| Box::pin(snapshots(connection, region, trail)),
    },
    LeftoverLook {
        what: "retained automated backups of clusters",
        is_global: false,
        ask: |connection, region, trail| Box::pin(backups(connection, region, trail)),
    },
];

/// Snapshots that somebody asked for, final ones among them.
async fn snapshots(connection: &Connection, region: &str, trail: &Trail<'_>) -> Result<Vec<Leftover>> {
    let pages = connection.clients.rds(region).describe_db_cluster_snapshots().snapshot_type("manual");
    let pages = pages.into_paginator().items().send();
    let all: Vec<DbClusterSnapshot> =
        connection.call("rds:DescribeDBClusterSnapshots", CallPhase::Look, pages.try_collect()).await?;
    let found = all.iter().filter_map(|snapshot| {
        let id = snapshot.db_cluster_snapshot_identifier()?;
        let names = [Some(id), snapshot.db_cluster_identifier()];
        let told = names.into_iter().flatten().find_map(|name| trail.of_name(Some(region), name))?;
        Some(Leftover::new("snapshot of a cluster", Some(region), id, told))
    });
    Ok(found.collect())
}

/// Automated backups that are kept for their retention time after the cluster is gone.
/// Source: <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Managing.Backups.Retaining.html>
async fn backups(connection: &Connection, region: &str, trail: &Trail<'_>) -> Result<Vec<Leftover>> {
    let retained = Filter::builder().name("status").values("retained").build();
    let pages = connection.clients.rds(region).describe_db_cluster_automated_backups().filters(retained);
    let pages = pages.into_paginator().items().send();
    let all: Vec<DbClusterAutomatedBackup> =
        connection.call("rds:DescribeDBClusterAutomatedBackups", CallPhase::Look, pages.try_collect()).await?;
    let found = all.iter().filter(|backup| backup.status() == Some("retained")).filter_map(|backup| {
        let id = backup.db_cluster_automated_backups_arn().or(backup.db_cluster_resource_id())?;
        let told = trail.of_name(Some(region), backup.db_cluster_identifier()?)?;
        let days = backup.backup_retention_period().and_then(|days| u32::try_from(days).ok()).unwrap_or(35);
        let left = Leftover::new("retained automated backup of a cluster", Some(region), id, told);
        Some(left.going(LeftoverDeparture::within(DAY * days)))
    });
    Ok(found.collect())
}

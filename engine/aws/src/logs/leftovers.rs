//! Leftovers of CloudWatch Logs: groups that services create, also again after a deletion.

use std::collections::BTreeSet;

use aws_sdk_cloudwatchlogs::types::LogGroup;
use dr_core::leftover::{Leftover, Trail};

use crate::connect::{CallPhase, Connection};
use crate::leftover_look::LeftoverLook;
use crate::lifecycle::Result;

/// What this service is asked for.
pub(crate) const LEFTOVERS: &[LeftoverLook] = &[LeftoverLook {
    what: "log groups, of what was deleted and by the suffix",
    is_global: false,
    ask: |connection, region, trail| Box::pin(groups(connection, region, trail)),
}];

async fn groups(connection: &Connection, region: &str, trail: &Trail<'_>) -> Result<Vec<Leftover>> {
    let logs = connection.clients.logs(region);
    let suffix = trail.sought.environment;
    let pages = logs.describe_log_groups().log_group_name_pattern(suffix).into_paginator().items().send();
    let mut all: Vec<LogGroup> =
        connection.call("logs:DescribeLogGroups", CallPhase::Look, pages.try_collect()).await?;
    // Some are called by what a service has made up, such as the id of an API.
    let near = trail.former.iter().filter(|former| former.region.as_deref() == Some(region));
    for name in near.flat_map(|former| &former.groups).filter(|name| !name.contains(suffix)) {
        let pages = logs.describe_log_groups().log_group_name_prefix(&**name).into_paginator().items().send();
        let more: Vec<LogGroup> =
            connection.call("logs:DescribeLogGroups", CallPhase::Look, pages.try_collect()).await?;
        all.extend(more);
    }
    let names: BTreeSet<&str> = all.iter().filter_map(LogGroup::log_group_name).collect();
    let found = names
        .into_iter()
        .filter_map(|name| Some(Leftover::new("log group", Some(region), name, trail.of_name(Some(region), name)?)));
    Ok(found.collect())
}

//! `cloudwatch.dashboard`: facts.

use dr_core::convert::Json;
use dr_macros::{Block, Kind};

/// A dashboard. It belongs to the account; each of its widgets names the region that it shows.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "cloudwatch.dashboard",
    outputs = DashboardOut,
    place = global,
    id = "{dashboard_name}",
    unique = "account: dashboard_name",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct Dashboard {
    /// Dashboard name, the only one in the account. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 255, chars = "A-Za-z0-9_-"))]
    pub dashboard_name: String,
    /// What it shows: a map with `widgets`.
    #[arg(refers("*", loose), grammar(Dashboard))]
    pub dashboard_body: Json,
}

/// Computed attributes of a dashboard.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct DashboardOut {
    /// ARN.
    #[out(like = "arn:aws:cloudwatch::{account}:dashboard/{dashboard_name}")]
    pub arn: String,
}

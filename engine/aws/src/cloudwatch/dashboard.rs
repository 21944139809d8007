//! `cloudwatch.dashboard`: lifecycle. The id is the dashboard's name.
//!
//! `PutDashboard` writes over a dashboard of the same name, whoever made it. So it is asked for first. A dashboard
//! that shows what this operation was to make it show is this operation's.

use dr_core::cloud::Intent;
use dr_core::convert::Json;
use dr_kinds::cloudwatch::{Dashboard, DashboardOut};

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, found_as_given, is_free};

impl Lifecycle for Dashboard {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, args.dashboard_name.clone(), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        if is_free(cx, "cloudwatch:PutDashboard", &args.dashboard_name, args).await? {
            put(cx, args).await?;
        }
        Ok(args.dashboard_name.clone())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, DashboardOut)>> {
        let dashboard = cx.cloudwatch().get_dashboard().dashboard_name(id).send();
        let Some(reply) = cx.call("cloudwatch:GetDashboard", dashboard).await.found()? else { return Ok(None) };
        let arn = reply.dashboard_arn.unwrap_or_default();
        let dashboard_body = Json::parse(&reply.dashboard_body.unwrap_or_default());
        Ok(Some((Dashboard { dashboard_body, ..last.clone() }, DashboardOut { arn })))
    }

    async fn update(cx: &Cx<'_>, _id: &str, _old: &Self, new: &Self) -> Result<()> {
        put(cx, new).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let dashboards = cx.cloudwatch().delete_dashboards().dashboard_names(id).send();
        cx.call("cloudwatch:DeleteDashboards", dashboards).await.found().map(drop)
    }
}

async fn put(cx: &Cx<'_>, args: &Dashboard) -> Result<()> {
    let dashboard = cx.cloudwatch().put_dashboard().dashboard_name(&args.dashboard_name);
    let dashboard = dashboard.dashboard_body(args.dashboard_body.text());
    cx.call("cloudwatch:PutDashboard", dashboard.send()).await.map(drop)
}

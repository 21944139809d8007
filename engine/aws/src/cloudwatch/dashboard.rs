//! `cloudwatch.dashboard`: lifecycle. The id is the dashboard's name.
//!
//! `PutDashboard` writes over a dashboard of the same name, whoever made it. So it is asked for first. A dashboard
//! that shows what this operation was to make it show is this operation's.

use dr_core::cloud::Intent;
use dr_core::convert::Json;
use dr_kinds::cloudwatch::{Dashboard, DashboardOut};

use crate::cx::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};

impl Lifecycle for Dashboard {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        let live = Self::read(cx, &args.dashboard_name, args).await?;
        let live = live.filter(|(live, _)| live.dashboard_body == args.dashboard_body);
        Ok(live.map(|_| args.dashboard_name.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        match Self::read(&cx.looking(), &args.dashboard_name, args).await? {
            None => put(cx, args).await?,
            Some((live, _)) if live.dashboard_body == args.dashboard_body => {}
            Some(_) => return Err(cx.not_ours("cloudwatch:PutDashboard", &args.dashboard_name)),
        }
        Ok(args.dashboard_name.clone())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, DashboardOut)>> {
        let dashboard = cx.cloudwatch().get_dashboard().dashboard_name(id).send();
        let Some(reply) = cx.call("cloudwatch:GetDashboard", dashboard).await.found()? else { return Ok(None) };
        let arn = reply.dashboard_arn.ok_or_else(|| cx.incomplete("cloudwatch:GetDashboard", "ARN"))?;
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

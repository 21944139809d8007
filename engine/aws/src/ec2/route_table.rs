//! `ec2.route_table`: lifecycle.

use aws_sdk_ec2::types::{ResourceType, RouteTable as Found};
use dr_core::cloud::Intent;
use dr_core::convert::NoOutputs;
use dr_kinds::ec2::RouteTable;

use super::tagging::{made_by, retag, tagged};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, asked_for};
use crate::tags;

impl Lifecycle for RouteTable {
    async fn find(cx: &Cx<'_>, _args: &Self, intent: &Intent) -> Result<Option<String>> {
        let tables = cx.ec2().describe_route_tables().filters(made_by(intent));
        let tables = cx.call("ec2:DescribeRouteTables", tables.send()).await?.route_tables.unwrap_or_default();
        let ours = tables.into_iter().find(|table| tags::ours(table.tags(), intent));
        Ok(ours.and_then(|table| table.route_table_id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let table = cx.ec2().create_route_table().client_token(&*intent.op).vpc_id(&args.vpc_id);
        let table = table.tag_specifications(tagged(ResourceType::RouteTable, &args.tags, intent));
        let reply = cx.call("ec2:CreateRouteTable", table.send()).await?;
        let id = reply.route_table.and_then(|table| table.route_table_id);
        id.ok_or_else(|| cx.incomplete("ec2:CreateRouteTable", "id"))
    }

    async fn read(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let Some(table) = described(cx, id).await? else { return Ok(None) };
        let tags = tags::user(table.tags());
        Ok(Some((RouteTable { vpc_id: table.vpc_id.unwrap_or_default(), tags }, NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let table = cx.ec2().delete_route_table().route_table_id(id);
        cx.call("ec2:DeleteRouteTable", table.send()).await.found().map(drop)
    }
}

/// The table with its routes and associations.
pub(super) async fn described(cx: &Cx<'_>, id: &str) -> Result<Option<Found>> {
    let tables = cx.ec2().describe_route_tables().route_table_ids(id).send();
    let reply = cx.call("ec2:DescribeRouteTables", tables).await.found()?;
    Ok(reply.and_then(|reply| asked_for(id, reply.route_tables, |one| one.route_table_id())))
}

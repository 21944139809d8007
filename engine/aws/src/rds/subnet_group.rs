//! `rds.subnet_group`: lifecycle. The id is the group's name.

use aws_sdk_rds::types::DbSubnetGroup;
use dr_core::cloud::Intent;
use dr_kinds::rds::{SubnetGroup, SubnetGroupOut};

use super::tagging::{list_tags, retag};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

impl Lifecycle for SubnetGroup {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let ours = match describe(cx, &args.name).await? {
            Some(_) => tags::ours(&*list_tags(cx, &arn(cx, &args.name)).await?, intent),
            None => false,
        };
        Ok(ours.then(|| args.name.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let group = cx.rds().create_db_subnet_group().db_subnet_group_name(&args.name);
        let group = group.db_subnet_group_description(&args.description);
        let group = group.set_subnet_ids(Some(args.subnet_ids.clone()));
        let group = group.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        cx.call("rds:CreateDBSubnetGroup", group.send()).await?;
        Ok(args.name.clone())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, SubnetGroupOut)>> {
        let Some(group) = describe(cx, id).await? else { return Ok(None) };
        let arn = group.db_subnet_group_arn.unwrap_or_else(|| arn(cx, id));
        let subnets = group.subnets.unwrap_or_default();
        let live = SubnetGroup {
            description: group.db_subnet_group_description.unwrap_or_default(),
            subnet_ids: subnets.into_iter().filter_map(|subnet| subnet.subnet_identifier).collect(),
            tags: tags::user(&*list_tags(cx, &arn).await?),
            ..last.clone()
        };
        Ok(Some((live, SubnetGroupOut { arn, vpc_id: group.vpc_id.unwrap_or_default() })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if (&old.description, &old.subnet_ids) != (&new.description, &new.subnet_ids) {
            let group = cx.rds().modify_db_subnet_group().db_subnet_group_name(id);
            let group = group.db_subnet_group_description(&new.description);
            let group = group.set_subnet_ids(Some(new.subnet_ids.clone()));
            cx.call("rds:ModifyDBSubnetGroup", group.send()).await?;
        }
        retag(cx, &arn(cx, id), &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let group = cx.rds().delete_db_subnet_group().db_subnet_group_name(id).send();
        cx.call("rds:DeleteDBSubnetGroup", group).await.found().map(drop)
    }
}

fn arn(cx: &Cx<'_>, name: &str) -> String {
    cx.arn("rds", &format!("subgrp:{name}"))
}

async fn describe(cx: &Cx<'_>, name: &str) -> Result<Option<DbSubnetGroup>> {
    let groups = cx.rds().describe_db_subnet_groups().db_subnet_group_name(name).send();
    let reply = cx.call("rds:DescribeDBSubnetGroups", groups).await.found()?;
    Ok(reply.and_then(|reply| reply.db_subnet_groups?.into_iter().next()))
}

//! `rds.cluster_parameter_group`: lifecycle. The id is the group's name.
//!
//! A group is made empty; its parameters are set afterwards, some at a time. RDS marks those that differ from the
//! engine's own values as set by the user. A parameter that was set to the engine's own value may lack that mark, so
//! one that is missed is looked for among all.

use std::collections::BTreeMap;

use aws_sdk_rds::types::{ApplyMethod, DbClusterParameterGroup, Parameter as Set};
use dr_core::cloud::Intent;
use dr_kinds::rds::{ClusterParameterGroup, ClusterParameterGroupOut, DbParameter};

use super::tagging::{list_tags, retag};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

/// How many parameters one call may change.
const AT_ONCE: usize = 20;

impl Lifecycle for ClusterParameterGroup {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let ours = match describe(cx, &args.name).await? {
            Some(_) => tags::ours(&*list_tags(cx, &arn(cx, &args.name)).await?, intent),
            None => false,
        };
        Ok(ours.then(|| args.name.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let group = cx.rds().create_db_cluster_parameter_group().db_cluster_parameter_group_name(&args.name);
        let group = group.db_parameter_group_family(&args.family).description(&args.description);
        let group = group.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        cx.call("rds:CreateDBClusterParameterGroup", group.send()).await?;
        Ok(args.name.clone())
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        set(cx, id, &args.parameters).await
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, ClusterParameterGroupOut)>> {
        let Some(group) = describe(cx, id).await? else { return Ok(None) };
        let Some(mut found) = list(cx, id, Some("user")).await.found()? else { return Ok(None) };
        if last.parameters.iter().any(|wanted| !found.contains_key(&wanted.name)) {
            let mut all = list(cx, id, None).await.found()?.unwrap_or_default();
            all.retain(|name, _| last.parameters.iter().any(|wanted| wanted.name == *name));
            found.extend(all);
        }
        let arn = group.db_cluster_parameter_group_arn.unwrap_or_else(|| arn(cx, id));
        let live = ClusterParameterGroup {
            parameters: found.into_values().map(|parameter| as_given(parameter, last)).collect(),
            tags: tags::user(&*list_tags(cx, &arn).await?),
            ..last.clone()
        };
        Ok(Some((live, ClusterParameterGroupOut { arn })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let stays = |gone: &&DbParameter| new.parameters.iter().any(|parameter| parameter.name == gone.name);
        let gone: Vec<Set> = old.parameters.iter().filter(|p| !stays(p)).map(|p| named(p).build()).collect();
        for some in gone.chunks(AT_ONCE) {
            let group = cx.rds().reset_db_cluster_parameter_group().db_cluster_parameter_group_name(id);
            let group = group.reset_all_parameters(false).set_parameters(Some(some.to_vec()));
            cx.call("rds:ResetDBClusterParameterGroup", group.send()).await?;
        }
        let differ = new.parameters.iter().filter(|parameter| !old.parameters.contains(parameter));
        set(cx, id, &differ.cloned().collect::<Vec<_>>()).await?;
        retag(cx, &arn(cx, id), &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let group = cx.rds().delete_db_cluster_parameter_group().db_cluster_parameter_group_name(id).send();
        cx.call("rds:DeleteDBClusterParameterGroup", group).await.found().map(drop)
    }
}

fn arn(cx: &Cx<'_>, name: &str) -> String {
    cx.arn("rds", &format!("cluster-pg:{name}"))
}

async fn describe(cx: &Cx<'_>, name: &str) -> Result<Option<DbClusterParameterGroup>> {
    let groups = cx.rds().describe_db_cluster_parameter_groups().db_cluster_parameter_group_name(name).send();
    let reply = cx.call("rds:DescribeDBClusterParameterGroups", groups).await.found()?;
    Ok(reply.and_then(|reply| reply.db_cluster_parameter_groups?.into_iter().next()))
}

/// The parameters that have a value, by name; only those of a source if one is given.
async fn list(cx: &Cx<'_>, name: &str, source: Option<&str>) -> Result<BTreeMap<String, DbParameter>> {
    let pages = cx.rds().describe_db_cluster_parameters().db_cluster_parameter_group_name(name);
    let pages = pages.set_source(source.map(str::to_owned)).into_paginator().items().send();
    let all: Vec<Set> = cx.call("rds:DescribeDBClusterParameters", pages.try_collect()).await?;
    let parameter = |set: Set| {
        let apply_method = set.apply_method.unwrap_or(ApplyMethod::Immediate).as_str().to_owned();
        let name = set.parameter_name?.to_lowercase();
        Some((name.clone(), DbParameter { name, value: set.parameter_value?, apply_method }))
    };
    Ok(all.into_iter().filter_map(parameter).collect())
}

/// A parameter as it was given, while it has that value: how a change was applied is no state.
fn as_given(found: DbParameter, last: &ClusterParameterGroup) -> DbParameter {
    let same = |given: &&DbParameter| (&given.name, &given.value) == (&found.name, &found.value);
    last.parameters.iter().find(same).cloned().unwrap_or(found)
}

fn named(parameter: &DbParameter) -> aws_sdk_rds::types::builders::ParameterBuilder {
    Set::builder().parameter_name(&parameter.name).apply_method(ApplyMethod::from(parameter.apply_method.as_str()))
}

async fn set(cx: &Cx<'_>, group: &str, parameters: &[DbParameter]) -> Result<()> {
    for some in parameters.chunks(AT_ONCE) {
        let some = some.iter().map(|parameter| named(parameter).parameter_value(&parameter.value).build()).collect();
        let group = cx.rds().modify_db_cluster_parameter_group().db_cluster_parameter_group_name(group);
        cx.call("rds:ModifyDBClusterParameterGroup", group.set_parameters(Some(some)).send()).await?;
    }
    Ok(())
}

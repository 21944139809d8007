//! `logs.log_group`: lifecycle. The id is the group's name.
//!
//! One that a service made by itself, before the engine could, carries no tags: it is somebody else's.

use aws_sdk_cloudwatchlogs::types::LogGroupClass;
use dr_core::cloud::Intent;
use dr_core::convert::Tags;
use dr_kinds::logs::{LogGroup, LogGroupOut};

use crate::connect::{Cx, MayBeGone as _, small};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags::{self, Reported as _};

impl Lifecycle for LogGroup {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let tagged = list_tags(cx, &args.name).await?;
        Ok(tagged.filter(|tagged| tags::ours(Some(tagged), intent)).map(|_| args.name.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let group = cx.logs().create_log_group().log_group_name(&args.name).set_kms_key_id(args.kms_key_id.clone());
        let group = group.log_group_class(LogGroupClass::from(args.log_group_class.as_str()));
        let group = group.deletion_protection_enabled(args.deletion_protection_enabled);
        let group = group.set_tags(Some(tags::given(&args.tags, intent).into_iter().collect()));
        cx.call("logs:CreateLogGroup", group.send()).await?;
        Ok(args.name.clone())
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        keep(cx, id, args).await
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, LogGroupOut)>> {
        let Some(group) = describe(cx, id).await? else { return Ok(None) };
        let Some(tagged) = list_tags(cx, id).await? else { return Ok(None) };
        let class = group.log_group_class.as_ref().map(LogGroupClass::as_str);
        let live = LogGroup {
            // For ever, which no argument says.
            retention_in_days: group.retention_in_days.map_or(0, i64::from),
            kms_key_id: group.kms_key_id,
            log_group_class: class.unwrap_or(&last.log_group_class).to_owned(),
            deletion_protection_enabled: group.deletion_protection_enabled.unwrap_or_default(),
            tags: tags::user(Some(&tagged)),
            ..last.clone()
        };
        Ok(Some((live, LogGroupOut { arn: arn(cx, id) })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if old.retention_in_days != new.retention_in_days {
            keep(cx, id, new).await?;
        }
        match &new.kms_key_id {
            same if *same == old.kms_key_id => {}
            Some(key) => {
                let group = cx.logs().associate_kms_key().log_group_name(id).kms_key_id(key);
                cx.call("logs:AssociateKmsKey", group.send()).await?;
            }
            None => {
                let group = cx.logs().disassociate_kms_key().log_group_name(id);
                cx.call("logs:DisassociateKmsKey", group.send()).await?;
            }
        }
        if old.deletion_protection_enabled != new.deletion_protection_enabled {
            let group = cx.logs().put_log_group_deletion_protection().log_group_identifier(id);
            let group = group.deletion_protection_enabled(new.deletion_protection_enabled);
            cx.call("logs:PutLogGroupDeletionProtection", group.send()).await?;
        }
        let (set, remove, arn) = (cx.logs().tag_resource(), cx.logs().untag_resource(), arn(cx, id));
        let set = |tags: Tags| {
            cx.call("logs:TagResource", set.resource_arn(&arn).set_tags(Some(tags.into_iter().collect())).send())
        };
        let remove = |names| cx.call("logs:UntagResource", remove.resource_arn(&arn).set_tag_keys(Some(names)).send());
        tags::change(&old.tags, &new.tags, set, remove).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        cx.call("logs:DeleteLogGroup", cx.logs().delete_log_group().log_group_name(id).send()).await.found().map(drop)
    }
}

/// The ARN that tags are asked and changed by: the one without `:*`.
fn arn(cx: &Cx<'_>, name: &str) -> String {
    cx.arn("logs", &format!("log-group:{name}"))
}

/// The group of this name. Logs lists by how names begin, in their order, so that it comes first.
async fn describe(cx: &Cx<'_>, name: &str) -> Result<Option<aws_sdk_cloudwatchlogs::types::LogGroup>> {
    let mut groups = cx.logs().describe_log_groups().log_group_name_prefix(name).into_paginator().items().send();
    let group = async {
        while let Some(group) = groups.try_next().await? {
            if group.log_group_name() == Some(name) {
                return Ok(Some(group));
            }
        }
        Ok(None)
    };
    Ok(cx.call("logs:DescribeLogGroups", group).await.found()?.flatten())
}

/// All tags of the group, or `None` when there is no such group.
async fn list_tags(cx: &Cx<'_>, name: &str) -> Result<Option<Tags>> {
    let group = cx.logs().list_tags_for_resource().resource_arn(arn(cx, name));
    let reply = cx.call("logs:ListTagsForResource", group.send()).await.found()?;
    Ok(reply.map(|reply| reply.tags().tags()))
}

/// Says how long entries are kept.
async fn keep(cx: &Cx<'_>, name: &str, args: &LogGroup) -> Result<()> {
    let days = small(args.retention_in_days);
    let group = cx.logs().put_retention_policy().log_group_name(name).retention_in_days(days);
    cx.call("logs:PutRetentionPolicy", group.send()).await.map(drop)
}

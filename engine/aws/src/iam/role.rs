//! `iam.role`: lifecycle. The id is the role's name.

use dr_core::cloud::{ErrorClass, Intent};
use dr_kinds::iam::{Role, RoleOut};

use super::document::document;
use crate::connect::{Cx, MayBeGone as _, small};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

impl Lifecycle for Role {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let role = cx.call("iam:GetRole", cx.iam().get_role().role_name(&args.name).send()).await.found()?;
        let role = role.and_then(|reply| reply.role).filter(|role| tags::ours(role.tags(), intent));
        Ok(role.map(|role| role.role_name))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let role = cx.iam().create_role().role_name(&args.name).path(&args.path);
        let role = role.assume_role_policy_document(args.assume_role_policy.text());
        let role =
            role.set_description(args.description.clone()).max_session_duration(small(args.max_session_duration));
        let role = role.set_permissions_boundary(args.permissions_boundary.clone());
        let role = role.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        cx.call("iam:CreateRole", role.send()).await?;
        Ok(args.name.clone())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, RoleOut)>> {
        let reply = cx.call("iam:GetRole", cx.iam().get_role().role_name(id).send()).await.found()?;
        let Some(role) = reply.and_then(|reply| reply.role) else { return Ok(None) };
        let live = Role {
            assume_role_policy: document(role.assume_role_policy_document().unwrap_or_default()),
            // IAM has no way of saying that there is none.
            description: role.description().filter(|text| !text.is_empty()).map(str::to_owned),
            path: role.path().to_owned(),
            max_session_duration: role.max_session_duration.map_or(last.max_session_duration, i64::from),
            permissions_boundary: role.permissions_boundary().and_then(|b| b.permissions_boundary_arn.clone()),
            tags: tags::user(role.tags()),
            ..last.clone()
        };
        Ok(Some((live, RoleOut { arn: role.arn, unique_id: role.role_id })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if old.assume_role_policy != new.assume_role_policy {
            let policy = cx.iam().update_assume_role_policy().role_name(id);
            let policy = policy.policy_document(new.assume_role_policy.text());
            cx.call("iam:UpdateAssumeRolePolicy", policy.send()).await?;
        }
        if (&old.description, old.max_session_duration) != (&new.description, new.max_session_duration) {
            let role = cx.iam().update_role().role_name(id).max_session_duration(small(new.max_session_duration));
            let role = role.description(new.description.as_deref().unwrap_or_default());
            cx.call("iam:UpdateRole", role.send()).await?;
        }
        match &new.permissions_boundary {
            same if *same == old.permissions_boundary => {}
            Some(arn) => {
                let boundary = cx.iam().put_role_permissions_boundary().role_name(id).permissions_boundary(arn);
                cx.call("iam:PutRolePermissionsBoundary", boundary.send()).await?;
            }
            None => {
                let boundary = cx.iam().delete_role_permissions_boundary().role_name(id);
                cx.call("iam:DeleteRolePermissionsBoundary", boundary.send()).await?;
            }
        }
        let (set, remove) = (cx.iam().tag_role(), cx.iam().untag_role());
        let set = |tags| cx.call("iam:TagRole", set.role_name(id).set_tags(Some(tags::list(tags))).send());
        let remove = |names| cx.call("iam:UntagRole", remove.role_name(id).set_tag_keys(Some(names)).send());
        tags::change(&old.tags, &new.tags, set, remove).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        let role = || cx.call("iam:DeleteRole", cx.iam().delete_role().role_name(id).send());
        // What the engine put on the role is gone by now. Only when somebody else added something is there more to do.
        match role().await.found() {
            Err(error) if error.class == ErrorClass::Conflict && last.force_detach_policies => strip(cx, id).await?,
            other => return other.map(drop),
        }
        role().await.found().map(drop)
    }
}

/// Takes every policy off the role.
async fn strip(cx: &Cx<'_>, id: &str) -> Result<()> {
    let attached = cx.iam().list_attached_role_policies().role_name(id).into_paginator().items().send();
    let attached = cx.call("iam:ListAttachedRolePolicies", attached.try_collect());
    for policy in attached.await.found()?.unwrap_or_default() {
        let role = cx.iam().detach_role_policy().role_name(id).set_policy_arn(policy.policy_arn);
        cx.call("iam:DetachRolePolicy", role.send()).await.found()?;
    }
    let inline = cx.iam().list_role_policies().role_name(id).into_paginator().items().send();
    let inline = cx.call("iam:ListRolePolicies", inline.try_collect());
    for name in inline.await.found()?.unwrap_or_default() {
        let role = cx.iam().delete_role_policy().role_name(id).policy_name(name);
        cx.call("iam:DeleteRolePolicy", role.send()).await.found()?;
    }
    Ok(())
}

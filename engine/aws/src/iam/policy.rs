//! `iam.policy`: lifecycle. The id is the ARN.
//!
//! A policy cannot be changed: it gets another version, which becomes the default. IAM keeps few of them, so the oldest
//! one makes room.

use aws_sdk_iam::types::{PolicyUsageType, PolicyVersion};
use dr_core::cloud::{ErrorClass, Intent};
use dr_kinds::iam::{Policy, PolicyOut};

use super::document::document;
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

/// How many versions of a policy there can be.
const MOST_VERSIONS: usize = 5;

impl Lifecycle for Policy {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let arn = cx.arn("iam", &format!("policy{}{}", args.path, args.name));
        let policy = get(cx, &arn).await?;
        Ok(policy.filter(|policy| tags::ours(policy.tags(), intent)).map(|_| arn))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let policy = cx.iam().create_policy().policy_name(&args.name).path(&args.path);
        let policy = policy.set_description(args.description.clone()).policy_document(args.policy.text());
        let policy = policy.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        let reply = cx.call("iam:CreatePolicy", policy.send()).await?;
        let arn = reply.policy.and_then(|policy| policy.arn);
        arn.ok_or_else(|| cx.incomplete("iam:CreatePolicy", "ARN"))
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, PolicyOut)>> {
        let Some(policy) = get(cx, id).await? else { return Ok(None) };
        let version = cx.iam().get_policy_version().policy_arn(id).set_version_id(policy.default_version_id);
        let Some(version) = cx.call("iam:GetPolicyVersion", version.send()).await.found()? else { return Ok(None) };
        let text = version.policy_version.and_then(|version| version.document);
        let live = Policy {
            path: policy.path.unwrap_or_else(|| last.path.clone()),
            // IAM has no way of saying that there is none.
            description: policy.description.filter(|text| !text.is_empty()),
            policy: text.map_or_else(|| last.policy.clone(), |text| document(&text)),
            tags: tags::user(policy.tags.as_deref().unwrap_or_default()),
            ..last.clone()
        };
        Ok(Some((live, PolicyOut { arn: id.to_owned(), policy_id: policy.policy_id.unwrap_or_default() })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if old.policy != new.policy {
            let versions = versions(cx, id).await?;
            let spare = versions.iter().filter(|version| !version.is_default_version).min_by_key(|v| number(v));
            if let Some(oldest) = spare.filter(|_| versions.len() >= MOST_VERSIONS) {
                delete_version(cx, id, oldest).await?;
            }
            let version = cx.iam().create_policy_version().policy_arn(id);
            let version = version.policy_document(new.policy.text()).set_as_default(true);
            cx.call("iam:CreatePolicyVersion", version.send()).await?;
        }
        let (set, remove) = (cx.iam().tag_policy(), cx.iam().untag_policy());
        let set = |tags| cx.call("iam:TagPolicy", set.policy_arn(id).set_tags(Some(tags::list(tags))).send());
        let remove = |names| cx.call("iam:UntagPolicy", remove.policy_arn(id).set_tag_keys(Some(names)).send());
        tags::change(&old.tags, &new.tags, set, remove).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let policy = || cx.call("iam:DeletePolicy", cx.iam().delete_policy().policy_arn(id).send());
        // Only after a change, or when somebody else uses it, is there more to do.
        match policy().await.found() {
            Err(error) if error.class == ErrorClass::Conflict => strip(cx, id).await?,
            other => return other.map(drop),
        }
        policy().await.found().map(drop)
    }
}

async fn get(cx: &Cx<'_>, arn: &str) -> Result<Option<aws_sdk_iam::types::Policy>> {
    let reply = cx.call("iam:GetPolicy", cx.iam().get_policy().policy_arn(arn).send()).await.found()?;
    Ok(reply.and_then(|reply| reply.policy))
}

async fn versions(cx: &Cx<'_>, arn: &str) -> Result<Vec<PolicyVersion>> {
    let pages = cx.iam().list_policy_versions().policy_arn(arn).into_paginator().send().try_collect();
    let pages = cx.call("iam:ListPolicyVersions", pages).await.found()?.unwrap_or_default();
    Ok(pages.into_iter().flat_map(|page| page.versions.unwrap_or_default()).collect())
}

/// Versions are called `v1`, `v2` and so on, and no name comes twice.
fn number(version: &PolicyVersion) -> Option<u64> {
    version.version_id()?.strip_prefix('v')?.parse().ok()
}

async fn delete_version(cx: &Cx<'_>, arn: &str, version: &PolicyVersion) -> Result<()> {
    let policy = cx.iam().delete_policy_version().policy_arn(arn).set_version_id(version.version_id.clone());
    cx.call("iam:DeletePolicyVersion", policy.send()).await.found().map(drop)
}

/// Takes the policy off everybody who has it, and all versions but the default one off the policy. Where it limits what
/// a role or user may do it stays: without that limit they could do more.
async fn strip(cx: &Cx<'_>, arn: &str) -> Result<()> {
    let pages = cx.iam().list_entities_for_policy().policy_arn(arn);
    let pages = pages.policy_usage_filter(PolicyUsageType::PermissionsPolicy).into_paginator().send().try_collect();
    for page in cx.call("iam:ListEntitiesForPolicy", pages).await.found()?.unwrap_or_default() {
        for role in page.policy_roles.unwrap_or_default() {
            let role = cx.iam().detach_role_policy().set_role_name(role.role_name).policy_arn(arn);
            cx.call("iam:DetachRolePolicy", role.send()).await.found()?;
        }
        for user in page.policy_users.unwrap_or_default() {
            let user = cx.iam().detach_user_policy().set_user_name(user.user_name).policy_arn(arn);
            cx.call("iam:DetachUserPolicy", user.send()).await.found()?;
        }
        for group in page.policy_groups.unwrap_or_default() {
            let group = cx.iam().detach_group_policy().set_group_name(group.group_name).policy_arn(arn);
            cx.call("iam:DetachGroupPolicy", group.send()).await.found()?;
        }
    }
    for version in versions(cx, arn).await?.iter().filter(|version| !version.is_default_version) {
        delete_version(cx, arn, version).await?;
    }
    Ok(())
}

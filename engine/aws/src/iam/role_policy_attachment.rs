//! `iam.role_policy_attachment`: lifecycle. The id is the role's name, `/` and the policy's ARN.
//!
//! An attachment is there or not; whoever made it, it is the same.

use dr_core::cloud::{Intent, Settled};
use dr_core::convert::NoOutputs;
use dr_kinds::iam::RolePolicyAttachment;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};

impl Lifecycle for RolePolicyAttachment {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        Ok(attached(cx, args).await?.then(|| id(args)))
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        let role = cx.iam().attach_role_policy().role_name(&args.role).policy_arn(&args.policy_arn);
        cx.call("iam:AttachRolePolicy", role.send()).await?;
        Ok(id(args))
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        Ok(attached(cx, last).await?.then(|| (last.clone(), NoOutputs {})))
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let role = cx.iam().detach_role_policy().role_name(&last.role).policy_arn(&last.policy_arn);
        cx.call("iam:DetachRolePolicy", role.send()).await.found().map(drop)
    }

    async fn deleted(_cx: &Cx<'_>, _id: &str, _last: &Self) -> Result<Settled> {
        // IAM answers once it is done.
        Ok(Settled::Ready)
    }
}

fn id(args: &RolePolicyAttachment) -> String {
    format!("{}/{}", args.role, args.policy_arn)
}

async fn attached(cx: &Cx<'_>, args: &RolePolicyAttachment) -> Result<bool> {
    let pages = cx.iam().list_attached_role_policies().role_name(&args.role).into_paginator().items().send();
    let policies = cx.call("iam:ListAttachedRolePolicies", pages.try_collect()).await.found()?;
    let is = |arn: Option<&str>| arn == Some(args.policy_arn.as_str());
    Ok(policies.is_some_and(|policies| policies.iter().any(|policy| is(policy.policy_arn()))))
}

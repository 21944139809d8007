//! `iam.role_policy`: lifecycle. The id is the role's name, `:` and the policy's.
//!
//! What is written into a role cannot be tagged: it is this operation's if it says what it was to say.

use dr_core::cloud::Intent;
use dr_core::convert::{NoOutputs, Policy};
use dr_kinds::iam::RolePolicy;

use super::document;
use crate::cx::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};

impl Lifecycle for RolePolicy {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        let there = written(cx, args).await?;
        Ok(there.filter(|policy| *policy == args.policy).map(|_| id(args)))
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        // IAM would write over another one without a word.
        match written(&cx.looking(), args).await? {
            None => write(cx, args).await?,
            Some(policy) if policy == args.policy => {}
            Some(_) => return Err(cx.not_ours("iam:PutRolePolicy", &id(args))),
        }
        Ok(id(args))
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let policy = written(cx, last).await?;
        Ok(policy.map(|policy| (RolePolicy { policy, ..last.clone() }, NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, _id: &str, _old: &Self, new: &Self) -> Result<()> {
        write(cx, new).await
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let policy = cx.iam().delete_role_policy().role_name(&last.role).policy_name(&last.name);
        cx.call("iam:DeleteRolePolicy", policy.send()).await.found().map(drop)
    }
}

fn id(args: &RolePolicy) -> String {
    format!("{}:{}", args.role, args.name)
}

/// The policy of this name in the role, or `None`.
async fn written(cx: &Cx<'_>, args: &RolePolicy) -> Result<Option<Policy>> {
    let policy = cx.iam().get_role_policy().role_name(&args.role).policy_name(&args.name);
    let reply = cx.call("iam:GetRolePolicy", policy.send()).await.found()?;
    Ok(reply.map(|reply| document(&reply.policy_document)))
}

async fn write(cx: &Cx<'_>, args: &RolePolicy) -> Result<()> {
    let policy = cx.iam().put_role_policy().role_name(&args.role).policy_name(&args.name);
    cx.call("iam:PutRolePolicy", policy.policy_document(args.policy.text()).send()).await.map(drop)
}

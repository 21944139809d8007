//! `iam.role_policy`: lifecycle. The id is the role's name, `:` and the policy's.
//!
//! What is written into a role cannot be tagged: it is this operation's if it says what it was to say.

use dr_core::cloud::{Intent, Settled};
use dr_core::convert::NoOutputs;
use dr_kinds::iam::RolePolicy;

use super::document::document;
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, found_as_given, is_free};

impl Lifecycle for RolePolicy {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, id(args), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        // IAM would write over another one without a word.
        if is_free(cx, "iam:PutRolePolicy", &id(args), args).await? {
            write(cx, args).await?;
        }
        Ok(id(args))
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let policy = cx.iam().get_role_policy().role_name(&last.role).policy_name(&last.name);
        let policy = cx.call("iam:GetRolePolicy", policy.send()).await.found()?;
        let policy = policy.map(|reply| document(&reply.policy_document));
        Ok(policy.map(|policy| (RolePolicy { policy, ..last.clone() }, NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, _id: &str, _old: &Self, new: &Self) -> Result<()> {
        write(cx, new).await
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let policy = cx.iam().delete_role_policy().role_name(&last.role).policy_name(&last.name);
        cx.call("iam:DeleteRolePolicy", policy.send()).await.found().map(drop)
    }

    async fn deleted(_cx: &Cx<'_>, _id: &str, _last: &Self) -> Result<Settled> {
        // IAM answers once it is done.
        Ok(Settled::Ready)
    }
}

fn id(args: &RolePolicy) -> String {
    format!("{}:{}", args.role, args.name)
}

async fn write(cx: &Cx<'_>, args: &RolePolicy) -> Result<()> {
    let policy = cx.iam().put_role_policy().role_name(&args.role).policy_name(&args.name);
    cx.call("iam:PutRolePolicy", policy.policy_document(args.policy.text()).send()).await.map(drop)
}

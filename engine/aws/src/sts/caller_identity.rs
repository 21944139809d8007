//! `sts.caller_identity`: look-up.

use dr_kinds::sts::{CallerIdentity, CallerIdentityOut};

use crate::connect::Cx;
use crate::lifecycle::{LookUp, Result};

impl LookUp for CallerIdentity {
    async fn look_up(cx: &Cx<'_>, _args: &Self) -> Result<CallerIdentityOut> {
        const CALL: &str = "sts:GetCallerIdentity";
        let reply = cx.call(CALL, cx.sts().get_caller_identity().send()).await?;
        Ok(CallerIdentityOut {
            account_id: reply.account.ok_or_else(|| cx.incomplete(CALL, "account"))?,
            arn: reply.arn.ok_or_else(|| cx.incomplete(CALL, "ARN"))?,
            user_id: reply.user_id.ok_or_else(|| cx.incomplete(CALL, "user"))?,
        })
    }
}

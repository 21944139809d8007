//! How many zones and health checks the account takes, and has.

use aws_sdk_route53::types::AccountLimitType;
use dr_core::online::{Objection, Quota, Wishes};

use crate::connect::Cx;
use crate::lifecycle::Result;

/// Whether what a plan makes is more than the account takes.
pub(super) async fn quota(cx: &Cx<'_>, wishes: &Wishes, limit: AccountLimitType, what: &str) -> Result<Vec<Objection>> {
    let reply = cx.call("route53:GetAccountLimit", cx.route53().get_account_limit().r#type(limit).send()).await?;
    let count = |number: i64| usize::try_from(number).unwrap_or_default();
    let Some(most) = reply.limit.map(|limit| count(limit.value)) else { return Ok(Vec::new()) };
    Ok(wishes.beyond(Quota { most, used: count(reply.count) }, what).into_iter().collect())
}

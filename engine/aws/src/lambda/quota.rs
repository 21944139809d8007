//! How much concurrency of the account is left to be reserved.

use dr_core::online::{Objection, Wishes};

use crate::connect::Cx;
use crate::lifecycle::Result;

/// What Lambda keeps for functions that reserve nothing.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html>
const KEPT: i64 = 100;

/// Whether functions reserve more than is left.
pub(super) async fn reservations(cx: &Cx<'_>, wishes: &Wishes) -> Result<Vec<Objection>> {
    let reserved = |wish: &usize| wishes.made.get(*wish)?.number("reserved_concurrent_executions");
    let numbers: Vec<usize> = (0..wishes.made.len()).filter(|wish| reserved(wish).is_some_and(|n| n > 0)).collect();
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let settings = cx.call("lambda:GetAccountSettings", cx.lambda().get_account_settings().send()).await?;
    let Some(unreserved) = settings.account_limit().and_then(|limit| limit.unreserved_concurrent_executions()) else {
        return Ok(Vec::new());
    };
    let left = (i64::from(unreserved) - KEPT).max(0);
    let mut sum = 0;
    let first_over = numbers.iter().find(|wish| {
        sum += reserved(wish).unwrap_or_default();
        sum > left
    });
    let all: i64 = numbers.iter().filter_map(reserved).sum();
    Ok(first_over
        .map(|wish| Objection {
            wish: *wish,
            check: "O01",
            argument: "reserved_concurrent_executions",
            message: format!(
                "the account has {left} concurrent executions left to reserve in {}; this plan reserves {all}",
                cx.region()
            ),
            help: vec![format!(
                "reserve less, or ask AWS for a higher quota; {KEPT} are always kept for functions that reserve nothing"
            )],
            may_pass: wishes.deleted > 0,
        })
        .into_iter()
        .collect())
}

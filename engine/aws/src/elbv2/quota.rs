//! How many load balancers the account takes in a region, and has.

use aws_sdk_elasticloadbalancingv2::types::Limit;
use dr_core::online::{Objection, Quota, Wishes};

use crate::connect::Cx;
use crate::lifecycle::Result;

/// The quotas by what counts against them: type of load balancer, name of the quota, words.
const QUOTAS: &[(&str, &str, &str)] = &[
    ("application", "application-load-balancers", "application load balancers"),
    ("network", "network-load-balancers", "network load balancers"),
];

/// Whether the load balancers of a plan are more than the account takes.
pub(super) async fn of_balancers(cx: &Cx<'_>, wishes: &Wishes) -> Result<Vec<Objection>> {
    let limits = cx.call("elasticloadbalancing:DescribeAccountLimits", cx.elbv2().describe_account_limits().send());
    let limits = limits.await?;
    let there = cx.elbv2().describe_load_balancers().into_paginator().items().send();
    let there = cx.call("elasticloadbalancing:DescribeLoadBalancers", there.try_collect()).await?;
    let mut found = Vec::new();
    for (kind, quota, what) in QUOTAS {
        let named = |limit: &&Limit| limit.name() == Some(quota);
        let most = limits.limits().iter().find(named).and_then(|limit| limit.max()?.parse().ok());
        let Some(most) = most else { continue };
        let (numbers, made): (Vec<usize>, Vec<_>) =
            wishes.made.iter().cloned().enumerate().filter(|(_, wish)| wish.text("type") == Some(kind)).unzip();
        let used = there.iter().filter(|balancer| balancer.r#type().is_some_and(|t| t.as_str() == *kind)).count();
        let objection = Wishes { made, ..wishes.clone() }.beyond(Quota { most, used }, what);
        found.extend(objection.and_then(|o| Some(Objection { wish: *numbers.get(o.wish)?, ..o })));
    }
    Ok(found)
}

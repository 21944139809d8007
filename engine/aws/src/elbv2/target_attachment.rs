//! `elbv2.target_attachment`: lifecycle. The id is group, target and port, joined with slashes.
//!
//! To register a target that is registered changes nothing. A target that goes is still listed while it finishes its
//! requests; nothing depends on that, so it counts as gone.

use aws_sdk_elasticloadbalancingv2::types::{TargetDescription, TargetHealthReasonEnum, TargetHealthStateEnum};
use dr_core::cloud::Intent;
use dr_core::convert::NoOutputs;
use dr_kinds::elbv2::TargetAttachment;

use crate::connect::small;
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};

impl Lifecycle for TargetAttachment {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        Ok(is_there(cx, args).await?.then(|| id(args)))
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        let group = cx.elbv2().register_targets().target_group_arn(&args.target_group_arn).targets(target(args));
        cx.call("elasticloadbalancing:RegisterTargets", group.send()).await?;
        Ok(id(args))
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        Ok(is_there(cx, last).await?.then(|| (last.clone(), NoOutputs {})))
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let group = cx.elbv2().deregister_targets().target_group_arn(&last.target_group_arn).targets(target(last));
        cx.call("elasticloadbalancing:DeregisterTargets", group.send()).await.found().map(drop)
    }
}

fn id(args: &TargetAttachment) -> String {
    let port = args.port.map(|port| format!("/{port}")).unwrap_or_default();
    format!("{}/{}{port}", args.target_group_arn, args.target_id)
}

fn target(args: &TargetAttachment) -> TargetDescription {
    TargetDescription::builder().id(&args.target_id).set_port(args.port.map(small)).build()
}

/// Whether it is a target. One that is not can be asked for all the same.
async fn is_there(cx: &Cx<'_>, args: &TargetAttachment) -> Result<bool> {
    let group = cx.elbv2().describe_target_health().target_group_arn(&args.target_group_arn).targets(target(args));
    let reply = cx.call("elasticloadbalancing:DescribeTargetHealth", group.send()).await.found()?;
    let all = reply.and_then(|reply| reply.target_health_descriptions).unwrap_or_default();
    let health = all.iter().find(|one| one.target().and_then(|target| target.id()) == Some(&args.target_id));
    Ok(health.and_then(|one| one.target_health()).is_some_and(|health| {
        let going = [TargetHealthReasonEnum::NotRegistered, TargetHealthReasonEnum::DeregistrationInProgress];
        health.state() != Some(&TargetHealthStateEnum::Draining)
            && health.reason().is_none_or(|reason| !going.contains(reason))
    }))
}

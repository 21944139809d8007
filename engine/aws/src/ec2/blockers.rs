//! What is in the way of a deletion.

use aws_sdk_ec2::types::{NetworkInterface, NetworkInterfaceStatus};
use dr_core::cloud::ErrorClass;

use super::tagging::filter;
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// How the description begins that Lambda gives to the interfaces of functions.
const OF_LAMBDA: &str = "AWS Lambda VPC ENI";

/// What a deletion answered, made clearer where something is in the way: which network interfaces are in
/// it, by the name of the filter that says so (`subnet-id`, `group-id`, `vpc-id`).
///
/// Lambda takes its interfaces away some time after the function is gone; those that nothing uses any more are deleted
/// here, so that the next attempt need not wait for that.
pub(super) async fn named_blockers(cx: &Cx<'_>, answer: Result<()>, (by, id): (&str, &str)) -> Result<()> {
    let mut error = match answer {
        Err(error) if error.class == ErrorClass::Conflict => error,
        other => return other,
    };
    let cx = cx.looking();
    let all = cx.ec2().describe_network_interfaces().filters(filter(by, id)).into_paginator().items().send();
    let mut names = Vec::new();
    for interface in cx.call("ec2:DescribeNetworkInterfaces", all.try_collect()).await? {
        // A server that does not filter lists those of others, too.
        if !is_in(&interface, by, id) {
            continue;
        }
        let (Some(id), about) = (interface.network_interface_id(), interface.description().unwrap_or_default()) else {
            continue;
        };
        if about.starts_with(OF_LAMBDA) && interface.status() == Some(&NetworkInterfaceStatus::Available) {
            let idle = cx.ec2().delete_network_interface().network_interface_id(id).send();
            cx.call("ec2:DeleteNetworkInterface", idle).await.found()?;
        } else {
            names.push(if about.is_empty() { id.to_owned() } else { format!("{id} ({about})") });
        }
    }
    if !names.is_empty() {
        error.message = format!("{} In the way: {}.", error.message, names.join(", "));
    }
    Err(error)
}

fn is_in(interface: &NetworkInterface, by: &str, id: &str) -> bool {
    let told = |told: Option<&str>| told.is_none_or(|told| told == id);
    match by {
        "subnet-id" => told(interface.subnet_id()),
        "vpc-id" => told(interface.vpc_id()),
        _ => interface.groups.is_none() || interface.groups().iter().any(|group| told(group.group_id())),
    }
}

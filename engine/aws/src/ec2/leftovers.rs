//! Leftovers of EC2: network interfaces that services delete late.

use std::time::Duration;

use aws_sdk_ec2::types::NetworkInterface;
use dr_core::leftover::{Leftover, LeftoverDeparture, Trail};

use super::tagging::filter;
use crate::connect::{CallPhase, Connection};
use crate::leftover_look::LeftoverLook;
use crate::lifecycle::Result;

/// How long Lambda takes at worst to take an interface of a deleted function away.
const SLOWEST: Duration = Duration::from_secs(45 * 60);

/// What this service is asked for.
pub(crate) const LEFTOVERS: &[LeftoverLook] = &[LeftoverLook {
    what: "network interfaces",
    is_global: false,
    ask: |connection, region, trail| Box::pin(interfaces(connection, region, trail)),
}];

/// Services say in the description what an interface is for: `AWS Lambda VPC ENI-worker-pr-7-…`, `ELB app/entry-pr-7/…`.
async fn interfaces(connection: &Connection, region: &str, trail: &Trail<'_>) -> Result<Vec<Leftover>> {
    let wanted = filter("description", &format!("*{}*", trail.sought.environment));
    let pages = connection.clients.ec2(region).describe_network_interfaces().filters(wanted);
    let pages = pages.into_paginator().items().send();
    let all: Vec<NetworkInterface> =
        connection.call("ec2:DescribeNetworkInterfaces", CallPhase::Look, pages.try_collect()).await?;
    let found = all.iter().filter_map(|interface| {
        let id = interface.network_interface_id()?;
        let told = trail.of_text(Some(region), interface.description()?)?;
        let left = Leftover::new("network interface", Some(region), id, told);
        // What a service has made, it takes away.
        Some(if interface.requester_managed() == Some(true) {
            left.going(LeftoverDeparture::within(SLOWEST))
        } else {
            left
        })
    });
    Ok(found.collect())
}

//! Amazon Elastic Compute Cloud and its networks.
//!
//! Almost nothing here has a name, and few creations take a token: what an operation made is found by its `dr:op` tag,
//! which is given with the creation. Reads may lag behind by seconds.

crate::lifecycle::service! {
    ec2 {
        eip::Eip,
        flow_log::FlowLog,
        internet_gateway::InternetGateway,
        nat_gateway::NatGateway,
        route::Route,
        route_table::RouteTable,
        route_table_association::RouteTableAssociation,
        security_group::SecurityGroup,
        security_group_rule::SecurityGroupRule,
        subnet::Subnet,
        vpc::Vpc,
        vpc_endpoint::VpcEndpoint,
        vpc_peering::VpcPeering,
        vpc_peering_accepter::VpcPeeringAccepter,
    }
    look_ups { availability_zones::AvailabilityZones, region::Region }
}

crate::tags::tag_type!(optional aws_sdk_ec2::types::Tag);

mod gone;
#[cfg(test)]
mod tests;

pub(crate) use gone::without_gone;

use std::net::IpAddr;

use aws_sdk_ec2::types::{Filter, NetworkInterfaceStatus, ResourceType, Tag, TagSpecification, UnsuccessfulItem};
use dr_core::cloud::{ErrorClass, Intent, tag};
use dr_core::convert::Tags;

use crate::cx::{Cx, MayBeGone as _};
use crate::lifecycle::Result;
use crate::tags;

/// How the description begins that Lambda gives to the interfaces of functions.
const OF_LAMBDA: &str = "AWS Lambda VPC ENI";

/// A condition of a listing.
fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// The condition that this operation made it.
fn made_by(intent: &Intent) -> Filter {
    filter(&format!("tag:{}", tag::OPERATION), &intent.op)
}

/// The tags that something of this type is made with.
fn tagged(what: ResourceType, user: &Tags, intent: &Intent) -> TagSpecification {
    TagSpecification::builder().resource_type(what).set_tags(Some(tags::list(tags::given(user, intent)))).build()
}

/// Turns the tags of anything into others. From none to `tags::given(..)`, it tags what could not be tagged when it was
/// made.
async fn retag(cx: &Cx<'_>, id: &str, old: &Tags, new: &Tags) -> Result<()> {
    let (set, remove) = (cx.ec2().create_tags().resources(id), cx.ec2().delete_tags().resources(id));
    let set = |tags| cx.call("ec2:CreateTags", set.set_tags(Some(tags::list(tags))).send());
    // A tag without a value is removed whatever its value is.
    let bare = |name| Tag::builder().key(name).build();
    let remove = |names: Vec<String>| {
        cx.call("ec2:DeleteTags", remove.set_tags(Some(names.into_iter().map(bare).collect())).send())
    };
    tags::change(old, new, set, remove).await
}

/// What a reply that is about several items says of those that were refused.
fn all_successful(cx: &Cx<'_>, call: &str, unsuccessful: &[UnsuccessfulItem]) -> Result<()> {
    match unsuccessful.iter().find_map(|item| item.error()) {
        Some(error) => Err(cx.refused(call, error.code().unwrap_or_default(), error.message().unwrap_or_default())),
        None => Ok(()),
    }
}

/// What a deletion answered, made clearer where something is in the way: which network interfaces fit the condition.
///
/// Lambda takes its interfaces away some time after the function is gone; those that nothing uses any more are deleted
/// here, so that the next attempt need not wait for that.
async fn named_blockers(cx: &Cx<'_>, answer: Result<()>, which: Filter) -> Result<()> {
    let mut error = match answer {
        Err(error) if error.class == ErrorClass::Conflict => error,
        other => return other,
    };
    let cx = cx.looking();
    let all = cx.ec2().describe_network_interfaces().filters(which).into_paginator().items().send();
    let mut names = Vec::new();
    for interface in cx.call("ec2:DescribeNetworkInterfaces", all.try_collect()).await? {
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

/// A network as it was given, where what is reported is the same one: EC2 has one way of writing it.
fn as_given(given: &str, reported: &str) -> String {
    if is_same_network(given, reported) { given.to_owned() } else { reported.to_owned() }
}

/// Whether two texts name the same network: bits that do not belong to it and the way of writing it do not count.
fn is_same_network(a: &str, b: &str) -> bool {
    a == b || network(a).is_some_and(|a| network(b) == Some(a))
}

/// The bits of a network and how many there are of how many.
fn network(cidr: &str) -> Option<(u128, u32, u32)> {
    let (address, length) = cidr.split_once('/')?;
    let length: u32 = length.parse().ok()?;
    let (bits, all) = match address.parse().ok()? {
        IpAddr::V4(address) => (u128::from(u32::from(address)), u32::BITS),
        IpAddr::V6(address) => (u128::from(address), u128::BITS),
    };
    let rest = all.checked_sub(length)?;
    Some((bits.checked_shr(rest).unwrap_or(0), length, all))
}

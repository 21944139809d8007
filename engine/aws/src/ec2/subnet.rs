//! `ec2.subnet`: lifecycle. Each switch is a call of its own.

use aws_sdk_ec2::operation::modify_subnet_attribute::builders::ModifySubnetAttributeFluentBuilder as Change;
use aws_sdk_ec2::types::{
    AttributeBooleanValue, ResourceType, Subnet as Found, SubnetCidrBlockStateCode, SubnetIpv6CidrBlockAssociation,
    SubnetState,
};
use dr_core::cloud::{Intent, Settled};
use dr_kinds::ec2::{Subnet, SubnetOut};

use super::blockers::named_blockers;
use super::network::as_given;
use super::tagging::{made_by, retag, tagged};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, asked_for};
use crate::tags;

impl Lifecycle for Subnet {
    async fn find(cx: &Cx<'_>, _args: &Self, intent: &Intent) -> Result<Option<String>> {
        let subnets = cx.ec2().describe_subnets().filters(made_by(intent));
        let subnets = cx.call("ec2:DescribeSubnets", subnets.send()).await?.subnets.unwrap_or_default();
        let ours = subnets.into_iter().find(|subnet| tags::ours(subnet.tags(), intent));
        Ok(ours.and_then(|subnet| subnet.subnet_id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let subnet = cx.ec2().create_subnet().vpc_id(&args.vpc_id).cidr_block(&args.cidr_block);
        let subnet = subnet.set_availability_zone(args.availability_zone.clone());
        let subnet = subnet.set_availability_zone_id(args.availability_zone_id.clone());
        let subnet = subnet.set_ipv6_cidr_block(args.ipv6_cidr_block.clone());
        let subnet = subnet.tag_specifications(tagged(ResourceType::Subnet, &args.tags, intent));
        let reply = cx.call("ec2:CreateSubnet", subnet.send()).await?;
        reply.subnet.and_then(|subnet| subnet.subnet_id).ok_or_else(|| cx.incomplete("ec2:CreateSubnet", "id"))
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        // What a new subnet has.
        let new = Subnet {
            map_public_ip_on_launch: false,
            assign_ipv6_address_on_creation: false,
            enable_dns64: false,
            ..args.clone()
        };
        switch(cx, id, &new, args).await
    }

    async fn settle(cx: &Cx<'_>, id: &str, _args: &Self) -> Result<Settled> {
        let subnet = described(cx, id).await?;
        // One that tells no state is ready.
        let there = subnet.is_some_and(|subnet| subnet.state().is_none_or(|state| *state == SubnetState::Available));
        Ok(if there { Settled::Ready } else { Settled::Wait(None) })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, SubnetOut)>> {
        let Some(subnet) = described(cx, id).await? else { return Ok(None) };
        let six = subnet.ipv6_cidr_block_association_set().iter().find(|block| is_there(block));
        let six = six.and_then(|block| block.ipv6_cidr_block());
        let live = Subnet {
            ipv6_cidr_block: six.map(|block| as_given(last.ipv6_cidr_block.as_deref().unwrap_or_default(), block)),
            cidr_block: as_given(&last.cidr_block, subnet.cidr_block().unwrap_or_default()),
            map_public_ip_on_launch: subnet.map_public_ip_on_launch.unwrap_or_default(),
            assign_ipv6_address_on_creation: subnet.assign_ipv6_address_on_creation.unwrap_or_default(),
            enable_dns64: subnet.enable_dns64.unwrap_or_default(),
            tags: tags::user(subnet.tags()),
            vpc_id: subnet.vpc_id.unwrap_or_default(),
            availability_zone: subnet.availability_zone,
            availability_zone_id: subnet.availability_zone_id,
        };
        Ok(Some((live, SubnetOut { arn: cx.arn("ec2", &format!("subnet/{id}")) })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        switch(cx, id, old, new).await?;
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let answer = cx.call("ec2:DeleteSubnet", cx.ec2().delete_subnet().subnet_id(id).send()).await;
        named_blockers(cx, answer.found().map(drop), ("subnet-id", id)).await
    }
}

async fn described(cx: &Cx<'_>, id: &str) -> Result<Option<Found>> {
    let reply = cx.call("ec2:DescribeSubnets", cx.ec2().describe_subnets().subnet_ids(id).send()).await.found()?;
    Ok(reply.and_then(|reply| asked_for(id, reply.subnets, |one| one.subnet_id())))
}

fn is_there(block: &SubnetIpv6CidrBlockAssociation) -> bool {
    use SubnetCidrBlockStateCode::{Associated, Associating};
    matches!(block.ipv6_cidr_block_state().and_then(|state| state.state()), Some(Associated | Associating))
}

/// Turns the switches.
async fn switch(cx: &Cx<'_>, id: &str, old: &Subnet, new: &Subnet) -> Result<()> {
    type Switch = fn(Change, AttributeBooleanValue) -> Change;
    let switches: [(bool, bool, Switch); 3] = [
        (old.map_public_ip_on_launch, new.map_public_ip_on_launch, Change::map_public_ip_on_launch),
        (
            old.assign_ipv6_address_on_creation,
            new.assign_ipv6_address_on_creation,
            Change::assign_ipv6_address_on_creation,
        ),
        (old.enable_dns64, new.enable_dns64, Change::enable_dns64),
    ];
    for (_, on, set) in switches.into_iter().filter(|(was, on, _)| was != on) {
        let value = AttributeBooleanValue::builder().value(on).build();
        let subnet = set(cx.ec2().modify_subnet_attribute().subnet_id(id), value);
        cx.call("ec2:ModifySubnetAttribute", subnet.send()).await?;
    }
    Ok(())
}

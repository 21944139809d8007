//! `ec2.vpc`: lifecycle.
//!
//! The two switches of names are calls of their own, one switch each; names for instances need names at all, so that
//! the order of the calls depends on the direction.

use aws_sdk_ec2::types::{AttributeBooleanValue, ResourceType, RouteTable, Tenancy, Vpc as Found, VpcAttributeName};
use aws_sdk_ec2::types::{VpcCidrBlockStateCode as State, VpcIpv6CidrBlockAssociation, VpcState};
use dr_core::cloud::{Intent, Settled};
use dr_kinds::ec2::{Vpc, VpcOut};

use super::blockers::named_blockers;
use super::network::as_given;
use super::tagging::{filter, made_by, retag, tagged};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, asked_for};
use crate::tags;

impl Lifecycle for Vpc {
    async fn find(cx: &Cx<'_>, _args: &Self, intent: &Intent) -> Result<Option<String>> {
        let vpcs = cx.call("ec2:DescribeVpcs", cx.ec2().describe_vpcs().filters(made_by(intent)).send()).await?;
        let ours = vpcs.vpcs.unwrap_or_default().into_iter().find(|vpc| tags::ours(vpc.tags(), intent));
        Ok(ours.and_then(|vpc| vpc.vpc_id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let vpc = cx.ec2().create_vpc().cidr_block(&args.cidr_block);
        let vpc = vpc.instance_tenancy(Tenancy::from(args.instance_tenancy.as_str()));
        let six = args.assign_generated_ipv6_cidr_block;
        let vpc = vpc.set_amazon_provided_ipv6_cidr_block(six.then_some(true));
        let vpc = vpc.tag_specifications(tagged(ResourceType::Vpc, &args.tags, intent));
        let reply = cx.call("ec2:CreateVpc", vpc.send()).await?;
        reply.vpc.and_then(|vpc| vpc.vpc_id).ok_or_else(|| cx.incomplete("ec2:CreateVpc", "id"))
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        // What a new network has.
        let new = Vpc { enable_dns_support: true, enable_dns_hostnames: false, ..args.clone() };
        switch(cx, id, &new, args).await
    }

    async fn settle(cx: &Cx<'_>, id: &str, args: &Self) -> Result<Settled> {
        let Some(vpc) = described(cx, id).await? else { return Ok(Settled::Wait(None)) };
        // One that tells no state is ready.
        let there = vpc.state().is_none_or(|state| *state == VpcState::Available);
        let six = ipv6(&vpc).map(|block| block.ipv6_cidr_block_state().and_then(|state| state.state()));
        let six = match six {
            Some(Some(State::Failed | State::Failing)) => {
                return Ok(Settled::Failed("the network was given no IPv6 addresses".into()));
            }
            Some(state) => args.assign_generated_ipv6_cidr_block && state == Some(&State::Associated),
            None => !args.assign_generated_ipv6_cidr_block,
        };
        Ok(if there && six { Settled::Ready } else { Settled::Wait(None) })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, VpcOut)>> {
        let Some(vpc) = described(cx, id).await? else { return Ok(None) };
        let Some(support) = is_on(cx, id, VpcAttributeName::EnableDnsSupport).await? else { return Ok(None) };
        let Some(hostnames) = is_on(cx, id, VpcAttributeName::EnableDnsHostnames).await? else { return Ok(None) };
        let of_vpc = filter("vpc-id", id);
        let tables =
            cx.ec2().describe_route_tables().filters(of_vpc.clone()).filters(filter("association.main", "true"));
        let tables = cx.call("ec2:DescribeRouteTables", tables.send()).await?;
        // What is listed although it was not asked for is another network's.
        let told = |told: Option<&str>, asked: &str| told.is_none_or(|told| told == asked);
        let mut tables = tables.route_tables.unwrap_or_default().into_iter().filter(|table| told(table.vpc_id(), id));
        let main = tables.find(is_main).and_then(|table| table.route_table_id);
        let groups = cx.ec2().describe_security_groups().filters(of_vpc).filters(filter("group-name", "default"));
        let groups = cx.call("ec2:DescribeSecurityGroups", groups.send()).await?;
        let mut groups = groups.security_groups.unwrap_or_default().into_iter();
        let group = groups.find(|group| told(group.vpc_id(), id) && told(group.group_name(), "default"));
        let group = group.and_then(|group| group.group_id);
        let six = ipv6(&vpc).and_then(|block| block.ipv6_cidr_block());
        let outputs = VpcOut {
            arn: cx.arn("ec2", &format!("vpc/{id}")),
            main_route_table_id: main.unwrap_or_default(),
            default_security_group_id: group.unwrap_or_default(),
            ipv6_cidr_block: six.unwrap_or_default().to_owned(),
        };
        let live = Vpc {
            cidr_block: as_given(&last.cidr_block, vpc.cidr_block().unwrap_or_default()),
            instance_tenancy: vpc.instance_tenancy().map_or("default", Tenancy::as_str).to_owned(),
            enable_dns_support: support,
            enable_dns_hostnames: hostnames,
            assign_generated_ipv6_cidr_block: six.is_some(),
            tags: tags::user(vpc.tags()),
        };
        Ok(Some((live, outputs)))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        switch(cx, id, old, new).await?;
        if old.assign_generated_ipv6_cidr_block != new.assign_generated_ipv6_cidr_block {
            // Asked for, so that a repeated change does nothing twice.
            let block = described(cx, id).await?.as_ref().and_then(ipv6).cloned();
            match (new.assign_generated_ipv6_cidr_block, block) {
                (true, None) => {
                    let block = cx.ec2().associate_vpc_cidr_block().vpc_id(id).amazon_provided_ipv6_cidr_block(true);
                    cx.call("ec2:AssociateVpcCidrBlock", block.send()).await?;
                }
                (false, Some(block)) if !is_going(&block) => {
                    let block = cx.ec2().disassociate_vpc_cidr_block().set_association_id(block.association_id);
                    cx.call("ec2:DisassociateVpcCidrBlock", block.send()).await.map(drop)?;
                }
                _ => {}
            }
        }
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let answer = cx.call("ec2:DeleteVpc", cx.ec2().delete_vpc().vpc_id(id).send()).await;
        named_blockers(cx, answer.found().map(drop), ("vpc-id", id)).await
    }
}

async fn described(cx: &Cx<'_>, id: &str) -> Result<Option<Found>> {
    let reply = cx.call("ec2:DescribeVpcs", cx.ec2().describe_vpcs().vpc_ids(id).send()).await.found()?;
    Ok(reply.and_then(|reply| asked_for(id, reply.vpcs, |one| one.vpc_id())))
}

fn is_main(table: &RouteTable) -> bool {
    let mut at = table.associations().iter();
    table.associations().is_empty() || at.any(|at| at.main() == Some(true))
}

/// The IPv6 addresses that the network has, or gets, or still has for a moment.
fn ipv6(vpc: &Found) -> Option<&VpcIpv6CidrBlockAssociation> {
    let gone = |block: &&VpcIpv6CidrBlockAssociation| {
        block.ipv6_cidr_block_state().and_then(|state| state.state()) != Some(&State::Disassociated)
    };
    vpc.ipv6_cidr_block_association_set().iter().find(gone)
}

fn is_going(block: &VpcIpv6CidrBlockAssociation) -> bool {
    block.ipv6_cidr_block_state().and_then(|state| state.state()) == Some(&State::Disassociating)
}

async fn is_on(cx: &Cx<'_>, id: &str, switch: VpcAttributeName) -> Result<Option<bool>> {
    let attribute = cx.ec2().describe_vpc_attribute().vpc_id(id).attribute(switch);
    let Some(reply) = cx.call("ec2:DescribeVpcAttribute", attribute.send()).await.found()? else { return Ok(None) };
    // The one that was asked for is there.
    let value = reply.enable_dns_support.or(reply.enable_dns_hostnames);
    Ok(Some(value.and_then(|value| value.value).unwrap_or_default()))
}

/// Turns the switches of names.
async fn switch(cx: &Cx<'_>, id: &str, old: &Vpc, new: &Vpc) -> Result<()> {
    let attribute = || cx.ec2().modify_vpc_attribute().vpc_id(id);
    let value = |on: bool| AttributeBooleanValue::builder().value(on).build();
    let support = old.enable_dns_support != new.enable_dns_support;
    let hostnames = old.enable_dns_hostnames != new.enable_dns_hostnames;
    if support && new.enable_dns_support {
        cx.call("ec2:ModifyVpcAttribute", attribute().enable_dns_support(value(true)).send()).await?;
    }
    if hostnames {
        let hostnames = attribute().enable_dns_hostnames(value(new.enable_dns_hostnames));
        cx.call("ec2:ModifyVpcAttribute", hostnames.send()).await?;
    }
    if support && !new.enable_dns_support {
        cx.call("ec2:ModifyVpcAttribute", attribute().enable_dns_support(value(false)).send()).await?;
    }
    Ok(())
}

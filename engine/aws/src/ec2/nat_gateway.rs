//! `ec2.nat_gateway`: lifecycle.
//!
//! One that is deleted, or that could not be made, stays listed for an hour with its tags: both count as gone.

use aws_sdk_ec2::types::{
    ConnectivityType, NatGateway as Found, NatGatewayAddress, NatGatewayState as State, ResourceType,
};
use dr_core::cloud::{Intent, Settled};
use dr_kinds::ec2::{NatGateway, NatGatewayOut};

use super::tagging::{made_by, retag, tagged};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, asked_for};
use crate::tags;

impl Lifecycle for NatGateway {
    async fn find(cx: &Cx<'_>, _args: &Self, intent: &Intent) -> Result<Option<String>> {
        let pages = cx.ec2().describe_nat_gateways().filter(made_by(intent)).into_paginator().items().send();
        let gateways: Vec<Found> = cx.call("ec2:DescribeNatGateways", pages.try_collect()).await?;
        let ours = gateways.into_iter().find(|gateway| is_there(gateway) && tags::ours(gateway.tags(), intent));
        Ok(ours.and_then(|gateway| gateway.nat_gateway_id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let gateway = cx.ec2().create_nat_gateway().client_token(&*intent.op).subnet_id(&args.subnet_id);
        let gateway = gateway.connectivity_type(ConnectivityType::from(args.connectivity_type.as_str()));
        let gateway = gateway.set_allocation_id(args.allocation_id.clone());
        let gateway = gateway.set_private_ip_address(args.private_ip_address.clone());
        let gateway = gateway.tag_specifications(tagged(ResourceType::Natgateway, &args.tags, intent));
        let reply = cx.call("ec2:CreateNatGateway", gateway.send()).await?;
        let id = reply.nat_gateway.and_then(|gateway| gateway.nat_gateway_id);
        id.ok_or_else(|| cx.incomplete("ec2:CreateNatGateway", "id"))
    }

    async fn settle(cx: &Cx<'_>, id: &str, _args: &Self) -> Result<Settled> {
        let Some(gateway) = described(cx, id).await? else { return Ok(Settled::Wait(None)) };
        Ok(match gateway.state() {
            // One that tells no state is ready.
            None | Some(State::Available) => Settled::Ready,
            Some(State::Failed) => Settled::Failed(failure(&gateway)),
            Some(state @ (State::Deleting | State::Deleted)) => Settled::Failed(format!("it is {}", state.as_str())),
            _ => Settled::Wait(None),
        })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, NatGatewayOut)>> {
        let Some(gateway) = described(cx, id).await?.filter(is_there) else { return Ok(None) };
        // One that tells no address has none that others could use.
        let address = address(&gateway).cloned().unwrap_or_else(|| NatGatewayAddress::builder().build());
        let connectivity = gateway.connectivity_type().map(|kind| kind.as_str().to_owned());
        let live = NatGateway {
            tags: tags::user(gateway.tags()),
            subnet_id: gateway.subnet_id.unwrap_or_default(),
            allocation_id: address.allocation_id.or_else(|| last.allocation_id.clone()),
            connectivity_type: connectivity.unwrap_or_else(|| last.connectivity_type.clone()),
            private_ip_address: address.private_ip.or_else(|| last.private_ip_address.clone()),
        };
        let outputs = NatGatewayOut {
            network_interface_id: address.network_interface_id.unwrap_or_default(),
            public_ip: address.public_ip.unwrap_or_default(),
        };
        Ok(Some((live, outputs)))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let gateway = cx.ec2().delete_nat_gateway().nat_gateway_id(id);
        cx.call("ec2:DeleteNatGateway", gateway.send()).await.found().map(drop)
    }
}

async fn described(cx: &Cx<'_>, id: &str) -> Result<Option<Found>> {
    let gateways = cx.ec2().describe_nat_gateways().nat_gateway_ids(id).send();
    let reply = cx.call("ec2:DescribeNatGateways", gateways).await.found()?;
    Ok(reply.and_then(|reply| asked_for(id, reply.nat_gateways, |one| one.nat_gateway_id())))
}

/// Whether a gateway is more than an entry in a list.
fn is_there(gateway: &Found) -> bool {
    !matches!(gateway.state(), Some(State::Deleted | State::Failed))
}

/// The address that it was made with; others may have been added since.
fn address(gateway: &Found) -> Option<&NatGatewayAddress> {
    let all = gateway.nat_gateway_addresses();
    all.iter().find(|address| address.is_primary == Some(true)).or_else(|| all.first())
}

/// Why it could not be made.
fn failure(gateway: &Found) -> String {
    let why = gateway.failure_message().unwrap_or("EC2 does not say why");
    match gateway.failure_code() {
        Some("Gateway.NotAttached") => format!("{why}: let it depend on the internet gateway of its network"),
        Some(code) => format!("{code}: {why}"),
        None => why.to_owned(),
    }
}

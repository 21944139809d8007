//! `ec2.vpc_peering`: lifecycle, as the side that asks. The id is the connection's id, the same on both sides.
//!
//! A connection that was refused, has failed or was not accepted in time cannot be deleted; EC2 forgets it after some
//! time, and it counts as gone. So does one that was deleted, although it stays listed.

use aws_sdk_ec2::types::{ResourceType, VpcPeeringConnection as Found, VpcPeeringConnectionStateReasonCode as Status};
use dr_core::cloud::{Intent, Settled, tag};
use dr_kinds::ec2::{VpcPeering, VpcPeeringOut};

use super::tagging::{made_by, retag, tagged};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, asked_for};
use crate::tags::{self, Reported as _};

const CREATE: &str = "ec2:CreateVpcPeeringConnection";

impl Lifecycle for VpcPeering {
    async fn find(cx: &Cx<'_>, _args: &Self, intent: &Intent) -> Result<Option<String>> {
        let peerings = cx.ec2().describe_vpc_peering_connections().filters(made_by(intent));
        let peerings = peerings.into_paginator().items().send().try_collect();
        let peerings = cx.call("ec2:DescribeVpcPeeringConnections", peerings).await?;
        let ours = peerings.into_iter().find(|peering| alive(peering) && tags::ours(peering.tags(), intent));
        Ok(ours.and_then(|peering| peering.vpc_peering_connection_id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let peering = cx.ec2().create_vpc_peering_connection().vpc_id(&args.vpc_id).peer_vpc_id(&args.peer_vpc_id);
        let peering = peering.set_peer_region(args.peer_region.clone()).set_peer_owner_id(args.peer_owner_id.clone());
        let peering = peering.tag_specifications(tagged(ResourceType::VpcPeeringConnection, &args.tags, intent));
        let reply = cx.call(CREATE, peering.send()).await?;
        let peering = reply.vpc_peering_connection.ok_or_else(|| cx.incomplete(CREATE, "connection"))?;
        // For two VPCs that are connected already, EC2 may answer with that connection.
        if peering.tags().tags().contains_key(tag::OPERATION) && !tags::ours(peering.tags(), intent) {
            return Err(cx.not_ours(CREATE, peering.vpc_peering_connection_id().unwrap_or("the connection")));
        }
        peering.vpc_peering_connection_id.ok_or_else(|| cx.incomplete(CREATE, "id"))
    }

    async fn settle(cx: &Cx<'_>, id: &str, _args: &Self) -> Result<Settled> {
        let Some(peering) = describe(cx, id).await? else { return Ok(Settled::Wait(None)) };
        Ok(match status(&peering) {
            // The other side accepts it by its own resource.
            // One that tells no status is ready.
            Some(Status::PendingAcceptance | Status::Active) | None => Settled::Ready,
            Some(Status::InitiatingRequest | Status::Provisioning) => Settled::Wait(None),
            Some(other) => Settled::Failed(failure(&peering, other)),
        })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, VpcPeeringOut)>> {
        let Some(peering) = describe(cx, id).await?.filter(alive) else { return Ok(None) };
        let tags = tags::user(peering.tags());
        let (own, peer) = (peering.requester_vpc_info.as_ref(), peering.accepter_vpc_info.as_ref());
        let said = |text: Option<&str>, last: &String| text.map_or_else(|| last.clone(), str::to_owned);
        let live = VpcPeering {
            vpc_id: said(own.and_then(|own| own.vpc_id()), &last.vpc_id),
            peer_vpc_id: said(peer.and_then(|peer| peer.vpc_id()), &last.peer_vpc_id),
            peer_region: peer.and_then(|peer| peer.region.clone()).or_else(|| last.peer_region.clone()),
            peer_owner_id: peer.and_then(|peer| peer.owner_id.clone()).or_else(|| last.peer_owner_id.clone()),
            tags,
        };
        Ok(Some((live, VpcPeeringOut { arn: cx.arn("ec2", &format!("vpc-peering-connection/{id}")) })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let peering = cx.ec2().delete_vpc_peering_connection().vpc_peering_connection_id(id).send();
        cx.call("ec2:DeleteVpcPeeringConnection", peering).await.found().map(drop)
    }
}

/// The connection as one side sees it, also one that has come to its end.
pub(super) async fn describe(cx: &Cx<'_>, id: &str) -> Result<Option<Found>> {
    let peerings = cx.ec2().describe_vpc_peering_connections().vpc_peering_connection_ids(id).send();
    let reply = cx.call("ec2:DescribeVpcPeeringConnections", peerings).await.found()?;
    Ok(reply.and_then(|reply| asked_for(id, reply.vpc_peering_connections, |one| one.vpc_peering_connection_id())))
}

pub(super) fn status(peering: &Found) -> Option<&Status> {
    peering.status().and_then(|status| status.code())
}

/// Why a connection has come to its end.
pub(super) fn failure(peering: &Found, status: &Status) -> String {
    let why = peering.status().and_then(|status| status.message()).filter(|text| !text.is_empty());
    format!("it is {}: {}", status.as_str(), why.unwrap_or("EC2 does not say why; the addresses must not overlap"))
}

/// Whether it can still be deleted, or is being deleted.
fn alive(peering: &Found) -> bool {
    !matches!(status(peering), Some(Status::Deleted | Status::Expired | Status::Failed | Status::Rejected))
}

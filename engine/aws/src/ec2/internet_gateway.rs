//! `ec2.internet_gateway`: lifecycle. It is made, then attached; detached, then deleted.

use aws_sdk_ec2::types::{Filter, InternetGateway as Found, ResourceType};
use dr_core::cloud::{ErrorClass, Intent};
use dr_core::convert::NoOutputs;
use dr_kinds::ec2::InternetGateway;

use super::tagging::{filter, made_by, retag, tagged};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, asked_for};
use crate::tags;

impl Lifecycle for InternetGateway {
    async fn find(cx: &Cx<'_>, _args: &Self, intent: &Intent) -> Result<Option<String>> {
        let gateways = listed(cx, made_by(intent)).await?;
        let ours = gateways.into_iter().find(|gateway| tags::ours(gateway.tags(), intent));
        Ok(ours.and_then(|gateway| gateway.internet_gateway_id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        // That a network has a gateway already would be said only when a second one is there and is to be attached.
        let there = listed(cx, filter("attachment.vpc-id", &args.vpc_id)).await?;
        // What is listed although it was not asked for is another network's.
        if let Some(gateway) = there.into_iter().find(|gateway| network(gateway) == Some(args.vpc_id.as_str())) {
            let ours = tags::ours(gateway.tags(), intent);
            let what = format!("a gateway of {}", args.vpc_id);
            let id = gateway.internet_gateway_id.filter(|_| ours);
            return id.ok_or_else(|| cx.not_ours("ec2:CreateInternetGateway", &what));
        }
        let gateway = cx.ec2().create_internet_gateway();
        let gateway = gateway.tag_specifications(tagged(ResourceType::InternetGateway, &args.tags, intent));
        let reply = cx.call("ec2:CreateInternetGateway", gateway.send()).await?;
        let id = reply.internet_gateway.and_then(|gateway| gateway.internet_gateway_id);
        id.ok_or_else(|| cx.incomplete("ec2:CreateInternetGateway", "id"))
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        let gateway = cx.ec2().attach_internet_gateway().internet_gateway_id(id).vpc_id(&args.vpc_id);
        match cx.call("ec2:AttachInternetGateway", gateway.send()).await {
            // It may be attached to this very network.
            Err(error) if error.class == ErrorClass::Exists => {
                let gateway = described(cx, id).await?;
                let here = gateway.is_some_and(|gateway| network(&gateway) == Some(&args.vpc_id));
                if here { Ok(()) } else { Err(error) }
            }
            other => other.map(drop),
        }
    }

    async fn read(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let Some(gateway) = described(cx, id).await? else { return Ok(None) };
        let vpc_id = network(&gateway).unwrap_or_default().to_owned();
        Ok(Some((InternetGateway { vpc_id, tags: tags::user(gateway.tags()) }, NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        if !last.vpc_id.is_empty() {
            let gateway = cx.ec2().detach_internet_gateway().internet_gateway_id(id).vpc_id(&last.vpc_id);
            cx.call("ec2:DetachInternetGateway", gateway.send()).await.found()?;
        }
        let gateway = cx.ec2().delete_internet_gateway().internet_gateway_id(id);
        cx.call("ec2:DeleteInternetGateway", gateway.send()).await.found().map(drop)
    }
}

async fn listed(cx: &Cx<'_>, which: Filter) -> Result<Vec<Found>> {
    let gateways = cx.ec2().describe_internet_gateways().filters(which).send();
    Ok(cx.call("ec2:DescribeInternetGateways", gateways).await?.internet_gateways.unwrap_or_default())
}

async fn described(cx: &Cx<'_>, id: &str) -> Result<Option<Found>> {
    let gateways = cx.ec2().describe_internet_gateways().internet_gateway_ids(id).send();
    let reply = cx.call("ec2:DescribeInternetGateways", gateways).await.found()?;
    Ok(reply.and_then(|reply| asked_for(id, reply.internet_gateways, |one| one.internet_gateway_id())))
}

/// The network that a gateway is attached to.
fn network(gateway: &Found) -> Option<&str> {
    let going = |state: &str| state.starts_with("detach");
    let there = gateway.attachments().iter().find(|at| !at.state().is_some_and(|state| going(state.as_str())));
    there.and_then(|at| at.vpc_id())
}

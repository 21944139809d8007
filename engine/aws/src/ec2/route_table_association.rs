//! `ec2.route_table_association`: lifecycle. The id is the subnet's or the gateway's.
//!
//! An association has no tags: the subnet's, with the same table, counts as this operation's.

use aws_sdk_ec2::types::{RouteTableAssociation as Found, RouteTableAssociationStateCode as State};
use dr_core::cloud::{Intent, Settled};
use dr_kinds::ec2::{RouteTableAssociation, RouteTableAssociationOut};

use super::tagging::filter;
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, found_as_given};

impl Lifecycle for RouteTableAssociation {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, id(args), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        associate(cx, args).await?;
        Ok(id(args))
    }

    async fn settle(cx: &Cx<'_>, _id: &str, args: &Self) -> Result<Settled> {
        let Some(found) = described(cx, args).await? else { return Ok(Settled::Wait(None)) };
        let state = found.association_state();
        Ok(match state.and_then(|state| state.state()) {
            Some(State::Failed) => {
                let why = state.and_then(|state| state.status_message()).unwrap_or("EC2 does not say why");
                Settled::Failed(why.to_owned())
            }
            Some(State::Associating) => Settled::Wait(None),
            _ if found.route_table_id() != Some(&args.route_table_id) => Settled::Wait(None),
            _ => Settled::Ready,
        })
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, RouteTableAssociationOut)>> {
        let Some(found) = described(cx, last).await? else { return Ok(None) };
        let live = RouteTableAssociation {
            route_table_id: found.route_table_id.unwrap_or_default(),
            subnet_id: found.subnet_id,
            gateway_id: found.gateway_id,
        };
        let association_id = found.route_table_association_id.unwrap_or_default();
        Ok(Some((live, RouteTableAssociationOut { association_id })))
    }

    async fn update(cx: &Cx<'_>, _id: &str, _old: &Self, new: &Self) -> Result<()> {
        let Some(found) = described(cx, new).await? else { return associate(cx, new).await };
        if found.route_table_id() == Some(&new.route_table_id) {
            return Ok(());
        }
        let association = cx.ec2().replace_route_table_association().route_table_id(&new.route_table_id);
        let association = association.set_association_id(found.route_table_association_id);
        cx.call("ec2:ReplaceRouteTableAssociation", association.send()).await.map(drop)
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let Some(found) = described(cx, last).await? else { return Ok(()) };
        let association = cx.ec2().disassociate_route_table().set_association_id(found.route_table_association_id);
        cx.call("ec2:DisassociateRouteTable", association.send()).await.found().map(drop)
    }
}

fn id(args: &RouteTableAssociation) -> String {
    args.subnet_id.iter().chain(&args.gateway_id).map(String::as_str).collect()
}

async fn associate(cx: &Cx<'_>, args: &RouteTableAssociation) -> Result<()> {
    let association = cx.ec2().associate_route_table().route_table_id(&args.route_table_id);
    let association = association.set_subnet_id(args.subnet_id.clone()).set_gateway_id(args.gateway_id.clone());
    cx.call("ec2:AssociateRouteTable", association.send()).await.map(drop)
}

/// The association of the subnet or gateway with whatever table; the main table's is nobody's.
async fn described(cx: &Cx<'_>, args: &RouteTableAssociation) -> Result<Option<Found>> {
    let of = match (&args.subnet_id, &args.gateway_id) {
        (Some(subnet), _) => filter("association.subnet-id", subnet),
        (None, gateway) => filter("association.gateway-id", gateway.as_deref().unwrap_or_default()),
    };
    let tables = cx.call("ec2:DescribeRouteTables", cx.ec2().describe_route_tables().filters(of).send()).await?;
    let associations = tables.route_tables.unwrap_or_default().into_iter().flat_map(|table| table.associations);
    let mut associations = associations.flatten();
    Ok(associations.find(|found| {
        let state = found.association_state().and_then(|state| state.state());
        let there = !matches!(state, Some(State::Disassociated | State::Disassociating));
        there && found.subnet_id == args.subnet_id && found.gateway_id == args.gateway_id
    }))
}

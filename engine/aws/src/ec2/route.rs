//! `ec2.route`: lifecycle. The id is the table's with the destination.
//!
//! A route has no tags: one with the same destination and the same target counts as this operation's.

use aws_sdk_ec2::types::Route as Found;
use dr_core::cloud::Intent;
use dr_core::convert::NoOutputs;
use dr_kinds::ec2::Route;

use super::network::is_same_network;
use super::route_table;
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, found_as_given};

/// How the id of an endpoint begins. EC2 reports one where it reports gateways.
const ENDPOINT: &str = "vpce-";

impl Lifecycle for Route {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, id(args), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        let route = cx.ec2().create_route().route_table_id(&args.route_table_id);
        let route = route.set_destination_cidr_block(args.destination_cidr_block.clone());
        let route = route.set_destination_ipv6_cidr_block(args.destination_ipv6_cidr_block.clone());
        let route = route.set_destination_prefix_list_id(args.destination_prefix_list_id.clone());
        let route = route.set_gateway_id(args.gateway_id.clone()).set_nat_gateway_id(args.nat_gateway_id.clone());
        let route = route.set_vpc_peering_connection_id(args.vpc_peering_connection_id.clone());
        let route = route.set_vpc_endpoint_id(args.vpc_endpoint_id.clone());
        let route = route.set_transit_gateway_id(args.transit_gateway_id.clone());
        let route = route.set_network_interface_id(args.network_interface_id.clone());
        cx.call("ec2:CreateRoute", route.send()).await?;
        Ok(id(args))
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let route = described(cx, last).await?;
        Ok(route.map(|route| (target(&route, last), NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, _id: &str, _old: &Self, new: &Self) -> Result<()> {
        let route = cx.ec2().replace_route().route_table_id(&new.route_table_id);
        let route = route.set_destination_cidr_block(new.destination_cidr_block.clone());
        let route = route.set_destination_ipv6_cidr_block(new.destination_ipv6_cidr_block.clone());
        let route = route.set_destination_prefix_list_id(new.destination_prefix_list_id.clone());
        let route = route.set_gateway_id(new.gateway_id.clone()).set_nat_gateway_id(new.nat_gateway_id.clone());
        let route = route.set_vpc_peering_connection_id(new.vpc_peering_connection_id.clone());
        let route = route.set_vpc_endpoint_id(new.vpc_endpoint_id.clone());
        let route = route.set_transit_gateway_id(new.transit_gateway_id.clone());
        let route = route.set_network_interface_id(new.network_interface_id.clone());
        cx.call("ec2:ReplaceRoute", route.send()).await.map(drop)
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let route = cx.ec2().delete_route().route_table_id(&last.route_table_id);
        let route = route.set_destination_cidr_block(last.destination_cidr_block.clone());
        let route = route.set_destination_ipv6_cidr_block(last.destination_ipv6_cidr_block.clone());
        let route = route.set_destination_prefix_list_id(last.destination_prefix_list_id.clone());
        cx.call("ec2:DeleteRoute", route.send()).await.found().map(drop)
    }
}

fn id(args: &Route) -> String {
    let destinations =
        [&args.destination_cidr_block, &args.destination_ipv6_cidr_block, &args.destination_prefix_list_id];
    let destination: String = destinations.into_iter().flatten().map(String::as_str).collect();
    format!("{}_{destination}", args.route_table_id)
}

/// The table's route to the destination.
async fn described(cx: &Cx<'_>, args: &Route) -> Result<Option<Found>> {
    let table = route_table::described(cx, &args.route_table_id).await?;
    let same = |given: &Option<String>, found: Option<&str>| match (given, found) {
        (Some(given), Some(found)) => is_same_network(given, found),
        (given, found) => given.is_none() && found.is_none(),
    };
    let routes = table.and_then(|table| table.routes).unwrap_or_default();
    Ok(routes.into_iter().find(|route| {
        same(&args.destination_cidr_block, route.destination_cidr_block())
            && same(&args.destination_ipv6_cidr_block, route.destination_ipv6_cidr_block())
            && same(&args.destination_prefix_list_id, route.destination_prefix_list_id())
    }))
}

/// The arguments with the target that a route has.
fn target(route: &Found, args: &Route) -> Route {
    let (endpoint, gateway) = match route.gateway_id.clone() {
        Some(id) if id.starts_with(ENDPOINT) => (Some(id), None),
        other => (None, other),
    };
    Route {
        gateway_id: gateway,
        nat_gateway_id: route.nat_gateway_id.clone(),
        vpc_peering_connection_id: route.vpc_peering_connection_id.clone(),
        vpc_endpoint_id: endpoint,
        transit_gateway_id: route.transit_gateway_id.clone(),
        network_interface_id: route.network_interface_id.clone(),
        ..args.clone()
    }
}

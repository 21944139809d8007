//! Leftovers of Route 53: records in zones of others.

use aws_sdk_route53::types::{HostedZone, RrType};
use dr_core::leftover::{Leftover, Trail, bears};

use super::names::plain;
use crate::connect::{CallPhase, Connection};
use crate::leftover_look::LeftoverLook;
use crate::lifecycle::Result;

/// What this service is asked for.
pub(crate) const LEFTOVERS: &[LeftoverLook] = &[LeftoverLook {
    what: "records in zones of others, by the suffix",
    is_global: true,
    ask: |connection, region, trail| Box::pin(records(connection, region, trail)),
}];

async fn records(connection: &Connection, region: &str, trail: &Trail<'_>) -> Result<Vec<Leftover>> {
    let client = connection.clients.route53(region);
    let pages = client.list_hosted_zones().into_paginator().items().send();
    let zones: Vec<HostedZone> =
        connection.call("route53:ListHostedZones", CallPhase::Look, pages.try_collect()).await?;
    let mut left = Vec::new();
    for zone in &zones {
        let (mut name, mut kind, mut set) = (None, None, None);
        loop {
            let asked = client.list_resource_record_sets().hosted_zone_id(zone.id());
            let asked = asked.set_start_record_name(name).set_start_record_type(kind).set_start_record_identifier(set);
            let page = connection.call("route53:ListResourceRecordSets", CallPhase::Look, asked.send()).await?;
            for record in page.resource_record_sets() {
                // What every zone has goes with it.
                let is_apex = plain(record.name()) == plain(zone.name());
                if is_apex && matches!(record.r#type(), RrType::Ns | RrType::Soa) {
                    continue;
                }
                let name = plain(record.name());
                let told = Some(&*name).filter(|name| bears(name, trail.sought.environment));
                let Some(told) = told.and_then(|name| trail.of_name(None, name)) else { continue };
                let (kind, zone) = (record.r#type().as_str(), zone.id().trim_start_matches("/hostedzone/"));
                left.push(Leftover::new("record", None, &format!("{name} {kind} in {zone}"), told));
            }
            if !page.is_truncated() {
                break;
            }
            (name, kind, set) = (page.next_record_name, page.next_record_type, page.next_record_identifier);
        }
    }
    Ok(left)
}

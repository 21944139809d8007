//! Zones by their name.

use aws_sdk_route53::types::HostedZone;

use super::names::plain;
use crate::connect::Cx;
use crate::lifecycle::Result;

/// The zones of this name, public and private.
pub(super) async fn zones_named(cx: &Cx<'_>, name: &str) -> Result<Vec<HostedZone>> {
    let name = plain(name);
    let mut found = Vec::new();
    let (mut next_name, mut next_id) = (Some(name.clone()), None);
    // The list is in the order of names, and begins with the wanted one.
    while next_name.as_deref().is_some_and(|next| plain(next) == name) {
        let page = cx.route53().list_hosted_zones_by_name().set_dns_name(next_name).set_hosted_zone_id(next_id);
        let page = cx.call("route53:ListHostedZonesByName", page.send()).await?;
        found.extend(page.hosted_zones.into_iter().filter(|zone| plain(&zone.name) == name));
        (next_name, next_id) = (page.next_dns_name.filter(|_| page.is_truncated), page.next_hosted_zone_id);
    }
    Ok(found)
}

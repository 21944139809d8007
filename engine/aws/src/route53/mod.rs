//! Amazon Route 53.
//!
//! Zones and health checks cannot be tagged when they are made: the operation is their caller reference, and that is
//! what they are found by. Changes are accepted at once and answered everywhere within a minute; nothing waits for that.
//! The service takes few calls, and one change of a zone at a time; it refuses others for the moment.

crate::lifecycle::service! {
    route53 { health_check::HealthCheck, record::Record, zone::Zone }
    look_ups { zone_by_name::ZoneByName }
}

crate::tags::tag_type!(optional aws_sdk_route53::types::Tag);

#[cfg(test)]
mod tests;

use aws_sdk_route53::types::{HostedZone, Tag, TagResourceType};
use dr_core::convert::Tags;

use crate::cx::{Cx, MayBeGone as _};
use crate::lifecycle::Result;
use crate::tags;

/// How many tags one call sets or removes at most.
const TAGS_AT_ONCE: usize = 10;

/// An id without what the service puts before it: `/hostedzone/Z1`.
fn bare(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// A name without the dot at its end.
fn undotted(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// The one form of a name: lower case, without the dot at its end, every character as itself and not as `\052`.
fn plain(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut rest = undotted(name);
    while let Some(next) = rest.chars().next() {
        let escaped = rest.get(1..4).filter(|_| next == '\\').and_then(|code| u8::from_str_radix(code, 8).ok());
        text.push(escaped.map_or(next, char::from));
        rest = &rest[if escaped.is_some() { 4 } else { next.len_utf8() }..];
    }
    text.to_lowercase()
}

/// What is reported of a name: as it was, where only the way of writing differs.
fn reported(name: &str, last: &str) -> String {
    if plain(name) == plain(last) { last.to_owned() } else { plain(name) }
}

/// The zones of this name, public and private.
async fn zones_named(cx: &Cx<'_>, name: &str) -> Result<Vec<HostedZone>> {
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

/// The tags of a zone or health check, or `None` when it is gone.
async fn tags_of(cx: &Cx<'_>, what: TagResourceType, id: &str) -> Result<Option<Vec<Tag>>> {
    let tagged = cx.route53().list_tags_for_resource().resource_type(what).resource_id(id);
    let reply = cx.call("route53:ListTagsForResource", tagged.send()).await.found()?;
    Ok(reply.map(|reply| reply.resource_tag_set.and_then(|set| set.tags).unwrap_or_default()))
}

/// Turns the tags of a zone or health check into others.
async fn retag(cx: &Cx<'_>, what: TagResourceType, id: &str, old: &Tags, new: &Tags) -> Result<()> {
    let changes = tags::changes(old, new);
    let change = || cx.route53().change_tags_for_resource().resource_type(what.clone()).resource_id(id);
    let set: Vec<Tag> = changes.set.map(tags::list).unwrap_or_default();
    for some in set.chunks(TAGS_AT_ONCE) {
        let tags = change().set_add_tags(Some(some.to_vec()));
        cx.call("route53:ChangeTagsForResource", tags.send()).await?;
    }
    for some in changes.remove.unwrap_or_default().chunks(TAGS_AT_ONCE) {
        let tags = change().set_remove_tag_keys(Some(some.to_vec()));
        cx.call("route53:ChangeTagsForResource", tags.send()).await?;
    }
    Ok(())
}

//! Record sets: what they say, as arguments and as Route 53 has them.

use aws_sdk_route53::types::{
    AliasTarget, GeoLocation, ResourceRecord, ResourceRecordSet, ResourceRecordSetFailover, ResourceRecordSetRegion,
    RrType,
};
use dr_core::cloud::{CloudError, ErrorClass};
use dr_kinds::route53::{DnsRecord, RecordAlias, RecordGeolocation};

use super::changes::CALL;
use super::names::{plain, reported};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// How many record sets of one name and type are looked through.
const SAME_NAME: i32 = 100;

/// The id of a record.
pub(super) fn id(args: &DnsRecord) -> String {
    let parts = [&args.zone_id, &plain(&args.name), &args.r#type, &args.set_identifier];
    parts.map(String::as_str).into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

/// The record set of this zone, name, type and set identifier.
pub(super) async fn live(cx: &Cx<'_>, args: &DnsRecord) -> Result<Option<ResourceRecordSet>> {
    let zone = cx.route53().list_resource_record_sets().hosted_zone_id(&args.zone_id);
    let zone = zone.start_record_name(plain(&args.name)).start_record_type(RrType::from(args.r#type.as_str()));
    let identifier = Some(&args.set_identifier).filter(|identifier| !identifier.is_empty());
    // The list begins with the wanted one, if there is such; few have the same name and type.
    let most = if identifier.is_some() { SAME_NAME } else { 1 };
    let zone = zone.set_start_record_identifier(identifier.cloned()).max_items(most);
    let reply = cx.call("route53:ListResourceRecordSets", zone.send()).await.found()?;
    let sets = reply.map(|reply| reply.resource_record_sets).unwrap_or_default();
    Ok(sets.into_iter().find(|set| is_of(set, args)))
}

/// All record sets of a zone that have this name.
pub(super) async fn named(cx: &Cx<'_>, zone: &str, name: &str) -> Result<Vec<ResourceRecordSet>> {
    let name = plain(name);
    let (mut found, mut next) = (Vec::new(), (Some(name.clone()), None, None));
    while next.0.as_deref().is_some_and(|next| plain(next) == name) {
        let page = cx.route53().list_resource_record_sets().hosted_zone_id(zone).max_items(SAME_NAME);
        let page = page.set_start_record_name(next.0).set_start_record_type(next.1);
        let page = page.set_start_record_identifier(next.2);
        let Some(page) = cx.call("route53:ListResourceRecordSets", page.send()).await.found()? else { break };
        // The list goes on with the names after this one.
        found.extend(page.resource_record_sets.into_iter().filter(|set| plain(&set.name) == name));
        let more = page.next_record_name.filter(|_| page.is_truncated);
        next = (more, page.next_record_type, page.next_record_identifier);
    }
    Ok(found)
}

/// Whether a record set is the one that the arguments are about, whatever it says.
pub(super) fn is_of(set: &ResourceRecordSet, args: &DnsRecord) -> bool {
    let identifier = |text: Option<&str>| text.unwrap_or_default() == args.set_identifier;
    plain(&set.name) == plain(&args.name) && set.r#type.as_str() == args.r#type && identifier(set.set_identifier())
}

/// What a record set says; what only is written differently stays as it was.
pub(super) fn record(set: &ResourceRecordSet, last: &DnsRecord) -> DnsRecord {
    let alias = set.alias_target().map(|target| RecordAlias {
        name: reported(&target.dns_name, last.alias.as_ref().map_or("", |alias| &alias.name)),
        zone_id: target.hosted_zone_id.clone(),
        evaluate_target_health: target.evaluate_target_health,
    });
    let geolocation = set.geo_location().map(|location| RecordGeolocation {
        continent_code: location.continent_code.clone(),
        country_code: location.country_code.clone(),
        subdivision_code: location.subdivision_code.clone(),
    });
    DnsRecord {
        ttl: set.ttl,
        records: set.resource_records().iter().map(|record| record.value.clone()).collect(),
        alias,
        failover: set.failover().map(|failover| failover.as_str().to_owned()),
        weight: set.weight,
        latency_region: set.region().map(|region| region.as_str().to_owned()),
        geolocation,
        multi_value_answer: set.multi_value_answer.unwrap_or_default(),
        health_check_id: set.health_check_id.clone(),
        ..last.clone()
    }
}

/// The record set that says what the arguments say.
pub(super) fn set(cx: &Cx<'_>, args: &DnsRecord) -> Result<ResourceRecordSet> {
    let set = ResourceRecordSet::builder().name(plain(&args.name)).r#type(RrType::from(args.r#type.as_str()));
    let set = set.set_set_identifier(Some(args.set_identifier.clone()).filter(|identifier| !identifier.is_empty()));
    let set = set.set_ttl(args.ttl).set_weight(args.weight).set_health_check_id(args.health_check_id.clone());
    let set = set.set_failover(args.failover.as_deref().map(ResourceRecordSetFailover::from));
    let set = set.set_region(args.latency_region.as_deref().map(ResourceRecordSetRegion::from));
    let set = set.set_multi_value_answer(args.multi_value_answer.then_some(true));
    let set = set.set_geo_location(args.geolocation.as_ref().map(|location| {
        let place = GeoLocation::builder().set_continent_code(location.continent_code.clone());
        let place = place.set_country_code(location.country_code.clone());
        place.set_subdivision_code(location.subdivision_code.clone()).build()
    }));
    let values = args.records.iter().map(|value| ResourceRecord::builder().value(value).build());
    let values: std::result::Result<Vec<_>, _> = values.collect();
    let alias = args.alias.as_ref().map(|alias| {
        let target = AliasTarget::builder().dns_name(&alias.name).hosted_zone_id(&alias.zone_id);
        target.evaluate_target_health(alias.evaluate_target_health).build()
    });
    let set = values.and_then(|values| {
        let set = set.set_resource_records(Some(values).filter(|values| !values.is_empty()));
        set.set_alias_target(alias.transpose()?).build()
    });
    // Everything that a record set must have is given.
    set.map_err(|error| CloudError::new(ErrorClass::Invalid, CALL, "NotSent", format!("{}: {error}", cx.address())))
}

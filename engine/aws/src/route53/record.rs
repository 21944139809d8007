//! `route53.record`: lifecycle. The id is zone, name, type and set identifier, joined with slashes.
//!
//! A record is made with `CREATE`, which is refused when there is one: `UPSERT` would silently take over what somebody
//! else made. It is this operation's if it says what it was to say. Only its exact live value can be deleted, so it is
//! read before; whatever it says by then, it goes.

use aws_sdk_route53::types::{
    AliasTarget, ChangeAction, GeoLocation, ResourceRecord, ResourceRecordSet, ResourceRecordSetFailover,
    ResourceRecordSetRegion, RrType,
};
use dr_core::cloud::{CloudError, ErrorClass, Intent};
use dr_kinds::route53::{DnsRecord, DnsRecordOut, RecordAlias, RecordGeolocation};

use super::changes::change;
use super::names::{plain, reported};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, found_as_given};

impl Lifecycle for DnsRecord {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, id(args), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        change(cx, &args.zone_id, ChangeAction::Create, vec![set(cx, args)?]).await?;
        Ok(id(args))
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, DnsRecordOut)>> {
        Ok(live(cx, last).await?.map(|live| (record(&live, last), DnsRecordOut { fqdn: plain(&last.name) })))
    }

    async fn update(cx: &Cx<'_>, _id: &str, _old: &Self, new: &Self) -> Result<()> {
        change(cx, &new.zone_id, ChangeAction::Upsert, vec![set(cx, new)?]).await
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let Some(live) = live(cx, last).await? else { return Ok(()) };
        change(cx, &last.zone_id, ChangeAction::Delete, vec![live]).await.found().map(drop)
    }
}

/// How many record sets of one name and type are looked through.
const SAME_NAME: i32 = 100;

fn id(args: &DnsRecord) -> String {
    let parts = [&args.zone_id, &plain(&args.name), &args.r#type, &args.set_identifier];
    parts.map(String::as_str).into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

/// The record set of this zone, name, type and set identifier.
async fn live(cx: &Cx<'_>, args: &DnsRecord) -> Result<Option<ResourceRecordSet>> {
    let name = plain(&args.name);
    let identifier = Some(&args.set_identifier).filter(|identifier| !identifier.is_empty());
    let zone = cx.route53().list_resource_record_sets().hosted_zone_id(&args.zone_id).start_record_name(&name);
    let zone = zone.start_record_type(RrType::from(args.r#type.as_str()));
    // The list begins with the wanted one, if there is such; few have the same name and type.
    let most = if identifier.is_some() { SAME_NAME } else { 1 };
    let zone = zone.set_start_record_identifier(identifier.cloned()).max_items(most);
    let reply = cx.call("route53:ListResourceRecordSets", zone.send()).await.found()?;
    let mut sets = reply.map(|reply| reply.resource_record_sets).unwrap_or_default().into_iter();
    Ok(sets.find(|set| {
        plain(&set.name) == name
            && set.r#type.as_str() == args.r#type
            && set.set_identifier.as_ref().filter(|identifier| !identifier.is_empty()) == identifier
    }))
}

/// What a record set says; what only is written differently stays as it was.
fn record(set: &ResourceRecordSet, last: &DnsRecord) -> DnsRecord {
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
fn set(cx: &Cx<'_>, args: &DnsRecord) -> Result<ResourceRecordSet> {
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
    set.map_err(|error| {
        CloudError::new(
            ErrorClass::Invalid,
            "route53:ChangeResourceRecordSets",
            "NotSent",
            format!("{}: {error}", cx.address()),
        )
    })
}

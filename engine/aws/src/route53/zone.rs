//! `route53.zone`: lifecycle. The id is the zone's, without the path before it.
//!
//! Any number of zones may have one name: the caller reference tells which is this operation's. A zone with records
//! cannot be deleted: those that are left by then are somebody else's, and go first.

use aws_sdk_route53::types::{
    AccountLimitType, ChangeAction, HostedZoneConfig, ResourceRecordSet, RrType, TagResourceType, Vpc, VpcRegion,
};
use dr_core::cloud::{CloudError, ErrorClass, Intent};
use dr_core::convert::Tags;
use dr_core::online::{Objection, Wishes};
use dr_kinds::route53::{Zone, ZoneOut, ZoneVpc};

use super::changes::change;
use super::listing::zones_named;
use super::names::{bare, plain, reported};
use super::quota::quota;
use super::tagging::{retag, tags_of};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

const TYPE: TagResourceType = TagResourceType::Hostedzone;

impl Lifecycle for Zone {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let zones = zones_named(cx, &args.name).await?;
        Ok(zones.iter().find(|zone| *zone.caller_reference == *intent.op).map(|zone| bare(&zone.id).to_owned()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let config = HostedZoneConfig::builder().comment(&args.comment).private_zone(!args.vpcs.is_empty()).build();
        let zone = cx.route53().create_hosted_zone().name(&args.name).caller_reference(&*intent.op);
        let zone = zone.hosted_zone_config(config).set_delegation_set_id(args.delegation_set_id.clone());
        let zone = zone.set_vpc(args.vpcs.first().map(vpc));
        let reply = cx.call("route53:CreateHostedZone", zone.send()).await?;
        let zone = reply.hosted_zone.ok_or_else(|| cx.incomplete("route53:CreateHostedZone", "zone"))?;
        Ok(bare(&zone.id).to_owned())
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, intent: &Intent) -> Result<()> {
        if args.vpcs.len() > 1 {
            associate(cx, id, &args.vpcs).await?;
        }
        retag(cx, TYPE, id, &Tags::new(), &tags::given(&args.tags, intent)).await
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, ZoneOut)>> {
        let reply = cx.call("route53:GetHostedZone", cx.route53().get_hosted_zone().id(id).send()).await.found()?;
        let Some(reply) = reply else { return Ok(None) };
        let zone = reply.hosted_zone.ok_or_else(|| cx.incomplete("route53:GetHostedZone", "zone"))?;
        let Some(tagged) = tags_of(cx, TYPE, id).await? else { return Ok(None) };
        let set = reply.delegation_set;
        let mut servers: Vec<String> = set.iter().flat_map(|set| set.name_servers()).map(|s| plain(s)).collect();
        servers.sort();
        let live = Zone {
            name: reported(&zone.name, &last.name),
            comment: zone.config.and_then(|config| config.comment).unwrap_or_default(),
            vpcs: reply.vpcs.unwrap_or_default().iter().filter_map(zone_vpc).collect(),
            // Only a set that can be used again has an id.
            delegation_set_id: set.and_then(|set| set.id).filter(|id| !id.is_empty()).map(|id| bare(&id).to_owned()),
            tags: tags::user(&*tagged),
            ..last.clone()
        };
        let outputs = ZoneOut { arn: cx.arn("route53", &format!("hostedzone/{id}")), name_servers: servers };
        Ok(Some((live, outputs)))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if old.vpcs.is_empty() != new.vpcs.is_empty() {
            let why =
                format!("{}: a zone cannot turn from public to private or back; give it another name", cx.address());
            return Err(CloudError::new(
                ErrorClass::Invalid,
                "route53:AssociateVPCWithHostedZone",
                "BadArguments",
                why,
            ));
        }
        if old.comment != new.comment {
            let zone = cx.route53().update_hosted_zone_comment().id(id).comment(&new.comment);
            cx.call("route53:UpdateHostedZoneComment", zone.send()).await?;
        }
        if old.vpcs != new.vpcs {
            associate(cx, id, &new.vpcs).await?;
        }
        retag(cx, TYPE, id, &old.tags, &new.tags).await
    }

    async fn objections(cx: &Cx<'_>, wishes: &Wishes) -> Result<Vec<Objection>> {
        quota(cx, wishes, AccountLimitType::MaxHostedZonesByOwner, "hosted zones").await
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        let zone = || cx.call("route53:DeleteHostedZone", cx.route53().delete_hosted_zone().id(id).send());
        // The engine's own records are gone by now; only what somebody else added is in the way.
        match zone().await.found() {
            Err(error) if error.class == ErrorClass::Conflict && last.force_destroy => empty(cx, id).await?,
            other => return other.map(drop),
        }
        zone().await.found().map(drop)
    }
}

fn vpc(vpc: &ZoneVpc) -> Vpc {
    Vpc::builder().vpc_id(&vpc.vpc_id).vpc_region(VpcRegion::from(vpc.vpc_region.as_str())).build()
}

fn zone_vpc(vpc: &Vpc) -> Option<ZoneVpc> {
    Some(ZoneVpc { vpc_id: vpc.vpc_id()?.to_owned(), vpc_region: vpc.vpc_region()?.as_str().to_owned() })
}

/// Makes the zone answer these VPCs and no others. It must never be without any, so new ones come first.
async fn associate(cx: &Cx<'_>, id: &str, wanted: &[ZoneVpc]) -> Result<()> {
    let reply = cx.call("route53:GetHostedZone", cx.route53().get_hosted_zone().id(id).send()).await?;
    let there: Vec<ZoneVpc> = reply.vpcs.unwrap_or_default().iter().filter_map(zone_vpc).collect();
    for new in wanted.iter().filter(|vpc| !there.contains(vpc)) {
        let zone = cx.route53().associate_vpc_with_hosted_zone().hosted_zone_id(id).vpc(vpc(new));
        cx.call("route53:AssociateVPCWithHostedZone", zone.send()).await?;
    }
    for old in there.iter().filter(|vpc| !wanted.contains(vpc)) {
        let zone = cx.route53().disassociate_vpc_from_hosted_zone().hosted_zone_id(id).vpc(vpc(old));
        cx.call("route53:DisassociateVPCFromHostedZone", zone.send()).await?;
    }
    Ok(())
}

/// What one batch of changes may hold: record values, and characters in them. The service takes no more than 1,000 and
/// 32,000.
const VALUES: usize = 900;
const CHARACTERS: usize = 30_000;

/// Deletes every record but the two that a zone is born with.
async fn empty(cx: &Cx<'_>, id: &str) -> Result<()> {
    let reply = cx.call("route53:GetHostedZone", cx.route53().get_hosted_zone().id(id).send()).await.found()?;
    let Some(zone) = reply.and_then(|reply| reply.hosted_zone) else { return Ok(()) };
    let apex = plain(&zone.name);
    let own = |set: &ResourceRecordSet| matches!(set.r#type, RrType::Ns | RrType::Soa) && plain(&set.name) == apex;
    let (mut name, mut kind, mut identifier) = (None, None, None);
    loop {
        let page = cx.route53().list_resource_record_sets().hosted_zone_id(id);
        let page = page.set_start_record_name(name).set_start_record_type(kind).set_start_record_identifier(identifier);
        let page = cx.call("route53:ListResourceRecordSets", page.send()).await?;
        let mut batch = Batch::default();
        for set in page.resource_record_sets.into_iter().filter(|set| !own(set)) {
            if !batch.takes(&set) {
                std::mem::take(&mut batch).delete(cx, id).await?;
            }
            batch.add(set);
        }
        batch.delete(cx, id).await?;
        if !page.is_truncated {
            return Ok(());
        }
        (name, kind, identifier) = (page.next_record_name, page.next_record_type, page.next_record_identifier);
    }
}

/// Record sets that are deleted together.
#[derive(Default)]
struct Batch {
    sets: Vec<ResourceRecordSet>,
    values: usize,
    characters: usize,
}

impl Batch {
    fn size(set: &ResourceRecordSet) -> (usize, usize) {
        let values = set.resource_records();
        (values.len().max(1), values.iter().map(|value| value.value.len()).sum())
    }

    fn takes(&self, set: &ResourceRecordSet) -> bool {
        let (values, characters) = Batch::size(set);
        self.sets.is_empty() || (self.values + values <= VALUES && self.characters + characters <= CHARACTERS)
    }

    fn add(&mut self, set: ResourceRecordSet) {
        let (values, characters) = Batch::size(&set);
        (self.values, self.characters) = (self.values + values, self.characters + characters);
        self.sets.push(set);
    }

    async fn delete(self, cx: &Cx<'_>, id: &str) -> Result<()> {
        if self.sets.is_empty() {
            return Ok(());
        }
        // Where one of them went by itself, none of them is deleted: the zone is still not empty, and all this is done
        // again.
        change(cx, id, ChangeAction::Delete, self.sets).await.found().map(drop)
    }
}

//! `ec2.eip`: lifecycle. The id is the allocation id.
//!
//! For some seconds after the gateway that used it is gone, an address cannot be released; EC2 then says that access is
//! denied. `classify` knows.

use aws_sdk_ec2::types::{DomainType, ResourceType};
use dr_core::cloud::Intent;
use dr_core::online::{Objection, Wishes};
use dr_kinds::ec2::{Eip, EipOut};

use super::quota;
use super::tagging::{made_by, retag, tagged};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, asked_for};
use crate::tags;

impl Lifecycle for Eip {
    async fn find(cx: &Cx<'_>, _args: &Self, intent: &Intent) -> Result<Option<String>> {
        let addresses = cx.ec2().describe_addresses().filters(made_by(intent));
        let addresses = cx.call("ec2:DescribeAddresses", addresses.send()).await?.addresses.unwrap_or_default();
        let ours = addresses.into_iter().find(|address| tags::ours(address.tags(), intent));
        Ok(ours.and_then(|address| address.allocation_id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let address = cx.ec2().allocate_address().domain(DomainType::Vpc);
        let address = address.set_network_border_group(args.network_border_group.clone());
        let address = address.set_public_ipv4_pool(args.public_ipv4_pool.clone());
        let address = address.tag_specifications(tagged(ResourceType::ElasticIp, &args.tags, intent));
        let reply = cx.call("ec2:AllocateAddress", address.send()).await?;
        reply.allocation_id.ok_or_else(|| cx.incomplete("ec2:AllocateAddress", "allocation id"))
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, EipOut)>> {
        let addresses = cx.ec2().describe_addresses().allocation_ids(id).send();
        let reply = cx.call("ec2:DescribeAddresses", addresses).await.found()?;
        let Some(address) = reply.and_then(|reply| asked_for(id, reply.addresses, |one| one.allocation_id())) else {
            return Ok(None);
        };
        let live = Eip {
            tags: tags::user(address.tags()),
            network_border_group: address.network_border_group.or_else(|| last.network_border_group.clone()),
            public_ipv4_pool: address.public_ipv4_pool.or_else(|| last.public_ipv4_pool.clone()),
        };
        let public_ip = address.public_ip.unwrap_or_default();
        Ok(Some((live, EipOut { allocation_id: id.to_owned(), public_ip })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn objections(cx: &Cx<'_>, wishes: &Wishes) -> Result<Vec<Objection>> {
        quota::of_addresses(cx, wishes).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let address = cx.ec2().release_address().allocation_id(id);
        cx.call("ec2:ReleaseAddress", address.send()).await.found().map(drop)
    }
}

//! `ec2.existing_subnets`: look-up.

use dr_kinds::ec2::{ExistingSubnets, ExistingSubnetsOut};

use super::tagging::{filter, has_all, having};
use crate::connect::Cx;
use crate::lifecycle::{LookUp, Result, not_found};

impl LookUp for ExistingSubnets {
    async fn look_up(cx: &Cx<'_>, args: &Self) -> Result<ExistingSubnetsOut> {
        const CALL: &str = "ec2:DescribeSubnets";
        let wanted = [("vpc-id", &args.vpc_id), ("availability-zone", &args.availability_zone)];
        let subnets = cx.ec2().describe_subnets().set_filters(having(&args.tags));
        let subnets = wanted.iter().fold(subnets, |subnets, (name, value)| match value {
            Some(value) => subnets.filters(filter(name, value)),
            None => subnets,
        });
        let subnets = cx.call(CALL, subnets.into_paginator().items().send().try_collect()).await?;
        let mut found: Vec<(String, String, String)> = Vec::new();
        for subnet in subnets {
            let is = |told: Option<&str>, wanted: &Option<String>| wanted.as_deref().is_none_or(|w| told == Some(w));
            // A filter that is not heeded lists others, too.
            if is(subnet.vpc_id(), &args.vpc_id)
                && is(subnet.availability_zone(), &args.availability_zone)
                && has_all(subnet.tags(), &args.tags)
            {
                let text = |text: Option<String>| text.unwrap_or_default();
                found.push((text(subnet.availability_zone), text(subnet.subnet_id), text(subnet.cidr_block)));
            }
        }
        if found.is_empty() {
            return Err(not_found(cx, CALL, args, &[]));
        }
        found.sort();
        let mut out = ExistingSubnetsOut { ids: Vec::new(), availability_zones: Vec::new(), cidr_blocks: Vec::new() };
        for (zone, id, block) in found {
            out.ids.push(id);
            out.availability_zones.push(zone);
            out.cidr_blocks.push(block);
        }
        Ok(out)
    }
}

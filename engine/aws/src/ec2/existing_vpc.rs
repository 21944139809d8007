//! `ec2.existing_vpc`: look-up.

use dr_kinds::ec2::{ExistingVpc, ExistingVpcOut};

use super::network::is_same_network;
use super::tagging::{filter, has_all, having};
use crate::connect::Cx;
use crate::lifecycle::{LookUp, Result, the_one};

impl LookUp for ExistingVpc {
    async fn look_up(cx: &Cx<'_>, args: &Self) -> Result<ExistingVpcOut> {
        const CALL: &str = "ec2:DescribeVpcs";
        let vpcs = cx.ec2().describe_vpcs().set_filters(having(&args.tags));
        let vpcs = args.vpc_id.iter().fold(vpcs, |vpcs, id| vpcs.filters(filter("vpc-id", id)));
        let vpcs = args.cidr_block.iter().fold(vpcs, |vpcs, block| vpcs.filters(filter("cidr", block)));
        let vpcs = cx.call(CALL, vpcs.into_paginator().items().send().try_collect()).await?;
        let found = vpcs.into_iter().filter_map(|vpc| {
            // A filter that is not heeded lists others, too.
            let id = vpc.vpc_id.as_deref()?;
            let is = args.vpc_id.as_ref().is_none_or(|wanted| id == *wanted)
                && args.cidr_block.as_ref().is_none_or(|wanted| is_same_network(wanted, vpc.cidr_block().unwrap_or("")))
                && has_all(vpc.tags(), &args.tags);
            is.then(|| (id.to_owned(), vpc.cidr_block().unwrap_or_default().to_owned()))
        });
        let (id, cidr_block) = the_one(cx, CALL, args, found.collect(), |(id, _)| id)?;
        Ok(ExistingVpcOut { arn: cx.arn("ec2", &format!("vpc/{id}")), id, cidr_block })
    }
}

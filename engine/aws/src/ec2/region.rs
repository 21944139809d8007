//! `ec2.region`: look-up. EC2 is asked, so that a region that is not enabled for the account is noticed.

use dr_core::cloud::{CloudError, ErrorClass};
use dr_kinds::ec2::{Region, RegionOut};

use crate::connect::Cx;
use crate::lifecycle::{LookUp, Result, asked_for};

impl LookUp for Region {
    async fn look_up(cx: &Cx<'_>, _args: &Self) -> Result<RegionOut> {
        const CALL: &str = "ec2:DescribeRegions";
        let reply = cx.call(CALL, cx.ec2().describe_regions().region_names(cx.region()).send()).await?;
        let endpoint = asked_for(cx.region(), reply.regions, |region| region.region_name());
        let endpoint = endpoint.and_then(|region| region.endpoint);
        let endpoint = endpoint.ok_or_else(|| {
            let why = format!("{}: the account has no region {}", cx.address(), cx.region());
            CloudError::new(ErrorClass::Invalid, CALL, "NoRegion", why)
        })?;
        Ok(RegionOut { name: cx.region().to_owned(), endpoint })
    }
}

//! `ec2.availability_zones`: look-up.

use dr_core::cloud::{CloudError, ErrorClass};
use dr_kinds::ec2::{AvailabilityZones, AvailabilityZonesOut};

use super::tagging::filter;
use crate::connect::Cx;
use crate::lifecycle::{LookUp, Result};

impl LookUp for AvailabilityZones {
    async fn look_up(cx: &Cx<'_>, args: &Self) -> Result<AvailabilityZonesOut> {
        const CALL: &str = "ec2:DescribeAvailabilityZones";
        let zones = cx.ec2().describe_availability_zones();
        let zones = zones.filters(filter("state", &args.state)).filters(filter("zone-type", "availability-zone"));
        let reply = cx.call(CALL, zones.send()).await?;
        let zones = reply.availability_zones.unwrap_or_default().into_iter();
        // A filter that is not heeded lists zones that nothing can be made in.
        let zones = zones.filter(|zone| {
            let is = |told: Option<&str>, wanted: &str| told.is_none_or(|told| told == wanted);
            let state = zone.state().map(|state| state.as_str());
            is(state, &args.state) && is(zone.zone_type(), "availability-zone")
        });
        let zones = zones.filter_map(|zone| Some((zone.zone_name?, zone.zone_id.unwrap_or_default())));
        let mut zones: Vec<(String, String)> = zones.filter(|(name, _)| !args.exclude_names.contains(name)).collect();
        if zones.is_empty() {
            let why = format!("{}: no zone of {} is {}", cx.address(), cx.region(), args.state);
            return Err(CloudError::new(ErrorClass::Invalid, CALL, "NoZones", why));
        }
        zones.sort();
        let (names, zone_ids) = zones.into_iter().unzip();
        Ok(AvailabilityZonesOut { names, zone_ids })
    }
}

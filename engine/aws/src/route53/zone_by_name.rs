//! `route53.zone_by_name`: look-up.

use dr_core::cloud::{CloudError, ErrorClass};
use dr_kinds::route53::{ZoneByName, ZoneByNameOut};

use super::listing::zones_named;
use super::names::{bare, plain};
use crate::connect::Cx;
use crate::lifecycle::{LookUp, Result};

impl LookUp for ZoneByName {
    async fn look_up(cx: &Cx<'_>, args: &Self) -> Result<ZoneByNameOut> {
        const CALL: &str = "route53:ListHostedZonesByName";
        let mut zones = zones_named(cx, &args.name).await?;
        zones.retain(|zone| zone.config().is_some_and(|config| config.private_zone) == args.private_zone);
        let zone = match zones.as_slice() {
            [zone] => zone,
            others => {
                let which = if args.private_zone { "private" } else { "public" };
                let ids: Vec<&str> = others.iter().map(|zone| bare(&zone.id)).collect();
                let found = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
                let why = format!("{}: one {which} zone `{}` was looked for, found: {found}", cx.address(), args.name);
                return Err(CloudError::new(ErrorClass::Invalid, CALL, "NotOneZone", why));
            }
        };
        let id = bare(&zone.id);
        let reply = cx.call("route53:GetHostedZone", cx.route53().get_hosted_zone().id(id).send()).await?;
        let servers = reply.delegation_set.map(|set| set.name_servers).unwrap_or_default();
        let mut name_servers: Vec<String> = servers.iter().map(|server| plain(server)).collect();
        name_servers.sort();
        Ok(ZoneByNameOut {
            id: id.to_owned(),
            arn: cx.arn("route53", &format!("hostedzone/{id}")),
            name_servers,
            comment: zone.config().and_then(|config| config.comment.clone()).unwrap_or_default(),
        })
    }
}

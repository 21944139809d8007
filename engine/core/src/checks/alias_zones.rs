//! C14: the zone of what an alias record stands for.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "an alias names the zone of what it stands for, and no other one",
    why: "Route 53 looks for the host in the zone that the alias names, and refuses the record when it is not there. Each region \
          has a zone for load balancers and one for APIs, and the record's own zone is neither.",
    mend: "Read the zone from the same resource as the name: `zone_id` of a load balancer, `regional_zone_id` of a domain name.",
    source: "https://docs.aws.amazon.com/general/latest/gr/elb.html",
    ..Check::each("C14", "alias-zone", &["route53.record.alias"], look)
};

/// A service in a region, and the zone of its hosts.
struct AliasZone(&'static str, &'static str, &'static str);

const API: &str = "API Gateway";
const BALANCER: &str = "load balancers";

/// The zones of hosts of AWS.
/// From <https://docs.aws.amazon.com/general/latest/gr/elb.html> and
/// <https://docs.aws.amazon.com/general/latest/gr/apigateway.html>.
const ZONES: &[AliasZone] = &[
    AliasZone(API, "ap-northeast-1", "Z1YSHQZHG15GKL"),
    AliasZone(API, "ap-northeast-2", "Z20JF4UZKIW1U8"),
    AliasZone(API, "ap-south-1", "Z3VO1THU9YC4UR"),
    AliasZone(API, "ap-southeast-1", "ZL327KTPIQFUL"),
    AliasZone(API, "ap-southeast-2", "Z2RPCDW04V8134"),
    AliasZone(API, "ca-central-1", "Z19DQILCV0OWEC"),
    AliasZone(API, "eu-central-1", "Z1U9ULNL0V5AJ3"),
    AliasZone(API, "eu-west-1", "ZLY8HYME6SFDD"),
    AliasZone(API, "eu-west-2", "ZJ5UAJN8Y3Z2Q"),
    AliasZone(API, "eu-west-3", "Z3KY65QIEKYHQQ"),
    AliasZone(API, "sa-east-1", "ZCMLWB8V5SYIT"),
    AliasZone(API, "us-east-1", "Z1UJRXOUMOOFQ8"),
    AliasZone(API, "us-east-2", "ZOJJZC49E0EPZ"),
    AliasZone(API, "us-west-1", "Z2MUQ32089INYE"),
    AliasZone(API, "us-west-2", "Z2OJLYMUO9EFXC"),
    AliasZone(BALANCER, "af-south-1", "Z268VQBMOI5EKX"),
    AliasZone(BALANCER, "ap-east-1", "Z3DQVH9N71FHZ0"),
    AliasZone(BALANCER, "ap-northeast-1", "Z14GRHDCWA56QT"),
    AliasZone(BALANCER, "ap-northeast-2", "ZWKZPGTI48KDX"),
    AliasZone(BALANCER, "ap-northeast-3", "Z5LXEXXYW11ES"),
    AliasZone(BALANCER, "ap-south-1", "ZP97RAFLXTNZK"),
    AliasZone(BALANCER, "ap-southeast-1", "Z1LMS91P8CMLE5"),
    AliasZone(BALANCER, "ap-southeast-2", "Z1GM3OXH4ZPM65"),
    AliasZone(BALANCER, "ca-central-1", "ZQSVJUPU6J1EY"),
    AliasZone(BALANCER, "eu-central-1", "Z215JYRZR1TBD5"),
    AliasZone(BALANCER, "eu-north-1", "Z23TAZ6LKFMNIO"),
    AliasZone(BALANCER, "eu-west-1", "Z32O12XQLNTSW2"),
    AliasZone(BALANCER, "eu-west-2", "ZHURV8PSTC4K8"),
    AliasZone(BALANCER, "eu-west-3", "Z3Q77PNBQS71R4"),
    AliasZone(BALANCER, "me-south-1", "ZS929ML54UICD"),
    AliasZone(BALANCER, "sa-east-1", "Z2P70J7HTTTPLU"),
    AliasZone(BALANCER, "us-east-1", "Z35SXDOTRQ7X7K"),
    AliasZone(BALANCER, "us-east-2", "Z3AADJGX6KTTL2"),
    AliasZone(BALANCER, "us-west-1", "Z368ELLRRE2KJ0"),
    AliasZone(BALANCER, "us-west-2", "Z1H1FL5HABSF5"),
];

const NAME: &str = "alias.name";
const ZONE: &str = "alias.zone_id";

fn look(record: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    if !record.is_given("alias") {
        return;
    }
    let one = |path: &str| {
        let reads = record.reads(path);
        reads.first().filter(|_| reads.len() == 1).and_then(|read| planned.get(&read.address))
    };
    let (to, zone) = (one(NAME), one(ZONE));
    if let (Some(to), Some(zone)) = (to, zone) {
        another(record, to, zone, found);
        return;
    }
    // Of something that is read from elsewhere, nothing is known.
    if zone.is_some() || !record.reads(ZONE).is_empty() {
        return;
    }
    let (Some(given), Some((service, region))) = (record.text(ZONE), host(record, to)) else { return };
    let known = ZONES.iter().find(|zone| zone.2 == given);
    let right = ZONES.iter().find(|zone| (zone.0, zone.1) == (service, region));
    if let (Some(AliasZone(of, at, _)), Some(AliasZone(_, _, right))) = (known, right)
        && given != *right
    {
        let message =
            format!("`{}` names the zone of {of} in {at}, and stands for one of {service} in {region}", record.address);
        let help = format!("that zone is `{right}`; better read it from what the alias stands for");
        found.add(record, Finding::new(ZONE, message).label(format!("{of} in {at}")).help(help));
    }
}

/// Name and zone that are read from two resources.
fn another(record: &Resource<'_>, to: &Resource<'_>, zone: &Resource<'_>, found: &mut Findings) {
    let of_aws = ["apigateway.domain_name", "apigatewayv2.domain_name", "elbv2.load_balancer"];
    if to.address == zone.address || !of_aws.contains(&to.kind.name) {
        return;
    }
    if zone.kind.name != to.kind.name || zone.region != to.region {
        let message =
            format!("`{}` stands for `{}`, and names the zone of `{}`", record.address, to.address, zone.address);
        let right = if to.kind.name == "elbv2.load_balancer" { "zone_id" } else { "regional_zone_id" };
        let finding = Finding::new(ZONE, message).label("another zone").also(to, "", "what it stands for");
        found.add(record, finding.help(format!("take `{right}` of `{}`", to.address)));
    }
}

/// The service and region of the host that an alias stands for.
fn host<'a>(record: &Resource<'a>, to: Option<&Resource<'a>>) -> Option<(&'static str, &'a str)> {
    match to {
        Some(to) if to.kind.name.ends_with(".domain_name") => Some((API, to.region?)),
        Some(to) if to.kind.name == "elbv2.load_balancer" && to.text("type") == Some("application") => {
            Some((BALANCER, to.region?))
        }
        Some(_) => None,
        None => {
            let name = record.text(NAME)?.trim_end_matches('.').strip_suffix(".amazonaws.com")?;
            let api = name.split_once(".execute-api.").map(|(_, region)| (API, region));
            // The hosts of network load balancers have the region behind `elb`.
            api.or_else(|| Some((BALANCER, name.strip_suffix(".elb")?.rsplit('.').next()?)))
        }
    }
}

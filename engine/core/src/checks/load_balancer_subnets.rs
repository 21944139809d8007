//! C16: where load balancers stand, and where they write their logs.

use std::collections::BTreeSet;

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use super::reach::leads_to_internet;

pub(super) const CHECK: Check = Check {
    asks: "a load balancer stands in subnets of two zones, in public ones where it faces the internet, and may write its logs",
    why: "An application load balancer is refused with one zone. In subnets without a route to an internet gateway it is \
          made, costs, and answers nobody. Access logs are refused when the bucket is in another region, is encrypted with \
          a key of KMS, or has no policy that lets the service write.",
    mend: "Give subnets of two zones whose route table leads to an internet gateway; a log bucket with SSE-S3 and a policy.",
    source: "https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html",
    ..Check::around("C16", "load-balancer-subnets", &["elbv2.load_balancer"], look)
};

fn look(balancer: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let subnets = planned.targets(balancer, "subnets");
    let count = balancer.count("subnets");
    if balancer.text("type") == Some("application") && count == 1 {
        let message =
            format!("`{}` stands in one subnet; an application load balancer needs two zones", balancer.address);
        found.add(balancer, Finding::new("subnets", message).help("give a subnet of another zone too"));
    }
    let mut zones: BTreeSet<String> = BTreeSet::new();
    for subnet in &subnets {
        let Some(zone) = zone_of(subnet) else { continue };
        if !zones.insert(zone.clone()) {
            let message = format!("`{}` has two subnets in {zone}; it takes one of each zone", balancer.address);
            let finding = Finding::new("subnets", message).also(subnet, "availability_zone", "the second one");
            found.add(balancer, finding.help("give subnets of different zones"));
        }
    }
    if balancer.text("scheme") == Some("internet-facing") {
        for subnet in &subnets {
            if leads_to_internet(planned, subnet) == Some(false) {
                let message =
                    format!("`{}` faces the internet, and `{}` has no route to it", balancer.address, subnet.address);
                // The route may come later.
                let finding = Finding::new("subnets", message).also(subnet, "", "this subnet").taken();
                found.add(balancer, finding.help("give public subnets, or set `scheme` to \"internal\""));
            }
        }
    }
    if let Some(bucket) = planned.target(balancer, "access_logs.bucket") {
        if bucket.text("encryption.sse_algorithm").is_some_and(|algorithm| algorithm != "AES256") {
            let message =
                format!("`{}` is to write its logs into `{}`, which a key encrypts", balancer.address, bucket.address);
            let finding = Finding::new("access_logs.bucket", message);
            let finding = finding.also(bucket, "encryption.sse_algorithm", "only AES256 is taken");
            found.add(balancer, finding.help("set `sse_algorithm` of the bucket to \"AES256\""));
        }
        if planned.users(bucket, "s3.bucket_policy", "bucket").next().is_none() {
            let message =
                format!("nothing lets the service write the logs of `{}` into `{}`", balancer.address, bucket.address);
            let help =
                "declare an `s3::bucket_policy` that allows `s3:PutObject` to the service that delivers the logs";
            found.add(balancer, Finding::new("access_logs.bucket", message).help(help));
        }
    }
}

/// Which zone a subnet is in, as a text that is the same for the same zone.
pub(super) fn zone_of(subnet: &Resource<'_>) -> Option<String> {
    ["availability_zone", "availability_zone_id"].iter().find_map(|path| match subnet.at(path) {
        super::planned::AtPath::Known(value) => Some(value.to_text()),
        super::planned::AtPath::Open(open) => Some(open.to_string()),
        super::planned::AtPath::Absent => None,
    })
}

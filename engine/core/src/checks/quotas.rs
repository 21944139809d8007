//! C38: the quotas that every account has by default.

use std::collections::BTreeMap;

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use crate::diagnostic::Severity;

pub(super) const CHECK: Check = Check {
    severity: Some(Severity::Warning),
    asks: "an environment stays within the quotas that an account has by default",
    why: "A creation over the quota fails in the middle of an apply. Two environments of an account share its quotas.",
    mend: "Ask for a higher quota, share a NAT gateway, or use fewer zones.",
    source: "https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html",
    ..Check::all(
        "C38",
        "default-quotas",
        &[
            "ec2.vpc",
            "ec2.eip",
            "ec2.internet_gateway",
            "ec2.nat_gateway",
            "ec2.vpc_endpoint",
            "elbv2.load_balancer",
            "rds.cluster",
        ],
        look,
    )
};

/// Kind, how many of it a region of an account may have by default, and what the quota counts.
const QUOTAS: &[(&str, usize, &str)] = &[
    ("ec2.vpc", 5, "VPCs"),
    ("ec2.eip", 5, "elastic addresses"),
    ("ec2.internet_gateway", 5, "internet gateways"),
    ("elbv2.load_balancer", 50, "load balancers"),
    ("rds.cluster", 40, "database clusters"),
];

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for (kind, most, what) in QUOTAS {
        let mut by_region: BTreeMap<&str, Vec<&Resource<'_>>> = BTreeMap::new();
        for resource in planned.of(kind) {
            by_region.entry(resource.region.unwrap_or_default()).or_default().push(resource);
        }
        for (region, all) in by_region {
            if let Some(first_over) = all.get(*most) {
                let message =
                    format!("the program has {} {what} in {region}; an account has {most} by default", all.len());
                found.add(
                    first_over,
                    Finding::new("", message)
                        .label("the first one over it")
                        .help("ask for a higher quota, or use fewer"),
                );
            }
        }
    }
}

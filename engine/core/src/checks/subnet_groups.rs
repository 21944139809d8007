//! C70: a database has subnets of two zones, because RDS takes nothing else.

use std::collections::BTreeSet;

use super::check::Check;
use super::findings::{Finding, Findings};
use super::load_balancer_subnets::zone_of;
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "the subnets of a database are of two zones at least, and of one VPC",
    why: "RDS refuses a subnet group whose subnets are all in one zone, or in several networks.",
    mend: "Give subnets of two zones of one VPC.",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html",
    ..Check::each("C70", "subnet-group-zones", &["rds.subnet_group.subnet_ids"], look)
};

fn look(group: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let subnets = planned.targets(group, "subnet_ids");
    if subnets.len() < 2 || subnets.len() < group.count("subnet_ids") {
        return;
    }
    let zones: Option<BTreeSet<String>> = subnets.iter().map(|subnet| zone_of(subnet)).collect();
    if zones.is_some_and(|zones| zones.len() == 1) {
        let message = format!("all subnets of `{}` are in one zone", group.address);
        let finding = Finding::new("subnet_ids", message).also(subnets[0], "availability_zone", "this zone");
        found.add(group, finding.help("give a subnet of another zone too"));
    }
    let networks: Option<BTreeSet<_>> =
        subnets.iter().map(|subnet| Some(planned.target(subnet, "vpc_id")?.address)).collect();
    if networks.is_some_and(|networks| networks.len() > 1) {
        let message = format!("the subnets of `{}` are of several networks", group.address);
        found.add(group, Finding::new("subnet_ids", message).help("give subnets of one VPC"));
    }
}

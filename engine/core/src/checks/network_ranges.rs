//! C06: the address ranges of networks, beside each other.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};
use crate::cidr;

pub(super) const CHECK: Check = Check {
    asks: "subnets lie inside their VPC and beside each other, and peered VPCs have no address in common",
    why: "EC2 refuses a subnet outside of its VPC, or one that overlaps another. A peering between VPCs that overlap ends as \
          failed, after both networks were made.",
    mend: "Take the ranges from one plan: `cidr_subnet(vpc, bits, number)` gives subnets that do not overlap.",
    source: "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html, \
             https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html",
    ..Check::all("C06", "network-ranges", &["ec2.subnet.cidr_block", "ec2.vpc_peering"], look)
};

fn range(resource: &Resource<'_>) -> Option<(u32, u32)> {
    cidr::parse(resource.text("cidr_block")?).ok()
}

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for vpc in planned.of("ec2.vpc") {
        let mut before: Vec<(&Resource<'_>, (u32, u32))> = Vec::new();
        for subnet in planned.users(vpc, "ec2.subnet", "vpc_id") {
            let (Some(inner), Some(text)) = (range(subnet), subnet.text("cidr_block")) else { continue };
            if let (Some(outer), Some(whole)) = (range(vpc), vpc.text("cidr_block"))
                && !cidr::contains(outer, inner)
            {
                let message = format!("`{}` is {text}, outside of its VPC, which is {whole}", subnet.address);
                let finding = Finding::new("cidr_block", message).also(vpc, "cidr_block", "the VPC's addresses");
                found.add(subnet, finding.help(format!("give it a part of {whole}: `cidr_subnet(\"{whole}\", 8, 0)`")));
            }
            if let Some((other, _)) = before.iter().find(|(_, range)| cidr::overlap(*range, inner)) {
                let message = format!("`{}` and `{}` have addresses in common", other.address, subnet.address);
                let finding = Finding::new("cidr_block", message).also(other, "cidr_block", "the other one");
                found.add(subnet, finding.help("give each a range of its own"));
            }
            before.push((subnet, inner));
        }
    }
    for peering in planned.of("ec2.vpc_peering") {
        let ends = [planned.target(peering, "vpc_id"), planned.target(peering, "peer_vpc_id")];
        let [Some(one), Some(other)] = ends else { continue };
        let (Some(a), Some(b)) = (range(one), range(other)) else { continue };
        if one.address == other.address {
            let message = format!("`{}` connects `{}` with itself", peering.address, one.address);
            found.add(peering, Finding::new("peer_vpc_id", message).help("name the other VPC"));
        } else if cidr::overlap(a, b) {
            let message = format!(
                "`{}` connects `{}` and `{}`, which have addresses in common: no route between them could be told from a \
                 local one",
                peering.address, one.address, other.address
            );
            let finding = Finding::new("peer_vpc_id", message);
            let finding = finding.also(one, "cidr_block", "one").also(other, "cidr_block", "the other");
            found.add(peering, finding.help("give one of the VPCs another range"));
        }
    }
}

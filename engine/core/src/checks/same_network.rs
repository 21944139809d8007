//! C74: the subnets, groups and tables of one resource are of one VPC.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "subnets, security groups and route tables of one resource are of one VPC",
    why: "EC2, Lambda, RDS and Elastic Load Balancing refuse a security group, a subnet or a table of another VPC.",
    mend: "Take them from the same network.",
    source: "https://docs.aws.amazon.com/vpc/latest/userguide/security-groups.html",
    ..Check::each(
        "C74",
        "same-network",
        &[
            "ec2.route_table_association",
            "ec2.vpc_endpoint",
            "ec2.nat_gateway",
            "elbv2.load_balancer",
            "elbv2.listener",
            "lambda.function.vpc_config",
            "rds.cluster",
        ],
        look,
    )
};

/// The arguments by which a resource of a kind takes part in a network: a path, or the path of a list.
fn parts(kind: &str) -> &'static [&'static str] {
    match kind {
        "ec2.route_table_association" => &["route_table_id", "subnet_id", "gateway_id"],
        "ec2.vpc_endpoint" => &["vpc_id", "subnet_ids", "route_table_ids", "security_group_ids"],
        "elbv2.load_balancer" => &["subnets", "security_groups"],
        "elbv2.listener" => &["load_balancer_arn", "default_actions"],
        "lambda.function" => &["vpc_config.subnet_ids", "vpc_config.security_group_ids"],
        "rds.cluster" => &["db_subnet_group_name", "vpc_security_group_ids"],
        _ => &[],
    }
}

fn look(resource: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let mut all: Vec<(String, &Resource<'_>)> = Vec::new();
    for path in parts(resource.kind.name) {
        match *path {
            "default_actions" => {
                for action in resource.each(path) {
                    let path = format!("{action}.target_group_arn");
                    all.extend(planned.target(resource, &path).map(|target| (path, target)));
                }
            }
            path if resource.count(path) > 0 => {
                for item in resource.each(path) {
                    all.extend(planned.target(resource, &item).map(|target| (item, target)));
                }
            }
            path => all.extend(planned.target(resource, path).map(|target| (path.to_owned(), target))),
        }
    }
    let mut first: Option<&Resource<'_>> = None;
    for (path, part) in all {
        let Some(vpc) = network_of(planned, part) else { continue };
        let other = *first.get_or_insert(vpc);
        if other.address != vpc.address {
            let (whose, rest) = (vpc.address, other.address);
            let message =
                format!("`{}` uses `{}` of `{whose}`, beside what is of `{rest}`", resource.address, part.address);
            let finding = Finding::new(&path, message).also(part, "", "of the other network");
            found.add(resource, finding.help("take both from one network"));
        }
    }
}

/// The VPC that something is in.
fn network_of<'p, 'a>(planned: &'p Planned<'a>, part: &Resource<'_>) -> Option<&'p Resource<'a>> {
    match part.kind.name {
        "ec2.vpc" => planned.get(part.address),
        "rds.subnet_group" => {
            let subnets = planned.targets(part, "subnet_ids");
            planned.target(subnets.first()?, "vpc_id")
        }
        "elbv2.load_balancer" => {
            let subnets = planned.targets(part, "subnets");
            planned.target(subnets.first()?, "vpc_id")
        }
        _ => planned.target(part, "vpc_id"),
    }
}

//! `rds.subnet_group`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// The subnets that databases are put into.
///
/// It stays for as long as a database is in it. The group named `default` is AWS's own.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "rds.subnet_group",
    outputs = SubnetGroupOut,
    id = "{name}",
    unique = "region: name",
    create = "2s",
    update = "2s",
    delete = "2s"
)]
pub struct SubnetGroup {
    /// Group name, in lower case. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 255, chars = "a-z0-9._ -", lower))]
    pub name: String,
    /// What the group is for.
    #[arg(default = "Subnets for databases", length = 1..=255)]
    pub description: String,
    /// Subnets of one VPC, in at least two availability zones.
    #[arg(unordered, length = 2..=20, refers("ec2.subnet.id"))]
    pub subnet_ids: Vec<String>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a subnet group.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct SubnetGroupOut {
    /// ARN.
    #[out(like = "arn:aws:rds:{region}:{account}:subgrp:{name}")]
    pub arn: String,
    /// The VPC that the subnets are in.
    #[out(volatile, like = "vpc-{hex:17}")]
    pub vpc_id: String,
}

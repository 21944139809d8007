//! `ec2.existing_vpc`: facts.

use std::collections::BTreeMap;

use dr_macros::{Block, Kind};

/// Looks up a network that is there already, by its id, its addresses or its tags. There must be exactly one.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(name = "ec2.existing_vpc", outputs = ExistingVpcOut, lookup, finds = "ec2.vpc", id = "vpc-{hex:17}")]
pub struct ExistingVpc {
    /// Its id.
    #[arg(length = 1..=255)]
    pub vpc_id: Option<String>,
    /// Its IPv4 addresses, e.g. `10.0.0.0/16`.
    #[arg(grammar(Cidr(16, 28)))]
    pub cidr_block: Option<String>,
    /// Tags that it has; it may have others, too.
    #[arg(default = {})]
    pub tags: BTreeMap<String, String>,
}

/// Computed attributes of the network.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ExistingVpcOut {
    /// Its id.
    #[out(like = "{id}")]
    pub id: String,
    /// ARN.
    #[out(like = "arn:aws:ec2:{region}:{account}:vpc/{id}")]
    pub arn: String,
    /// Its IPv4 addresses.
    #[out(like = "10.0.0.0/16")]
    pub cidr_block: String,
}

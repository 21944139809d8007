//! `route53.zone`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A hosted zone: the records of a domain, for everybody or for some VPCs.
///
/// For a public zone to be asked at all, the domain's registrar or the zone above must name its name servers. A zone
/// is deleted with all records that are left in it, also those that somebody else added.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "route53.zone",
    repeats = true,
    outputs = ZoneOut,
    place = global,
    id = "Z0{digits:19}",
    data("its records and its name servers; another zone of the name gets others", "nothing"),
    create = "2s",
    update = "2s",
    delete = "2s"
)]
pub struct Zone {
    /// Domain name, with at least two parts and without a dot at its end.
    #[arg(
        replace,
        ignore_case,
        length = 1..=253,
        pattern = "([A-Za-z0-9_-]{1,63}\\.)+[A-Za-z0-9-]{2,63}",
        outside("example.com", "example.net", "example.org")
    )]
    pub name: String,
    /// What the zone is for.
    #[arg(default = "", length = 0..=256)]
    pub comment: String,
    /// VPCs that the zone answers; a public zone has none. A zone cannot turn from public to private or back.
    #[arg(default = [], unordered)]
    pub vpcs: Vec<ZoneVpc>,
    /// Id of a reusable set of name servers.
    #[arg(replace, length = 1..=32)]
    pub delegation_set_id: Option<String>,
    /// Whether a delete also removes records that somebody else added.
    #[arg(default = true, refuse("D14", only = true, why = "a zone with records left in it cannot be deleted"))]
    pub force_destroy: bool,
    /// Tags; they are set once the zone is there.
    #[arg(tags)]
    pub tags: Tags,
}

/// A VPC that a private zone answers.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ZoneVpc {
    /// Id of the VPC. Its DNS support and DNS host names must be on.
    #[arg(refers("ec2.vpc.id"))]
    pub vpc_id: String,
    /// Region of the VPC.
    #[arg(region)]
    pub vpc_region: String,
}

/// Computed attributes of a zone.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ZoneOut {
    /// ARN.
    #[out(like = "arn:aws:route53:::hostedzone/{id}")]
    pub arn: String,
    /// Its name servers, sorted, without dots at their ends; those of a private zone are of no use.
    #[out(like = "ns-1.awsdns-01.com,ns-2.awsdns-02.net,ns-3.awsdns-03.org,ns-4.awsdns-04.co.uk")]
    pub name_servers: Vec<String>,
}

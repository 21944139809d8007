//! `route53.zone_by_name`: facts.

use dr_macros::{Block, Kind};

/// Looks up the hosted zone of a domain. There must be exactly one.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(name = "route53.zone_by_name", outputs = ZoneByNameOut, lookup, place = global, id = "Z0{digits:19}")]
pub struct ZoneByName {
    /// Domain name.
    #[arg(ignore_case, length = 1..=255)]
    pub name: String,
    /// Whether the zone is one that answers some VPCs only.
    #[arg(default = false)]
    pub private_zone: bool,
}

/// Computed attributes of the zone.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ZoneByNameOut {
    /// Its id.
    #[out(like = "{id}")]
    pub id: String,
    /// ARN.
    #[out(like = "arn:aws:route53:::hostedzone/{id}")]
    pub arn: String,
    /// Its name servers, sorted, without dots at their ends.
    #[out(like = "ns-1.awsdns-01.com,ns-2.awsdns-02.net,ns-3.awsdns-03.org,ns-4.awsdns-04.co.uk")]
    pub name_servers: Vec<String>,
    /// What it says about itself.
    #[out(like = "A zone of {name}")]
    pub comment: String,
}

//! `route53.record`: facts.

use dr_macros::{Block, Kind};

/// A record set of a zone: values, or an alias that stands for another AWS resource.
///
/// Several record sets may have one name and type, told apart by `set_identifier`; each of them then says, all in the
/// same way, when it is the answer: `failover`, `weight`, `latency_region`, `geolocation` or `multi_value_answer`.
///
/// What is changed is the answer everywhere within a minute; nothing waits for that.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "route53.record",
    outputs = DnsRecordOut,
    place = global,
    id = "{zone_id}/{name}/{type}/{set_identifier}",
    unique = "account: zone_id, name, type, set_identifier",
    batch = "zone_id, name",
    alone("zone_id, name", "type", "CNAME"),
    alone("zone_id, name, type", "set_identifier", ""),
    once("zone_id, name, type", "failover"),
    once("zone_id, name, type", "latency_region"),
    once("zone_id, name, type", "geolocation"),
    alike("zone_id, name, type", "failover"),
    alike("zone_id, name, type", "weight"),
    alike("zone_id, name, type", "latency_region"),
    alike("zone_id, name, type", "geolocation"),
    alike("zone_id, name, type", "multi_value_answer"),
    create = "2s",
    update = "2s",
    delete = "2s"
)]
pub struct DnsRecord {
    /// The zone.
    #[arg(replace, length = 1..=44, refers("*"))]
    pub zone_id: String,
    /// Full name, the zone's included, without a dot at its end. A first part of `*` stands for any.
    #[arg(replace, ignore_case, length = 1..=255, pattern = "(\\*\\.)?([!-)+-\\[\\]-~]+\\.)*[!-)+\\-/-\\[\\]-~]+")]
    pub name: String,
    /// Type.
    #[arg(
        replace,
        one_of(
            "A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "SSHFP",
            "SVCB", "TLSA", "TXT"
        )
    )]
    pub r#type: String,
    /// Seconds that resolvers may keep the answer; none with `alias`.
    #[arg(range = 0..=2_147_483_647)]
    pub ttl: Option<i64>,
    /// Values; none with `alias`. Text of type `TXT` stands in double quotes.
    #[arg(default = [], unordered, length = 0..=400)]
    pub records: Vec<String>,
    /// What the record stands for, instead of `ttl` and `records`.
    pub alias: Option<RecordAlias>,
    /// What tells this record set from others of the same name and type.
    #[arg(replace, default = "", length = 0..=128)]
    pub set_identifier: String,
    /// Whether it is the answer while it is healthy, or while the other one is not.
    #[arg(switched, one_of("PRIMARY", "SECONDARY"))]
    pub failover: Option<String>,
    /// Its share of the answers, against the weights of the others; 0 for none.
    #[arg(range = 0..=255)]
    pub weight: Option<i64>,
    /// The answer for those who are quickest there: the region.
    #[arg(region)]
    pub latency_region: Option<String>,
    /// The answer for those who are there.
    pub geolocation: Option<RecordGeolocation>,
    /// Whether it is one of up to eight answers that are given at a time.
    #[arg(default = false)]
    pub multi_value_answer: bool,
    /// Health check that decides whether it is an answer at all.
    #[arg(length = 1..=64, refers("route53.health_check.id"))]
    pub health_check_id: Option<String>,
}

/// What an alias record stands for.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct RecordAlias {
    /// DNS name of the load balancer, of the API's domain, or of another record in the same zone.
    #[arg(ignore_case, length = 1..=1_024, refers("*"))]
    pub name: String,
    /// Id of the zone of that name: the load balancer's or the domain's own, or this zone.
    #[arg(length = 1..=44, refers("*"))]
    pub zone_id: String,
    /// Whether it is an answer only while what it stands for is healthy.
    #[arg(default = false)]
    pub evaluate_target_health: bool,
}

/// Where those are who get an answer: a continent, or a country and perhaps a part of it.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct RecordGeolocation {
    /// Continent, e.g. `EU`.
    #[arg(one_of("AF", "AN", "AS", "EU", "NA", "OC", "SA"))]
    pub continent_code: Option<String>,
    /// Country, e.g. `DE`; `*` for everybody whom no other record is for.
    #[arg(pattern = "\\*|[A-Z]{2}")]
    pub country_code: Option<String>,
    /// State of the United States or region of Ukraine, e.g. `CA`.
    #[arg(length = 1..=3)]
    pub subdivision_code: Option<String>,
}

/// Computed attributes of a record.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct DnsRecordOut {
    /// Its full name, in lower case.
    #[out(like = "{name}")]
    pub fqdn: String,
}

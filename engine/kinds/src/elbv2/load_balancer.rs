//! `elbv2.load_balancer`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A load balancer, for HTTP (`application`) or for connections (`network`).
///
/// Arguments that are said to be of one of the two count for nothing with the other.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "elbv2.load_balancer",
    outputs = LoadBalancerOut,
    id = "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/{arn_suffix}",
    unique = "region: name",
    create = "150s",
    update = "5s",
    delete = "10s",
    pace = "10s",
    holds("subnets, security_groups", "2m", "5m")
)]
pub struct LoadBalancer {
    /// Name. Defaults to the resource name with the suffix. It must not begin with `internal-`.
    #[arg(replace, name(max = 32, chars = "A-Za-z0-9-"), pattern = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")]
    pub name: String,
    /// What it balances.
    #[arg(replace, default = "application", one_of("application", "network"))]
    pub r#type: String,
    /// Whether it can be reached from the internet or from its VPC only.
    #[arg(replace, default = "internet-facing", one_of("internet-facing", "internal"))]
    pub scheme: String,
    /// Subnets, each of another zone; an application load balancer needs two.
    #[arg(unordered, length = 1..=20, refers("ec2.subnet.id"))]
    pub subnets: Vec<String>,
    /// Security groups. An application load balancer without any gets the VPC's default one; a network load balancer
    /// that was made without any can never have one.
    #[arg(guards, computed, unordered, refers("ec2.security_group.id"))]
    pub security_groups: Vec<String>,
    /// Kinds of addresses that it has.
    #[arg(default = "ipv4", one_of("ipv4", "dualstack", "dualstack-without-public-ipv4"))]
    pub ip_address_type: String,
    /// Where requests are logged.
    pub access_logs: Option<AccessLogs>,
    /// Whether it refuses to be deleted.
    #[arg(protects, default = false, refuse("D12", only = false, why = "a protected load balancer cannot be deleted"))]
    pub deletion_protection: bool,
    /// Whether each of its addresses sends to targets of all zones: always, for an application load balancer.
    #[arg(computed, like = "true")]
    pub cross_zone_load_balancing: Option<bool>,
    /// Seconds after which an idle connection is closed (application).
    #[arg(default = 60, range = 1..=4_000)]
    pub idle_timeout: i64,
    /// Seconds that a client's connection is kept for further requests (application).
    #[arg(default = 3_600, range = 60..=604_800)]
    pub client_keep_alive: i64,
    /// Whether HTTP/2 is spoken (application).
    #[arg(default = true)]
    pub enable_http2: bool,
    /// Whether headers with invalid names are taken out of requests (application).
    #[arg(default = false)]
    pub drop_invalid_header_fields: bool,
    /// Whether targets get the `Host` header as it came (application).
    #[arg(default = false)]
    pub preserve_host_header: bool,
    /// What is done with requests that targets might understand otherwise (application).
    #[arg(default = "defensive", one_of("monitor", "defensive", "strictest"))]
    pub desync_mitigation_mode: String,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Where requests are logged.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct AccessLogs {
    /// Name of the bucket, of the same region; its policy must let the service write.
    #[arg(refers("s3.bucket.bucket", loose))]
    pub bucket: String,
    /// What the keys of the logs start with; no slash at either end.
    #[arg(default = "", pattern = "([^/].*[^/]|[^/])?")]
    pub prefix: String,
    /// Whether they are written.
    #[arg(default = true)]
    pub enabled: bool,
}

/// Computed attributes of a load balancer.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct LoadBalancerOut {
    /// ARN; also the id.
    #[out(like = "{id}")]
    pub arn: String,
    /// The end of its ARN, which metrics have as dimension `LoadBalancer`: `app/name/id` or `net/name/id`.
    #[out(like = "app/{name}/{hex:16}")]
    pub arn_suffix: String,
    /// DNS name.
    #[out(like = "{name}-{digits:10}.{region}.elb.amazonaws.com")]
    pub dns_name: String,
    /// Id of the zone of its DNS name, for alias records.
    #[out(like = "Z{digits:13}")]
    pub zone_id: String,
}

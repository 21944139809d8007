//! `elbv2.target_group`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A target group: where listeners send requests. It cannot be deleted while a listener names it.
///
/// Of application load balancers only one can send to it. One that is replaced under another name needs new target
/// groups, or the option `replace: "delete_first"`.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "elbv2.target_group",
    outputs = TargetGroupOut,
    id = "arn:aws:elasticloadbalancing:{region}:{account}:{arn_suffix}",
    unique = "region: name",
    create = "2s",
    update = "1s",
    delete = "2s"
)]
pub struct TargetGroup {
    /// Name. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 32, chars = "A-Za-z0-9-"), pattern = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?")]
    pub name: String,
    /// What its targets are: ids of instances, addresses, one function, or one application load balancer.
    #[arg(replace, default = "instance", one_of("instance", "ip", "lambda", "alb"))]
    pub target_type: String,
    /// How targets are spoken to; none for a function.
    #[arg(replace, one_of("HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP"))]
    pub protocol: Option<String>,
    /// Port of targets that name none of their own; none for a function.
    #[arg(replace, range = 1..=65_535)]
    pub port: Option<i64>,
    /// VPC of the targets; none for a function.
    #[arg(replace, refers("ec2.vpc.id"))]
    pub vpc_id: Option<String>,
    /// Version of HTTP; `HTTP1` when left out.
    #[arg(replace, computed, one_of("HTTP1", "HTTP2", "GRPC"))]
    pub protocol_version: Option<String>,
    /// Kind of the targets' addresses; `ipv4` when left out.
    #[arg(replace, computed, one_of("ipv4", "ipv6"))]
    pub ip_address_type: Option<String>,
    /// How it is found out which targets are healthy; what is left out is the service's choice.
    pub health_check: Option<TargetGroupHealthCheck>,
    /// Seconds that a target which goes is given to finish (not for functions).
    #[arg(default = 300, range = 0..=3_600)]
    pub deregistration_delay: i64,
    /// Seconds in which a new target gets its full share: 0, or 30 to 900 (HTTP).
    #[arg(default = 0, range = 0..=900)]
    pub slow_start: i64,
    /// How a target is chosen (HTTP).
    #[arg(default = "round_robin", one_of("round_robin", "least_outstanding_requests", "weighted_random"))]
    pub load_balancing_algorithm_type: String,
    /// Whether a client is sent to the same target again, and how it is known.
    pub stickiness: Option<Stickiness>,
    /// Whether a function gets each header and query parameter as a list of values (functions).
    #[arg(default = false)]
    pub lambda_multi_value_headers_enabled: bool,
    /// Whether targets see the client's address (connections).
    #[arg(computed, like = "true")]
    pub preserve_client_ip: Option<bool>,
    /// Whether connections begin with a header that tells the client's address (connections).
    #[arg(default = false)]
    pub proxy_protocol_v2: bool,
    /// Whether connections are closed when their target's time to finish is over (connections).
    #[arg(default = false)]
    pub connection_termination: bool,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// How it is found out which targets are healthy. What is left out stays as it was, or is the service's choice.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct TargetGroupHealthCheck {
    /// Whether targets are checked. Functions are not unless it is said; each check is an invocation.
    pub enabled: Option<bool>,
    /// How they are asked; none for a function.
    #[arg(one_of("HTTP", "HTTPS", "TCP"))]
    pub protocol: Option<String>,
    /// Port that is asked, or `traffic-port`; none for a function.
    #[arg(pattern = "traffic-port|[0-9]{1,5}")]
    pub port: Option<String>,
    /// Path that is asked for.
    #[arg(length = 1..=1_024, pattern = "/.*")]
    pub path: Option<String>,
    /// Seconds between two checks; for a function more than `timeout`.
    #[arg(range = 5..=300)]
    pub interval: Option<i64>,
    /// Seconds after which no answer is a bad one.
    #[arg(range = 2..=120)]
    pub timeout: Option<i64>,
    /// How many good answers in a row make a target healthy.
    #[arg(range = 2..=10)]
    pub healthy_threshold: Option<i64>,
    /// How many bad answers in a row make it unhealthy.
    #[arg(range = 2..=10)]
    pub unhealthy_threshold: Option<i64>,
    /// Status codes of good answers: `200`, `200,202` or `200-299`; of gRPC where that is spoken.
    #[arg(pattern = "[0-9]{1,3}([,-][0-9]{1,3})*")]
    pub matcher: Option<String>,
}

/// Whether a client is sent to the same target again.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct Stickiness {
    /// Whether it is.
    #[arg(default = true)]
    pub enabled: bool,
    /// How it is known: by a cookie of the load balancer's or of the application's, or by its address.
    #[arg(one_of("lb_cookie", "app_cookie", "source_ip"))]
    pub r#type: String,
    /// Seconds that a cookie lasts.
    #[arg(default = 86_400, range = 1..=604_800)]
    pub cookie_duration: i64,
    /// Name of the application's cookie.
    #[arg(length = 1..=256)]
    pub cookie_name: Option<String>,
}

/// Computed attributes of a target group.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct TargetGroupOut {
    /// ARN; also the id.
    #[out(like = "{id}")]
    pub arn: String,
    /// The end of its ARN, which metrics have as dimension `TargetGroup`: `targetgroup/name/id`.
    #[out(like = "targetgroup/{name}/{hex:16}")]
    pub arn_suffix: String,
}

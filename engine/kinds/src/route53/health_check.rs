//! `route53.health_check`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A health check: of an endpoint that is asked from many places, of an alarm, or of other health checks.
///
/// Its metrics, and alarms on them, are in `us-east-1`.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "route53.health_check",
    repeats = true,
    outputs = HealthCheckOut,
    place = global,
    id = "{uuid}",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct HealthCheck {
    /// What is checked, and how: an endpoint, the state of an alarm, or how many other checks are healthy.
    #[arg(
        replace,
        one_of("HTTP", "HTTPS", "HTTP_STR_MATCH", "HTTPS_STR_MATCH", "TCP", "CALCULATED", "CLOUDWATCH_METRIC")
    )]
    pub r#type: String,
    /// Name of the endpoint; with `ip_address`, only what the request says.
    #[arg(length = 0..=255)]
    pub fully_qualified_domain_name: Option<String>,
    /// Address of the endpoint, where it is not to be looked up.
    #[arg(length = 3..=45, pattern = "[0-9.]+|[0-9A-Fa-f:.]+")]
    pub ip_address: Option<String>,
    /// Port of the endpoint: 80, or 443 for HTTPS, when left out. TCP needs one.
    #[arg(computed, like = "443", range = 1..=65_535)]
    pub port: Option<i64>,
    /// Path that is asked for, query included.
    #[arg(length = 0..=255)]
    pub resource_path: Option<String>,
    /// What the first 5,120 bytes of the answer must contain, for the types that end in `STR_MATCH`.
    #[arg(length = 0..=255)]
    pub search_string: Option<String>,
    /// Seconds between two requests from one place: 30 when left out; 10 costs more.
    #[arg(replace, computed, like = "30", one_of_int(10, 30))]
    pub request_interval: Option<i64>,
    /// How many answers in a row must be bad, or good again: 3 when left out.
    #[arg(computed, like = "3", range = 1..=10)]
    pub failure_threshold: Option<i64>,
    /// Whether latencies are measured and shown as metrics.
    #[arg(replace, default = false)]
    pub measure_latency: bool,
    /// Whether healthy counts as unhealthy and the other way round.
    #[arg(default = false)]
    pub inverted: bool,
    /// Whether nothing is checked and the endpoint counts as healthy.
    #[arg(default = false)]
    pub disabled: bool,
    /// Whether the handshake of HTTPS names the endpoint; it does when left out.
    #[arg(computed, like = "true")]
    pub enable_sni: Option<bool>,
    /// Places that the endpoint is asked from, at least three; from all when left out.
    #[arg(default = [], unordered, length = 0..=64, region)]
    pub regions: Vec<String>,
    /// The health checks that a calculated one counts.
    #[arg(default = [], unordered, length = 0..=256, refers("route53.health_check.id"))]
    pub child_health_checks: Vec<String>,
    /// How many of them must be healthy.
    #[arg(range = 0..=256)]
    pub health_threshold: Option<i64>,
    /// The alarm whose state is the check's. Route 53 copies the alarm's settings when the check is made or changed.
    #[arg(copies)]
    pub alarm_identifier: Option<AlarmIdentifier>,
    /// What the check is while the alarm has too little data: `LastKnownStatus` when left out.
    #[arg(one_of("Healthy", "Unhealthy", "LastKnownStatus"))]
    pub insufficient_data_health_status: Option<String>,
    /// Tags; they are set once the check is there. The one called `Name` is shown as its name.
    #[arg(tags)]
    pub tags: Tags,
}

/// An alarm.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct AlarmIdentifier {
    /// Its name.
    #[arg(length = 1..=256, refers("cloudwatch.metric_alarm.alarm_name"))]
    pub name: String,
    /// Its region.
    #[arg(region)]
    pub region: String,
}

/// Computed attributes of a health check.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct HealthCheckOut {
    /// ARN.
    #[out(like = "arn:aws:route53:::healthcheck/{id}")]
    pub arn: String,
}

//! `elbv2.listener`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A listener: a port of a load balancer, and what is done with what comes there.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "elbv2.listener",
    outputs = ListenerOut,
    id = "arn:aws:elasticloadbalancing:{region}:{account}:listener/app/{hex:8}/{hex:16}/{hex:16}",
    unique = "region: load_balancer_arn, port",
    create = "2s",
    update = "1s",
    delete = "2s"
)]
pub struct Listener {
    /// The load balancer.
    #[arg(replace, refers("elbv2.load_balancer.arn"), grammar(Arn(&arns::LOAD_BALANCER)))]
    pub load_balancer_arn: String,
    /// Port.
    #[arg(range = 1..=65_535)]
    pub port: i64,
    /// What is spoken: HTTP or HTTPS with an application load balancer, the others with a network load balancer.
    #[arg(guards, one_of("HTTP", "HTTPS", "TCP", "TLS", "UDP", "TCP_UDP"))]
    pub protocol: String,
    /// Versions of TLS and ciphers, for HTTPS and TLS. The service's own default takes TLS 1.0 too.
    #[arg(guards, computed)]
    pub ssl_policy: Option<String>,
    /// ARNs of certificates, for HTTPS and TLS. The first is shown to clients that name no domain, or none of them.
    #[arg(guards, default = [], length = 0..=26, refers("acm.certificate.arn"), grammar(Arn(&arns::CERTIFICATE)))]
    pub certificates: Vec<String>,
    /// Which of HTTP's versions is agreed upon, for TLS.
    #[arg(one_of("HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"))]
    pub alpn_policy: Option<String>,
    /// What is done with what comes.
    #[arg(length = 1..=5)]
    pub default_actions: Vec<ListenerAction>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// What a listener does: one of `target_group_arn`, `forward`, `redirect` and `fixed_response`, as `type` says.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ListenerAction {
    /// What.
    #[arg(one_of("forward", "redirect", "fixed-response"))]
    pub r#type: String,
    /// The target group that it is sent to, where there is but one.
    #[arg(refers("elbv2.target_group.arn"), grammar(Arn(&arns::TARGET_GROUP)))]
    pub target_group_arn: Option<String>,
    /// The target groups that it is sent to.
    pub forward: Option<Forward>,
    /// Where the client is sent.
    pub redirect: Option<Redirect>,
    /// What is answered.
    pub fixed_response: Option<FixedResponse>,
}

/// Target groups and their shares.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct Forward {
    /// The target groups.
    #[arg(unordered, length = 1..=5)]
    pub target_groups: Vec<ForwardTarget>,
    /// Seconds that a client is sent to the same group again; not at all when left out.
    #[arg(range = 1..=604_800)]
    pub stickiness_seconds: Option<i64>,
}

/// A target group and its share.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ForwardTarget {
    /// The target group.
    #[arg(refers("elbv2.target_group.arn"), grammar(Arn(&arns::TARGET_GROUP)))]
    pub target_group_arn: String,
    /// Its share, against the weights of the others; 0 for none.
    #[arg(default = 1, range = 0..=999)]
    pub weight: i64,
}

/// Where a client is sent. What is left as it is stays as the client asked for it.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct Redirect {
    /// Whether for good or for now.
    #[arg(default = "HTTP_301", one_of("HTTP_301", "HTTP_302"))]
    pub status_code: String,
    /// Protocol.
    #[arg(default = "#{protocol}", one_of("HTTP", "HTTPS", "#{protocol}"))]
    pub protocol: String,
    /// Host.
    #[arg(default = "#{host}", length = 1..=128)]
    pub host: String,
    /// Port.
    #[arg(default = "#{port}", pattern = "#\\{port\\}|[0-9]{1,5}")]
    pub port: String,
    /// Path.
    #[arg(default = "/#{path}", length = 1..=128, pattern = "/.*")]
    pub path: String,
    /// Query, without question mark.
    #[arg(default = "#{query}", length = 0..=128)]
    pub query: String,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct FixedResponse {
    /// Status code.
    #[arg(pattern = "[245][0-9][0-9]")]
    pub status_code: String,
    /// What the body is.
    #[arg(
        default = "text/plain",
        one_of("text/plain", "text/css", "text/html", "application/javascript", "application/json")
    )]
    pub content_type: String,
    /// The body.
    #[arg(default = "", length = 0..=1_024)]
    pub message_body: String,
}

/// Computed attributes of a listener.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ListenerOut {
    /// ARN; also the id.
    #[out(like = "{id}")]
    pub arn: String,
}

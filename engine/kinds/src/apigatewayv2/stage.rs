//! `apigatewayv2.stage`: facts.

use std::collections::BTreeMap;

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// An HTTP or WebSocket API as callers see it.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "apigatewayv2.stage",
    outputs = HttpStageOut,
    id = "{api_id}/{stage_name}",
    unique = "region: api_id, stage_name",
    deleted_with = "api_id",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct HttpStage {
    /// Id of the API.
    #[arg(replace, refers("apigatewayv2.api.id"))]
    pub api_id: String,
    /// Stage name, the first part of all paths; `$default` is no part of them.
    #[arg(replace, default = "$default", length = 1..=128, pattern = "\\$default|[A-Za-z0-9_-]+")]
    pub stage_name: String,
    /// Whether every change of the API shows at once.
    #[arg(default = true)]
    pub auto_deploy: bool,
    /// What the stage is for.
    #[arg(default = "", length = 0..=1_024)]
    pub description: String,
    /// Stage variables, which integrations read as `stageVariables.name`.
    #[arg(default = {})]
    pub stage_variables: BTreeMap<String, String>,
    /// Where requests are logged; nowhere when left out.
    pub access_log_settings: Option<HttpAccessLogSettings>,
    /// Settings of all routes.
    #[arg(default = {})]
    pub default_route_settings: RouteSettings,
    /// Settings of single routes, by their keys.
    #[arg(default = {})]
    pub route_settings: BTreeMap<String, RouteSettings>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Where requests are logged, and how.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct HttpAccessLogSettings {
    /// ARN of the log group.
    #[arg(refers("*"), grammar(Arn(&arns::ANY)))]
    pub destination_arn: String,
    /// A line, with `$context` variables; `$context.requestId` must be among them.
    pub format: String,
}

/// Settings of routes.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct RouteSettings {
    /// Whether there are metrics of every route.
    #[arg(default = false)]
    pub detailed_metrics_enabled: bool,
    /// Requests that can come at once; the account's limit when left out.
    #[arg(range = 0..=1_000_000)]
    pub throttling_burst_limit: Option<i64>,
    /// Requests a second; the account's limit when left out.
    pub throttling_rate_limit: Option<f64>,
    /// Whether whole messages are logged. Of WebSocket APIs only.
    #[arg(default = false)]
    pub data_trace_enabled: bool,
    /// What is logged of every message. Of WebSocket APIs only.
    #[arg(default = "OFF", one_of("OFF", "ERROR", "INFO"))]
    pub logging_level: String,
}

/// Computed attributes of a stage.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct HttpStageOut {
    /// ARN.
    #[out(like = "arn:aws:apigateway:{region}::/apis/{api_id}/stages/{stage_name}")]
    pub arn: String,
    /// What permissions to call the stage start with: `/method/path` follows.
    #[out(like = "arn:aws:execute-api:{region}:{account}:{api_id}/{stage_name}")]
    pub execution_arn: String,
    /// Where the stage is called: a path follows. The stage `$default` is called at the API's endpoint.
    #[out(like = "https://{api_id}.execute-api.{region}.amazonaws.com/{stage_name}")]
    pub invoke_url: String,
}

//! `apigateway.stage`: facts.

use std::collections::BTreeMap;

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// A deployment of a REST API as callers see it.
///
/// Logging needs a role of API Gateway in the account's settings. All environments share these, so no program sets
/// them.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "apigateway.stage",
    outputs = StageOut,
    id = "{rest_api_id}/{stage_name}",
    unique = "region: rest_api_id, stage_name",
    deleted_with = "rest_api_id",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct Stage {
    /// Id of the API.
    #[arg(replace, refers("apigateway.rest_api.id"))]
    pub rest_api_id: String,
    /// Stage name, the first part of all paths, e.g. `prod`.
    #[arg(replace, length = 1..=128, pattern = "[A-Za-z0-9_-]+")]
    pub stage_name: String,
    /// Id of the deployment that is shown.
    #[arg(refers("apigateway.deployment.id"))]
    pub deployment_id: String,
    /// What the stage is for.
    #[arg(default = "")]
    pub description: String,
    /// Stage variables, which integrations read as `stageVariables.name`.
    #[arg(default = {})]
    pub variables: BTreeMap<String, String>,
    /// Whether X-Ray traces requests.
    #[arg(default = false)]
    pub tracing_enabled: bool,
    /// Where requests are logged; nowhere when left out.
    pub access_log_settings: Option<AccessLogSettings>,
    /// Settings of methods, by path and method, e.g. `/payment/POST`; `*/*` means all.
    #[arg(default = {})]
    pub method_settings: BTreeMap<String, MethodSetting>,
    /// Whether there is a cache. It costs by the hour.
    #[arg(default = false)]
    pub cache_cluster_enabled: bool,
    /// Gigabytes of the cache. API Gateway takes 0.5.
    #[arg(computed, one_of("0.5", "1.6", "6.1", "13.5", "28.4", "58.2", "118", "237"))]
    pub cache_cluster_size: Option<String>,
    /// Id of the certificate that API Gateway shows to backends.
    pub client_certificate_id: Option<String>,
    /// Version of the API's documentation.
    pub documentation_version: Option<String>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Where requests are logged, and how.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct AccessLogSettings {
    /// ARN of the log group, or of a Firehose stream whose name starts with `amazon-apigateway-`.
    #[arg(refers("*"), grammar(Arn(&arns::ANY)))]
    pub destination_arn: String,
    /// A line, with `$context` variables; `$context.requestId` must be among them.
    pub format: String,
}

/// Settings of methods.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct MethodSetting {
    /// Whether there are metrics of every method.
    #[arg(default = false)]
    pub metrics_enabled: bool,
    /// What is logged of every request.
    #[arg(default = "OFF", one_of("OFF", "ERROR", "INFO"))]
    pub logging_level: String,
    /// Whether whole requests and responses are logged.
    #[arg(default = false)]
    pub data_trace_enabled: bool,
    /// Requests that can come at once; the account's limit when left out.
    #[arg(range = 0..=1_000_000)]
    pub throttling_burst_limit: Option<i64>,
    /// Requests a second; the account's limit when left out.
    pub throttling_rate_limit: Option<f64>,
    /// Whether answers are cached.
    #[arg(default = false)]
    pub caching_enabled: bool,
    /// Seconds that an answer is cached.
    #[arg(default = 300, range = 0..=3_600)]
    pub cache_ttl_in_seconds: i64,
    /// Whether cached answers are encrypted.
    #[arg(default = false)]
    pub cache_data_encrypted: bool,
}

/// Computed attributes of a stage.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct StageOut {
    /// ARN.
    #[out(like = "arn:aws:apigateway:{region}::/restapis/{rest_api_id}/stages/{stage_name}")]
    pub arn: String,
    /// What permissions to call the stage start with: `/method/path` follows.
    #[out(like = "arn:aws:execute-api:{region}:{account}:{rest_api_id}/{stage_name}")]
    pub execution_arn: String,
    /// Where the stage is called: a path follows.
    #[out(like = "https://{rest_api_id}.execute-api.{region}.amazonaws.com/{stage_name}")]
    pub invoke_url: String,
}

//! `apigatewayv2.api`: facts.

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// An HTTP or WebSocket API. Its integrations, routes and stages end with it.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "apigatewayv2.api",
    outputs = ApiOut,
    id = "{alnum:10}",
    create = "3s",
    update = "1s",
    delete = "2s"
)]
pub struct Api {
    /// API name. Several APIs can have the same. Defaults to the resource name with the suffix.
    #[arg(name(max = 128, chars = " -~"))]
    pub name: String,
    /// Protocol.
    #[arg(replace, default = "HTTP", one_of("HTTP", "WEBSOCKET"))]
    pub protocol_type: String,
    /// What the API is for.
    #[arg(default = "", length = 0..=1_024)]
    pub description: String,
    /// Version, for people.
    #[arg(default = "", length = 0..=64)]
    pub version: String,
    /// What browsers are told about calls from pages of other origins; nothing when left out. Of HTTP APIs only.
    pub cors_configuration: Option<Cors>,
    /// Whether the API is reached by its custom domain names only.
    #[arg(guards, default = false)]
    pub disable_execute_api_endpoint: bool,
    /// What of a message names the route of a WebSocket API, e.g. `$request.body.action`. HTTP APIs go by method and
    /// path.
    #[arg(computed, like = "$request.method $request.path")]
    pub route_selection_expression: Option<String>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// What browsers are told about calls from pages of other origins.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct Cors {
    /// Whether calls may carry credentials.
    #[arg(default = false)]
    pub allow_credentials: bool,
    /// Headers that calls may have; `*` stands for all.
    #[arg(default = [], unordered, ignore_case)]
    pub allow_headers: Vec<String>,
    /// HTTP methods that calls may have; `*` stands for all.
    #[arg(default = [], unordered, ignore_case)]
    pub allow_methods: Vec<String>,
    /// Origins of the pages; `*` stands for all.
    #[arg(default = [], unordered, ignore_case)]
    pub allow_origins: Vec<String>,
    /// Headers of answers that pages may read.
    #[arg(default = [], unordered, ignore_case)]
    pub expose_headers: Vec<String>,
    /// Seconds that a browser keeps all this; 0 leaves it to the browser, -1 means that it does not.
    #[arg(default = 0, range = -1..=86_400)]
    pub max_age: i64,
}

/// Computed attributes of an API.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct ApiOut {
    /// ARN.
    #[out(like = "arn:aws:apigateway:{region}::/apis/{id}")]
    pub arn: String,
    /// Where the API is called: the stage `$default` is right there, others below their names.
    #[out(like = "https://{id}.execute-api.{region}.amazonaws.com")]
    pub api_endpoint: String,
    /// What permissions to call the API start with: `/stage/method/path` follows.
    #[out(like = "arn:aws:execute-api:{region}:{account}:{id}")]
    pub execution_arn: String,
}

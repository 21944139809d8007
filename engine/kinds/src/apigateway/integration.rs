//! `apigateway.integration`: facts.

use std::collections::BTreeMap;

use dr_macros::{Block, Kind};

/// What answers a method of a REST API.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "apigateway.integration",
    id = "{rest_api_id}/{resource_id}/{http_method}",
    unique = "region: rest_api_id, resource_id, http_method",
    deleted_with = "rest_api_id",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct Integration {
    /// Id of the API.
    #[arg(replace, refers("apigateway.rest_api.id"))]
    pub rest_api_id: String,
    /// Id of the method's resource.
    #[arg(replace, refers("*"))]
    pub resource_id: String,
    /// The method: `http_method` of the `apigateway.method`.
    #[arg(replace, refers("*"))]
    pub http_method: String,
    /// Whether a function or an HTTP server gets requests as they come (`AWS_PROXY`, `HTTP_PROXY`), or what templates
    /// make of them (`AWS`, `HTTP`), or API Gateway answers by itself (`MOCK`).
    #[arg(one_of("AWS_PROXY", "AWS", "HTTP_PROXY", "HTTP", "MOCK"))]
    pub r#type: String,
    /// HTTP method that the backend is called with: always `POST` for functions. None with `MOCK`.
    #[arg(one_of("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "ANY"))]
    pub integration_http_method: Option<String>,
    /// The backend: the `invoke_arn` of a function, or a URL. None with `MOCK`.
    #[arg(refers("*", loose))]
    pub uri: Option<String>,
    /// Whether the backend is called over the internet or through a VPC link.
    #[arg(default = "INTERNET", one_of("INTERNET", "VPC_LINK"))]
    pub connection_type: String,
    /// Id of the VPC link.
    pub connection_id: Option<String>,
    /// ARN of the role that the backend is called with; `arn:aws:iam::*:user/*` for the caller's own rights.
    #[arg(refers("iam.role.arn", loose), grammar(Arn(&arns::CREDENTIALS)))]
    pub credentials: Option<String>,
    /// Milliseconds until the backend must have answered. More than 29,000 needs a higher quota.
    #[arg(default = 29_000, range = 50..=300_000)]
    pub timeout_in_millis: i64,
    /// What becomes of a body whose media type has no template: handed on, handed on if there is no template at all,
    /// or refused.
    #[arg(default = "WHEN_NO_MATCH", one_of("WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"))]
    pub passthrough_behavior: String,
    /// Whether bodies are turned into bytes or into text; neither when left out.
    #[arg(one_of("CONVERT_TO_BINARY", "CONVERT_TO_TEXT"))]
    pub content_handling: Option<String>,
    /// Parameters of the backend's request, e.g. `integration.request.header.X-Id`, and where they come from.
    #[arg(default = {})]
    pub request_parameters: BTreeMap<String, String>,
    /// Templates that make the backend's body, by media type.
    #[arg(default = {})]
    pub request_templates: BTreeMap<String, String>,
    /// Parameters that cached answers are kept apart by, e.g. `method.request.path.id`.
    #[arg(default = [], unordered)]
    pub cache_key_parameters: Vec<String>,
    /// Answers are shared among integrations of the same name here. API Gateway takes the resource's id.
    #[arg(computed, like = "{resource_id}")]
    pub cache_namespace: Option<String>,
    /// How answers become responses of the method. Proxy integrations need none.
    #[arg(default = [], unordered)]
    pub integration_responses: Vec<IntegrationResponse>,
}

/// How some of a backend's answers become a response.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct IntegrationResponse {
    /// HTTP status of the response: one of the method's `method_responses`.
    #[arg(pattern = "[1-5]\\d\\d")]
    pub status_code: String,
    /// Regular expression that the backend's status, or a function's error message, matches; all others when left out.
    pub selection_pattern: Option<String>,
    /// Headers of the response, e.g. `method.response.header.Location`, and where they come from.
    #[arg(default = {})]
    pub response_parameters: BTreeMap<String, String>,
    /// Templates that make the body, by media type.
    #[arg(default = {})]
    pub response_templates: BTreeMap<String, String>,
    /// Whether bodies are turned into bytes or into text; neither when left out.
    #[arg(one_of("CONVERT_TO_BINARY", "CONVERT_TO_TEXT"))]
    pub content_handling: Option<String>,
}

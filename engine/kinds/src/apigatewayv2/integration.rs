//! `apigatewayv2.integration`: facts.

use std::collections::BTreeMap;

use dr_macros::Kind;

/// What answers routes of an API.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "apigatewayv2.integration",
    id = "{alnum:7}",
    deleted_with = "api_id",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct HttpIntegration {
    /// Id of the API.
    #[arg(replace, refers("apigatewayv2.api.id"))]
    pub api_id: String,
    /// Whether a function or service of AWS, or an HTTP server, gets requests as they come (`AWS_PROXY`, `HTTP_PROXY`).
    /// The others are for WebSocket APIs.
    #[arg(one_of("AWS_PROXY", "HTTP_PROXY", "AWS", "HTTP", "MOCK"))]
    pub integration_type: String,
    /// The backend: the ARN or `invoke_arn` of a function, a URL, or the ARN of a listener behind a VPC link.
    #[arg(refers("*", loose))]
    pub integration_uri: Option<String>,
    /// HTTP method that the backend is called with. API Gateway takes `POST` for functions.
    #[arg(computed, one_of("POST", "GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "ANY"))]
    pub integration_method: Option<String>,
    /// Action of a service of AWS, e.g. `SQS-SendMessage`, instead of a backend.
    #[arg(length = 1..=128)]
    pub integration_subtype: Option<String>,
    /// Version of what functions get and answer. With `2.0`, an answer can be any JSON.
    #[arg(default = "1.0", one_of("1.0", "2.0"))]
    pub payload_format_version: String,
    /// What the integration is for. API Gateway also gets a mark of the operation that made it, as integrations have no
    /// tags.
    #[arg(default = "", length = 0..=900)]
    pub description: String,
    /// Milliseconds until the backend must have answered. API Gateway takes 30,000 for HTTP APIs.
    #[arg(computed, like = "30000", range = 50..=30_000)]
    pub timeout_in_millis: Option<i64>,
    /// Whether the backend is called over the internet or through a VPC link.
    #[arg(default = "INTERNET", one_of("INTERNET", "VPC_LINK"))]
    pub connection_type: String,
    /// Id of the VPC link.
    #[arg(length = 1..=1_024)]
    pub connection_id: Option<String>,
    /// ARN of the role that the backend is called with; functions need a permission instead.
    #[arg(refers("iam.role.arn", loose), grammar(Arn(&arns::CREDENTIALS)))]
    pub credentials_arn: Option<String>,
    /// Changes to requests, e.g. `append:header.x-id`, and where the values come from; of an action, its parameters.
    #[arg(default = {})]
    pub request_parameters: BTreeMap<String, String>,
    /// Changes to answers, e.g. `overwrite:statuscode`, by the status that they answer with.
    #[arg(default = {})]
    pub response_parameters: BTreeMap<String, BTreeMap<String, String>>,
}

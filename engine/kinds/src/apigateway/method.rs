//! `apigateway.method`: facts.

use std::collections::BTreeMap;

use dr_macros::{Block, Kind};

/// A method of a resource of a REST API.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "apigateway.method",
    id = "{rest_api_id}/{resource_id}/{http_method}",
    unique = "region: rest_api_id, resource_id, http_method",
    deleted_with = "rest_api_id",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct Method {
    /// Id of the API.
    #[arg(replace, refers("apigateway.rest_api.id"))]
    pub rest_api_id: String,
    /// Id of the resource: the API's `root_resource_id`, or another.
    #[arg(replace, refers("*"))]
    pub resource_id: String,
    /// HTTP method, or `ANY`.
    #[arg(replace, one_of("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "ANY"))]
    pub http_method: String,
    /// Who may call: everybody, whoever IAM allows it, or whoever an authorizer allows it.
    #[arg(guards, default = "NONE", one_of("NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"))]
    pub authorization_type: String,
    /// Id of the authorizer; with `CUSTOM` and `COGNITO_USER_POOLS`.
    #[arg(guards)]
    pub authorizer_id: Option<String>,
    /// Scopes of which a caller's token must have one; with `COGNITO_USER_POOLS`.
    #[arg(default = [], unordered)]
    pub authorization_scopes: Vec<String>,
    /// Whether a caller must bring an API key.
    #[arg(guards, default = false)]
    pub api_key_required: bool,
    /// Name of the operation in generated clients.
    pub operation_name: Option<String>,
    /// Id of what checks requests against models and parameters.
    pub request_validator_id: Option<String>,
    /// Parameters that are taken, e.g. `method.request.querystring.currency`, and whether they must be there.
    #[arg(default = {})]
    pub request_parameters: BTreeMap<String, bool>,
    /// Names of the models of request bodies, by media type.
    #[arg(default = {})]
    pub request_models: BTreeMap<String, String>,
    /// Responses that can be given. Proxy integrations need none.
    #[arg(default = [], unordered)]
    pub method_responses: Vec<MethodResponse>,
}

/// A response that a method can give.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct MethodResponse {
    /// HTTP status.
    #[arg(pattern = "[1-5]\\d\\d")]
    pub status_code: String,
    /// Names of the models of bodies, by media type.
    #[arg(default = {})]
    pub response_models: BTreeMap<String, String>,
    /// Headers that can be set, e.g. `method.response.header.Location`, and whether they must be there.
    #[arg(default = {})]
    pub response_parameters: BTreeMap<String, bool>,
}

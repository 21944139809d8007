//! `apigatewayv2.route`: facts.

use dr_macros::Kind;

/// Which integration answers which requests of an API.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "apigatewayv2.route",
    id = "{alnum:7}",
    unique = "region: api_id, route_key",
    deleted_with = "api_id",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct HttpRoute {
    /// Id of the API.
    #[arg(replace, refers("apigatewayv2.api.id"))]
    pub api_id: String,
    /// Method and path, e.g. `POST /payment` or `ANY /{proxy+}`; `$default` means everything else.
    #[arg(length = 1..=128)]
    pub route_key: String,
    /// The integration: `integrations/` and its id. It cannot be deleted before the route.
    #[arg(length = 1..=128, refers("*"))]
    pub target: Option<String>,
    /// Who may call: everybody, whoever IAM allows it, or whoever an authorizer allows it.
    #[arg(guards, default = "NONE", one_of("NONE", "AWS_IAM", "CUSTOM", "JWT"))]
    pub authorization_type: String,
    /// Id of the authorizer; with `CUSTOM` and `JWT`.
    #[arg(guards)]
    pub authorizer_id: Option<String>,
    /// Scopes of which a caller's token must have one; with `JWT`.
    #[arg(default = [], unordered, length = 0..=10)]
    pub authorization_scopes: Vec<String>,
    /// Whether a caller must bring an API key. Of WebSocket APIs only.
    #[arg(guards, default = false)]
    pub api_key_required: bool,
    /// Name of the operation in generated clients.
    #[arg(length = 1..=64)]
    pub operation_name: Option<String>,
}

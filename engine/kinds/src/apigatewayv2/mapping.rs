//! `apigatewayv2.mapping`: facts.

use dr_macros::Kind;

/// That paths of a custom domain name lead to a stage of an API.
///
/// Neither the API nor the stage can be deleted before it.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "apigatewayv2.mapping",
    id = "{alnum:6}",
    unique = "region: domain_name, api_mapping_key",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct HttpMapping {
    /// The domain name.
    #[arg(replace, refers("apigatewayv2.domain_name.domain_name"))]
    pub domain_name: String,
    /// Id of the API.
    #[arg(refers("apigatewayv2.api.id"))]
    pub api_id: String,
    /// Name of the stage.
    #[arg(refers("*"))]
    pub stage: String,
    /// First parts of the paths, without `/` at either end; all paths when left out.
    #[arg(default = "", length = 0..=300)]
    pub api_mapping_key: String,
}

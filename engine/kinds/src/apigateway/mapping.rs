//! `apigateway.mapping`: facts.

use dr_macros::Kind;

/// That paths of a custom domain name lead to a stage of a REST API.
///
/// Neither the API nor the stage can be deleted before it.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "apigateway.mapping",
    id = "{domain_name}/{base_path}",
    unique = "region: domain_name, base_path",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct Mapping {
    /// The domain name.
    #[arg(replace, refers("apigateway.domain_name.domain_name"))]
    pub domain_name: String,
    /// Id of the API.
    #[arg(refers("apigateway.rest_api.id"))]
    pub rest_api_id: String,
    /// Name of the stage; callers name it in their paths when left out.
    #[arg(refers("*"))]
    pub stage: Option<String>,
    /// First part of the paths, without `/`; all paths when left out.
    #[arg(replace, default = "", pattern = "[A-Za-z0-9$_.+!*'()-]*")]
    pub base_path: String,
}

//! `apigateway.resource`: facts.

use dr_macros::{Block, Kind};

/// A part of the paths of a REST API, below another.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "apigateway.resource",
    outputs = RestResourceOut,
    id = "{alnum:6}",
    unique = "region: rest_api_id, parent_id, path_part",
    deleted_with = "rest_api_id",
    create = "1s",
    delete = "1s"
)]
pub struct RestResource {
    /// Id of the API.
    #[arg(replace, refers("apigateway.rest_api.id"))]
    pub rest_api_id: String,
    /// Id of the resource above: the API's `root_resource_id`, or another resource.
    #[arg(replace, refers("*"))]
    pub parent_id: String,
    /// Last part of the path, without `/`; `{name}` stands for any, `{proxy+}` for everything that follows.
    #[arg(replace, pattern = "[A-Za-z0-9._:-]+|\\{[A-Za-z0-9._:-]+\\+?\\}")]
    pub path_part: String,
}

/// Computed attributes of a resource.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct RestResourceOut {
    /// The whole path, e.g. `/payment`.
    #[out(like = "/{path_part}")]
    pub path: String,
}

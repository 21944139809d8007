//! `apigateway.rest_api`: facts.

use dr_core::convert::{PolicyDocument, Tags};
use dr_macros::{Block, Kind};

/// A REST API. Its resources, methods, integrations, deployments and stages end with it.
///
/// Changes of media types, compression, policy and endpoint show once the API is deployed again: mention what can
/// change in the `triggers` of its deployment.
///
/// API Gateway deletes one REST API every 30 seconds per account and region, whoever asks: environments that are
/// destroyed at the same time wait for each other.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "apigateway.rest_api",
    outputs = RestApiOut,
    id = "{alnum:10}",
    create = "3s",
    update = "1s",
    delete = "5s"
)]
pub struct RestApi {
    /// API name; metrics go by it. Several APIs can have the same. Defaults to the resource name with the suffix.
    #[arg(name(max = 255, chars = " -~"))]
    pub name: String,
    /// What the API is for.
    #[arg(default = "")]
    pub description: String,
    /// Whether the API is reached in its region, through CloudFront (`EDGE`), or from VPC endpoints only.
    #[arg(default = "REGIONAL", one_of("REGIONAL", "EDGE", "PRIVATE"))]
    pub endpoint_type: String,
    /// Ids of the endpoints that a private API is reached from.
    #[arg(default = [], unordered, refers("ec2.vpc_endpoint.id"))]
    pub vpc_endpoint_ids: Vec<String>,
    /// Where a caller's API key is looked for: in the header `X-API-Key`, or in what an authorizer answers.
    #[arg(default = "HEADER", one_of("HEADER", "AUTHORIZER"))]
    pub api_key_source: String,
    /// Media types whose bodies are bytes and not text, e.g. `image/png` or `*/*`.
    #[arg(default = [], unordered)]
    pub binary_media_types: Vec<String>,
    /// Bytes from which on bodies are compressed; none is when left out.
    #[arg(range = 0..=10_485_760)]
    pub minimum_compression_size: Option<i64>,
    /// Who may call the API, from where. Resources can be written as `execute-api:/stage/method/path`.
    #[arg(grammar(Policy(&policies::API)))]
    pub policy: Option<PolicyDocument>,
    /// Whether the API is reached by its custom domain names only.
    #[arg(guards, default = false)]
    pub disable_execute_api_endpoint: bool,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// Computed attributes of a REST API.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct RestApiOut {
    /// ARN.
    #[out(like = "arn:aws:apigateway:{region}::/restapis/{id}")]
    pub arn: String,
    /// What permissions to call the API start with: `/stage/method/path` follows.
    #[out(like = "arn:aws:execute-api:{region}:{account}:{id}")]
    pub execution_arn: String,
    /// Id of the resource `/`, which every API has.
    #[out(like = "{alnum:10}")]
    pub root_resource_id: String,
}

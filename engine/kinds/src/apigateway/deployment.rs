//! `apigateway.deployment`: facts.

use std::collections::BTreeMap;

use dr_core::value::Value;
use dr_macros::Kind;

/// What a REST API was at some moment; a stage shows it to callers.
///
/// A deployment never changes: what is changed in the API shows only once it is deployed again. Mention in `triggers`
/// the `id` of every integration, so that it is there before it is deployed, and whatever of resources, methods and
/// integrations can change. A change makes a new deployment; stages turn to it before the old one is deleted. API
/// Gateway makes one deployment every 5 seconds per account and region.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "apigateway.deployment",
    id = "{alnum:6}",
    deleted_with = "rest_api_id",
    create = "5s",
    update = "1s",
    delete = "1s"
)]
pub struct Deployment {
    /// Id of the API.
    #[arg(replace, refers("apigateway.rest_api.id"))]
    pub rest_api_id: String,
    /// What is deployed. API Gateway also gets a mark of the operation that made it, as deployments have no tags.
    #[arg(default = "", length = 0..=900)]
    pub description: String,
    /// Anything: when a value changes, the API is deployed anew. What is mentioned here is deployed after it is made.
    #[arg(replace, write_only, default = {})]
    pub triggers: BTreeMap<String, Value>,
}

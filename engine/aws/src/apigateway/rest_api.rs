//! `apigateway.rest_api`: lifecycle. The id is the API's id.
//!
//! `CreateRestApi` takes no token and names are not unique: an API is found by its `dr:op` tag, which the list of all
//! APIs gives.

use aws_sdk_apigateway::operation::get_rest_api::GetRestApiOutput;
use aws_sdk_apigateway::types::{ApiKeySourceType, EndpointConfiguration, EndpointType};
use dr_core::cloud::Intent;
use dr_core::convert::PolicyDocument;
use dr_core::value::Value;
use dr_kinds::apigateway::{RestApi, RestApiOut};

use super::patch::Patch;
use super::tagging::retag;
use super::values::listed;
use crate::connect::{Cx, MayBeGone as _, small};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

/// How a policy may name the API that it is of.
const OWN: &str = "execute-api:/";

impl Lifecycle for RestApi {
    async fn find(cx: &Cx<'_>, _args: &Self, intent: &Intent) -> Result<Option<String>> {
        let pages = cx.apigateway().get_rest_apis().limit(500).into_paginator().items().send();
        let all = cx.call("apigateway:GetRestApis", pages.try_collect()).await?;
        Ok(all.into_iter().find(|api| tags::ours(api.tags(), intent)).and_then(|api| api.id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let endpoint = EndpointConfiguration::builder().types(EndpointType::from(args.endpoint_type.as_str()));
        let endpoint = endpoint.set_vpc_endpoint_ids(listed(&args.vpc_endpoint_ids));
        let api = cx.apigateway().create_rest_api().name(&args.name).endpoint_configuration(endpoint.build());
        let api = api.set_description(Some(args.description.clone()).filter(|text| !text.is_empty()));
        let api = api.api_key_source(ApiKeySourceType::from(args.api_key_source.as_str()));
        let api = api.set_binary_media_types(listed(&args.binary_media_types));
        let api = api.set_minimum_compression_size(args.minimum_compression_size.map(small));
        let api = api.set_policy(args.policy.as_ref().map(PolicyDocument::text));
        let api = api.disable_execute_api_endpoint(args.disable_execute_api_endpoint);
        let api = api.set_tags(Some(tags::given(&args.tags, intent).into_iter().collect()));
        let reply = cx.call("apigateway:CreateRestApi", api.send()).await?;
        reply.id.ok_or_else(|| cx.incomplete("apigateway:CreateRestApi", "id"))
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, RestApiOut)>> {
        let Some(api) = get(cx, id).await.found()? else { return Ok(None) };
        let live = arguments(cx, id, &api, last);
        let root = api.root_resource_id.unwrap_or_default();
        let out = RestApiOut { arn: arn(cx, id), execution_arn: execution_arn(cx, id), root_resource_id: root };
        Ok(Some((live, out)))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let live = arguments(cx, id, &get(cx, id).await?, new);
        let mut patch = Patch::default();
        patch.value("/name", &live.name, &new.name);
        patch.value("/description", &live.description, &new.description);
        patch.value("/apiKeySource", &live.api_key_source, &new.api_key_source);
        let types = format!("/endpointConfiguration/types/{}", live.endpoint_type);
        patch.value(&types, &live.endpoint_type, &new.endpoint_type);
        patch.values("/endpointConfiguration/vpcEndpointIds", &live.vpc_endpoint_ids, &new.vpc_endpoint_ids);
        patch.members("/binaryMediaTypes", &live.binary_media_types, &new.binary_media_types);
        patch.optional("/minimumCompressionSize", live.minimum_compression_size, new.minimum_compression_size);
        // API Gateway writes policies its own way: whether two mean the same has been decided.
        if old.policy != new.policy {
            patch.replace("/policy", Some(new.policy.as_ref().map(PolicyDocument::text).unwrap_or_default()));
        }
        let disabled = "/disableExecuteApiEndpoint";
        patch.value(disabled, &live.disable_execute_api_endpoint, &new.disable_execute_api_endpoint);
        if let Some(operations) = patch.operations() {
            let api = cx.apigateway().update_rest_api().rest_api_id(id).set_patch_operations(Some(operations));
            cx.call("apigateway:UpdateRestApi", api.send()).await?;
        }
        retag(cx, &arn(cx, id), &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let api = cx.apigateway().delete_rest_api().rest_api_id(id);
        cx.call("apigateway:DeleteRestApi", api.send()).await.found().map(drop)
    }
}

async fn get(cx: &Cx<'_>, id: &str) -> Result<GetRestApiOutput> {
    cx.call("apigateway:GetRestApi", cx.apigateway().get_rest_api().rest_api_id(id).send()).await
}

/// The API as it is.
fn arguments(cx: &Cx<'_>, id: &str, api: &GetRestApiOutput, last: &RestApi) -> RestApi {
    let endpoint = api.endpoint_configuration();
    let endpoint_type = endpoint.and_then(|endpoint| endpoint.types().first());
    let short = last.policy.as_ref().is_some_and(|policy| policy.text().contains(OWN));
    let own = format!("{}/", execution_arn(cx, id));
    let written = |text: &str| if short { text.replace(&own, OWN) } else { text.to_owned() };
    RestApi {
        name: api.name.clone().unwrap_or_default(),
        description: api.description.clone().unwrap_or_default(),
        endpoint_type: endpoint_type.map_or_else(|| last.endpoint_type.clone(), |ty| ty.as_str().to_owned()),
        vpc_endpoint_ids: endpoint.map(|endpoint| endpoint.vpc_endpoint_ids().to_vec()).unwrap_or_default(),
        api_key_source: api.api_key_source().unwrap_or(&ApiKeySourceType::Header).as_str().to_owned(),
        binary_media_types: api.binary_media_types().to_vec(),
        minimum_compression_size: api.minimum_compression_size.map(i64::from),
        policy: api.policy().filter(|text| !text.is_empty()).map(|text| PolicyDocument::parse(&written(&quoted(text)))),
        disable_execute_api_endpoint: api.disable_execute_api_endpoint,
        tags: tags::user(api.tags()),
    }
}

/// The text of a policy, which API Gateway gives as it would stand between quotes.
fn quoted(text: &str) -> String {
    let unquoted = Value::from_json(&format!("\"{text}\"")).ok();
    unquoted.as_ref().and_then(Value::as_str).unwrap_or(text).to_owned()
}

fn arn(cx: &Cx<'_>, id: &str) -> String {
    cx.arn("apigateway", &format!("/restapis/{id}"))
}

fn execution_arn(cx: &Cx<'_>, id: &str) -> String {
    cx.arn("execute-api", id)
}

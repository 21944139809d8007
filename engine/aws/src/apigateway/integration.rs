//! `apigateway.integration`: lifecycle. The id is the API's id, the resource's id and the HTTP method.
//!
//! An integration has no tags: it is this operation's if it calls what it was to call. One that becomes of another type
//! is put anew, which also takes its responses away; anything else is changed in place.

use aws_sdk_apigateway::operation::get_integration::GetIntegrationOutput;
use aws_sdk_apigateway::types::{ConnectionType, ContentHandlingStrategy, IntegrationType};
use dr_core::cloud::Intent;
use dr_core::convert::NoOutputs;
use dr_kinds::apigateway::{Integration, IntegrationResponse};

use super::method::request;
use super::patch::Patch;
use super::values::{hashed, listed};
use crate::connect::{Cx, MayBeGone as _, small};
use crate::gateway::{filled, sorted};
use crate::lifecycle::{Lifecycle, Result};

impl Lifecycle for Integration {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        Ok(there(cx, args).await?.filter(|there| calls_the_same(there, args)).map(|_| id(args)))
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        // A put would silently take the place of whatever is there.
        match there(&cx.looking(), args).await? {
            None => put(cx, args).await?,
            Some(there) if calls_the_same(&there, args) => {}
            Some(_) => return Err(cx.not_ours("apigateway:PutIntegration", &id(args))),
        }
        Ok(id(args))
    }

    async fn configure(cx: &Cx<'_>, _id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        respond(cx, &[], args).await
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        Ok(there(cx, last).await?.map(|live| (live, NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, _id: &str, _old: &Self, new: &Self) -> Result<()> {
        let live = arguments(&get(cx, new).await?, new);
        let Some(live) = live.filter(|live| live.r#type == new.r#type) else {
            put(cx, new).await?;
            return respond(cx, &[], new).await;
        };
        let mut patch = Patch::default();
        macro_rules! texts {
            ($($path:literal $field:ident),*) => {
                $(patch.text($path, live.$field.as_deref(), new.$field.as_deref());)*
            };
        }
        texts!("/httpMethod" integration_http_method, "/uri" uri, "/connectionId" connection_id);
        texts!("/credentials" credentials, "/contentHandling" content_handling);
        patch.value("/connectionType", &live.connection_type, &new.connection_type);
        patch.value("/timeoutInMillis", &live.timeout_in_millis, &new.timeout_in_millis);
        patch.value("/passthroughBehavior", &live.passthrough_behavior, &new.passthrough_behavior);
        if new.cache_namespace.is_some() {
            patch.text("/cacheNamespace", live.cache_namespace.as_deref(), new.cache_namespace.as_deref());
        }
        patch.members("/cacheKeyParameters", &live.cache_key_parameters, &new.cache_key_parameters);
        patch.entries("/requestParameters", &live.request_parameters, &new.request_parameters);
        patch.entries("/requestTemplates", &live.request_templates, &new.request_templates);
        if let Some(operations) = patch.operations() {
            let integration = request!(cx, new, update_integration).set_patch_operations(Some(operations));
            cx.call("apigateway:UpdateIntegration", integration.send()).await?;
        }
        respond(cx, &live.integration_responses, new).await
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let integration = request!(cx, last, delete_integration);
        cx.call("apigateway:DeleteIntegration", integration.send()).await.found().map(drop)
    }
}

fn id(args: &Integration) -> String {
    format!("{}/{}/{}", args.rest_api_id, args.resource_id, args.http_method)
}

async fn get(cx: &Cx<'_>, args: &Integration) -> Result<GetIntegrationOutput> {
    cx.call("apigateway:GetIntegration", request!(cx, args, get_integration).send()).await
}

/// The integration as it is, or `None`.
async fn there(cx: &Cx<'_>, args: &Integration) -> Result<Option<Integration>> {
    Ok(get(cx, args).await.found()?.and_then(|integration| arguments(&integration, args)))
}

/// Whether both call the same, whatever else is still to be configured.
fn calls_the_same(there: &Integration, args: &Integration) -> bool {
    there.r#type == args.r#type && there.uri == args.uri
}

/// The integration that an answer is about; `None` if it is about none.
fn arguments(live: &GetIntegrationOutput, last: &Integration) -> Option<Integration> {
    let responses = sorted(live.integration_responses());
    Some(Integration {
        r#type: live.r#type()?.as_str().to_owned(),
        integration_http_method: filled(live.http_method()),
        uri: filled(live.uri()),
        connection_type: live.connection_type().unwrap_or(&ConnectionType::Internet).as_str().to_owned(),
        connection_id: filled(live.connection_id()),
        credentials: filled(live.credentials()),
        timeout_in_millis: Some(i64::from(live.timeout_in_millis)).filter(|t| *t > 0).unwrap_or(last.timeout_in_millis),
        passthrough_behavior: live.passthrough_behavior.clone().unwrap_or_else(|| last.passthrough_behavior.clone()),
        content_handling: live.content_handling().map(|handling| handling.as_str().to_owned()),
        request_parameters: sorted(live.request_parameters()),
        request_templates: sorted(live.request_templates()),
        cache_key_parameters: live.cache_key_parameters().to_vec(),
        cache_namespace: filled(live.cache_namespace()),
        integration_responses: responses
            .into_iter()
            .map(|(status_code, response)| IntegrationResponse {
                status_code,
                selection_pattern: filled(response.selection_pattern()),
                response_parameters: sorted(response.response_parameters()),
                response_templates: sorted(response.response_templates()),
                content_handling: response.content_handling().map(|handling| handling.as_str().to_owned()),
            })
            .collect(),
        ..last.clone()
    })
}

/// Puts the integration in the place of any other.
async fn put(cx: &Cx<'_>, args: &Integration) -> Result<()> {
    let integration = request!(cx, args, put_integration).r#type(IntegrationType::from(args.r#type.as_str()));
    let integration = integration.set_integration_http_method(args.integration_http_method.clone());
    let integration = integration.set_uri(args.uri.clone()).set_credentials(args.credentials.clone());
    let integration = integration.connection_type(ConnectionType::from(args.connection_type.as_str()));
    let integration = integration.set_connection_id(args.connection_id.clone());
    let integration = integration.timeout_in_millis(small(args.timeout_in_millis));
    let integration = integration.passthrough_behavior(&args.passthrough_behavior);
    let integration = integration.set_content_handling(handling(args.content_handling.as_deref()));
    let integration = integration.set_request_parameters(hashed(&args.request_parameters));
    let integration = integration.set_request_templates(hashed(&args.request_templates));
    let integration = integration.set_cache_key_parameters(listed(&args.cache_key_parameters));
    let integration = integration.set_cache_namespace(args.cache_namespace.clone());
    cx.call("apigateway:PutIntegration", integration.send()).await.map(drop)
}

/// Makes the responses of an integration what they shall be. One that is put takes the place of any other.
async fn respond(cx: &Cx<'_>, live: &[IntegrationResponse], new: &Integration) -> Result<()> {
    let stays = |status: &str| new.integration_responses.iter().any(|response| response.status_code == status);
    for response in live.iter().filter(|response| !stays(&response.status_code)) {
        let response = request!(cx, new, delete_integration_response).status_code(&response.status_code);
        cx.call("apigateway:DeleteIntegrationResponse", response.send()).await?;
    }
    for response in new.integration_responses.iter().filter(|response| !live.contains(response)) {
        let put = request!(cx, new, put_integration_response).status_code(&response.status_code);
        let put = put.set_selection_pattern(response.selection_pattern.clone());
        let put = put.set_response_parameters(hashed(&response.response_parameters));
        let put = put.set_response_templates(hashed(&response.response_templates));
        let put = put.set_content_handling(handling(response.content_handling.as_deref()));
        cx.call("apigateway:PutIntegrationResponse", put.send()).await?;
    }
    Ok(())
}

fn handling(text: Option<&str>) -> Option<ContentHandlingStrategy> {
    text.map(ContentHandlingStrategy::from)
}

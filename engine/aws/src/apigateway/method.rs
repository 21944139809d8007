//! `apigateway.method`: lifecycle. The id is the API's id, the resource's id and the HTTP method.
//!
//! A method has no tags: it is this operation's if it asks for what it was to ask for.

use aws_sdk_apigateway::operation::get_method::GetMethodOutput;
use dr_core::cloud::Intent;
use dr_core::convert::NoOutputs;
use dr_kinds::apigateway::{Method, MethodResponse};

use super::patch::Patch;
use super::values::{hashed, listed};
use crate::connect::{Cx, MayBeGone as _};
use crate::gateway::{filled, sorted};
use crate::lifecycle::{Lifecycle, Result};

/// A request about a method, and the call that it becomes.
macro_rules! request {
    ($cx:expr, $args:expr, $operation:ident) => {
        $cx.apigateway()
            .$operation()
            .rest_api_id(&$args.rest_api_id)
            .resource_id(&$args.resource_id)
            .http_method(&$args.http_method)
    };
}
pub(super) use request;

impl Lifecycle for Method {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        let there = get(cx, args).await.found()?.map(|method| arguments(&method, args));
        let same = |there: &Self| {
            there.authorization_type == args.authorization_type && there.api_key_required == args.api_key_required
        };
        Ok(there.filter(same).map(|_| id(args)))
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        let method = request!(cx, args, put_method).authorization_type(&args.authorization_type);
        let method = method.set_authorizer_id(args.authorizer_id.clone());
        let method = method.set_authorization_scopes(listed(&args.authorization_scopes));
        let method = method.api_key_required(args.api_key_required).set_operation_name(args.operation_name.clone());
        let method = method.set_request_validator_id(args.request_validator_id.clone());
        let method = method.set_request_parameters(hashed(&args.request_parameters));
        let method = method.set_request_models(hashed(&args.request_models));
        cx.call("apigateway:PutMethod", method.send()).await?;
        Ok(id(args))
    }

    async fn configure(cx: &Cx<'_>, _id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        if args.method_responses.is_empty() {
            return Ok(());
        }
        respond(cx, &arguments(&get(cx, args).await?, args), args).await
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let method = get(cx, last).await.found()?;
        Ok(method.map(|method| (arguments(&method, last), NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, _id: &str, _old: &Self, new: &Self) -> Result<()> {
        let live = arguments(&get(cx, new).await?, new);
        let mut patch = Patch::default();
        patch.value("/authorizationType", &live.authorization_type, &new.authorization_type);
        patch.text("/authorizerId", live.authorizer_id.as_deref(), new.authorizer_id.as_deref());
        patch.values("/authorizationScopes", &live.authorization_scopes, &new.authorization_scopes);
        patch.value("/apiKeyRequired", &live.api_key_required, &new.api_key_required);
        patch.text("/operationName", live.operation_name.as_deref(), new.operation_name.as_deref());
        let validator = |method: &Self| method.request_validator_id.clone();
        patch.optional("/requestValidatorId", validator(&live), validator(new));
        patch.entries("/requestParameters", &live.request_parameters, &new.request_parameters);
        patch.entries("/requestModels", &live.request_models, &new.request_models);
        if let Some(operations) = patch.operations() {
            let method = request!(cx, new, update_method).set_patch_operations(Some(operations));
            cx.call("apigateway:UpdateMethod", method.send()).await?;
        }
        respond(cx, &live, new).await
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        cx.call("apigateway:DeleteMethod", request!(cx, last, delete_method).send()).await.found().map(drop)
    }
}

fn id(args: &Method) -> String {
    format!("{}/{}/{}", args.rest_api_id, args.resource_id, args.http_method)
}

async fn get(cx: &Cx<'_>, args: &Method) -> Result<GetMethodOutput> {
    cx.call("apigateway:GetMethod", request!(cx, args, get_method).send()).await
}

/// The method as it is.
fn arguments(method: &GetMethodOutput, last: &Method) -> Method {
    let responses = sorted(method.method_responses());
    Method {
        authorization_type: method.authorization_type.clone().unwrap_or_default(),
        authorizer_id: filled(method.authorizer_id()),
        authorization_scopes: method.authorization_scopes().to_vec(),
        api_key_required: method.api_key_required.unwrap_or_default(),
        operation_name: filled(method.operation_name()),
        request_validator_id: filled(method.request_validator_id()),
        request_parameters: sorted(method.request_parameters()),
        request_models: sorted(method.request_models()),
        method_responses: responses
            .into_iter()
            .map(|(status_code, response)| MethodResponse {
                status_code,
                response_models: sorted(response.response_models()),
                response_parameters: sorted(response.response_parameters()),
            })
            .collect(),
        ..last.clone()
    }
}

/// Makes the responses of a method what they shall be. One that is there is refused, so it goes first.
async fn respond(cx: &Cx<'_>, live: &Method, new: &Method) -> Result<()> {
    for response in live.method_responses.iter().filter(|response| !new.method_responses.contains(response)) {
        let response = request!(cx, new, delete_method_response).status_code(&response.status_code);
        cx.call("apigateway:DeleteMethodResponse", response.send()).await?;
    }
    for response in new.method_responses.iter().filter(|response| !live.method_responses.contains(response)) {
        let put = request!(cx, new, put_method_response).status_code(&response.status_code);
        let put = put.set_response_models(hashed(&response.response_models));
        let put = put.set_response_parameters(hashed(&response.response_parameters));
        cx.call("apigateway:PutMethodResponse", put.send()).await?;
    }
    Ok(())
}

//! `apigatewayv2.integration`: lifecycle. The id is the integration's id within its API.
//!
//! An integration has neither a name nor tags, and an API may have two that look the same: its description ends with a
//! mark of the operation that made it.

use std::collections::BTreeMap;

use aws_sdk_apigatewayv2::operation::get_integration::GetIntegrationOutput;
use aws_sdk_apigatewayv2::types::{ConnectionType, Integration, IntegrationType};
use dr_core::cloud::Intent;
use dr_core::convert::NoOutputs;
use dr_kinds::apigatewayv2::HttpIntegration;

use super::pages::every;
use super::values::{changed, turned};
use crate::connect::{Cx, MayBeGone as _, small};
use crate::gateway::{filled, marked, sorted, unmarked};
use crate::lifecycle::{Lifecycle, Result};

impl Lifecycle for HttpIntegration {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let list = cx.apigatewayv2().get_integrations().api_id(&args.api_id);
        let all = every!(cx, "apigatewayv2:GetIntegrations", list).found()?.unwrap_or_default();
        let op = |of: &Integration| unmarked(of.description().unwrap_or_default()).1.map(str::to_owned);
        // Where nobody knows the operation, it is the one that bears a mark and calls the same.
        let calls_the_same = |of: &Integration| {
            of.integration_type().map(IntegrationType::as_str) == Some(&args.integration_type)
                && filled(of.integration_uri()) == args.integration_uri
                && filled(of.integration_subtype()) == args.integration_subtype
        };
        let it = all.into_iter().find(|integration| match intent.knows_operation() {
            true => op(integration).as_deref() == Some(&*intent.op),
            false => op(integration).is_some() && calls_the_same(integration),
        });
        Ok(it.and_then(|integration| integration.integration_id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let integration = cx.apigatewayv2().create_integration().api_id(&args.api_id);
        let integration = integration.integration_type(IntegrationType::from(args.integration_type.as_str()));
        let integration = integration.set_integration_uri(args.integration_uri.clone());
        let integration = integration.set_integration_method(args.integration_method.clone());
        let integration = integration.set_integration_subtype(args.integration_subtype.clone());
        let integration = integration.payload_format_version(&args.payload_format_version);
        let integration = integration.description(marked(&args.description, &intent.op));
        let integration = integration.set_timeout_in_millis(args.timeout_in_millis.map(small));
        let integration = integration.connection_type(ConnectionType::from(args.connection_type.as_str()));
        let integration = integration.set_connection_id(args.connection_id.clone());
        let integration = integration.set_credentials_arn(args.credentials_arn.clone());
        let nothing = Default::default();
        let integration = integration.set_request_parameters(turned(&nothing, &args.request_parameters));
        let integration = integration.set_response_parameters(responses(&Default::default(), args));
        let reply = cx.call("apigatewayv2:CreateIntegration", integration.send()).await?;
        reply.integration_id.ok_or_else(|| cx.incomplete("apigatewayv2:CreateIntegration", "id"))
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let Some(live) = get(cx, id, last).await.found()? else { return Ok(None) };
        let responses = sorted(live.response_parameters());
        let text = |live: Option<&str>, last: &str| live.unwrap_or(last).to_owned();
        let integration = HttpIntegration {
            integration_type: text(live.integration_type().map(IntegrationType::as_str), &last.integration_type),
            integration_uri: filled(live.integration_uri()),
            integration_method: filled(live.integration_method()),
            integration_subtype: filled(live.integration_subtype()),
            payload_format_version: text(live.payload_format_version(), &last.payload_format_version),
            description: unmarked(live.description().unwrap_or_default()).0.to_owned(),
            timeout_in_millis: live.timeout_in_millis.map(i64::from),
            connection_type: text(live.connection_type().map(ConnectionType::as_str), &last.connection_type),
            connection_id: filled(live.connection_id()),
            credentials_arn: filled(live.credentials_arn()),
            request_parameters: sorted(live.request_parameters()),
            response_parameters: responses.into_iter().map(|(status, map)| (status, sorted(Some(&map)))).collect(),
            ..last.clone()
        };
        Ok(Some((integration, NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let integration = cx.apigatewayv2().update_integration().api_id(&new.api_id).integration_id(id);
        let integration = integration.integration_type(IntegrationType::from(new.integration_type.as_str()));
        let text = |of: fn(&Self) -> &Option<String>| changed(of(old).as_deref(), of(new).as_deref());
        let integration = integration.set_integration_uri(text(|i| &i.integration_uri));
        let integration = integration.set_integration_method(new.integration_method.clone());
        let integration = integration.set_integration_subtype(text(|i| &i.integration_subtype));
        let integration = integration.payload_format_version(&new.payload_format_version);
        let integration = integration.set_timeout_in_millis(new.timeout_in_millis.map(small));
        let integration = integration.connection_type(ConnectionType::from(new.connection_type.as_str()));
        let integration = integration.set_connection_id(text(|i| &i.connection_id));
        let integration = integration.set_credentials_arn(text(|i| &i.credentials_arn));
        let integration = integration.set_request_parameters(turned(&old.request_parameters, &new.request_parameters));
        let integration = integration.set_response_parameters(responses(&old.response_parameters, new));
        let integration = integration.set_description(if old.description == new.description {
            None
        } else {
            let live = get(cx, id, new).await?;
            let op = unmarked(live.description().unwrap_or_default()).1;
            Some(op.map_or_else(|| new.description.clone(), |op| marked(&new.description, op)))
        });
        cx.call("apigatewayv2:UpdateIntegration", integration.send()).await.map(drop)
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        let integration = cx.apigatewayv2().delete_integration().api_id(&last.api_id).integration_id(id);
        cx.call("apigatewayv2:DeleteIntegration", integration.send()).await.found().map(drop)
    }
}

async fn get(cx: &Cx<'_>, id: &str, args: &HttpIntegration) -> Result<GetIntegrationOutput> {
    let integration = cx.apigatewayv2().get_integration().api_id(&args.api_id).integration_id(id);
    cx.call("apigatewayv2:GetIntegration", integration.send()).await
}

type ResponseParameters = BTreeMap<String, BTreeMap<String, String>>;

/// What changes the parameters of responses: those of a status are given as a whole.
fn responses<M, N>(old: &ResponseParameters, new: &HttpIntegration) -> Option<M>
where
    M: FromIterator<(String, N)>,
    N: FromIterator<(String, String)>,
{
    let all: ResponseParameters = turned(old, &new.response_parameters)?;
    Some(all.into_iter().map(|(status, map)| (status, map.into_iter().collect())).collect())
}

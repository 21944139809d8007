//! `apigatewayv2.api`: lifecycle. The id is the API's id.
//!
//! `CreateApi` takes no token and names are not unique: an API is found by its `dr:op` tag, which the list of all APIs
//! gives.

use aws_sdk_apigatewayv2::types::{self, ProtocolType};
use dr_core::cloud::Intent;
use dr_kinds::apigatewayv2::{Api, ApiOut, Cors};

use super::pages::every;
use super::tagging::retag;
use super::values::changed;
use crate::connect::{Cx, MayBeGone as _, small};
use crate::gateway::filled;
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

impl Lifecycle for Api {
    async fn find(cx: &Cx<'_>, _args: &Self, intent: &Intent) -> Result<Option<String>> {
        let all = every!(cx, "apigatewayv2:GetApis", cx.apigatewayv2().get_apis())?;
        Ok(all.into_iter().find(|api| tags::ours(api.tags(), intent)).and_then(|api| api.api_id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let api = cx.apigatewayv2().create_api().name(&args.name);
        let api = api.protocol_type(ProtocolType::from(args.protocol_type.as_str()));
        let api = api.set_description(filled(Some(&args.description))).set_version(filled(Some(&args.version)));
        let api = api.set_cors_configuration(args.cors_configuration.as_ref().map(cors));
        let api = api.disable_execute_api_endpoint(args.disable_execute_api_endpoint);
        let api = api.set_route_selection_expression(args.route_selection_expression.clone());
        let api = api.set_tags(Some(tags::given(&args.tags, intent).into_iter().collect()));
        let reply = cx.call("apigatewayv2:CreateApi", api.send()).await?;
        reply.api_id.ok_or_else(|| cx.incomplete("apigatewayv2:CreateApi", "id"))
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, ApiOut)>> {
        let api = cx.apigatewayv2().get_api().api_id(id);
        let Some(api) = cx.call("apigatewayv2:GetApi", api.send()).await.found()? else { return Ok(None) };
        let protocol = api.protocol_type.as_ref().map(|protocol| protocol.as_str().to_owned());
        let live = Api {
            name: api.name.unwrap_or_default(),
            protocol_type: protocol.unwrap_or_else(|| last.protocol_type.clone()),
            description: api.description.unwrap_or_default(),
            version: api.version.unwrap_or_default(),
            cors_configuration: api.cors_configuration.as_ref().map(|live| Cors {
                allow_credentials: live.allow_credentials.unwrap_or_default(),
                allow_headers: live.allow_headers().to_vec(),
                allow_methods: live.allow_methods().to_vec(),
                allow_origins: live.allow_origins().to_vec(),
                expose_headers: live.expose_headers().to_vec(),
                max_age: live.max_age.map(i64::from).unwrap_or_default(),
            }),
            disable_execute_api_endpoint: api.disable_execute_api_endpoint.unwrap_or_default(),
            route_selection_expression: api.route_selection_expression,
            tags: tags::user(api.tags.as_ref()),
        };
        let out = ApiOut {
            arn: arn(cx, id),
            api_endpoint: api.api_endpoint.unwrap_or_default(),
            execution_arn: cx.arn("execute-api", id),
        };
        Ok(Some((live, out)))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if old.cors_configuration.is_some() && new.cors_configuration.is_none() {
            let api = cx.apigatewayv2().delete_cors_configuration().api_id(id);
            cx.call("apigatewayv2:DeleteCorsConfiguration", api.send()).await?;
        }
        let rest = |api: &Self| Api { tags: Default::default(), ..api.clone() };
        if rest(old) != rest(new) {
            let text = |of: fn(&Self) -> &String| changed(Some(of(old)), Some(of(new)));
            let api = cx.apigatewayv2().update_api().api_id(id).set_name(text(|api| &api.name));
            let api = api.set_description(text(|api| &api.description)).set_version(text(|api| &api.version));
            let api = api.set_cors_configuration(new.cors_configuration.as_ref().map(cors));
            let api = api.disable_execute_api_endpoint(new.disable_execute_api_endpoint);
            let api = api.set_route_selection_expression(new.route_selection_expression.clone());
            cx.call("apigatewayv2:UpdateApi", api.send()).await?;
        }
        retag(cx, &arn(cx, id), &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let api = cx.apigatewayv2().delete_api().api_id(id);
        cx.call("apigatewayv2:DeleteApi", api.send()).await.found().map(drop)
    }
}

fn arn(cx: &Cx<'_>, id: &str) -> String {
    cx.arn("apigateway", &format!("/apis/{id}"))
}

fn cors(cors: &Cors) -> types::Cors {
    types::Cors::builder()
        .allow_credentials(cors.allow_credentials)
        .set_allow_headers(Some(cors.allow_headers.clone()))
        .set_allow_methods(Some(cors.allow_methods.clone()))
        .set_allow_origins(Some(cors.allow_origins.clone()))
        .set_expose_headers(Some(cors.expose_headers.clone()))
        .max_age(small(cors.max_age))
        .build()
}

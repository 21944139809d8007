//! `apigatewayv2.route`: lifecycle. The id is the route's id within its API; its key is the only one there.

use aws_sdk_apigatewayv2::types::AuthorizationType;
use dr_core::cloud::Intent;
use dr_core::convert::NoOutputs;
use dr_kinds::apigatewayv2::HttpRoute;

use super::pages::every;
use super::values::changed;
use crate::connect::{Cx, MayBeGone as _};
use crate::gateway::filled;
use crate::lifecycle::{Lifecycle, Result};

impl Lifecycle for HttpRoute {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        let list = cx.apigatewayv2().get_routes().api_id(&args.api_id);
        let all = every!(cx, "apigatewayv2:GetRoutes", list).found()?.unwrap_or_default();
        // It has no tags: it is this operation's if it leads where it was to lead.
        let ours = |route: &aws_sdk_apigatewayv2::types::Route| {
            route.route_key() == Some(&args.route_key) && route.target() == args.target.as_deref()
        };
        Ok(all.into_iter().find(ours).and_then(|route| route.route_id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        let route = cx.apigatewayv2().create_route().api_id(&args.api_id).route_key(&args.route_key);
        let route = route.set_target(args.target.clone());
        let route = route.authorization_type(AuthorizationType::from(args.authorization_type.as_str()));
        let route = route.set_authorizer_id(args.authorizer_id.clone());
        let scopes = Some(args.authorization_scopes.clone()).filter(|scopes| !scopes.is_empty());
        let route = route.set_authorization_scopes(scopes).set_operation_name(args.operation_name.clone());
        let route = route.set_api_key_required(args.api_key_required.then_some(true));
        let reply = cx.call("apigatewayv2:CreateRoute", route.send()).await?;
        reply.route_id.ok_or_else(|| cx.incomplete("apigatewayv2:CreateRoute", "id"))
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let route = cx.apigatewayv2().get_route().api_id(&last.api_id).route_id(id);
        let Some(live) = cx.call("apigatewayv2:GetRoute", route.send()).await.found()? else { return Ok(None) };
        let route = HttpRoute {
            route_key: live.route_key.clone().unwrap_or_default(),
            target: filled(live.target()),
            authorization_type: live.authorization_type().unwrap_or(&AuthorizationType::None).as_str().to_owned(),
            authorizer_id: filled(live.authorizer_id()),
            authorization_scopes: live.authorization_scopes().to_vec(),
            api_key_required: live.api_key_required.unwrap_or_default(),
            operation_name: filled(live.operation_name()),
            ..last.clone()
        };
        Ok(Some((route, NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let text = |of: fn(&Self) -> &Option<String>| changed(of(old).as_deref(), of(new).as_deref());
        let route = cx.apigatewayv2().update_route().api_id(&new.api_id).route_id(id);
        let route = route.set_route_key(changed(Some(&old.route_key), Some(&new.route_key)));
        let route = route.set_target(text(|route| &route.target));
        let route = route.authorization_type(AuthorizationType::from(new.authorization_type.as_str()));
        let route = route.set_authorizer_id(text(|route| &route.authorizer_id));
        let scopes = (old.authorization_scopes != new.authorization_scopes).then(|| new.authorization_scopes.clone());
        let route = route.set_authorization_scopes(scopes).set_operation_name(text(|route| &route.operation_name));
        let key = (old.api_key_required != new.api_key_required).then_some(new.api_key_required);
        cx.call("apigatewayv2:UpdateRoute", route.set_api_key_required(key).send()).await.map(drop)
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        let route = cx.apigatewayv2().delete_route().api_id(&last.api_id).route_id(id);
        cx.call("apigatewayv2:DeleteRoute", route.send()).await.found().map(drop)
    }
}

//! `apigateway.resource`: lifecycle. The id is the resource's id within its API.

use dr_core::cloud::Intent;
use dr_kinds::apigateway::{RestResource, RestResourceOut};

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};

impl Lifecycle for RestResource {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        let pages = cx.apigateway().get_resources().rest_api_id(&args.rest_api_id).limit(500);
        let pages = pages.into_paginator().items().send();
        let all = cx.call("apigateway:GetResources", pages.try_collect()).await.found()?.unwrap_or_default();
        let mut all = all.into_iter();
        let it = all.find(|resource| {
            resource.parent_id() == Some(&args.parent_id) && resource.path_part() == Some(&args.path_part)
        });
        Ok(it.and_then(|resource| resource.id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        let resource = cx.apigateway().create_resource().rest_api_id(&args.rest_api_id);
        let resource = resource.parent_id(&args.parent_id).path_part(&args.path_part);
        let reply = cx.call("apigateway:CreateResource", resource.send()).await?;
        reply.id.ok_or_else(|| cx.incomplete("apigateway:CreateResource", "id"))
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, RestResourceOut)>> {
        let resource = cx.apigateway().get_resource().rest_api_id(&last.rest_api_id).resource_id(id);
        let reply = cx.call("apigateway:GetResource", resource.send()).await.found()?;
        Ok(reply.map(|resource| {
            let live = RestResource {
                parent_id: resource.parent_id.unwrap_or_default(),
                path_part: resource.path_part.unwrap_or_default(),
                ..last.clone()
            };
            (live, RestResourceOut { path: resource.path.unwrap_or_default() })
        }))
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        let resource = cx.apigateway().delete_resource().rest_api_id(&last.rest_api_id).resource_id(id);
        cx.call("apigateway:DeleteResource", resource.send()).await.found().map(drop)
    }
}

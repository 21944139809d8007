//! `apigateway.deployment`: lifecycle. The id is the deployment's id within its API.
//!
//! A deployment has neither a name nor tags, and an API has many that look the same: its description ends with a mark
//! of the operation that made it. What triggers a deployment is known to the engine only.

use aws_sdk_apigateway::types::Deployment as ApiDeployment;
use aws_smithy_types::DateTime;
use dr_core::cloud::Intent;
use dr_core::convert::NoOutputs;
use dr_kinds::apigateway::Deployment;

use super::patch::Patch;
use crate::connect::{Cx, MayBeGone as _};
use crate::gateway::{marked, unmarked};
use crate::lifecycle::{Lifecycle, Result};

impl Lifecycle for Deployment {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let pages = cx.apigateway().get_deployments().rest_api_id(&args.rest_api_id).limit(500);
        let pages = pages.into_paginator().items().send();
        let all = cx.call("apigateway:GetDeployments", pages.try_collect()).await.found()?.unwrap_or_default();
        let op = |deployment: &ApiDeployment| unmarked(deployment.description().unwrap_or_default()).1.map(str::to_owned);
        let found = match intent.knows_operation() {
            true => all.into_iter().find(|deployment| op(deployment).as_deref() == Some(&*intent.op)),
            // The last one that bears a mark is the one in use.
            false => all.into_iter().filter(|deployment| op(deployment).is_some()).max_by_key(|d| d.created_date().map(DateTime::as_nanos)),
        };
        Ok(found.and_then(|deployment| deployment.id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let deployment = cx.apigateway().create_deployment().rest_api_id(&args.rest_api_id);
        let deployment = deployment.description(marked(&args.description, &intent.op));
        let reply = cx.call("apigateway:CreateDeployment", deployment.send()).await?;
        reply.id.ok_or_else(|| cx.incomplete("apigateway:CreateDeployment", "id"))
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let text = description(cx, id, last).await.found()?;
        let live = |text: String| Deployment { description: unmarked(&text).0.to_owned(), ..last.clone() };
        Ok(text.map(|text| (live(text), NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, id: &str, _old: &Self, new: &Self) -> Result<()> {
        let live = description(cx, id, new).await?;
        let text = match unmarked(&live).1 {
            Some(op) => marked(&new.description, op),
            None => new.description.clone(),
        };
        let mut patch = Patch::default();
        patch.value("/description", &live, &text);
        if let Some(operations) = patch.operations() {
            let deployment = cx.apigateway().update_deployment().rest_api_id(&new.rest_api_id).deployment_id(id);
            let deployment = deployment.set_patch_operations(Some(operations));
            cx.call("apigateway:UpdateDeployment", deployment.send()).await?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        let deployment = cx.apigateway().delete_deployment().rest_api_id(&last.rest_api_id).deployment_id(id);
        cx.call("apigateway:DeleteDeployment", deployment.send()).await.found().map(drop)
    }
}

/// The description as it is, with the mark.
async fn description(cx: &Cx<'_>, id: &str, args: &Deployment) -> Result<String> {
    let deployment = cx.apigateway().get_deployment().rest_api_id(&args.rest_api_id).deployment_id(id);
    let reply = cx.call("apigateway:GetDeployment", deployment.send()).await?;
    Ok(reply.description.unwrap_or_default())
}

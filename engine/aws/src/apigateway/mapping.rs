//! `apigateway.mapping`: lifecycle. The id is the domain name, `/` and the base path.
//!
//! A mapping has no tags: it is this operation's if it leads where it was to lead.

use dr_core::cloud::Intent;
use dr_core::convert::NoOutputs;
use dr_kinds::apigateway::Mapping;

use super::patch::Patch;
use crate::connect::{Cx, MayBeGone as _};
use crate::gateway::filled;
use crate::lifecycle::{Lifecycle, Result, found_as_given};

/// What API Gateway calls a base path that there is none of, and a stage.
const NONE: &str = "(none)";

impl Lifecycle for Mapping {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, id(args), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        let mapping = cx.apigateway().create_base_path_mapping().domain_name(&args.domain_name);
        let mapping = mapping.rest_api_id(&args.rest_api_id).set_stage(args.stage.clone());
        let mapping = mapping.set_base_path(filled(Some(&args.base_path)));
        cx.call("apigateway:CreateBasePathMapping", mapping.send()).await?;
        Ok(id(args))
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        Ok(mapping(cx, last).await.found()?.map(|live| (live, NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, _id: &str, old: &Self, new: &Self) -> Result<()> {
        let mut patch = Patch::default();
        patch.value("/restapiId", &old.rest_api_id, &new.rest_api_id);
        patch.text("/stage", old.stage.as_deref(), new.stage.as_deref());
        if let Some(operations) = patch.operations() {
            let mapping = cx.apigateway().update_base_path_mapping().domain_name(&new.domain_name);
            let mapping = mapping.base_path(base_path(new)).set_patch_operations(Some(operations));
            cx.call("apigateway:UpdateBasePathMapping", mapping.send()).await?;
        }
        Ok(())
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let mapping = cx.apigateway().delete_base_path_mapping().domain_name(&last.domain_name);
        let mapping = mapping.base_path(base_path(last));
        cx.call("apigateway:DeleteBasePathMapping", mapping.send()).await.found().map(drop)
    }
}

fn id(args: &Mapping) -> String {
    format!("{}/{}", args.domain_name, args.base_path)
}

fn base_path(args: &Mapping) -> &str {
    if args.base_path.is_empty() { NONE } else { &args.base_path }
}

/// The mapping as it is.
async fn mapping(cx: &Cx<'_>, args: &Mapping) -> Result<Mapping> {
    let mapping = cx.apigateway().get_base_path_mapping().domain_name(&args.domain_name).base_path(base_path(args));
    let live = cx.call("apigateway:GetBasePathMapping", mapping.send()).await?;
    Ok(Mapping {
        rest_api_id: live.rest_api_id.unwrap_or_default(),
        stage: live.stage.filter(|stage| !stage.is_empty() && stage != NONE),
        ..args.clone()
    })
}

//! `apigatewayv2.mapping`: lifecycle. The id is the mapping's id within its domain name.
//!
//! A mapping has no tags: it is this operation's if it leads where it was to lead.

use dr_core::cloud::Intent;
use dr_core::convert::NoOutputs;
use dr_kinds::apigatewayv2::HttpMapping;

use super::pages::every;
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};

impl Lifecycle for HttpMapping {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        let list = cx.apigatewayv2().get_api_mappings().domain_name(&args.domain_name);
        let all = every!(cx, "apigatewayv2:GetApiMappings", list).found()?.unwrap_or_default();
        let it = all.into_iter().find(|mapping| {
            mapping.api_mapping_key().unwrap_or_default() == args.api_mapping_key
                && mapping.api_id() == Some(&args.api_id)
                && mapping.stage() == Some(&args.stage)
        });
        Ok(it.and_then(|mapping| mapping.api_mapping_id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        let mapping = cx.apigatewayv2().create_api_mapping().domain_name(&args.domain_name).api_id(&args.api_id);
        let mapping = mapping.stage(&args.stage);
        let mapping =
            if args.api_mapping_key.is_empty() { mapping } else { mapping.api_mapping_key(&args.api_mapping_key) };
        let reply = cx.call("apigatewayv2:CreateApiMapping", mapping.send()).await?;
        reply.api_mapping_id.ok_or_else(|| cx.incomplete("apigatewayv2:CreateApiMapping", "id"))
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let mapping = cx.apigatewayv2().get_api_mapping().domain_name(&last.domain_name).api_mapping_id(id);
        let live = cx.call("apigatewayv2:GetApiMapping", mapping.send()).await.found()?;
        Ok(live.map(|live| {
            let mapping = HttpMapping {
                api_id: live.api_id.unwrap_or_default(),
                stage: live.stage.unwrap_or_default(),
                api_mapping_key: live.api_mapping_key.unwrap_or_default(),
                ..last.clone()
            };
            (mapping, NoOutputs {})
        }))
    }

    async fn update(cx: &Cx<'_>, id: &str, _old: &Self, new: &Self) -> Result<()> {
        let mapping = cx.apigatewayv2().update_api_mapping().domain_name(&new.domain_name).api_mapping_id(id);
        let mapping = mapping.api_id(&new.api_id).stage(&new.stage).api_mapping_key(&new.api_mapping_key);
        cx.call("apigatewayv2:UpdateApiMapping", mapping.send()).await.map(drop)
    }

    async fn delete(cx: &Cx<'_>, id: &str, last: &Self) -> Result<()> {
        let mapping = cx.apigatewayv2().delete_api_mapping().domain_name(&last.domain_name).api_mapping_id(id);
        cx.call("apigatewayv2:DeleteApiMapping", mapping.send()).await.found().map(drop)
    }
}

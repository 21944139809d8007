//! `lambda.alias`: lifecycle. The id is the function's name, `/` and the alias's.
//!
//! An alias cannot be tagged: it is this operation's if it is as it was to be.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::AliasRoutingConfiguration;
use dr_core::cloud::Intent;
use dr_kinds::lambda::{FunctionAlias, FunctionAliasOut};

use super::names::invoke_arn;
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, found_as_given};

impl Lifecycle for FunctionAlias {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, id(args), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        let alias = cx.lambda().create_alias().function_name(&args.function_name).name(&args.name);
        let alias = alias.function_version(&args.function_version).description(&args.description);
        let alias = alias.set_routing_config((!args.additional_version_weights.is_empty()).then(|| routing(args)));
        cx.call("lambda:CreateAlias", alias.send()).await?;
        Ok(id(args))
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, FunctionAliasOut)>> {
        let alias = cx.lambda().get_alias().function_name(&last.function_name).name(&last.name).send();
        let Some(alias) = cx.call("lambda:GetAlias", alias).await.found()? else { return Ok(None) };
        let weights = alias.routing_config.and_then(|routing| routing.additional_version_weights);
        let live = FunctionAlias {
            function_version: alias.function_version.unwrap_or_else(|| last.function_version.clone()),
            description: alias.description.unwrap_or_default(),
            additional_version_weights: weights.into_iter().flatten().collect::<BTreeMap<_, _>>(),
            ..last.clone()
        };
        let name = || cx.arn("lambda", &format!("function:{}:{}", last.function_name, last.name));
        let arn = alias.alias_arn.unwrap_or_else(name);
        let invoke_arn = invoke_arn(cx, &arn);
        Ok(Some((live, FunctionAliasOut { arn, invoke_arn })))
    }

    async fn update(cx: &Cx<'_>, _id: &str, _old: &Self, new: &Self) -> Result<()> {
        let alias = cx.lambda().update_alias().function_name(&new.function_name).name(&new.name);
        let alias = alias.function_version(&new.function_version).description(&new.description);
        cx.call("lambda:UpdateAlias", alias.routing_config(routing(new)).send()).await.map(drop)
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let alias = cx.lambda().delete_alias().function_name(&last.function_name).name(&last.name).send();
        cx.call("lambda:DeleteAlias", alias).await.found().map(drop)
    }
}

fn id(args: &FunctionAlias) -> String {
    format!("{}/{}", args.function_name, args.name)
}

/// Where the invocations go; an empty one takes away what was there.
fn routing(args: &FunctionAlias) -> AliasRoutingConfiguration {
    let weights = args.additional_version_weights.clone().into_iter().collect();
    AliasRoutingConfiguration::builder().set_additional_version_weights(Some(weights)).build()
}

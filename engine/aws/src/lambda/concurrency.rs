//! `lambda.concurrency`: lifecycle. The id is the function's name, `/` and the alias or version.
//!
//! To create it is to put it, and so it is to change it; so it is asked for first. It cannot be tagged: it is this
//! operation's if it is as it was to be.

use aws_sdk_lambda::operation::get_provisioned_concurrency_config::GetProvisionedConcurrencyConfigOutput;
use aws_sdk_lambda::types::ProvisionedConcurrencyStatusEnum as Status;
use dr_core::cloud::{Intent, Settled};
use dr_core::convert::NoOutputs;
use dr_kinds::lambda::Concurrency;

use crate::connect::{Cx, MayBeGone as _, small};
use crate::lifecycle::{Lifecycle, Result, found_as_given, is_free};

const PUT: &str = "lambda:PutProvisionedConcurrencyConfig";

impl Lifecycle for Concurrency {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, id(args), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        if is_free(cx, PUT, &id(args), args).await? {
            put(cx, args).await?;
        }
        Ok(id(args))
    }

    async fn settle(cx: &Cx<'_>, _id: &str, args: &Self) -> Result<Settled> {
        let Some(live) = get(cx, args).await? else { return Ok(Settled::Wait(None)) };
        Ok(match live.status {
            Some(Status::Ready) => Settled::Ready,
            Some(Status::Failed) => {
                Settled::Failed(live.status_reason.unwrap_or_else(|| "Lambda does not say why".to_owned()))
            }
            _ => Settled::Wait(None),
        })
    }

    async fn read(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let Some(live) = get(cx, last).await? else { return Ok(None) };
        let provisioned = live.requested_provisioned_concurrent_executions;
        let provisioned_concurrent_executions = provisioned.map_or(last.provisioned_concurrent_executions, i64::from);
        Ok(Some((Concurrency { provisioned_concurrent_executions, ..last.clone() }, NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, _id: &str, _old: &Self, new: &Self) -> Result<()> {
        put(cx, new).await
    }

    async fn delete(cx: &Cx<'_>, _id: &str, last: &Self) -> Result<()> {
        let config = cx.lambda().delete_provisioned_concurrency_config().function_name(&last.function_name);
        let config = config.qualifier(&last.qualifier).send();
        cx.call("lambda:DeleteProvisionedConcurrencyConfig", config).await.found().map(drop)
    }
}

fn id(args: &Concurrency) -> String {
    format!("{}/{}", args.function_name, args.qualifier)
}

async fn get(cx: &Cx<'_>, args: &Concurrency) -> Result<Option<GetProvisionedConcurrencyConfigOutput>> {
    let config = cx.lambda().get_provisioned_concurrency_config().function_name(&args.function_name);
    let config = config.qualifier(&args.qualifier).send();
    cx.call("lambda:GetProvisionedConcurrencyConfig", config).await.found()
}

async fn put(cx: &Cx<'_>, args: &Concurrency) -> Result<()> {
    let config = cx.lambda().put_provisioned_concurrency_config().function_name(&args.function_name);
    let config = config.qualifier(&args.qualifier);
    let config = config.provisioned_concurrent_executions(small(args.provisioned_concurrent_executions));
    cx.call(PUT, config.send()).await.map(drop)
}

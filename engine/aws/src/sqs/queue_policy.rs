//! `sqs.queue_policy`: lifecycle. The id is the queue's URL. To create it is to put it, and so it is to change it.

use aws_sdk_sqs::types::QueueAttributeName as Name;
use dr_core::cloud::Intent;
use dr_core::convert::{NoOutputs, PolicyDocument};
use dr_kinds::sqs::QueuePolicy;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, found_as_given};

impl Lifecycle for QueuePolicy {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, args.queue_url.clone(), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        put(cx, &args.queue_url, &args.policy.text()).await?;
        Ok(args.queue_url.clone())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let queue = cx.sqs().get_queue_attributes().queue_url(id).attribute_names(Name::Policy).send();
        let Some(reply) = cx.call("sqs:GetQueueAttributes", queue).await.found()? else { return Ok(None) };
        let text = reply.attributes.and_then(|mut attributes| attributes.remove(&Name::Policy));
        let policy = text.filter(|text| !text.is_empty()).as_deref().map(PolicyDocument::parse);
        Ok(policy.map(|policy| (QueuePolicy { policy, ..last.clone() }, NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, id: &str, _old: &Self, new: &Self) -> Result<()> {
        put(cx, id, &new.policy.text()).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        put(cx, id, "").await.found().map(drop)
    }
}

async fn put(cx: &Cx<'_>, queue: &str, policy: &str) -> Result<()> {
    let queue = cx.sqs().set_queue_attributes().queue_url(queue).attributes(Name::Policy, policy);
    cx.call("sqs:SetQueueAttributes", queue.send()).await.map(drop)
}

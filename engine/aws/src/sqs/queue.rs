//! `sqs.queue`: lifecycle. The id is the queue's URL.
//!
//! `CreateQueue` with the attributes of a queue that exists answers with that queue, whoever made it. So it is asked
//! for first, and taken over only with this operation's tag.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::QueueAttributeName as Name;
use dr_core::cloud::Intent;
use dr_core::convert::{Json, PolicyDocument, Tags};
use dr_core::value::{Map, Value};
use dr_kinds::sqs::{Queue, QueueOut, RedrivePolicy};

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

impl Lifecycle for Queue {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        match of_name(cx, &args.name).await? {
            Some(url) if is_ours(cx, &url, intent).await? => Ok(Some(url)),
            _ => Ok(None),
        }
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        if let Some(url) = of_name(cx, &args.name).await? {
            let ours = is_ours(cx, &url, intent).await?;
            return if ours { Ok(url) } else { Err(cx.not_ours("sqs:CreateQueue", &args.name)) };
        }
        let queue = cx.sqs().create_queue().queue_name(&args.name);
        let queue = queue.set_attributes(Some(named(attributes(args))));
        let queue = queue.set_tags(Some(tags::given(&args.tags, intent).into_iter().collect()));
        let reply = cx.call("sqs:CreateQueue", queue.send()).await?;
        reply.queue_url.ok_or_else(|| cx.incomplete("sqs:CreateQueue", "URL"))
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, QueueOut)>> {
        let all = cx.sqs().get_queue_attributes().queue_url(id).attribute_names(Name::All);
        let Some(reply) = cx.call("sqs:GetQueueAttributes", all.send()).await.found()? else { return Ok(None) };
        let Some(tagged) =
            cx.call("sqs:ListQueueTags", cx.sqs().list_queue_tags().queue_url(id).send()).await.found()?
        else {
            return Ok(None);
        };
        let reported = reply.attributes.unwrap_or_default();
        let text = |name| reported.get(&name).map(String::as_str).filter(|text| !text.is_empty());
        let truth = |name| text(name) == Some("true");
        let number = |name, last| text(name).and_then(|text| text.parse().ok()).unwrap_or(last);
        let queue = Queue {
            fifo_queue: truth(Name::FifoQueue),
            content_based_deduplication: truth(Name::ContentBasedDeduplication),
            visibility_timeout_seconds: number(Name::VisibilityTimeout, last.visibility_timeout_seconds),
            message_retention_seconds: number(Name::MessageRetentionPeriod, last.message_retention_seconds),
            delay_seconds: number(Name::DelaySeconds, last.delay_seconds),
            max_message_size: number(Name::MaximumMessageSize, last.max_message_size),
            receive_wait_time_seconds: number(Name::ReceiveMessageWaitTimeSeconds, last.receive_wait_time_seconds),
            redrive_policy: text(Name::RedrivePolicy).and_then(redrive),
            kms_master_key_id: text(Name::KmsMasterKeyId).map(str::to_owned),
            kms_data_key_reuse_period_seconds: number(
                Name::KmsDataKeyReusePeriodSeconds,
                last.kms_data_key_reuse_period_seconds,
            ),
            // One that was not given here may be an `sqs.queue_policy`, whose change is no change of the queue.
            policy: last.policy.as_ref().and_then(|_| text(Name::Policy)).map(PolicyDocument::parse),
            tags: tags::user(tagged.tags()),
            ..last.clone()
        };
        let arn = text(Name::QueueArn).map_or_else(|| cx.arn("sqs", &last.name), str::to_owned);
        Ok(Some((queue, QueueOut { arn, url: id.to_owned() })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let (before, after) = (attributes(old), attributes(new));
        let gone = CLEARABLE.iter().filter(|name| before.contains_key(*name) && !after.contains_key(*name));
        let mut change: BTreeMap<&str, String> = gone.map(|name| (*name, String::new())).collect();
        change.extend(after.into_iter().filter(|(name, value)| before.get(name) != Some(value)));
        if !change.is_empty() {
            let queue = cx.sqs().set_queue_attributes().queue_url(id).set_attributes(Some(named(change)));
            cx.call("sqs:SetQueueAttributes", queue.send()).await?;
        }
        let (set, remove) = (cx.sqs().tag_queue(), cx.sqs().untag_queue());
        let set =
            |tags: Tags| cx.call("sqs:TagQueue", set.queue_url(id).set_tags(Some(tags.into_iter().collect())).send());
        let remove = |names| cx.call("sqs:UntagQueue", remove.queue_url(id).set_tag_keys(Some(names)).send());
        tags::change(&old.tags, &new.tags, set, remove).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        cx.call("sqs:DeleteQueue", cx.sqs().delete_queue().queue_url(id).send()).await.found().map(drop)
    }
}

/// The URL of the queue of this name, whoever made it.
async fn of_name(cx: &Cx<'_>, name: &str) -> Result<Option<String>> {
    // Nothing of that name is what is hoped for, also while something is made.
    let cx = cx.looking();
    let queue = cx.call("sqs:GetQueueUrl", cx.sqs().get_queue_url().queue_name(name).send()).await;
    Ok(queue.found()?.and_then(|reply| reply.queue_url))
}

async fn is_ours(cx: &Cx<'_>, url: &str, intent: &Intent) -> Result<bool> {
    let reply = cx.call("sqs:ListQueueTags", cx.sqs().list_queue_tags().queue_url(url).send()).await;
    Ok(reply.found()?.is_some_and(|reply| tags::ours(reply.tags(), intent)))
}

/// Attributes that are cleared by setting them to nothing; the others always have a value or go by themselves.
const CLEARABLE: &[&str] = &["KmsMasterKeyId", "Policy", "RedrivePolicy"];

/// The attributes that say what the arguments say. What a standard queue must not be asked for is left out.
fn attributes(queue: &Queue) -> BTreeMap<&'static str, String> {
    let mut attributes = BTreeMap::from([
        ("VisibilityTimeout", queue.visibility_timeout_seconds.to_string()),
        ("MessageRetentionPeriod", queue.message_retention_seconds.to_string()),
        ("DelaySeconds", queue.delay_seconds.to_string()),
        ("MaximumMessageSize", queue.max_message_size.to_string()),
        ("ReceiveMessageWaitTimeSeconds", queue.receive_wait_time_seconds.to_string()),
    ]);
    if queue.fifo_queue {
        attributes.insert("FifoQueue", "true".into());
        attributes.insert("ContentBasedDeduplication", queue.content_based_deduplication.to_string());
    }
    match &queue.kms_master_key_id {
        Some(key) => {
            attributes.insert("KmsMasterKeyId", key.clone());
            attributes.insert("KmsDataKeyReusePeriodSeconds", queue.kms_data_key_reuse_period_seconds.to_string());
        }
        None => {
            attributes.insert("SqsManagedSseEnabled", "true".into());
        }
    }
    if let Some(redrive) = &queue.redrive_policy {
        let document = Map::from([
            ("deadLetterTargetArn".into(), Value::str(&redrive.dead_letter_target_arn)),
            ("maxReceiveCount".into(), Value::Int(redrive.max_receive_count)),
        ]);
        attributes.insert("RedrivePolicy", Value::Map(document).to_json());
    }
    // An empty one is none: the program takes away what was there.
    if let Some(policy) = queue.policy.as_ref().filter(|policy| policy.0 != Value::Map(Map::new())) {
        attributes.insert("Policy", policy.text());
    }
    attributes
}

fn named<M: FromIterator<(Name, String)>>(attributes: BTreeMap<&str, String>) -> M {
    attributes.into_iter().map(|(name, value)| (name.into(), value)).collect()
}

/// SQS gives the count back as a number or as text.
fn redrive(text: &str) -> Option<RedrivePolicy> {
    let document = Json::parse(text).0;
    let document = document.as_map()?;
    let count = document.get("maxReceiveCount")?;
    Some(RedrivePolicy {
        dead_letter_target_arn: document.get("deadLetterTargetArn")?.as_str()?.to_owned(),
        max_receive_count: count.as_int().or_else(|| count.as_str()?.parse().ok())?,
    })
}

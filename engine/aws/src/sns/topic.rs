//! `sns.topic`: lifecycle. The id is the topic's ARN, which its name tells.
//!
//! `CreateTopic` with the name of a topic that exists may answer with that topic, whoever made it. So it is asked
//! for first, and is taken over only with this operation's.

use std::collections::BTreeMap;

use dr_core::cloud::{Intent, Settled};
use dr_core::convert::{Json, PolicyDocument};
use dr_kinds::sns::{Topic, TopicOut};

use super::attributes::{set_topic_attribute, topic_attributes};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, gone};
use crate::tags;

impl Lifecycle for Topic {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let arn = cx.arn("sns", &args.name);
        Ok(whose(cx, &arn, intent).await?.filter(|ours| *ours).map(|_| arn))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let arn = cx.arn("sns", &args.name);
        match whose(&cx.looking(), &arn, intent).await? {
            None => {}
            Some(true) => return Ok(arn),
            Some(false) => return Err(cx.not_ours("sns:CreateTopic", &args.name)),
        }
        let attributes = attributes(args).into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let topic = cx.sns().create_topic().name(&args.name).set_attributes(Some(attributes));
        let topic = topic.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        let reply = cx.call("sns:CreateTopic", topic.send()).await?;
        reply.topic_arn.ok_or_else(|| cx.incomplete("sns:CreateTopic", "ARN"))
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, TopicOut)>> {
        let Some(reported) = topic_attributes(cx, id).await? else { return Ok(None) };
        let Some(tagged) = list_tags(cx, id).await? else { return Ok(None) };
        let text = |name: &str| reported.get(name).cloned();
        let truth = |name: &str| reported.get(name).is_some_and(|value| value == "true");
        let version = text("SignatureVersion").and_then(|version| version.parse().ok());
        let topic = Topic {
            fifo_topic: truth("FifoTopic"),
            content_based_deduplication: truth("ContentBasedDeduplication"),
            display_name: text("DisplayName").unwrap_or_default(),
            kms_master_key_id: text("KmsMasterKeyId"),
            // One that was not given here may be an `sns.topic_policy`, whose change is no change of the topic.
            policy: last.policy.as_ref().and_then(|_| text("Policy")).as_deref().map(PolicyDocument::parse),
            delivery_policy: text("DeliveryPolicy").as_deref().map(Json::parse),
            // What is not reported is as SNS makes it.
            signature_version: version.or(last.signature_version.and(Some(1))),
            tracing_config: text("TracingConfig").or(last.tracing_config.as_ref().map(|_| "PassThrough".to_owned())),
            tags: tags::user(&*tagged),
            ..last.clone()
        };
        let owner = text("Owner").unwrap_or_else(|| cx.account().to_owned());
        Ok(Some((topic, TopicOut { arn: id.to_owned(), owner })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let (before, after) = (attributes(old), attributes(new));
        for (name, value) in after.iter().filter(|(name, value)| before.get(*name) != Some(value)) {
            set_topic_attribute(cx, id, name, value).await?;
        }
        for name in CLEARABLE.iter().filter(|name| before.contains_key(*name) && !after.contains_key(*name)) {
            set_topic_attribute(cx, id, name, "").await?;
        }
        let (set, remove) = (cx.sns().tag_resource(), cx.sns().untag_resource());
        let set = |tags| cx.call("sns:TagResource", set.resource_arn(id).set_tags(Some(tags::list(tags))).send());
        let remove = |names| cx.call("sns:UntagResource", remove.resource_arn(id).set_tag_keys(Some(names)).send());
        tags::change(&old.tags, &new.tags, set, remove).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        cx.call("sns:DeleteTopic", cx.sns().delete_topic().topic_arn(id).send()).await.found().map(drop)
    }

    async fn deleted(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<Settled> {
        Ok(gone(topic_attributes(cx, id).await?))
    }
}

/// Whether the topic is this operation's, or `None` if there is no such topic.
async fn whose(cx: &Cx<'_>, arn: &str, intent: &Intent) -> Result<Option<bool>> {
    if topic_attributes(cx, arn).await?.is_none() {
        return Ok(None);
    }
    Ok(list_tags(cx, arn).await?.map(|tagged| tags::ours(&*tagged, intent)))
}

/// The topic's tags, or `None` if there is no such topic.
async fn list_tags(cx: &Cx<'_>, arn: &str) -> Result<Option<Vec<aws_sdk_sns::types::Tag>>> {
    let tags = cx.sns().list_tags_for_resource().resource_arn(arn).send();
    Ok(cx.call("sns:ListTagsForResource", tags).await.found()?.map(|reply| reply.tags.unwrap_or_default()))
}

/// Attributes that are cleared by setting them to nothing. The others are left to SNS when they are left out.
const CLEARABLE: &[&str] = &["DeliveryPolicy", "DisplayName", "KmsMasterKeyId"];

/// The attributes that say what the arguments say. What a standard topic must not be asked for is left out.
fn attributes(topic: &Topic) -> BTreeMap<&'static str, String> {
    let mut attributes = BTreeMap::new();
    if topic.fifo_topic {
        attributes.insert("FifoTopic", "true".to_owned());
        attributes.insert("ContentBasedDeduplication", topic.content_based_deduplication.to_string());
    }
    let optional = [
        ("DeliveryPolicy", topic.delivery_policy.as_ref().map(Json::text)),
        ("DisplayName", Some(topic.display_name.clone()).filter(|name| !name.is_empty())),
        ("KmsMasterKeyId", topic.kms_master_key_id.clone()),
        ("Policy", topic.policy.as_ref().map(PolicyDocument::text)),
        ("SignatureVersion", topic.signature_version.map(|version| version.to_string())),
        ("TracingConfig", topic.tracing_config.clone()),
    ];
    attributes.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
    attributes
}

//! Attributes, which a topic or a subscription is made of.

use std::collections::BTreeMap;

use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::Result;

/// What a topic or a subscription is, by the names of its attributes. Attributes that are empty are left out.
pub(super) type SnsAttributes = BTreeMap<String, String>;

/// The attributes of a topic, or `None`.
pub(super) async fn topic_attributes(cx: &Cx<'_>, topic: &str) -> Result<Option<SnsAttributes>> {
    let reply = cx.call("sns:GetTopicAttributes", cx.sns().get_topic_attributes().topic_arn(topic).send()).await;
    let attributes = reply.found()?.map(|reply| reply.attributes.unwrap_or_default());
    Ok(attributes.map(|attributes| attributes.into_iter().filter(|(_, value)| !value.is_empty()).collect()))
}

/// Sets an attribute of a topic. SNS sets one at a time.
pub(super) async fn set_topic_attribute(cx: &Cx<'_>, topic: &str, name: &str, value: &str) -> Result<()> {
    let topic = cx.sns().set_topic_attributes().topic_arn(topic).attribute_name(name).attribute_value(value);
    cx.call("sns:SetTopicAttributes", topic.send()).await.map(drop)
}

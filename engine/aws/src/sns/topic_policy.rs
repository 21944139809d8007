//! `sns.topic_policy`: lifecycle. The id is the topic's ARN.
//!
//! A topic always has a policy. SNS's own, which lets only the account in, counts as none; to delete is to put it back.

use dr_core::cloud::Intent;
use dr_core::convert::{NoOutputs, PolicyDocument};
use dr_core::value::Value;
use dr_kinds::sns::TopicPolicy;

use super::attributes::{set_topic_attribute, topic_attributes};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, found_as_given};

impl Lifecycle for TopicPolicy {
    async fn find(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<Option<String>> {
        found_as_given(cx, args.topic_arn.clone(), args).await
    }

    async fn create(cx: &Cx<'_>, args: &Self, _intent: &Intent) -> Result<String> {
        set_topic_attribute(cx, &args.topic_arn, "Policy", &args.policy.text()).await?;
        Ok(args.topic_arn.clone())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, NoOutputs)>> {
        let attributes = topic_attributes(cx, id).await?;
        let policy = attributes.and_then(|attributes| attributes.get("Policy").map(|text| PolicyDocument::parse(text)));
        let policy = policy.filter(|policy| !is_own(policy));
        Ok(policy.map(|policy| (TopicPolicy { policy, ..last.clone() }, NoOutputs {})))
    }

    async fn update(cx: &Cx<'_>, id: &str, _old: &Self, new: &Self) -> Result<()> {
        set_topic_attribute(cx, id, "Policy", &new.policy.text()).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        set_topic_attribute(cx, id, "Policy", &own(id, cx.account())).await.found().map(drop)
    }
}

/// What SNS calls its own policy.
const OWN: &str = "__default_policy_ID";

fn is_own(policy: &PolicyDocument) -> bool {
    policy.0.as_map().and_then(|policy| policy.get("Id")).and_then(Value::as_str) == Some(OWN)
}

/// The policy that SNS gives a new topic.
fn own(topic: &str, account: &str) -> String {
    const ACTIONS: &str = r#"["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission",
        "SNS:RemovePermission","SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"]"#;
    format!(
        r#"{{"Version":"2008-10-17","Id":"{OWN}","Statement":[{{"Sid":"__default_statement_ID","Effect":"Allow",
        "Principal":{{"AWS":"*"}},"Action":{ACTIONS},"Resource":"{topic}",
        "Condition":{{"StringEquals":{{"AWS:SourceOwner":"{account}"}}}}}}]}}"#
    )
}

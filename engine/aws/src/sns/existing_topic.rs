//! `sns.existing_topic`: look-up.

use dr_kinds::sns::{ExistingTopic, ExistingTopicOut};

use super::attributes::topic_attributes;
use crate::connect::Cx;
use crate::lifecycle::{LookUp, Result, the_one};

impl LookUp for ExistingTopic {
    async fn look_up(cx: &Cx<'_>, args: &Self) -> Result<ExistingTopicOut> {
        // The name tells the ARN.
        let arn = cx.arn("sns", &args.name);
        let topic = topic_attributes(cx, &arn).await?;
        let topic = the_one(cx, "sns:GetTopicAttributes", args, topic.into_iter().collect(), |_| "")?;
        Ok(ExistingTopicOut { arn, display_name: topic.get("DisplayName").cloned().unwrap_or_default() })
    }
}

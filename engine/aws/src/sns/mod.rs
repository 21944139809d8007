//! Amazon Simple Notification Service.

crate::lifecycle::service! {
    sns ("sns", errors::ERRORS) { subscription::Subscription, topic::Topic, topic_policy::TopicPolicy }
    look_ups { existing_topic::ExistingTopic }
}

crate::tags::tag_type!(checked aws_sdk_sns::types::Tag);

mod attributes;
mod errors;
#[cfg(test)]
mod tests;

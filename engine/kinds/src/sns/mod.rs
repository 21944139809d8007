//! Amazon Simple Notification Service.

service! { existing_topic::ExistingTopic, subscription::Subscription, topic::Topic, topic_policy::TopicPolicy }

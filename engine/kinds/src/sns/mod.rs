//! Amazon Simple Notification Service.

service! { subscription::Subscription, topic::Topic, topic_policy::TopicPolicy }

//! Amazon CloudWatch.

crate::lifecycle::service! {
    cloudwatch ("cloudwatch", errors::ERRORS) { composite_alarm::CompositeAlarm, dashboard::Dashboard, metric_alarm::MetricAlarm }
}

crate::tags::tag_type!(optional aws_sdk_cloudwatch::types::Tag);

mod alarms;
mod errors;
mod tagging;

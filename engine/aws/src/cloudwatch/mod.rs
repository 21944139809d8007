//! Amazon CloudWatch.

crate::lifecycle::service! {
    cloudwatch { dashboard::Dashboard, metric_alarm::MetricAlarm }
}

crate::tags::tag_type!(optional aws_sdk_cloudwatch::types::Tag);

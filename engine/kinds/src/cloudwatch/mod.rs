//! Amazon CloudWatch.

service! { dashboard::Dashboard, metric_alarm::MetricAlarm }

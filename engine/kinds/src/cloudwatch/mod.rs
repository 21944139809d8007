//! Amazon CloudWatch.

service! { composite_alarm::CompositeAlarm, dashboard::Dashboard, metric_alarm::MetricAlarm }

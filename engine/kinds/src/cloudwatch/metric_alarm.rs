//! `cloudwatch.metric_alarm`: facts.

use std::collections::BTreeMap;

use dr_core::convert::Tags;
use dr_macros::{Block, Kind};

/// An alarm on a metric, or on an expression over several.
///
/// An alarm watches metrics of its own region and tells topics of its own region only. Metrics of Route 53 are in
/// `us-east-1`. The threshold is in the unit of the metric: Aurora's and DynamoDB's replication lag are in
/// milliseconds, S3's is in seconds.
#[derive(Debug, Clone, PartialEq, Kind)]
#[kind(
    name = "cloudwatch.metric_alarm",
    outputs = MetricAlarmOut,
    id = "{alarm_name}",
    unique = "region: alarm_name",
    create = "1s",
    update = "1s",
    delete = "1s"
)]
pub struct MetricAlarm {
    /// Alarm name. Defaults to the resource name with the suffix.
    #[arg(replace, name(max = 255, chars = " -~"))]
    pub alarm_name: String,
    /// What the alarm means, for whoever gets it.
    #[arg(default = "", length = 0..=1_024)]
    pub alarm_description: String,
    /// Whether the actions are taken.
    #[arg(default = true)]
    pub actions_enabled: bool,
    /// ARNs of what is told when the alarm goes off: topics of the alarm's region.
    #[arg(default = [], unordered, length = 0..=5, refers("sns.topic.arn", loose), grammar(Arn(&arns::ALARM_ACTION)))]
    pub alarm_actions: Vec<String>,
    /// ARNs of what is told when all is well again.
    #[arg(default = [], unordered, length = 0..=5, refers("sns.topic.arn", loose), grammar(Arn(&arns::ALARM_ACTION)))]
    pub ok_actions: Vec<String>,
    /// ARNs of what is told when data is missing.
    #[arg(default = [], unordered, length = 0..=5, refers("sns.topic.arn", loose), grammar(Arn(&arns::ALARM_ACTION)))]
    pub insufficient_data_actions: Vec<String>,
    /// The metric; none with `metrics`.
    #[arg(length = 1..=255)]
    pub metric_name: Option<String>,
    /// Namespace of the metric, e.g. `AWS/Lambda`.
    #[arg(length = 1..=255, pattern = "[^:].*")]
    pub namespace: Option<String>,
    /// Dimensions of the metric. All that it has must be given, or nothing is found.
    #[arg(default = {}, length = 0..=30)]
    pub dimensions: BTreeMap<String, String>,
    /// What is made of the data of a period; none with `extended_statistic`.
    #[arg(one_of("SampleCount", "Average", "Sum", "Minimum", "Maximum"))]
    pub statistic: Option<String>,
    /// A percentile such as `p99`, or a trimmed statistic such as `tm99`.
    #[arg(length = 1..=64)]
    pub extended_statistic: Option<String>,
    /// Seconds of a period: 10, 20, 30 or whole minutes.
    #[arg(range = 10..=604_800)]
    pub period: Option<i64>,
    /// Unit that data must have; any when left out, which is almost always right.
    #[arg(one_of(
        "Seconds",
        "Microseconds",
        "Milliseconds",
        "Bytes",
        "Kilobytes",
        "Megabytes",
        "Gigabytes",
        "Terabytes",
        "Bits",
        "Kilobits",
        "Megabits",
        "Gigabits",
        "Terabits",
        "Percent",
        "Count",
        "Bytes/Second",
        "Kilobytes/Second",
        "Megabytes/Second",
        "Gigabytes/Second",
        "Terabytes/Second",
        "Bits/Second",
        "Kilobits/Second",
        "Megabits/Second",
        "Gigabits/Second",
        "Terabits/Second",
        "Count/Second",
        "None"
    ))]
    pub unit: Option<String>,
    /// Over how many periods is looked.
    #[arg(range = 1..=100_000)]
    pub evaluation_periods: i64,
    /// In how many of them the threshold must be crossed; in all when left out.
    #[arg(range = 1..=100_000)]
    pub datapoints_to_alarm: Option<i64>,
    /// What data is compared with, in the unit of the metric; none with `threshold_metric_id`.
    pub threshold: Option<f64>,
    /// Id of the anomaly detection band, among `metrics`, that data is compared with.
    #[arg(length = 1..=255)]
    pub threshold_metric_id: Option<String>,
    /// When the alarm goes off: data against the threshold.
    #[arg(one_of(
        "GreaterThanOrEqualToThreshold",
        "GreaterThanThreshold",
        "LessThanThreshold",
        "LessThanOrEqualToThreshold",
        "LessThanLowerOrGreaterThanUpperThreshold",
        "LessThanLowerThreshold",
        "GreaterThanUpperThreshold"
    ))]
    pub comparison_operator: String,
    /// What a period without data counts as. Alarms on DynamoDB metrics always ignore it.
    #[arg(default = "missing", one_of("missing", "ignore", "breaching", "notBreaching"))]
    pub treat_missing_data: String,
    /// Whether a percentile is compared although there is little data.
    #[arg(one_of("evaluate", "ignore"))]
    pub evaluate_low_sample_count_percentile: Option<String>,
    /// Metrics and expressions over them. Exactly one returns data: the alarm is on that one.
    #[arg(default = [], unordered, length = 0..=20)]
    pub metrics: Vec<MetricDataQuery>,
    /// Tags.
    #[arg(tags)]
    pub tags: Tags,
}

/// A metric, or an expression over others.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct MetricDataQuery {
    /// Name in expressions: a small letter, then letters, digits and underscores.
    #[arg(length = 1..=255, pattern = "[a-z][A-Za-z0-9_]*")]
    pub id: String,
    /// Expression, e.g. `errors / invocations * 100`; none with `metric`.
    #[arg(length = 1..=2_048)]
    pub expression: Option<String>,
    /// Name for people.
    pub label: Option<String>,
    /// Whether the alarm is on this one.
    #[arg(default = false)]
    pub return_data: bool,
    /// Seconds of a period of an expression over search results.
    #[arg(range = 1..=604_800)]
    pub period: Option<i64>,
    /// Number of the account that the metric is in, if it is another one.
    #[arg(pattern = "\\d{12}")]
    pub account_id: Option<String>,
    /// The metric; none with `expression`.
    pub metric: Option<MetricStat>,
}

/// A metric and what is made of it.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct MetricStat {
    /// The metric.
    #[arg(length = 1..=255)]
    pub metric_name: String,
    /// Namespace of the metric.
    #[arg(length = 1..=255, pattern = "[^:].*")]
    pub namespace: String,
    /// Dimensions of the metric.
    #[arg(default = {}, length = 0..=30)]
    pub dimensions: BTreeMap<String, String>,
    /// Seconds of a period: 10, 20, 30 or whole minutes.
    #[arg(range = 10..=604_800)]
    pub period: i64,
    /// What is made of the data of a period: `Sum`, `p99` and so on.
    pub stat: String,
    /// Unit that data must have; any when left out.
    #[arg(one_of(
        "Seconds",
        "Microseconds",
        "Milliseconds",
        "Bytes",
        "Kilobytes",
        "Megabytes",
        "Gigabytes",
        "Terabytes",
        "Bits",
        "Kilobits",
        "Megabits",
        "Gigabits",
        "Terabits",
        "Percent",
        "Count",
        "Bytes/Second",
        "Kilobytes/Second",
        "Megabytes/Second",
        "Gigabytes/Second",
        "Terabytes/Second",
        "Bits/Second",
        "Kilobits/Second",
        "Megabits/Second",
        "Gigabits/Second",
        "Terabits/Second",
        "Count/Second",
        "None"
    ))]
    pub unit: Option<String>,
}

/// Computed attributes of an alarm.
#[derive(Debug, Clone, PartialEq, Block)]
pub struct MetricAlarmOut {
    /// ARN.
    #[out(like = "arn:aws:cloudwatch:{region}:{account}:alarm:{alarm_name}")]
    pub arn: String,
}

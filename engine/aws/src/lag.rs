//! Replication lag, as CloudWatch measures it.

use std::time::Duration;
#[cfg(feature = "cloudwatch")]
use std::time::SystemTime;

#[cfg(feature = "cloudwatch")]
use aws_sdk_cloudwatch::types::{Dimension, Statistic};
#[cfg(feature = "cloudwatch")]
use dr_core::cloud::ErrorClass;

use crate::connect::Cx;
use crate::lifecycle::Result;

/// How old a value may be that still counts. Metrics come each minute, a little late.
#[cfg(feature = "cloudwatch")]
const WINDOW: Duration = Duration::from_secs(10 * 60);
/// The period of the metrics.
#[cfg(feature = "cloudwatch")]
const PERIOD: i32 = 60;

/// Names a metric of CloudWatch whose unit is milliseconds.
#[allow(dead_code, reason = "not every service has followers")]
pub(crate) struct LagMetric<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    pub(crate) dimensions: &'a [(&'a str, &'a str)],
}

/// The last value of a metric in the region of the context; `None` where there is none, and where nobody may ask.
#[cfg(feature = "cloudwatch")]
#[allow(dead_code, reason = "not every service has followers")]
pub(crate) async fn lag(cx: &Cx<'_>, metric: &LagMetric<'_>) -> Result<Option<Duration>> {
    let now = SystemTime::now();
    let ask = cx.cloudwatch().get_metric_statistics().namespace(metric.namespace).metric_name(metric.name);
    let ask = ask.start_time((now - WINDOW).into()).end_time(now.into()).period(PERIOD).statistics(Statistic::Maximum);
    let dimension = |(name, value): &(&str, &str)| Dimension::builder().name(*name).value(*value).build();
    let ask = ask.set_dimensions(Some(metric.dimensions.iter().map(dimension).collect()));
    let reply = match cx.looking().call("cloudwatch:GetMetricStatistics", ask.send()).await {
        Err(error) if matches!(error.class, ErrorClass::Denied | ErrorClass::Gone) => return Ok(None),
        reply => reply?,
    };
    let points = reply.datapoints.unwrap_or_default();
    let last = points.iter().max_by_key(|point| point.timestamp().map(aws_smithy_types::DateTime::secs));
    let milliseconds = last.and_then(|point| point.maximum()).filter(|lag| lag.is_finite() && *lag >= 0.0);
    Ok(milliseconds.map(|milliseconds| Duration::from_secs_f64((milliseconds / 1000.0).min(1e9))))
}

/// Without CloudWatch nobody tells.
#[cfg(not(feature = "cloudwatch"))]
#[allow(dead_code, clippy::unused_async, reason = "not every service has followers")]
pub(crate) async fn lag(_: &Cx<'_>, _: &LagMetric<'_>) -> Result<Option<Duration>> {
    Ok(None)
}

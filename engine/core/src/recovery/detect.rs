//! Detection: the time until a failure is noticed, and until an operator decides to fail over.

use super::figure::Figure;
use crate::checks::{Planned, Resource};

/// Seconds until an operator has noticed, usually by an alarm's message. Nobody promises that.
pub(super) const OPERATOR: Figure = Figure::of(600, 600);

/// Seconds until an operator has decided to fail over.
pub(super) const DECISION: Figure = Figure::of(300, 300);

/// Seconds until a metric of CloudWatch is there after what it measures.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html>
const METRIC_DELAY: u32 = 120;

/// What Route 53 takes when a health check does not say it.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_HealthCheckConfig.html>
const INTERVAL: i64 = 30;
const FAILURES: i64 = 3;

/// How soon a load balancer says itself that it has no healthy target: seconds between two looks, and how many.
pub(super) const TARGET_INTERVAL: u32 = 10;
pub(super) const TARGET_FAILURES: u32 = 3;

/// How soon a health check fails: after its interval times the number of failures, and at most one more interval for an
/// endpoint that has just answered.
pub(super) fn probe(interval: u32, failures: u32) -> Figure {
    let all = interval.saturating_mul(failures);
    Figure::of(all, all.saturating_add(interval))
}

/// How soon a health check of the program fails. One that looks at an alarm fails when that goes off; one that counts
/// other checks, when the slowest of them has failed.
pub(super) fn health_check(planned: &Planned<'_>, check: &Resource<'_>) -> Figure {
    match check.text("type") {
        Some("CALCULATED") => planned
            .targets(check, "child_health_checks")
            .into_iter()
            .filter(|child| child.text("type") != Some("CALCULATED"))
            .fold(Figure::ZERO, |sum, child| sum.beside(health_check(planned, child))),
        Some("CLOUDWATCH_METRIC") => planned.target(check, "alarm_identifier.name").map_or(Figure::UNBOUNDED, alarm),
        _ if check.is_true("disabled") => Figure::UNBOUNDED,
        _ => {
            let (interval, failures) = probes(check);
            probe(interval, failures)
        }
    }
}

/// How often a health check asks, in seconds, and how many answers in a row must be bad.
pub(super) fn probes(check: &Resource<'_>) -> (u32, u32) {
    let number = |name, usual| u32::try_from(check.int(name).unwrap_or(usual)).unwrap_or(u32::MAX);
    (number("request_interval", INTERVAL), number("failure_threshold", FAILURES))
}

/// How soon an alarm goes off: after the periods that it looks at, and the time that the metric needs.
pub(super) fn alarm(alarm: &Resource<'_>) -> Figure {
    let number = |name: &str| alarm.int(name).and_then(|number| u32::try_from(number).ok());
    let (Some(period), Some(periods)) = (number("period"), number("evaluation_periods")) else {
        return Figure::UNBOUNDED;
    };
    let needed = number("datapoints_to_alarm").unwrap_or(periods);
    let (soonest, latest) = (period.saturating_mul(needed), period.saturating_mul(periods));
    Figure::of(soonest.saturating_add(METRIC_DELAY), latest.saturating_add(METRIC_DELAY))
}

/// The alarm on a metric of a resource, that names it in a dimension.
pub(super) fn alarm_on<'p, 'a>(
    planned: &'p Planned<'a>,
    metric: &str,
    dimension: &str,
    of: &Resource<'_>,
) -> Option<&'p Resource<'a>> {
    let path = format!("dimensions.{dimension}");
    planned.of("cloudwatch.metric_alarm").find(|alarm| {
        let names = |(source, _): (&Resource<'_>, _)| source.address == of.address;
        alarm.text("metric_name") == Some(metric)
            && (planned.source(alarm, &path).is_some_and(names)
                || alarm.reads(&path).iter().any(|read| read.address == *of.address)
                || is_called(of, alarm.text(&path)))
    })
}

/// Whether a resource has this name.
fn is_called(resource: &Resource<'_>, name: Option<&str>) -> bool {
    let names = resource.kind.unique.map(|(fields, _)| fields).unwrap_or_default();
    name.is_some() && names.iter().any(|field| resource.text(field) == name)
}

/// The value that an alarm allows in milliseconds, in whole seconds and at least one.
pub(super) fn allowed_lag(alarm: &Resource<'_>) -> Option<u32> {
    let seconds = (alarm.number("threshold")? / 1000.0).ceil();
    (1.0..f64::from(u32::MAX)).contains(&seconds).then_some(seconds as u32).or(Some(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_fails_after_its_last_request() {
        assert_eq!(probe(30, 3), Figure::of(90, 120));
        assert_eq!(probe(10, 3), Figure::of(30, 40));
        assert_eq!(probe(10, 1), Figure::of(10, 20));
        assert_eq!(probe(u32::MAX, 10), Figure::of(u32::MAX, u32::MAX));
    }
}

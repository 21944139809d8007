//! C17: alarms that can go off, in the unit of their metric.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "an alarm looks at one metric over a period that CloudWatch takes, in the metric's unit and region, and tells somebody",
    why: "CloudWatch refuses periods that are not 10, 20, 30 or a multiple of 60 seconds, and more than a day altogether. A \
          threshold of 5 for a metric in milliseconds always goes off, and the metrics of Route 53 are in us-east-1 alone.",
    mend: "Look up the unit of the metric; name a topic in `alarm_actions`.",
    source: "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
    ..Check::around("C17", "alarm-settings", &["cloudwatch.metric_alarm"], look)
};

/// Metrics in milliseconds, of which thresholds below this many are probably meant in seconds.
const MILLISECONDS: &[(&str, &str, f64)] = &[
    ("AWS/RDS", "AuroraGlobalDBReplicationLag", 100.0),
    ("AWS/RDS", "AuroraGlobalDBRPOLag", 100.0),
    ("AWS/DynamoDB", "ReplicationLatency", 100.0),
    ("AWS/Lambda", "Duration", 10.0),
    ("AWS/ApiGateway", "Latency", 10.0),
    ("AWS/ApiGateway", "IntegrationLatency", 10.0),
];

/// Metrics in seconds, of which thresholds above this many are probably meant in milliseconds.
const SECONDS: &[(&str, &str, f64)] =
    &[("AWS/ApplicationELB", "TargetResponseTime", 100.0), ("AWS/SQS", "ApproximateAgeOfOldestMessage", 1_209_600.0)];

/// Seconds of a day.
const DAY: i64 = 86_400;

fn look(alarm: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    sources(alarm, found);
    times(alarm, found);
    unit(alarm, found);
    let actions = ["alarm_actions", "ok_actions", "insufficient_data_actions"];
    let is_silent = |path: &&str| alarm.value(path).is_some() && alarm.count(path) == 0 || alarm.is_absent(path);
    let is_watched = || {
        let checks = planned.users(alarm, "route53.health_check", "alarm_identifier.name").next().is_some();
        let named = alarm.text("alarm_name");
        let rules = planned.of("cloudwatch.composite_alarm");
        checks
            || rules.into_iter().any(|composite| {
                let reads = composite.reads("alarm_rule");
                let text = composite.text("alarm_rule").unwrap_or_default();
                reads.iter().any(|read| read.address == *alarm.address) || named.is_some_and(|name| text.contains(name))
            })
    };
    if actions.iter().all(is_silent) && !is_watched() {
        let message = format!("`{}` tells nobody when it goes off", alarm.address);
        found.add(
            alarm,
            Finding::new("alarm_actions", message).warning().help("give the ARN of a topic in `alarm_actions`"),
        );
    }
    if let (Some("AWS/Route53"), Some(region)) = (alarm.text("namespace"), alarm.region)
        && region != "us-east-1"
    {
        let message = format!("`{}` looks for a metric of Route 53 in {region}; they are in us-east-1", alarm.address);
        found.add(alarm, Finding::new("namespace", message).help("declare the alarm with `region: \"us-east-1\"`"));
    }
}

fn sources(alarm: &Resource<'_>, found: &mut Findings) {
    let has_metrics = alarm.count("metrics") > 0 || alarm.value("metrics").is_none() && alarm.is_given("metrics");
    let has_metric = alarm.is_given("metric_name");
    if has_metrics && has_metric {
        let message = format!("`{}` looks at a metric and at a list of metrics", alarm.address);
        found.add(alarm, Finding::new("metrics", message).help("leave out `metrics`, or `metric_name`"));
    } else if !has_metrics && !has_metric {
        let message = format!("`{}` looks at no metric", alarm.address);
        found.add(alarm, Finding::new("", message).help("give `namespace`, `metric_name`, `statistic` and `period`"));
    }
    if has_metric && !has_metrics {
        let statistics = ["statistic", "extended_statistic"].map(|path| alarm.is_given(path));
        if statistics == [true, true] {
            let message = format!("`{}` has two statistics", alarm.address);
            found.add(alarm, Finding::new("extended_statistic", message).help("leave one of them out"));
        }
        let lacks = ["namespace", "period"].into_iter().filter(|path| alarm.is_absent(path));
        let lacks = lacks.chain((statistics == [false, false]).then_some("statistic"));
        for path in lacks.collect::<Vec<_>>() {
            let message = format!("`{}` looks at a metric and has no `{path}`", alarm.address);
            found.add(alarm, Finding::new("metric_name", message).help(format!("give `{path}`")));
        }
        let by_band = alarm.is_given("threshold_metric_id");
        if alarm.is_absent("threshold") && !by_band {
            let message = format!("`{}` has no threshold", alarm.address);
            found.add(alarm, Finding::new("comparison_operator", message).help("give `threshold`"));
        }
    }
}

fn times(alarm: &Resource<'_>, found: &mut Findings) {
    if let Some(period) = alarm.int("period") {
        if !matches!(period, 10 | 20 | 30) && period % 60 != 0 {
            let message = format!(
                "`{}` has a period of {period} s; CloudWatch takes 10, 20, 30 or a multiple of 60",
                alarm.address
            );
            let near = ((period + 30) / 60).max(1) * 60;
            found.add(alarm, Finding::new("period", message).help(format!("say {near}")));
        }
        let times = alarm.int("evaluation_periods").unwrap_or(1);
        let most = if period >= 3_600 { 7 * DAY } else { DAY };
        if period.saturating_mul(times) > most {
            let message =
                format!("`{}` looks at {times} periods of {period} s, longer than CloudWatch takes", alarm.address);
            let help = format!("period times `evaluation_periods` is at most {most} s here");
            found.add(alarm, Finding::new("evaluation_periods", message).help(help));
        }
    }
    if let (Some(points), Some(periods)) = (alarm.int("datapoints_to_alarm"), alarm.int("evaluation_periods"))
        && points > periods
    {
        let message = format!("`{}` wants {points} of {periods} periods over its threshold", alarm.address);
        found.add(alarm, Finding::new("datapoints_to_alarm", message).help(format!("say at most {periods}")));
    }
}

fn unit(alarm: &Resource<'_>, found: &mut Findings) {
    let (Some(namespace), Some(metric)) = (alarm.text("namespace"), alarm.text("metric_name")) else { return };
    let Some(threshold) = alarm.number("threshold") else { return };
    let is = |row: &&(&str, &str, f64)| row.0 == namespace && row.1 == metric;
    let small = MILLISECONDS.iter().find(is).filter(|(_, _, least)| threshold > 0.0 && threshold < *least);
    let large = SECONDS.iter().find(is).filter(|(_, _, most)| threshold > *most);
    let (unit, meant) = match (small, large) {
        (Some(_), _) => ("milliseconds", threshold * 1000.0),
        (_, Some(_)) => ("seconds", threshold / 1000.0),
        _ => return,
    };
    let message = format!("{metric} is in {unit}, and `{}` goes off at {threshold}", alarm.address);
    found.add(alarm, Finding::new("threshold", message).warning().help(format!("did you mean {meant}?")));
}

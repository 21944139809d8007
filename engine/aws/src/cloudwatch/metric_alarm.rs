//! `cloudwatch.metric_alarm`: lifecycle. The id is the alarm's name.
//!
//! `PutMetricAlarm` writes over an alarm of the same name, whoever made it, and ignores the tags then. So it is asked
//! for first, and taken over only with this operation's tag.

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{
    AlarmType, ComparisonOperator, Dimension, Metric, MetricAlarm as Alarm, MetricDataQuery as Query,
    MetricStat as Stat, StandardUnit, Statistic, Tag,
};
use dr_core::cloud::{Intent, Settled};
use dr_kinds::cloudwatch::{MetricAlarm, MetricAlarmOut, MetricDataQuery, MetricStat};

use super::alarms::{list, of_name};
use super::tagging::{is_ours, list_tags, retag};
use crate::connect::{Cx, MayBeGone as _, small};
use crate::lifecycle::{Lifecycle, Result, asked_for, gone};
use crate::tags;

impl Lifecycle for MetricAlarm {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        match of_name(cx, &args.alarm_name).await? {
            Some(arn) if is_ours(cx, &arn, intent).await? => Ok(Some(args.alarm_name.clone())),
            _ => Ok(None),
        }
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        if let Some(arn) = of_name(cx, &args.alarm_name).await?
            && !is_ours(cx, &arn, intent).await?
        {
            return Err(cx.not_ours("cloudwatch:PutMetricAlarm", &args.alarm_name));
        }
        put(cx, args, Some(tags::list(tags::given(&args.tags, intent)))).await?;
        Ok(args.alarm_name.clone())
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, MetricAlarmOut)>> {
        let Some(alarm) = describe(cx, id).await? else { return Ok(None) };
        let arn = alarm.alarm_arn.clone().unwrap_or_else(|| cx.arn("cloudwatch", &format!("alarm:{id}")));
        let Some(tagged) = list_tags(cx, &arn).await? else { return Ok(None) };
        let live = MetricAlarm { tags: tags::user(&*tagged), ..described(alarm, last) };
        Ok(Some((live, MetricAlarmOut { arn })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if (MetricAlarm { tags: old.tags.clone(), ..new.clone() }) != *old {
            put(cx, new, None).await?;
        }
        let arn = cx.arn("cloudwatch", &format!("alarm:{id}"));
        retag(cx, &arn, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let alarms = cx.cloudwatch().delete_alarms().alarm_names(id).send();
        cx.call("cloudwatch:DeleteAlarms", alarms).await.found().map(drop)
    }

    async fn deleted(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<Settled> {
        Ok(gone(describe(cx, id).await?))
    }
}

/// The alarm of this name, if it is one on a metric.
async fn describe(cx: &Cx<'_>, name: &str) -> Result<Option<Alarm>> {
    let alarms = cx.cloudwatch().describe_alarms().alarm_names(name).alarm_types(AlarmType::MetricAlarm).send();
    let reply = cx.call("cloudwatch:DescribeAlarms", alarms).await?;
    Ok(asked_for(name, reply.metric_alarms, |alarm| alarm.alarm_name()))
}

/// Writes the whole alarm: what is not said is not there afterwards.
async fn put(cx: &Cx<'_>, args: &MetricAlarm, tags: Option<Vec<Tag>>) -> Result<()> {
    let metrics: Vec<Query> = args.metrics.iter().map(query).collect();
    let alarm = cx
        .cloudwatch()
        .put_metric_alarm()
        .alarm_name(&args.alarm_name)
        .alarm_description(&args.alarm_description)
        .actions_enabled(args.actions_enabled)
        .set_alarm_actions(list(&args.alarm_actions))
        .set_ok_actions(list(&args.ok_actions))
        .set_insufficient_data_actions(list(&args.insufficient_data_actions))
        .set_metric_name(args.metric_name.clone())
        .set_namespace(args.namespace.clone())
        .set_dimensions(dimensions(&args.dimensions))
        .set_statistic(args.statistic.as_deref().map(Statistic::from))
        .set_extended_statistic(args.extended_statistic.clone())
        .set_period(args.period.map(small))
        .set_unit(args.unit.as_deref().map(StandardUnit::from))
        .evaluation_periods(small(args.evaluation_periods))
        .set_datapoints_to_alarm(args.datapoints_to_alarm.map(small))
        .set_threshold(args.threshold)
        .set_threshold_metric_id(args.threshold_metric_id.clone())
        .comparison_operator(ComparisonOperator::from(args.comparison_operator.as_str()))
        .treat_missing_data(&args.treat_missing_data)
        .set_evaluate_low_sample_count_percentile(args.evaluate_low_sample_count_percentile.clone())
        .set_metrics((!metrics.is_empty()).then_some(metrics))
        .set_tags(tags);
    cx.call("cloudwatch:PutMetricAlarm", alarm.send()).await.map(drop)
}

/// What a description says; the rest as in `last`.
fn described(alarm: Alarm, last: &MetricAlarm) -> MetricAlarm {
    let evaluation_periods = alarm.evaluation_periods.map_or(last.evaluation_periods, i64::from);
    let datapoints = alarm.datapoints_to_alarm.map(i64::from);
    let percentile = alarm.evaluate_low_sample_count_percentile;
    MetricAlarm {
        alarm_description: alarm.alarm_description.unwrap_or_default(),
        actions_enabled: alarm.actions_enabled.unwrap_or(last.actions_enabled),
        alarm_actions: alarm.alarm_actions.unwrap_or_default(),
        ok_actions: alarm.ok_actions.unwrap_or_default(),
        insufficient_data_actions: alarm.insufficient_data_actions.unwrap_or_default(),
        metric_name: alarm.metric_name,
        namespace: alarm.namespace,
        dimensions: named(alarm.dimensions),
        statistic: alarm.statistic.map(|statistic| statistic.as_str().to_owned()),
        extended_statistic: alarm.extended_statistic,
        period: alarm.period.map(i64::from),
        unit: alarm.unit.map(|unit| unit.as_str().to_owned()),
        evaluation_periods,
        // What CloudWatch takes where nothing was said is no difference.
        datapoints_to_alarm: datapoints.filter(|n| last.datapoints_to_alarm.is_some() || *n != evaluation_periods),
        threshold: alarm.threshold,
        threshold_metric_id: alarm.threshold_metric_id,
        comparison_operator: alarm
            .comparison_operator
            .map_or_else(|| last.comparison_operator.clone(), |operator| operator.as_str().to_owned()),
        treat_missing_data: alarm.treat_missing_data.unwrap_or_else(|| "missing".to_owned()),
        evaluate_low_sample_count_percentile: percentile
            .filter(|what| last.evaluate_low_sample_count_percentile.is_some() || what != "evaluate"),
        metrics: alarm.metrics.unwrap_or_default().into_iter().filter_map(described_query).collect(),
        ..last.clone()
    }
}

fn query(query: &MetricDataQuery) -> Query {
    let stat = query.metric.as_ref().map(|stat| {
        let metric = Metric::builder().namespace(&stat.namespace).metric_name(&stat.metric_name);
        let metric = metric.set_dimensions(dimensions(&stat.dimensions)).build();
        let unit = stat.unit.as_deref().map(StandardUnit::from);
        Stat::builder().metric(metric).period(small(stat.period)).stat(&stat.stat).set_unit(unit).build()
    });
    Query::builder()
        .id(&query.id)
        .set_expression(query.expression.clone())
        .set_label(query.label.clone())
        .return_data(query.return_data)
        .set_period(query.period.map(small))
        .set_account_id(query.account_id.clone())
        .set_metric_stat(stat)
        .build()
}

fn described_query(query: Query) -> Option<MetricDataQuery> {
    let metric = match query.metric_stat {
        None => None,
        Some(stat) => {
            let metric = stat.metric?;
            Some(MetricStat {
                metric_name: metric.metric_name?,
                namespace: metric.namespace?,
                dimensions: named(metric.dimensions),
                period: i64::from(stat.period?),
                stat: stat.stat?,
                unit: stat.unit.map(|unit| unit.as_str().to_owned()),
            })
        }
    };
    Some(MetricDataQuery {
        id: query.id?,
        expression: query.expression,
        label: query.label,
        return_data: query.return_data.unwrap_or(true),
        period: query.period.map(i64::from),
        account_id: query.account_id,
        metric,
    })
}

fn dimensions(dimensions: &BTreeMap<String, String>) -> Option<Vec<Dimension>> {
    let list = dimensions.iter().map(|(name, value)| Dimension::builder().name(name).value(value).build());
    (!dimensions.is_empty()).then(|| list.collect())
}

fn named(dimensions: Option<Vec<Dimension>>) -> BTreeMap<String, String> {
    dimensions.unwrap_or_default().into_iter().filter_map(|d| Some((d.name?, d.value?))).collect()
}

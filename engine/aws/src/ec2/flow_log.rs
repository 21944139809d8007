//! `ec2.flow_log`: lifecycle. The id is the flow log's id.
//!
//! Creation and deletion answer for each of several resources or logs, and only inside the reply that one was refused.

use aws_sdk_ec2::types::{
    DestinationFileFormat, DestinationOptionsRequest, FlowLogsResourceType, LogDestinationType, ResourceType,
    TrafficType,
};
use dr_core::cloud::{CloudError, ErrorClass, Intent};
use dr_kinds::ec2::{FlowLog, FlowLogDestinationOptions, FlowLogOut};

use super::refusals::all_successful;
use super::tagging::{made_by, retag, tagged};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, asked_for};
use crate::tags;

const CREATE: &str = "ec2:CreateFlowLogs";
const DELETE: &str = "ec2:DeleteFlowLogs";

impl Lifecycle for FlowLog {
    async fn find(cx: &Cx<'_>, _args: &Self, intent: &Intent) -> Result<Option<String>> {
        let logs = cx.ec2().describe_flow_logs().filter(made_by(intent)).into_paginator().items().send().try_collect();
        let logs = cx.call("ec2:DescribeFlowLogs", logs).await?;
        Ok(logs.into_iter().find(|log| tags::ours(log.tags(), intent)).and_then(|log| log.flow_log_id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let (of, resource) = match (&args.vpc_id, &args.subnet_id) {
            (Some(vpc), None) => (FlowLogsResourceType::Vpc, vpc),
            (None, Some(subnet)) => (FlowLogsResourceType::Subnet, subnet),
            _ => {
                let why = format!("{}: give exactly one of `vpc_id` and `subnet_id`", cx.address());
                return Err(CloudError::new(ErrorClass::Invalid, CREATE, "BadArguments", why));
            }
        };
        let log = cx.ec2().create_flow_logs().client_token(&*intent.op).resource_type(of).resource_ids(resource);
        let log = log.traffic_type(TrafficType::from(args.traffic_type.as_str()));
        let log = log.log_destination_type(LogDestinationType::from(args.log_destination_type.as_str()));
        let log = log.set_log_group_name(args.log_group_name.clone());
        let log = log.set_log_destination(args.log_destination.as_deref().map(plain).map(str::to_owned));
        let log = log.set_deliver_logs_permission_arn(args.deliver_logs_permission_arn.clone());
        let log = log.set_log_format(args.log_format.clone());
        let log = log.set_max_aggregation_interval(i32::try_from(args.max_aggregation_interval).ok());
        let log = log.set_destination_options(args.destination_options.as_ref().map(|options| {
            DestinationOptionsRequest::builder()
                .file_format(DestinationFileFormat::from(options.file_format.as_str()))
                .hive_compatible_partitions(options.hive_compatible_partitions)
                .per_hour_partition(options.per_hour_partition)
                .build()
        }));
        let log = log.tag_specifications(tagged(ResourceType::VpcFlowLog, &args.tags, intent));
        let reply = cx.call(CREATE, log.send()).await?;
        all_successful(cx, CREATE, reply.unsuccessful())?;
        let id = reply.flow_log_ids.unwrap_or_default().into_iter().next();
        id.ok_or_else(|| cx.incomplete(CREATE, "id"))
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, FlowLogOut)>> {
        let logs = cx.call("ec2:DescribeFlowLogs", cx.ec2().describe_flow_logs().flow_log_ids(id).send()).await;
        let log = logs.found()?.and_then(|reply| asked_for(id, reply.flow_logs, |one| one.flow_log_id()));
        let Some(log) = log else { return Ok(None) };
        let resource = |prefix: &str| log.resource_id.clone().filter(|id| id.starts_with(prefix));
        let options = log.destination_options.as_ref().map(|options| FlowLogDestinationOptions {
            file_format: options.file_format().map_or("plain-text", |format| format.as_str()).to_owned(),
            hive_compatible_partitions: options.hive_compatible_partitions().unwrap_or_default(),
            per_hour_partition: options.per_hour_partition().unwrap_or_default(),
        });
        let (log_group_name, log_destination) =
            destination(log.log_group_name.clone(), log.log_destination.clone(), last);
        let live = FlowLog {
            vpc_id: resource("vpc-"),
            subnet_id: resource("subnet-"),
            tags: tags::user(log.tags()),
            // Of what goes to a bucket, the options are reported whether given or not.
            destination_options: options
                .filter(|options| last.destination_options.is_some() || *options != usual_options()),
            traffic_type: log.traffic_type.map_or_else(|| last.traffic_type.clone(), |of| of.as_str().to_owned()),
            log_destination_type: log
                .log_destination_type
                .map_or_else(|| last.log_destination_type.clone(), |of| of.as_str().to_owned()),
            log_group_name,
            log_destination,
            deliver_logs_permission_arn: log.deliver_logs_permission_arn,
            log_format: log.log_format,
            max_aggregation_interval: log.max_aggregation_interval.map_or(last.max_aggregation_interval, i64::from),
        };
        Ok(Some((live, FlowLogOut { arn: cx.arn("ec2", &format!("vpc-flow-log/{id}")) })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let reply = cx.call(DELETE, cx.ec2().delete_flow_logs().flow_log_ids(id).send()).await.found()?;
        let Some(reply) = reply else { return Ok(()) };
        all_successful(cx, DELETE, reply.unsuccessful()).found().map(drop)
    }
}

/// The ARN of a log group without the `:*` that stands for its streams, which EC2 leaves out.
fn plain(arn: &str) -> &str {
    arn.strip_suffix(":*").unwrap_or(arn)
}

/// Name of the log group and ARN of the destination, in the words that the destination was given in where those say the
/// same: EC2 knows a log group by its name, whichever of both it was given.
fn destination(group: Option<String>, arn: Option<String>, last: &FlowLog) -> (Option<String>, Option<String>) {
    let name_in = |arn: &str| plain(arn).split_once(":log-group:").map(|(_, name)| name.to_owned());
    let reported = group.clone().or_else(|| arn.as_deref().and_then(name_in));
    match (&last.log_group_name, &last.log_destination) {
        (Some(name), None) if reported.as_ref() == Some(name) => (reported, None),
        (None, Some(given)) if reported.is_some() && reported == name_in(given) => (None, Some(given.clone())),
        _ => (group, arn),
    }
}

fn usual_options() -> FlowLogDestinationOptions {
    FlowLogDestinationOptions {
        file_format: "plain-text".to_owned(),
        hive_compatible_partitions: false,
        per_hour_partition: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::{Reply, Subject, Wire};
    use dr_core::cloud::Cloud as _;
    use dr_core::convert::Block as _;
    use dr_core::value::Value;

    const TO_BUCKET: &str = r#"{"subnet_id":"subnet-1","traffic_type":"ALL","log_destination_type":"s3",
        "log_destination":"arn:aws:s3:::b","max_aggregation_interval":600}"#;

    #[tokio::test]
    async fn options_that_nobody_gave_are_a_difference_only_if_they_are_unusual() {
        let subject = Subject::new("ec2.flow_log", TO_BUCKET);
        for (by_hour, seen) in [(false, false), (true, true)] {
            let body = format!(
                "<flowLogSet><item><flowLogId>fl-1</flowLogId><resourceId>subnet-1</resourceId><trafficType>ALL\
                 </trafficType><logDestinationType>s3</logDestinationType><logDestination>arn:aws:s3:::b</logDestination>\
                 <logFormat>${{bytes}}</logFormat><maxAggregationInterval>600</maxAggregationInterval><destinationOptions>\
                 <fileFormat>plain-text</fileFormat><hiveCompatiblePartitions>false</hiveCompatiblePartitions>\
                 <perHourPartition>{by_hour}</perHourPartition></destinationOptions></item></flowLogSet>"
            );
            let (aws, _) = Wire::cloud(&[Reply::ec2("DescribeFlowLogs", &body)]).await;
            let mut live = aws.read(subject.at(), "fl-1", &subject.args).await.unwrap().unwrap();
            assert_eq!(live.args.remove("destination_options").is_some(), seen);
            assert!(live.args.remove("log_format").is_some());
            assert!(live.args.remove("tags").is_some());
            assert_eq!(live.args, subject.args);
        }
    }

    #[test]
    fn a_log_group_is_the_same_by_name_and_by_arn() {
        const ARN: &str = "arn:aws:logs:us-east-1:123456789012:log-group:flows";
        let given = |name: Option<&str>, arn: Option<&str>| {
            let mut args = Subject::new("ec2.flow_log", TO_BUCKET).args;
            for (key, value) in [("log_group_name", name), ("log_destination", arn)] {
                args.insert(key.into(), value.map_or(Value::Null, Value::str));
            }
            FlowLog::from_map(&args).unwrap()
        };
        let text = |text: Option<&str>| text.map(str::to_owned);
        let streams = format!("{ARN}:*");
        for last in [(Some("flows"), None), (None, Some(ARN)), (None, Some(&*streams))] {
            for reported in [(Some("flows"), None), (None, Some(ARN)), (Some("flows"), Some(ARN))] {
                let seen = destination(text(reported.0), text(reported.1), &given(last.0, last.1));
                assert_eq!((seen.0.as_deref(), seen.1.as_deref()), last, "{reported:?}");
            }
            let other = destination(text(Some("other")), None, &given(last.0, last.1));
            assert_eq!(other, (text(Some("other")), None));
        }
    }

    #[tokio::test]
    async fn a_refusal_inside_the_reply_is_an_error_of_its_class() {
        let subject = Subject::new("ec2.flow_log", TO_BUCKET);
        let taken = "<unsuccessful><item><resourceId>subnet-1</resourceId><error><code>FlowLogAlreadyExists</code>\
            <message>There is an existing Flow Log</message></error></item></unsuccessful>";
        let gone = "<unsuccessful><item><resourceId>fl-1</resourceId><error><code>InvalidFlowLogId.NotFound</code>\
            <message>no</message></error></item></unsuccessful>";
        let (aws, wire) = Wire::cloud(&[Reply::ec2("CreateFlowLogs", taken), Reply::ec2("DeleteFlowLogs", gone)]).await;
        let error = aws.create(subject.at(), &subject.args, &subject.intent).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Exists);
        assert!(wire.requests()[0].contains("ClientToken=op-1"), "{}", wire.requests()[0]);
        aws.delete(subject.at(), "fl-1", &subject.args).await.unwrap();
    }
}

//! `elbv2.target_group`: lifecycle. The id is the ARN.

use aws_sdk_elasticloadbalancingv2::types::{
    Matcher, ProtocolEnum, TargetGroup as Group, TargetGroupAttribute, TargetGroupIpAddressTypeEnum, TargetTypeEnum,
};
use dr_core::cloud::Intent;
use dr_kinds::elbv2::{Stickiness, TargetGroup, TargetGroupHealthCheck, TargetGroupOut};

use super::attributes::{ElbAttributes, changed};
use super::tagging::{retag, tags_of};
use crate::connect::small;
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, asked_for};
use crate::tags;

const DESCRIBE: &str = "elasticloadbalancing:DescribeTargetGroups";

impl Lifecycle for TargetGroup {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        match of_name(cx, &args.name).await? {
            Some(arn) if is_ours(cx, &arn, intent).await? => Ok(Some(arn)),
            _ => Ok(None),
        }
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        const CALL: &str = "elasticloadbalancing:CreateTargetGroup";
        if let Some(arn) = of_name(&cx.looking(), &args.name).await? {
            let ours = is_ours(&cx.looking(), &arn, intent).await?;
            return if ours { Ok(arn) } else { Err(cx.not_ours(CALL, &args.name)) };
        }
        let check = args.health_check.clone().unwrap_or(NOTHING);
        let group = cx.elbv2().create_target_group().name(&args.name);
        let group = group.target_type(TargetTypeEnum::from(args.target_type.as_str()));
        let group = group.set_protocol(args.protocol.as_deref().map(ProtocolEnum::from));
        let group = group.set_port(args.port.map(small)).set_vpc_id(args.vpc_id.clone());
        let group = group.set_protocol_version(args.protocol_version.clone());
        let group = group
            .set_ip_address_type(args.ip_address_type.as_deref().map(TargetGroupIpAddressTypeEnum::from))
            .set_health_check_enabled(check.enabled)
            .set_health_check_protocol(check.protocol.as_deref().map(ProtocolEnum::from))
            .set_health_check_port(check.port.clone())
            .set_health_check_path(check.path.clone())
            .set_health_check_interval_seconds(check.interval.map(small))
            .set_health_check_timeout_seconds(check.timeout.map(small))
            .set_healthy_threshold_count(check.healthy_threshold.map(small))
            .set_unhealthy_threshold_count(check.unhealthy_threshold.map(small))
            .set_matcher(matcher(args, &check));
        let group = group.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        let made = cx.call(CALL, group.send()).await?.target_groups.unwrap_or_default().into_iter().next();
        made.and_then(|made| made.target_group_arn).ok_or_else(|| cx.incomplete(CALL, "ARN"))
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        let new = TargetGroup {
            deregistration_delay: 300,
            slow_start: 0,
            load_balancing_algorithm_type: "round_robin".into(),
            stickiness: None,
            lambda_multi_value_headers_enabled: false,
            preserve_client_ip: None,
            proxy_protocol_v2: false,
            connection_termination: false,
            ..args.clone()
        };
        set(cx, id, changed(attributes(&new), attributes(args))).await
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, TargetGroupOut)>> {
        let reply =
            cx.call(DESCRIBE, cx.elbv2().describe_target_groups().target_group_arns(id).send()).await.found()?;
        let Some(group) = reply.and_then(|reply| asked_for(id, reply.target_groups, |one| one.target_group_arn()))
        else {
            return Ok(None);
        };
        let reply = cx.elbv2().describe_target_group_attributes().target_group_arn(id).send();
        let reply = cx.call("elasticloadbalancing:DescribeTargetGroupAttributes", reply).await.found()?;
        let Some(tagged) = tags_of(cx, id).await? else { return Ok(None) };
        let attributes = reply.and_then(|reply| reply.attributes).unwrap_or_default();
        let text = |name: &str| attributes.iter().find(|one| one.key() == Some(name)).and_then(|one| one.value());
        let truth = |name, last| text(name).map_or(last, |text| text == "true");
        let number = |name, last| text(name).and_then(|text| text.parse().ok()).unwrap_or(last);
        let kind = group.target_type().map(|kind| kind.as_str().to_owned());
        let addresses = group.ip_address_type().map(|kind| kind.as_str().to_owned());
        let live = TargetGroup {
            target_type: kind.unwrap_or_else(|| last.target_type.clone()),
            protocol: group.protocol().map(|protocol| protocol.as_str().to_owned()),
            port: group.port.map(i64::from),
            vpc_id: group.vpc_id.clone().filter(|id| !id.is_empty()),
            protocol_version: group.protocol_version.clone(),
            ip_address_type: addresses,
            health_check: last.health_check.as_ref().map(|last| health_check(&group, last)),
            deregistration_delay: number(DELAY, last.deregistration_delay),
            slow_start: number("slow_start.duration_seconds", last.slow_start),
            load_balancing_algorithm_type: text(ALGORITHM).unwrap_or(&last.load_balancing_algorithm_type).to_owned(),
            stickiness: stickiness(text, last.stickiness.as_ref()),
            lambda_multi_value_headers_enabled: truth(MULTI_VALUE, last.lambda_multi_value_headers_enabled),
            preserve_client_ip: text("preserve_client_ip.enabled").map(|text| text == "true"),
            proxy_protocol_v2: truth("proxy_protocol_v2.enabled", last.proxy_protocol_v2),
            connection_termination: truth(TERMINATION, last.connection_termination),
            tags: tags::user(&*tagged),
            ..last.clone()
        };
        let arn_suffix = id.rsplit(':').next().unwrap_or(id).to_owned();
        Ok(Some((live, TargetGroupOut { arn: id.to_owned(), arn_suffix })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if let Some(check) = new.health_check.as_ref().filter(|check| old.health_check.as_ref() != Some(check)) {
            let group = cx.elbv2().modify_target_group().target_group_arn(id);
            let group = group
                .set_health_check_enabled(check.enabled)
                .set_health_check_protocol(check.protocol.as_deref().map(ProtocolEnum::from))
                .set_health_check_port(check.port.clone())
                .set_health_check_path(check.path.clone())
                .set_health_check_interval_seconds(check.interval.map(small))
                .set_health_check_timeout_seconds(check.timeout.map(small))
                .set_healthy_threshold_count(check.healthy_threshold.map(small))
                .set_unhealthy_threshold_count(check.unhealthy_threshold.map(small))
                .set_matcher(matcher(new, check));
            cx.call("elasticloadbalancing:ModifyTargetGroup", group.send()).await?;
        }
        set(cx, id, changed(attributes(old), attributes(new))).await?;
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let group = cx.elbv2().delete_target_group().target_group_arn(id);
        cx.call("elasticloadbalancing:DeleteTargetGroup", group.send()).await.found().map(drop)
    }
}

const DELAY: &str = "deregistration_delay.timeout_seconds";
const ALGORITHM: &str = "load_balancing.algorithm.type";
const MULTI_VALUE: &str = "lambda.multi_value_headers.enabled";
const TERMINATION: &str = "deregistration_delay.connection_termination.enabled";
const STICKY: &str = "stickiness.enabled";

/// A health check of which nothing is said.
const NOTHING: TargetGroupHealthCheck = TargetGroupHealthCheck {
    enabled: None,
    protocol: None,
    port: None,
    path: None,
    interval: None,
    timeout: None,
    healthy_threshold: None,
    unhealthy_threshold: None,
    matcher: None,
};

/// The ARN of the target group of this name, whoever made it.
async fn of_name(cx: &Cx<'_>, name: &str) -> Result<Option<String>> {
    let reply = cx.call(DESCRIBE, cx.elbv2().describe_target_groups().names(name).send()).await.found()?;
    let group = reply.and_then(|reply| asked_for(name, reply.target_groups, |one| one.target_group_name()));
    Ok(group.and_then(|group| group.target_group_arn))
}

async fn is_ours(cx: &Cx<'_>, arn: &str, intent: &Intent) -> Result<bool> {
    Ok(tags_of(cx, arn).await?.is_some_and(|tagged| tags::ours(&*tagged, intent)))
}

fn matcher(group: &TargetGroup, check: &TargetGroupHealthCheck) -> Option<Matcher> {
    let codes = check.matcher.clone()?;
    let matcher = Matcher::builder();
    let grpc = group.protocol_version.as_deref() == Some("GRPC");
    Some(if grpc { matcher.grpc_code(codes) } else { matcher.http_code(codes) }.build())
}

/// What the service says about what was given; the rest is its own choice.
fn health_check(group: &Group, last: &TargetGroupHealthCheck) -> TargetGroupHealthCheck {
    let seconds = |given: Option<i64>, is: Option<i32>| given.and(is.map(i64::from));
    let codes = group.matcher().and_then(|matcher| matcher.http_code().or(matcher.grpc_code()));
    TargetGroupHealthCheck {
        enabled: last.enabled.and(group.health_check_enabled),
        protocol: last
            .protocol
            .as_ref()
            .and(group.health_check_protocol())
            .map(|protocol| protocol.as_str().to_owned()),
        port: last.port.as_ref().and(group.health_check_port.clone()),
        path: last.path.as_ref().and(group.health_check_path.clone()),
        interval: seconds(last.interval, group.health_check_interval_seconds),
        timeout: seconds(last.timeout, group.health_check_timeout_seconds),
        healthy_threshold: seconds(last.healthy_threshold, group.healthy_threshold_count),
        unhealthy_threshold: seconds(last.unhealthy_threshold, group.unhealthy_threshold_count),
        matcher: last.matcher.as_ref().and(codes).map(str::to_owned),
    }
}

/// How clients are sent to the same target again, by the attributes; nothing is said where they are not and never were.
fn stickiness<'t>(text: impl Fn(&str) -> Option<&'t str>, last: Option<&Stickiness>) -> Option<Stickiness> {
    let enabled = text(STICKY) == Some("true");
    if !enabled && last.is_none() {
        return None;
    }
    let kind = text("stickiness.type").or(last.map(|last| last.r#type.as_str())).unwrap_or("lb_cookie");
    let duration = text(&format!("stickiness.{kind}.duration_seconds")).and_then(|text| text.parse().ok());
    let name = text("stickiness.app_cookie.cookie_name").filter(|name| kind == "app_cookie" && !name.is_empty());
    Some(Stickiness {
        enabled,
        r#type: kind.to_owned(),
        cookie_duration: duration.or(last.map(|last| last.cookie_duration)).unwrap_or(86_400),
        cookie_name: name.map(str::to_owned),
    })
}

/// The attributes that say what the arguments say. What groups of this type do not have is left out.
fn attributes(group: &TargetGroup) -> ElbAttributes {
    if group.target_type == "lambda" {
        return ElbAttributes::from([(MULTI_VALUE, group.lambda_multi_value_headers_enabled.to_string())]);
    }
    let mut attributes = ElbAttributes::from([(DELAY, group.deregistration_delay.to_string())]);
    let sticky = group.stickiness.as_ref();
    attributes.insert(STICKY, sticky.is_some_and(|sticky| sticky.enabled).to_string());
    if let Some(sticky) = sticky {
        attributes.insert("stickiness.type", sticky.r#type.clone());
        match sticky.r#type.as_str() {
            "lb_cookie" => {
                attributes.insert("stickiness.lb_cookie.duration_seconds", sticky.cookie_duration.to_string());
            }
            "app_cookie" => {
                attributes.insert("stickiness.app_cookie.duration_seconds", sticky.cookie_duration.to_string());
                let name = sticky.cookie_name.clone().unwrap_or_default();
                attributes.insert("stickiness.app_cookie.cookie_name", name);
            }
            _ => {}
        }
    }
    if matches!(group.protocol.as_deref(), Some("HTTP" | "HTTPS")) {
        attributes.insert("slow_start.duration_seconds", group.slow_start.to_string());
        attributes.insert(ALGORITHM, group.load_balancing_algorithm_type.clone());
    } else {
        attributes.insert("proxy_protocol_v2.enabled", group.proxy_protocol_v2.to_string());
        attributes.insert(TERMINATION, group.connection_termination.to_string());
        if let Some(preserve) = group.preserve_client_ip {
            attributes.insert("preserve_client_ip.enabled", preserve.to_string());
        }
    }
    attributes
}

async fn set(cx: &Cx<'_>, arn: &str, attributes: ElbAttributes) -> Result<()> {
    if attributes.is_empty() {
        return Ok(());
    }
    let one = |(key, value): (&str, String)| TargetGroupAttribute::builder().key(key).value(value).build();
    let group = cx.elbv2().modify_target_group_attributes().target_group_arn(arn);
    let group = group.set_attributes(Some(attributes.into_iter().map(one).collect()));
    cx.call("elasticloadbalancing:ModifyTargetGroupAttributes", group.send()).await.map(drop)
}

//! `elbv2.load_balancer`: lifecycle. The id is the ARN.
//!
//! A deleted load balancer is gone at once for this service, and its network interfaces for EC2 some minutes later.

use aws_sdk_elasticloadbalancingv2::types::{
    IpAddressType, LoadBalancer as Balancer, LoadBalancerAttribute, LoadBalancerSchemeEnum, LoadBalancerStateEnum,
    LoadBalancerTypeEnum,
};
use dr_core::cloud::{Intent, Settled};
use dr_core::online::{Objection, Wishes};
use dr_kinds::elbv2::{AccessLogs, LoadBalancer, LoadBalancerOut};

use super::attributes::{ElbAttributes, changed};
use super::quota;
use super::tagging::{retag, tags_of};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result, asked_for};
use crate::tags;

const DESCRIBE: &str = "elasticloadbalancing:DescribeLoadBalancers";

impl Lifecycle for LoadBalancer {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        match of_name(cx, &args.name).await? {
            Some(arn) if is_ours(cx, &arn, intent).await? => Ok(Some(arn)),
            _ => Ok(None),
        }
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        const CALL: &str = "elasticloadbalancing:CreateLoadBalancer";
        if let Some(arn) = of_name(&cx.looking(), &args.name).await? {
            let ours = is_ours(&cx.looking(), &arn, intent).await?;
            return if ours { Ok(arn) } else { Err(cx.not_ours(CALL, &args.name)) };
        }
        let groups = args.security_groups.clone();
        let balancer = cx.elbv2().create_load_balancer().name(&args.name).set_subnets(Some(args.subnets.clone()));
        let balancer = balancer.r#type(LoadBalancerTypeEnum::from(args.r#type.as_str()));
        let balancer = balancer.scheme(LoadBalancerSchemeEnum::from(args.scheme.as_str()));
        let balancer = balancer.set_security_groups((!groups.is_empty()).then_some(groups));
        let balancer = balancer.ip_address_type(IpAddressType::from(args.ip_address_type.as_str()));
        let balancer = balancer.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        let made = cx.call(CALL, balancer.send()).await?.load_balancers.unwrap_or_default().into_iter().next();
        made.and_then(|made| made.load_balancer_arn).ok_or_else(|| cx.incomplete(CALL, "ARN"))
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, _intent: &Intent) -> Result<()> {
        let new = LoadBalancer {
            access_logs: None,
            deletion_protection: false,
            cross_zone_load_balancing: Some(false),
            idle_timeout: 60,
            client_keep_alive: 3_600,
            enable_http2: true,
            drop_invalid_header_fields: false,
            preserve_host_header: false,
            desync_mitigation_mode: "defensive".into(),
            ..args.clone()
        };
        set(cx, id, changed(attributes(&new), attributes(args))).await
    }

    async fn settle(cx: &Cx<'_>, id: &str, _args: &Self) -> Result<Settled> {
        let Some(balancer) = describe(cx, id).await? else {
            return Ok(Settled::Failed("the load balancer is gone".into()));
        };
        let state = balancer.state();
        Ok(match state.and_then(|state| state.code()) {
            // One that tells no state is ready.
            None | Some(LoadBalancerStateEnum::Active | LoadBalancerStateEnum::ActiveImpaired) => Settled::Ready,
            Some(LoadBalancerStateEnum::Failed) => {
                let why = state.and_then(|state| state.reason()).unwrap_or("the service does not say why");
                Settled::Failed(format!("the load balancer failed: {why}"))
            }
            _ => Settled::Wait(None),
        })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, LoadBalancerOut)>> {
        let Some(balancer) = describe(cx, id).await? else { return Ok(None) };
        let reply = cx.elbv2().describe_load_balancer_attributes().load_balancer_arn(id).send();
        let reply = cx.call("elasticloadbalancing:DescribeLoadBalancerAttributes", reply).await.found()?;
        let Some(tagged) = tags_of(cx, id).await? else { return Ok(None) };
        let attributes = reply.and_then(|reply| reply.attributes).unwrap_or_default();
        let text = |name: &str| attributes.iter().find(|one| one.key() == Some(name)).and_then(|one| one.value());
        let truth = |name, last| text(name).map_or(last, |text| text == "true");
        let number = |name, last| text(name).and_then(|text| text.parse().ok()).unwrap_or(last);
        let zones = balancer.availability_zones();
        let scheme = balancer.scheme().map(|scheme| scheme.as_str().to_owned());
        let kind = balancer.r#type().map(|kind| kind.as_str().to_owned());
        let addresses = balancer.ip_address_type().map(|kind| kind.as_str().to_owned());
        let logged = truth("access_logs.s3.enabled", false);
        let own = |name| text(name).unwrap_or_default().to_owned();
        let live = LoadBalancer {
            r#type: kind.unwrap_or_else(|| last.r#type.clone()),
            scheme: scheme.unwrap_or_else(|| last.scheme.clone()),
            subnets: zones.iter().filter_map(|zone| zone.subnet_id.clone()).collect(),
            security_groups: balancer.security_groups().to_vec(),
            ip_address_type: addresses.unwrap_or_else(|| last.ip_address_type.clone()),
            // What is not written can still be said where it would be.
            access_logs: (logged || last.access_logs.as_ref().is_some_and(|logs| !logs.enabled)).then(|| AccessLogs {
                bucket: own("access_logs.s3.bucket"),
                prefix: own("access_logs.s3.prefix"),
                enabled: logged,
            }),
            deletion_protection: truth("deletion_protection.enabled", false),
            cross_zone_load_balancing: Some(truth("load_balancing.cross_zone.enabled", last.r#type == "application")),
            idle_timeout: number("idle_timeout.timeout_seconds", last.idle_timeout),
            client_keep_alive: number("client_keep_alive.seconds", last.client_keep_alive),
            enable_http2: truth("routing.http2.enabled", last.enable_http2),
            drop_invalid_header_fields: truth(DROP, last.drop_invalid_header_fields),
            preserve_host_header: truth("routing.http.preserve_host_header.enabled", last.preserve_host_header),
            desync_mitigation_mode: text(DESYNC).unwrap_or(&last.desync_mitigation_mode).to_owned(),
            tags: tags::user(&*tagged),
            ..last.clone()
        };
        let outputs = LoadBalancerOut {
            arn: id.to_owned(),
            arn_suffix: id.split_once("loadbalancer/").map_or(id, |(_, suffix)| suffix).to_owned(),
            dns_name: balancer.dns_name.unwrap_or_default(),
            zone_id: balancer.canonical_hosted_zone_id.unwrap_or_default(),
        };
        Ok(Some((live, outputs)))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        if old.security_groups != new.security_groups && !new.security_groups.is_empty() {
            let balancer = cx.elbv2().set_security_groups().load_balancer_arn(id);
            let balancer = balancer.set_security_groups(Some(new.security_groups.clone()));
            cx.call("elasticloadbalancing:SetSecurityGroups", balancer.send()).await?;
        }
        if old.subnets != new.subnets {
            let balancer = cx.elbv2().set_subnets().load_balancer_arn(id).set_subnets(Some(new.subnets.clone()));
            cx.call("elasticloadbalancing:SetSubnets", balancer.send()).await?;
        }
        if old.ip_address_type != new.ip_address_type {
            let balancer = cx.elbv2().set_ip_address_type().load_balancer_arn(id);
            let balancer = balancer.ip_address_type(IpAddressType::from(new.ip_address_type.as_str()));
            cx.call("elasticloadbalancing:SetIpAddressType", balancer.send()).await?;
        }
        set(cx, id, changed(attributes(old), attributes(new))).await?;
        retag(cx, id, &old.tags, &new.tags).await
    }

    async fn objections(cx: &Cx<'_>, wishes: &Wishes) -> Result<Vec<Objection>> {
        quota::of_balancers(cx, wishes).await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let balancer = cx.elbv2().delete_load_balancer().load_balancer_arn(id);
        cx.call("elasticloadbalancing:DeleteLoadBalancer", balancer.send()).await.found().map(drop)
    }
}

const DROP: &str = "routing.http.drop_invalid_header_fields.enabled";
const DESYNC: &str = "routing.http.desync_mitigation_mode";

async fn describe(cx: &Cx<'_>, arn: &str) -> Result<Option<Balancer>> {
    let reply = cx.call(DESCRIBE, cx.elbv2().describe_load_balancers().load_balancer_arns(arn).send()).await.found()?;
    Ok(reply.and_then(|reply| asked_for(arn, reply.load_balancers, |one| one.load_balancer_arn())))
}

/// The ARN of the load balancer of this name, whoever made it.
async fn of_name(cx: &Cx<'_>, name: &str) -> Result<Option<String>> {
    let reply = cx.call(DESCRIBE, cx.elbv2().describe_load_balancers().names(name).send()).await.found()?;
    let balancer = reply.and_then(|reply| asked_for(name, reply.load_balancers, |one| one.load_balancer_name()));
    Ok(balancer.and_then(|balancer| balancer.load_balancer_arn))
}

async fn is_ours(cx: &Cx<'_>, arn: &str, intent: &Intent) -> Result<bool> {
    Ok(tags_of(cx, arn).await?.is_some_and(|tagged| tags::ours(&*tagged, intent)))
}

/// The attributes that say what the arguments say. What the other type has is left out.
fn attributes(balancer: &LoadBalancer) -> ElbAttributes {
    let mut attributes =
        ElbAttributes::from([("deletion_protection.enabled", balancer.deletion_protection.to_string())]);
    let logs = balancer.access_logs.as_ref();
    attributes.insert("access_logs.s3.enabled", logs.is_some_and(|logs| logs.enabled).to_string());
    if let Some(logs) = logs {
        attributes.insert("access_logs.s3.bucket", logs.bucket.clone());
        attributes.insert("access_logs.s3.prefix", logs.prefix.clone());
    }
    if balancer.r#type == "application" {
        attributes.extend([
            ("idle_timeout.timeout_seconds", balancer.idle_timeout.to_string()),
            ("client_keep_alive.seconds", balancer.client_keep_alive.to_string()),
            ("routing.http2.enabled", balancer.enable_http2.to_string()),
            (DROP, balancer.drop_invalid_header_fields.to_string()),
            ("routing.http.preserve_host_header.enabled", balancer.preserve_host_header.to_string()),
            (DESYNC, balancer.desync_mitigation_mode.clone()),
        ]);
    } else if let Some(cross) = balancer.cross_zone_load_balancing {
        attributes.insert("load_balancing.cross_zone.enabled", cross.to_string());
    }
    attributes
}

async fn set(cx: &Cx<'_>, arn: &str, attributes: ElbAttributes) -> Result<()> {
    if attributes.is_empty() {
        return Ok(());
    }
    let one = |(key, value): (&str, String)| LoadBalancerAttribute::builder().key(key).value(value).build();
    let balancer = cx.elbv2().modify_load_balancer_attributes().load_balancer_arn(arn);
    let balancer = balancer.set_attributes(Some(attributes.into_iter().map(one).collect()));
    cx.call("elasticloadbalancing:ModifyLoadBalancerAttributes", balancer.send()).await.map(drop)
}

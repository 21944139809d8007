//! `route53.health_check`: lifecycle. The id is the check's.
//!
//! The operation is the caller reference. A reference is blocked for days once its check was deleted, and an environment
//! that comes back after it was destroyed may plan the very same operation: then a number is put behind it. Only
//! references of checks that are there are listed, so whatever begins with the operation is this operation's.

use aws_sdk_route53::types::{
    AccountLimitType, AlarmIdentifier as Alarm, CloudWatchRegion, HealthCheckConfig, HealthCheckRegion, HealthCheckType,
    InsufficientDataHealthStatus, ResettableElementName as Element, TagResourceType,
};
use dr_core::cloud::{CloudError, ErrorClass, Intent, Vitals};
use dr_core::convert::Tags;
use dr_core::online::{Objection, Wishes};
use dr_kinds::route53::{AlarmIdentifier, HealthCheck, HealthCheckOut};

use super::quota::quota;
use super::tagging::{retag, tags_of};
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

const TYPE: TagResourceType = TagResourceType::Healthcheck;

/// An endpoint is healthy when more than so many of a hundred checkers call it so.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html>
const ENOUGH: usize = 18;

/// How many references of deleted checks are passed over.
const INCARNATIONS: usize = 20;

impl Lifecycle for HealthCheck {
    async fn find(cx: &Cx<'_>, _args: &Self, intent: &Intent) -> Result<Option<String>> {
        let all = cx.route53().list_health_checks().into_paginator().items().send();
        let all = cx.call("route53:ListHealthChecks", all.try_collect()).await?;
        let ours = |reference: &str| {
            reference.strip_prefix(&*intent.op).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
        };
        Ok(all.into_iter().find(|check| ours(&check.caller_reference)).map(|check| check.id))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        const CALL: &str = "route53:CreateHealthCheck";
        let config = config(cx, args)?;
        let create = async |reference: String| {
            let check = cx.route53().create_health_check().caller_reference(reference);
            cx.call(CALL, check.health_check_config(config.clone()).send()).await
        };
        let mut answer = create(intent.op.to_string()).await;
        for number in 1..INCARNATIONS {
            let used = answer.as_ref().is_err_and(|error| error.class == ErrorClass::Exists);
            // Where the check is still there, it is found.
            if !used || Self::find(&cx.looking(), args, intent).await?.is_some() {
                break;
            }
            answer = create(format!("{}-{number}", intent.op)).await;
        }
        let check = answer?.health_check.ok_or_else(|| cx.incomplete(CALL, "health check"))?;
        Ok(check.id)
    }

    async fn vitals(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<Vitals> {
        const CALL: &str = "route53:GetHealthCheckStatus";
        let status = cx.route53().get_health_check_status().health_check_id(id).send();
        let reply = match cx.call(CALL, status).await {
            // Checks of alarms and of other checks have no checkers that tell.
            Err(error) if matches!(error.class, ErrorClass::Denied | ErrorClass::Invalid) => return Ok(Vitals::default()),
            reply => reply?,
        };
        let all = reply.health_check_observations();
        let is_success = |text: &str| text.starts_with("Success");
        let told = all.iter().filter_map(|one| one.status_report()?.status());
        let healthy = told.filter(|text| is_success(text)).count();
        let is_healthy = (!all.is_empty()).then_some(healthy * 100 > all.len() * ENOUGH);
        Ok(Vitals { healthy: is_healthy, ..Vitals::default() })
    }

    async fn configure(cx: &Cx<'_>, id: &str, args: &Self, intent: &Intent) -> Result<()> {
        retag(cx, TYPE, id, &Tags::new(), &tags::given(&args.tags, intent)).await
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, HealthCheckOut)>> {
        const CALL: &str = "route53:GetHealthCheck";
        let reply = cx.call(CALL, cx.route53().get_health_check().health_check_id(id).send()).await.found()?;
        let Some(reply) = reply else { return Ok(None) };
        let config = reply.health_check.and_then(|check| check.health_check_config);
        let config = config.ok_or_else(|| cx.incomplete(CALL, "configuration"))?;
        let Some(tagged) = tags_of(cx, TYPE, id).await? else { return Ok(None) };
        let arn = cx.arn("route53", &format!("healthcheck/{id}"));
        Ok(Some((HealthCheck { tags: tags::user(&*tagged), ..live(config, last) }, HealthCheckOut { arn })))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        // What is copied of an alarm is copied anew by every change, and by nothing else.
        if new.alarm_identifier.is_some() || (HealthCheck { tags: old.tags.clone(), ..new.clone() }) != *old {
            change(cx, id, old, new).await?;
        }
        retag(cx, TYPE, id, &old.tags, &new.tags).await
    }

    async fn objections(cx: &Cx<'_>, wishes: &Wishes) -> Result<Vec<Objection>> {
        quota(cx, wishes, AccountLimitType::MaxHealthChecksByOwner, "health checks").await
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        let check = cx.route53().delete_health_check().health_check_id(id);
        cx.call("route53:DeleteHealthCheck", check.send()).await.found().map(drop)
    }
}

/// Whether it asks an endpoint itself.
fn asks(check: &HealthCheck) -> bool {
    !matches!(check.r#type.as_str(), "CALCULATED" | "CLOUDWATCH_METRIC")
}

/// A list, unless it is empty.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

fn regions(check: &HealthCheck) -> Option<Vec<HealthCheckRegion>> {
    some(check.regions.iter().map(|region| HealthCheckRegion::from(region.as_str())).collect())
}

/// Numbers; the schema keeps them far below what 32 bits hold.
fn small(number: Option<i64>) -> Option<i32> {
    number.and_then(|number| i32::try_from(number).ok())
}

fn alarm(cx: &Cx<'_>, check: &HealthCheck) -> Result<Option<Alarm>> {
    let alarm = check
        .alarm_identifier
        .as_ref()
        .map(|alarm| Alarm::builder().name(&alarm.name).region(CloudWatchRegion::from(alarm.region.as_str())).build());
    alarm.transpose().map_err(|error| not_sent(cx, &error))
}

/// Everything that a request must have is given.
fn not_sent(cx: &Cx<'_>, error: &dyn std::error::Error) -> CloudError {
    let why = format!("{}: {error}", cx.address());
    CloudError::new(ErrorClass::Invalid, "route53:CreateHealthCheck", "NotSent", why)
}

/// The configuration that says what the arguments say. What is of endpoints only is left out elsewhere.
fn config(cx: &Cx<'_>, check: &HealthCheck) -> Result<HealthCheckConfig> {
    let config = HealthCheckConfig::builder().r#type(HealthCheckType::from(check.r#type.as_str()));
    let config = config.set_fully_qualified_domain_name(check.fully_qualified_domain_name.clone());
    let config = config.set_ip_address(check.ip_address.clone()).set_port(small(check.port));
    let config = config.set_resource_path(check.resource_path.clone()).set_search_string(check.search_string.clone());
    let config = config.set_request_interval(small(check.request_interval));
    let config = config.set_failure_threshold(small(check.failure_threshold));
    let config = config.set_measure_latency(asks(check).then_some(check.measure_latency));
    let config = config.inverted(check.inverted).disabled(check.disabled).set_enable_sni(check.enable_sni);
    let config = config.set_regions(regions(check)).set_health_threshold(small(check.health_threshold));
    let config = config.set_child_health_checks(some(check.child_health_checks.clone()));
    let config = config.set_alarm_identifier(alarm(cx, check)?);
    let status = check.insufficient_data_health_status.as_deref().map(InsufficientDataHealthStatus::from);
    config.set_insufficient_data_health_status(status).build().map_err(|error| not_sent(cx, &error))
}

/// What a configuration says. What the service fills in where nothing was given is no difference.
fn live(config: HealthCheckConfig, last: &HealthCheck) -> HealthCheck {
    let status = config.insufficient_data_health_status.map(|status| status.as_str().to_owned());
    let said = |text: Option<String>, last: &Option<String>| text.filter(|text| !text.is_empty() || last.is_some());
    HealthCheck {
        fully_qualified_domain_name: said(config.fully_qualified_domain_name, &last.fully_qualified_domain_name),
        ip_address: said(config.ip_address, &last.ip_address),
        port: config.port.map(i64::from),
        resource_path: said(config.resource_path, &last.resource_path),
        search_string: said(config.search_string, &last.search_string),
        request_interval: config.request_interval.map(i64::from),
        failure_threshold: config.failure_threshold.map(i64::from),
        measure_latency: config.measure_latency.unwrap_or_default(),
        inverted: config.inverted.unwrap_or_default(),
        disabled: config.disabled.unwrap_or_default(),
        enable_sni: config.enable_sni,
        regions: config.regions.unwrap_or_default().iter().map(|region| region.as_str().to_owned()).collect(),
        child_health_checks: config.child_health_checks.unwrap_or_default(),
        health_threshold: config.health_threshold.map(i64::from).filter(|_| last.r#type == "CALCULATED"),
        alarm_identifier: config
            .alarm_identifier
            .map(|alarm| AlarmIdentifier { name: alarm.name, region: alarm.region.as_str().to_owned() }),
        insufficient_data_health_status: status
            .filter(|status| last.insufficient_data_health_status.is_some() || status != "LastKnownStatus"),
        ..last.clone()
    }
}

/// Changes what differs. What is not given any more is reset by name.
async fn change(cx: &Cx<'_>, id: &str, old: &HealthCheck, new: &HealthCheck) -> Result<()> {
    let check = cx.route53().update_health_check().health_check_id(id);
    let check = check.set_fully_qualified_domain_name(new.fully_qualified_domain_name.clone());
    let check = check.set_ip_address(new.ip_address.clone()).set_resource_path(new.resource_path.clone());
    let check = check.set_search_string(new.search_string.clone());
    let check = check.inverted(new.inverted).disabled(new.disabled);
    let check = check.set_regions(regions(new)).set_health_threshold(small(new.health_threshold));
    let check = check.set_child_health_checks(some(new.child_health_checks.clone()));
    let check = check.set_alarm_identifier(alarm(cx, new)?);
    let status = new.insufficient_data_health_status.as_deref().map(InsufficientDataHealthStatus::from);
    let mut check = check.set_insufficient_data_health_status(status);
    if asks(new) {
        check = check.set_port(small(new.port)).set_failure_threshold(small(new.failure_threshold));
        check = check.set_enable_sni(new.enable_sni);
    }
    let gone = [
        (
            Element::FullyQualifiedDomainName,
            old.fully_qualified_domain_name.is_some(),
            new.fully_qualified_domain_name.is_some(),
        ),
        (Element::ResourcePath, old.resource_path.is_some(), new.resource_path.is_some()),
        (Element::Regions, !old.regions.is_empty(), !new.regions.is_empty()),
        (Element::ChildHealthChecks, !old.child_health_checks.is_empty(), !new.child_health_checks.is_empty()),
    ];
    let gone = gone.into_iter().filter(|(_, before, after)| *before && !after).map(|(element, ..)| element);
    let check = check.set_reset_elements(some(gone.collect()));
    cx.call("route53:UpdateHealthCheck", check.send()).await.map(drop)
}

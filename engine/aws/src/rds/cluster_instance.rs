//! `rds.cluster_instance`: lifecycle. The id is its identifier.
//!
//! Its cluster's delete takes it along; its own is for an instance that goes while the cluster stays.

use aws_sdk_rds::types::DbInstance;
use dr_core::cloud::{Intent, Settled};
use dr_core::online::{Objection, Wishes};
use dr_kinds::rds::{ClusterInstance, ClusterInstanceOut};

use super::offer;
use super::state::is_stuck;
use super::tagging::retag;
use super::values::{changed, differing, key};
use crate::connect::small;
use crate::connect::{Cx, MayBeGone as _};
use crate::lifecycle::{Lifecycle, Result};
use crate::tags;

impl Lifecycle for ClusterInstance {
    async fn find(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<Option<String>> {
        let instance = describe(cx, &args.identifier).await?;
        let ours = instance.is_some_and(|instance| tags::ours(instance.tag_list(), intent));
        Ok(ours.then(|| args.identifier.clone()))
    }

    async fn create(cx: &Cx<'_>, args: &Self, intent: &Intent) -> Result<String> {
        let instance = cx.rds().create_db_instance().db_instance_identifier(&args.identifier);
        let instance = instance.db_cluster_identifier(&args.cluster_identifier).engine(&args.engine);
        let instance = instance.db_instance_class(&args.instance_class).promotion_tier(small(args.promotion_tier));
        let instance = instance.set_availability_zone(args.availability_zone.clone());
        let instance = instance.publicly_accessible(args.publicly_accessible);
        let instance = instance.set_db_parameter_group_name(args.db_parameter_group_name.clone());
        let instance = instance.auto_minor_version_upgrade(args.auto_minor_version_upgrade);
        let instance = instance.set_preferred_maintenance_window(args.preferred_maintenance_window.clone());
        let instance = instance.set_ca_certificate_identifier(args.ca_cert_identifier.clone());
        let instance = instance.set_tags(Some(tags::list(tags::given(&args.tags, intent))));
        let measured = args.monitoring_interval > 0;
        let instance = instance.set_monitoring_interval(measured.then_some(small(args.monitoring_interval)));
        let instance = instance.set_monitoring_role_arn(args.monitoring_role_arn.clone());
        let insights = args.performance_insights_enabled;
        let instance = instance.set_enable_performance_insights(insights.then_some(true));
        let instance = instance
            .set_performance_insights_kms_key_id(args.performance_insights_kms_key_id.clone().filter(|_| insights));
        let days = args.performance_insights_retention_period.filter(|_| insights);
        let instance = instance.set_performance_insights_retention_period(days.map(small));
        cx.call("rds:CreateDBInstance", instance.send()).await?;
        Ok(args.identifier.clone())
    }

    async fn settle(cx: &Cx<'_>, id: &str, args: &Self) -> Result<Settled> {
        let Some(instance) = describe(cx, id).await? else { return Ok(Settled::Wait(None)) };
        // One that tells no status is ready.
        let status = instance.db_instance_status().unwrap_or("available");
        if is_stuck(status) {
            return Ok(Settled::Failed(format!("the instance is {status}")));
        }
        // A change of class shows some time after it was asked for.
        let has_class = instance.db_instance_class() == Some(&args.instance_class);
        Ok(if status == "available" && has_class { Settled::Ready } else { Settled::Wait(None) })
    }

    async fn read(cx: &Cx<'_>, id: &str, last: &Self) -> Result<Option<(Self, ClusterInstanceOut)>> {
        let Some(instance) = describe(cx, id).await? else { return Ok(None) };
        let (live, mut out) = described(instance, last);
        if out.arn.is_empty() {
            out.arn = arn(cx, id);
        }
        Ok(Some((live, out)))
    }

    async fn update(cx: &Cx<'_>, id: &str, old: &Self, new: &Self) -> Result<()> {
        let same = cx.rds().modify_db_instance().db_instance_identifier(id).apply_immediately(true);
        let change = same.clone().set_db_instance_class(differing(&old.instance_class, &new.instance_class));
        let change = change.set_promotion_tier(differing(&old.promotion_tier, &new.promotion_tier).map(small));
        let change = change.set_publicly_accessible(differing(&old.publicly_accessible, &new.publicly_accessible));
        let change =
            change.set_db_parameter_group_name(changed(&old.db_parameter_group_name, &new.db_parameter_group_name));
        let automatic = differing(&old.auto_minor_version_upgrade, &new.auto_minor_version_upgrade);
        let change = change.set_auto_minor_version_upgrade(automatic);
        let window = changed(&old.preferred_maintenance_window, &new.preferred_maintenance_window);
        let change = change.set_preferred_maintenance_window(window);
        let change = change.set_ca_certificate_identifier(changed(&old.ca_cert_identifier, &new.ca_cert_identifier));
        let measures = |args: &Self| (args.monitoring_interval, args.monitoring_role_arn.clone());
        let measured = differing(&measures(old), &measures(new));
        let change = change.set_monitoring_interval(measured.as_ref().map(|(interval, _)| small(*interval)));
        let change = change.set_monitoring_role_arn(measured.and_then(|(_, role)| role));
        let insights = new.performance_insights_enabled;
        let switched = differing(&old.performance_insights_enabled, &insights);
        let change = change.set_enable_performance_insights(switched);
        let key = changed(&old.performance_insights_kms_key_id, &new.performance_insights_kms_key_id);
        let change = change.set_performance_insights_kms_key_id(key.filter(|_| insights));
        let days = changed(&old.performance_insights_retention_period, &new.performance_insights_retention_period);
        let change = change.set_performance_insights_retention_period(days.map(small).filter(|_| insights));
        if change.as_input() != same.as_input() {
            cx.call("rds:ModifyDBInstance", change.send()).await?;
        }
        retag(cx, &arn(cx, id), &old.tags, &new.tags).await
    }

    async fn objections(cx: &Cx<'_>, wishes: &Wishes) -> Result<Vec<Objection>> {
        let mut found = offer::classes(cx, wishes).await?;
        found.extend(offer::quota(cx, wishes, "DBInstances", "database instances").await?);
        Ok(found)
    }

    async fn delete(cx: &Cx<'_>, id: &str, _last: &Self) -> Result<()> {
        delete(cx, id).await
    }
}

fn arn(cx: &Cx<'_>, id: &str) -> String {
    cx.arn("rds", &format!("db:{id}"))
}

async fn describe(cx: &Cx<'_>, id: &str) -> Result<Option<DbInstance>> {
    let instances = cx.rds().describe_db_instances().db_instance_identifier(id).send();
    let reply = cx.call("rds:DescribeDBInstances", instances).await.found()?;
    Ok(reply.and_then(|reply| reply.db_instances?.into_iter().next()))
}

/// Starts the deletion of an instance. One that goes already is no error.
pub(super) async fn delete(cx: &Cx<'_>, id: &str) -> Result<()> {
    let instance = cx.rds().delete_db_instance().db_instance_identifier(id).skip_final_snapshot(true).send();
    cx.call("rds:DeleteDBInstance", instance).await.found().map(drop)
}

/// What a description says.
fn described(instance: DbInstance, last: &ClusterInstance) -> (ClusterInstance, ClusterInstanceOut) {
    let group = instance.db_parameter_groups.as_ref().and_then(|groups| groups.first());
    let (insights, used) = (instance.performance_insights_enabled, instance.performance_insights_kms_key_id);
    let wanted_key = last.performance_insights_kms_key_id.as_ref();
    let days = instance.performance_insights_retention_period.map(i64::from);
    let window = instance.preferred_maintenance_window.or_else(|| last.preferred_maintenance_window.clone());
    let live = ClusterInstance {
        cluster_identifier: instance.db_cluster_identifier.unwrap_or_else(|| last.cluster_identifier.clone()),
        instance_class: instance.db_instance_class.unwrap_or_else(|| last.instance_class.clone()),
        promotion_tier: instance.promotion_tier.map_or(last.promotion_tier, i64::from),
        availability_zone: instance.availability_zone.or_else(|| last.availability_zone.clone()),
        publicly_accessible: instance.publicly_accessible.unwrap_or_default(),
        db_parameter_group_name: group.and_then(|group| group.db_parameter_group_name.clone()),
        auto_minor_version_upgrade: instance.auto_minor_version_upgrade.unwrap_or_default(),
        preferred_maintenance_window: window,
        performance_insights_enabled: insights.unwrap_or_default(),
        // Neither is told while nothing is recorded.
        performance_insights_kms_key_id: key(wanted_key, used).or_else(|| wanted_key.cloned()),
        performance_insights_retention_period: days.or(last.performance_insights_retention_period),
        monitoring_interval: instance.monitoring_interval.map(i64::from).unwrap_or_default(),
        monitoring_role_arn: instance.monitoring_role_arn.filter(|arn| !arn.is_empty()),
        ca_cert_identifier: instance.ca_certificate_identifier.or_else(|| last.ca_cert_identifier.clone()),
        tags: tags::user(instance.tag_list.as_deref().unwrap_or_default()),
        ..last.clone()
    };
    let endpoint = instance.endpoint.as_ref();
    let out = ClusterInstanceOut {
        arn: instance.db_instance_arn.unwrap_or_default(),
        endpoint: endpoint.and_then(|endpoint| endpoint.address.clone()).unwrap_or_default(),
        port: endpoint.and_then(|endpoint| endpoint.port).map(i64::from).unwrap_or_default(),
        dbi_resource_id: instance.dbi_resource_id.unwrap_or_default(),
    };
    (live, out)
}

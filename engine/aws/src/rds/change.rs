//! What a cluster's arguments ask of RDS: the request that makes it, and the one that changes it.

use aws_sdk_rds::operation::create_db_cluster::builders::CreateDBClusterFluentBuilder;
use aws_sdk_rds::operation::modify_db_cluster::builders::ModifyDBClusterFluentBuilder;
use aws_sdk_rds::types::{CloudwatchLogsExportConfiguration, ServerlessV2ScalingConfiguration};
use dr_kinds::rds::{Cluster, ServerlessV2Scaling};

use super::values::{changed, differing};
use crate::connect::Cx;
use crate::connect::small;

/// The storage that AWS gives when none is asked for; it is not told.
pub(super) const STORAGE: &str = "aurora";

/// The request that makes a cluster, without tags. What is off by itself is left out: a cluster that follows another
/// does not take every word.
pub(super) fn creation(cx: &Cx<'_>, args: &Cluster) -> CreateDBClusterFluentBuilder {
    let on = |switch: bool| switch.then_some(true);
    let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
    let cluster = cx.rds().create_db_cluster().db_cluster_identifier(&args.cluster_identifier);
    let cluster = cluster.engine(&args.engine).engine_mode(&args.engine_mode);
    let cluster = cluster.set_engine_version(args.engine_version.clone());
    let cluster = cluster.set_engine_lifecycle_support(args.engine_lifecycle_support.clone());
    let cluster = cluster.set_global_cluster_identifier(args.global_cluster_identifier.clone());
    let cluster = cluster.set_enable_global_write_forwarding(on(args.enable_global_write_forwarding));
    let cluster = cluster.set_enable_local_write_forwarding(on(args.enable_local_write_forwarding));
    let cluster = cluster.set_database_name(args.database_name.clone());
    let cluster = cluster.set_master_username(args.master_username.clone());
    let cluster = cluster.set_master_user_password(args.master_password.as_ref().map(|password| password.0.clone()));
    let cluster = cluster.set_manage_master_user_password(on(args.manage_master_user_password));
    let cluster = cluster.set_master_user_secret_kms_key_id(args.master_user_secret_kms_key_id.clone());
    let cluster = cluster.set_port(args.port.map(small)).set_network_type(args.network_type.clone());
    let cluster = cluster.set_db_subnet_group_name(args.db_subnet_group_name.clone());
    let cluster = cluster.set_vpc_security_group_ids(some(&args.vpc_security_group_ids));
    let cluster = cluster.set_availability_zones(some(&args.availability_zones));
    let cluster = cluster.set_db_cluster_parameter_group_name(args.db_cluster_parameter_group_name.clone());
    let scaling = args.serverlessv2_scaling_configuration.as_ref().map(scaling);
    let cluster = cluster.set_serverless_v2_scaling_configuration(scaling);
    let cluster = cluster.storage_encrypted(args.storage_encrypted).set_kms_key_id(args.kms_key_id.clone());
    let cluster = cluster.set_storage_type((args.storage_type != STORAGE).then(|| args.storage_type.clone()));
    let cluster = cluster.backup_retention_period(small(args.backup_retention_period));
    let cluster = cluster.set_preferred_backup_window(args.preferred_backup_window.clone());
    let cluster = cluster.set_preferred_maintenance_window(args.preferred_maintenance_window.clone());
    let cluster = cluster.set_backtrack_window((args.backtrack_window > 0).then_some(args.backtrack_window));
    let cluster = cluster.copy_tags_to_snapshot(args.copy_tags_to_snapshot);
    let cluster = cluster.set_enable_iam_database_authentication(on(args.iam_database_authentication_enabled));
    let cluster = cluster.set_enable_http_endpoint(on(args.enable_http_endpoint));
    let cluster = cluster.set_enable_cloudwatch_logs_exports(some(&args.enabled_cloudwatch_logs_exports));
    cluster.deletion_protection(args.deletion_protection)
}

/// The request that turns a cluster into another, but for its version, its endpoint for statements and its tags; `None`
/// when there is nothing to change.
pub(super) fn modification(
    cx: &Cx<'_>,
    id: &str,
    old: &Cluster,
    new: &Cluster,
) -> Option<ModifyDBClusterFluentBuilder> {
    let same = cx.rds().modify_db_cluster().db_cluster_identifier(id).apply_immediately(true);
    let change = same.clone().set_enable_global_write_forwarding(differing(
        &old.enable_global_write_forwarding,
        &new.enable_global_write_forwarding,
    ));
    let forwards = differing(&old.enable_local_write_forwarding, &new.enable_local_write_forwarding);
    let change = change.set_enable_local_write_forwarding(forwards);
    let managed = differing(&old.manage_master_user_password, &new.manage_master_user_password);
    let change = change.set_manage_master_user_password(managed);
    let secret_key = new.master_user_secret_kms_key_id.clone().filter(|_| managed == Some(true));
    let change = change.set_master_user_secret_kms_key_id(secret_key);
    let password = match managed {
        // RDS forgets the password that it made: there must be another.
        Some(false) => new.master_password.clone(),
        _ => changed(&old.master_password, &new.master_password),
    };
    let change = change.set_master_user_password(password.map(|password| password.0));
    let support = changed(&old.engine_lifecycle_support, &new.engine_lifecycle_support);
    let change = change.set_engine_lifecycle_support(support);
    let change = change.set_port(changed(&old.port, &new.port).map(small));
    let change = change.set_network_type(changed(&old.network_type, &new.network_type));
    let groups = differing(&old.vpc_security_group_ids, &new.vpc_security_group_ids);
    let change = change.set_vpc_security_group_ids(groups.filter(|groups| !groups.is_empty()));
    let group = changed(&old.db_cluster_parameter_group_name, &new.db_cluster_parameter_group_name);
    let change = change.set_db_cluster_parameter_group_name(group);
    let capacity = changed(&old.serverlessv2_scaling_configuration, &new.serverlessv2_scaling_configuration);
    let change = change.set_serverless_v2_scaling_configuration(capacity.as_ref().map(scaling));
    let change = change.set_storage_type(differing(&old.storage_type, &new.storage_type));
    let days = differing(&old.backup_retention_period, &new.backup_retention_period);
    let change = change.set_backup_retention_period(days.map(small));
    let change =
        change.set_preferred_backup_window(changed(&old.preferred_backup_window, &new.preferred_backup_window));
    let window = changed(&old.preferred_maintenance_window, &new.preferred_maintenance_window);
    let change = change.set_preferred_maintenance_window(window);
    let change = change.set_backtrack_window(differing(&old.backtrack_window, &new.backtrack_window));
    let change = change.set_copy_tags_to_snapshot(differing(&old.copy_tags_to_snapshot, &new.copy_tags_to_snapshot));
    let iam = differing(&old.iam_database_authentication_enabled, &new.iam_database_authentication_enabled);
    let change = change.set_enable_iam_database_authentication(iam);
    let change = change.set_cloudwatch_logs_export_configuration(exports(old, new));
    let change = change.set_deletion_protection(differing(&old.deletion_protection, &new.deletion_protection));
    (change.as_input() != same.as_input()).then_some(change)
}

fn scaling(capacity: &ServerlessV2Scaling) -> ServerlessV2ScalingConfiguration {
    ServerlessV2ScalingConfiguration::builder()
        .min_capacity(capacity.min_capacity)
        .max_capacity(capacity.max_capacity)
        .set_seconds_until_auto_pause(capacity.seconds_until_auto_pause.map(small))
        .build()
}

/// Which logs go to CloudWatch from now on, and which do no more.
fn exports(old: &Cluster, new: &Cluster) -> Option<CloudwatchLogsExportConfiguration> {
    let without = |these: &Cluster, those: &Cluster| {
        let rest = these.enabled_cloudwatch_logs_exports.iter();
        let rest: Vec<String> =
            rest.filter(|log| !those.enabled_cloudwatch_logs_exports.contains(log)).cloned().collect();
        (!rest.is_empty()).then_some(rest)
    };
    let (more, less) = (without(new, old), without(old, new));
    (more.is_some() || less.is_some()).then(|| {
        CloudwatchLogsExportConfiguration::builder().set_enable_log_types(more).set_disable_log_types(less).build()
    })
}

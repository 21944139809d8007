//! C22: databases as RDS takes them: capacity, users, monitoring.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a database has a master user that RDS takes, a capacity in steps of 0.5, and a role where it is watched closely",
    why: "RDS refuses reserved user names, a cluster without a user, capacities between the steps, and enhanced monitoring \
          without a role. It does so after the network was made.",
    mend: "See the finding: it names the value.",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html, \
             https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html",
    ..Check::around("C22", "database-settings", &["rds.cluster", "rds.cluster_instance"], look)
};

/// Names that the engines keep for themselves.
const RESERVED: &[&str] =
    &["rdsadmin", "rdsrepladmin", "rdsproxyadmin", "rds_superuser", "admin", "root", "user", "public"];

fn look(resource: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    if resource.kind.name == "rds.cluster_instance" {
        return instance(resource, found);
    }
    user(resource, found);
    capacity(resource, found);
    if resource.is_true("enable_http_endpoint") {
        let mut all = planned.users(resource, "rds.cluster_instance", "cluster_identifier");
        let is_small =
            |instance: &&Resource<'_>| instance.text("instance_class").is_some_and(|c| c.starts_with("db.t"));
        if let Some((instance, class)) = all.find(is_small).and_then(|i| Some((i, i.text("instance_class")?))) {
            let message =
                format!("`{}` has the Data API, which instances of class {class} do not answer", resource.address);
            let finding = Finding::new("enable_http_endpoint", message).also(instance, "instance_class", "this class");
            found.add(resource, finding.help("take `db.r6g.large` or larger, or `db.serverless`"));
        }
    }
}

fn user(cluster: &Resource<'_>, found: &mut Findings) {
    let engine = cluster.text("engine").unwrap_or_default();
    if let Some(name) = cluster.text("master_username") {
        let lower = name.to_lowercase();
        let mysql_only = matches!(lower.as_str(), "root");
        let fits_mysql = matches!(lower.as_str(), "admin" | "user" | "public");
        let reserved = RESERVED.contains(&lower.as_str())
            && !(engine == "aurora-mysql" && fits_mysql)
            && !(engine == "aurora-postgresql" && mysql_only);
        if reserved || lower.starts_with("pg_") && engine == "aurora-postgresql" {
            let message =
                format!("`{}` has the master user \"{name}\", which {engine} keeps for itself", cluster.address);
            found.add(cluster, Finding::new("master_username", message).help("choose another name, e.g. \"payments\""));
        }
    }
    let managed = cluster.is_true("manage_master_user_password");
    if managed && cluster.is_given("master_password") {
        let message = format!("`{}` has a password, and RDS is to choose one", cluster.address);
        found.add(
            cluster,
            Finding::new("master_password", message).help("leave it out, or `manage_master_user_password`"),
        );
    }
    let follows = cluster.is_given("global_cluster_identifier");
    let has_password = cluster.is_given("master_password")
        || cluster.is_given("manage_master_user_password") && !cluster.is_false("manage_master_user_password");
    match (cluster.is_given("master_username"), has_password) {
        // A cluster that was promoted has the user of the one that it followed.
        (false, _) if !follows && !cluster.exists => {
            let message = format!("`{}` has no master user", cluster.address);
            found.add(cluster, Finding::new("", message).help("give `master_username` and `master_password`"));
        }
        (true, false) => {
            let message = format!("`{}` has a master user and no password", cluster.address);
            let help = "give `master_password` from `random::password`, or `manage_master_user_password: true`";
            found.add(cluster, Finding::new("master_username", message).help(help));
        }
        _ => {}
    }
}

fn capacity(cluster: &Resource<'_>, found: &mut Findings) {
    let path = |part: &str| format!("serverlessv2_scaling_configuration.{part}");
    let [low, high] = ["min_capacity", "max_capacity"].map(|part| cluster.number(&path(part)));
    for (part, value, least) in [("min_capacity", low, 0.0), ("max_capacity", high, 1.0)] {
        let Some(value) = value else { continue };
        if value < least || value > 256.0 || (value * 2.0).fract() != 0.0 {
            let message =
                format!("`{part}` of `{}` is {value}; it is {least} to 256, in steps of 0.5", cluster.address);
            let near = ((value * 2.0).round() / 2.0).clamp(least, 256.0);
            found.add(cluster, Finding::new(&path(part), message).help(format!("say {near}")));
        }
    }
    if let (Some(low), Some(high)) = (low, high)
        && low > high
    {
        let message = format!("`{}` scales from {low} down to {high}", cluster.address);
        found.add(cluster, Finding::new(&path("min_capacity"), message).help("exchange the two"));
    }
    let pauses = cluster.is_given(&path("seconds_until_auto_pause"));
    if pauses && low.is_some_and(|low| low > 0.0) {
        let message = format!("`{}` is to pause, and its least capacity is not 0", cluster.address);
        let help = "set `min_capacity: 0`, or leave `seconds_until_auto_pause` out";
        found.add(cluster, Finding::new(&path("seconds_until_auto_pause"), message).help(help));
    }
}

fn instance(instance: &Resource<'_>, found: &mut Findings) {
    let watched = instance.int("monitoring_interval").is_some_and(|seconds| seconds > 0);
    if watched && instance.is_absent("monitoring_role_arn") {
        let message = format!("`{}` is watched closely and names no role for it", instance.address);
        found.add(instance, Finding::new("monitoring_interval", message).help("give `monitoring_role_arn`"));
    }
    if !watched && instance.int("monitoring_interval").is_some() && instance.is_given("monitoring_role_arn") {
        let message = format!("`{}` names a role for monitoring that is off", instance.address);
        found.add(
            instance,
            Finding::new("monitoring_role_arn", message).help("give `monitoring_interval`, or leave the role out"),
        );
    }
    if instance.is_false("performance_insights_enabled") {
        for path in ["performance_insights_kms_key_id", "performance_insights_retention_period"] {
            if instance.reads(path).is_empty() && instance.is_given(path) && !instance.is_left_to_service(path) {
                let message = format!("`{}` has `{path}`, and Performance Insights is off", instance.address);
                found.add(
                    instance,
                    Finding::new(path, message).help("set `performance_insights_enabled: true`, or leave it out"),
                );
            }
        }
    }
}

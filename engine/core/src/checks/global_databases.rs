//! C21: the members of a global database.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "the members of a global database agree in engine, version and encryption, one of them has the master user, and none \
           runs on a class that cannot replicate",
    why: "RDS refuses a secondary with a user or a database of its own, another engine version, no key of its own region, or a \
          T class; and it refuses a secondary before the primary's writer is there. Each is found after minutes of an apply.",
    mend: "Give engine and version from the global cluster; only the primary has `master_username`, `master_password` and \
           `database_name`; a secondary depends on the primary's instance.",
    source: "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-global-database-getting-started.html",
    ..Check::all("C21", "global-database-members", &["rds.global_cluster", "rds.cluster", "rds.cluster_instance"], look)
};

const OWN: &[&str] = &["master_username", "master_password", "database_name", "manage_master_user_password"];

fn look(planned: &Planned<'_>, found: &mut Findings) {
    for global in planned.of("rds.global_cluster") {
        let members: Vec<&Resource<'_>> = planned.users(global, "rds.cluster", "global_cluster_identifier").collect();
        let (primaries, secondaries): (Vec<&Resource<'_>>, Vec<&Resource<'_>>) =
            members.iter().partition(|member| member.is_given("master_username"));
        if primaries.is_empty() && !members.is_empty() {
            let message =
                format!("no member of `{}` has a master user: none of them can be the primary", global.address);
            found.add(
                members[0],
                Finding::new("", message).help("give the primary `master_username` and `master_password`"),
            );
        }
        for second in primaries.iter().skip(1) {
            let message = format!(
                "`{}` and `{}` both have a master user; a global database has one",
                primaries[0].address, second.address
            );
            let finding =
                Finding::new("master_username", message).also(primaries[0], "master_username", "the other one");
            found.add(second, finding.help("leave it out where the cluster follows"));
        }
        for member in &members {
            agrees(member, global, found);
            if member.is_true("manage_master_user_password") {
                let message =
                    format!("`{}` is in a global database, whose password RDS does not manage", member.address);
                let help = "give `master_password` from `random::password`, and keep it in a secret";
                found.add(member, Finding::new("manage_master_user_password", message).help(help));
            }
            for instance in planned.users(member, "rds.cluster_instance", "cluster_identifier") {
                if let Some(class) = instance.text("instance_class").filter(|class| class.starts_with("db.t")) {
                    let message =
                        format!("`{}` has the class {class}; a global database takes no T class", instance.address);
                    let finding = Finding::new("instance_class", message).also(global, "", "the global database");
                    found.add(instance, finding.help("take `db.r6g.large` or larger, or `db.serverless`"));
                }
            }
        }
        let Some(primary) = primaries.first() else { continue };
        for secondary in secondaries {
            follows(secondary, primary, planned, found);
            // Where the global cluster does not say the version, the primary does.
            if global.value("engine_version").is_none() {
                differs(secondary, primary, "engine_version", found);
            }
        }
    }
    for instance in planned.of("rds.cluster_instance") {
        let Some(cluster) = planned.target(instance, "cluster_identifier") else { continue };
        differs(instance, cluster, "engine", found);
        if instance.text("instance_class") == Some("db.serverless")
            && cluster.is_absent("serverlessv2_scaling_configuration")
        {
            let message = format!("`{}` is serverless, and its cluster does not say how it scales", instance.address);
            let finding = Finding::new("instance_class", message).also(cluster, "", "the cluster");
            found.add(instance, finding.help("give the cluster `serverlessv2_scaling_configuration`"));
        }
    }
}

fn differs(one: &Resource<'_>, other: &Resource<'_>, path: &str, found: &mut Findings) {
    let (Some(a), Some(b)) = (one.value(path), other.value(path)) else { return };
    if a != b {
        let message = format!("`{path}` of `{}` is {a}, and of `{}` {b}", one.address, other.address);
        let finding = Finding::new(path, message).also(other, path, "the other one");
        found.add(one, finding.help(format!("read it from there: `.{path}`")));
    }
}

fn agrees(member: &Resource<'_>, global: &Resource<'_>, found: &mut Findings) {
    for path in ["engine", "engine_version", "storage_encrypted"] {
        differs(member, global, path, found);
    }
}

fn follows(secondary: &Resource<'_>, primary: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    for path in OWN.iter().filter(|path| secondary.is_given(path) && !secondary.is_false(path)) {
        let message = format!("`{}` follows `{}` and has a `{path}` of its own", secondary.address, primary.address);
        found.add(secondary, Finding::new(path, message).help("leave it out: a secondary has what the primary has"));
    }
    let encrypted = !secondary.is_false("storage_encrypted");
    if encrypted && secondary.is_absent("kms_key_id") && secondary.region != primary.region {
        let message = format!("`{}` is encrypted and names no key of its region", secondary.address);
        found.add(secondary, Finding::new("", message).help("give `kms_key_id`, the ARN of a key of this region"));
    }
    if let (Some(a), Some(b)) = (secondary.text("cluster_identifier"), primary.text("cluster_identifier"))
        && a == b
    {
        let message = format!("`{}` and `{}` have one identifier", primary.address, secondary.address);
        let finding = Finding::new("cluster_identifier", message).also(primary, "cluster_identifier", "the same");
        found.add(secondary, finding.help("give each member an identifier of its own"));
    }
    let writers: Vec<&Resource<'_>> = planned.users(primary, "rds.cluster_instance", "cluster_identifier").collect();
    if writers.is_empty() {
        let message = format!("`{}` follows a cluster that has no instance", secondary.address);
        let finding = Finding::new("", message).also(primary, "", "the primary");
        found.add(secondary, finding.help("declare an `rds::cluster_instance` of the primary, and depend on it"));
    } else if !writers.iter().any(|writer| planned.depends(secondary, writer)) {
        let message = format!("`{}` does not wait for an instance of `{}`", secondary.address, primary.address);
        let finding = Finding::new("", message).also(writers[0], "", "this instance");
        found.add(secondary, finding.help("give it `depends_on: [..]` with that instance"));
    }
}

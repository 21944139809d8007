//! The checks of destroyability that are data of the kinds, or part of the planner.
//!
//! An environment must be able to go completely, at any time. What would stop that is data at the argument that it is
//! about (`engine/kinds`); the planner looks at what is declared (`plan/destroyable`, `plan/names`).

use super::check::Check;
use crate::diagnostic::Severity;
use crate::schema::{Allowed, Rule};
use crate::value::Value;

const fn check(id: &'static str, name: &'static str, severity: Option<Severity>, asks: &'static str) -> Check {
    Check { severity, asks, ..Check::elsewhere(id, name, &[]) }
}

/// These checks.
pub(super) const CHECKS: &[Check] = &[
    Check {
        why: "A cluster with deletion protection refuses to be deleted.",
        mend: "Leave `deletion_protection` out.",
        ..check("D01", "database-deletion-protection", Some(Severity::Error), "databases do not refuse to be deleted")
    },
    Check {
        why: "A deletion without `skip_final_snapshot` makes a snapshot that stays and costs.",
        mend: "Leave `skip_final_snapshot` out.",
        ..check("D02", "database-final-snapshot", Some(Severity::Error), "a deleted database leaves no final snapshot")
    },
    Check {
        why: "Automated backups of a deleted cluster are kept for their retention time.",
        mend: "Leave `delete_automated_backups` out.",
        ..check("D03", "database-automated-backups", Some(Severity::Error), "a deleted database leaves no backups")
    },
    Check {
        why: "Kept backups cost, and an environment that is made again from code needs none.",
        mend: "Set `backup_retention_period` to 1.",
        ..check(
            "D04",
            "database-backup-retention",
            Some(Severity::Error),
            "backups of a database are kept for at most seven days, and one day is enough",
        )
    },
    Check {
        why: "A table with deletion protection refuses to be deleted.",
        mend: "Leave `deletion_protection_enabled` out.",
        ..check("D05", "table-deletion-protection", Some(Severity::Error), "tables do not refuse to be deleted")
    },
    Check {
        why: "DynamoDB keeps a system backup of a deleted table for 35 days. It costs nothing.",
        mend: "Nothing needs to be done.",
        ..check(
            "D06",
            "table-last-backup",
            Some(Severity::Info),
            "a table that can be restored leaves a last backup for 35 days",
        )
    },
    Check {
        why: "S3 refuses to delete a bucket that holds an object.",
        mend: "Leave `force_destroy` out.",
        ..check("D07", "bucket-force-destroy", Some(Severity::Error), "buckets are emptied before they are deleted")
    },
    Check {
        why: "A locked object cannot be deleted before its time, by nobody.",
        mend: "Leave `object_lock_enabled` out.",
        ..check("D08", "bucket-object-lock", Some(Severity::Error), "objects are not locked")
    },
    Check {
        why: "A key waits at least seven days before it is deleted, and is paid for until then.",
        mend: "Set `deletion_window_in_days` to 7.",
        ..check("D09", "key-deletion-window", Some(Severity::Error), "a deleted key is kept for seven days, no longer")
    },
    Check {
        why: "A primary key cannot be deleted while it has replicas.",
        mend: "Declare a `kms.replica_key`, or leave `multi_region` out.",
        ..check(
            "D10",
            "key-replicas",
            Some(Severity::Warning),
            "the replicas of a key are resources of the same program",
        )
    },
    Check {
        why: "A secret that waits for its deletion keeps its name: the environment cannot be made again.",
        mend: "Leave `recovery_window_in_days` out.",
        ..check("D11", "secret-recovery-window", Some(Severity::Error), "a deleted secret is gone at once")
    },
    Check {
        why: "A load balancer with deletion protection refuses to be deleted.",
        mend: "Leave `deletion_protection` out.",
        ..check(
            "D12",
            "load-balancer-deletion-protection",
            Some(Severity::Error),
            "load balancers do not refuse to be deleted",
        )
    },
    Check {
        why: "A log group without a retention time keeps its entries for ever, and costs.",
        mend: "Set `retention_in_days`, and leave `deletion_protection_enabled` out.",
        ..check(
            "D13",
            "log-group-retention",
            Some(Severity::Error),
            "log groups do not refuse to be deleted, and keep nothing for ever",
        )
    },
    Check {
        why: "Route 53 refuses to delete a zone that holds records of others.",
        mend: "Leave `force_destroy` out.",
        ..check("D14", "zone-force-destroy", Some(Severity::Error), "zones are emptied before they are deleted")
    },
    Check {
        why: "A protected resource keeps its environment from ever going.",
        mend: "Take `protect: true` away.",
        ..check("D15", "protected-resource", Some(Severity::Error), "nothing is protected from being destroyed")
    },
    Check {
        why: "IAM refuses to delete a role that has policies.",
        mend: "Leave `force_detach_policies` out.",
        ..check("D16", "role-policies", Some(Severity::Error), "roles are stripped of policies before they are deleted")
    },
    Check {
        why: "Rules that name each other keep security groups from being deleted.",
        mend: "Leave `revoke_rules_on_delete` out.",
        ..check(
            "D17",
            "security-group-rules",
            Some(Severity::Error),
            "security groups are stripped of rules before they are deleted",
        )
    },
    Check {
        why: "The account has these settings once. An environment that deletes them takes them from all others.",
        mend: "Set it once for the account, outside of any environment.",
        ..check(
            "D18",
            "account-wide-settings",
            Some(Severity::Error),
            "what all environments of an account share is not declared by one of them",
        )
    },
    Check {
        why: "Lambda keeps the network interfaces of a deleted function for 20 to 45 minutes, and they hold subnets and security groups.",
        mend: "Nothing needs to be done; the destroy waits.",
        ..check(
            "D19",
            "function-network-interfaces",
            Some(Severity::Info),
            "functions in a network hold it for a while after they are deleted",
        )
    },
    Check {
        why: "Two environments of one account would want the same name. What is called `orders-pr` in the environment `x1` is \
              called what `orders` is in `pr-x1`.",
        mend: "Leave the name out, or put `${env.suffix}` into it.",
        ..check("D20", "name-carries-suffix", Some(Severity::Error), "names carry the suffix of the environment")
    },
    Check {
        why: "A replica that the table makes by itself cannot be deleted by itself, nor read in its own region.",
        mend: "Declare a `dynamodb.table_replica`.",
        ..check("D21", "table-replicas", Some(Severity::Error), "the replicas of a table are resources of their own")
    },
    Check {
        why: "What others made is theirs.",
        mend: "Nothing needs to be done.",
        ..check("D23", "look-ups-are-kept", None, "what is only looked up is never deleted")
    },
];

/// Kinds that there are on purpose none of: name, check, why.
pub const SHARED: &[(&str, &str, &str)] = &[(
    "apigateway.account",
    "D18",
    "the account's settings of API Gateway are shared by every environment: deleting one would break the others",
)];

impl Rule {
    /// Whether nothing is said about a value.
    pub fn allows(&self, value: &Value) -> bool {
        match self.allowed {
            Allowed::Only(only) => *value == only.value(),
            Allowed::AtMost(most) => value.as_int().is_none_or(|number| number <= most),
            Allowed::Absent => value.is_null(),
        }
    }

    /// What it asks of a value: "must be false".
    pub fn asks(&self) -> String {
        let must = if self.severity == Severity::Error { "must" } else { "should" };
        match self.allowed {
            Allowed::Only(only) => format!("{must} be {}", only.value()),
            Allowed::AtMost(most) => format!("{must} be at most {most}"),
            Allowed::Absent => format!("{must} be left out"),
        }
    }
}

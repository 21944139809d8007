//! C03: the keys of a global table.

use super::arns;
use super::check::Check;
use super::findings::{Finding, Findings};
use super::global_tables::table_of;
use super::planned::{Planned, Resource};

/// Where a table names its key.
const OF_TABLE: &str = "server_side_encryption.kms_key_arn";
/// Where a replica does.
const OF_REPLICA: &str = "kms_key_arn";

pub(super) const CHECK: Check = Check {
    asks: "a table and its replicas all name a key of their own region, or none of them does",
    why: "DynamoDB refuses a replica without a key for a table that has one, a key for the replica of a table that has none, \
          and a key of another region.",
    mend: "Give the table and each replica a key of its own region, or give none to any of them.",
    source: "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/globaltables-security.html",
    ..Check::around("C03", "global-table-keys", &["dynamodb.table", "dynamodb.table_replica"], look)
};

fn look(resource: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let is_replica = resource.kind.name == "dynamodb.table_replica";
    let path = if is_replica { OF_REPLICA } else { OF_TABLE };
    // A key that this program declares is looked at with everything else that is of another region.
    let key = planned.target(resource, path);
    let key_region = arns::region_at(planned, resource, path).filter(|_| key.is_none());
    if let (Some(own), Some(other)) = (resource.region, key_region.filter(|key| resource.region != Some(key))) {
        let message = format!("`{}` is in {own} and names a key of {other}", resource.address);
        found.add(
            resource,
            Finding::new(path, message).label(format!("in {other}")).help(format!("name a key of {own}")),
        );
    }
    let Some(table) = Some(resource).filter(|_| is_replica).and_then(|replica| table_of(replica, planned)) else {
        return;
    };
    let region = resource.region.unwrap_or_default();
    match (table.is_given(OF_TABLE), resource.is_given(OF_REPLICA)) {
        (true, false) => {
            let message = format!("`{}` names no key, but its table `{}` does", resource.address, table.address);
            let finding = Finding::new("", message).also(table, OF_TABLE, "the table's key");
            found.add(resource, finding.help(format!("give `{OF_REPLICA}`, a key of {region}")));
        }
        (false, true) => {
            let message = format!("`{}` names a key, but its table `{}` names none", resource.address, table.address);
            let help =
                format!("give the table `server_side_encryption: #{{ kms_key_arn: .. }}`, or leave `{OF_REPLICA}` out");
            found.add(resource, Finding::new(OF_REPLICA, message).label("the replica's key").help(help));
        }
        _ => {}
    }
}

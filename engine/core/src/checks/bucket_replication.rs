//! C18: replication between buckets, as S3 takes it.

use std::collections::BTreeMap;

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "both buckets of a replication are versioned, and its rules are complete",
    why: "S3 refuses replication from a bucket that is not versioned or to one, keeps versioning from being suspended while \
          objects are replicated, and leaves out objects that a key encrypts unless the rule says with which key the copy is \
          encrypted.",
    mend: "Set `versioning: true` on both buckets; end the replication before versioning.",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-requirements.html, \
             terraform-aws-modules/terraform-aws-s3-bucket#172",
    ..Check::each("C18", "bucket-replication", &["s3.bucket_replication"], look)
};

fn look(replication: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let source = planned.target(replication, "bucket");
    if let Some(bucket) = source.filter(|bucket| bucket.is_false("versioning")) {
        let message =
            format!("`{}` copies objects of `{}`, which is not versioned", replication.address, bucket.address);
        let finding = Finding::new("bucket", message).also(bucket, "versioning", "versioning is off");
        found.add(
            replication,
            finding.help("set `versioning: true`, or take the replication out in an apply of its own first"),
        );
    }
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    let mut priorities: BTreeMap<i64, String> = BTreeMap::new();
    for rule in replication.each("rules") {
        let at = |part: &str| format!("{rule}.{part}");
        if let Some(id) = replication.text(&at("id"))
            && ids.insert(id, rule.clone()).is_some()
        {
            let message = format!("two rules of `{}` are called \"{id}\"", replication.address);
            found.add(replication, Finding::new(&at("id"), message).help("give each an `id` of its own"));
        }
        if let Some(priority) = replication.int(&at("priority"))
            && priorities.insert(priority, rule.clone()).is_some()
        {
            let message = format!("two rules of `{}` have the priority {priority}", replication.address);
            found.add(replication, Finding::new(&at("priority"), message).help("give each a `priority` of its own"));
        }
        let path = at("destination.bucket");
        let destination = planned.target(replication, &path);
        if let (Some(source), Some(destination)) = (source, destination)
            && source.address == destination.address
        {
            let message = format!("`{}` copies a bucket into itself", replication.address);
            found.add(replication, Finding::new(&path, message).help("name another bucket"));
        } else if let Some(bucket) = destination.filter(|bucket| bucket.is_false("versioning")) {
            let message = format!("`{}` copies into `{}`, which is not versioned", replication.address, bucket.address);
            let finding = Finding::new(&path, message).also(bucket, "versioning", "versioning is off");
            found.add(replication, finding.help("set `versioning: true`"));
        }
        if replication.is_given(&at("destination.replication_time"))
            && replication.is_absent(&at("destination.metrics"))
        {
            let message = format!("a rule of `{}` promises a time and has no metrics", replication.address);
            let help = "set `metrics: 15`";
            found.add(replication, Finding::new(&at("destination.replication_time"), message).help(help));
        }
        encrypted(replication, &rule, source, destination, planned, found);
    }
}

/// Objects that a key encrypts need a key where they are copied to.
fn encrypted(
    replication: &Resource<'_>,
    rule: &str,
    source: Option<&Resource<'_>>,
    destination: Option<&Resource<'_>>,
    planned: &Planned<'_>,
    found: &mut Findings,
) {
    let at = |part: &str| format!("{rule}.{part}");
    let chosen = replication.text(&at("source_selection_criteria.sse_kms_encrypted_objects")) == Some("Enabled");
    let key = at("destination.replica_kms_key_id");
    let by_key =
        source.and_then(|bucket| bucket.text("encryption.sse_algorithm")).is_some_and(|a| a.starts_with("aws:kms"));
    if chosen && replication.is_absent(&key) {
        let message =
            format!("a rule of `{}` copies encrypted objects and names no key for the copies", replication.address);
        let help = "give `replica_kms_key_id`, a key of the destination's region";
        found.add(replication, Finding::new(&at("destination"), message).help(help));
    }
    if by_key && !chosen && replication.is_absent(&at("source_selection_criteria.sse_kms_encrypted_objects")) {
        let message = format!(
            "`{}` leaves out every object: a key encrypts them, and the rule does not say how to copy those",
            replication.address
        );
        let help =
            "give `source_selection_criteria: #{ sse_kms_encrypted_objects: \"Enabled\" }` and `replica_kms_key_id`";
        found.add(replication, Finding::new(rule, message).help(help));
    }
    let used = planned.target(replication, &key);
    if let (Some(used), Some(destination)) = (used, destination)
        && used.region.is_some()
        && destination.region.is_some()
        && used.region != destination.region
    {
        let there = destination.region.unwrap_or_default();
        let message = format!("`{}` encrypts copies in {there} with a key of another region", replication.address);
        let finding = Finding::new(&key, message).also(used, "", "this key");
        found.add(replication, finding.help(format!("name a key of {there}")));
    }
}

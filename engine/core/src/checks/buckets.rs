//! C20: buckets as S3 takes them: names, encryption, lifecycles.

use std::net::Ipv4Addr;

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a bucket has a name that S3 takes, and settings that fit each other",
    why: "S3 refuses names with two dots in a row, names like an address, some beginnings and endings, a key beside SSE-S3, and \
          lifecycle rules whose days contradict each other.",
    mend: "Use letters, digits and hyphens; give days in the order of the storage classes.",
    source: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html, \
             https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html",
    ..Check::each("C20", "bucket-settings", &["s3.bucket"], look)
};

fn look(bucket: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    name(bucket, found);
    let by_key = bucket.text("encryption.sse_algorithm").map(|algorithm| algorithm.starts_with("aws:kms"));
    for path in ["encryption.kms_master_key_id", "encryption.bucket_key_enabled"] {
        let given = if path.ends_with("enabled") { bucket.is_true(path) } else { bucket.is_given(path) };
        if by_key == Some(false) && given {
            let message =
                format!("`{}` is encrypted by S3's own keys, which take no `{}`", bucket.address, &path[11..]);
            found.add(bucket, Finding::new(path, message).help("set `sse_algorithm: \"aws:kms\"`, or leave it out"));
        }
    }
    if bucket.is_true("object_lock_enabled") && bucket.is_false("versioning") {
        let message = format!("`{}` locks objects and is not versioned", bucket.address);
        found.add(bucket, Finding::new("versioning", message).help("set `versioning: true`"));
    }
    for rule in bucket.each("cors_rules") {
        for method in bucket.each(&format!("{rule}.allowed_methods")) {
            if let Some(text) =
                bucket.text(&method).filter(|text| !["GET", "PUT", "POST", "DELETE", "HEAD"].contains(text))
            {
                let message = format!("\"{text}\" is no method that S3 takes");
                found.add(bucket, Finding::new(&method, message).help("use GET, PUT, POST, DELETE or HEAD"));
            }
        }
    }
    if let Some(target) = planned.target(bucket, "logging.target_bucket")
        && target.address == bucket.address
    {
        let message = format!("`{}` logs into itself: every log entry makes another", bucket.address);
        found.add(bucket, Finding::new("logging.target_bucket", message).warning().help("log into another bucket"));
    }
    for rule in bucket.each("lifecycle_rules") {
        lifecycle(bucket, &rule, found);
    }
}

fn name(bucket: &Resource<'_>, found: &mut Findings) {
    let Some(name) = bucket.text("bucket") else { return };
    let starts = ["xn--", "sthree-", "amzn-s3-demo-"].into_iter().find(|start| name.starts_with(start));
    let ends = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"].into_iter().find(|end| name.ends_with(end));
    let why = if name.contains("..") || name.contains(".-") || name.contains("-.") {
        "has a dot beside a dot or a hyphen".to_owned()
    } else if name.parse::<Ipv4Addr>().is_ok() {
        "looks like an address".to_owned()
    } else if let Some(start) = starts {
        format!("begins with `{start}`")
    } else if let Some(end) = ends {
        format!("ends with `{end}`")
    } else {
        return;
    };
    let message = format!("the name of `{}` {why}, which S3 refuses: {name}", bucket.address);
    found.add(bucket, Finding::new("bucket", message).help("use letters, digits and single hyphens"));
}

/// Storage classes by how cold they are, with the least age in days at which S3 moves an object there.
const CLASSES: &[(&str, i64)] = &[
    ("STANDARD_IA", 30),
    ("INTELLIGENT_TIERING", 0),
    ("ONEZONE_IA", 30),
    ("GLACIER_IR", 0),
    ("GLACIER", 0),
    ("DEEP_ARCHIVE", 0),
];

fn lifecycle(bucket: &Resource<'_>, rule: &str, found: &mut Findings) {
    let at = |part: &str| format!("{rule}.{part}");
    let does = ["expiration", "noncurrent_version_expiration", "abort_incomplete_multipart_upload"];
    let moves = ["transitions", "noncurrent_version_transitions"];
    let has_moves = moves
        .iter()
        .any(|path| bucket.count(&at(path)) > 0 || bucket.value(&at(path)).is_none() && bucket.is_given(&at(path)));
    if does.iter().all(|path| bucket.is_absent(&at(path))) && !has_moves {
        let message = format!("a lifecycle rule of `{}` does nothing", bucket.address);
        found.add(bucket, Finding::new(rule, message).help("give `expiration`, `transitions` or another action"));
    }
    let one = |path: &str, found: &mut Findings| {
        let given = ["days", "date"].map(|part| bucket.is_given(&format!("{path}.{part}")));
        let marker = bucket.is_given(&format!("{path}.expired_object_delete_marker"));
        if given == [true, true] || (marker && given != [false, false]) {
            let message = format!("a lifecycle rule of `{}` has two times", bucket.address);
            found.add(bucket, Finding::new(path, message).help("give `days` or `date`, not both"));
        } else if given == [false, false] && !marker {
            let message = format!("a lifecycle rule of `{}` has no time", bucket.address);
            found.add(bucket, Finding::new(path, message).help("give `days`, counted from the creation of the object"));
        }
    };
    if bucket.is_given(&at("expiration")) && bucket.value(&at("expiration")).is_some() {
        one(&at("expiration"), found);
    }
    let mut last: Option<(i64, usize)> = None;
    for path in bucket.each(&at("transitions")) {
        one(&path, found);
        let Some(class) = bucket.text(&format!("{path}.storage_class")) else { continue };
        let Some(days) = bucket.int(&format!("{path}.days")) else { continue };
        let rank = CLASSES.iter().position(|(name, _)| *name == class).unwrap_or_default();
        let least = CLASSES.get(rank).map_or(0, |(_, least)| *least);
        if days < least {
            let message = format!(
                "a rule of `{}` moves objects to {class} after {days} days; S3 takes {least} or more",
                bucket.address
            );
            found.add(bucket, Finding::new(&format!("{path}.days"), message).help(format!("say {least} or more")));
        }
        if let Some((before, colder)) = last
            && (days < before) == (rank > colder)
            && rank != colder
        {
            let message = format!("a rule of `{}` moves objects to a colder class before a warmer one", bucket.address);
            found.add(bucket, Finding::new(&format!("{path}.days"), message).help("give colder classes more days"));
        }
        if let Some(end) = bucket.int(&at("expiration.days")).filter(|end| *end <= days) {
            let message =
                format!("a rule of `{}` deletes objects after {end} days and moves them after {days}", bucket.address);
            found.add(bucket, Finding::new(&at("expiration.days"), message).help(format!("say more than {days}")));
        }
        last = Some((days, rank));
    }
}

//! C80: keys whose settings fit each other, and replicas of keys that can have some.

use super::check::Check;
use super::findings::{Finding, Findings};
use super::planned::{Planned, Resource};

pub(super) const CHECK: Check = Check {
    asks: "a key is used for what its spec can do, only symmetric keys rotate, and replicas are of multi-region keys elsewhere",
    why: "KMS refuses a usage that the spec cannot do, rotation of an asymmetric key, and a replica of a key that is not \
          multi-region, or in the same region.",
    mend: "Set `multi_region: true` on the key, and declare the replica in another region.",
    source: "https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html, \
             https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html",
    ..Check::each("C80", "key-settings", &["kms.key", "kms.replica_key"], look)
};

fn look(key: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    if key.kind.name == "kms.replica_key" {
        return replica(key, planned, found);
    }
    let (Some(spec), Some(usage)) = (key.text("key_spec"), key.text("key_usage")) else { return };
    let fits = match usage {
        "GENERATE_VERIFY_MAC" => spec.starts_with("HMAC_"),
        "SIGN_VERIFY" => !spec.starts_with("HMAC_") && spec != "SYMMETRIC_DEFAULT",
        "KEY_AGREEMENT" => spec.starts_with("ECC_NIST_P") || spec == "SM2",
        _ => spec == "SYMMETRIC_DEFAULT" || spec.starts_with("RSA_") || spec == "SM2",
    };
    if !fits {
        let message = format!("`{}` is to {usage}, which a key of spec {spec} cannot", key.address);
        found.add(
            key,
            Finding::new("key_usage", message)
                .also(key, "key_spec", spec)
                .help("choose another `key_spec` or `key_usage`"),
        );
    }
    let rotates = key.is_true("enable_key_rotation");
    if rotates && spec != "SYMMETRIC_DEFAULT" {
        let message = format!("`{}` is to rotate, which only symmetric keys do", key.address);
        found.add(key, Finding::new("enable_key_rotation", message).help("leave it out"));
    }
    if key.is_false("enable_key_rotation")
        && key.is_given("rotation_period_in_days")
        && !key.is_left_to_service("rotation_period_in_days")
    {
        let message = format!("`{}` has a period of rotation and does not rotate", key.address);
        found.add(
            key,
            Finding::new("rotation_period_in_days", message).help("set `enable_key_rotation: true`, or leave it out"),
        );
    }
}

fn replica(replica: &Resource<'_>, planned: &Planned<'_>, found: &mut Findings) {
    let path = "primary_key_arn";
    let Some(primary) = planned.target(replica, path) else { return };
    if primary.is_false("multi_region") {
        let message =
            format!("`{}` is a replica of `{}`, which is of one region alone", replica.address, primary.address);
        let finding = Finding::new(path, message).also(primary, "multi_region", "it has none elsewhere");
        found.add(replica, finding.help("set `multi_region: true` on it"));
    }
    if primary.region.is_some() && primary.region == replica.region {
        let message = format!("`{}` and its primary are in one region", replica.address);
        let finding = Finding::new(path, message).also(primary, "", "the primary");
        found.add(replica, finding.help("declare the replica in another region"));
    }
}

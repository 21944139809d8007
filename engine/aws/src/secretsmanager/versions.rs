//! Versions of secrets: the one that readers ask for, and tokens of new ones.

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use dr_core::cloud::Intent;

/// The label that readers ask for. Secrets Manager moves it, and never takes it away.
pub(super) const CURRENT: &str = "AWSCURRENT";

/// The operation's id as a token, which Secrets Manager wants to be of 32 characters or more.
pub(super) fn token(intent: &Intent) -> String {
    format!("{:0>32}", &*intent.op)
}

/// The version that carries a label, and all its labels.
pub(super) fn version(secret: &DescribeSecretOutput, label: &str) -> Option<(String, Vec<String>)> {
    let versions = secret.version_ids_to_stages()?.iter();
    let (version, stages) = { versions }.find(|(_, stages)| stages.iter().any(|stage| stage == label))?;
    Some((version.clone(), stages.clone()))
}

/// The id of the version after one: `a`, `a-2`, `a-3`; as long as a token must be.
pub(super) fn following(version: &str) -> String {
    let next = match version.rsplit_once('-').and_then(|(first, number)| Some((first, number.parse::<u64>().ok()?))) {
        Some((first, number)) => format!("{first}-{}", number.saturating_add(1)),
        None => format!("{version}-2"),
    };
    format!("{next:0>32}")
}
